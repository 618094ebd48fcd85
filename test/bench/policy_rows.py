# SPDX-License-Identifier: ISC
"""What is measured of policy services that know the answers, and what is to be reached."""

import collections
import time

from lab.child import LabError
import meter
from policy_servers import FLOOR, INTERNAL, MAP, OURS, SQLITE

# what: whose names are asked for; outstanding: questions of a connection.
Row = collections.namedtuple("Row", "name what unix outstanding")

ROWS = [
    Row("policy, 64", "policy", False, 64),
    Row("policy, 1", "policy", False, 1),
    Row("policy, unix, 64", "policy", True, 64),
    Row("policy, unix, 1", "policy", True, 1),
    Row("none, 64", "none", False, 64),
    Row("none, 1", "none", False, 1),
]
GOALS = {INTERNAL: 10, SQLITE: 100}  # so many times as many

# Questions of a round, so that each takes some tenths of a second.
AMOUNTS = {(OURS, 64): 300000, (OURS, 1): 10000, (INTERNAL, 64): 8000, (INTERNAL, 1): 2500,
           (SQLITE, 64): 1500, (SQLITE, 1): 600, (FLOOR, 64): 300000, (FLOOR, 1): 10000}


class Names:
    """Destinations of each kind, in files."""

    def __init__(self, internet, many):
        kinds = {"policy": many.good[:200],
                 "none": [one.name for one in internet.domains.values() if _has_no_policy(one)]}
        self.count = {what: len(names) for what, names in kinds.items()}
        self.path = {what: internet.lab.folder / f"names-{what}" for what in kinds}
        for what, names in kinds.items():
            self.path[what].write_text("".join(f"{name}\n" for name in names))


def _has_no_policy(domain):
    expect = domain.expect
    return (expect.outcome == "deliver" and set(expect.hosts.values()) == {"may"}
            and not domain.sts and not domain.zone)


def _ask(site, name, server, names, what, count, outstanding):
    """All answers have to be what they should be."""
    _, fine, none, other = map(int, site.run(
        "bench-ask", server.where, MAP, names.path[what], count, outstanding).split())
    expected = (0, count, 0) if what == "none" and name != FLOOR else (count, 0, 0)
    if (fine, none, other) != expected:
        raise LabError(f"of {count} answers {fine} OK, {none} NOTFOUND, {other} others")


def measure(site, name, server, names, row, share=1):
    """Questions that a second of the server's CPU time is enough for."""
    count = int(AMOUNTS[name, row.outstanding] * share)
    _ask(site, name, server, names, row.what, names.count[row.what], 16)  # known from now on
    before = meter.cpu(server.pid)
    _ask(site, name, server, names, row.what, count, row.outstanding)
    time.sleep(0.02)
    return count / (meter.cpu(server.pid) - before)
