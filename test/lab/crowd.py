# SPDX-License-Identifier: ISC
"""Many clients at once that mean no good: connections that are opened, and held."""

import errno
import resource
import select
import selectors
import socket
import ssl
import time

from .child import LabError

SPARE = 1000  # descriptors for everything else in this process


def room(wanted):
    """How many connections this process may have, up to those that are wanted."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(wanted, hard - SPARE)


def address(number):
    """One of 40000 addresses of this machine, none of which the lab has for servers."""
    return f"127.{255}.{number // 200 % 200 + 1}.{number % 200 + 1}"


def client_hello():
    """The first octets of a TLS handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Crowd:
    """Connections to an endpoint, by default each from an address of its own."""

    def __init__(self, endpoint, count, sources=address):
        self.endpoint, self.sources = endpoint, sources
        self.sockets = []
        self.more(count)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __len__(self):
        return len(self.sockets)

    def more(self, count):
        """Opens more of them, and does not wait."""
        for number in range(len(self), len(self) + count):
            one = socket.socket()
            one.setblocking(False)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.bind((self.sources(number), 0))
            if one.connect_ex(self.endpoint.address) not in (0, errno.EINPROGRESS):
                raise LabError(f"connection {number} of a crowd cannot be opened")
            self.sockets.append(one)

    def say(self, data, only=None):
        """What a socket does not take at once is not said."""
        for one in self.sockets[:only]:
            try:
                one.send(data)
            except OSError:
                pass

    def hear(self, wanted=b"", seconds=5):
        """What each one has heard, for as long as somebody has not heard what is wanted."""
        heard = {one: b"" for one in self.sockets}
        waiting = selectors.DefaultSelector()
        for one in self.sockets:
            waiting.register(one, selectors.EVENT_READ)
        end = time.monotonic() + seconds
        while waiting.get_map() and time.monotonic() < end:
            for key, _ in waiting.select(0.1):
                try:
                    data = key.fileobj.recv(65536)
                except OSError:
                    data = b""
                heard[key.fileobj] += data
                if not data or (wanted and wanted in heard[key.fileobj]):
                    waiting.unregister(key.fileobj)
        waiting.close()
        return list(heard.values())

    def told(self):
        """How many have been told something that was not heard yet."""
        waiting = select.poll()
        for one in self.sockets:
            waiting.register(one, select.POLLIN)
        return len(waiting.poll(0))

    def alive(self):
        """How many connections are still open, whatever was said on them."""
        count = 0
        for one in self.sockets:
            try:
                while one.recv(65536):
                    pass
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def close(self):
        for one in self.sockets:
            one.close()
        self.sockets = []
