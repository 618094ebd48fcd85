# SPDX-License-Identifier: ISC
"""starttlsd and starttls before Postfix and Dovecot; the servers are those of test/lab."""

import json
import pathlib
import re
import sys
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))

from lab.fixtures import *  # noqa: E402,F401,F403  pylint: disable=wildcard-import
from lab import clients, daemon  # noqa: E402
from lab.child import wait_until  # noqa: E402


@pytest.fixture
def gateway(starttlsd, network, pki, postfix, dovecot):
    """A front for each: .log, and where it listens by name."""
    backends = {"smtp": (postfix.proxied, "required"), "imap": (dovecot.imap.proxied, "required"),
                "pop3": (dovecot.pop3.proxied, "required")}
    places = {name: network.endpoint() for name in backends}
    made = starttlsd(daemon.config(
        *(daemon.front(name, name, places[name], backend, tls=tls, tell="proxy-v2")
          for name, (backend, tls) in backends.items()), certificates=[pki.server()]))
    made.places = places
    return made


def test_mail_goes_in(gateway, postfix, pki):
    mark = uuid.uuid4().hex
    with clients.smtp(gateway.places["smtp"], pki.ca) as client:
        client.sendmail("a@lab.test", ["b@lab.test"], f"Subject: {mark}\r\n\r\nHello\r\n")
    assert postfix.wait_message(mark)


def test_mailboxes(gateway, dovecot, pki):
    with clients.imap(gateway.places["imap"], pki.ca) as client:
        client.login(dovecot.user, dovecot.password)
        assert client.select("INBOX")[0] == "OK"
    client = clients.pop3(gateway.places["pop3"], pki.ca)
    client.user(dovecot.user)
    assert client.pass_(dovecot.password).startswith(b"+OK")
    client.quit()


@pytest.mark.parametrize("name", ["smtp", "imap", "pop3"])
def test_probe(gateway, starttls, pki, name):
    done = starttls("probe", "--json", "--ca-file", pki.ca, "--servername", clients.NAME,
                    gateway.places[name].url(name))
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["tls"]["version"] == "TLSv1.3", done.stdout


def test_nothing_before_tls(gateway):
    """A command behind STARTTLS in one segment: no TLS, no answer, and the log says why."""
    with clients.Lines(gateway.places["imap"]) as client:
        client.until(r"\* OK")
        client.send(b"a STARTTLS\r\nb NOOP\r\n")
        assert b"b OK" not in client.rest()
    wait_until(lambda: re.search(r"event=session .*fault=(?!none)", gateway.log), 10, "the log")
