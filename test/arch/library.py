# SPDX-License-Identifier: ISC
"""The libraries export what the public headers declare, and nothing else; and the
headers are clean C99 and C++.

    library.py SOURCE-ROOT LIBSTARTTLS.so LIBSTARTTLS-OPENSSL.so
"""

import pathlib
import re
import sys

from common import CC, CXX, plan, run, tell

VERSION = "STARTTLS_0"


def declared(text):
    """The functions that a header promises."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"^\s*#.*?(?<!\\)$", "", text, flags=re.S | re.M)
    return set(re.findall(r"STLS_API\b[^;{}]*?\b(stls_\w+)\s*\(", text))


def mapped(text):
    """The functions that a version map lists."""
    text = re.sub(r"#.*", "", text)
    version, names = re.fullmatch(r"\s*(\w+)\s*\{\s*global:(.*)local:\s*\*;\s*\};\s*", text,
                                  re.S).groups()
    return version, set(names.replace(";", " ").split())


def exported(library):
    """The symbols that a shared library defines, with their versions."""
    lines = run(["nm", "-D", "--defined-only", library]).stdout.splitlines()
    names = [line.split()[-1] for line in lines]
    return {name for name in names if not name.startswith(VERSION)}


def soname(library):
    found = re.search(r"SONAME.*\[(.*)\]", run(["readelf", "-d", library]).stdout)
    return found and found.group(1)


def compiles(root, command, text):
    return run([*command, "-I", root / "include", "-fsyntax-only", "-"], input=text)


def check_library(root, name, headers, library):
    promised = set().union(*(declared((root / "include/starttls" / header).read_text())
                             for header in headers))
    version, listed = mapped((root / f"src/{name}.map").read_text())
    found = exported(library)
    tell(promised and promised == listed, f"{name}: the map is the headers", promised ^ listed)
    wanted = {f"{one}@@{VERSION}" for one in listed}
    tell(version == VERSION and found == wanted, f"{name}: the exports are the map",
         found ^ wanted)
    tell(soname(library) == f"{name}.so.0", f"{name}: soname", soname(library))


def check_headers(root):
    c = [*CC, "-x", "c", "-std=c99", "-pedantic-errors", "-Wall", "-Wextra", "-Werror",
         "-Wstrict-prototypes", "-Wundef"]
    cxx = [*CXX, "-x", "c++", "-std=c++98", "-pedantic-errors", "-Wall", "-Wextra", "-Werror",
           "-Wno-long-long", "-Wno-variadic-macros"]
    for header in sorted(path.name for path in (root / "include/starttls").glob("*.h")):
        text = f"#include <starttls/{header}>\nint main(void) {{ return 0; }}\n"
        for language, command in (("C99", c), ("C++98", cxx)):
            done = compiles(root, command, text)
            tell(done.returncode == 0, f"{header}: {language}, and alone", done.stderr)
    tell(compiles(root, c, "int f() { return 0; }\n").returncode != 0, "control: bad C is seen")
    tell(compiles(root, cxx, "void *p = 0; int *q = p;\n").returncode != 0,
         "control: bad C++ is seen")


def check_controls():
    header = ("/* STLS_API int stls_said(void); */\nSTLS_API STLS_MUST_CHECK int\n"
              "stls_one(int (*two)[2]);\nint stls_three(void);\n#define STLS_API x\n")
    tell(declared(header) == {"stls_one"}, "control: what is declared", declared(header))
    tell(mapped("A {\nglobal:\n\tb;\n\tc;\nlocal:\n\t*;\n};\n") == ("A", {"b", "c"}),
         "control: what is mapped")


def check_needs(library, forbidden):
    needed = re.findall(r"NEEDED.*\[(.*)\]", run(["readelf", "-d", library]).stdout)
    wrong = [one for one in needed if re.match(forbidden, one)]
    tell(needed and not wrong, f"{pathlib.Path(library).name}: needs no more than it must", needed)


def main():
    root = pathlib.Path(sys.argv[1])
    check_library(root, "libstarttls", ["dialogue.h", "fault.h", "identity.h", "policy.h",
                                        "ratchet.h", "sts.h", "tlsa.h"], sys.argv[2])
    check_library(root, "libstarttls-openssl", ["tls.h"], sys.argv[3])
    check_needs(sys.argv[2], r"lib(ssl|crypto|pthread|unbound|curl|sqlite3|hiredis)")
    check_needs(sys.argv[3], r"lib(unbound|curl|sqlite3|hiredis)")
    check_headers(root)
    check_controls()
    plan()


main()
