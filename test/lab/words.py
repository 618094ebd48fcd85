# SPDX-License-Identifier: ISC
"""Where the plaintext ends, protocol by protocol: what a wiretap must recognise.

command_end() finds the end of the client's wish for TLS in all that it said;
goahead_end() the end of the server's answer in what it said after that wish;
offer() is what an attacker removes so that nobody wishes.
"""

import re

SSLREQUEST = bytes.fromhex("0000000804d2162f")
LDAP_OID = b"1.3.6.1.4.1.1466.20037"


def _line(pattern):
    return re.compile(rb"(?im)^" + pattern + rb"[ \t]*\r?\n")


_COMMANDS = {
    "smtp": _line(rb"STARTTLS"), "lmtp": _line(rb"STARTTLS"),
    "imap": _line(rb"\S+ STARTTLS"), "pop3": _line(rb"STLS"),
    "sieve": _line(rb'"?STARTTLS"?'), "nntp": _line(rb"STARTTLS"),
    "ftp": _line(rb"AUTH TLS(-C)?"), "irc": _line(rb"STARTTLS"),
    "xmpp": re.compile(rb"<starttls\b[^>]*/>|<starttls\b[^>]*>\s*</starttls\s*>"),
    "postgres": re.compile(re.escape(SSLREQUEST)),
}

_GOAHEADS = {
    "smtp": re.compile(rb"(?m)^220(-.*\n220)*( .*)?\r?\n"),
    "lmtp": re.compile(rb"(?m)^220(-.*\n220)*( .*)?\r?\n"),
    "imap": re.compile(rb"(?im)^[^ *+]\S* OK\b.*\n"), "pop3": re.compile(rb"(?m)^\+OK.*\n"),
    "sieve": re.compile(rb"(?im)^OK\b.*\n"), "nntp": re.compile(rb"(?m)^382.*\n"),
    "ftp": re.compile(rb"(?m)^234 .*\n"), "irc": re.compile(rb"(?m)^(:\S+ )?670 .*\n"),
    "xmpp": re.compile(rb"<proceed\b[^>]*/>|<proceed\b[^>]*>\s*</proceed\s*>"),
    "postgres": re.compile(rb"\AS"),
}

# What is removed when the offer is stripped; whole lines where the protocol has lines.
_OFFERS = {
    "smtp": re.compile(rb"(?im)^250([- ])STARTTLS\b.*\n"),
    "imap": re.compile(rb"(?i) STARTTLS\b"), "pop3": re.compile(rb"(?im)^STLS\b.*\n"),
    "sieve": re.compile(rb'(?im)^"STARTTLS".*\n'), "nntp": re.compile(rb"(?im)^STARTTLS\b.*\n"),
    "ftp": re.compile(rb"(?im)^ AUTH TLS.*\n"), "irc": re.compile(rb"(?i) tls\b"),
    "xmpp": re.compile(rb"(?s)<starttls\b[^>]*/>|<starttls\b.*?</starttls\s*>"),
}
_OFFERS["lmtp"] = _OFFERS["smtp"]


def family(protocol):
    """The vocabulary's name: both kinds of XMPP share one, submission is SMTP."""
    names = {"submission": "smtp", "managesieve": "sieve", "postgresql": "postgres",
             "mariadb": "mysql", "xmpp-client": "xmpp", "xmpp-server": "xmpp"}
    return names.get(protocol, protocol)


def _ber_end(data):
    """The end of the BER element at the start of data, None while it is incomplete."""
    if len(data) < 2:
        return None
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return start + length if len(data) >= start + length else None


def _ldap_command(data):
    """The end of the LDAPMessage that holds the StartTLS OID (RFC 4511 section 4.14)."""
    end = 0
    while (length := _ber_end(data[end:])) is not None:
        if LDAP_OID in data[end:end + length]:
            return end + length
        end += length
    return None


def _mysql_command(data):
    """The 36 bytes of an SSLRequest packet: 32 of payload, sequence number 1."""
    return 36 if len(data) >= 36 and data[:4] == b"\x20\x00\x00\x01" else None


def command_end(protocol, said):
    """The offset just behind the client's wish in all that it said, or None."""
    protocol = family(protocol)
    if protocol == "ldap":
        return _ldap_command(said)
    if protocol == "mysql":
        return _mysql_command(said)
    match = _COMMANDS[protocol].search(said)
    return match.end() if match else None


def goahead_end(protocol, said):
    """The offset just behind the server's go-ahead in what it said since, or None."""
    protocol = family(protocol)
    if protocol == "mysql":
        return 0  # the server says nothing: TLS follows the request at once
    if protocol == "ldap":
        return _ber_end(said)
    match = _GOAHEADS[protocol].search(said)
    return match.end() if match else None


def strip_offer(protocol, said):
    """What the server said without its offer of TLS."""
    protocol = family(protocol)
    if protocol == "postgres":
        return re.sub(rb"\AS", b"N", said)
    if protocol == "mysql":
        return _mysql_without_ssl(said)
    if protocol in ("smtp", "lmtp"):
        return _without_ehlo_line(said)
    return _OFFERS[protocol].sub(b"", said) if protocol in _OFFERS else said


def _without_ehlo_line(said):
    """Takes the keyword out; when it was the last line, the one before becomes the last."""
    match = _OFFERS["smtp"].search(said)
    if not match:
        return said
    before, after = said[:match.start()], said[match.end():]
    if match.group(1) == b" ":
        start = before.rfind(b"\n", 0, len(before) - 1) + 1
        before = before[:start] + before[start:].replace(b"250-", b"250 ", 1)
    return before + after


def _mysql_without_ssl(said):
    """Clears CLIENT_SSL (0x0800) in the capabilities of the initial handshake packet."""
    version_end = said.find(b"\0", 5)
    at = version_end + 1 + 4 + 8 + 1  # thread id, salt, filler
    if len(said) < at + 2 or said[4:5] != b"\x0a":
        return said
    return said[:at + 1] + bytes([said[at + 1] & ~0x08]) + said[at + 2:]
