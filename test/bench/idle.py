# SPDX-License-Identifier: ISC
"""Memory of sessions that are there and silent, the kernel's included.

A process may have so many descriptors and no more: more sessions than one server may hold are
divided among several servers of a kind, each with clients and a service of its own, and what a
server costs before the first session is counted once.

The kernel's share is the growth for the whole machine, less what the same clients and the same
service cost without a server between them.
"""

import os
import signal
import time

import meter
import servers
from lab.child import LabError
from tools import Load, Sink

SETTLE = 1.5  # seconds: the kernel frees some things later


class Cell:
    """A service, a server before it (none: name is None) and its clients."""

    def __init__(self, bench, name):
        self.sink = Sink(bench)
        self.server = bench.start(name, self.sink, "imap") if name else None
        if name and not self.server:
            self.sink.stop()
            raise LookupError(name)
        self.base = self.processes()
        place = self.server.listen if name else self.sink.places["imap"]
        self.load = Load(bench, place, "hold", *([] if name else ["plain"]))
        self.held = 0

    def processes(self):
        return meter.processes(self.server.pid) if self.server else 0

    def hold(self, count):
        if count > self.held:
            self.load.tell("hold", count - self.held, 32)
            self.held = count

    def check(self):
        """All sessions are still there."""
        self.load.tell("hold", 0, 1)

    def end(self):
        """Without anything left behind in TIME_WAIT: the server does not see the others go."""
        family = servers.family(self.server.pid) if self.server else []
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        self.load.__exit__()
        self.sink.stop()
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        if self.server:
            self.server.stop()


def _point(cells, count, kernel):
    each, more = divmod(count, len(cells))
    for i, cell in enumerate(cells):
        cell.hold(each + (i < more))
    time.sleep(SETTLE)
    grown = meter.kernel() - kernel
    user = sum(cell.processes() - cell.base for cell in cells)
    for cell in cells:
        cell.check()
    return {"user": user, "kernel": grown}


def _hold(bench, name, steps):
    """What a server's processes are before the first session, and then by count of sessions."""
    cells = []
    try:
        for _ in range(-(-steps[-1] // ((servers.descriptors() - 400) // 2))):
            cells.append(Cell(bench, name))
        time.sleep(SETTLE)
        kernel = meter.kernel()
        points = {count: _point(cells, count, kernel) for count in steps}
        return max(cell.base for cell in cells), points
    finally:
        for cell in cells:
            cell.end()


def measure(bench, names, steps, failures):
    """{name: {"base": bytes, count: {"user": bytes, "kernel": bytes}}}; the kernel's without
    the part of clients and service."""
    _, direct = _hold(bench, None, steps)
    found = {}
    for name in names:
        # The floor has no service behind it, so of the pair that was measured only half.
        others = 0.5 if name == servers.FLOOR else 1
        try:
            base, points = _hold(bench, name, steps)
        except (LookupError, LabError) as error:
            if isinstance(error, LabError):
                failures.append(f"{name}, idle: {error}")
            continue
        for count, point in points.items():
            point["kernel"] -= direct[count]["kernel"] * others
        found[name] = {"base": base, "points": points}
    return found


def a_session(found, count):
    """Bytes of one of so many, or None."""
    point = found["points"].get(count) if found else None
    return (point["user"] + point["kernel"]) / count if point else None
