# SPDX-License-Identifier: ISC
"""The lab is worth something only if its servers really do STARTTLS: each is asked by
openssl s_client, with TLS 1.2 and 1.3."""

import pytest

from . import clients


def shook(endpoint, pki, starttls, tls, **options):
    """The handshake happened in this version, with a certificate that is ours."""
    seen = clients.s_client(endpoint, starttls, tls, pki.ca, **options)
    assert seen.version == f"TLSv{tls}" and seen.verified, seen
    return seen


both = pytest.mark.parametrize("tls", ["1.2", "1.3"])


@both
def test_postfix_starttls(postfix, pki, tls):
    shook(postfix.starttls, pki, "smtp", tls)
    shook(postfix.encrypt, pki, "smtp", tls)
    shook(postfix.implicit, pki, None, tls)


def test_postfix_versions(postfix, pki):
    shook(postfix.tls12, pki, "smtp", "1.2")
    shook(postfix.tls13, pki, "smtp", "1.3")
    assert clients.s_client(postfix.tls12, "smtp", "1.3").version is None
    assert clients.s_client(postfix.tls13, "smtp", "1.2").version is None


@both
@pytest.mark.parametrize("protocol,word", [("imap", "imap"), ("pop3", "pop3"),
                                           ("sieve", "sieve"), ("lmtp", "lmtp"),
                                           ("submission", "smtp")])
def test_dovecot_starttls(dovecot, pki, protocol, word, tls):
    service = dovecot.services[protocol]
    shook(service.plain, pki, word, tls)
    shook(service.implicit, pki, None, tls)


@both
@pytest.mark.parametrize("fixture,word", [
    ("vsftpd", "ftp"), ("slapd", "ldap"), ("inspircd", "irc"), ("postgres", "postgres"),
    ("mariadb", "mysql"), ("nntp", "nntp")])
def test_others(request, pki, fixture, word, tls):
    server = request.getfixturevalue(fixture)
    shook(server.plain, pki, word, tls)
    if hasattr(server, "implicit"):
        shook(server.implicit, pki, None, tls)
