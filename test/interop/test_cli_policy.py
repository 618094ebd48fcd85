# SPDX-License-Identifier: ISC
"""starttls policy on the offline internet: every domain of it, and what people see."""

import json
import re

import pytest

from lab import internet_domains as domains
from lab.daemon import program

PATIENCE = "6"  # seconds; policy hosts that never end are given up before


def policy(internet, *arguments, memory=None):
    """The completed process."""
    state = ["--state", memory] if memory else []
    return internet.run([program("starttls"), "policy", "--resolver-config",
                         internet.resolver_config, "--ca-file", internet.ca, "--timeout",
                         PATIENCE, *state, *arguments])


def plans(internet, *arguments, **options):
    """The objects, by destination."""
    done = policy(internet, "--json", *arguments, **options)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found, done.stderr
    return {one["destination"]: one for one in found}


def plan(internet, *arguments, **options):
    """One object, which agrees with the exit status."""
    done = policy(internet, "--json", *arguments, **options)
    one = json.loads(done.stdout)
    assert one["exit"] == done.returncode, done
    return one


@pytest.fixture(scope="module")
def found(internet):
    """All domains in one run."""
    names = list(internet.domains)
    done = policy(internet, "--json", *names)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    # told in the order in which they were named
    assert [one["destination"] for one in lines] == names
    assert done.returncode == 2 and not done.stderr
    return {one["destination"]: one for one in lines}


def short(name, domain):
    return name.removesuffix(f".{domain}")


def summary(one):
    """What a plan comes to, in the words of the table."""
    return domains.Expect(
        outcome=one["outcome"],
        hosts={short(host["host"], one["domain"]): host["skip"] or host["level"]
               for host in one["hosts"]},
        fault=one["fault"] or "", mx=one["mx"], sts=one["mta_sts"]["mode"] or "",
        sts_fault=one["mta_sts"]["fault"] or "")


def status(expected):
    """The exit status that belongs to a row of the table."""
    levels = set(expected.hosts.values())
    if expected.outcome != "deliver":
        return 3 if expected.fault == "lookup-failed" else 2
    if levels & {"secure", "dane+secure"} or ("dane" in levels and expected.mx == "secure"):
        return 0
    return 1


@pytest.mark.parametrize("name", [one.name for one in domains.MAIL])
def test_domain(found, name):
    expected, one = domains.find(name).expect, found[name]
    got = summary(one)
    # What is known of MTA-STS when there are no hosts depends on who answered first.
    parts = ("sts", "sts_fault") if expected.hosts else ()
    for part in ("outcome", "hosts", "fault", "mx", *parts):
        assert getattr(got, part) == getattr(expected, part), (part, one["steps"])
    assert one["exit"] == status(expected)
    assert one["reason"] or expected.outcome == "deliver"


def test_every_step_has_a_rule(found):
    """A sentence without a dot, and what says so."""
    steps = [step for one in found.values() for step in one["steps"]]
    assert len(steps) > 300
    for step in steps:
        assert re.fullmatch(r"RFC \d{4}( section [\d.]+)?|local policy", step["rule"]), step
        assert step["text"] and not step["text"].endswith("."), step
    assert {"RFC 7672 section 2.2", "RFC 8461 section 4.2", "RFC 7505 section 3"} <= {
        step["rule"] for step in steps}
