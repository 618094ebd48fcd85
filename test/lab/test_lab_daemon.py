# SPDX-License-Identifier: ISC
"""The lab's own machinery: children, the runner of the gateway, skips."""

import json
import os
import textwrap

import pytest

from . import child, daemon
from .dovecot import Dovecot
from .inspircd import Inspircd
from .mariadb import Mariadb
from .nntp import Nntp
from .postfix import Postfix, PostfixRelay
from .postgres import Postgres
from .prosody import Prosody
from .slapd import Slapd
from .vsftpd import Vsftpd

STAND_IN = """\
#!/usr/bin/python3
import re, signal, socket, subprocess, sys, time
text = open(sys.argv[sys.argv.index("-c") + 1]).read()
host, port = re.search(r'"([\\d.]+):(\\d+)"', text).groups()
listener = socket.create_server((host, int(port)))
def end(*_):
    {ending}
signal.signal(signal.SIGTERM, end)
{beginning}
while True:
    time.sleep(60)
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A starttlsd that only listens: makes it with what happens first and at SIGTERM."""

    def make(ending="sys.exit(0)", beginning=""):
        path = tmp_path / "build/src/gate/starttlsd"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STAND_IN.format(ending=ending, beginning=textwrap.dedent(beginning)))
        path.chmod(0o755)
        monkeypatch.setenv("STARTTLS_BUILD", str(tmp_path / "build"))

    return make


def gate(lab, network):
    text = daemon.config(daemon.front("x", "smtp", network.endpoint(), network.endpoint()))
    return daemon.Starttlsd(lab.make_folder(f"standin{os.urandom(4).hex()}"), text)


def test_daemon_ends_well(lab, network, stand_in):
    stand_in()
    with gate(lab, network) as one:
        assert child.listening(*daemon.listeners(one.config.read_text())[0].address)
    assert one.status == 0


@pytest.mark.parametrize("ending,beginning", [
    ("sys.exit(3)", ""),
    ("signal.signal(signal.SIGTERM, signal.SIG_DFL); signal.raise_signal(15)", ""),
    ("sys.exit(0)", "subprocess.Popen(['sh', '-c', 'trap : TERM; sleep 50; sleep 50'],"
                    " start_new_session=True)"),
    ("print('==1==ERROR: AddressSanitizer: x', file=sys.stderr); sys.exit(0)", "")])
def test_daemon_ends_badly(lab, network, stand_in, ending, beginning):
    stand_in(ending, beginning)
    one = gate(lab, network)
    with pytest.raises(child.LabError):
        one.finish()


def test_daemon_that_dies(lab, network, stand_in):
    stand_in(beginning="sys.exit('no such file: line 3')")
    with pytest.raises(child.LabError, match="line 3|had died"):
        gate(lab, network).finish()


def test_config_text(network, pki):
    listen, backend = network.endpoint(), network.endpoint()
    text = daemon.config(
        daemon.front("a", "imap", listen, [backend], tls="implicit", backend_tls="none",
                     capabilities=["IDLE", "ID"]), certificates=[pki.server()])
    assert f'listen = {{"{listen}"}}' in text and "backend-tls = none" in text
    assert 'capabilities = {"IDLE", "ID"}' in text and str(pki.server().chain) in text
    assert [str(one) for one in daemon.listeners(text)] == [str(listen)]
    assert "workers = 1\n" in text and "limits" not in text and "metrics" not in text


def test_config_text_of_production(network, pki):
    listen, metrics, backend = (network.endpoint() for _ in range(3))
    text = daemon.config(
        daemon.front("a", "imap", listen, None, accept_proxy=["127.0.0.0/8", "unix"], routes=[
            daemon.route("mail.lab.test", backend, backend_name="x", certificates=[pki.server()]),
            daemon.route("*.example.org", [backend, backend])]),
        workers=3, sandbox=False, drain=None, limits=dict(connections_per_address=5),
        metrics=metrics, log_format="json")
    assert "workers = 3\n" in text and "sandbox = false\n" in text and "drain" not in text
    assert "limits {\n\tconnections-per-address = 5\n}\n" in text
    assert "log-format = json\n" in text
    assert f'\troute "*.example.org" {{\n\t\tbackend = {{"{backend}", "{backend}"}}\n\t}}\n' in text
    assert f'\t\tcertificate {{\n\t\t\tchain = "{pki.server().chain}"\n' in text
    assert f'tls = required\n\taccept-proxy = {{"127.0.0.0/8", "unix"}}' in text
    assert [str(one) for one in daemon.listeners(text)] == [str(metrics), str(listen)]


@pytest.mark.parametrize("options,truth", [
    ([("b_sanitize", "none"), ("b_coverage", False)], False),
    ([("b_sanitize", "address,undefined"), ("b_coverage", False)], True),
    ([("b_sanitize", "none"), ("b_coverage", True)], True), (None, False)])
def test_instrumented_builds(tmp_path, monkeypatch, network, options, truth):
    monkeypatch.setenv("STARTTLS_BUILD", str(tmp_path))
    if options:
        (tmp_path / "meson-info").mkdir()
        (tmp_path / "meson-info/intro-buildoptions.json").write_text(
            json.dumps([{"name": name, "value": value} for name, value in options]))
    text = daemon.config(daemon.front("a", "imap", network.endpoint(), network.endpoint()))
    assert ("sandbox = false\n" in text) == truth


@pytest.mark.parametrize("ci,outcome", [(True, pytest.fail.Exception),
                                        (False, pytest.skip.Exception)])
def test_missing_peer(monkeypatch, ci, outcome):
    monkeypatch.setattr(child, "IN_CI", ci)
    with pytest.raises(outcome, match="apt-get install nonesuch"):
        child.find_program("nonesuch-server", "nonesuch")


@pytest.mark.parametrize("kind", [Dovecot, Postfix, Prosody, Vsftpd, Slapd, Inspircd, Postgres,
                                  Mariadb, Nntp, PostfixRelay], ids=lambda kind: kind.__name__)
def test_nothing_is_left(lab, pki, kind):
    """A server that was started and used is gone when it was stopped, children and all."""
    target = [lab.network.endpoint()] if kind is PostfixRelay else []
    server = kind(lab, pki, *target, name=f"gone-{kind.__name__.lower()}")
    family = child._family(server.pid)
    where = getattr(server, "plain", None) or getattr(server, "intake", None)
    where = where or next(iter(getattr(server, "endpoints", {}).values()), None)
    where = where or server.imap.plain
    assert child.listening(*where.address)
    server.stop()
    assert not server.leftover, server.log[-2000:]
    assert not [pid for pid in family if (stat := child._stat(pid)) and stat["state"] != "Z"]
    assert not child.listening(*where.address)
