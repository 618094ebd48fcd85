# SPDX-License-Identifier: ISC
"""What happens around a policy service: name servers and policy hosts come and go, policies
change and end."""

import contextlib
import subprocess
import time

import pytest

from lab import daemon, policy
from lab.child import wait_until
from lab.internet_many import MAIL

SERVICES = {"postfix": dict(deadline=8), "json": dict(protocol="json", deadline=8)}


@pytest.fixture
def service(internet, request):
    with policy.Service(internet, request.node.name, SERVICES) as one:
        yield one


@contextlib.contextmanager
def stopped(*servers):
    for one in servers:
        one.stop()
    try:
        yield
    finally:
        for one in servers:
            one.start()


def enforced(domain):
    return "OK", f"secure match=mx.{domain} servername=hostname"


# ---------------------------------------------------------------- name servers, policy hosts


def test_name_servers_die_and_come_back(internet, service):
    """Nobody hears "no policy" meanwhile, and what is known stays."""
    assert service.ask("postfix", "sts.example") == enforced("sts.example")
    assert service.ask("postfix", "open.example") == ("NOTFOUND", "")
    asked = len(internet.policy_host.requests)
    with stopped(internet.near, internet.far):
        time.sleep(2.5)  # records are good for two seconds
        assert service.ask("postfix", "sts.example") == enforced("sts.example")
        assert service.ask("postfix", "open.example") == ("NOTFOUND", "")
        service.reload()  # the desk knows nothing any more, but the store does
        found = service.all("postfix", ["sts.example", "open.example", "dane.test"])
        for word, why in found.values():
            assert word == "TEMP" and "could not be looked up" in why
        plan = service.ask("json", "sts.example")
        assert plan["mta_sts"]["mode"] == "enforce" and plan["outcome"] == "defer"
        before = time.monotonic()
        assert service.ask("postfix", "dane.test")[0] == "TEMP"
        assert time.monotonic() - before < 4  # trouble is remembered for a while, too
    # others at once, these within half a minute
    assert service.ask("postfix", "signed.test") == ("NOTFOUND", "")
    assert service.ask("postfix", "dane-ta.test") == ("OK", "dane-only")
    wait_until(lambda: service.ask("postfix", "dane.test") == ("OK", "dane-only"), 35, "dane")
    assert service.ask("postfix", "sts.example") == enforced("sts.example")
    assert service.ask("postfix", "open.example") == ("NOTFOUND", "")
    # and it was not fetched again for that
    assert internet.policy_host.requests[asked:] == []


def test_policy_hosts_die_and_come_back(internet, service):
    """Known policies hold; an unknown one is as none, until there is a new id or some time."""
    assert service.ask("postfix", "sts.example") == enforced("sts.example")
    with stopped(internet.policy_host):
        service.reload()
        before = time.monotonic()
        assert service.ask("postfix", "sts.example") == enforced("sts.example")
        assert time.monotonic() - before < 4
        assert service.ask("postfix", "sts.test") == ("NOTFOUND", "")
        plan = service.ask("json", "sts.test")
        assert plan["mta_sts"]["fault"] == "sts-fetch-failed"
        # A new id, and no policy to be had: the old one holds.
        with internet.changed("sts.example", sts=dict(id="2", mode="none")):
            time.sleep(2.5)
            service.reload()
            plan = service.ask("json", "sts.example")
            assert plan["mta_sts"]["mode"] == "enforce" and plan["mta_sts"]["record_id"] == "2"
            # No record at all: the same.
            internet.change("sts.example", sts=dict(record=()))
            time.sleep(2.5)
            service.reload()
            assert service.ask("postfix", "sts.example") == enforced("sts.example")
    # RFC 8461 section 3.3: five minutes' pause, but for another id
    service.reload()
    assert service.ask("postfix", "sts.test") == ("NOTFOUND", "")
    with internet.changed("sts.test", sts=dict(id="3")):
        time.sleep(2.5)
        service.reload()
        assert service.ask("postfix", "sts.test") == enforced("sts.test")


def test_policy_hosts_that_hang_do_not_hide_others(internet, service):
    """Whose policy there was no time to ask for has not been asked: that is no "no policy"."""
    many = internet.many(1000)
    names = many.good[:400]
    many.freeze()
    try:
        found = service.all("postfix", names)
    finally:
        many.thaw()
    words = [word for word, _ in found.values()]
    assert words.count("TEMP") > 100
    assert "an MTA-STS policy that cannot be seen now might forbid this host" in str(found)
    # its host was asked, and said nothing in time (RFC 8461 section 3.3)
    assert words.count("NOTFOUND") > 50
    assert service.ask("postfix", many.good[400]) == (
        "OK", f"secure match={MAIL} servername=hostname")


# ---------------------------------------------------------------- policies change


def test_a_new_id_is_noticed(internet, service):
    """From one mode to the next, by ids; and each of them is told in the log."""
    name = "sts-testing.example"
    assert service.ask("postfix", name) == ("NOTFOUND", "")
    with internet.changed(name, sts=dict(id="2", mode="enforce")):
        time.sleep(2.5)
        service.reload()
        assert service.ask("postfix", name) == enforced(name)
    # The record that it had before is another id again.
    time.sleep(2.5)
    service.reload()
    assert service.ask("postfix", name) == ("NOTFOUND", "")
    told = [line for line in service.log.splitlines() if "event=sts-policy" in line]
    assert len(told) == 3 and all(f"domain={name}" in line for line in told)
    assert "level=info" in told[0] and "mode=testing" in told[0] and "before" not in told[0]
    assert "level=info" in told[1] and "mode=enforce before=testing id=2" in told[1]
    assert "level=warning" in told[2] and "mode=testing before=enforce id=1" in told[2]


def test_another_policy_under_the_same_id(internet):
    """RFC 8461 section 8.1 has it otherwise, but it happens: a policy that names no host is looked
    at again at once, and not tomorrow."""
    name = "sts-mx.example"
    with policy.Service(internet, "same-id", SERVICES) as one:
        assert one.ask("postfix", name)[0] == "TEMP"
        with internet.changed(name, sts=dict(mx=(f"mx.{name}",))):
            one.reload()
            assert one.ask("postfix", name)[0] == "TEMP"
            wait_until(lambda: one.ask("postfix", name) == enforced(name), 10,
                       "it is fetched again")


def age(service, seconds):
    """Makes everything in the store older; the service must not be there."""
    done = subprocess.run([daemon.program("policy_age"), service.state, str(seconds)], check=True,
                          user="nobody", capture_output=True, text=True, timeout=20)
    return done.stdout.split()


def test_enforce_is_picked_up_by_itself(internet):
    """Whoever forgets to change the id is not left in testing: an hour later it is looked at."""
    name = "sts-testing.example"
    with policy.Service(internet, "testing-1", SERVICES) as one:
        assert one.ask("postfix", name) == ("NOTFOUND", "")
    with internet.changed(name, sts=dict(mode="enforce")):
        with policy.Service(internet, "testing-2", SERVICES, state=one.state) as two:
            assert two.ask("postfix", name) == ("NOTFOUND", "")
        assert age(one, 3601) == [name]
        with policy.Service(internet, "testing-3", SERVICES, state=one.state) as three:
            wait_until(lambda: f"domain={name} mode=enforce before=testing id=1" in three.log, 10,
                       "it is fetched again, though nobody asks")
            assert three.ask("postfix", name) == enforced(name)


def test_a_policy_ends(internet):
    """What is over is over: max_age is a week, and the domain has withdrawn."""
    with policy.Service(internet, "ends-1", SERVICES) as one:
        assert one.ask("postfix", "sts.example") == enforced("sts.example")
    with internet.changed("sts.example", sts=dict(record=())):
        age(one, 604800 - 60)
        with policy.Service(internet, "ends-2", SERVICES, state=one.state) as two:
            assert two.ask("postfix", "sts.example") == enforced("sts.example")
        age(one, 60)
        with policy.Service(internet, "ends-3", SERVICES, state=one.state) as three:
            assert three.ask("postfix", "sts.example") == ("NOTFOUND", "")
