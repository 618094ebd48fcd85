# SPDX-License-Identifier: ISC
"""Gives the interop tests the lab: real servers and clients on loopback, see test/lab."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab.fixtures import *  # noqa: E402,F401,F403  pylint: disable=wildcard-import

import pytest  # noqa: E402
from lab import daemon  # noqa: E402


class Gateway:
    """One starttlsd with a front for everything; front("name") is where it listens."""

    def __init__(self, lab, pki, sections):
        self.endpoints = {name: lab.network.endpoint() for name in sections}
        fronts = []
        for name, options in sections.items():
            options = dict(options)
            fronts.append(daemon.front(name, options.pop("protocol"), self.endpoints[name],
                                       options.pop("backend"), **options))
        folder = lab.make_folder("gateway")
        self.daemon = daemon.Starttlsd(folder, daemon.config(
            *fronts, certificates=[pki.server(), pki.server("rsa")]))

    def __getitem__(self, name):
        return self.endpoints[name]

    def wait_log(self, text):
        return self.daemon.wait_log(text)


@pytest.fixture(scope="session")
def gateway(lab, pki, postfix, dovecot, prosody, nntp):
    ca = f'"{pki.ca}"'
    sections = {
        # the three ways of TLS
        "smtp": dict(protocol="smtp", backend=postfix.plain, tls="required", tell="xclient"),
        "smtp-offered": dict(protocol="smtp", backend=postfix.proxied, tls="offered",
                             tell="proxy-v2"),
        "smtps": dict(protocol="smtp", backend=postfix.proxied, tls="implicit", tell="proxy-v1"),
        "submission": dict(protocol="smtp", backend=dovecot.submission.proxied, tls="required",
                           tell="proxy-v2"),
        "imap": dict(protocol="imap", backend=dovecot.imap.proxied, tls="required",
                     tell="proxy-v2"),
        "imap-id": dict(protocol="imap", backend=dovecot.imap.plain, tls="required",
                        tell="xclient"),
        "imaps": dict(protocol="imap", backend=dovecot.imap.proxied, tls="implicit",
                      tell="proxy-v2"),
        "imap-offered": dict(protocol="imap", backend=dovecot.imap.plain, tls="offered"),
        "pop3": dict(protocol="pop3", backend=dovecot.pop3.proxied, tls="required",
                     tell="proxy-v2"),
        "pop3s": dict(protocol="pop3", backend=dovecot.pop3.proxied, tls="implicit",
                      tell="proxy-v1"),
        "sieve": dict(protocol="sieve", backend=dovecot.sieve.proxied, tls="required",
                      tell="proxy-v2"),
        "lmtp": dict(protocol="lmtp", backend=dovecot.lmtp.proxied, tls="required",
                     tell="proxy-v2"),
        "xmpp": dict(protocol="xmpp-client", backend=prosody.c2s_proxied, tls="required",
                     tell="proxy-v2"),
        "xmpps": dict(protocol="xmpp-client", backend=prosody.c2s, tls="implicit"),
        "xmpp-server": dict(protocol="xmpp-server", backend=prosody.s2s, tls="required"),
        "nntp": dict(protocol="nntp", backend=nntp.plain, tls="required"),
        "nntps": dict(protocol="nntp", backend=nntp.plain, tls="implicit"),
        # TLS behind the gateway, too
        "smtp-starttls": dict(protocol="smtp", backend=postfix.encrypt, tls="required",
                              backend_tls="starttls", backend_ca=ca),
        "smtp-implicit": dict(protocol="smtp", backend=postfix.implicit, tls="required",
                              backend_tls="implicit", backend_ca=ca),
        "imap-starttls": dict(protocol="imap", backend=dovecot.imap.plain, tls="required",
                              backend_tls="starttls", backend_ca=ca),
        "imap-implicit": dict(protocol="imap", backend=dovecot.imap.implicit, tls="implicit",
                              backend_tls="implicit", backend_ca=ca),
        "sieve-starttls": dict(protocol="sieve", backend=dovecot.sieve.plain, tls="required",
                               backend_tls="starttls", backend_ca=ca),
        "smtps-starttls": dict(protocol="smtp", backend=postfix.encrypt, tls="implicit",
                               backend_tls="starttls", backend_ca=ca),
        # wrong ones
        "mistrusting": dict(protocol="smtp", backend=postfix.encrypt, tls="required",
                            backend_tls="starttls"),
        "downgraded": dict(protocol="smtp", backend=postfix.plain, tls="required",
                           backend_tls="starttls", backend_ca=ca),
        "down": dict(protocol="smtp", backend=lab.network.endpoint(), tls="required"),
        "down-imap": dict(protocol="imap", backend=lab.network.endpoint(), tls="required"),
        "down-pop3": dict(protocol="pop3", backend=lab.network.endpoint(), tls="implicit"),
    }
    made = Gateway(lab, pki, sections)
    yield made
    made.daemon.finish()
