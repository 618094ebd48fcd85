# SPDX-License-Identifier: ISC
"""Services in plaintext that do no more than a test needs, of one thread a session."""

import socket
import threading

from .acceptor import Acceptor


class Service(Acceptor):
    """Listens on .address; what a session is, serve() says."""

    def __init__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.address = "127.0.0.1:%d" % listener.getsockname()[1]
        super().__init__(listener)

    def taken(self, one):
        threading.Thread(target=self._session, args=(one,), daemon=True).start()

    def _session(self, one):
        with one:
            try:
                self.serve(one)
            except (OSError, IndexError):
                pass

    def serve(self, one):
        raise NotImplementedError


class Echo(Service):
    """IMAP-like: greets, and answers each line with its tag."""

    def __init__(self, greeting=b"* OK hi\r\n"):
        self.greeting = greeting
        super().__init__()

    def serve(self, one):
        one.sendall(self.greeting)
        for line in one.makefile("rb"):
            one.sendall(line.split()[0] + b" OK done\r\n")


class Mail(Service):
    """A mail server that takes everything."""

    REPLIES = {b"EHLO": b"250-mail\r\n250 8BITMIME\r\n", b"DATA": b"354 go\r\n",
               b"QUIT": b"221 bye\r\n"}

    def serve(self, one):
        one.sendall(b"220 mail ESMTP\r\n")
        lines = one.makefile("rb")
        for line in lines:
            verb = line[:4].upper()
            one.sendall(self.REPLIES.get(verb, b"250 ok\r\n"))
            if verb == b"DATA":
                for text in lines:
                    if text == b".\r\n":
                        break
                one.sendall(b"250 taken\r\n")
