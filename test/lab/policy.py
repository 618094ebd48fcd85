# SPDX-License-Identifier: ISC
"""Asks a policy service, as Postfix does by socketmap and tcp_table, and as others do for JSON."""

import json
import os
import pathlib
import re
import signal
import socket
import urllib.parse

from . import child, daemon
from .internet_domains import Expect


class Asker:
    """A connection that stays open.  The socket is connected already, or a path of one."""

    def __init__(self, where, timeout=90):
        if not isinstance(where, socket.socket):
            path, where = str(where), socket.socket(socket.AF_UNIX)
            where.settimeout(timeout)
            where.connect(path)
        self.socket = where
        self.socket.settimeout(timeout)
        self._left = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, octets):
        self.socket.sendall(octets)

    def _more(self):
        octets = self.socket.recv(65536)
        if not octets:
            raise EOFError(f"the service closed the connection behind {self._left!r}")
        self._left += octets

    def line(self):
        while b"\n" not in self._left:
            self._more()
        line, _, self._left = self._left.partition(b"\n")
        return line.decode()

    def octets(self, count):
        while len(self._left) < count:
            self._more()
        octets, self._left = self._left[:count], self._left[count:]
        return octets

    def is_over(self):
        """The service has closed it, and said nothing more."""
        try:
            return not self._left and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def ask(self, key):
        self.put(key)
        return self.get()


class Socketmap(Asker):
    """A reply is a tuple: ("OK", "secure match=..."), ("NOTFOUND", ""), ("TEMP", why)."""

    def __init__(self, where, table="postfix", **options):
        super().__init__(where, **options)
        self.table = table

    def put(self, key):
        body = f"{self.table} {key}".encode()
        self.say(b"%d:%s," % (len(body), body))

    def get(self):
        digits = b""
        while (digit := self.octets(1)) != b":":
            assert digit.isdigit(), digits + digit
            digits += digit
        body = self.octets(int(digits)).decode()
        assert self.octets(1) == b","
        word, _, text = body.partition(" ")
        assert _ == " ", body
        return word, text


class TcpTable(Asker):
    """A reply is a tuple: (200, "secure match=..."), (500, "not found"), (400, why)."""

    def put(self, key):
        self.say(f"get {urllib.parse.quote(key, safe='[]:.')}\n".encode())

    def get(self):
        line = self.line()
        assert len(line) < 4096, line
        code, _, text = line.partition(" ")
        assert _ == " " and " " not in text, line
        return int(code), urllib.parse.unquote(text)


class Json(Asker):
    """A reply is an object."""

    def put(self, key):
        self.say(f"{key}\n".encode())

    def get(self):
        return json.loads(self.line())


def summary(plan):
    """What a plan, as an object, comes to in the words of the table of domains."""
    return Expect(
        outcome=plan["outcome"],
        hosts={host["host"].removesuffix(f".{plan['domain']}"): host["skip"] or host["level"]
               for host in plan["hosts"]},
        fault=plan["fault"] or "", mx=plan["mx"], sts=plan["mta_sts"]["mode"] or "",
        sts_fault=plan["mta_sts"]["fault"] or "")


# ---------------------------------------------------------------- the service

RESOLVER = 'resolver {{\n\t{}ca-file = "{}"\n}}\n'


def section(name, listen, **options):
    """A policy section; listen is a list, options are written as they are named, _ for -."""
    places = ", ".join(f'"{one}"' for one in listen)
    lines = [f"\tlisten = {{{places}}}", *(f"\t{key.replace('_', '-')} = {value}"
                                         for key, value in options.items())]
    return "\n".join([f'policy "{name}" {{', *lines, "}", ""])


def override(destination, level, expires="never", names=(), reason="a test"):
    said = "".join(f'"{name}", ' for name in names).rstrip(", ")
    return (f'override "{destination}" {{\n\tlevel = {level}\n\treason = "{reason}"\n'
            f'\texpires = "{expires}"\n' + (f"\tnames = {{{said}}}\n" if names else "") + "}\n")


class Service(daemon.Starttlsd):
    """starttlsd with policy services in the offline internet.

    services are the sections by name, {"postfix": dict(level="encrypt")}: each listens on a Unix
    socket, .path("postfix"); .ask("postfix", "dane.test") asks it by the protocol of its section.
    With tcp=PORT the first one is at 127.0.0.1:PORT of the internet, too.  state is a folder or
    a server, a folder of its own if not said; ca is a file of authorities.  With forwarders it
    asks those of the place's /etc/resolv.conf.
    """

    PROTOCOLS = {"socketmap": Socketmap, "tcp-table": TcpTable, "json": Json}

    def __init__(self, internet, name, services, *sections, state=None, tcp=None, ca=None,
                 forwarders=False, **options):
        self.internet = internet
        self.folder = internet.lab.make_folder(f"policy/{name}")
        self.state = state or internet.lab.make_folder(f"policy/{name}/state", owner="nobody",
                                                       mode=0o700)
        self.services = services
        places = [section(one, self._listen(one, tcp), **keys) for one, keys in services.items()]
        config = "" if forwarders else f'config = "{internet.resolver_config}"\n\t'
        resolver = RESOLVER.format(config, ca or internet.ca)
        text = daemon.config(*places, *sections, resolver,
                             state=f'"{self.state}"', **options)
        super().__init__(self.folder, text, prefix=internet.prefix)
        self.wait_log("event=ready")

    def _listen(self, name, tcp):
        listen = [f"unix:{self.path(name)}"]
        if tcp and name == next(iter(self.services)):
            listen.append(f"127.0.0.1:{tcp}")
        return listen

    def path(self, name):
        return self.folder / name

    def connect(self, name, **options):
        kind = self.PROTOCOLS[self.services[name].get("protocol", "socketmap")]
        return kind(self.path(name), **options)

    def ask(self, name, key):
        """The reply to one question, on a connection of its own."""
        with self.connect(name) as one:
            return one.ask(key)

    def all(self, name, keys):
        """Many at once: {key: reply}."""
        with self.connect(name) as one:
            for key in keys:
                one.put(key)
            return {key: one.get() for key in keys}

    @property
    def worker(self):
        """The process that answers: it has the store open; None while there is none."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        for pid in map(int, children.split()):
            try:
                files = [os.readlink(one) for one in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
            except OSError:
                continue
            if any("starttls.db" in one for one in files):
                return pid
        return None

    def metric(self, name):
        """A number of the metrics, which have to be at 127.0.0.1:9587."""
        with self.internet.connect("127.0.0.1", 9587) as one:
            one.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = b""
            while octets := one.recv(65536):
                text += octets
        return int(re.search(rf"(?m)^{name} (\d+)$", text.decode())[1])

    def reload(self):
        """SIGHUP; what was known is forgotten, but for what the store has."""
        before = self.log.count("event=reloaded")
        self.process.send_signal(signal.SIGHUP)
        child.wait_until(lambda: self.log.count("event=reloaded") > before, 20, "a reload")
