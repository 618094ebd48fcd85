# SPDX-License-Identifier: ISC
"""Thousands of domains of which nothing is known, asked for at once: one in a hundred has a name
server that never answers, and one in a hundred a slow one.

Replies come in the order of the questions of a connection, so a bad domain has a connection for
itself, among those of the good ones."""

import pathlib
import re
import statistics

from lab.child import LabError
import meter
from policy_servers import MAP
from servers import family

CONNECTIONS = 1000
GOOD_MEDIAN, GOOD_ALL = "good, median", "good, p99"


def lines(many):
    """What is asked for on each connection, the bad ones among the good ones."""
    bad = [*many.dead, *many.slow]
    connections = min(CONNECTIONS - len(bad), len(many.good))
    made = [many.good[at::connections] for at in range(connections)]
    step = max(1, connections // len(bad))
    for number, name in enumerate(bad):
        made.insert(min(number * (step + 1), len(made)), [name])
    return made


def _status(pid, key):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{key}:\s+(\d+) kB", text, re.M).group(1)) / 1000


def memory(server, key):
    """MB of the process that looks things up: of all of the server the biggest one."""
    return max(_status(pid, key) for pid in family(server.pid))


def _percentile(figures, share):
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * share))]


class Replies:
    """What came: {domain: (seconds, first word)}."""

    def __init__(self, text, many):
        self.all = {}
        for line in text.splitlines():
            microseconds, name, word = line.split()
            self.all[name] = (int(microseconds) / 1e6, word)
        self.good, self.slow, self.dead = (
            [self.all[name] for name in names if name in self.all]
            for names in (many.good, many.slow, many.dead))

    def figures(self, many):
        seconds = [one for one, _ in self.good]
        fine = sum(word == "OK" for _, word in self.good)
        if not seconds:
            raise LabError("no good domain got an answer")
        return {"good": len(many.good), "good, fine": fine,
                "good, median s": statistics.median(seconds),
                "good, p99 s": _percentile(seconds, 0.99), "good, last s": max(seconds),
                "slow": len(many.slow), "slow, fine": sum(word == "OK" for _, word in self.slow),
                "slow, last s": max((one for one, _ in self.slow), default=None),
                "dead": len(many.dead),
                "dead, temporary": sum(word == "TEMP" for _, word in self.dead),
                "dead, last s": max((one for one, _ in self.dead), default=None),
                "unanswered": len(many.names) - len(self.all)}


def measure(site, server, many, patience):
    """Figures of one burst; server knows nothing yet."""
    path = site.internet.lab.folder / "burst"
    path.write_text("".join(" ".join(names) + "\n" for names in lines(many)))
    site.internet.resolver.restart()
    before, size = meter.cpu(server.pid), memory(server, "VmRSS")
    text = site.run("bench-burst", server.where, MAP, path, patience, timeout=patience + 60)
    found = Replies(text, many).figures(many)
    found["CPU s"] = meter.cpu(server.pid) - before
    found["CPU ms, a domain"] = found["CPU s"] / len(many.names) * 1000
    found["MB before"], found["MB, most"] = size, memory(server, "VmHWM")
    found["KB, a domain"] = (memory(server, "VmRSS") - size) / len(many.names) * 1000
    return found
