# SPDX-License-Identifier: ISC
"""Small services in plaintext that behave as they are told, for what real ones do only when
somebody breaks them."""

import socket
import threading

from .child import wait_until

GREETINGS = {"smtp": b"220 moody ESMTP\r\n", "imap": b"* OK moody\r\n"}


class Moody:
    """A mail server of one mood, which can be changed:

    good      greets, answers EHLO, CAPABILITY and NOOP, and takes its leave
    mute      greets, and never says another word
    silent    accepts, and never says a word
    busy      greets with a refusal
    garbage   greets with what is no greeting
    closing   accepts, and closes
    dead      does not listen

    .connections are those that are open, .count is how many there were, .lines what
    was heard.
    """

    def __init__(self, network, protocol="smtp", mood="good", offers=("8BITMIME",)):
        self.endpoint = network.endpoint(name=f"moody {protocol}")
        self.protocol, self.offers = protocol, offers
        self.connections, self.lines, self.count = [], [], 0
        self._socket = None
        self.mood = "dead"
        self.turn(mood)

    def __str__(self):
        return str(self.endpoint)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.turn("dead")

    def turn(self, mood):
        """From now on, for new connections; those that are open are cut off when it dies."""
        self.mood = mood
        if mood == "dead" and self._socket:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
            for one in list(self.connections):
                self._leave(one)
        elif mood != "dead" and not self._socket:
            self._socket = socket.create_server(self.endpoint.address, backlog=128)
            threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            self.count += 1
            self.connections.append(one)
            threading.Thread(target=self._serve, args=(one, self.mood), daemon=True).start()

    def _leave(self, one):
        try:
            self.connections.remove(one)
        except ValueError:
            return
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        one.close()

    def _greeting(self, mood):
        if mood == "busy":
            return {"smtp": b"421 4.7.0 too many\r\n", "imap": b"* BYE too many\r\n"}[self.protocol]
        if mood == "garbage":
            return b"HTTP/1.1 400 Bad Request\r\n\r\n"
        return GREETINGS[self.protocol]

    def _serve(self, one, mood):
        try:
            if mood == "closing":
                return
            if mood != "silent":
                one.sendall(self._greeting(mood))
            for line in one.makefile("rb"):
                self.lines.append(line.decode(errors="replace").rstrip("\r\n"))
                if mood == "good" and not self._answer(one, line):
                    return
        except (OSError, ValueError):
            pass
        finally:
            self._leave(one)

    def _answer(self, one, line):
        return getattr(self, "_" + self.protocol)(one, line.decode(errors="replace").strip())

    def _smtp(self, one, line):
        verb = line.upper().split(" ")[0]
        if verb == "EHLO":
            words = ["moody", *self.offers]
            text = "".join(f"250-{word}\r\n" for word in words[:-1]) + f"250 {words[-1]}\r\n"
        else:
            text = {"QUIT": "221 bye\r\n", "NOOP": "250 moody\r\n"}.get(verb, "502 no\r\n")
        one.sendall(text.encode())
        return verb != "QUIT"

    def _imap(self, one, line):
        tag, _, rest = line.partition(" ")
        verb = rest.upper().split(" ")[0]
        if verb == "CAPABILITY":
            one.sendall(f"* CAPABILITY {' '.join(self.offers)}\r\n".encode())
        one.sendall(f"{tag} OK moody\r\n".encode())
        return verb != "LOGOUT"

    def wait_count(self, count, seconds=5):
        """Returns when there were that many connections."""
        return wait_until(lambda: self.count >= count, seconds, f"{count} connections")

    def wait_open(self, count, seconds=5):
        return wait_until(lambda: len(self.connections) == count, seconds,
                          f"{count} open connections, there are {len(self.connections)}")
