# SPDX-License-Identifier: ISC
# Thin: meson builds, this remembers the commands.
BUILD ?= build
MESON_OPTIONS ?=
LISTS = packaging/debian-build.txt
PEERS = packaging/debian-peers.txt

.PHONY: all deps peers check demo bench fuzz sanitize coverage lint tidy install deb clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) $(MESON_OPTIONS)

deps:
	packaging/install-missing $(LISTS)

peers:
	packaging/install-missing $(LISTS) --optional $(PEERS)

# Everything: unit tests, duets, corpora, architecture, and the real servers.
check: peers
	$(MAKE) all
	test/check $(BUILD)

demo: deps
	packaging/install-missing $(LISTS) --optional packaging/debian-demo.txt
	$(MAKE) all
	test/demo $(BUILD)

bench: deps
	packaging/install-missing $(LISTS) --optional packaging/debian-bench.txt
	$(MAKE) all
	test/bench/run $(BUILD)
	test/bench/policy $(BUILD)

# A million executions a target; FUZZ_RUNS=... for more.
fuzz: peers
	test/fuzz/run build-fuzz $(FUZZ_RUNS)

# The same suite under AddressSanitizer and UndefinedBehaviorSanitizer; what either finds is
# the end of the process.
sanitize: peers
	test -d build-sanitize || meson setup build-sanitize \
		-Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debug \
		-Dc_args=-fno-sanitize-recover=undefined
	ninja -C build-sanitize
	test/check build-sanitize

coverage: peers
	test/coverage

lint:
	clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')

# What .clang-tidy says; a file at a time, and no count of what is in system headers.
tidy: peers $(BUILD)/build.ninja
	git ls-files 'src/*.c' | xargs -n 1 -P "$$(nproc)" \
		clang-tidy --quiet -p $(BUILD) --extra-arg=-fno-caret-diagnostics

install: all
	meson install -C $(BUILD)

deb: deps
	packaging/install-missing packaging/debian-deb.txt
	packaging/make-deb build-deb

clean:
	rm -rf $(BUILD) build-fuzz build-sanitize build-coverage build-deb
