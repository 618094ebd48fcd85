# SPDX-License-Identifier: ISC
"""Behind a load balancer: who the client is comes with the connection, from those who may say
so, and from nobody else."""

import re
import socket
import struct
import time

import pytest

from lab import clients, daemon
from lab.child import wait_until
from lab.haproxy import Haproxy
from lab.moody import Moody

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
CLIENT = "192.0.2.77"


def v1(source=CLIENT, family="TCP4", target="192.0.2.1"):
    return f"PROXY {family} {source} {target} 40000 143\r\n".encode()


def v2(source=CLIENT, command=0x21, family=0x11, tlvs=b"", length=None):
    kind = socket.AF_INET6 if ":" in source else socket.AF_INET
    ends = (socket.inet_pton(kind, source) + socket.inet_pton(kind, source)
            + struct.pack(">HH", 40000, 143)) if family else b""
    body = ends + tlvs
    return SIGNATURE + struct.pack(">BBH", command, family,
                                   len(body) if length is None else length) + body


LOCAL_V2 = v2(command=0x20, family=0)
SSL_TLV = b"\x20" + struct.pack(">H", 5) + b"\x07\0\0\0\0"


@pytest.fixture
def balancer(network):
    """The address from which headers are believed."""
    return network.host()


@pytest.fixture
def gate(starttlsd, network, pki, dovecot, balancer):
    """Fronts for IMAP, one with STARTTLS (.listen), one with TLS first (.direct)."""
    listen, direct = network.endpoint(), network.endpoint()
    options = dict(tell="proxy-v2", accept_proxy=[balancer])
    made = starttlsd(daemon.config(
        daemon.front("imap", "imap", listen, dovecot.imap.proxied, **options),
        daemon.front("imaps", "imap", direct, dovecot.imap.proxied, tls="implicit", **options),
        certificates=[pki.server()]))
    made.listen, made.direct = listen, direct
    return made


def log_in(talk, dovecot):
    return talk.ask(f'b LOGIN "{dovecot.user}" "{dovecot.password}"', "b ")[-1].startswith("b OK")


def starttls(talk, pki):
    assert talk.until(r"\* OK")
    talk.ask("a STARTTLS", "a ")
    talk.start_tls(pki.ca)


def seen(dovecot, before):
    """The client's address in Dovecot's last login."""
    found = wait_until(lambda: re.findall(r"Login: user=.* rip=([^,]*),", dovecot.log[before:]), 5,
                       "a login")
    return found[-1]


def is_silent(talk, seconds=0.3):
    talk.socket.settimeout(seconds)
    try:
        return talk.socket.recv(1) is None
    except TimeoutError:
        return True
    finally:
        talk.socket.settimeout(clients.TIMEOUT)


@pytest.mark.parametrize("header,client", [
    (v1(), CLIENT),
    (v1("2001:db8::7", "TCP6", "2001:db8::1"), "2001:db8::7"),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff:f...f:ffff whatever\r\n", None),
    (v2(), CLIENT),
    (v2("2001:db8::7", family=0x21), "2001:db8::7"),
    (v2("::ffff:192.0.2.77", family=0x21), CLIENT),
    (v2(tlvs=b"\x04\0\x03abc" + SSL_TLV), CLIENT),
    (LOCAL_V2, None),
    (v2(command=0x20), None),
], ids=["v1-4", "v1-6", "v1-unknown", "v1-unknown-more", "v2-4", "v2-6", "v2-mapped", "v2-tlvs",
        "v2-local", "v2-local-address"])
def test_header_tells_the_client(gate, dovecot, pki, balancer, header, client):
    """PP-04, PP-07: the service and the log know the client that the header names; where it
    names none, it is the load balancer itself."""
    before = len(dovecot.log)
    with clients.Lines(gate.listen, source=balancer) as talk:
        assert is_silent(talk)  # PP-02: no word before the header
        talk.send(header)
        starttls(talk, pki)
        assert log_in(talk, dovecot)
        talk.ask("c LOGOUT", "c ")
    assert seen(dovecot, before) == (client or balancer)
    gate.wait_log("event=session")
    shown = f"[{client}]:40000" if client and ":" in client else f"{client or balancer}:"
    gate.wait_log(f"client={shown}")


@pytest.mark.parametrize("header", [v1(), v2(tlvs=SSL_TLV)], ids=["v1", "v2"])
@pytest.mark.parametrize("piece", [1, 7])
def test_header_in_pieces(gate, dovecot, pki, balancer, header, piece):
    before = len(dovecot.log)
    with clients.Lines(gate.listen, source=balancer) as talk:
        for at in range(0, len(header), piece):
            talk.send(header[at:at + piece])
            time.sleep(0.002)
        starttls(talk, pki)
        assert log_in(talk, dovecot)
    assert seen(dovecot, before) == CLIENT


@pytest.mark.parametrize("header", [v1(), v2()], ids=["v1", "v2"])
def test_header_cut_anywhere(gate, balancer, header):
    """In two pieces, at every place: the greeting comes after the last byte and not before."""
    for at in range(1, len(header)):
        with clients.Lines(gate.listen, source=balancer) as talk:
            talk.send(header[:at])
            time.sleep(0.002)
            talk.send(header[at:])
            assert talk.line().startswith("* OK")


def client_hello(talk, pki):
    """A handshake over memory: the hello to be sent, and what goes on with it."""
    import ssl
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = clients.context(pki.ca).wrap_bio(incoming, outgoing, server_hostname=clients.NAME)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return tls, incoming, outgoing


@pytest.mark.parametrize("header", [v1(), v2()], ids=["v1", "v2"])
@pytest.mark.parametrize("split", [None, 1, 3, 100])
def test_header_and_hello_together(gate, dovecot, pki, balancer, header, split):
    """PP-03: not a byte of TLS is lost when it comes with the header."""
    import ssl
    before = len(dovecot.log)
    with clients.Lines(gate.direct, source=balancer) as talk:
        tls, incoming, outgoing = client_hello(talk, pki)
        hello = outgoing.read()
        talk.send(header + hello[:split])
        if split:
            time.sleep(0.05)
            talk.send(hello[split:])
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(talk.socket.recv(65536))
        tls.write(f'b LOGIN "{dovecot.user}" "{dovecot.password}"\r\n'.encode())
        talk.send(outgoing.read())
        heard = b""
        while b"b OK" not in heard:
            try:
                heard += tls.read(65536)
            except ssl.SSLWantReadError:
                incoming.write(talk.socket.recv(65536))
    assert seen(dovecot, before) == CLIENT


def test_command_behind_header(gate, balancer):
    """What a client says early is heard as from any client."""
    with clients.Lines(gate.listen, source=balancer) as talk:
        talk.send(v1() + b"a CAPABILITY\r\n")
        assert talk.until("a ")[-1].startswith("a OK")


def test_injection_behind_header(gate, balancer):
    """CORE-04 holds: what comes in one piece with STARTTLS is no part of TLS."""
    with clients.Lines(gate.listen, source=balancer) as talk:
        talk.send(v1() + b"a STARTTLS\r\nb NOOP\r\n")
        talk.until("a ")
        assert talk.rest() == b""
    assert gate.wait_log("fault=injected-plaintext")


MALFORMED = {
    "none": b"a CAPABILITY\r\n",
    "hello": b"\x16\x03\x01\x02\0\x01",
    "lower": v1().lower(),
    "bare-lf": v1().replace(b"\r\n", b"\n"),
    "two-spaces": v1().replace(b"TCP4 ", b"TCP4  "),
    "leading-zero": v1("192.0.02.77"),
    "wrong-family": v1("2001:db8::7"),
    "port": v1().replace(b"40000", b"70000"),
    "missing": b"PROXY TCP4 192.0.2.77 192.0.2.1 40000\r\n",
    "endless": b"PROXY UNKNOWN " + b"x" * 200,
    "signature": b"\r\n\r\n\0\r\nQUIX\n" + b"\x21\x11\0\x0c" + bytes(12),
    "version": v2(command=0x31),
    "command": v2(command=0x22),
    "family": v2(family=0x99, length=0),
    "short": v2(length=4),
    "tlv-past-end": v2(tlvs=b"\x04\0\x09abc"),
    "crc": v2(tlvs=b"\x03\0\x04\1\2\3\4"),
    "huge": SIGNATURE + b"\x21\x11\xff\xff",
}


@pytest.mark.parametrize("bad", sorted(MALFORMED))
def test_malformed_header(gate, balancer, bad):
    """PP-02, PP-08: the end, at once, without a word, and the log says whose fault it is."""
    for listen in (gate.listen, gate.direct):
        begun = time.monotonic()
        with clients.Lines(listen, source=balancer) as talk:
            talk.send(MALFORMED[bad])
            assert talk.rest() == b""
        assert time.monotonic() - begun < 5  # and not when the deadline is over
    gate.wait_log("fault=proxy-header")
    gate.wait_log(f"client={balancer}:")


@pytest.mark.parametrize("header", [v1(), v2()], ids=["v1", "v2"])
def test_nobody_else_is_believed(gate, dovecot, pki, network, header):
    """PP-01: from elsewhere a header is bad protocol, and the client who it is.  Its benign
    twin, without one, is served."""
    liar = network.host()
    with clients.Lines(gate.listen, source=liar) as talk:
        assert talk.until(r"\* OK")  # it is not waited for
        talk.send(header)
        talk.say("a CAPABILITY")
        heard = talk.until("a ", r"\* BYE")
        assert any(word in line for word in ("BAD", "BYE", "PROXY NO") for line in heard), heard
    gate.wait_log(f"client={liar}:")
    with pytest.raises(OSError):
        with clients.Lines(gate.direct, source=liar) as talk:
            talk.send(header)
            talk.start_tls(pki.ca)
    assert CLIENT not in gate.log
    before = len(dovecot.log)
    with clients.Lines(gate.listen, source=liar) as talk:
        starttls(talk, pki)
        assert log_in(talk, dovecot)
    assert seen(dovecot, before) == liar


def test_second_header_is_none(gate, balancer):
    """A client behind the load balancer cannot say that it is another one."""
    with clients.Lines(gate.listen, source=balancer) as talk:
        talk.send(v1() + v1("192.0.2.99"))
        talk.say("a CAPABILITY")
        heard = talk.until("a ", r"\* BYE")
        assert any(word in line for word in ("BAD", "BYE", "PROXY NO") for line in heard), heard
    gate.wait_log(f"client={CLIENT}:40000")
    assert "client=192.0.2.99" not in gate.log


def test_silence_ends(starttlsd, network, pki, balancer, dovecot):
    """The plaintext deadline is for the header, too, and whoever just leaves is no trouble."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(
        daemon.front("imap", "imap", listen, dovecot.imap.plain, accept_proxy=[balancer],
                     plaintext_deadline="1"), certificates=[pki.server()]))
    begun = time.monotonic()
    with clients.Lines(listen, source=balancer) as talk:
        talk.send(v1()[:10])
        assert talk.rest() == b""
    assert 0.5 < time.monotonic() - begun < 10
    assert made.wait_log("fault=timeout")
    clients.Lines(listen, source=balancer).close()
    assert made.wait_log("fault=closed-early")


def test_unix_socket(starttlsd, lab, network, pki, dovecot):
    """From a load balancer on the same machine: a socket's clients have no address at all, and
    the header gives them one."""
    path = lab.make_folder("balanced") / "imap"
    made = starttlsd(daemon.config(
        daemon.front("imap", "imap", [network.endpoint(), f"unix:{path}"], dovecot.imap.proxied,
                     tell="proxy-v2", accept_proxy=["unix"]), certificates=[pki.server()]))
    talk = clients.Lines.__new__(clients.Lines)
    talk.socket, talk.buffer, talk.heard = socket.socket(socket.AF_UNIX), b"", []
    talk.socket.settimeout(clients.TIMEOUT)
    talk.socket.connect(str(path))
    before = len(dovecot.log)
    with talk:
        assert is_silent(talk)
        talk.send(v1())
        starttls(talk, pki)
        assert log_in(talk, dovecot)
    assert seen(dovecot, before) == CLIENT
    assert made.wait_log(f"client={CLIENT}:40000")


def test_what_it_says_of_tls_is_not_passed_on(starttlsd, network, pki, balancer):
    """PP-14: what the service hears of TLS is of the TLS with us, or nothing."""
    listen = network.endpoint()
    with Moody(network, mood="mute") as service:
        starttlsd(daemon.config(
            daemon.front("mx", "smtp", listen, str(service), tls="offered", tell="proxy-v2",
                         accept_proxy=[balancer], backend_check="0", capabilities='{"8BITMIME"}'),
            certificates=[pki.server()]))
        name = b"\x02\0\x0bexample.org"
        with clients.Lines(listen, source=balancer) as talk:
            talk.send(v2(tlvs=SSL_TLV + name))
            talk.until("220 ")
            talk.smtp("EHLO x")
            talk.say("VRFY x")
            wait_until(lambda: "EHLO x" in "".join(service.lines), 5, "EHLO")
        heard = "".join(service.lines)
        assert "QUIT" in heard and "example.org" not in heard  # the signature has that word


# ---------------------------------------------------------------- the real thing


@pytest.mark.parametrize("send", ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"])
@pytest.mark.parametrize("front", ["listen", "direct"])
def test_haproxy(starttlsd, lab, network, pki, dovecot, send, front):
    """HAProxy in front, with health checks of its own: it finds the gateway well, and the
    service sees the client's address."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(
        daemon.front("imap", "imap", listen, dovecot.imap.proxied, tell="proxy-v2",
                     tls="implicit" if front == "direct" else "required",
                     accept_proxy=[f"{network.prefix}.0/24"]), certificates=[pki.server()]))
    check = ["tcp-check connect" + (" ssl" if front == "direct" else "")
             + " send-proxy", r"tcp-check expect rstring ^\*\ OK", "tcp-check send x\\ LOGOUT\\r\\n",
             r"tcp-check expect rstring \*\ BYE"]
    with Haproxy(lab, listen, f"{send} verify none", ["option tcp-check", *check]) as balancer:
        balancer.wait_up()
        before = len(dovecot.log)
        with clients.Lines(balancer.listen, source="127.9.8.5") as talk:
            if front == "direct":
                talk.start_tls(pki.ca)
                talk.until(r"\* OK")
            else:
                starttls(talk, pki)
            assert log_in(talk, dovecot)
            talk.ask("c LOGOUT", "c ")
        assert seen(dovecot, before) == "127.9.8.5"
        time.sleep(1)  # two more checks
        assert "DOWN" not in balancer.log
    assert "fault=proxy-header" not in made.log


def test_bare_health_check(starttlsd, lab, network, pki, dovecot):
    """One that only connects leaves no trace but its line in the log, and keeps nobody out."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(
        daemon.front("imap", "imap", listen, dovecot.imap.proxied, tell="proxy-v2",
                     accept_proxy=[f"{network.prefix}.0/24"]), certificates=[pki.server()]))
    with Haproxy(lab, listen, "send-proxy-v2", ["option tcp-check"]) as balancer:
        balancer.wait_up()
        before = len(dovecot.log)
        with clients.Lines(balancer.listen, source="127.9.8.4") as talk:
            starttls(talk, pki)
            assert log_in(talk, dovecot)
        assert seen(dovecot, before) == "127.9.8.4"
    assert "fault=proxy-header" not in made.log
