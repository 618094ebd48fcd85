/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>

#include "names/dns_anchor.h"

static const char packaged[] = "/usr/share/dns/root.key"; /* dns-root-data */

#define ANCHOR_MOST 65536 /* octets; it has a few hundred */

static int fail(char wrong[DNS_WRONG], const char *what, const char *why)
{
	snprintf(wrong, DNS_WRONG, "%s: %s", what, why);
	return -1;
}

static bool has_anchor(struct ub_ctx *context)
{
	static const char *const names[] = {"trust-anchor", "trust-anchor-file",
	                                    "auto-trust-anchor-file", "trusted-keys-file"};
	bool found = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *value = NULL;

		if (ub_ctx_get_option(context, names[i], &value) == 0 && value && *value)
			found = true;
		free(value);
	}
	return found;
}

static int copy(const char *from, const char *to)
{
	char bytes[ANCHOR_MOST];
	FILE *in = fopen(from, "r"), *out = in ? fopen(to, "w") : NULL;
	size_t length = out ? fread(bytes, 1, sizeof(bytes), in) : 0;
	bool good = length > 0 && fwrite(bytes, 1, length, out) == length && fflush(out) == 0 &&
	            fsync(fileno(out)) == 0;

	if (in)
		fclose(in);
	if (out && fclose(out) != 0)
		good = false;
	return good ? 0 : -1;
}

/* The copy in the state's folder, made if there is none: never half of one. */
static int keep(const char *state, const char *anchor, char path[PATH_MAX])
{
	char fresh[PATH_MAX];

	if (snprintf(path, PATH_MAX, "%s/root.key", state) >= PATH_MAX ||
	    snprintf(fresh, PATH_MAX, "%s/root.key.new", state) >= PATH_MAX ||
	    access(state, W_OK) < 0)
		return -1;
	if (access(path, R_OK) == 0)
		return 0;
	return copy(anchor, fresh) == 0 && rename(fresh, path) == 0 ? 0 : -1;
}

static int take_packaged(struct ub_ctx *context, const char *anchor, char wrong[DNS_WRONG])
{
	int error;

	if (access(anchor, R_OK) < 0)
		return fail(wrong, anchor, strerror(errno));
	error = ub_ctx_add_ta_file(context, anchor);
	return error ? fail(wrong, anchor, ub_strerror(error)) : 0;
}

int dns_anchor(struct ub_ctx *context, const struct dns_settings *settings, char wrong[DNS_WRONG])
{
	const char *anchor = settings->anchor ? settings->anchor : packaged;
	char path[PATH_MAX];
	int error;

	if (has_anchor(context))
		return 0;
	if (!settings->state)
		return take_packaged(context, anchor, wrong);
	if (keep(settings->state, anchor, path) < 0) {
		fail(wrong, settings->state, "the root's key cannot be kept up to date there");
		return take_packaged(context, anchor, wrong);
	}
	error = ub_ctx_add_ta_autr(context, path);
	return error ? fail(wrong, settings->state, ub_strerror(error)) : 0;
}
