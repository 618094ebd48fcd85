# SPDX-License-Identifier: ISC
"""What a policy service remembers, when that which lasts is corrupt, full or gone; and what two
machines share."""

import contextlib
import random
import socket
import subprocess
import time

import pytest

from lab import clients, daemon, policy
from lab.child import Endpoint, wait_until
from lab.redis import Redis

SERVICES = {"postfix": dict(deadline=8), "json": dict(protocol="json", deadline=8)}
METRICS = "127.0.0.1:9587"


def enforced(domain):
    return "OK", f"secure match=mx.{domain} servername=hostname"


@contextlib.contextmanager
def withdrawn(internet, *names):
    """As somebody who wants to be mailed in the clear has it: no record, no policy host."""
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(internet.changed(name, sts=dict(record=())))
        internet.policy_host.stop()
        stack.callback(internet.policy_host.start)
        time.sleep(2.5)  # the record is good for two seconds
        yield


def remembered(service, name):
    """The other service of the same process has not heard of the domain, but its store has."""
    plan = service.ask("json", name)
    return plan["mta_sts"]["mode"] == "enforce" and plan["hosts"][0]["level"] == "secure"


def spoil(path):
    """Noise in the middle of a file."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(random.Random(1).randbytes(min(size - 4096, 65536)))


def stored(service):
    """The lines of the log about the store."""
    return [line for line in service.log.splitlines() if "event=store" in line]


# ---------------------------------------------------------------- a file


def test_survives(internet):
    with policy.Service(internet, "lasts-1", SERVICES) as one:
        assert one.ask("postfix", "sts.example") == enforced("sts.example")
    with withdrawn(internet, "sts.example"), \
            policy.Service(internet, "lasts-2", SERVICES, state=one.state) as two:
        assert two.ask("postfix", "sts.example") == enforced("sts.example")
        assert not stored(two)


def test_corrupt_while_it_runs(internet):
    """Memory goes on with all it has, somebody is told, and it is written anew."""
    with policy.Service(internet, "corrupt-1", SERVICES) as one:
        for name in ("sts.example", "sts.test"):
            assert one.ask("postfix", name) == enforced(name)
        for file in one.state.glob("starttls.db*"):
            if not file.name.endswith("-shm"):
                spoil(file)
        with withdrawn(internet, "sts.example", "sts.test"):
            assert remembered(one, "sts.example")
            assert one.ask("postfix", "sts-charset.example") == ("NOTFOUND", "")
            assert remembered(one, "sts.test")
    told = stored(one)
    assert len(told) == 1 and "level=error" in told[0] and "was corrupt" in told[0]
    with withdrawn(internet, "sts.example", "sts.test"), \
            policy.Service(internet, "corrupt-2", SERVICES, state=one.state) as two:
        for name in ("sts.example", "sts.test"):
            assert two.ask("postfix", name) == enforced(name)
        assert not stored(two)


def test_corrupt_at_the_beginning(internet):
    """It is put aside, and begun anew; nothing else stops."""
    with policy.Service(internet, "aside-1", SERVICES) as one:
        assert one.ask("postfix", "sts.example") == enforced("sts.example")
    (one.state / "starttls.db").write_bytes(b"this is no database\n" * 1000)
    with policy.Service(internet, "aside-2", SERVICES, state=one.state) as two:
        assert two.ask("postfix", "sts.example") == enforced("sts.example")
        told = stored(two)
        assert "level=error" in told[0] and "corrupt" in told[0]
    assert [file for file in one.state.glob("starttls.db*") if b"no database" in file.read_bytes()]
    with withdrawn(internet, "sts.example"), \
            policy.Service(internet, "aside-3", SERVICES, state=one.state) as three:
        assert three.ask("postfix", "sts.example") == enforced("sts.example")


def test_full(internet):
    """What cannot be written is in memory, and is enforced; when there is room it is written."""
    state = internet.lab.make_folder("policy/full-state")
    internet.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700,uid=65534", "tmpfs", state],
                 check=True)
    try:
        with policy.Service(internet, "full", SERVICES, state=state, metrics=METRICS) as one:
            assert one.metric("starttls_store_troubled") == 0
            internet.run(["dd", "if=/dev/zero", f"of={state}/filler", "bs=4k"])
            assert one.ask("postfix", "sts.example") == enforced("sts.example")
            line = wait_until(lambda: stored(one), 10, "somebody is told")[0]
            assert "level=error" in line and "full" in line
            wait_until(lambda: one.metric("starttls_store_troubled") == 1, 5, "the metric")
            assert one.metric("starttls_store_failures_total") > 0
            with withdrawn(internet, "sts.example"):
                assert remembered(one, "sts.example")
                internet.run(["rm", f"{state}/filler"], check=True)
                wait_until(lambda: "all is well again" in one.log, 15, "it is written")
                wait_until(lambda: one.metric("starttls_store_troubled") == 0, 5, "the metric")
                pid = one.worker
                internet.run(["kill", "-9", pid], check=True)
                wait_until(lambda: one.worker not in (None, pid), 10, "another process")
                assert one.ask("postfix", "sts.example") == enforced("sts.example")
    finally:
        internet.run(["umount", "-l", state])


# ---------------------------------------------------------------- a server


@pytest.fixture
def redis(internet):
    with Redis(internet.lab, "policy/redis", Endpoint("127.0.0.1", 6379),
               internet.prefix) as server:
        yield server
    subprocess.run(["rm", "-rf", server.folder], check=True)


def test_redis_goes_and_comes_back(internet, redis):
    by_name = redis.url.replace("127.0.0.1", "localhost")  # looked up in the sandbox, too
    with policy.Service(internet, "redis", SERVICES, state=by_name, metrics=METRICS) as one:
        assert one.ask("postfix", "sts.example") == enforced("sts.example")
        redis.stop()
        assert one.ask("postfix", "sts.test") == enforced("sts.test")
        line = wait_until(lambda: stored(one), 10, "somebody is told")[0]
        assert "level=error" in line and "localhost" in line
        wait_until(lambda: one.metric("starttls_store_troubled") == 1, 5, "the metric")
        with withdrawn(internet, "sts.example", "sts.test"):
            assert remembered(one, "sts.example") and remembered(one, "sts.test")
            assert one.ask("postfix", "open.example") == ("NOTFOUND", "")
            redis.start()
            wait_until(lambda: "all is well again" in one.log, 15, "it is written")
            wait_until(lambda: one.metric("starttls_store_troubled") == 0, 5, "the metric")
            # another machine
            with policy.Service(internet, "redis-2", SERVICES, state=redis.url) as two:
                for name in ("sts.example", "sts.test"):
                    assert two.ask("postfix", name) == enforced(name)


def waits(service, key, reply, seconds):
    """How long each of the answers took that were asked for one after the other."""
    took, end = [], time.monotonic() + seconds
    with service.connect("postfix") as one:
        while time.monotonic() < end:
            begun = time.monotonic()
            assert one.ask(key) == reply
            took.append(time.monotonic() - begun)
            time.sleep(0.02)
    return took


def test_redis_hangs(internet, redis):
    """It takes connections and says nothing: it is waited for once, and not again and again."""
    with policy.Service(internet, "hangs", SERVICES, state=redis.url, metrics=METRICS) as one:
        assert one.ask("postfix", "sts.example") == enforced("sts.example")
        redis.freeze()
        try:
            assert one.ask("postfix", "sts.test") == enforced("sts.test")
            line = wait_until(lambda: stored(one), 10, "somebody is told")[0]
            assert "level=error" in line and "127.0.0.1" in line
            # more than two of the pauses after which it is asked again
            took = waits(one, "sts.example", enforced("sts.example"), 12)
            assert len(took) > 100
            assert sum(each for each in took if each > 0.4) < 2, took
            for name in ("sts-charset.example", "sts-lf.example"):  # not known before
                assert one.ask("postfix", name)[0] == "OK"
            assert one.metric("starttls_store_troubled") == 1
            assert len(stored(one)) == 1
        finally:
            redis.thaw()
        wait_until(lambda: "all is well again" in one.log, 15, "it is written")
        wait_until(lambda: one.metric("starttls_store_troubled") == 0, 5, "the metric")
        with withdrawn(internet, "sts.test"), \
                policy.Service(internet, "hung", SERVICES, state=redis.url) as two:
            assert two.ask("postfix", "sts.test") == enforced("sts.test")


def test_redis_is_not_there_at_first(internet, redis):
    """Nobody knows what is remembered: what could be an enforced policy is deferred (STS-12)."""
    with policy.Service(internet, "first", SERVICES, state=redis.url) as one:
        for name in ("sts.example", "sts.test"):
            assert one.ask("postfix", name) == enforced(name)
    redis.stop()
    with withdrawn(internet, "sts.example", "sts.test"):
        with policy.Service(internet, "unseen", SERVICES, state=redis.url) as two:
            for name in ("sts.test", "open.example"):
                assert two.ask("postfix", name)[0] == "TEMP"
                assert [step for step in two.ask("json", name)["steps"]
                        if "what is remembered cannot be read" in step["text"]]
            assert two.ask("postfix", "dane.test") == ("OK", "dane-only")
            redis.start()
            wait_until(lambda: "all is well again" in two.log, 15, "it is back")
            assert remembered(two, "sts.example")
            assert two.ask("postfix", "sts.example") == enforced("sts.example")
            assert two.ask("postfix", "signed.test") == ("NOTFOUND", "")


# ---------------------------------------------------------------- keys of tickets


def visit(endpoint, context, session=None):
    """The session to come back with, and whether this one was resumed."""
    with socket.create_connection(endpoint.address, timeout=10) as plain:
        for word in (b"", b"a STARTTLS\r\n"):
            plain.sendall(word)
            assert b"OK" in plain.recv(4096)
        with context.wrap_socket(plain, server_hostname="mail.lab.test", session=session) as one:
            one.sendall(b"b LOGOUT\r\n")
            while one.recv(4096):
                pass
            return one.session, one.session_reused


def is_good_with(places, context):
    """Whether a session can be resumed with all of them."""
    session, _ = visit(places[0], context)
    return all(visit(place, context, session)[1] for place in places)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tickets_are_shared(lab, network, pki, dovecot, starttlsd, version):
    """A session that began at one machine goes on at another one of the same store."""
    with Redis(lab, f"tickets-{version}", network.endpoint()) as server:
        places, alone = [network.endpoint() for _ in range(2)], network.endpoint()
        for place in places:
            starttlsd(daemon.config(
                daemon.front("imap", "imap", place, dovecot.imap.plain),
                certificates=[pki.server()], state=f'"{server.url}"', workers=2))
        starttlsd(daemon.config(
            daemon.front("imap", "imap", alone, dovecot.imap.plain),
            certificates=[pki.server()]))
        wait_until(lambda: server.ask("KEYS", "*tickets*"), 10, "keys are there")
        context = clients.context(pki.ca, version)
        wait_until(lambda: is_good_with(places * 4, context), 10, "and were told to all")
        session, resumed = visit(places[0], context)
        assert not resumed
        for place in [*places, *places]:
            session, resumed = visit(place, context, session)
            assert resumed, place
        assert not visit(alone, context, session)[1]


def test_tickets_without_the_server(lab, network, pki, dovecot, starttlsd):
    """A machine that does not reach the others goes on with keys of its own."""
    with Redis(lab, "no-tickets", network.endpoint()) as server:
        server.stop()
        place = network.endpoint()
        starttlsd(daemon.config(
            daemon.front("imap", "imap", place, dovecot.imap.plain), certificates=[pki.server()],
            state=f'"{server.url}"'))
        context = clients.context(pki.ca, "1.3")
        session, _ = visit(place, context)
        assert visit(place, context, session)[1]
        server.start()
        wait_until(lambda: server.ask("KEYS", "*tickets*"), 15, "keys are there")
