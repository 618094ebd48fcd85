# SPDX-License-Identifier: ISC
"""The front's limits: each with the client that it is there for, and one that it lets be.

Crowds come from addresses of their own (127.255.0.0/16), and are as large as CI machines take in
seconds. A good client's session is a whole one: greeting, STARTTLS, a mail, farewell. Under a
crowd that only holds on it has to be over within a second, every time; under one that costs the
processor work, most times, as the crowd shares that processor with the daemon.
"""

import concurrent.futures
import os
import pathlib
import pwd
import re
import resource
import signal
import socket
import statistics
import subprocess
import threading
import time

import pytest

from lab import clients, crowd, daemon, plain
from lab.child import wait_until


@pytest.fixture(scope="module")
def mail():
    with plain.Mail() as made:
        yield made


OFFERS = dict(capabilities='{"8BITMIME"}', backend_check=0)


@pytest.fixture
def gate(starttlsd, network, pki, mail):
    """A factory of daemons with one front for mail: gate(key=..., limits=dict(...))."""

    def start(limits=None, protocol="smtp", backend=None, more=(), top=None, **options):
        listen = network.endpoint()
        made = starttlsd(daemon.config(
            daemon.front("mail", protocol, listen, backend or mail.address,
                         **{**(OFFERS if protocol == "smtp" else {}), **options}),
            *more, certificates=[pki.server()], limits=limits, **{"drain": 1, **(top or {})}))
        made.listen = listen
        return made

    return start


def send_mail(listen, pki, source=None):
    """A whole session; how long it took."""
    begin = time.monotonic()
    with clients.Lines(listen, source=source) as talk:
        assert talk.until("220 ", "421 ")[-1].startswith("220 ")
        talk.smtp("EHLO client.lab.test")
        assert talk.smtp("STARTTLS")[-1].startswith("220 ")
        talk.socket = clients.context(pki.ca).wrap_socket(talk.socket,
                                                          server_hostname=clients.NAME)
        for line in ("EHLO client.lab.test", "MAIL FROM:<a@lab.test>", "RCPT TO:<b@lab.test>"):
            assert talk.smtp(line)[-1].startswith("250 ")
        assert talk.smtp("DATA")[-1].startswith("354 ")
        assert talk.smtp("hello\r\n.")[-1] == "250 taken"
        talk.smtp("QUIT")
    return time.monotonic() - begin


def session(listen, pki, source=None):
    """One inside TLS that has been greeted by the service, and goes on."""
    talk = clients.Lines(listen, source=source)
    talk.until("220 ")
    talk.smtp("EHLO client.lab.test")
    talk.smtp("STARTTLS")
    talk.socket = clients.context(pki.ca).wrap_socket(talk.socket, server_hostname=clients.NAME)
    talk.smtp("EHLO client.lab.test")
    return talk


def works(talk):
    return talk.smtp("NOOP")[-1].startswith("250 ")


def greeting(listen, source=None):
    with clients.Lines(listen, source=source) as talk:
        return talk.line()


def processes(gate):
    """The parent and all that it has started."""
    found = [gate.pid]
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == gate.pid:
            found.append(int(path.parent.name))
    return found


def memory(gate):
    """MiB that the daemon has for itself: what processes share counts once."""
    total = 0
    for pid in processes(gate):
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss_Anon:\s+(\d+)", text, re.M).group(1))
    return total / 1024


def all_within_a_second(gate, pki, count=5):
    """The crowd only holds on, so that there is nothing to wait for."""
    times = [send_mail(gate.listen, pki) for _ in range(count)]
    assert max(times) < 1, times


def most_within_a_second(gate, pki, count=7):
    times = [send_mail(gate.listen, pki) for _ in range(count)]
    assert statistics.median(times) < 1, times


# ---------------------------------------------------------------- deadlines


def dribble(sock, data, every=0.2, most=60):
    """One octet after the other; how long that was suffered, and what was said to it."""
    begin, heard = time.monotonic(), b""
    sock.settimeout(every)
    for number in range(most):
        try:
            sock.send(data[number:number + 1] or b"x")
            more = sock.recv(65536)
            heard += more
            if not more:
                break
        except socket.timeout:
            continue
        except OSError:
            break
    return time.monotonic() - begin, heard


def test_plaintext_deadline(gate, pki):
    """It is absolute: an octet now and then does not put it off."""
    one = gate(plaintext_deadline=2)
    with clients.Lines(one.listen) as talk:
        talk.until("220 ")
        took, heard = dribble(talk.socket, b"EHLO ")
        assert 1.5 < took < 5
        assert heard == b"421 4.4.2 Timeout\r\n"
    with clients.Lines(one.listen) as talk:  # who is slow, but not that slow
        talk.until("220 ")
        for octet in b"EHLO x\r\n":
            talk.send(bytes([octet]))
            time.sleep(0.1)
        assert talk.until(r"\d{3} ")[-1] == "250 STARTTLS"


def test_plaintext_deadline_of_who_does_not_listen(gate):
    """Nothing can be said to it any more, and it did not end well."""
    offers = [f"X-OFFER-{number} {'x' * 400}" for number in range(100)]
    one = gate(plaintext_deadline=2, capabilities=offers)
    with socket.socket() as talk:
        talk.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        talk.connect(one.listen.address)
        talk.sendall(b"EHLO x\r\n" * 99)
        one.wait_log("event=session")
    assert re.search("event=session .*fault=timeout by=client", one.log), one.log


def test_handshake_deadline(gate, pki):
    """TLS has a deadline of its own, with no text at its end."""
    one = gate(handshake_deadline=2, plaintext_deadline=60)
    with clients.Lines(one.listen) as talk:
        talk.until("220 ")
        talk.smtp("EHLO x")
        talk.smtp("STARTTLS")
        took, heard = dribble(talk.socket, crowd.client_hello())
        assert 1.5 < took < 5
        assert heard == b""
    one.wait_log("fault=timeout")
    assert send_mail(one.listen, pki) < 2


def test_idle(gate, pki):
    """Inside TLS silence has a limit, and half a record is silence; octets that cross are none."""
    one = gate(idle=2)
    begin = time.monotonic()
    busy, silent, half = (session(one.listen, pki) for _ in range(3))
    ends = {}

    def dribble_half():
        raw = socket.socket(fileno=half.socket.detach())
        ends["half"] = dribble(raw, b"\x17\x03\x03\x10\x00")[0]
        raw.close()

    thread = threading.Thread(target=dribble_half)
    thread.start()
    for _ in range(7):
        time.sleep(0.5)
        assert works(busy)
    thread.join()
    assert 1.5 < ends["half"] < 5
    with pytest.raises((OSError, IndexError)):
        silent.smtp("NOOP")
    assert time.monotonic() - begin > 3.5
    busy.close()
    one.wait_log("fault=timeout", count=2)


def test_a_backend_that_never_answers(gate, pki, network, mail):
    """Its clients hear of it when their time is over; those of others do not notice."""
    mute = socket.create_server(("127.0.0.1", 0), backlog=512)
    other = network.endpoint()
    one = gate(backend=f"127.0.0.1:{mute.getsockname()[1]}", backend_deadline=2,
               more=[daemon.front("other", "smtp", other, mail.address, **OFFERS)])
    waiting = []
    for _ in range(20):
        talk = clients.Lines(one.listen)
        talk.until("220 ")
        talk.smtp("EHLO x")
        talk.smtp("STARTTLS")
        talk.socket = clients.context(pki.ca).wrap_socket(talk.socket,
                                                          server_hostname=clients.NAME)
        waiting.append((time.monotonic(), talk))
    assert max(send_mail(other, pki) for _ in range(3)) < 1
    for begin, talk in waiting:
        assert talk.line() == "421 4.3.2 Service not available, try again later"
        assert time.monotonic() - begin < 6
        talk.close()
    mute.close()


# -------------------------------------------------------------------- sizes


def test_line_limit(gate, pki):
    """LIM-01: a line that is too long is one that is refused, and the next one is a line."""
    one = gate(line_limit=512)
    with clients.Lines(one.listen) as talk:
        talk.until("220 ")
        assert talk.smtp("NOOP " + "x" * 505) == ["250 2.0.0 OK"]
        assert talk.smtp("NOOP " + "x" * 506) == ["500 5.5.2 Line too long"]
        assert talk.smtp("NOOP") == ["250 2.0.0 OK"]


def test_literal_limit(gate, pki):
    one = gate(protocol="imap", capabilities='{"IMAP4rev1"}', backend_check=0, literal_limit=4096)
    with clients.Lines(one.listen) as talk:
        talk.until(r"\* OK")
        talk.send(b"a LOGIN {4096+}\r\n" + b"x" * 4096 + b" y\r\n")
        assert talk.line() == "a NO [PRIVACYREQUIRED] Use STARTTLS first"
        talk.say("b LOGIN {4097+}")
        assert talk.line().startswith("* BYE ")
        assert talk.line() == ""


STREAM = (b"<?xml version='1.0'?><stream:stream to='lab.test' version='1.0' "
          b"xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")


@pytest.mark.parametrize("octets, answer", [(10000, b"<proceed"), (10001, b"<policy-violation")])
def test_element_limit(gate, octets, answer):
    one = gate(protocol="xmpp-client", element_limit=10000, backend_check=0)
    tag = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls' a=''/>"
    with clients.Lines(one.listen) as talk:
        talk.send(STREAM)
        while b"</stream:features>" not in talk.buffer:
            talk.buffer += talk.socket.recv(65536)
        talk.send(tag.replace(b"''", b"'" + b"x" * (octets - len(tag)) + b"'"))
        assert answer in talk.socket.recv(65536)


# -------------------------------------------------------------- connections


def test_connections(gate, pki):
    """Those who are served stay; the next one hears that it is too much."""
    one = gate(limits=dict(connections=4))
    served = [session(one.listen, pki) for _ in range(4)]
    assert greeting(one.listen).startswith("421 4.3.2 ")
    assert all(works(talk) for talk in served)
    served.pop().close()
    assert wait_until(lambda: greeting(one.listen).startswith("220 "), 5, "there is room")
    assert all(works(talk) for talk in served)
    one.wait_log("event=refused")
    one.wait_log("limit=connections")
    for talk in served:
        talk.close()


def test_those_who_hold_on_make_room(gate, pki):
    one = gate(limits=dict(connections=4))
    served = session(one.listen, pki)
    with crowd.Crowd(one.listen, 100) as many:
        heard = many.hear(b"220 ", 5)
        assert sum(b"220 " in text for text in heard) > 90
        wait_until(lambda: many.alive() <= 3, 5, "all but three had to go")
        all_within_a_second(one, pki)
        assert many.alive() <= 3
    assert works(served)
    served.close()
    one.wait_log("fault=too-busy")


@pytest.mark.parametrize("workers", [1, 3])
def test_connections_per_address(gate, pki, workers):
    """Counted over all processes; another address is another matter."""
    one = gate(limits=dict(connections_per_address=6), top=dict(workers=workers))
    first, other = crowd.address(1), crowd.address(2)
    held = [session(one.listen, pki, first) for _ in range(5)]
    held.append(clients.Lines(one.listen, source=first))  # half-open ones count
    assert held[5].line().startswith("220 ")
    assert greeting(one.listen, first) == \
        "421 4.7.0 Too many connections from your address, try again later"
    assert send_mail(one.listen, pki, other) < 2
    held.pop().close()
    wait_until(lambda: greeting(one.listen, first).startswith("220 "), 5, "there is room")
    one.wait_log("limit=connections-per-address")
    one.wait_log(f"client={first}:")
    for talk in held:
        talk.close()


def test_implicit_tls_is_refused_in_silence(gate, pki):
    """No text goes where TLS is expected."""
    one = gate(tls="implicit", limits=dict(connections_per_address=1))
    source = crowd.address(1)
    with clients.Lines(one.listen, source=source) as held:
        time.sleep(0.1)
        with clients.Lines(one.listen, source=source) as talk:
            assert talk.rest() == b""
        held.socket = clients.context(pki.ca).wrap_socket(held.socket,
                                                          server_hostname=clients.NAME)
        assert held.line().startswith("220 ")


@pytest.mark.parametrize("protocol, before, words", [
    ("imap", b"", br"\* BYE \[UNAVAILABLE\] .*\r\n$"),
    ("pop3", b"", br"-ERR \[SYS/TEMP\] .*\r\n$"),
    ("xmpp-client", STREAM, br".*<stream:error><policy-violation .*</stream:stream>$")])
def test_each_protocol_has_its_words(gate, protocol, before, words):
    """... for who is refused, also where the client speaks first."""
    one = gate(protocol=protocol, backend_check=0, limits=dict(connections_per_address=1))
    source = crowd.address(1)
    with clients.Lines(one.listen, source=source) as held:
        held.send(before)
        assert not re.match(words, held.socket.recv(1000), re.S)
        with clients.Lines(one.listen, source=source) as talk:
            talk.send(before)
            assert re.match(words, talk.rest(), re.S)


def proxied(listen, address):
    talk = clients.Lines(listen)
    talk.send(f"PROXY TCP6 {address} 2001:db8::25 40000 25\r\n".encode())
    return talk


def test_an_ipv6_address_is_its_network(gate):
    """A /64 is one client; behind a load balancer it is the client that counts, not that."""
    one = gate(accept_proxy=["127.0.0.0/8"], limits=dict(connections_per_address=3))
    held = [proxied(one.listen, f"2001:db8:1:2:{last}::1") for last in range(3)]
    assert all(talk.line().startswith("220 ") for talk in held)
    with proxied(one.listen, "2001:db8:1:2:ffff::1") as talk:
        assert talk.line().startswith("421 4.7.0 ")
    with proxied(one.listen, "2001:db8:1:3::1") as talk:
        assert talk.line().startswith("220 ")
    for talk in held:
        talk.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_handshakes_per_address(gate, pki, workers):
    one = gate(limits=dict(handshakes_per_address=5), top=dict(workers=workers))
    first, other = crowd.address(1), crowd.address(2)
    begun = clients.Lines(one.listen, source=first)
    begun.until("220 ")
    begun.smtp("EHLO x")
    for _ in range(5):
        send_mail(one.listen, pki, first)
    assert greeting(one.listen, first).startswith("421 4.7.0 ")
    begun.smtp("STARTTLS")  # has been welcomed before; the go-ahead is all that it gets
    assert begun.rest() == b""
    begun.close()
    assert send_mail(one.listen, pki, other) < 2
    one.wait_log("limit=handshakes-per-address")


def test_a_killed_worker_takes_its_counts_along(gate, pki):
    one = gate(limits=dict(connections_per_address=2))
    source = crowd.address(1)
    held = [session(one.listen, pki, source) for _ in range(2)]
    assert greeting(one.listen, source).startswith("421 ")
    worker = next(pid for pid in processes(one) if pid != one.pid)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: greeting(one.listen, source).startswith("220 "), 10, "a new one serves")
    for talk in held:
        talk.close()


def test_counts_outlive_a_reload(gate, pki):
    """Sessions in a process that retires are connections of their address all the same."""
    one = gate(limits=dict(connections_per_address=2))
    source = crowd.address(1)
    held = [session(one.listen, pki, source) for _ in range(2)]
    before = set(processes(one))
    os.kill(one.pid, signal.SIGHUP)
    wait_until(lambda: set(processes(one)) - before, 10, "another generation")
    time.sleep(0.5)
    assert greeting(one.listen, source).startswith("421 ")
    assert all(works(talk) for talk in held)
    held.pop().close()
    wait_until(lambda: greeting(one.listen, source).startswith("220 "), 5, "there is room")
    held.pop().close()


# -------------------------------------------------------------------- crowds


def test_ten_thousand_half_open(gate, pki):
    """Held open, a thousand of them with an octet a second; memory is that of the manual."""
    one = gate(top=dict(workers=2))
    many = crowd.room(10000)
    served = [session(one.listen, pki) for _ in range(10)]
    with crowd.Crowd(one.listen, many // 2) as half_open:
        all_within_a_second(one, pki)
        half_open.more(many - many // 2)
        wait_until(lambda: half_open.alive() == many, 20, "all of them are there")
        for _ in range(3):
            half_open.say(b"x", only=1000)
            all_within_a_second(one, pki, 3)
            time.sleep(0.5)
        assert half_open.alive() == many
        if not daemon.is_instrumented():
            assert memory(one) < 20 + many * 10 / 1024
    assert all(works(talk) for talk in served)
    for talk in served:
        talk.close()


def test_more_than_there_may_be(gate, pki):
    """The limit is a fifth of the crowd, and who comes is served."""
    one = gate(top=dict(workers=2), limits=dict(connections=500))
    served = [session(one.listen, pki) for _ in range(10)]
    with crowd.Crowd(one.listen, 2500) as half_open:
        all_within_a_second(one, pki)
        wait_until(lambda: half_open.alive() <= 500, 20, "those who are too many had to go")
        all_within_a_second(one, pki)
    assert all(works(talk) for talk in served)
    for talk in served:
        talk.close()


@pytest.mark.skipif(daemon.is_instrumented(), reason="its allocator does not tell")
def test_memory(gate, pki):
    """Handshakes that go no further take most of it. The bound holds, and so does the service."""
    one = gate(top=dict(workers=2), handshake_deadline=60, limits=dict(memory=64))
    hello = crowd.client_hello()
    served = [session(one.listen, pki) for _ in range(10)]
    with crowd.Crowd(one.listen, 4000) as half_open:
        half_open.hear(b"220 ", 5)
        half_open.say(b"EHLO x\r\n")
        half_open.hear(b"STARTTLS\r\n", 5)
        half_open.say(b"STARTTLS\r\n")
        half_open.hear(b"220 ", 5)
        half_open.say(hello[:100])
        most_within_a_second(one, pki)
        assert memory(one) < 64
        time.sleep(1.2)
        all_within_a_second(one, pki)
        assert memory(one) < 64
        assert half_open.alive() < 2000
        assert all(works(talk) for talk in served)
    one.wait_log("fault=too-busy")
    for talk in served:
        talk.close()
    wait_until(lambda: memory(one) < 48, 10, "what is not needed goes back")


def test_endless_lines(gate, pki):
    """They are refused, and then cut short, whatever else they say."""
    one = gate(plaintext_deadline=30)
    with crowd.Crowd(one.listen, 300) as many:
        many.hear(b"220 ", 5)
        for _ in range(20):
            many.say(b"x" * 4096)
        heard = many.hear(b"500 5.5.2 Line too long\r\n", 10)
        assert all(b"500 5.5.2 Line too long\r\n" in text for text in heard)
        all_within_a_second(one, pki)
        wait_until(lambda: many.alive() == 0, 10, "all of them are gone")
    one.wait_log("fault=too-long")


def test_endless_commands(gate, pki):
    """A hundred of them are enough before TLS."""
    one = gate(top=dict(workers=2))
    with crowd.Crowd(one.listen, 1000) as many:
        many.hear(b"220 ", 5)
        many.say(b"NOOP\r\n" * 1500)
        most_within_a_second(one, pki)
        heard = many.hear(b"421 4.7.0 ", 10)
        assert all(text.count(b"250 2.0.0 OK\r\n") == 100 for text in heard)


def test_handshake_flood(gate, pki):
    """From a few addresses: they get what they may have, and that is no more than it costs."""
    one = gate(top=dict(workers=2), limits=dict(handshakes_per_address=50), tls="required")
    hello = crowd.client_hello()
    most_within_a_second(one, pki, 3)
    with crowd.Crowd(one.listen, 2000, lambda number: crowd.address(number % 10)) as many:
        many.hear(b"220 ", 5)
        many.say(b"EHLO x\r\n")
        many.hear(b"STARTTLS\r\n", 5)
        many.say(b"STARTTLS\r\n")
        many.hear(b"220 ", 5)
        many.say(hello)
        most_within_a_second(one, pki)
        answered = sum(b"\x16\x03\x03" in text for text in many.hear(b"\x16\x03\x03", 5))
        assert 400 <= answered <= 500
    with crowd.Crowd(one.listen, 500, lambda number: crowd.address(number % 10)) as many:
        assert all(text.startswith(b"421 4.7.0 ") for text in many.hear(b"\r\n", 5))
        all_within_a_second(one, pki)


class Stopped:
    """The worker does nothing meanwhile."""

    def __init__(self, gate):
        self.pid, = set(processes(gate)) - {gate.pid}

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def up_to_tls(listen):
    talk = clients.Lines(listen)
    talk.until("220 ")
    talk.smtp("EHLO client.lab.test")
    talk.smtp("STARTTLS")
    return talk.socket


def test_the_newest_handshake_is_first(gate, pki):
    """Four thousand came at once, each from an address of its own: whoever comes then does not
    wait for all of them, and they are not forgotten."""
    one = gate(tls="required")
    hello, answer = crowd.client_hello(), b"\x16\x03\x03"
    with crowd.Crowd(one.listen, 4000) as many, up_to_tls(one.listen) as good:
        for words, heard in ((b"", b"220 "), (b"EHLO x\r\n", b"STARTTLS\r\n"),
                             (b"STARTTLS\r\n", b"220 ")):
            many.say(words)
            assert all(heard in text for text in many.hear(heard))
        with Stopped(one):
            many.say(hello)
            good.sendall(hello)
        assert good.recv(3) == answer
        with Stopped(one):
            assert many.told() < 3000
        assert all(text.startswith(answer) for text in many.hear(answer))


def test_a_crowd_is_no_flood_of_lines(gate, pki):
    one = gate(limits=dict(connections_per_address=1), top=dict(log_rate=100))
    with crowd.Crowd(one.listen, 3000, lambda _: crowd.address(1)) as many:
        many.hear(b"\r\n", 5)
        assert len(one.log.splitlines()) < 1000
    assert send_mail(one.listen, pki) < 2


# --------------------------------------------------------------- descriptors


def with_files(gate, count):
    """The next generation has that many descriptors a process."""
    before = set(processes(gate))
    resource.prlimit(gate.pid, resource.RLIMIT_NOFILE, (count, count))
    os.kill(gate.pid, signal.SIGHUP)
    wait_until(lambda: before & set(processes(gate)) == {gate.pid} and
               set(processes(gate)) - before, 10, "another generation")


def accept_lines(gate):
    return [line for line in gate.log.splitlines() if "event=accept" in line]


def test_few_descriptors_for_many_at_once(gate, pki):
    """Also the descriptors that are kept for services are in use: whoever holds on makes room."""
    one = gate()
    with_files(one, 64)
    with crowd.Crowd(one.listen, 300) as many:
        many.hear(b"220 ", 5)
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda _: send_mail(one.listen, pki), range(12)))
    assert "Too many open files" not in one.log


def test_few_descriptors(gate, pki):
    """Those who hold on make room; when all are served, who comes is told to come back."""
    one = gate()
    with_files(one, 64)
    with crowd.Crowd(one.listen, 300) as many:
        many.hear(b"220 ", 5)
        all_within_a_second(one, pki)
        assert many.alive() < 64
    served = []
    while len(served) < 64:
        talk = clients.Lines(one.listen)
        if not talk.line().startswith("220 "):
            talk.close()
            break
        talk.close()
        served.append(session(one.listen, pki))
    assert 10 < len(served) < 32  # two descriptors each
    for _ in range(20):
        assert greeting(one.listen).startswith("421 4.3.2 ")
    assert all(works(talk) for talk in served)
    for talk in served[:5]:
        talk.close()
    wait_until(lambda: greeting(one.listen).startswith("220 "), 5, "there is room")
    all_within_a_second(one, pki, 3)
    assert all(works(talk) for talk in served[5:])
    for talk in served[5:]:
        talk.close()
    assert len(accept_lines(one)) == 1


def set_files(pid, count):
    """The soft limit of a process, which is another user's where we are root."""
    user = pwd.getpwnam("nobody")
    them = dict(user=user.pw_uid, group=user.pw_gid) if os.geteuid() == 0 else {}
    subprocess.run(["prlimit", f"--pid={pid}", f"--nofile={count}:"], check=True, **them)


def test_no_descriptors(gate, pki):
    """None at all, all of a sudden: those who are there are served, those who come wait, and one
    line tells of it."""
    one = gate()
    served = [session(one.listen, pki) for _ in range(3)]
    worker = next(pid for pid in processes(one) if pid != one.pid)
    set_files(worker, 3)
    with crowd.Crowd(one.listen, 50) as many:
        time.sleep(1)
        assert all(works(talk) for talk in served)
        assert many.hear(b"220 ", 0.5) == [b""] * 50
        set_files(worker, 1000)
        assert all(text.startswith(b"220 ") for text in many.hear(b"220 ", 5))
    all_within_a_second(one, pki)
    lines = accept_lines(one)
    assert len(lines) == 1 and "Too many open files" in lines[0]
    for talk in served:
        talk.close()
