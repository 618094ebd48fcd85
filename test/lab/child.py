# SPDX-License-Identifier: ISC
"""Folders, addresses and child processes: what every server of the lab stands on.

Nothing here outlives the session: each child is the leader of its own process
group, dies with its parent (PR_SET_PDEATHSIG), and orphans of a child come back
to us (PR_SET_CHILD_SUBREAPER), so that stop() can prove that nothing is left.
"""

import ctypes
import itertools
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
_libc = ctypes.CDLL(None, use_errno=True)

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


class LabError(Exception):
    """A server of the lab did not start, answer or stop as it should."""


def missing(what, package):
    """Skips the test visibly; where the peers are promised (CI) it fails instead."""
    message = f"{what} is not installed: apt-get install {package}"
    if IN_CI:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def find_program(name, package, extra=()):
    """The path of a program, daemons' folders included."""
    path = os.pathsep.join(["/usr/sbin", "/usr/bin", "/sbin", "/bin", *extra])
    found = shutil.which(name, path=path)
    return found or missing(name, package)


def root_needed(what):
    if os.geteuid() != 0:
        pytest.skip(f"{what} needs root: its own processes change to another user")


class Endpoint:
    """Where a service listens."""

    def __init__(self, host, port, name=""):
        self.host, self.port, self.name = host, int(port), name

    def __str__(self):
        return f"{self.host}:{self.port}"

    def __repr__(self):
        return f"<{self.name or 'endpoint'} {self}>"

    @property
    def address(self):
        return (self.host, self.port)

    def url(self, scheme):
        return f"{scheme}://{self}"


class Network:
    """Loopback addresses of this session alone.

    A /24 of 127.0.0.0/8 chosen at random and ports below the ephemeral range:
    two sessions at once, or a client's own port, practically never meet.
    """

    def __init__(self):
        chance = random.SystemRandom()
        self.prefix = f"127.{chance.randrange(1, 255)}.{chance.randrange(1, 255)}"
        # Few enough for a certificate to name them all.
        self.hosts = [f"{self.prefix}.{last}" for last in range(1, 65)]
        self._next = itertools.cycle(self.hosts)
        self._ports = itertools.count(chance.randrange(10000, 20000))

    def host(self):
        """Another address, so that a server is a host of its own (there are 64)."""
        return next(self._next)

    def endpoint(self, host=None, name=""):
        """A free port on an address (a new one if none is given)."""
        host = host or self.host()
        for port in self._ports:
            if not listening(host, port):
                return Endpoint(host, port, name)
        raise LabError("no port is free")


def _listeners(pid):
    found = set()
    for table in (f"/proc/{pid}/net/tcp", f"/proc/{pid}/net/tcp6"):
        try:
            rows = pathlib.Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == "0A":  # TCP_LISTEN
                found.add(tuple(columns[1].split(":")))
    return found


def listening(host, port, pid="self"):
    """Whether a socket listens there, in the network of a process, seen without
    connecting: a connection would be a session in the server's log, and often a complaint."""
    hexport = f"{port:04X}"
    hexhost = "".join(f"{int(part):02X}" for part in reversed(host.split(".")))
    wanted = {(hexhost, hexport), ("00000000", hexport), ("0" * 32, hexport)}
    return bool(wanted & _listeners(pid))


def wait_until(condition, seconds, what):
    """Polls until condition() is true and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise LabError(f"gave up after {seconds} s: {what}")
        time.sleep(0.02)


def make_folder(parent, name, owner=None, mode=0o755):
    folder = pathlib.Path(parent) / name
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    if owner:
        shutil.chown(folder, owner)
    return folder


class Lab:
    """One session's folder and network, and everything that runs in it.

    The folder is not pytest's tmp_path: that one is closed to other users (0700,
    and closed again by every other session that starts), but Postfix, Dovecot
    and PostgreSQL run as users of their own.  Unix socket paths must be short too.
    """

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        self.folder.chmod(0o755)
        self.network = Network()
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if os.environ.get("STARTTLS_KEEP"):
            print(f"\nthe lab's folder was kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def make_folder(self, name, owner=None, mode=0o755):
        return make_folder(self.folder, name, owner, mode)


def _tie_to_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _stat(pid):
    """State and process group, session of a process, or None."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return {"state": fields[0], "parent": int(fields[1]), "group": int(fields[2]),
            "session": int(fields[3])}


def _family(leader):
    """Live processes of a child's session, and descendants in sessions of their own."""
    stats = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(entry)):
            stats[int(entry)] = stat
    family = {pid for pid, stat in stats.items() if leader in (stat["session"], stat["group"])}
    family.add(leader)
    grew = True
    while grew:
        more = {pid for pid, stat in stats.items() if stat["parent"] in family} - family
        family |= more
        grew = bool(more)
    return {pid for pid in family if pid in stats and stats[pid]["state"] not in "ZX"}


def _reap(pids):
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass


class Child:
    """A foreground process with a log, stopped by its id.

    To be started by the main thread: the kernel ends a child with the thread that made it.
    """

    def __init__(self, argv, log, cwd=None, env=None, user=None, group=None, stdin=None):
        self.argv = [str(arg) for arg in argv]
        self.log_path = pathlib.Path(log)
        self.status = None
        self.leftover = set()
        with open(self.log_path, "ab") as out:
            self.process = subprocess.Popen(
                self.argv, stdin=stdin or subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd,
                env={**os.environ, **(env or {})}, start_new_session=True,
                preexec_fn=_tie_to_parent, user=user, group=group,
                extra_groups=[] if user else None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def running(self):
        return self.process.poll() is None

    def wait_listening(self, endpoints, seconds=15):
        """Returns when all of them listen; an early death is told with the log."""

        def ready():
            if not self.running():
                raise LabError(f"{self.argv[0]} ended with status {self.process.returncode}:\n"
                               f"{self.log[-4000:]}")
            return all(listening(*endpoint.address, self.pid) for endpoint in endpoints)

        try:
            wait_until(ready, seconds, f"{self.argv[0]} listens on {endpoints}")
        except LabError as error:
            self.stop()
            raise LabError(f"{error}\n{self.log[-4000:]}") from None
        return self

    def wait_log(self, text, seconds=10, count=1):
        """Returns when the log holds the text, that many times at least."""
        return wait_until(lambda: self.log.count(text) >= count, seconds,
                          f"{text!r} {count} times in {self.log_path}")

    def stop(self, signum=signal.SIGTERM, seconds=10):
        """Ends it and whatever it started; returns its exit status (-N: signal N)."""
        if self.status is not None:
            return self.status
        family = _family(self.pid)
        if self.running():
            self.process.send_signal(signum)
        try:
            self.status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            family |= _family(self.pid)
            self.process.kill()
            self.status = self.process.wait()
        self._end_rest(family)
        return self.status

    def _end_rest(self, family):
        """Children of a server that was told to stop get a moment, then SIGKILL."""
        family.discard(self.pid)
        deadline = time.monotonic() + 2
        while (alive := self._alive(family)) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in alive:
            self.leftover.add(pid)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + 2
        while self._alive(family) and time.monotonic() < deadline:
            time.sleep(0.02)

    def _alive(self, family):
        _reap(family)
        return {pid for pid in family | _family(self.pid)
                if pid != self.pid and (stat := _stat(pid)) and stat["state"] not in "ZX"}
