# SPDX-License-Identifier: ISC
"""Prosody with clients and with another Prosody."""

import pytest

from . import clients
from .test_lab_mail import marker, proxy_v2
from .wiretap import CLIENT, SERVER


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_starttls(prosody, pki, tls):
    for endpoint, word in ((prosody.c2s, "xmpp"), (prosody.s2s, "xmpp-server"),
                           (prosody.c2s_direct, None), (prosody.s2s_direct, None)):
        seen = clients.s_client(endpoint, word, tls, pki.ca, prosody.domain,
                                domain=prosody.domain)
        assert seen.version == f"TLSv{tls}" and seen.verified, seen


def test_login_with_and_without_tls(prosody, prosody_strict, pki):
    with clients.Xmpp(prosody.c2s, prosody.domain) as talk:
        talk.open()
        assert talk.login(prosody.user, prosody.password).startswith(prosody.jid)
    with clients.Xmpp(prosody_strict.c2s, prosody_strict.domain) as talk:
        assert "mechanism" not in talk.open()
        assert "mechanism" in talk.starttls(pki.ca)
        talk.login(prosody.user, prosody.password)


def test_wrong_password(prosody):
    with clients.Xmpp(prosody.c2s, prosody.domain) as talk:
        talk.open()
        with pytest.raises(PermissionError):
            talk.login(prosody.user, "wrong")


def test_slixmpp(prosody_strict, pki):
    result = clients.slixmpp_login(prosody_strict.c2s, prosody_strict.jid,
                                   prosody_strict.password, pki.ca)
    assert result["started"] and result["tls"] in ("TLSv1.2", "TLSv1.3"), result
    result = clients.slixmpp_login(prosody_strict.c2s, prosody_strict.jid, "wrong", pki.ca)
    assert not result["started"], result


def test_proxy(prosody):
    for endpoint, header, address in (
            (prosody.c2s_proxied, proxy_v2("192.0.2.80", 4714), "192.0.2.80"),
            (prosody.c2s_proxied, b"PROXY TCP4 192.0.2.81 192.0.2.1 4715 5222\r\n",
             "192.0.2.81")):
        with clients.Xmpp(endpoint, prosody.domain) as talk:
            talk.send(header)
            assert "features" in talk.open()
        prosody.wait_log(f"the client is {address}")


def test_no_proxy_header_no_service(prosody):
    with clients.Xmpp(prosody.c2s_proxied, prosody.domain) as talk:
        assert "features" not in talk.open()


def chat(one, other, pki):
    """alice on one server writes to alice on the other; what arrived."""
    mark = marker()
    with clients.Xmpp(other.c2s, other.domain) as hearer, \
            clients.Xmpp(one.c2s, one.domain) as writer:
        hearer.open()
        hearer.login(other.user, other.password)
        hearer.send("<presence/>")
        writer.open()
        if one.insist:
            writer.starttls(pki.ca)
        writer.login(one.user, one.password)
        writer.send(f"<message to='{other.jid}' type='chat'><body>{mark}</body></message>")
        assert mark in hearer.until(mark, "</stream:stream>")
    return mark


def test_two_servers(prosody_pair, wiretap, pki):
    """Two domains, dialback, and STARTTLS between them as the tape shows."""
    taps = []

    def route(endpoint):
        taps.append(wiretap(endpoint, protocol="xmpp-server"))
        return taps[0].endpoint

    one, other = prosody_pair(route, insist=True)
    mark = chat(one, other, pki)
    one.stop()
    other.stop()
    taps[0].wait_closed()
    tape = taps[0].tapes[0]
    tape.judge(mark)
    assert tape.upgraded() and b"proceed" in tape.plaintext(SERVER) and tape.said[CLIENT]


def test_two_servers_in_plaintext(prosody_pair, pki):
    """The control: without the demand they talk, too."""
    one, other = prosody_pair()
    chat(one, other, pki)
