# SPDX-License-Identifier: ISC
"""The daemon's log, as syslog, the journal and programs read it, and under a flood."""

import json
import os
import re
import socket
import time

import pytest

from lab import clients, daemon, plain
from lab.child import find_program, wait_until
from lab.logs import Journal, Place, Rsyslog


@pytest.fixture
def service():
    with plain.Echo() as one:
        yield one.address


@pytest.fixture
def serve(lab, network, pki, service):
    """A factory of daemons: serve(log_to="syslog", prefix=...); ended in peace."""
    made = []

    def start(prefix=(), **top):
        fronts = dict(backend_check=0, capabilities='{"IMAP4rev1"}')
        listen, plain = network.endpoint(), network.endpoint()
        text = daemon.config(
            daemon.front("imaps", "imap", listen, service, tls="implicit", **fronts),
            daemon.front("imap", "imap", plain, service, tls="required", **fronts),
            certificates=[pki.server()], **top)
        one = daemon.Starttlsd(lab.make_folder(f"log{listen.port}"), text, prefix=prefix)
        one.listen, one.plain = listen, plain
        made.append(one)
        return one

    yield start
    for one in made:
        if one.status is None:
            one.finish()


@pytest.fixture
def place(lab):
    with Place(lab) as one:
        yield one


def session(one, pki):
    """Upgraded, and left in peace: one line in the log."""
    with socket.create_connection(one.listen.address, 10) as raw:
        inside = clients.context(pki.ca).wrap_socket(raw, server_hostname=clients.NAME)
        assert inside.recv(100).startswith(b"* OK")
        inside.unwrap()


def refused(one):
    """Comes and goes: one line in the log, too."""
    socket.create_connection(one.listen.address, 10).close()


def attack(one):
    """A command behind STARTTLS, in plaintext: a line that warns."""
    talk = clients.Lines(one.plain)
    talk.until(r"\* OK")
    talk.socket.sendall(b"a STARTTLS\r\nb NOOP\r\n")
    while talk.socket.recv(1000):
        pass
    talk.socket.close()


# ---------------------------------------------------------------- destinations


def test_syslog_understands(serve, place, pki):
    """Who, when, how grave, and the line; the process is the one that has the session."""
    with Rsyslog(place) as rsyslog:
        one = serve(log_to="syslog", prefix=place.prefix)
        began = int(time.time())
        session(one, pki)
        kind, when, program, process, text = rsyslog.wait("event=session front=imaps")
        assert (kind, program) == ("mail.info", "starttlsd")
        assert began <= int(when) <= time.time()
        assert re.match(r" ?level=info event=session front=imaps client=127\.", text)
        assert f"sni={clients.NAME} tls=TLSv1.3 " in text
        assert int(process) != one.pid
        attack(one)
        assert rsyslog.wait("front=imap ")[0] == "mail.warning"
        assert rsyslog.wait("event=ready")[3] == str(one.pid)
        # ...and there alone
        assert "event=session" not in one.log
        session(one, pki)
        one.finish()
        assert rsyslog.wait("event=stopped")


def test_syslog_comes_back(serve, place, pki):
    """While it is away lines go to standard error, and one says so; a process without a
    file system finds it when it is back."""
    with Rsyslog(place) as rsyslog:
        one = serve(log_to="syslog", prefix=place.prefix)
        session(one, pki)
        rsyslog.wait("event=session")
    session(one, pki)
    session(one, pki)
    wait_until(lambda: one.log.count("event=session") == 2, 5, "two lines on standard error")
    assert one.log.count("event=log-away") == 1
    with Rsyslog(place) as rsyslog:
        session(one, pki)
        wait_until(lambda: len([m for m in rsyslog.messages() if "event=session" in m[4]]) == 2,
                   10, "a line after the restart")
        assert one.log.count("event=session") == 2
        one.finish()


def test_journal_has_fields(serve, place, pki):
    with Journal(place) as journal:
        one = serve(log_to="journal", prefix=place.prefix)
        session(one, pki)
        entry = journal.wait("event=session")
        assert re.match(r"event=session front=imaps client=127\.", entry["MESSAGE"])
        assert entry["PRIORITY"] == "6" and entry["SYSLOG_FACILITY"] == "2"
        assert entry["STARTTLS_EVENT"] == "session"
        assert entry["STARTTLS_SNI"] == clients.NAME
        assert entry["STARTTLS_TLS"] == "TLSv1.3"
        assert entry["_TRANSPORT"] == "journal" and entry["_PID"] != str(one.pid)
        attack(one)
        entry = journal.wait("front=imap ")
        assert entry["PRIORITY"] == "4" and entry["STARTTLS_FAULT"]
        assert "event=session" not in one.log
    session(one, pki)
    wait_until(lambda: "event=session" in one.log, 5, "a line on standard error")
    with Journal(place) as journal:
        session(one, pki)
        wait_until(lambda: len([e for e in journal.entries()
                                if e.get("STARTTLS_FRONT") == "imaps"]) == 2,
                   10, "a line after the restart")
        assert one.log.count("event=session") == 1
        one.finish()


def test_journal_behind_stderr(serve, place, pki):
    """As with StandardError=journal: levels come along, sd-daemon(3). JOURNAL_STREAM says
    what systemd.exec(5) has it say, which not every systemd-cat does."""
    with Journal(place) as journal:
        cat = find_program("systemd-cat", "systemd")
        name = 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"'
        one = serve(prefix=[*place.prefix, cat, "--identifier=starttlsd", "sh", "-c", name, "sh"])
        session(one, pki)
        entry = journal.wait("event=session")
        assert entry["PRIORITY"] == "6" and entry["MESSAGE"].startswith("ts=")
        attack(one)
        entry = journal.wait("front=imap ")
        assert entry["PRIORITY"] == "4" and entry["_TRANSPORT"] == "stdout"
        one.finish()


# ---------------------------------------------------------------- forms


def test_json_is_json(serve, pki):
    one = serve(log_format="json")
    attack(one)
    refused(one)
    session(one, pki)
    one.finish()
    lines = [json.loads(line) for line in one.log.splitlines()]
    assert all(list(line)[:3] == ["ts", "level", "event"] for line in lines)
    sessions = {line["fault"]: line for line in lines if line["event"] == "session"}
    assert len(sessions) == 3
    good = next(line for line in sessions.values() if "tls" in line)
    assert good["sni"] == clients.NAME and isinstance(good["in"], int)
    assert [line["level"] for line in sessions.values()].count("warning") == 1


# ---------------------------------------------------------------- floods


def told(log):
    return sum(map(int, re.findall(r"suppressed=(\d+)", log)))


def lines_of(log, what):
    return len(re.findall(f"event=session .*{what}", log))


@pytest.mark.parametrize("rate", [5, 0])
def test_flood_is_no_flood_of_lines(serve, pki, rate):
    """What strangers cause is limited, and counted to the last one; whoever came through
    TLS has a line of his own."""
    one = serve(log_rate=rate)
    began = time.monotonic()
    for i in range(300):
        refused(one)
        if i % 30 == 29:
            session(one, pki)
    one.finish()
    allowed = 2 * rate + rate * (time.monotonic() - began)
    good = lines_of(one.log, "tls=")
    strange = lines_of(one.log, "ms=") - good
    assert good == 10
    assert strange + told(one.log) == 300
    if rate:
        assert 2 * rate <= strange <= allowed
    else:
        assert strange == 300 and not told(one.log)


def drain(fifo):
    text = b""
    try:
        while more := os.read(fifo, 65536):
            text += more
    except BlockingIOError:
        pass
    return text.decode()


def test_nobody_reads(serve, lab, pki):
    """Standard error is a pipe, and whoever should read it does not: service goes on, and
    in the end every line is there or counted."""
    path = lab.make_folder("fifo") / "stderr"
    os.mkfifo(path)
    fifo = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        one = serve(log_rate=0, prefix=["sh", "-c", 'exec "$@" 2>"$0"', path])
        for _ in range(1000):
            refused(one)
        session(one, pki)
        log = drain(fifo)
        one.finish()
        log += drain(fifo)
    finally:
        os.close(fifo)
    lost = sum(map(int, re.findall(r"lost=(\d+)", log)))
    assert lost > 0
    assert len(re.findall("event=session", log)) + lost == 1001
    assert "event=stopped" in log
