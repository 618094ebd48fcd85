# SPDX-License-Identifier: ISC
"""The published attacks on servers and proxies, against the front.  That each of them works
on a vulnerable twin is shown by test/lab/test_lab_attacks.py; here the twin is asked again
where the attack is said in other words."""

import socket
import ssl
import uuid

import pytest

from lab import clients
from lab.child import wait_until

# protocol: the front, what is said before the wish, the wish, the go-ahead, a command that is
# answered inside TLS, and what the answer would begin with.
CASES = {
    "smtp": ("smtp", ["EHLO x"], "STARTTLS", "220", "NOOP", b"250"),
    "lmtp": ("lmtp", ["LHLO x"], "STARTTLS", "220", "NOOP", b"250"),
    "imap": ("imap", [], "a STARTTLS", "a OK", "b NOOP", b"b OK"),
    "pop3": ("pop3", [], "STLS", r"\+OK", "CAPA", b"+OK"),
    "sieve": ("sieve", [], "STARTTLS", "OK", "NOOP", b"OK"),
    "nntp": ("nntp", [], "STARTTLS", "382", "DATE", b"111"),
}
GREETING = {"smtp": "220 ", "lmtp": "220 ", "imap": r"\* OK", "pop3": r"\+OK", "sieve": "OK",
            "nntp": "200 "}
every = pytest.mark.parametrize("protocol", sorted(CASES))
XMPP_WISH = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def approach(gateway, protocol):
    """A connection that is about to ask for TLS."""
    front, before, *_ = CASES[protocol]
    talk = clients.Lines(gateway[front])
    talk.until(GREETING[protocol])
    for line in before:
        talk.smtp(line)
    return talk


def inside(talk, pki, seconds=0.5):
    """Starts TLS and returns what is said there unasked; None: there was no TLS."""
    try:
        talk.buffer = b""
        talk.start_tls(pki.ca)
        talk.socket.settimeout(seconds)
        data = b""
        while more := talk.socket.recv(65536):
            data += more
        return data
    except (socket.timeout, TimeoutError):
        return data
    except OSError:
        return None


@every
def test_twin_of_injection(gateway, pki, protocol):
    """The benign twin: without anything behind the wish all is well."""
    _, _, wish, goahead, command, answer = CASES[protocol]
    with approach(gateway, protocol) as talk:
        talk.ask(wish, goahead)
        talk.buffer = b""
        talk.start_tls(pki.ca)
        if protocol == "sieve":
            talk.until("OK")
        talk.say(command)
        assert talk.line().encode().startswith(answer)


@every
@pytest.mark.parametrize("behind", ["{}\r\n", "{}\n", "{}", "\r\n{}\r\n", "\r\n"])
def test_command_injection(gateway, pki, protocol, behind):
    """CORE-02: whatever is behind the wish, in one segment, ends the connection."""
    _, _, wish, goahead, command, _ = CASES[protocol]
    with approach(gateway, protocol) as talk:
        talk.send(f"{wish}\r\n{behind.format(command)}".encode())
        heard = talk.until(goahead)
        assert heard, talk.heard
        assert inside(talk, pki) is None
    gateway.wait_log("injected-plaintext")


@every
def test_later_injection(gateway, pki, protocol):
    """... and so it does in the next segment, whenever that comes."""
    _, _, wish, goahead, command, _ = CASES[protocol]
    with approach(gateway, protocol) as talk:
        talk.ask(wish, goahead)
        talk.say(command)
        assert inside(talk, pki) is None


@every
def test_pipelined_client_hello(gateway, pki, protocol):
    """RFC 9051 section 6.2.1: a TLS record behind the wish is not an attack."""
    _, _, wish, goahead, *_ = CASES[protocol]
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = clients.context(pki.ca).wrap_bio(incoming, outgoing, server_hostname=clients.NAME)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    with approach(gateway, protocol) as talk:
        talk.send(f"{wish}\r\n".encode() + outgoing.read())
        assert talk.until(goahead)
        incoming.write(talk.buffer)
        for _ in range(10):
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(talk.socket.recv(65536))
        assert tls.version() == "TLSv1.3"


def test_xmpp_injection(gateway, prosody, pki):
    """XMPP-X-02: nothing behind <starttls/>; the twin goes on."""
    for behind in ("<presence/>", " <", "x"):
        with clients.Xmpp(gateway["xmpp"], prosody.domain) as talk:
            talk.open()
            talk.send(XMPP_WISH + behind)
            assert "proceed" in talk.until("/>")
            with pytest.raises(OSError):
                talk.secure(pki.ca)
    with clients.Xmpp(gateway["xmpp"], prosody.domain) as talk:
        talk.open()
        assert "mechanism" in talk.starttls(pki.ca)


@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "POST / HTTP/1.1", "CONNECT a:25 HTTP/1.1"])
@every
def test_cross_protocol(gateway, protocol, line):
    """ALPACA: an HTTP verb ends the connection at once."""
    with clients.Lines(gateway[CASES[protocol][0]]) as talk:
        talk.until(GREETING[protocol])
        talk.send(f"{line}\r\nHost: a\r\n\r\nEHLO x\r\n".encode())
        assert talk.rest() == b""


@pytest.mark.parametrize("alpn", ["http/1.1", "h2", "ftp"])
def test_foreign_alpn(gateway, pki, alpn):
    for front in ("imaps", "smtps", "pop3s", "xmpps"):
        with clients.Lines(gateway[front]) as talk:
            with pytest.raises(ssl.SSLError, match="ALERT_NO_APPLICATION_PROTOCOL|no application"):
                talk.start_tls(pki.ca, alpn=alpn)
    with clients.Lines(gateway["imaps"]) as talk:
        talk.start_tls(pki.ca, alpn="imap")


@pytest.mark.parametrize("first", [b"EHLO x\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x80\x2e\x01"])
def test_plaintext_on_implicit(gateway, first):
    """TLS-35: the first octet is that of a TLS record, or there is no answer."""
    for front in ("smtps", "imaps"):
        with clients.Lines(gateway[front]) as talk:
            talk.send(first)
            assert talk.rest() == b""


def test_tls_on_plaintext(gateway, pki):
    """The other way round."""
    for front in ("smtp", "imap"):
        with clients.Lines(gateway[front]) as talk:
            with pytest.raises(ssl.SSLError):
                talk.start_tls(pki.ca)
    gateway.wait_log("tls-unasked")


@pytest.mark.parametrize("command,reply", [
    ("XCLIENT ADDR=192.0.2.1", "502"), ("XFORWARD NAME=a", "502"), ("STARTTLS", "503")])
def test_only_a_gateway_says(gateway, pki, command, reply):
    """XC-07, SMTP-S-05: inside TLS, towards a Postfix that would believe it."""
    with clients.smtp(gateway["smtp"], pki.ca) as client:
        assert str(client.docmd(command)[0]) == reply
        assert client.docmd("NOOP")[0] == 250


def test_imap_id_is_cleaned(gateway, dovecot, pki):
    """IMID-02: a client that says x-originating-ip is not believed."""
    before = len(dovecot.log)
    with clients.Lines(gateway["imap-id"], source="127.9.8.5") as talk:
        talk.until(r"\* OK")
        talk.ask("a STARTTLS", "a ")
        talk.start_tls(pki.ca)
        talk.ask('b ID ("x-originating-ip" "192.0.2.66" "name" "x")', "b ")
        talk.ask(f'c LOGIN "{dovecot.user}" "{dovecot.password}"', "c ")
        talk.ask("d LOGOUT", "d ")
    wait_until(lambda: "rip=127.9.8.5" in dovecot.log[before:], 5, "the client's address")
    assert "192.0.2.66" not in dovecot.log[before:]


@pytest.mark.parametrize("end", ["\n.\r\n", "\r\n.\n", "\n.\n", "\r.\r", "\r\n.\r"])
def test_smuggling(gateway, postfix, pki, end):
    """One end of data: what others would take for one is refused, and nothing is delivered."""
    mark = f"smuggled-{uuid.uuid4().hex}"
    with clients.smtp(gateway["smtp"], pki.ca) as client:
        for line in ("MAIL FROM:<a@lab.test>", "RCPT TO:<b@lab.test>", "DATA"):
            client.docmd(line)
        client.send(f"Subject: {mark}\r\n\r\ntext{end}MAIL FROM:<x@lab.test>\r\n.\r\n")
        assert client.getreply()[0] == 521
    gateway.wait_log("smuggled-end-of-data")
    # What is accepted later is delivered later.
    good = f"good-{uuid.uuid4().hex}"
    with clients.smtp(gateway["smtp"], pki.ca) as client:
        client.sendmail("a@lab.test", ["b@lab.test"], f"Subject: {good}\r\n\r\ntext\r\n")
    assert postfix.wait_message(good)
    assert not postfix.has_message(mark)


def test_state_is_forgotten(gateway, pki):
    """SMTP-S-08: MAIL right after the handshake is 503, whatever was said before it."""
    with clients.Lines(gateway["smtp"]) as talk:
        talk.until("220 ")
        talk.smtp("EHLO x")
        talk.smtp("STARTTLS")
        talk.start_tls(pki.ca)
        assert talk.smtp("MAIL FROM:<a@lab.test>")[-1].startswith("503")


def test_endless_line(gateway):
    """LIM-01: no line is waited for without a bound."""
    for front in ("smtp", "imap", "pop3", "sieve", "nntp", "xmpp"):
        with clients.Lines(gateway[front]) as talk:
            if front != "xmpp":
                talk.until(GREETING[front])
            try:
                for _ in range(64):
                    talk.send(b"x" * 4096)
            except OSError:
                pass
            talk.rest()
    gateway.wait_log("too-long")
