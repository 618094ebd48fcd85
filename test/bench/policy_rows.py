# SPDX-License-Identifier: ISC
"""What is measured of policy services that know the answers, and what is to be reached."""

import collections
import time

from lab.child import LabError
import meter
from policy_servers import INTERNAL, MAP, SQLITE

# what: whose names are asked for; goals: how many times as many as the others.
Row = collections.namedtuple("Row", "name what unix outstanding goals")

GOALS = {INTERNAL: 10, SQLITE: 100}
ROWS = [
    Row("policy, 64", "cached", False, 64, GOALS),
    Row("policy, 1", "cached", False, 1, GOALS),
    Row("policy, unix, 64", "cached", True, 64, GOALS),
    Row("policy, unix, 1", "cached", True, 1, GOALS),
    Row("none, 64", "none", False, 64, GOALS),
    Row("none, 1", "none", False, 1, GOALS),
]
UNIT = "1/CPU s"
KINDS = [False, True]  # TCP, Unix socket

# Questions of a round, so that each takes some tenths of a second.
AMOUNTS = {("starttlsd", 64): 300000, ("starttlsd", 1): 20000, (INTERNAL, 64): 8000,
           (INTERNAL, 1): 2500, (SQLITE, 64): 1500, (SQLITE, 1): 600}


class Names:
    """Destinations of each kind, in files."""

    def __init__(self, internet, many):
        cached = many.good[:200]
        none = [one.name for one in internet.domains.values() if _has_no_policy(one)]
        self.count = {"cached": len(cached), "none": len(none)}
        self.path = {}
        for what, names in (("cached", cached), ("none", none)):
            self.path[what] = internet.lab.folder / f"names-{what}"
            self.path[what].write_text("".join(f"{name}\n" for name in names))


def _has_no_policy(domain):
    expect = domain.expect
    return (expect.outcome == "deliver" and set(expect.hosts.values()) == {"may"}
            and not domain.sts and not domain.zone)


def ask(site, server, names, what, count, outstanding):
    """Microseconds on the clock on the wall; all answers are what they should be."""
    taken, fine, none, other = map(int, site.run(
        "bench-ask", server.where, MAP, names.path[what], count, outstanding).split())
    expected = (count, 0, 0) if what == "cached" else (0, count, 0)
    if (fine, none, other) != expected:
        raise LabError(f"{what}: of {count} answers {fine} OK, {none} NOTFOUND, {other} others")
    return taken


def measure(site, name, server, names, row, share=1.0):
    """Questions that a second of the server's CPU time is enough for."""
    count = int(AMOUNTS[name, row.outstanding] * share)
    ask(site, server, names, row.what, names.count[row.what], 16)  # now they are known
    before = meter.cpu(server.pid)
    ask(site, server, names, row.what, count, row.outstanding)
    time.sleep(0.02)
    return count / (meter.cpu(server.pid) - before)
