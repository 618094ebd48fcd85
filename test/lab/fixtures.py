# SPDX-License-Identifier: ISC
"""The lab's pytest fixtures; conftest.py imports all of them.  See README.md."""

import contextlib
import itertools

import pytest

from . import daemon, vulnerable
from .child import Lab
from .dovecot import Dovecot
from .inspircd import Inspircd
from .internet import Internet
from .mariadb import Mariadb
from .nntp import Nntp
from .pki import Pki
from .postfix import Postfix, PostfixRelay
from .postgres import Postgres
from .prosody import Prosody
from .slapd import Slapd
from .vsftpd import Vsftpd
from .wiretap import Wiretap


@pytest.fixture(scope="session")
def lab():
    with Lab() as one:
        yield one


@pytest.fixture(scope="session")
def network(lab):
    return lab.network


@pytest.fixture(scope="session")
def pki(lab):
    return Pki(lab.make_folder("pki"), ["127.0.0.1", *lab.network.hosts])


def _server(kind, *arguments, **options):
    """A fixture: one server for the whole session."""

    @pytest.fixture(scope="session")
    def start(lab, pki):
        with kind(lab, pki, *arguments, **options) as server:
            yield server

    return start


@pytest.fixture(scope="session")
def mail_intake(lab):
    """Where Postfix takes mail from Dovecot's submission service."""
    return lab.network.endpoint(name="intake")


@pytest.fixture(scope="session")
def dovecot(lab, pki, mail_intake):
    with Dovecot(lab, pki, relay=mail_intake) as server:
        yield server


@pytest.fixture(scope="session")
def postfix(lab, pki, dovecot, mail_intake):
    with Postfix(lab, pki, auth=dovecot.auth_socket, intake=mail_intake) as server:
        yield server


# Trusts nobody, and wants TLS before a password.
dovecot_strict = _server(Dovecot, "dovecot-strict", insist=True)
prosody = _server(Prosody)
# Nothing without STARTTLS.
prosody_strict = _server(Prosody, "prosody-strict", insist=True)
vsftpd = _server(Vsftpd)
slapd = _server(Slapd)
inspircd = _server(Inspircd)
postgres = _server(Postgres)
mariadb = _server(Mariadb)
nntp = _server(Nntp)
# DNSSEC, mail hosts, policy hosts; see lab.internet.
internet = _server(Internet)


@pytest.fixture
def prosody_pair(lab, pki):
    """A factory of two XMPP servers that know each other: prosody_pair(route=None) gives
    (a, b), for a.lab.test and b.lab.test.  With a route (an endpoint: a gateway or a
    wiretap in front of b.s2s) a finds b there; route may be a function of b's endpoint."""
    made = []

    def start(route=None, insist=False):
        number = next(_serial)
        place = [lab.network.endpoint(name=f"prosody {one} s2s") for one in "ab"]
        way = route(place[1]) if callable(route) else route or place[1]
        for index, (domain, routes) in enumerate((
                ("a.lab.test", {"b.lab.test": way}), ("b.lab.test", {"a.lab.test": place[0]}))):
            # Only the asking side insists: the other one may sit behind a gateway.
            made.append(Prosody(lab, pki, f"prosody{number}{'ab'[index]}", domain,
                                insist=insist and index == 0, routes=routes, at=place[index]))
        return tuple(made[-2:])

    yield start
    for one in made:
        one.stop()


@pytest.fixture
def postfix_relay(lab, pki):
    """A factory of sending mail servers: postfix_relay(target, level=..., ...)."""
    with contextlib.ExitStack() as made:
        yield lambda target, **options: made.enter_context(
            PostfixRelay(lab, pki, target, **options))


_serial = itertools.count(1)


@pytest.fixture
def starttlsd(lab):
    """A factory: starttlsd(configuration text, env=..., arguments=...) runs the gateway until
    the test ends, and then checks that SIGTERM ends it with status 0."""
    made = []

    def start(text, **options):
        made.append(daemon.Starttlsd(lab.make_folder(f"gate{next(_serial)}"), text, **options))
        return made[-1]

    yield start
    errors = []
    for one in made:
        if one.status is None:
            try:
                one.finish()
            except Exception as error:  # the others must be ended too
                errors.append(error)
    if errors:
        raise errors[0]


@pytest.fixture(scope="session")
def starttls():
    """Runs starttls: starttls("probe", url, ..., stdin=...) gives the completed process."""
    return daemon.starttls


@pytest.fixture
def wiretap(network):
    """A factory: wiretap(target, ...) is a recording forwarder, see lab.wiretap."""
    with contextlib.ExitStack() as made:
        yield lambda target, **options: made.enter_context(
            Wiretap(network.endpoint(name="wiretap"), target, **options))


@pytest.fixture
def twin_server(network, pki):
    """A factory of vulnerable servers: twin_server(protocol, flaw=None)."""
    with contextlib.ExitStack() as made:
        yield lambda protocol, flaw=None: made.enter_context(vulnerable.Server(
            network.endpoint(name="twin"), protocol, pki.server(), flaw))


@pytest.fixture
def twin_proxy(network, pki):
    """A factory of vulnerable gateways: twin_proxy(protocol, backend, flaw=None)."""
    with contextlib.ExitStack() as made:
        yield lambda protocol, backend, flaw=None: made.enter_context(vulnerable.Proxy(
            network.endpoint(name="twin"), protocol, pki.server(), backend, flaw))
