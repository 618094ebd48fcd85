# SPDX-License-Identifier: ISC
"""The front before Prosody, with real clients and with another server."""

import pytest

from lab import clients, daemon

versions = pytest.mark.parametrize("tls", ["1.2", "1.3"])


@versions
def test_login(gateway, prosody, pki, wiretap, tls):
    tap = wiretap(gateway["xmpp"], protocol="xmpp")
    with clients.Xmpp(tap.endpoint, prosody.domain) as talk:
        features = talk.open()
        assert "<required/>" in features and "<mechanism" not in features
        features = talk.starttls(pki.ca, tls, name=prosody.domain, alpn="xmpp-client")
        assert talk.socket.version() == f"TLSv{tls}"
        assert "starttls" not in features and "-PLUS" not in features
        assert talk.login(prosody.user, prosody.password).startswith(prosody.jid)
    tap.wait_closed()
    tap.tape.judge(prosody.password)


def test_slixmpp(gateway, prosody, pki):
    """A real client library."""
    result = clients.slixmpp_login(gateway["xmpp"], prosody.jid, prosody.password, pki.ca)
    assert result["started"], result


def test_direct_tls(gateway, prosody, pki):
    """XEP-0368: TLS first, with ALPN."""
    with clients.Xmpp(gateway["xmpps"], prosody.domain) as talk:
        talk.secure(pki.ca, name=prosody.domain, alpn="xmpp-client")
        assert talk.socket.selected_alpn_protocol() == "xmpp-client"
        assert "starttls" not in talk.open()
        assert talk.login(prosody.user, prosody.password)


@pytest.mark.parametrize("element", [
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>",
    "<iq type='get' id='1'/>"])
def test_required_refuses(gateway, prosody, element):
    with clients.Xmpp(gateway["xmpp"], prosody.domain) as talk:
        talk.open()
        talk.send(element)
        assert "policy-violation" in talk.until("</stream:stream>")


@pytest.fixture
def way(starttlsd, network, pki):
    """A front on the way to a server; insisting on TLS."""
    def build(service):
        listen = network.endpoint()
        starttlsd(daemon.config(
            daemon.front("s2s", "xmpp-server", listen, service, tls="required"),
            certificates=[pki.leaf("b.lab.test")]))
        return listen
    return build


def test_servers(prosody_pair, pki, way):
    """Between servers: one that insists on TLS reaches the other one through the front."""
    one, other = prosody_pair(way, insist=True)
    with clients.Xmpp(one.c2s, one.domain) as alice, clients.Xmpp(other.c2s, other.domain) as bob:
        alice.open()
        alice.starttls(pki.ca, name=one.domain)
        alice.login(one.user, one.password)
        bob.open()
        jid = bob.login(other.user, other.password)
        bob.send("<presence/>")
        alice.send(f"<message to='{jid}' type='chat'><body>through the front</body></message>")
        assert "through the front" in bob.until("</body>")
    one.stop()
    other.stop()


@pytest.mark.parametrize("domain", ["a.lab.test", "b.lab.test"])
def test_certificate_by_stream(starttlsd, network, pki, prosody, domain):
    """XMPP-S-06: without SNI the stream's "to" chooses the certificate."""
    listen = network.endpoint()
    starttlsd(daemon.config(
        daemon.front("chat", "xmpp-client", listen, prosody.c2s, tls="required"),
        certificates=[pki.leaf("a.lab.test"), pki.leaf("b.lab.test")]))
    with clients.Xmpp(listen, domain) as talk:
        talk.open()
        talk.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        assert "proceed" in talk.until("/>")
        inside = clients.context().wrap_socket(talk.socket)
        assert domain.encode() in inside.getpeercert(True)
        inside.close()
