# SPDX-License-Identifier: ISC
"""The process of a policy service: killed, and begun again; the configuration is read again while
questions come in."""

import contextlib
import os
import random
import shutil
import signal
import threading
import time

import pytest

from lab import policy
from lab.child import wait_until

SERVICES = {"postfix": dict(deadline=8), "json": dict(protocol="json", deadline=8)}
SECURE = [f"sts-{name}.example" for name in (
    "wildcard", "implicit", "strings", "fields", "other-txt", "charset", "gradual", "record-alias",
    "host-alias", "real", "lf", "unknown-keys")]


@pytest.fixture
def service(internet, request):
    with policy.Service(internet, request.node.name, SERVICES) as one:
        yield one


def level(reply):
    """The first word of a policy, or of the reply."""
    return reply[1].split()[0] if reply[0] == "OK" else reply[0]


def heard(service, names):
    """What was answered before the connection broke: {name: reply}."""
    found = {}
    with contextlib.suppress(OSError, EOFError), service.connect("postfix") as one:
        for name in names:
            one.put(name)
        for name in names:
            found[name] = one.get()
    return found


def test_killed_at_any_moment(internet, service):
    """Whatever was answered outlives the process: the store had it first."""
    chance = random.Random(8461)
    known = {}
    names = [name for name in SECURE if name in internet.domains]
    assert len(names) >= 8
    while len(known) < len(names):
        pid = wait_until(lambda: service.worker, 10, "a process that answers")
        some = chance.sample([name for name in names if name not in known],
                             min(3, len(names) - len(known)))
        killer = threading.Timer(chance.uniform(0, 0.12), os.kill, (pid, signal.SIGKILL))
        killer.start()
        known.update(heard(service, some))
        killer.join()
        wait_until(lambda: service.worker not in (None, pid), 10, "another process")
    assert all(level(reply) == "secure" for reply in known.values())
    internet.policy_host.stop()
    try:
        assert service.all("postfix", names) == known
    finally:
        internet.policy_host.start()
    assert service.running()


def test_reload_under_load(service):
    """No question is lost, and nobody has to ask twice."""
    names = ["dane.test", "sts.example", "open.example", "two.test", "dane-512.test"]
    wanted = service.all("postfix", names)
    wrong, counts, done = [], [0] * 6, threading.Event()

    def check(reply, name):
        if reply != wanted[name]:
            wrong.append((name, reply))

    def stay(number):
        """One connection for all, one question at a time."""
        with service.connect("postfix") as one:
            while not done.is_set():
                name = names[counts[number] % len(names)]
                check(one.ask(name), name)
                counts[number] += 1

    def call(number):
        """A connection for each question."""
        while not done.is_set():
            name = names[counts[number] % len(names)]
            check(service.ask("postfix", name), name)
            counts[number] += 1

    def guard(work, number):
        try:
            work(number)
        except Exception as error:  # pylint: disable=broad-except
            wrong.append((work.__name__, repr(error)))

    threads = [threading.Thread(target=guard, args=(work, number))
               for number, work in enumerate([stay, stay, stay, call, call, call])]
    for one in threads:
        one.start()
    try:
        for _ in range(5):
            service.reload()
            time.sleep(0.5)
        wait_until(lambda: wrong or min(counts) > 50, 30, "fifty questions each")
    finally:
        done.set()
        for one in threads:
            one.join()
    assert not wrong


def test_reload_with_questions_under_way(internet, service):
    """Who waits hears from the process that he has asked."""
    names = ["slow-names.test", "sts-patient.example", "lame.example"]
    with service.connect("postfix") as one:
        for name in names:
            one.put(name)
        time.sleep(0.1)
        service.reload()
        assert [level(one.get()) for _ in names] == ["dane-only", "secure", "TEMP"]
        wait_until(lambda: one.is_over(), 5, "the end")  # pylint: disable=unnecessary-lambda
    assert service.ask("postfix", "sts-patient.example")[0] == "OK"


def test_a_bad_configuration_changes_nothing(service):
    assert service.ask("postfix", "dane.test") == ("OK", "dane-only")
    text = service.config.read_text()
    service.config.write_text(text.replace("protocol = json", "protocol = jason"))
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("did you mean json?")
    assert service.ask("postfix", "dane.test") == ("OK", "dane-only")
    service.config.write_text(text.replace("deadline = 8", "mta-sts = no"))
    service.reload()
    assert service.ask("postfix", "sts.example") == ("NOTFOUND", "")


def test_an_override_comes_with_a_reload(service):
    assert service.ask("postfix", "open.example") == ("NOTFOUND", "")
    service.config.write_text(service.config.read_text() + policy.override(
        "open.example", "encrypt"))
    service.reload()
    assert service.ask("postfix", "open.example") == ("OK", "encrypt")


def test_nobody_waits_for_the_dead(service):
    """A hundred domains whose name servers are dead, and one that is well, behind them."""
    with service.connect("postfix") as dead, service.connect("postfix") as well:
        for number in range(100):
            dead.put(f"d{number}.silent.example")
        time.sleep(0.2)
        before = time.monotonic()
        assert well.ask("dane.test") == ("OK", "dane-only")
        assert time.monotonic() - before < 5


def test_authorities_change(internet, lab, pki):
    """A file that somebody else takes the place of is read again, by whoever may see no other."""
    folder = lab.make_folder("policy/authorities")
    file, other = folder / "ca.pem", folder / "ca.pem.new"
    file.write_text(pki.self_signed("nobody.example").chain.read_text())
    with policy.Service(internet, "authorities", SERVICES, ca=file, watch_certificates=1) as one:
        assert one.ask("postfix", "sts.example") == ("NOTFOUND", "")
        plan = one.ask("json", "sts.example")
        assert plan["mta_sts"]["fault"] == "sts-webpki-invalid"
        other.write_text(pki.ca.read_text())
        other.rename(file)
        one.wait_log("event=reloaded", 15)
        assert one.ask("postfix", "sts.test") == (
            "OK", "secure match=mx.sts.test servername=hostname")


@contextlib.contextmanager
def forwarded(internet, text):
    """The place's /etc/resolv.conf says that; it is the same file all the time."""
    file = internet.folder / "resolv.conf"
    before = file.read_text()
    file.write_text(text)
    try:
        yield file
    finally:
        file.write_text(before)


def with_anchor(internet, name):
    """A folder for the state, with the root's key of this internet."""
    state = internet.lab.make_folder(name, owner="nobody", mode=0o700)
    shutil.copy(internet.anchor, state / "root.key")
    shutil.chown(state / "root.key", "nobody")
    return state


def test_forwarders_change(internet):
    """Where the system's forwarders are asked, others of them are noticed; the same ones, written
    anew, are none, and who has a file of his own does not care."""
    found = "OK", "secure match=mx.sts.example servername=hostname"
    good, nobody = (internet.folder / "resolv.conf").read_text(), "nameserver 127.9.9.9\n"
    with forwarded(internet, nobody) as file, \
            policy.Service(internet, "own-file", SERVICES, watch_certificates=1) as other, \
            policy.Service(internet, "forwarders", SERVICES, forwarders=True,
                           state=with_anchor(internet, "policy/forwarders-state"),
                           watch_certificates=1) as one:
        assert one.ask("postfix", "sts.example")[0] == "TEMP"
        assert other.ask("postfix", "sts.example") == found
        file.write_text(nobody)
        time.sleep(4.5)  # looked at, settled, and looked at again
        assert "event=files" not in one.log and "event=reloaded" not in one.log
        file.write_text(good)
        one.wait_log("event=reloaded", 15)
        assert "/etc/resolv.conf has changed" in one.log
        assert one.ask("postfix", "sts.example") == found
        assert "event=reloaded" not in other.log


def test_what_operators_see(internet):
    """Numbers, and a line for mail that has to wait."""
    with policy.Service(internet, "seen", SERVICES, metrics="127.0.0.1:9587") as one:
        names = ("dane.test", "dane.test", "sts.example", "sts-404.example", "bogus-mx.test",
                 ".test")
        for name in names:
            one.ask("postfix", name)

        def counts():
            return [one.metric(f"starttls_{name}_total") for name in (
                "policy_questions", "policy_questions_known", "policy_lookups",
                "policy_lookups_troubled", "fetches", "fetches_failed")]

        wait_until(lambda: counts() == [6, 2, 4, 1, 2, 1], 5, "numbers")
        assert one.metric("starttls_dns_questions_total") > 4
        assert one.metric("starttls_dns_questions_failed_total") >= 1
        assert one.metric("starttls_store_troubled") == 0
        told = [line for line in one.log.splitlines() if "event=deferred" in line]
        assert len(told) == 1 and "level=warning" in told[0]
        assert "policy=postfix destination=bogus-mx.test fault=dnssec-bogus reason=" in told[0]
