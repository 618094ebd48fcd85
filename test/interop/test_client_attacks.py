# SPDX-License-Identifier: ISC
"""The published attacks on clients, by somebody on the wire between starttls and real servers.
The same attacks on a vulnerable twin are in test/lab/test_lab_attacks.py: there they work."""

import json

import pytest

from lab.wiretap import (CLIENT, SERVER, BreakHandshake, Crumble, Cut, Inject, Premature, Refuse,
                         Replace, Strip, is_tls)

# protocol: fixture, listener, scheme, the words of a refusal and of an injected reply
SERVERS = {
    "smtp": ("postfix", "starttls", "smtp", b"454 4.7.0 no\r\n", b"250 INJECTED\r\n"),
    "lmtp": ("dovecot_strict", "lmtp.plain", "lmtp", b"454 4.7.0 no\r\n", b"250 INJECTED\r\n"),
    "imap": ("dovecot_strict", "imap.plain", "imap", b"{tag} NO no\r\n", b"* OK INJECTED\r\n"),
    "pop3": ("dovecot_strict", "pop3.plain", "pop3", b"-ERR no\r\n", b"+OK INJECTED\r\n"),
    "sieve": ("dovecot_strict", "sieve.plain", "sieve", b'NO "no"\r\n', b'OK "INJECTED"\r\n'),
    "nntp": ("nntp", "plain", "nntp", b"580 no\r\n", b"101 INJECTED\r\n"),
    "ftp": ("vsftpd", "plain", "ftp", b"431 no\r\n", b"211 INJECTED\r\n"),
    "irc": ("inspircd", "plain", "irc", b":a 691 * :no\r\n", b":a 001 * :INJECTED\r\n"),
    "xmpp": ("prosody_strict", "c2s", "xmpp",
             b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>", b"<INJECTED/>"),
    "postgres": ("postgres", "plain", "postgres", b"N", b"R"),
    "ldap": ("slapd", "plain", "ldap", b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00",
             b"\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
    "mysql": ("mariadb", "plain", "mysql", None, None),
}
every = pytest.mark.parametrize("protocol", sorted(SERVERS))


@pytest.fixture
def attacked(request, starttls, pki, wiretap):
    """Probes a server through a wire with somebody on it: what was found, and the wire."""

    def run(protocol, attack=None, seconds=10):
        fixture, listener, scheme = SERVERS[protocol][:3]
        server = request.getfixturevalue(fixture)
        target = server
        for part in listener.split("."):
            target = getattr(target, part)
        tap = wiretap(target, protocol=protocol, **({"attack": attack} if attack else {}))
        domain = ["--domain", server.domain] if protocol == "xmpp" else []
        done = starttls("probe", "--json", "--timeout", seconds, "--ca-file", pki.ca, "--servername",
                        "mail.lab.test", *domain, tap.endpoint.url(scheme))
        tap.wait_closed()
        one = json.loads(done.stdout)
        assert one["exit"] == done.returncode
        return one, tap.tape

    return run


def lost(one, *faults):
    """It is critical, it has the right name, and no TLS was believed in."""
    return one["exit"] == 2 and one["verdict"] in faults


@every
def test_twin(attacked, protocol):
    """The control: an honest wire, whatever the segments are."""
    one, tape = attacked(protocol)
    assert one["tls"]["verified"] == "pkix", one
    tape.judge()
    one, _ = attacked(protocol, Crumble(1, side=SERVER))
    assert one["tls"]["verified"] == "pkix", one


@pytest.mark.parametrize("protocol", sorted(set(SERVERS) - {"ldap", "postgres"}))
def test_stripped(attacked, protocol):
    """The offer is gone: either that is the end, or we ask all the same and get TLS."""
    one, tape = attacked(protocol, Strip())
    if tape.command_end() is None:
        assert lost(one, "starttls-not-offered"), one
    else:
        assert one["tls"]["verified"] == "pkix", one


@pytest.mark.parametrize("protocol", sorted(set(SERVERS) - {"mysql"}))
def test_refused(attacked, protocol):
    """CVE-2016-0772, CVE-2021-22946: a refusal is a failure, never plaintext."""
    one, tape = attacked(protocol, Refuse(SERVERS[protocol][3]))
    assert lost(one, "starttls-refused", "starttls-unavailable"), one
    assert tape.behind(CLIENT) == b"" or protocol == "xmpp"


@pytest.mark.parametrize("protocol", sorted(set(SERVERS) - {"mysql"}))
def test_silence(attacked, protocol):
    one, tape = attacked(protocol, Refuse(None), seconds=1)
    assert lost(one, "timeout"), one
    assert tape.behind(CLIENT) == b""


@pytest.mark.parametrize("fragment", [False, True])
@pytest.mark.parametrize("protocol", sorted(set(SERVERS) - {"mysql"}))
def test_injected(attacked, protocol, fragment):
    """CVE-2021-38371 and its kind: a line, or half of one, behind the go-ahead."""
    extra = SERVERS[protocol][4]
    one, tape = attacked(protocol, Inject(SERVER, extra[:3] if fragment else extra))
    assert lost(one, "injected-plaintext"), one
    assert tape.behind(CLIENT) == b""


@pytest.mark.parametrize("protocol,goahead,trigger", [
    ("smtp", b"220 go\r\n", b"250 "), ("imap", b"a2 OK go\r\n", b"* OK"),
    ("pop3", b"+OK go\r\n", b"+OK"), ("sieve", b"OK\r\n", b"OK"),
    ("ftp", b"234 go\r\n", b"220 "), ("nntp", b"382 go\r\n", b"20"),
])
def test_premature(attacked, protocol, goahead, trigger):
    """CVE-2026-42246: an answer that was there before the question."""
    one, tape = attacked(protocol, Premature(goahead, trigger))
    assert lost(one, "reply-before-command"), one
    assert b"\x16\x03" not in tape.said[CLIENT]


def test_preauth(attacked):
    """CVE-2014-2567, CVE-2020-12398."""
    one, _ = attacked("imap", Replace(SERVER, b"* OK", b"* PREAUTH"))
    assert lost(one, "preauth"), one


@every
def test_handshake_disrupted(attacked, protocol):
    """After the go-ahead only TLS leaves, until the connection closes."""
    one, tape = attacked(protocol, BreakHandshake())
    assert lost(one, "handshake-failed", "tls-cipher"), one
    assert is_tls(tape.behind(CLIENT))


@every
@pytest.mark.parametrize("reset", [False, True])
def test_cut_in_the_handshake(attacked, protocol, reset):
    one, tape = attacked(protocol, Cut("handshake", reset=reset))
    assert lost(one, "closed-early", "connection-cut"), one
    assert is_tls(tape.behind(CLIENT))
