# SPDX-License-Identifier: ISC
"""The place that the offline internet is in: a namespace of network and mounts."""

import ctypes
import os
import socket
import subprocess
import threading

import pytest

from . import internet_dns as dns
from .child import Child, find_program, wait_until

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

# What is sent to these networks goes nowhere, without a word (RFC 5737 and RFC 2544 have them
# for examples and measurements).
PLACE = """set -e
ip link set lo up
ip route add 192.0.2.0/24 dev lo
ip route add 198.18.0.0/15 dev lo
mount --bind "$1" "$(readlink -f /etc/resolv.conf)"
echo there
exec sleep infinity
"""


class Place(Child):
    """The namespaces; .prefix in front of a command leads into them."""

    def __init__(self, folder):
        unshare = find_program("unshare", "util-linux")
        find_program("ip", "iproute2")
        resolv = folder / "resolv.conf"
        resolv.write_text(f"nameserver {dns.RESOLVER}\noptions edns0 trust-ad\n")
        super().__init__([unshare, "--net", "--mount", "--propagation", "private", "sh", "-c",
                          PLACE, "place", resolv], folder / "place.log")
        wait_until(lambda: not self.running() or self.log.endswith("there\n"), 10, "the place")
        if not self.running():
            pytest.skip(f"no namespace of our own: {self.log}")
        # else the ports of the system would be taken
        assert os.readlink(f"/proc/{self.pid}/ns/net") != os.readlink("/proc/self/ns/net")
        self.prefix = [find_program("nsenter", "util-linux"),
                       *(f"--{kind}=/proc/{self.pid}/ns/{name}"
                         for kind, name in (("net", "net"), ("mount", "mnt")))]

    def start(self, argv, log, **options):
        """A Child in the place."""
        return Child([*self.prefix, *argv], log, **options)

    def run(self, argv, timeout=60, check=False, **options):
        """The completed process of a command in the place, with its output as text."""
        options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options}
        if "input" in options:
            del options["stdin"]
        return subprocess.run([*self.prefix, *map(str, argv)], timeout=timeout, check=check,
                              **options)

    def socket(self, host="127.0.0.1", port=0, kind=socket.SOCK_STREAM):
        """A socket that is bound in the place.  A socket stays where it was made, and a thread
        may go there alone."""
        made = []

        def make():
            with open(f"/proc/{self.pid}/ns/net", "rb") as there:
                if _libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                    made.append(OSError(ctypes.get_errno(), "setns"))
                    return
            one = socket.socket(socket.AF_INET, kind)
            try:
                if kind == socket.SOCK_STREAM:  # datagram sockets would share a port
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((host, port))
            except OSError as error:
                one.close()
                made.append(error)
                return
            made.append(one)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def listen(self, host, port):
        one = self.socket(host, port)
        one.listen(512)
        return one

    def connect(self, host, port, timeout=10, source="127.0.0.1"):
        """A connected socket."""
        one = self.socket(source)
        one.settimeout(timeout)
        try:
            one.connect((host, port))
        except OSError:
            one.close()
            raise
        return one

    def ask(self, server, name, kind, timeout=2, flags=0x0100):
        """The answer of a name server, as it is on the wire; b"" when there is none."""
        with self.socket(kind=socket.SOCK_DGRAM) as one:
            one.settimeout(timeout)
            try:
                one.sendto(dns.question(name, kind, flags), (server, 53))
                return one.recv(65535)
            except OSError:
                return b""
