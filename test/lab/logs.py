# SPDX-License-Identifier: ISC
"""Daemons that take logs: rsyslog and the journal of systemd.

They listen where all the world looks for them, so they have a /dev, a /run and a
/var/log of their own: nothing of the system's is touched, and nothing reaches it.
"""

import itertools
import json
import os
import socket
import subprocess

import pytest

from .child import Child, LabError, find_program, wait_until

_serial = itertools.count()

DEVICES = "null zero full random urandom".split()

PLACE = """set -e
mkdir -p "$1/dev"
mount -t tmpfs tmpfs "$1/dev"
for device in {devices}; do
	touch "$1/dev/$device"
	mount --bind "/dev/$device" "$1/dev/$device"
done
mount --rbind "$1/dev" /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mkdir -p /run/systemd/journal /run/log
echo there
exec sleep infinity
""".format(devices=" ".join(DEVICES))


class Place(Child):
    """A view of the file system in which those daemons are alone; prefix leads into it."""

    def __init__(self, lab):
        if os.geteuid() != 0:
            pytest.skip("a mount namespace needs root")
        unshare = find_program("unshare", "util-linux")
        self.folder = lab.make_folder(f"logs{next(_serial)}")
        super().__init__([unshare, "--mount", "--propagation", "private", "sh", "-c", PLACE,
                          "place", self.folder], self.folder / "place.log")
        wait_until(lambda: not self.running() or self.log.endswith("there\n"), 10, "the place")
        if not self.running():
            pytest.skip(f"no mount namespace: {self.log}")
        # else the daemons would take the place of the system's own
        assert os.readlink(f"/proc/{self.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt")
        self.prefix = [find_program("nsenter", "util-linux"), f"--mount=/proc/{self.pid}/ns/mnt"]

    def listens(self, path, kind=socket.SOCK_DGRAM):
        """Whether somebody is there, not just a name that was left behind."""
        with socket.socket(socket.AF_UNIX, kind) as one:
            return one.connect_ex(f"/proc/{self.pid}/root{path}") == 0


class Rsyslog(Child):
    """Syslog as Debian has it, on /dev/log; it writes what it understood."""

    CONFIG = """module(load="imuxsock" SysSock.Name="/dev/log" SysSock.IgnoreTimestamp="off"
	SysSock.RateLimit.Interval="0")
template(name="all" type="string"
	string="%pri-text%|%timereported:::date-unixtimestamp%|%programname%|%procid%|%msg%\\n")
action(type="omfile" file="{folder}/messages" template="all")
"""

    def __init__(self, place):
        self.place, self.path = place, place.folder / "messages"
        config = place.folder / "rsyslog.conf"
        config.write_text(self.CONFIG.format(folder=place.folder))
        program = find_program("rsyslogd", "rsyslog")
        super().__init__([*place.prefix, program, "-n", "-f", config,
                          "-i", place.folder / "rsyslog.pid"], place.folder / "rsyslog.log")
        wait_until(lambda: not self.running() or place.listens("/dev/log"), 10,
                   "rsyslog listens")
        if not self.running():
            raise LabError(f"rsyslog ended:\n{self.log}")

    def messages(self):
        """(facility.severity, seconds, program, process, text) each."""
        if not self.path.exists():
            return []
        return [line.split("|", 4) for line in self.path.read_text().splitlines()]

    def wait(self, text):
        return wait_until(lambda: [m for m in self.messages() if text in m[4]], 10,
                          f"{text!r} in {self.path}")[0]


class Journal(Child):
    """systemd-journald, on its sockets below /run/systemd."""

    def __init__(self, place):
        self.place = place
        program = find_program("systemd-journald", "systemd", ["/usr/lib/systemd", "/lib/systemd"])
        super().__init__([*place.prefix, program], place.folder / "journald.log")
        wait_until(lambda: not self.running() or self._listens(), 10, "the journal listens")
        if not self.running():
            raise LabError(f"journald ended:\n{self.log}")

    def _listens(self):
        folder = "/run/systemd/journal"
        return self.place.listens(f"{folder}/socket") and self.place.listens(
            f"{folder}/stdout", socket.SOCK_STREAM)

    def entries(self):
        """What it has of starttlsd, as objects."""
        program = find_program("journalctl", "systemd")
        done = subprocess.run([*self.place.prefix, program, "-D", "/run/log/journal", "--all",
                               "-o", "json", "SYSLOG_IDENTIFIER=starttlsd"],
                              capture_output=True, text=True, timeout=20, check=True)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def wait(self, text):
        return wait_until(lambda: [e for e in self.entries() if text in e["MESSAGE"]], 10,
                          f"{text!r} in the journal")[0]
