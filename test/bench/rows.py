# SPDX-License-Identifier: ISC
"""What is measured, and what is to be reached."""

import collections
import time

from lab.child import LabError
import meter
from tools import Load

# better: -1 when less is; goal: the ratio to the best peer, None where there is none.
Row = collections.namedtuple("Row", "name unit protocol tls better goal")

ROWS = [
    Row("session", "us CPU", "smtp", "implicit", -1, 0.8),
    Row("resumed", "us CPU", "smtp", "implicit", -1, 0.8),
    Row("starttls", "us CPU", "smtp", "starttls", -1, None),
    Row("download", "MB/CPU s", "imap", "implicit", 1, 1.2),
    Row("upload", "MB/CPU s", "imap", "implicit", 1, 1.2),
    Row("latency p50", "us", "imap", "implicit", -1, 1.0),
    Row("latency p99", "us", "imap", "implicit", -1, None),
]
# "bulk" and "latency" are each two rows.
GROUPS = {"session": ["session"], "resumed": ["resumed"], "starttls": ["starttls"],
          "bulk": ["download", "upload"], "latency": ["latency p50", "latency p99"], "idle": []}
IDLE_GOAL = 0.75
RESUMED_AT_LEAST = 0.95


class Amounts:
    """How much of each: little, and often."""

    def __init__(self, quick=False, sessions=None):
        self.sessions = sessions or (100 if quick else 200)
        self.warm = min(32, self.sessions)
        self.latencies = min(self.sessions, 50 if quick else 100)
        self.octets = (32 if quick else 128) << 20
        self.at_once = 16


def _spent(server, work):
    before = meter.cpu(server.pid)
    found = work()
    time.sleep(0.02)  # what is left to do when the client has gone
    return found, meter.cpu(server.pid) - before


def _sessions(bench, server, amounts, script, resume=False):
    with Load(bench, server.listen, script, *(["resume"] if resume else [])) as load:
        load.tell("run", amounts.warm, amounts.at_once)
        found, seconds = _spent(server, lambda: load.tell("run", amounts.sessions,
                                                          amounts.at_once))
    share = found["resumed"] / found["sessions"]
    if resume and share < RESUMED_AT_LEAST:
        raise LabError(f"only {share:.0%} of the sessions were resumed")
    return seconds / found["sessions"] * 1e6


def _bulk(bench, server, amounts, script):
    with Load(bench, server.listen, script, f"octets={amounts.octets}") as load:
        _, seconds = _spent(server, lambda: load.tell("run", 1, 1))
    return amounts.octets / 1e6 / seconds


def _latency(bench, server, amounts):
    with Load(bench, server.listen, "imap") as load:
        load.tell("run", 5, 1)
        found = load.tell("run", amounts.latencies, 1)
    return {"latency p50": found["p50"], "latency p99": found["p99"]}


def measure(bench, group, server, amounts):
    """A group's rows of one server, once."""
    if group == "session":
        return {"session": _sessions(bench, server, amounts, "smtp")}
    if group == "resumed":
        return {"resumed": _sessions(bench, server, amounts, "smtp", resume=True)}
    if group == "starttls":
        return {"starttls": _sessions(bench, server, amounts, "starttls")}
    if group == "bulk":
        return {"download": _bulk(bench, server, amounts, "get"),
                "upload": _bulk(bench, server, amounts, "put")}
    return _latency(bench, server, amounts)


def kind(group):
    """The protocol and TLS of a group's server."""
    row = next(row for row in ROWS if row.name == GROUPS[group][0])
    return row.protocol, row.tls
