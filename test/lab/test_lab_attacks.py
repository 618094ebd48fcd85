# SPDX-License-Identifier: ISC
"""Who judges the attackers?  Each attack must work on its vulnerable twin and fail on the
twin without the flaw; and the wiretap must see what was said."""

import base64

import pytest

from . import clients, vulnerable, words
from . import wiretap as wiretaps  # the fixture has the shorter name
from .wiretap import CLIENT, SERVER

INSIDE = {"smtp": b"NOOP\r\n", "lmtp": b"NOOP\r\n", "imap": b"x NOOP\r\n", "pop3": b"NOOP\r\n",
          "sieve": b"NOOP\r\n", "nntp": b"HELP\r\n", "xmpp": b"<presence/>"}
REPLY = {"smtp": b"250 INJECTED\r\n", "lmtp": b"250 INJECTED\r\n",
         "imap": b"* OK INJECTED\r\na1 OK INJECTED\r\n", "pop3": b"+OK INJECTED\r\n.\r\n",
         "sieve": b'OK "INJECTED"\r\n', "nntp": b"101 INJECTED\r\n.\r\n",
         "xmpp": b"<INJECTED/></stream:features>"}
every = pytest.mark.parametrize("protocol", vulnerable.PROTOCOLS)


def inject_command(endpoint, protocol, pki):
    """Says the wish for TLS with a command behind it; what came inside TLS, or None."""
    twin = vulnerable.Client(protocol, pki.ca)
    start = {"imap": b"a2 STARTTLS\r\n", "pop3": b"STLS\r\n",
             "xmpp": vulnerable._XMPP_TLS}.get(protocol, b"STARTTLS\r\n")
    with clients.Lines(endpoint) as talk:
        stream = vulnerable.Stream(talk.socket, twin.words.end)
        twin._step(stream, "greeting")
        twin._step(stream, "list")
        stream.say(start + INSIDE[protocol])
        try:
            twin._hear(stream, twin.words.reply)
            stream.start_tls(clients.context(pki.ca), server_hostname=clients.NAME)
            stream.socket.settimeout(0.3)
            heard = b""
            while word := stream.word():
                heard += word
            return heard
        except (OSError, vulnerable.Refused):
            return None


@every
def test_honest_pair(twin_server, wiretap, pki, protocol):
    """Without an attack the twins get on, through a tap that finds nothing."""
    target = twin_server(protocol)
    tap = wiretap(target, protocol=protocol)
    client = vulnerable.Client(protocol, pki.ca, None, password="a secret word")
    client.run(tap.endpoint)
    tap.wait_closed()
    assert client.logged_in == "tls"
    tap.tape.judge("a secret word")
    assert tap.tape.upgraded() and not target.injected


@every
def test_command_injection(twin_server, pki, protocol):
    victim, immune = twin_server(protocol, vulnerable.COMMANDS_SURVIVE), twin_server(protocol)
    assert inject_command(victim.endpoint, protocol, pki)
    assert victim.injected, victim.executed
    inject_command(immune.endpoint, protocol, pki)
    assert not immune.injected


@every
def test_command_injection_on_the_wire(twin_server, wiretap, pki, protocol):
    """The same, done to an honest client by somebody in the middle."""
    for flaw, hit in ((vulnerable.COMMANDS_SURVIVE, True), (None, False)):
        victim = twin_server(protocol, flaw)
        tap = wiretap(victim, protocol=protocol,
                      attack=wiretaps.Inject(CLIENT, INSIDE[protocol]))
        try:
            vulnerable.Client(protocol, pki.ca, None).run(tap.endpoint)
        except vulnerable.Refused:
            pass
        assert bool(victim.injected) == hit, victim.executed


@every
def test_response_injection(twin_server, wiretap, pki, protocol):
    for flaw, hit in ((vulnerable.REPLIES_SURVIVE, True), (None, False)):
        tap = wiretap(twin_server(protocol), protocol=protocol,
                      attack=wiretaps.Inject(SERVER, REPLY[protocol]))
        client = vulnerable.Client(protocol, pki.ca, flaw)
        try:
            client.run(tap.endpoint)
        except vulnerable.Refused:
            pass
        assert any("INJECTED" in word for word in client.believed) == hit, client.believed


@every
def test_stripping(twin_server, wiretap, pki, protocol):
    for flaw, hit in ((vulnerable.GOES_ON_PLAIN, True), (None, False)):
        tap = wiretap(twin_server(protocol), protocol=protocol, attack=wiretaps.Strip())
        client = vulnerable.Client(protocol, pki.ca, flaw, password="a secret word")
        if hit:
            client.run(tap.endpoint)
        else:
            with pytest.raises(vulnerable.Refused):
                client.run(tap.endpoint)
        tap.wait_closed()
        assert (client.logged_in == "plaintext") == hit
        if hit:
            with pytest.raises(wiretaps.LabError):
                tap.tape.no_secret("a secret word")
        else:
            tap.tape.no_secret("a secret word")


@pytest.mark.parametrize("protocol,goahead", [("smtp", b"220 go\r\n"), ("pop3", b"+OK go\r\n"),
                                              ("nntp", b"382 go\r\n")])
def test_premature_reply(twin_server, wiretap, pki, protocol, goahead):
    trigger = {"smtp": b"AUTH", "pop3": b"SASL", "nntp": b"AUTHINFO"}[protocol]
    for flaw, hit in ((vulnerable.BELIEVES_EARLY, True), (None, False)):
        tap = wiretap(twin_server(protocol), protocol=protocol,
                      attack=wiretaps.Premature(goahead, trigger))
        client = vulnerable.Client(protocol, pki.ca, flaw)
        with pytest.raises(vulnerable.Refused) as why:
            client.run(tap.endpoint)
        assert ("before the command" not in str(why.value)) == hit


def test_preauth(twin_server, wiretap, pki):
    for flaw, hit in ((vulnerable.BELIEVES_PREAUTH, True), (vulnerable.GOES_ON_PLAIN, False)):
        tap = wiretap(twin_server("imap"), protocol="imap",
                      attack=wiretaps.Replace(SERVER, b"* OK twin", b"* PREAUTH twin"))
        client = vulnerable.Client("imap", pki.ca, flaw)
        client.run(tap.endpoint)
        assert client.logged_in == ("plaintext" if hit else "tls")


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3", "nntp", "sieve", "xmpp"])
def test_proxy_injection(twin_server, twin_proxy, pki, protocol):
    for flaw, hit in ((vulnerable.FORWARDS_EARLY, True), (None, False)):
        backend = twin_server(protocol)
        inject_command(twin_proxy(protocol, backend, flaw).endpoint, protocol, pki)
        assert any(word == INSIDE[protocol] for word, _ in backend.executed) == hit


def test_proxy_upstream_race(twin_server, twin_proxy, pki):
    """The backend's greeting inside TLS, taken for the answer to a command."""
    for flaw, hit in ((vulnerable.READS_BACKEND_EARLY, True), (None, False)):
        backend = twin_server("smtp")
        with clients.Lines(twin_proxy("smtp", backend, flaw).endpoint) as talk:
            talk.until("220 ")
            talk.smtp("EHLO x")
            talk.smtp("STARTTLS")
            talk.start_tls(pki.ca)
            assert talk.smtp("EHLO x")[0].startswith("220" if hit else "250")


def test_plaintext_after_a_failed_handshake(twin_server):
    for flaw, hit in ((vulnerable.FORGETS_TLS_FAILURE, True), (None, False)):
        with clients.Lines(twin_server("smtp", flaw).endpoint) as talk:
            talk.until("220 ")
            talk.smtp("EHLO x")
            talk.smtp("STARTTLS")
            talk.send(b"GET / HTTP/1.0\r\n\r\n")
            try:
                talk.send(b"NOOP\r\n")
                heard = " ".join(talk.until("250 2.0.0 did NOOP"))
            except OSError:
                heard = ""
        assert ("did NOOP" in heard) == hit, heard


# --------------------------------------------------------- the tape as a judge


def test_is_tls():
    hello = b"\x16\x03\x01\x00\x05hello"
    assert wiretaps.is_tls(hello) and wiretaps.is_tls(hello + b"\x17\x03\x03\x00\x10cut off")
    assert wiretaps.is_tls(b"") and wiretaps.is_tls(b"\x15")
    assert not wiretaps.is_tls(hello + b"250 OK\r\n") and not wiretaps.is_tls(b"250 OK\r\n")


def test_secrets_are_found_in_disguise():
    secret = "open sesame"
    for name in ("al", "bob", "carl", "dorothy"):
        plain = base64.b64encode(f"\0{name}\0{secret}".encode())
        assert any(form in plain for form in wiretaps.disguises(secret)), name
    assert not any(form in b"nothing of that kind" for form in wiretaps.disguises(secret))


def test_judge_sees_plaintext_behind_the_goahead():
    """An attacker's bytes are not the server's; a server's own are."""
    tape = wiretaps.Tape("smtp")
    tape.record(CLIENT, b"STARTTLS\r\n")
    tape.record(SERVER, b"220 go\r\n")
    tape.record(CLIENT, b"\x16\x03\x01\x00\x01x")
    tape.judge()
    tape.record(SERVER, b"454 sorry\r\n")
    with pytest.raises(wiretaps.LabError):
        tape.judge()


@pytest.mark.parametrize("attack,broken", [
    (wiretaps.BreakHandshake, True), (lambda: wiretaps.Cut("goahead"), True),
    (lambda: wiretaps.Cut("handshake", reset=True), True), (lambda: wiretaps.Cut("record"), True),
    (lambda: wiretaps.Refuse(b"454 4.7.0 no\r\n"), True),
    (lambda: wiretaps.Delay(0.05), False), (lambda: wiretaps.Crumble(1), False)])
def test_disturbances(request, twin_server, pki, attack, broken):
    tap = request.getfixturevalue("wiretap")(twin_server("smtp"), attack=attack)
    client = vulnerable.Client("smtp", pki.ca, None)
    if broken:
        with pytest.raises(vulnerable.Refused):
            client.run(tap.endpoint)
    else:
        client.run(tap.endpoint)
    assert client.logged_in == (None if broken else "tls")


@pytest.mark.parametrize("fixture,word", [("slapd", "ldap"), ("postgres", "postgres"),
                                          ("mariadb", "mysql"), ("vsftpd", "ftp"),
                                          ("inspircd", "irc"), ("nntp", "nntp")])
def test_tape_knows_the_others(request, pki, fixture, word):
    """Real conversations are divided at the right byte: all that follows is TLS."""
    target = request.getfixturevalue(fixture).plain
    tap = request.getfixturevalue("wiretap")(target, protocol=word)
    assert clients.s_client(tap.endpoint, word, "1.3").version == "TLSv1.3"
    tap.wait_closed()
    tap.tape.judge()
    assert tap.tape.behind(CLIENT) and tap.tape.behind(SERVER)


@pytest.mark.parametrize("fixture,word", [("postgres", "postgres"), ("mariadb", "mysql"),
                                          ("vsftpd", "ftp"), ("nntp", "nntp")])
def test_stripping_the_others(request, fixture, word):
    target = request.getfixturevalue(fixture).plain
    tap = request.getfixturevalue("wiretap")(target, protocol=word, attack=wiretaps.Strip())
    if word in ("postgres", "mysql"):
        assert clients.s_client(tap.endpoint, word).version is None
        return
    with clients.Lines(tap.endpoint) as talk:
        talk.until("2")
        listed = talk.ask("FEAT" if word == "ftp" else "CAPABILITIES", "211 ", r"\.")
    assert len(listed) > 2 and not any("TLS" in line for line in listed)


def test_words():
    """The last line of an EHLO reply may be the offer: the one before becomes the last."""
    said = b"250-a\r\n250-SIZE\r\n250 STARTTLS\r\n"
    assert words.strip_offer("smtp", said) == b"250-a\r\n250 SIZE\r\n"
    said = b"250-a\r\n250-STARTTLS\r\n250 SIZE\r\n"
    assert words.strip_offer("smtp", said) == b"250-a\r\n250 SIZE\r\n"
