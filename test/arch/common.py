# SPDX-License-Identifier: ISC
"""What the checks share: TAP, a compiler, and what is in an object file."""

import collections
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess

CC = shlex.split(os.environ.get("CC", "cc"))
CXX = shlex.split(os.environ.get("CXX", "c++"))
# No position independence, no hardening: what is in the object is what the source says.
PLAIN = ["-std=gnu17", "-O1", "-fno-pic", "-fno-stack-protector", "-fcf-protection=none",
         "-U_FORTIFY_SOURCE", "-fno-common", "-fno-builtin-printf"]
PACKAGES = ["openssl", "libconfuse", "libgsasl", "jansson"]

Symbols = collections.namedtuple("Symbols", "undefined defined writable")
_count = 0


def tell(good, what, detail=""):
    """One TAP line; detail is told where it is not good."""
    global _count
    _count += 1
    print(f"{'ok' if good else 'not ok'} {_count} - {what}", flush=True)
    if not good:
        for line in str(detail).splitlines():
            print(f"# {line}", flush=True)


def plan():
    print(f"1..{_count}")


def run(command, **keywords):
    return subprocess.run(command, capture_output=True, text=True, check=False, **keywords)


def flags(root):
    done = run(["pkg-config", "--cflags", *PACKAGES])
    return ["-I", root / "include", "-I", root / "src", *shlex.split(done.stdout)]


def compile_one(source, target, root, text=None):
    """Compiles a file, or a text."""
    where = ["-x", "c", "-"] if text is not None else [source]
    done = run([*CC, *PLAIN, *flags(root), "-c", "-o", target, *where], input=text)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return target


def compile_all(sources, folder, root):
    """The objects of many files, two at a time."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda source: compile_one(
            source, folder / f"{source.parent.name}-{source.stem}.o", root), sources))


def symbols(objects):
    """What objects together need from outside, what they define, and which of it can change."""
    undefined, defined, writable = set(), set(), set()
    for line in run(["nm", *objects]).stdout.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in "Uwv":
            undefined.add(words[1])
        elif len(words) == 3:
            defined.add(words[2])
            if words[1] in "bBdDCsSgG":
                writable.add(words[2])
    return Symbols(undefined - defined, defined, writable)


def calls(objects, function):
    """The calls of a function: the object and how many."""
    found = {}
    for one in objects:
        text = run(["objdump", "-dr", one]).stdout
        count = len(re.findall(rf"R_\S+\s+{function}(?:[-+]0x\w+)?$", text, re.M))
        if count:
            found[pathlib.Path(one).stem] = count
    return found
