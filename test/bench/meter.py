# SPDX-License-Identifier: ISC
"""What a server has used: by the kernel's accounting, never by the clock on the wall."""

import os
import pathlib
import re
import time

from servers import family

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")

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


def processes(pid, *kinds):
    """Bytes of the server's processes, what they share divided among them: Pss for all, Pss_Anon
    and Pss_Shmem for what is not a file (which others may begin and cease to share)."""
    total = 0
    for one in family(pid):
        try:
            text = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(re.search(rf"^{kind}: +(\d+) kB", text, re.M).group(1)) * 1024
                     for kind in kinds)
    return total
