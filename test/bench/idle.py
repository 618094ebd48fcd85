# SPDX-License-Identifier: ISC
"""Memory of sessions that are there and silent, the kernel's part included.

A process may have so many descriptors and no more: more sessions than one server may hold are
divided among several servers of a kind, each with clients and a service of its own, and what a
server costs before the first session is counted once.
"""

import os
import signal
import time

import kernel
import meter
import servers
from lab.child import LabError
from tools import Load, Sink

SETTLE = 0.5  # seconds for the last of them


class Cell:
    """A service, a server before it and its clients."""

    def __init__(self, bench, name, costs):
        self.costs, self.held = costs, 0
        self.sink = Sink(bench)
        self.server = bench.start(name, self.sink, "imap")
        if not self.server:
            self.sink.stop()
            raise LookupError(name)
        with Load(bench, self.server.listen, "imap") as load:
            load.tell("run", 64, 32)  # what the first sessions cost belongs to the server
        time.sleep(SETTLE)
        self.first = self._now()
        self.base = meter.processes(self.server.pid, "Pss") + self.first["kernel"]
        self.load = Load(bench, self.server.listen, "hold")

    def _now(self):
        return {"user": meter.processes(self.server.pid, "Pss_Anon", "Pss_Shmem"),
                "kernel": self.costs.of(self.server.pid)}

    def hold(self, count):
        if count > self.held:
            self.load.tell("hold", count - self.held, 32)
            self.held = count

    def grown(self):
        """What the sessions have cost; all of them are still there."""
        now = self._now()
        self.load.tell("hold", 0, 1)
        return {part: now[part] - self.first[part] for part in now}

    def end(self):
        """Without anything left behind in TIME_WAIT: the server does not see the others go."""
        family = servers.family(self.server.pid)
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        self.load.__exit__()
        self.sink.stop()
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        self.server.stop()


def _point(cells, count):
    each, more = divmod(count, len(cells))
    for i, cell in enumerate(cells):
        cell.hold(each + (i < more))
    time.sleep(SETTLE)
    grown = [cell.grown() for cell in cells]
    return {part: sum(one[part] for one in grown) for part in grown[0]}


def servers_for(count):
    """How many servers so many sessions need: each has two descriptors of each session."""
    return -(-count // ((servers.descriptors() - 400) // 2))


def _hold(bench, name, steps, costs):
    """What a server costs before the first session, and what so many of them do."""
    cells = []
    try:
        for _ in range(servers_for(steps[-1])):
            cells.append(Cell(bench, name, costs))
        return {"base": max(cell.base for cell in cells),
                "points": {count: _point(cells, count) for count in steps}}
    finally:
        for cell in cells:
            cell.end()


def measure(bench, names, steps, failures):
    """{name: {"base": bytes, "points": {count: {"user": bytes, "kernel": bytes}}}}"""
    sink = Sink(bench)
    costs = kernel.Costs(bench, sink)
    sink.stop()
    print(f"the kernel's part: {costs.socket:.0f} bytes a socket, {costs.thread:.0f} a thread;"
          f" {steps[-1]} sessions are held by {servers_for(steps[-1])} of a kind")
    found = {}
    for name in names:
        try:
            found[name] = _hold(bench, name, steps, costs)
        except LookupError:
            continue
        except LabError as error:
            failures.append(f"{name}, idle: {error}")
    return found


def a_session(found, count):
    """Bytes of one of so many, or None."""
    point = found["points"].get(count) if found else None
    return (point["user"] + point["kernel"]) / count if point else None
