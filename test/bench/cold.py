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
PATIENCE = 120  # seconds for all of it


def lines(many, with_bad=True):
    """What is asked for on each connection, the bad ones among the good ones."""
    bad = [*many.dead, *many.slow] if with_bad else []
    connections = min(CONNECTIONS - len(bad), len(many.good))
    made = [many.good[at::connections] for at in range(connections)]
    step = connections // max(1, len(bad))
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


def figures(text, names):
    """Of a burst: what bench-burst printed; names are the domains of each kind."""
    heard = {}
    for line in text.splitlines():
        microseconds, name, word = line.split()
        heard[name] = (int(microseconds) / 1e6, word)
    good, slow, dead = ([heard[name] for name in names[kind] if name in heard]
                        for kind in ("good", "slow", "dead"))
    seconds = [one for one, _ in good]
    if not seconds:
        raise LabError("no good domain got an answer")
    return {"good": len(names["good"]), "good, fine": sum(word == "OK" for _, word in good),
            "good, median s": statistics.median(seconds),
            "good, p99 s": _percentile(seconds, 0.99), "good, last s": max(seconds),
            "slow": len(names["slow"]), "slow, fine": sum(word == "OK" for _, word in slow),
            "slow, last s": max((one for one, _ in slow), default=None),
            "dead": len(names["dead"]), "dead, temporary": sum(word == "TEMP" for _, word in dead),
            "dead, last s": max((one for one, _ in dead), default=None),
            "unanswered": sum(map(len, names.values())) - len(heard),
            "not fine": dict(sorted((name, word) for name, (_, word) in heard.items()
                                    if word != "OK" and name not in names["dead"])[:20])}


def measure(site, server, many, with_bad):
    """Figures of one burst; the server knows nothing yet."""
    names = {"good": many.good, "slow": many.slow if with_bad else [],
             "dead": many.dead if with_bad else []}
    path = site.internet.lab.folder / "burst"
    path.write_text("".join(" ".join(one) + "\n" for one in lines(many, with_bad)))
    site.internet.resolver.restart()
    before, size = meter.cpu(server.pid), memory(server, "VmRSS")
    text = site.run("bench-burst", server.where, MAP, path, PATIENCE, timeout=PATIENCE + 60)
    found = figures(text, names)
    asked = sum(map(len, names.values()))
    found["CPU s"] = meter.cpu(server.pid) - before
    found["CPU ms, a domain"] = found["CPU s"] / asked * 1000
    found["MB before"], found["MB, most"] = size, memory(server, "VmHWM")
    found["kB, a domain"] = (found["MB, most"] - size) / asked * 1000
    return found
