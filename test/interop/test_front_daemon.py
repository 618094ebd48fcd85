# SPDX-License-Identifier: ISC
"""The daemon as its operator knows it: configuration, users, sockets, deadlines, leaks, ends."""

import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import time

import pytest

from lab import clients, daemon
from lab.acceptor import Acceptor
from lab.child import Child, missing, wait_until


class Backend(Acceptor):
    """A service in plaintext that greets, for what real ones cannot be made to do."""

    def __init__(self, listener):
        name = listener.getsockname()
        self.address = f"unix:{name}" if isinstance(name, str) else f"{name[0]}:{name[1]}"
        self.connections = []
        super().__init__(listener)

    def taken(self, one):
        one.sendall(b"* OK hi\r\n")
        self.connections.append(one)

    def wait(self):
        """The first connection."""
        return wait_until(lambda: self.connections, 5, "a connection")[0]

    def stop(self):
        super().stop()
        for one in self.connections:
            one.close()


@pytest.fixture
def backend():
    with Backend(socket.create_server(("127.0.0.1", 0))) as made:
        yield made


def talk_tls(listen, pki):
    """Inside TLS; an end of file without close_notify raises."""
    talk = clients.Lines(listen)
    talk.socket = clients.context(pki.ca).wrap_socket(
        talk.socket, server_hostname=clients.NAME, suppress_ragged_eofs=False)
    return talk


IMAPS = dict(tls="implicit", capabilities='{"IMAP4rev1"}', backend_check=0)


@pytest.fixture
def imaps(starttlsd, network, pki, backend):
    """An implicit front before the backend that records."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(
        daemon.front("imaps", "imap", listen, backend.address, **IMAPS),
        certificates=[pki.server()]))
    made.listen = listen
    return made


# ---------------------------------------------------------------- the ends


def test_close_is_a_close(imaps, backend, pki):
    """close_notify from the client is an end of file for the service, and the answer that
    the service still gives arrives: a half-close."""
    talk = talk_tls(imaps.listen, pki)
    talk.until(r"\* OK")
    talk.say("a LOGIN u p")
    service = backend.wait()
    assert service.recv(100) == b"a LOGIN u p\r\n"
    service.sendall(b"a OK in\r\n")
    assert talk.until("a ")
    heard = []

    def leave():  # sends close_notify, and complains of data that comes behind it
        try:
            talk.socket.unwrap()
        except OSError as error:
            heard.append(str(error))

    closer = threading.Thread(target=leave, daemon=True)
    closer.start()
    assert service.recv(100) == b""
    service.sendall(b"* BYE late\r\n")
    service.close()
    closer.join(5)
    assert heard and "APPLICATION_DATA_AFTER_CLOSE_NOTIFY" in heard[0]


def test_service_close_is_a_close(imaps, backend, pki):
    """The service's end of file is close_notify for the client."""
    talk = talk_tls(imaps.listen, pki)
    talk.until(r"\* OK")
    backend.wait().close()
    assert talk.socket.recv(10) == b""


@pytest.fixture
def patient(starttlsd, network, pki, backend):
    """Silence is no reason to end a session, as is usual in chat."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(
        daemon.front("imaps", "imap", listen, backend.address, **IMAPS, idle=0),
        certificates=[pki.server()]))
    made.listen = listen
    return made


def test_service_closes_and_client_stays(patient, backend, pki):
    """Nobody hears it any more, so that it is left after a while; and until then, and even
    later, it can read what the service has said."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(patient.listen.address)
        one = clients.context(pki.ca).wrap_socket(raw, server_hostname=clients.NAME,
                                                  suppress_ragged_eofs=False)
        assert one.recv(100) == b"* OK hi\r\n"
        held = talk_tls(patient.listen, pki)  # the benign twin: its service is there
        held.until(r"\* OK")
        wait_until(lambda: len(backend.connections) == 2, 5, "both")
        backend.connections[0].sendall((b"* " + b"x" * 71 + b"\r\n") * 800)
        backend.connections[0].close()
        patient.wait_log("event=session", 20)
        assert re.search("fault=none by=backend .*ms=1[0-9]{4}", patient.log), patient.log
        heard = 0
        while more := one.recv(16384):
            heard += len(more)
        assert heard == 60000
        held.say("x NOOP")
        assert backend.connections[1].recv(100) == b"x NOOP\r\n"


def test_service_cut_is_a_cut(imaps, backend, pki):
    """TLS-19: a service that was reset is no end that a client may take for one."""
    talk = talk_tls(imaps.listen, pki)
    talk.until(r"\* OK")
    service = backend.wait()
    service.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    service.close()
    with pytest.raises(OSError):
        talk.socket.recv(10)


def test_client_cut_is_a_cut(imaps, backend, pki):
    """An end of file without close_notify reaches the service as a reset."""
    talk = talk_tls(imaps.listen, pki)
    talk.until(r"\* OK")
    service = backend.wait()
    plain = talk.socket.detach()
    os.close(plain)
    with pytest.raises(ConnectionResetError):
        service.settimeout(5)
        if service.recv(10) == b"":
            pytest.fail("the service read an orderly end")
    imaps.wait_log("connection-cut")


# ------------------------------------------------------- sockets and users


def test_unix_sockets(starttlsd, lab, network, pki, tmp_path):
    """A service behind a Unix socket."""
    path = lab.make_folder("sockets") / "imap"
    listener, listen = socket.socket(socket.AF_UNIX), network.endpoint()
    listener.bind(str(path))
    listener.listen()
    path.chmod(0o777)
    with Backend(listener) as service:
        starttlsd(daemon.config(daemon.front("imaps", "imap", listen, service.address, **IMAPS),
                                certificates=[pki.server()]))
        assert talk_tls(listen, pki).until(r"\* OK")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to have something to drop")
def test_privileges(starttlsd, network, pki, backend):
    """It runs as the user that it was told, and cannot go back."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(
        daemon.front("imaps", "imap", listen, backend.address, **IMAPS),
        certificates=[pki.server()], user="nobody"))
    worker = open(f"/proc/{made.pid}/task/{made.pid}/children", encoding="ascii").read().split()[0]
    status = open(f"/proc/{worker}/status", encoding="ascii").read()
    uid = __import__("pwd").getpwnam("nobody").pw_uid
    assert re.search(rf"^Uid:\t{uid}\t{uid}\t{uid}\t{uid}$", status, re.M)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert re.search(r"^CapEff:\t0+$", status, re.M)


def test_ordinary_user(lab, network, pki, backend):
    """On a high port nothing needs root."""
    folder = lab.make_folder("ordinary", mode=0o777)
    listen = network.endpoint()
    path = folder / "starttlsd.conf"
    keys = lab.make_folder("ordinary/keys", mode=0o755)
    for name in ("chain", "key"):
        shutil.copy(getattr(pki.server(), name), keys / f"{name}.pem")
        os.chmod(keys / f"{name}.pem", 0o644)
    path.write_text(f'hostname = "mail.lab.test"\ncertificate {{ chain = "{keys}/chain.pem" '
                    f'key = "{keys}/key.pem" }}\n'
                    + daemon.front("imaps", "imap", listen, backend.address, **IMAPS))
    who = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    program = folder / "starttlsd"
    shutil.copy(daemon.program("starttlsd"), program)
    with Child([program, "-c", path], folder / "log", **who) as made:
        made.wait_listening([listen])
        assert talk_tls(listen, pki).until(r"\* OK")
        assert made.stop() == 0


# ---------------------------------------------------------------- deadlines


def test_deadlines(starttlsd, network, pki, backend):
    """Absolute: whoever dawdles is shown the door, in plaintext and in the handshake."""
    listen, direct = network.endpoint(), network.endpoint()
    made = starttlsd(daemon.config(
        daemon.front("imap", "imap", listen, backend.address, capabilities='{"IMAP4rev1"}',
                     plaintext_deadline=1, handshake_deadline=1),
        daemon.front("imaps", "imap", direct, backend.address, handshake_deadline=1, **IMAPS),
        certificates=[pki.server()]))
    begun = time.monotonic()
    with clients.Lines(listen) as talk:
        talk.until(r"\* OK")
        while time.monotonic() - begun < 10:  # one byte after the other does not help
            try:
                talk.send(b"a")
            except OSError:
                break
            time.sleep(0.2)
        assert time.monotonic() - begun < 5
        assert b"* BYE" in talk.rest()
    with clients.Lines(direct) as talk:
        talk.send(b"\x16")
        assert talk.rest() == b""
    made.wait_log("fault=timeout", count=2)


# ------------------------------------------------------------ configuration


@pytest.mark.parametrize("wrong,complaint", [
    ('front "a" { protokol = imap }', r"protokol"),
    ('front "a" { protocol = gopher }', r"smtp"),
    ('front "a" { protocol = imap listen = {"127.0.0.1:99999"} }', r"99999"),
    ('nonsense = 1', r"nonsense"),
])
def test_errors_name_the_place(tmp_path, pki, wrong, complaint):
    """File, line, what is wrong, what is allowed."""
    done = daemon.check_config(tmp_path, daemon.config(
        certificates=[pki.server()]) + "\n\n" + wrong + "\n")
    assert done.returncode != 0
    assert re.search(rf"test\.conf:\d+: .*{complaint}", done.stderr), done.stderr


def test_certificates_are_tested(tmp_path, pki, network):
    """-t reads certificates and keys, and names the line of the block."""
    fine = daemon.front("a", "imap", network.endpoint(), "127.0.0.1:143")
    assert daemon.check_config(
        tmp_path, daemon.config(fine, certificates=[pki.server()])).returncode == 0
    expired = daemon.check_config(tmp_path, daemon.config(fine, certificates=[pki.expired()]))
    assert expired.returncode != 0 and "expired" in expired.stderr
    assert re.search(r"test\.conf:\d+:", expired.stderr)


# -------------------------------------------------------------------- leaks


def test_no_leak_in_a_thousand_sessions(lab, network, pki, backend):
    """valgrind finds nothing lost in a daemon that served a thousand sessions."""
    valgrind = shutil.which("valgrind")
    if not valgrind:
        missing("valgrind", "valgrind")
    program = daemon.program("starttlsd")
    symbols = subprocess.run(["nm", "-D", program], capture_output=True, text=True, check=False)
    if "__asan_init" in symbols.stdout:
        pytest.skip("built with ASan, which looks for leaks in every other test")
    listen, plain = network.endpoint(), network.endpoint()
    folder = lab.make_folder("valgrind")
    path = folder / "starttlsd.conf"
    path.write_text(daemon.config(
        daemon.front("imaps", "imap", listen, backend.address, **IMAPS),
        daemon.front("imap", "imap", plain, backend.address, capabilities='{"IMAP4rev1"}'),
        certificates=[pki.server()], sandbox=False))
    # Sessions that end well, that end badly, and that never get anywhere.
    with Child([valgrind, "-q", "--leak-check=full", "--errors-for-leak-kinds=definite",
                "--error-exitcode=9", program, "-c", path], folder / "log") as made:
        made.wait_listening([listen, plain], seconds=60)
        for number in range(250):
            with talk_tls(listen, pki) as talk:
                talk.until(r"\* OK")
            with clients.Lines(listen) as talk:
                talk.send(b"\x16\x03\x01")
            with clients.Lines(plain) as talk:
                talk.until(r"\* OK")
                talk.send(b"a STARTTLS\r\n" + (b"b NOOP\r\n" if number % 2 else b""))
                talk.until("a ")
            with clients.Lines(plain) as talk:
                talk.ask("a LOGOUT", "a ")
        assert made.stop(seconds=60) == 0, made.log[-3000:]
        assert "event=worker" not in made.log and "==" not in made.log, made.log[:3000]
        assert made.log.count("event=session") >= 1000


# ------------------------------------------------- services that are none


@pytest.mark.parametrize("said", [b"\0" * 200000, b"* " + b"x" * 200000],
                         ids=["no line", "a long line"])
def test_service_that_floods(imaps, backend, pki, said):
    """What a service says before the login is bounded, too: the session ends, it does not hang."""
    talk = talk_tls(imaps.listen, pki)
    talk.until(r"\* OK")
    service = backend.wait()
    service.settimeout(5)
    talk.socket.settimeout(5)
    try:
        service.sendall(said)
        while talk.socket.recv(65536):
            pass
    except TimeoutError:
        pytest.fail("the session hangs")
    except OSError:
        pass
    with talk_tls(imaps.listen, pki) as other:  # and the front lives on
        assert other.until(r"\* OK")
