# SPDX-License-Identifier: ISC
"""The daemon's processes: one that looks after the others, and change without loss."""

import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from lab import clients, daemon, plain
from lab.child import Child, missing, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def echo():
    with plain.Echo() as made:
        yield made


def front(listen, echo, name="imaps", **options):
    return daemon.front(name, "imap", listen, echo.address, tls="implicit",
                        capabilities='{"IMAP4rev1"}', **{"backend_check": 0, **options})


def client(listen, pki, session=None):
    """A session inside TLS that has been greeted."""
    raw = socket.create_connection(listen.address, 10)
    one = clients.context(pki.ca).wrap_socket(raw, server_hostname=clients.NAME, session=session)
    assert one.recv(100).startswith(b"* OK")
    return one


def works(one):
    one.sendall(b"x NOOP\r\n")
    return one.recv(100) == b"x OK done\r\n"


def workers(parent):
    """The live processes that the parent has started."""
    found = []
    for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
        for child in (task / "children").read_text().split():
            try:
                state = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if state != "Z":
                found.append(int(child))
    return found


def workers_of_session(leader):
    """What is left of its processes when it is gone: they share its session."""
    return [int(path.parent.name) for path in pathlib.Path("/proc").glob("[0-9]*/stat")
            if _session(path) == leader]


def _session(path):
    try:
        fields = path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[3])


def reload(made):
    """SIGHUP, and what came of it: True, or the complaint."""
    before = len(re.findall("event=(?:reloaded|reload) ", made.log))
    made.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(re.findall("event=(?:reloaded|reload) ", made.log)) > before, 20, "reload")
    last = re.findall(r"event=(reloaded|reload) message=(.*)", made.log)[-1]
    return last[0] == "reloaded" or last[1]


@pytest.fixture
def two(starttlsd, network, pki, echo):
    """A daemon with two workers."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(front(listen, echo), certificates=[pki.server()],
                                   workers=2))
    made.listen = listen
    made.wait_log("event=ready")
    return made


def test_a_killed_worker_takes_nothing_with_it(two, pki):
    """Its own sessions are gone; the others', and everybody who comes, are served."""
    held = [client(two.listen, pki) for _ in range(20)]
    victim = workers(two.pid)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(workers(two.pid)) == 2 and victim not in workers(two.pid), 10,
               "another worker")
    two.wait_log("killed by signal 9")
    alive = 0
    for one in held:
        try:
            alive += works(one)
        except OSError:
            pass
    assert 0 < alive < 20, "the kernel deals connections out to both"
    for _ in range(20):
        with client(two.listen, pki) as one:
            assert works(one)


def test_tickets_are_good_with_every_worker_and_over_a_reload(two, pki):
    """One ring of keys for all processes of a front, of any generation."""
    context = clients.context(pki.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def connect(session=None):
        raw = socket.create_connection(two.listen.address, 10)
        one = context.wrap_socket(raw, server_hostname=clients.NAME, session=session)
        one.recv(100)
        return one

    with connect() as first:
        session = first.session
    for _ in range(12):
        with connect(session) as one:
            assert one.session_reused
    assert reload(two) is True
    for _ in range(12):
        with connect(session) as one:
            assert one.session_reused
    with connect() as one:  # the benign twin: without a ticket it is a full handshake
        assert not one.session_reused


def test_new_configuration_new_listener(two, network, pki, echo):
    """What is new is served, what is gone is not, and who was there stays."""
    other = network.endpoint()
    held = client(two.listen, pki)
    two.config.write_text(two.config.read_text().replace(str(two.listen), str(other)))
    assert reload(two) is True
    with client(other, pki) as one:
        assert works(one)
    wait_until(lambda: _refused(two.listen), 10, "the old address is closed")
    assert works(held)
    held.close()
    wait_until(lambda: len(workers(two.pid)) == 2, 10, "the old workers end with their sessions")


def ended(made):
    """It has ended well, by itself, and leaves nothing."""
    assert made.process.wait(10) == 0
    assert not workers_of_session(made.pid)
    made.finish = made.stop


def _refused(endpoint):
    try:
        socket.create_connection(endpoint.address, 1).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize("wrong,complaint", [
    ('nonsense = 1', r":\d+: nonsense"),
    ('front "b" {', r":\d+: "),
    ('certificate { chain = "/nowhere" key = "/nowhere" }', r":\d+: .*/nowhere"),
])
def test_a_bad_configuration_is_not_used(two, pki, wrong, complaint):
    """The old one stays, and the log says so, with file and line."""
    good = two.config.read_text()
    two.config.write_text(good + wrong + "\n")
    assert "the old one stays" in reload(two)
    assert re.search(complaint, two.log), two.log[-2000:]
    with client(two.listen, pki) as one:
        assert works(one)
    two.config.write_text(good)
    assert reload(two) is True


def test_an_address_in_use_is_not_taken(two, network, pki, echo):
    """A new listener that cannot be had: the old configuration stays as a whole."""
    other = network.endpoint()
    taken = socket.create_server(other.address)
    good = two.config.read_text()
    two.config.write_text(good + front(other, echo, "second"))
    assert "the old one stays" in reload(two)
    assert "Address already in use" in two.log
    taken.close()
    assert reload(two) is True
    with client(other, pki) as one:
        assert works(one)


def test_two_daemons_do_not_share_a_port(two, lab, pki):
    """Although the workers of one do."""
    folder = lab.make_folder("rival")
    (folder / "conf").write_text(two.config.read_text())
    done = subprocess.run([daemon.program("starttlsd"), "-c", folder / "conf"], timeout=20,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Address already in use" in done.stderr


def test_thousand_sessions_over_fifty_reloads(starttlsd, network, pki, echo):
    """None of those that are held is lost, and none of those that come is refused."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(front(listen, echo), certificates=[pki.server()],
                                   workers=2, limits={"connections_per_address": 0,
                                                       "handshakes_per_address": 0}))
    made.wait_log("event=ready")
    held = [client(listen, pki) for _ in range(1000)]
    served, failed, stop = [], [], threading.Event()

    def load():
        while not stop.is_set():
            try:
                with client(listen, pki) as one:
                    served.append(works(one))
            except (OSError, AssertionError) as error:
                failed.append(error)

    loaders = [threading.Thread(target=load) for _ in range(2)]
    for one in loaders:
        one.start()
    for _ in range(50):
        assert reload(made) is True
    stop.set()
    for one in loaders:
        one.join()
    assert not failed, failed[:3]
    assert len(served) > 50 and all(served)
    assert all(works(one) for one in held)
    for one in held:
        one.close()
    wait_until(lambda: len(workers(made.pid)) == 2, 20, "all old workers have ended")


def _serial(listen, pki):
    raw = socket.create_connection(listen.address, 10)
    with clients.context(pki.ca).wrap_socket(raw, server_hostname=clients.NAME) as one:
        return one.getpeercert()["serialNumber"]


def test_certificates_are_read_again(starttlsd, lab, network, pki, echo):
    """When their files change, without anybody asking; what is broken meanwhile is not used."""
    folder = lab.make_folder("renewed")
    paths = folder / "chain.pem", folder / "key.pem"
    first = pki.leaf(clients.NAME, "first.lab.test")
    second = pki.leaf(clients.NAME, "second.lab.test")

    def put(certificate):
        for source, path in zip((certificate.chain, certificate.key), paths):
            shutil.copy(source, path)

    put(first)
    listen = network.endpoint()
    text = f'certificate {{ chain = "{paths[0]}" key = "{paths[1]}" }}\n'
    made = starttlsd(daemon.config(text, front(listen, echo), watch_certificates=1))
    made.wait_log("event=ready")
    before = _serial(listen, pki)
    held = client(listen, pki)
    shutil.copy(second.chain, paths[0])  # and the key does not fit
    made.wait_log("the old one stays", seconds=20)
    assert _serial(listen, pki) == before
    put(second)
    made.wait_log("event=reloaded", seconds=20)
    assert _serial(listen, pki) != before
    assert works(held)


def test_sigterm_drains(starttlsd, network, pki, echo):
    """Nobody new is let in; whoever is there has until the limit."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(front(listen, echo), certificates=[pki.server()],
                                   workers=2, drain=20))
    made.wait_log("event=ready")
    held = client(listen, pki)
    made.process.send_signal(signal.SIGTERM)
    wait_until(lambda: _refused(listen), 10, "closed to others")
    assert works(held) and made.running()
    held.close()
    ended(made)


def test_drain_has_a_limit(starttlsd, network, pki, echo):
    """A session that does not end is ended: by a reset, since it was no end of its own."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(front(listen, echo), certificates=[pki.server()],
                                   drain=1))
    made.wait_log("event=ready")
    held = client(listen, pki)
    made.process.send_signal(signal.SIGTERM)
    ended(made)
    with pytest.raises(OSError):
        held.sendall(b"x NOOP\r\n")
        held.recv(100) or held.sendall(b"x NOOP\r\n")
    assert "fault=shutting-down" in made.log


def test_a_dead_parent_leaves_no_listener(starttlsd, network, pki, echo):
    """Its workers end when their sessions do, and another daemon can have the address."""
    listen = network.endpoint()
    text = daemon.config(front(listen, echo), certificates=[pki.server()])
    made = starttlsd(text)
    made.wait_log("event=ready")
    held = client(listen, pki)
    left = workers(made.pid)
    made.process.kill()
    made.process.wait()
    wait_until(lambda: _refused(listen), 10, "closed")
    assert works(held)
    held.close()
    wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}/exe").exists() for pid in left), 10,
               "the worker ends")
    made.finish = made.stop  # it did not end as the fixture would have it
    starttlsd(text)
    with client(listen, pki) as one:
        assert works(one)


# ---------------------------------------------------------------- systemd


def activated(lab, folder, text, sockets, env=None):
    """starttlsd as systemd starts it, with sockets from 3 on."""
    path = lab.make_folder(folder) / "starttlsd.conf"
    path.write_text(text)
    program = daemon.program("starttlsd")
    script = f'LISTEN_PID=$$ LISTEN_FDS={len(sockets)} exec {program} -c {path}'
    # Numbers that nobody has, here or behind 3 there.
    given = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 100) for one in sockets]
    for number, one in enumerate(given):
        script += f" {3 + number}<&{one} {one}<&-"
    out = open(path.parent / "log", "ab")
    try:
        return subprocess.Popen(["bash", "-c", script], stdout=out, stderr=out, close_fds=False,
                                env={**os.environ, **(env or {})}), path.parent / "log"
    finally:
        out.close()
        for one in given:
            os.close(one)


def test_socket_activation(lab, network, pki, echo):
    """An inherited socket is used for the address that it is bound to, and it outlives us."""
    listen, other = network.endpoint(), network.endpoint()
    bound = socket.create_server(listen.address)
    stray = socket.create_server(other.address)
    made, log = activated(lab, "activated", daemon.config(front(listen, echo),
                                                          certificates=[pki.server()]),
                          [bound, stray])
    try:
        with client(listen, pki) as one:
            assert works(one)
        wait_until(lambda: str(other) in log.read_text(), 5, "a socket that no front is for is told")
        made.terminate()
        assert made.wait(20) == 0
        assert not _refused(listen), "systemd keeps it"
    finally:
        made.kill()
        made.wait()
        bound.close()
        stray.close()


def test_socket_of_systemd(lab, network, pki, echo):
    """The same by the program that systemd brings to try it with."""
    program = shutil.which("systemd-socket-activate") or missing("systemd-socket-activate", "systemd")
    listen = network.endpoint()
    folder = lab.make_folder("activate")
    (folder / "conf").write_text(daemon.config(front(listen, echo), certificates=[pki.server()]))
    with Child([program, "-l", str(listen), daemon.program("starttlsd"), "-c", folder / "conf"],
               folder / "log") as made:
        made.wait_listening([listen])
        with client(listen, pki) as one:
            assert works(one)
        assert made.stop() == 0, made.log


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_notify(lab, network, pki, echo, abstract):
    """READY when it serves, RELOADING around a reload, STOPPING at the end."""
    folder = lab.make_folder(f"notify{abstract}")
    name = f"\0starttls-{os.getpid()}" if abstract else str(folder / "s")
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(name)
    told.settimeout(10)
    if not abstract:
        os.chmod(name, 0o777)
    listen = network.endpoint()
    made, _ = activated(lab, f"notified{abstract}",
                        daemon.config(front(listen, echo), certificates=[pki.server()]), [],
                        env={"NOTIFY_SOCKET": name.replace("\0", "@")})
    try:
        assert told.recv(500).startswith(b"READY=1")
        made.send_signal(signal.SIGHUP)
        assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", told.recv(500))
        assert told.recv(500).startswith(b"READY=1")
        made.terminate()
        assert told.recv(500).startswith(b"STOPPING=1")
        assert made.wait(20) == 0
    finally:
        made.kill()
        made.wait()
        told.close()


def test_unit_is_hardened():
    """systemd's own judgement of the unit, from 0 (best) to 10."""
    unit = ROOT / "packaging" / "starttlsd.service"
    if not shutil.which("systemd-analyze"):
        missing("systemd-analyze", "systemd")
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", unit],
                          capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found.group(1)) < 2.0, done.stdout


# ------------------------------------------------------------------- hosts


def test_backend_by_name(starttlsd, network, pki, echo):
    """Looked up by a process that has no privileges, and used."""
    listen = network.endpoint()
    port = echo.address.rpartition(":")[2]
    text = daemon.front("imaps", "imap", listen, f"localhost:{port}", tls="implicit",
                        capabilities='{"IMAP4rev1"}', backend_check=0)
    starttlsd(daemon.config(text, certificates=[pki.server()]))
    with client(listen, pki) as one:
        assert works(one)


def test_backend_without_an_address(tmp_path, network, pki):
    """A name that there is not: file, line, and the resolver's reason."""
    text = daemon.front("imaps", "imap", network.endpoint(), "no-such-host.invalid:143",
                        tls="implicit")
    done = daemon.check_config(tmp_path, daemon.config(text, certificates=[pki.server()]))
    assert done.returncode == 1
    assert re.search(r'test\.conf:\d+: .*backend: "no-such-host\.invalid:143": \w+', done.stderr)
