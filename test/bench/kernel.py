# SPDX-License-Identifier: ISC
"""The kernel's part of a server's memory.

The kernel tells what it holds for the whole machine, where others come and go. So what a watched
socket and a thread cost is found in many short steps, of which the median is taken, and a server
is charged with what it has of them, and with its page tables.
"""

import os
import pathlib
import re
import statistics
import threading
import time

from servers import family
from tools import Load

PAGE = os.sysconf("SC_PAGE_SIZE")
STEPS = 15

# What files cost, and what connections that are over cost for a while.
OTHERS = re.compile(r"(?!sock_inode).*inode|ext4|extent|buffer_head|radix_tree|bio|jbd2|kernfs"
                    r"|kmalloc-rcl|xfs|tw_sock|nf_conntrack")


def _objects(known):
    """Bytes of the kernel's own objects but files; without the right to read the list, of all."""
    try:
        rows = pathlib.Path("/proc/slabinfo").read_text().splitlines()[2:]
    except OSError:
        return known["Slab"]
    total = 0
    for row in rows:
        words = row.split()
        if not OTHERS.match(words[0]):
            # active, all, octets of one, objects a slab, pages a slab: slabinfo(5)
            total += int(words[1]) * int(words[5]) * PAGE / int(words[4])
    return total


def _used():
    """Bytes for sockets, processes and threads, of the whole machine."""
    rows = pathlib.Path("/proc/meminfo").read_text().splitlines()
    known = {row.split(":")[0]: int(row.split()[1]) * 1024 for row in rows}
    queues = re.search(r"^TCP:.* mem (\d+)", pathlib.Path("/proc/net/sockstat").read_text(), re.M)
    return _objects(known) + known["KernelStack"] + int(queues.group(1)) * PAGE


def _a_step(more, count):
    grown = []
    for _ in range(STEPS):
        before = _used()
        more()
        grown.append((_used() - before) / count)
    return max(0, statistics.median(grown))


def a_socket(bench, sink, count=500):
    """Bytes of a connected TCP socket that epoll watches: clients and service have one each."""
    with Load(bench, sink.places["imap"], "hold", "plain") as load:
        load.tell("hold", count, 32)
        return _a_step(lambda: load.tell("hold", count, 32), 2 * count)


def a_thread(count=50):
    """Bytes of a thread that waits; its stack in the process is not the kernel's."""
    over, threads = threading.Event(), []

    def more():
        for _ in range(count):
            threads.append(threading.Thread(target=over.wait, daemon=True))
            threads[-1].start()

    try:
        more()
        return _a_step(more, count)
    finally:
        over.set()
        for one in threads:
            one.join()


class Costs:
    """What the kernel keeps for one of each, as found in this run."""

    def __init__(self, bench, sink):
        time.sleep(1)
        self.socket, self.thread = a_socket(bench, sink), a_thread()

    def of(self, pid):
        """The kernel's part of a server."""
        total = 0
        for one in family(pid):
            try:
                place = pathlib.Path(f"/proc/{one}")
                tables = re.search(r"^VmPTE:\s+(\d+) kB", (place / "status").read_text(), re.M)
                total += (len(os.listdir(place / "fd")) * self.socket
                          + len(os.listdir(place / "task")) * self.thread
                          + int(tables.group(1)) * 1024)
            except OSError:
                continue
        return total
