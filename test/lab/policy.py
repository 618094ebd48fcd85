# SPDX-License-Identifier: ISC
"""Asks a policy service, as Postfix does by socketmap and tcp_table, and as others do for JSON."""

import json
import socket
import urllib.parse


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

    def __init__(self, where, name="postfix", **options):
        super().__init__(where, **options)
        self.name = name

    def put(self, key):
        body = f"{self.name} {key}".encode()
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
