# SPDX-License-Identifier: ISC
"""What a daemon may find where it is started: limits, descriptors, sockets of others."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from lab import clients, daemon, plain
from lab.child import wait_until
from test_front_processes import activated, client, echo, front, workers, works  # noqa: F401


class Told(plain.Service):
    """Keeps the first line of each session: a PROXY header."""

    def __init__(self):
        self.lines = []
        super().__init__()

    def serve(self, one):
        lines = one.makefile("rb")
        self.lines.append(lines.readline())
        one.sendall(b"* OK hi\r\n")
        for line in lines:
            one.sendall(line.split()[0] + b" OK done\r\n")


@contextlib.contextmanager
def started(folder, text, before="", env=None, **options):
    """starttlsd by a shell that has done something before."""
    path = folder / "starttlsd.conf"
    path.write_text(text)
    command = f"{before}\nexec {daemon.program('starttlsd')} -c {path}"
    made = subprocess.Popen(["bash", "-c", command], env={**os.environ, **(env or {})},
                            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                               "stderr": subprocess.DEVNULL, **options})
    try:
        yield made
    finally:
        made.kill()
        made.wait()


@pytest.mark.parametrize("closed", ["2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_closed_descriptors(lab, network, pki, echo, closed):
    """What is written to stderr never gets to anybody who happens to have its number."""
    listen = network.endpoint()
    text = daemon.config(front(listen, echo), certificates=[pki.server()])
    with started(lab.make_folder("closed"), text, f"exec {closed}") as made:
        wait_until(lambda: made.poll() is not None or not refused(listen), 10, "it listens")
        raw = [socket.create_connection(listen.address, 5) for _ in range(8)]
        for one in raw[:4]:
            one.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with client(listen, pki) as one:
            assert works(one)
        for number in "012":
            assert os.readlink(f"/proc/{made.pid}/fd/{number}") == "/dev/null"
        for one in raw:
            one.close()
        made.terminate()
        assert made.wait(15) == 0


def refused(endpoint):
    try:
        socket.create_connection(endpoint.address, 1).close()
    except OSError:
        return True
    return False


def test_limit_of_file_size(lab, network, pki, echo):
    """A log that may not grow any more is lost, and nobody dies of it."""
    listen = network.endpoint()
    folder = lab.make_folder("filesize")
    text = daemon.config(front(listen, echo), certificates=[pki.server()])
    with open(folder / "log", "ab") as log:
        log.write(b"." * 1000)
        log.flush()
        with started(folder, text, "ulimit -f 2", stdout=log, stderr=log) as made:
            wait_until(lambda: not refused(listen), 10, "it listens")
            held = client(listen, pki)
            for _ in range(20):
                with client(listen, pki) as one:
                    assert works(one)
            assert works(held)
            held.close()
            made.terminate()
            assert made.wait(15) == 0


@pytest.fixture
def both(lab, network, pki):
    """A front on a socket of systemd's for both families."""
    port = network.endpoint("127.0.0.1").port
    bound = socket.socket(socket.AF_INET6)
    bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        bound.bind(("::", port))
    except OSError:
        pytest.skip("no IPv6")
    bound.listen()
    with Told() as service:
        yield bound, port, service
    bound.close()


def test_ipv4_on_a_socket_for_both(both, lab, pki):
    """A client by IPv4 is one, for the service, the log and the networks that are believed."""
    bound, port, service = both
    text = daemon.config(
        daemon.front("imaps", "imap", f"[::]:{port}", service.address, tls="implicit",
                     capabilities='{"IMAP4rev1"}', backend_check=0, tell="proxy-v1"),
        certificates=[pki.server()])
    made, log = activated(lab, "both", text, [bound])
    try:
        raw = socket.create_connection(("127.0.0.1", port), 10)
        own = raw.getsockname()
        one = clients.context(pki.ca).wrap_socket(raw, server_hostname=clients.NAME)
        assert one.recv(100).startswith(b"* OK")
        assert service.lines == [b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % (own[1], port)]
        one.close()
        wait_until(lambda: "event=session" in log.read_text(), 5, "the log")
        assert f"client=127.0.0.1:{own[1]} " in log.read_text()
    finally:
        made.terminate()
        made.wait(20)


def seconds_of_cpu(pid):
    """Of a process and those that it has started."""
    total = 0
    for one in [pid, *workers(pid)]:
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def test_a_socket_that_listens_no_more(lab, network, pki, echo):
    """Whoever it is shared with has ended it: it costs nothing, and sessions go on."""
    listen = network.endpoint()
    bound = socket.create_server(listen.address)
    made, log = activated(lab, "ended", daemon.config(front(listen, echo),
                                                      certificates=[pki.server()]), [bound])
    try:
        held = client(listen, pki)
        bound.shutdown(socket.SHUT_RDWR)
        time.sleep(0.5)
        before = seconds_of_cpu(made.pid)
        time.sleep(1.5)
        assert seconds_of_cpu(made.pid) - before < 0.3
        assert works(held)
        made.send_signal(signal.SIGHUP)
        wait_until(lambda: "event=reloaded" in log.read_text(), 5, "reloaded")
        assert works(held)
        held.close()
        wait_until(lambda: len(workers(made.pid)) == 1, 5, "the old one ends with it")
        made.terminate()
        assert made.wait(15) == 0
    finally:
        made.kill()
        made.wait()
        bound.close()
