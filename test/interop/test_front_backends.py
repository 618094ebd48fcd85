# SPDX-License-Identifier: ISC
"""Several places of one service: who gets a client, and what becomes of one that fails."""

import operator
import re
import signal
import time
import uuid

import pytest

from lab import clients, daemon
from lab.child import Child, wait_until
from lab.dovecot import Dovecot
from lab.moody import Moody

SMTP_LIST = '{"8BITMIME"}'
IMAP_LIST = '{"IMAP4rev1"}'


@pytest.fixture
def moody(network):
    """A factory of services with moods."""
    made = []

    def make(*moods, **options):
        made.extend(Moody(network, mood=mood, **options) for mood in moods)
        return made[-len(moods):]
    yield make
    for one in made:
        one.turn("dead")


@pytest.fixture
def front(starttlsd, network, pki):
    """A factory of gateways with one front before these places."""
    def make(protocol, places, **options):
        listen = network.endpoint()
        places = [str(one) for one in places]
        gate = starttlsd(daemon.config(daemon.front("front", protocol, listen, places, **options),
                                       certificates=[pki.server()]))
        gate.listen = listen
        return gate
    return make


def smtp_talk(gate, pki):
    """A client inside TLS, by STARTTLS; the first reply there is still to be heard."""
    talk = clients.Lines(gate.listen)
    talk.until("220 ")
    talk.smtp("EHLO client.lab.test")
    talk.smtp("STARTTLS")
    talk.start_tls(pki.ca)
    return talk


def is_served(talk):
    """Whether the service answers, and not the gateway for it."""
    return talk.smtp("NOOP")[-1:] == ["250 moody"]


def imaps_talk(gate, pki):
    talk = clients.Lines(gate.listen)
    talk.start_tls(pki.ca)
    return talk


# ------------------------------------------------------------- who gets whom


def test_least_sessions(front, moody, pki):
    """The place with the fewest sessions gets the next one."""
    places = moody("good", "good", "good")
    gate = front("smtp", places, capabilities=SMTP_LIST, backend_check="0")
    talks = [smtp_talk(gate, pki) for _ in range(9)]
    for talk in talks:
        assert is_served(talk)
    assert [len(one.connections) for one in places] == [3, 3, 3]
    # Two leave one place: the next two clients go there.
    there = []
    for talk in talks:
        before = len(places[1].lines)
        talk.smtp("NOOP")
        if len(places[1].lines) > before:
            there.append(talk)
    for talk in there[:2]:
        talk.close()
    places[1].wait_open(1)
    more = [smtp_talk(gate, pki) for _ in range(2)]
    for talk in more:
        assert is_served(talk)
    assert [len(one.connections) for one in places] == [3, 3, 3]
    for talk in talks + more:
        talk.close()


def test_offers_are_what_all_have(front, moody):
    """Before TLS nobody knows yet which place it will be."""
    one, = moody("good", offers=("8BITMIME", "DSN", "SIZE 10"))
    other, = moody("good", offers=("SIZE 10", "CHUNKING", "8BITMIME"))
    gate = front("smtp", [one, other], backend_check="1")

    def offered():
        with clients.Lines(gate.listen) as talk:
            talk.until("220 ")
            return {line[4:] for line in talk.smtp("EHLO x")[1:]} - {"STARTTLS"}

    wait_until(lambda: one.count and other.count, 5, "looks at both")
    wait_until(lambda: offered() == {"8BITMIME", "SIZE 10"}, 5, "what both have")
    other.turn("dead")
    wait_until(lambda: offered() == {"8BITMIME", "DSN", "SIZE 10"}, 5, "what one has")


# ---------------------------------------------------------- one of them is bad


@pytest.mark.parametrize("mood", ["silent", "busy", "garbage", "closing", "dead"])
def test_failed_is_retried(front, moody, pki, mood):
    """Whatever is wrong with a place, the client does not notice: by STARTTLS."""
    bad, good = moody(mood, "good")
    gate = front("smtp", [bad, good], capabilities=SMTP_LIST, backend_check="0",
                 backend_deadline="2")
    for _ in range(3):
        with smtp_talk(gate, pki) as talk:
            assert is_served(talk), talk.heard
    gate.wait_log("event=session", count=3)
    assert "fault=backend-down" not in gate.log
    if mood != "dead":
        assert bad.count


@pytest.mark.parametrize("mood", ["silent", "busy", "garbage", "closing", "dead"])
def test_failed_is_retried_in_tls(front, moody, pki, mood):
    """... and with TLS first, where the greeting that the client hears is the service's own."""
    bad, good = moody(mood, "good", protocol="imap")
    gate = front("imap", [bad, good], tls="implicit", capabilities=IMAP_LIST, backend_check="0",
                 backend_deadline="2")
    for _ in range(3):
        with imaps_talk(gate, pki) as talk:
            assert talk.line() == "* OK moody"
            assert talk.ask("a NOOP", "a ") == ["a OK moody"]
    gate.wait_log("event=session", count=3)
    assert "fault=backend-down" not in gate.log


@pytest.mark.parametrize("mood", ["silent", "busy", "garbage", "closing", "dead"])
def test_looks_keep_clients_away(front, moody, pki, mood):
    """One that is known to be bad is not tried."""
    bad, good = moody(mood, "good")
    gate = front("smtp", [bad, good], capabilities=SMTP_LIST, backend_check="1000",
                 backend_deadline="2")
    gate.wait_log(f"event=backend-down front=front backend={bad}")
    looks = bad.count
    for _ in range(3):
        with smtp_talk(gate, pki) as talk:
            assert is_served(talk)
    gate.wait_log("event=session", count=3)
    assert bad.count - looks < 3  # it is looked at again, after seconds
    assert gate.log.count("event=backend-down") == 1


def test_never_downgraded(front, postfix, pki):
    """CORE-17: one without STARTTLS is given up for one with it, and is no place alone."""
    options = dict(backend_tls="starttls", backend_ca=f'"{pki.ca}"', capabilities=SMTP_LIST,
                   backend_check="0")
    gate = front("smtp", [postfix.plain, postfix.encrypt], **options)
    for _ in range(3):
        mark = uuid.uuid4().hex
        with clients.smtp(gate.listen, pki.ca) as client:
            client.sendmail("a@lab.test", ["b@lab.test"], f"Subject: {mark}\r\n\r\nx\r\n")
        assert "with cipher" in str(postfix.wait_message(mark)["Received"])
    gate = front("smtp", [postfix.plain, postfix.intake], **options)
    with smtp_talk(gate, pki) as talk:
        assert talk.line().startswith("421 ")
    gate.wait_log("cause=starttls-not-offered")


def test_wrong_certificate_is_retried(front, lab, pki, dovecot):
    """A place that cannot prove who it is does not get the client, the other one does."""
    class Stranger:
        """The lab's authority, as somebody else's servers know it."""
        ca = pki.ca
        server = staticmethod(lambda kind="ecdsa": pki.untrusted(kind=kind))

    with Dovecot(lab, Stranger, "dovecot-stranger") as stranger:
        gate = front("imap", [stranger.imap.plain, dovecot.imap.plain], backend_tls="starttls",
                     backend_ca=f'"{pki.ca}"', capabilities=IMAP_LIST, backend_check="0")
        for _ in range(3):
            client = clients.imap(gate.listen, pki.ca)
            client.login(dovecot.user, dovecot.password)
            client.logout()
        gate.wait_log("certificate-untrusted")
        assert "Login: user=" not in stranger.log


# ------------------------------------------------------------------ all of them


@pytest.mark.parametrize("check", ["0", "1"])
def test_all_dead_and_back(front, moody, pki, check):
    """The protocol's own farewell while nobody is there, and service as soon as one is."""
    places = moody("dead", "dead")
    gate = front("smtp", places, capabilities=SMTP_LIST, backend_check=check)
    for _ in range(2):
        with smtp_talk(gate, pki) as talk:
            assert talk.line().startswith("421 4.3.2")
    places[1].turn("good")
    with smtp_talk(gate, pki) as talk:  # tried all the same: a look may be behind
        assert is_served(talk)
    if check != "0":
        gate.wait_log("event=backend-up")


def test_all_silent(front, moody, pki):
    """The deadline is for all attempts together."""
    places = moody("silent", "silent", "silent")
    gate = front("smtp", places, capabilities=SMTP_LIST, backend_check="0", backend_deadline="2")
    begun = time.monotonic()
    with smtp_talk(gate, pki) as talk:
        assert talk.line().startswith("421 ")
    assert time.monotonic() - begun < 4  # and not two seconds for each of them
    gate.wait_log("cause=timeout")


# ------------------------------------------------------------- the real thing


def test_killed_in_the_middle(front, lab, pki, dovecot):
    """One of two Dovecots dies: its sessions with it, those of the other one live, new ones
    are served, and when it is back it is used again."""
    mortal = Dovecot(lab, pki, "dovecot-mortal")
    gate = front("imap", [mortal.imap.proxied, dovecot.imap.proxied], tell="proxy-v2",
                 backend_check="1")

    def login():
        client = clients.imap(gate.listen, pki.ca)
        client.login(mortal.user, mortal.password)
        return client

    both = [login(), login()]  # one each
    wait_until(lambda: "Login: user=" in mortal.log, 5, "a login")
    mortal.stop(signal.SIGKILL)
    alive = 0
    for client in both:
        try:
            alive += client.noop()[0] == "OK"
        except (client.abort, OSError):
            pass
    assert alive == 1
    for _ in range(5):
        login().logout()
    gate.wait_log("event=backend-down")
    with Child(mortal.argv, mortal.folder / "again.log") as again:
        again.wait_listening([mortal.imap.proxied])
        gate.wait_log("event=backend-up")
        before = mortal.log.count("Login: user=")
        clients_now = [login() for _ in range(4)]
        wait_until(lambda: mortal.log.count("Login: user=") > before, 5, "logins")
        for client in clients_now:
            client.logout()


def test_two_mail_servers(front, postfix, dovecot, pki):
    """Two different servers behind one front; each message is taken by one of them, once."""
    gate = front("smtp", [postfix.plain, postfix.intake], tell="xclient")
    marks = [uuid.uuid4().hex for _ in range(6)]
    for mark in marks:
        with clients.smtp(gate.listen, pki.ca) as client:
            client.sendmail("a@lab.test", ["b@lab.test"], f"Subject: {mark}\r\n\r\nx\r\n")
    for mark in marks:
        assert postfix.wait_message(mark)
    gate.wait_log("event=session", count=6)
    assert {f"backend={place}" for place in (postfix.plain, postfix.intake)} <= set(gate.log.split())


# Who is looked at, where, and what its log says of somebody who has taken his leave.
LOGIN = r"-login: Info: (Disconnected: )?Aborted login"
LOOKS = {
    "smtp": ("postfix", "proxied", r"ehlo=1 quit=1 commands=2"),
    "lmtp": ("dovecot", "lmtp.proxied", r"Logged out \(state=READY\)|Client has quit"),
    "imap": ("dovecot", "imap.proxied", "imap" + LOGIN),
    "pop3": ("dovecot", "pop3.proxied", "pop3" + LOGIN),
    "sieve": ("dovecot", "sieve.proxied", "managesieve" + LOGIN),
    "xmpp-client": ("prosody", "c2s_proxied", r"Client disconnected: connection closed"),
    "xmpp-server": ("prosody", "s2s_proxied", r"s2s disconnected: .* \(connection closed\)"),
}


@pytest.mark.parametrize("protocol", LOOKS)
def test_looks_are_polite(front, protocol, request):
    """In the protocol's own words: the service is asked, is told good-bye, and has nothing to
    complain about."""
    name, where, leaves = LOOKS[protocol]
    server = request.getfixturevalue(name)
    before = len(server.log)
    gate = front(protocol, [operator.attrgetter(where)(server)], tell="proxy-v2",
                 backend_check="1")
    wait_until(lambda: len(re.findall(leaves, server.log[before:])) >= 2, 20, "two looks")
    assert "backend-down" not in gate.log
    said = server.log[before:]
    for word in ("lost connection", "Broken pipe", "Connection reset"):
        assert word not in said, said


def test_looks_are_polite_in_news(front, nntp, wiretap):
    """The same for NNTP, whose server has no log."""
    tap = wiretap(nntp.plain, protocol="nntp")
    gate = front("nntp", [tap.endpoint], backend_check="1")
    for tape in tap.wait_closed(2, seconds=20)[:2]:
        assert tape.said["client"].endswith(b"QUIT\r\n") and tape.ended["client"] == "eof"
    assert "backend-down" not in gate.log
