# SPDX-License-Identifier: ISC
"""Several tenants behind one front: a name leads to a certificate and to a service, and never
to those of another tenant."""

import re
import ssl
import time

import pytest

from lab.child import wait_until
from lab import clients, daemon
from lab.dovecot import Dovecot
from lab.moody import Moody
from lab.prosody import Prosody

A, B = "a.tenants.test", "b.tenants.test"


@pytest.fixture(scope="module")
def tenants(lab, pki):
    """Two mail servers, each with logs of its own."""
    made = {A: Dovecot(lab, pki, "tenant-a"), B: Dovecot(lab, pki, "tenant-b")}
    yield made
    for one in made.values():
        one.stop()


@pytest.fixture
def gate(starttlsd, network):
    """A factory of fronts with routes; sections as lab.daemon.route() makes them."""
    def make(protocol, routes, backend=None, certificates=(), **options):
        listen = network.endpoint()
        made = starttlsd(daemon.config(daemon.front(
            "front", protocol, listen, backend, routes=routes, **options),
            certificates=certificates))
        made.listen = listen
        return made
    return make


def routes_to(tenants, pki, service="imap", way="proxied"):
    return [daemon.route(name, [getattr(getattr(server, service), way)],
                         certificates=[pki.leaf(name)]) for name, server in tenants.items()]


def logins(server):
    return server.log.count("imap-login: Info: Login: user=")


def logged(server, count):
    """Its log says so, soon: another process writes it."""
    return wait_until(lambda: logins(server) == count, 5, f"{count} logins in the log")


def handshake(listen, name, pki=None, session=None, context=None, starttls=True):
    """A raw IMAP client inside TLS; without a name there is no SNI."""
    talk = clients.Lines(listen)
    if starttls:
        talk.until(r"\* OK")
        talk.ask("a STARTTLS", "a ")
    context = context or clients.context(pki.ca if pki else None)
    if name is None:
        context.check_hostname = False
    talk.socket = context.wrap_socket(talk.socket, server_hostname=name, session=session)
    return talk


def log_in(talk, server):
    """True when the client is in, and the server's log says so."""
    before = logins(server)
    reply = talk.ask(f'b LOGIN "{server.user}" "{server.password}"', "b ")[-1]
    return reply.startswith("b OK") and logged(server, before + 1)


# --------------------------------------------------------------------- by SNI


@pytest.mark.parametrize("tls", ["required", "implicit"])
def test_tenants(gate, tenants, pki, tls):
    """Each name has its own certificate and its own server."""
    made = gate("imap", routes_to(tenants, pki), tls=tls, tell="proxy-v2")
    for name, server in tenants.items():
        before = {one: logins(other) for one, other in tenants.items()}
        with handshake(made.listen, name, pki, starttls=tls == "required") as talk:
            names = talk.socket.getpeercert()["subjectAltName"]
            assert names == (("DNS", name),)
            assert log_in(talk, server)
        for one, other in tenants.items():
            assert logins(other) == before[one] + (one == name)
    assert made.wait_log(f"route={A}") and made.wait_log(f"route={B}")


def test_letters_of_either_case(gate, tenants, pki):
    made = gate("imap", routes_to(tenants, pki), tell="proxy-v2")
    before = logins(tenants[B])
    with handshake(made.listen, B.upper()) as talk:
        assert log_in(talk, tenants[B])
    assert logins(tenants[B]) == before + 1


def test_unknown_name_is_an_alert(gate, tenants, pki):
    """TLS-25: where it would lead nowhere the handshake says so, and the service hears of
    nothing."""
    made = gate("imap", routes_to(tenants, pki), tls="implicit", tell="proxy-v2",
                backend_check="0", capabilities='{"IMAP4rev1"}')
    with pytest.raises(ssl.SSLError, match="(?i)unrecognized.name"):
        handshake(made.listen, "c.tenants.test", starttls=False)
    assert made.wait_log("fault=unknown-name")
    with handshake(made.listen, A, starttls=False) as talk:
        assert log_in(talk, tenants[A])


@pytest.mark.parametrize("name", [None, "c.tenants.test"])
def test_nameless_is_refused(gate, tenants, pki, name):
    """Without a name, or with one that only a lenient front lets in, there is no service."""
    made = gate("imap", routes_to(tenants, pki), certificates=[pki.server()], tell="proxy-v2",
                strict_sni="false")
    before = [logins(server) for server in tenants.values()]
    with handshake(made.listen, name) as talk:
        assert talk.line().startswith("* BYE [UNAVAILABLE]")
    assert made.wait_log("fault=no-route")
    assert [logins(server) for server in tenants.values()] == before


@pytest.mark.parametrize("name,home", [(None, True), ("c.tenants.test", True), (B, False)])
def test_home(gate, tenants, pki, name, home):
    """A front with a backend of its own has a place for all others."""
    routes = routes_to({B: tenants[B]}, pki)
    made = gate("imap", routes, backend=[tenants[A].imap.proxied], certificates=[pki.server()],
                tell="proxy-v2", strict_sni="false")
    server = tenants[A if home else B]
    before = logins(server)
    with handshake(made.listen, name) as talk:
        assert log_in(talk, server)
    assert logins(server) == before + 1


def test_wildcard(gate, tenants, pki):
    """One label; the very name comes first."""
    routes = [daemon.route("*.tenants.test", [tenants[A].imap.proxied]),
              daemon.route(B, [tenants[B].imap.proxied])]
    made = gate("imap", routes, certificates=[pki.leaf("*.tenants.test")], tell="proxy-v2")
    for name, server in (("x.tenants.test", tenants[A]), (A, tenants[A]), (B, tenants[B])):
        before = logins(server)
        with handshake(made.listen, name) as talk:
            assert log_in(talk, server)
        assert logins(server) == before + 1
    with pytest.raises(ssl.SSLError):
        handshake(made.listen, "x.y.tenants.test")


def test_plaintext_has_no_name(gate, network, pki):
    """Where TLS is only offered, who goes on without it is at home."""
    with Moody(network) as mine, Moody(network) as home:
        made = gate("smtp", [daemon.route(A, [str(mine)], certificates=[pki.leaf(A)])],
                    backend=[str(home)], certificates=[pki.server()], tls="offered",
                    backend_check="0", capabilities='{"8BITMIME"}')
        with clients.Lines(made.listen) as talk:
            talk.until("220 ")
            talk.smtp("EHLO x")
            talk.say("MAIL FROM:<a@lab.test>")
            assert talk.smtp("NOOP")
            assert talk.until("250 moody")
        assert mine.count == 0 and home.count == 1


# --------------------------------------------------------------- never another's


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_ticket_opens_one_door(gate, tenants, pki, version):
    """TLS-16: a session of one tenant is not resumed under another's name, nor under none."""
    made = gate("imap", routes_to(tenants, pki), certificates=[pki.server()], tell="proxy-v2",
                strict_sni="false")
    context = clients.context(pki.ca, version)
    context.check_hostname = False

    def visit(name, session=None):
        with handshake(made.listen, name, session=session, context=context) as talk:
            reused = talk.socket.session_reused
            before = {one: logins(server) for one, server in tenants.items()}
            if name is not None:
                assert log_in(talk, tenants[name])
            after = [one for one, server in tenants.items() if logins(server) > before[one]]
            return talk.socket.session, reused, after

    ticket, reused, where = visit(A)
    assert not reused and where == [A]
    ticket, reused, where = visit(A, ticket)
    assert reused and where == [A]  # the positive control
    _, reused, where = visit(B, ticket)
    assert not reused and where == [B]
    _, reused, where = visit(None, ticket)
    assert not reused and where == []


def test_tenant_in_trouble_is_alone(gate, network, pki, tenants):
    """One whose service hangs keeps nobody else waiting, neither before TLS nor behind."""
    with Moody(network, protocol="imap", mood="silent") as hung:
        routes = routes_to({A: tenants[A]}, pki) + [
            daemon.route(B, [str(hung)], certificates=[pki.leaf(B)])]
        made = gate("imap", routes, tell="proxy-v2", backend_deadline="5")
        begun = time.monotonic()
        for _ in range(2):
            with handshake(made.listen, A) as talk:
                assert log_in(talk, tenants[A])
        assert time.monotonic() - begun < 4  # there is a second of grace when the daemon starts
        with handshake(made.listen, B) as talk:
            assert talk.line().startswith("* BYE")


# ----------------------------------------------------------------------- XMPP


@pytest.fixture(scope="module")
def chats(lab, pki):
    made = {name: Prosody(lab, pki, f"prosody-{name[0]}", domain=name) for name in (A, B)}
    yield made
    for one in made.values():
        one.stop()


def chat_routes(chats, pki):
    return [daemon.route(name, [server.c2s], certificates=[pki.leaf(name)])
            for name, server in chats.items()]


def secure(talk, name):
    """Asks for TLS and starts it with this SNI, or with none."""
    talk.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    assert "<proceed" in talk.until("/>", "</stream:stream>")
    talk.socket = clients.context().wrap_socket(talk.socket, server_hostname=name)


@pytest.mark.parametrize("name", [A, B])
@pytest.mark.parametrize("sni", [True, False])
def test_stream_leads_too(gate, chats, pki, name, sni):
    """XMPP-S-06: with SNI, or without it by the stream's "to"."""
    made = gate("xmpp-client", chat_routes(chats, pki))
    with clients.Xmpp(made.listen, name) as talk:
        talk.open()
        secure(talk, name if sni else None)
        assert name.encode() in talk.socket.getpeercert(True)
        assert "mechanism" in talk.open()
        assert talk.login("alice", chats[name].password).startswith(f"alice@{name}")
    assert made.wait_log(f"route={name}")


@pytest.mark.parametrize("to,sni,condition,fault", [
    (A, B, "policy-violation", "names-differ"),
    (B, A, "policy-violation", "names-differ"),
    ("c.tenants.test", A, "policy-violation", "names-differ"),
    ("c.tenants.test", None, "host-unknown", "no-route"),
])
def test_stream_and_handshake_agree(gate, chats, pki, to, sni, condition, fault):
    """Who asks for one tenant before TLS and for another one in the handshake gets neither."""
    made = gate("xmpp-client", chat_routes(chats, pki))
    with clients.Xmpp(made.listen, to) as talk:
        talk.open()
        secure(talk, sni)
        assert condition in talk.until("</stream:stream>")
    assert made.wait_log(f"fault={fault}")


def test_other_stream_inside(gate, chats, pki):
    """Inside TLS another "to" does not lead elsewhere: the tenant's own server refuses it."""
    made = gate("xmpp-client", chat_routes(chats, pki))
    with clients.Xmpp(made.listen, A) as talk:
        talk.open()
        secure(talk, A)
        talk.domain = B
        assert "host-unknown" in talk.open()
    assert f"route={B}" not in made.log


@pytest.mark.parametrize("name", [A, B])
def test_direct_tls(gate, chats, pki, name):
    """XEP-0368: there only the handshake has a name before the service is chosen."""
    made = gate("xmpp-client", chat_routes(chats, pki), tls="implicit")
    with clients.Xmpp(made.listen, name) as talk:
        talk.secure(pki.ca, name=name, alpn="xmpp-client")
        talk.open()
        assert talk.login("alice", chats[name].password).startswith(f"alice@{name}")


# -------------------------------------------------------------- configuration


def test_route_without_certificate(tmp_path, network, pki):
    """A name that no certificate has is an error of the configuration, with its place."""
    def check(*certificates):
        text = daemon.config(daemon.front(
            "front", "imap", network.endpoint(), None, certificates=[pki.leaf(A)],
            routes=[daemon.route(A, ["127.0.0.1:143"]),
                    daemon.route(B, ["127.0.0.1:143"], certificates=certificates)]))
        done = daemon.check_config(tmp_path, text)
        lines = [number for number, line in enumerate(text.splitlines(), 1)
                 if f'route "{B}"' in line]
        return done, lines[0]

    done, line = check()
    assert done.returncode != 0
    assert re.search(rf"test\.conf:{line}: .*{B}.*certificate", done.stderr), done.stderr
    assert check(pki.leaf(B))[0].returncode == 0
    assert check(pki.leaf("*.tenants.test"))[0].returncode == 0
    assert check(pki.leaf("*.b.tenants.test"))[0].returncode != 0
