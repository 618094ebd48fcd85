# SPDX-License-Identifier: ISC
"""The wire between two programs: recorded, judged, and where a test asks for it, attacked.

A Wiretap forwards TCP connections to a target and keeps a Tape of each.  The tape is
the judge of what was really said; an attack is a function that edits the stream.
"""

import base64
import socket
import struct
import threading
import time

from . import words
from .acceptor import Acceptor
from .child import LabError, wait_until

CLIENT, SERVER = "client", "server"
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
HAYSTACK = 65536  # an upgrade comes early: nobody looks for it in megabytes of mail


def records(data):
    """Splits bytes into TLS records: [(content type, record)], and what is left over: a
    record that is not complete, or everything from the first byte that is not TLS."""
    found = []
    while len(data) >= 5:
        kind, major, minor, length = struct.unpack("!BBBH", data[:5])
        if not 20 <= kind <= 24 or major != 3 or minor > 4 or length > 16384 + 2048:
            break
        if len(data) < 5 + length:
            break
        found.append((kind, data[:5 + length]))
        data = data[5 + length:]
    return found, data


def is_tls(data):
    """Whether the bytes are TLS records throughout, the last one perhaps cut off."""
    _, rest = records(data)
    if not rest:
        return True
    head = rest[:5].ljust(5, b"\0")
    return (20 <= head[0] <= 24 and (len(rest) < 2 or head[1] == 3)
            and (len(rest) < 3 or head[2] <= 4)
            and (len(rest) < 5 or struct.unpack("!H", head[3:5])[0] <= 16384 + 2048))


def disguises(secret):
    """The forms in which a secret crosses the wire in plaintext: as it is, and in base64 at
    each of the three alignments (SASL PLAIN puts it behind a name of any length)."""
    secret = secret.encode() if isinstance(secret, str) else secret
    forms = [secret]
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret)
        # The characters at both ends share bits with the neighbours.
        forms.append(encoded[(0, 2, 3)[shift]:(shift + len(secret)) * 4 // 3])
    return [form for form in forms if len(form) > 3]


class Tape:
    """What one connection carried: said[side] as each side sent it, heard[side] as the
    other side got it (the same, without an attack), ended[side] how that side ended: "eof",
    "reset", or "cut" by us."""

    def __init__(self, protocol):
        self.protocol = protocol
        self.said = {CLIENT: b"", SERVER: b""}
        self.heard = {CLIENT: b"", SERVER: b""}
        self.events = []  # (seconds since the start, side, bytes)
        self.ended = {}
        self.begun = time.monotonic()
        self.closed = threading.Event()
        self._command = self._goahead = None
        # How much the server had said when the client's wish came: its answer is behind that.
        self._server_at_command = None

    def record(self, side, data):
        self.said[side] += data
        self.events.append((time.monotonic() - self.begun, side, data))
        if side == CLIENT and self._command is None and len(self.said[CLIENT]) < HAYSTACK:
            self._command = words.command_end(self.protocol, self.said[CLIENT])
            if self._command is not None:
                self._server_at_command = len(self.said[SERVER])
        if self._command is not None and self._goahead is None:
            at = self._server_at_command
            end = words.goahead_end(self.protocol, self.said[SERVER][at:at + HAYSTACK])
            self._goahead = None if end is None else at + end

    def command_end(self):
        """Where the client's wish for TLS ends in said["client"], or None."""
        return self._command

    def goahead_end(self):
        """Where the server's go-ahead ends in said["server"], or None."""
        return self._goahead

    def plaintext(self, side):
        """What a side said before TLS: everything, if there was no upgrade."""
        end = self.command_end() if side == CLIENT else self.goahead_end()
        return self.said[side][:end]

    def behind(self, side):
        """What a side said behind the upgrade."""
        end = self.command_end() if side == CLIENT else self.goahead_end()
        return b"" if end is None else self.said[side][end:]

    def upgraded(self):
        """Whether TLS records with application data crossed in both directions."""
        return all(any(kind == 23 for kind, _ in records(self.behind(side))[0])
                   for side in OTHER)

    def judge(self, *secrets):
        """Fails unless nothing but TLS followed the upgrade, and no secret was readable."""
        if self.command_end() is None:
            raise LabError(f"the client never asked for TLS: {self.said[CLIENT][:200]!r}")
        for side in OTHER:
            if not is_tls(self.behind(side)):
                raise LabError(f"the {side} said something that is not TLS behind the "
                               f"go-ahead: {self.behind(side)[:200]!r}")
        self.no_secret(*secrets)

    def no_secret(self, *secrets):
        """Fails if a secret was readable on the wire, in whatever disguise."""
        for secret in secrets:
            for side in OTHER:
                if any(form in self.said[side] for form in disguises(secret)):
                    raise LabError(f"the {side} said the secret {secret!r} in plaintext")


class Attack:
    """Leaves everything as it is.  Subclasses edit.

    edit() is given each chunk from one side with the tape (which already holds it) and
    returns what the other side gets; wire.send(side, bytes) says something to a side
    out of turn, wire.cut() resets both connections, wire.close(side) ends one direction.
    """

    def edit(self, side, data, tape, wire):
        return data


class Strip(Attack):
    """Removes the offer of TLS; with refuse, also answers a client that asks all the same."""

    def __init__(self, refuse=None):
        self.refuse = refuse

    def edit(self, side, data, tape, wire):
        if side == SERVER and tape.command_end() is None:
            return words.strip_offer(tape.protocol, data)
        if side == SERVER and words.family(tape.protocol) == "postgres":
            return words.strip_offer(tape.protocol, data)
        if side == CLIENT and self.refuse and _crosses(tape.command_end(), tape, CLIENT, data):
            wire.send(CLIENT, self.refuse)
            return b""
        return data


class Refuse(Attack):
    """Answers the wish for TLS in the server's place ("454 4.7.0 no\\r\\n", ...): the offer
    stands, the wish never arrives.  answer None is silence.  {tag} is the IMAP tag."""

    def __init__(self, answer):
        self.answer = answer

    def edit(self, side, data, tape, wire):
        if side == CLIENT and _crosses(tape.command_end(), tape, CLIENT, data):
            if self.answer is not None:
                tag = tape.said[CLIENT].splitlines()[-1].split(b" ")[0]
                wire.send(CLIENT, self.answer.replace(b"{tag}", tag))
            return b""
        return data


class Inject(Attack):
    """Puts bytes behind the client's wish (side="client": command injection), or behind
    the server's go-ahead (side="server": response injection), in the same segment or,
    with later, in one of its own that many seconds afterwards."""

    def __init__(self, side, extra, later=None):
        self.side, self.extra, self.later = side, extra, later

    def edit(self, side, data, tape, wire):
        end = tape.command_end() if self.side == CLIENT else tape.goahead_end()
        if side != self.side or not _crosses(end, tape, side, data):
            return data
        at = end - (len(tape.said[side]) - len(data))
        if self.later is None:
            return data[:at] + self.extra + data[at:]
        wire.send(OTHER[side], data[:at])
        time.sleep(self.later)
        return self.extra + data[at:]


class Premature(Attack):
    """Says the go-ahead to the client before it asked: with the server's first chunk that
    holds a trigger ("250 ", the list of capabilities)."""

    def __init__(self, goahead, trigger=b""):
        self.goahead, self.trigger, self.done = goahead, trigger, False

    def edit(self, side, data, tape, wire):
        if side == SERVER and not self.done and self.trigger in data:
            self.done = True
            return data + self.goahead
        return data


class Replace(Attack):
    """Replaces bytes in what a side says in plaintext, once or always."""

    def __init__(self, side, old, new, once=True):
        self.side, self.old, self.new, self.once = side, old, new, once
        self.count = 0

    def edit(self, side, data, tape, wire):
        if side == self.side and self.old in data and not (self.once and self.count):
            self.count += 1
            return data.replace(self.old, self.new, 1 if self.once else -1)
        return data


class BreakHandshake(Attack):
    """Spoils TLS: the first handshake bytes of a side become something else; by default a
    fatal handshake_failure alert."""

    def __init__(self, side=SERVER, instead=b"\x15\x03\x03\x00\x02\x02\x28"):
        self.side, self.instead, self.done = side, instead, False

    def edit(self, side, data, tape, wire):
        end = tape.goahead_end() if side == SERVER else tape.command_end()
        if side != self.side or end is None or len(tape.said[side]) <= end:
            return data
        if self.done:
            return b""
        self.done = True
        at = max(0, end - (len(tape.said[side]) - len(data)))
        return data[:at] + self.instead


class Cut(Attack):
    """Ends the connection: before="goahead", "handshake" (the server's first TLS byte) or
    "record" with number N of a side's TLS records.  reset says how."""

    def __init__(self, before, side=SERVER, number=0, reset=False):
        self.before, self.side, self.number, self.reset = before, side, number, reset

    def edit(self, side, data, tape, wire):
        if side != self.side or not self._due(tape):
            return data
        wire.cut(reset=self.reset)
        return b""

    def _due(self, tape):
        if self.before == "goahead":
            return tape.goahead_end() is not None
        if self.before == "handshake":
            return len(tape.behind(self.side)) > 0
        return len(records(tape.behind(self.side))[0]) > self.number


class Delay(Attack):
    """Lets every chunk of a side wait."""

    def __init__(self, seconds, side=None):
        self.seconds, self.side = seconds, side

    def edit(self, side, data, tape, wire):
        if self.side in (None, side):
            time.sleep(self.seconds)
        return data


class Crumble(Attack):
    """Forwards in segments of a few bytes each, so that no read holds a whole line."""

    def __init__(self, size=1, side=None, only_plaintext=True):
        self.size, self.side, self.only_plaintext = size, side, only_plaintext

    def edit(self, side, data, tape, wire):
        if self.side not in (None, side):
            return data
        if self.only_plaintext and tape.behind(side):
            return data
        for start in range(0, len(data), self.size):
            wire.send(OTHER[side], data[start:start + self.size])
            time.sleep(0.001)
        return b""


def _crosses(end, tape, side, data):
    """Whether the offset lies in this chunk, which is the last one on the tape."""
    if end is None:
        return False
    return len(tape.said[side]) - len(data) < end <= len(tape.said[side])


class _Wire:
    """One tapped connection: two threads, one a direction."""

    def __init__(self, client, server, tape, attack):
        self.sockets = {CLIENT: client, SERVER: server}
        self.tape, self.attack = tape, attack
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, args=(side,), daemon=True)
                        for side in OTHER]
        for one in self.threads:
            one.start()
        threading.Thread(target=self._finish, daemon=True).start()

    def send(self, side, data):
        if data:
            self.tape.heard[side] += data
            self.sockets[side].sendall(data)

    def close(self, side):
        try:
            self.sockets[side].shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def cut(self, reset=False):
        for side, one in self.sockets.items():
            self.tape.ended.setdefault(side, "cut")
            try:
                if reset:
                    # The other thread may wait in recv(), which keeps the socket open: it is
                    # woken by SHUT_RD, and only then close() means a reset.
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    one.shutdown(socket.SHUT_RD)
                    one.close()
                else:
                    one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _run(self, side):
        source = self.sockets[side]
        try:
            while data := source.recv(65536):
                with self.lock:
                    self.tape.record(side, data)
                self.send(OTHER[side], self.attack.edit(side, data, self.tape, self))
            self.tape.ended.setdefault(side, "eof")
            self.close(OTHER[side])
        except OSError as error:
            self.tape.ended.setdefault(
                side, "reset" if isinstance(error, ConnectionResetError) else "gone")
            self.cut(reset=isinstance(error, ConnectionResetError))

    def _finish(self):
        for one in self.threads:
            one.join()
        for one in self.sockets.values():
            one.close()
        self.tape.closed.set()


class Wiretap(Acceptor):
    """Listens at .endpoint and forwards to the target; .tapes are the connections so far.

    target may be anything with .address; attack is an Attack or a function that makes
    one for each connection (attacks with a memory need a new one each time).
    """

    def __init__(self, endpoint, target, protocol="smtp", attack=None):
        self.endpoint, self.target, self.protocol = endpoint, target, protocol
        self._attack = attack or Attack()
        self.tapes = []
        self._wires = []
        super().__init__(socket.create_server(endpoint.address, backlog=64))

    @property
    def tape(self):
        """The latest connection's tape."""
        if not self.tapes:
            raise LabError("nobody has connected through the wiretap")
        return self.tapes[-1]

    def wait_closed(self, count=1, seconds=10):
        """Returns the tapes when at least so many connections came and all have ended."""
        wait_until(lambda: len(self.tapes) >= count
                   and all(one.closed.is_set() for one in self.tapes), seconds,
                   f"{count} tapped connections have ended")
        return self.tapes

    def stop(self):
        super().stop()
        for wire in self._wires:
            wire.cut()

    def taken(self, one):
        try:
            server = socket.create_connection(self.target.address, timeout=10)
        except OSError:
            one.close()
            return
        server.settimeout(None)
        for end in (one, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        attack = self._attack if isinstance(self._attack, Attack) else self._attack()
        tape = Tape(self.protocol)
        self.tapes.append(tape)
        self._wires.append(_Wire(one, server, tape, attack))
