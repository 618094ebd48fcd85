# SPDX-License-Identifier: ISC
"""A Redis server that can be killed and revived with what it had, and made to hang."""

import os
import signal
import subprocess

from .child import Child, LabError, find_program, wait_until


class Redis:
    """.url for "state"; prefix leads into a place of its own, as of internet.prefix."""

    def __init__(self, lab, name, endpoint, prefix=()):
        self.folder = lab.make_folder(name)
        self.endpoint, self.prefix = endpoint, list(prefix)
        self.url = f"redis://{endpoint}/0"
        self.child = None
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.child = Child(
            [*self.prefix, find_program("redis-server", "redis-server"), "--bind",
             self.endpoint.host, "--port", self.endpoint.port, "--dir", self.folder,
             "--appendonly", "yes", "--save", "", "--daemonize", "no"], self.folder / "redis.log")
        try:
            wait_until(lambda: self.ask("PING") == "PONG", 10, "Redis answers")
        except LabError as error:
            self.stop()
            raise LabError(f"{error}\n{self.child.log}") from None

    def stop(self):
        self.child.stop()

    def freeze(self):
        """It hangs from now on: the kernel takes connections, and nobody answers."""
        os.kill(self.child.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.child.pid, signal.SIGCONT)

    def ask(self, *words):
        """What redis-cli says to a command, without the line feed."""
        done = subprocess.run(
            [*self.prefix, find_program("redis-cli", "redis-tools"), "-h", self.endpoint.host,
             "-p", str(self.endpoint.port), *words], capture_output=True, text=True, timeout=10,
            check=False)
        return done.stdout.rstrip("\n")
