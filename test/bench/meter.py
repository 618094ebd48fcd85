# SPDX-License-Identifier: ISC
"""What a server has used: by the kernel's accounting, never by the clock on the wall."""

import os
import pathlib
import re
import time

from servers import family

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")

# What files cost, and what connections that are over cost for a while.
OTHERS = re.compile(r"(?!sock_inode).*inode|ext4|extent|buffer_head|radix_tree|bio|jbd2|kernfs"
                    r"|kmalloc-rcl|xfs|tw_sock|nf_conntrack")


def cpu(pid):
    """Seconds of CPU, user and system, of a process, its descendants, their threads that are
    over (each process has a clock: clock_getcpuclockid(3)) and the children they waited for."""
    total = 0.0
    for one in family(pid):
        try:
            total += time.clock_gettime(~one << 3 | 2)
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[13]) + int(fields[14])) / TICK
        except OSError:
            pass
    return total


def processes(pid):
    """Bytes of the server's processes: what they share is divided among them (Pss)."""
    total = 0
    for one in family(pid):
        try:
            text = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.search(r"^Pss: +(\d+) kB", text, re.M).group(1)) * 1024
    return total


def _slab(known):
    """Of the kernel's own objects, those of connections and processes; without the right to
    read the list of them, all."""
    try:
        rows = pathlib.Path("/proc/slabinfo").read_text().splitlines()[2:]
    except OSError:
        return known["Slab"]
    total = 0
    for row in rows:
        words = row.split()
        if not OTHERS.match(words[0]):
            # name active objects size objects-a-slab pages-a-slab ... slabs-active slabs shared
            total += int(words[14]) * int(words[5]) * PAGE
    return total


def kernel():
    """Bytes the kernel holds for sockets, processes and threads, of the whole machine."""
    rows = pathlib.Path("/proc/meminfo").read_text().splitlines()
    known = {row.split(":")[0]: int(row.split()[1]) * 1024 for row in rows}
    queues = re.search(r"^TCP:.* mem (\d+)", pathlib.Path("/proc/net/sockstat").read_text(), re.M)
    return (_slab(known) + known["KernelStack"] + known["PageTables"]
            + int(queues.group(1)) * PAGE)
