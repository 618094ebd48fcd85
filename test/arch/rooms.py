# SPDX-License-Identifier: ISC
"""No room does what is another's.

    rooms.py SOURCE-ROOT

Every check is run against a deliberately bad room as well, which it has to catch.
"""

import pathlib
import re
import sys
import tempfile

from common import calls, compile_all, compile_one, plan, symbols, tell

# Which other rooms a room may enter (src/<room>/meson.build declares the same).
ENTERS = {
    "wire": set(),
    "policy": set(),
    "tls": {"wire", "policy"},
    "loop": {"tls", "wire"},
    "names": {"loop", "policy"},
    "store": {"names", "tls", "wire"},
    "proc": set(),
    "gate": {"loop", "names", "policy", "proc", "store", "tls", "wire"},
    "check": {"loop", "names", "tls", "wire", "policy"},
    "cli": {"check", "loop", "names", "policy", "store", "tls", "wire"},
}

# What the pure rooms may have of libc: nothing that can fail, wait or look outside.
PURE = set("memchr memcmp memcpy memmove memset strchr strrchr strcmp strncmp strlen strnlen strspn "
           "strcspn strpbrk strstr snprintf explicit_bzero".split())
LIBC = {"wire": PURE | {"malloc", "calloc", "free"}, "policy": PURE | {"malloc", "calloc", "free"}}

# Things that only one room does: the symbols that give it away, and who may have them.
TRADES = {
    "TLS": (r"(SSL|TLS|X509|X509V3|EVP|BIO|ERR|OPENSSL|CRYPTO|OSSL|ASN1|PEM|RAND|HMAC|BN|EC|RSA|"
            r"GENERAL_NAME|ASN1_STRING|OBJ)_\w+|gnutls_\w+", {"tls"}),
    "sockets": (r"socket|socketpair|connect|accept4?|bind|listen|shutdown|[gs]etsockopt|"
                r"(send|recv)(to|from|msg|mmsg)?|p?poll|p?select|epoll_\w+|sendfile(64)?|splice",
                {"loop", "proc", "store"}),
    "events": (r"event_\w+|evtimer_\w+|evsignal_\w+|evutil_\w+|bufferevent_\w+|timerfd_\w+",
               {"loop"}),
    # names waits for nobody; a person is told dates, systemd when a reload began, and
    # a store has deadlines
    "clocks": (r"clock_\w+|gettimeofday|time|nanosleep|u?sleep|alarm|setitimer",
               {"loop", "cli", "proc", "store"}),
    "look-ups": (r"getaddrinfo|getnameinfo|gethostby\w+|res_\w+|ub_\w+|curl_\w+|idn2_\w+",
                 {"names"}),
    "state": (r"sqlite3_\w+|redis\w+", {"store"}),
    "privileges": (r"setres[ug]id|set(e|re)?[ug]id|setgroups|initgroups|chroot|prctl|fork|vfork|"
                   r"execv\w*|seccomp_\w+|capset|syscall", {"proc"}),
    "threads": (r"pthread_create", {"names"}),
}
# TLS needs the time for certificates, and has it from its own clock alone.
CLOCKED = {"tls"}

HEADERS = {
    r"openssl/|gnutls/": {"tls"},
    r"event2/|event\.h|sys/epoll\.h|netinet/tcp\.h": {"loop"},
    r"poll\.h": {"loop", "proc", "store"},
    r"sys/socket\.h": {"loop", "names", "proc", "store"},
    r"netdb\.h": {"names"},
    r"pwd\.h|grp\.h|sys/prctl\.h|sys/syscall\.h|seccomp\.h": {"proc"},
    r"sqlite3\.h|hiredis/": {"store"},
    r"confuse\.h": {"gate"},
    r"gsasl\.h": {"check"},
    r"jansson\.h": {"cli"},
}


def foreign_symbols(room, undefined):
    """Symbols that a room may not use."""
    wrong = set()
    for trade, (pattern, owners) in TRADES.items():
        if room in owners or (trade == "clocks" and room in CLOCKED):
            continue
        wrong |= {name for name in undefined if re.fullmatch(pattern, name)}
    if room in LIBC:
        wrong |= undefined - LIBC[room]
    return wrong


def foreign_includes(room, text):
    """Headers that a room may not include."""
    wrong = []
    for header in re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.M):
        other = header.split("/")[0]
        if other in ENTERS and other != room and other not in ENTERS[room]:
            wrong.append(header)
        for pattern, owners in HEADERS.items():
            if re.match(pattern, header) and room not in owners:
                wrong.append(header)
    return wrong


def global_variables(objects):
    return symbols(objects).writable


def check_room(room, root, folder):
    sources = sorted((root / "src" / room).glob("*.c"))
    objects = compile_all(sources, folder, root)
    found = symbols(objects)
    wrong = foreign_symbols(room, found.undefined)
    tell(not wrong, f"{room}: no foreign symbols", wrong)
    wrong = {path.name: foreign_includes(room, path.read_text())
             for path in (root / "src" / room).glob("*.[ch]")}
    wrong = {name: headers for name, headers in wrong.items() if headers}
    tell(not wrong, f"{room}: no foreign headers", wrong)
    if room in LIBC:
        tell(not found.writable, f"{room}: nothing that can change outlives a call",
             found.writable)
    return objects


def check_allocations(objects):
    """One allocation a dialogue, and one a screen."""
    found = calls(objects, "(?:malloc|calloc|realloc|strdup)")
    wanted = {"wire-dialogue": 1, "wire-screen": 1}
    tell(found == wanted, "wire: one allocation a dialogue, one a screen", found)


BAD = {
    "a socket": ("wire", "#include <sys/socket.h>\nint bad(void);\n"
                         "int bad(void) { return socket(1, 2, 3); }"),
    "a clock": ("wire", "#include <time.h>\nlong bad(void);\nlong bad(void) { return time(0); }"),
    "a file": ("policy", "#include <stdio.h>\nvoid *bad(void);\n"
                         "void *bad(void) { return fopen(\"/etc/passwd\", \"r\"); }"),
    "OpenSSL": ("loop", "void *SSL_new(void *);\nvoid *bad(void);\n"
                        "void *bad(void) { return SSL_new(0); }"),
    "a look-up": ("gate", "#include <netdb.h>\nint bad(void);\n"
                          "int bad(void) { return getaddrinfo(0, 0, 0, 0); }"),
    "a privilege": ("cli", "#include <unistd.h>\nint bad(void);\n"
                           "int bad(void) { return setuid(0); }"),
    "a database": ("gate", "int sqlite3_step(void *);\nint bad(void *);\n"
                           "int bad(void *statement) { return sqlite3_step(statement); }"),
    "a filter": ("gate", "int seccomp_load(void *);\nint bad(void *);\n"
                         "int bad(void *filter) { return seccomp_load(filter); }"),
    "a connection": ("check", "#include <sys/socket.h>\nint bad(void);\n"
                              "int bad(void) { return connect(0, 0, 0); }"),
}
BAD_VARIABLES = {
    "a counter": "int next(void);\nint next(void) { static int count; return ++count; }",
    "a table": "int table[4] = {1}; int next(int);\nint next(int i) { return table[i]++; }",
    "a thread's own": "_Thread_local int own; int next(void);\nint next(void) { return ++own; }",
}
BAD_INCLUDES = {
    "wire": "#include <openssl/ssl.h>\n",
    "policy": '#include "wire/machine.h"\n',
    "loop": '#  include "gate/gate.h"\n',
    "gate": "#include <openssl/err.h>\n",
    "check": "#include <sqlite3.h>\n",
    "names": "#include <event2/event.h>\n",
}


def check_controls(root, folder):
    """The checks see what they are there for."""
    for what, (room, text) in BAD.items():
        bad = compile_one(None, folder / "bad.o", root, text)
        tell(foreign_symbols(room, symbols([bad]).undefined), f"control: {what} in {room} is seen")
    for what, text in BAD_VARIABLES.items():
        bad = compile_one(None, folder / "bad.o", root, text)
        tell(global_variables([bad]), f"control: {what} is seen")
    good = compile_one(None, folder / "good.o", root, "#include <stdio.h>\n#include <string.h>\n"
                       "static const char *const names[] = {\"a\", \"b\"};\n"
                       "size_t good(int i);\nsize_t good(int i) { return strlen(names[i]); }")
    tell(not foreign_symbols("wire", symbols([good]).undefined) and not global_variables([good]),
         "control: a table of constants is no fault")
    for room, text in BAD_INCLUDES.items():
        tell(foreign_includes(room, text), f"control: {text.strip()} in {room} is seen")
    bad = compile_one(None, folder / "bad.o", root, "#include <stdlib.h>\nvoid bad(void **);\n"
                      "void bad(void **a) { a[0] = malloc(1); a[1] = malloc(2); }")
    tell(calls([bad], "malloc") == {"bad": 2}, "control: two allocations are two")


def main():
    root = pathlib.Path(sys.argv[1])
    rooms = {path.name for path in (root / "src").iterdir() if path.is_dir()}
    tell(rooms == set(ENTERS), "every room has its rules", rooms ^ set(ENTERS))
    with tempfile.TemporaryDirectory(prefix="starttls-arch-") as folder:
        folder = pathlib.Path(folder)
        for room in sorted(rooms & set(ENTERS)):
            objects = check_room(room, root, folder)
            if room == "wire":
                check_allocations(objects)
        check_controls(root, folder)
    plan()


main()
