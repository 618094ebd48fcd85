# SPDX-License-Identifier: ISC
"""Deliberately vulnerable twins: servers, clients and proxies with one published flaw each.

They are the positive controls: an attack test is believed only when the same attack works
against the twin.  With flaw=None the same code has no flaw, and the attack must fail.
All of them are small threads on loopback and keep what they saw.
"""

import base64
import re
import socket
import ssl
import threading

from .acceptor import Acceptor
from .clients import NAME, context
from .words import family

# Server flaws.
COMMANDS_SURVIVE = "commands-survive"  # bytes behind STARTTLS are executed inside TLS
FORGETS_TLS_FAILURE = "forgets-failure"  # a failed handshake, and it goes on in plaintext
# Client flaws.
REPLIES_SURVIVE = "replies-survive"  # bytes behind the go-ahead are replies inside TLS
GOES_ON_PLAIN = "goes-on-plain"  # no offer, or a refusal: logs in without TLS
BELIEVES_EARLY = "believes-early"  # takes a reply that came before the command
BELIEVES_PREAUTH = "believes-preauth"  # IMAP: "* PREAUTH", so no STARTTLS
# Proxy flaws.
FORWARDS_EARLY = "forwards-early"  # bytes behind STARTTLS go to the backend
READS_BACKEND_EARLY = "reads-backend-early"  # what the backend says before TLS is passed on


class Stream:
    """A socket with a buffer of its own: the place where most of these flaws live."""

    def __init__(self, connection, end=b"\n"):
        self.socket, self.end, self.buffer = connection, end, b""
        self.secure = False
        connection.settimeout(10)

    def word(self):
        """The next line (or, in XMPP, tag) with its end; b"" when the peer is gone."""
        while self.end not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                return b""
            self.buffer += data
        at = self.buffer.index(self.end) + len(self.end)
        word, self.buffer = self.buffer[:at], self.buffer[at:]
        return word

    def pending(self):
        """Whether something is unread: in the buffer, or already arrived."""
        if self.buffer:
            return True
        self.socket.setblocking(False)
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except (BlockingIOError, ValueError, ssl.SSLWantReadError):
            return False
        finally:
            self.socket.settimeout(10)

    def say(self, data):
        self.socket.sendall(data)

    def start_tls(self, made, **options):
        """The buffer stays as it is: whether that is right is for the caller to judge."""
        self.socket = made.wrap_socket(self.socket, **options)
        self.socket.settimeout(10)
        self.secure = True

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


# ---------------------------------------------------------------- vocabulary

_XMPP_HEADER = (b"<?xml version='1.0'?><stream:stream from='lab.test' id='1' version='1.0' "
                b"xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
_XMPP_TLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
_XMPP_PLAIN = (b"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN"
               b"</mechanism></mechanisms>")


class Words:
    """What a protocol's twin says: as a server, greeting, list, go-ahead and answers; as a
    client, (command, pattern that ends the reply) in order."""

    end = b"\n"
    start = b"STARTTLS"
    listing = ()

    def greet(self):
        return self.greeting

    def is_start(self, word):
        return word.strip().upper() == self.start

    def tag(self, word):
        return b""


class Smtp(Words):
    greeting, goahead = b"220 twin ESMTP\r\n", b"220 2.0.0 go ahead\r\n"
    offer, reply = "STARTTLS", r"\d{3} "
    steps = {"greeting": (None, r"220 "), "list": ("EHLO twin", reply),
             "start": ("STARTTLS", reply), "login": ("AUTH PLAIN {plain}", reply),
             "quit": ("QUIT", reply)}
    good = r"2"

    def answer(self, word, secure):
        verb = word.split(b" ")[0].strip().upper()
        if verb in (b"EHLO", b"LHLO"):
            tls = b"" if secure else b"250-STARTTLS\r\n"
            return b"250-twin\r\n" + tls + b"250 AUTH PLAIN\r\n"
        if verb == b"QUIT":
            return b"221 2.0.0 bye\r\n"
        return b"235 2.7.0 fine\r\n" if verb == b"AUTH" else b"250 2.0.0 did " + word


class Lmtp(Smtp):
    steps = {**Smtp.steps, "list": ("LHLO twin", Smtp.reply)}


class Imap(Words):
    greeting, goahead = b"* OK twin\r\n", b"%s OK go ahead\r\n"
    offer, reply = "STARTTLS", r"\w+ (OK|NO|BAD)"
    steps = {"greeting": (None, r"\* (OK|PREAUTH|BYE)"), "list": ("a1 CAPABILITY", reply),
             "start": ("a2 STARTTLS", reply), "login": ("a3 AUTHENTICATE PLAIN {plain}", reply),
             "quit": ("a4 LOGOUT", reply)}
    good = r"\w+ OK"

    def is_start(self, word):
        return word.strip().upper().split(b" ")[1:] == [b"STARTTLS"]

    def tag(self, word):
        return word.split(b" ")[0]

    def answer(self, word, secure):
        tag, _, rest = word.strip().partition(b" ")
        if rest.upper() == b"CAPABILITY":
            tls = b"" if secure else b" STARTTLS"
            return b"* CAPABILITY IMAP4rev1 AUTH=PLAIN%s\r\n%s OK done\r\n" % (tls, tag)
        bye = b"* BYE\r\n" if rest.upper() == b"LOGOUT" else b""
        return bye + b"%s OK did %s\r\n" % (tag, rest)


class Pop3(Words):
    greeting, goahead, start = b"+OK twin\r\n", b"+OK go ahead\r\n", b"STLS"
    offer, reply = "STLS", r"(\+OK|-ERR)"
    steps = {"greeting": (None, reply), "list": ("CAPA", r"(\.|-ERR)"), "start": ("STLS", reply),
             "login": ("AUTH PLAIN {plain}", reply), "quit": ("QUIT", reply)}
    good = r"(\+OK|\.)"

    def answer(self, word, secure):
        if word.strip().upper() == b"CAPA":
            return b"+OK\r\n" + (b"" if secure else b"STLS\r\n") + b"SASL PLAIN\r\n.\r\n"
        return b"+OK did " + word


class Sieve(Words):
    goahead, offer, reply = b'OK "go ahead"\r\n', "STARTTLS", r"(OK|NO|BYE)"
    steps = {"greeting": (None, reply), "list": ("CAPABILITY", reply),
             "start": ("STARTTLS", reply),
             "login": ('AUTHENTICATE "PLAIN" "{plain}"', reply), "quit": ("LOGOUT", reply)}
    good = r"OK"
    # RFC 5804 section 2.2: the server lists its capabilities again, unasked.
    listing = (None, reply)

    def greet(self):
        return self.answer(b"CAPABILITY", False)

    def answer(self, word, secure):
        if word.strip().upper() == b"CAPABILITY":
            tls = b"" if secure else b'"STARTTLS"\r\n'
            return b'"IMPLEMENTATION" "twin"\r\n"SASL" "PLAIN"\r\n' + tls + b"OK\r\n"
        return b'OK "did %s"\r\n' % word.strip().replace(b'"', b"'")


class Nntp(Words):
    greeting, goahead = b"200 twin\r\n", b"382 go ahead\r\n"
    offer, reply = "STARTTLS", r"\d{3} "
    steps = {"greeting": (None, reply), "list": ("CAPABILITIES", r"(\.|5)"),
             "start": ("STARTTLS", reply), "login": ("AUTHINFO SASL PLAIN {plain}", reply),
             "quit": ("QUIT", reply)}
    good = r"([23]|\.)"

    def answer(self, word, secure):
        if word.strip().upper() == b"CAPABILITIES":
            tls = b"" if secure else b"STARTTLS\r\n"
            return b"101 list\r\nVERSION 2\r\nREADER\r\n" + tls + b"AUTHINFO SASL\r\n.\r\n"
        if word.strip().upper() == b"QUIT":
            return b"205 bye\r\n"
        return b"281 fine\r\n" if word.upper().startswith(b"AUTHINFO") else b"200 did " + word


class Xmpp(Words):
    end, goahead = b">", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    offer = "<starttls"
    reply = r".*(</stream:features>|<proceed|<success|<failure|</stream:stream>)"
    _open = ("<?xml version='1.0'?><stream:stream to='lab.test' version='1.0' "
             "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
    steps = {"greeting": (None, None), "list": (_open, reply),
             "start": (_XMPP_TLS.decode(), reply),
             "login": ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}"
                       "</auth>", reply),
             "quit": ("</stream:stream>", reply)}
    good = r".*(features|<proceed|<success|</stream)"

    def greet(self):
        return b""

    def is_start(self, word):
        return word.lstrip().startswith(b"<starttls")

    def answer(self, word, secure):
        word = word.lstrip()
        if word.startswith(b"<stream:stream"):
            tls = b"" if secure else _XMPP_TLS
            return _XMPP_HEADER + b"<stream:features>" + tls + _XMPP_PLAIN + b"</stream:features>"
        if word.endswith(b"</auth>"):
            return b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
        if word.startswith((b"<presence", b"<iq", b"<message")):
            return b"<message><body>did %s</body></message>" % word.strip(b"</>")
        return b"</stream:stream>" if word.startswith(b"</stream") else b""


VOCABULARY = {"smtp": Smtp, "lmtp": Lmtp, "imap": Imap, "pop3": Pop3, "sieve": Sieve,
              "nntp": Nntp, "xmpp": Xmpp}
PROTOCOLS = tuple(VOCABULARY)


# ------------------------------------------------------------------- servers


class _Listener(Acceptor):
    """Serves every connection in a thread of its own."""

    def __init__(self, endpoint):
        self.endpoint, self.address = endpoint, endpoint.address
        self._streams = []
        super().__init__(socket.create_server(self.address))

    def stop(self):
        super().stop()
        for stream in self._streams:
            stream.close()

    def taken(self, one):
        stream = Stream(one, self.words.end)
        self._streams.append(stream)
        threading.Thread(target=self._run, args=(stream,), daemon=True).start()

    def _run(self, stream):
        try:
            self.serve(stream)
        except OSError:
            pass
        finally:
            stream.close()


def server_context(certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate.chain, certificate.key)
    return made


class Server(_Listener):
    """A server of one protocol.  .executed is what it did: (word, inside TLS) in order;
    .injected those words that it did inside TLS although they came before it."""

    def __init__(self, endpoint, protocol, certificate, flaw=COMMANDS_SURVIVE):
        self.words, self.flaw = VOCABULARY[family(protocol)](), flaw
        self.context = server_context(certificate)
        self.executed, self.injected = [], []
        super().__init__(endpoint)

    def serve(self, stream):
        stream.say(self.words.greet())
        early = b""
        while word := stream.word():
            if not stream.secure and self.words.is_start(word):
                early = self._switch(stream, word)
                continue
            if early:
                self.injected.append(word)
                early = early[len(word):]
            self.executed.append((word, stream.secure))
            stream.say(self.words.answer(word, stream.secure))

    def _switch(self, stream, word):
        """Upgrades; returns what survived from before."""
        unread = stream.buffer
        if unread and self.flaw != COMMANDS_SURVIVE:
            raise ConnectionError("injected commands")
        goahead = self.words.goahead
        stream.say(goahead % self.words.tag(word) if b"%s" in goahead else goahead)
        plain = stream.socket.dup()
        try:
            stream.start_tls(self.context, server_side=True)
        except OSError:
            if self.flaw != FORGETS_TLS_FAILURE:
                raise
            stream.socket, stream.buffer = plain, b""
            plain.settimeout(10)
            return b""
        plain.close()
        if self.words.listing:
            stream.say(self.words.answer(b"CAPABILITY", True))
        return unread


# ------------------------------------------------------------------- clients


class Refused(Exception):
    """The client gave up, as it should when there is no TLS."""


class Client:
    """A client that upgrades, logs in and leaves.  run() returns the words it took for
    replies inside TLS; .logged_in says how: "tls", "plaintext" or None."""

    def __init__(self, protocol, ca=None, flaw=REPLIES_SURVIVE, user="alice", password="secret"):
        self.words, self.ca, self.flaw = VOCABULARY[family(protocol)](), ca, flaw
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.steps = {key: (say and say.replace("{plain}", plain), ends)
                      for key, (say, ends) in self.words.steps.items()}
        self.careless = flaw in (REPLIES_SURVIVE, BELIEVES_EARLY)  # about what is unread
        self.believed, self.logged_in = [], None

    def run(self, endpoint):
        stream = Stream(socket.create_connection(endpoint.address, timeout=10), self.words.end)
        try:
            self._upgrade(stream)
            self._login(stream)
        except OSError as error:
            raise Refused(error) from None
        finally:
            stream.close()
        return self.believed

    def _step(self, stream, name):
        """Says one thing and hears the whole reply."""
        say, ends = self.steps[name]
        if say and not self.careless and stream.pending():
            raise Refused("a reply before the command")
        if say:
            stream.say(say.encode() + (b"\r\n" if self.words.end == b"\n" else b""))
        return self._hear(stream, ends)

    def _hear(self, stream, ends):
        heard = ""
        while ends:
            word = stream.word().decode(errors="replace")
            if not word:
                raise Refused(f"the server is gone: {heard}")
            if stream.secure:
                self.believed.append(word)
            heard += word
            # Lines are judged one by one, XMPP as a whole.
            if re.match(ends, word if self.words.end == b"\n" else heard, re.S):
                break
        return heard

    def _upgrade(self, stream):
        greeting = self._step(stream, "greeting")
        if "PREAUTH" in greeting and self.flaw == BELIEVES_PREAUTH:
            return
        offered = self.words.offer in self._step(stream, "list")
        if not offered:
            return self._without("not offered")
        answer = self._step(stream, "start")
        last = answer.splitlines()[-1] if self.words.end == b"\n" else answer
        if not re.match(self.words.good, last, re.S):
            return self._without(f"refused: {answer}")
        if not self.careless and stream.buffer:
            raise Refused("injected replies")
        stream.start_tls(context(self.ca), server_hostname=NAME)
        if self.words.listing:
            self._hear(stream, self.words.listing[1])
        self._step(stream, "list")
        return None

    def _without(self, reason):
        if self.flaw != GOES_ON_PLAIN:
            raise Refused(reason)

    def _login(self, stream):
        answer = self._step(stream, "login")
        if answer:
            self.logged_in = "tls" if stream.secure else "plaintext"
        self._step(stream, "quit")


# ------------------------------------------------------------------- proxies


class Proxy(_Listener):
    """A STARTTLS front for a plaintext backend, as starttlsd is one.  The flaws:
    FORWARDS_EARLY sends the backend what came behind STARTTLS; READS_BACKEND_EARLY opens
    the backend first and passes its greeting on inside TLS as if it were an answer."""

    def __init__(self, endpoint, protocol, certificate, backend, flaw=FORWARDS_EARLY):
        self.words, self.flaw = VOCABULARY[family(protocol)](), flaw
        self.context, self.backend = server_context(certificate), backend
        super().__init__(endpoint)

    def serve(self, stream):
        early = self._connect() if self.flaw == READS_BACKEND_EARLY else None
        stream.say(self.words.greet())
        while word := stream.word():
            if self.words.is_start(word):
                return self._switch(stream, word, early)
            stream.say(self.words.answer(word, False))
        return None

    def _connect(self):
        return socket.create_connection(self.backend.address, timeout=10)

    def _switch(self, stream, word, backend):
        unread = stream.buffer
        if unread and self.flaw != FORWARDS_EARLY:
            raise ConnectionError("injected commands")
        goahead = self.words.goahead
        stream.say(goahead % self.words.tag(word) if b"%s" in goahead else goahead)
        stream.start_tls(self.context, server_side=True)
        if not backend:
            backend = self._connect()
            if self.words.greet():
                self._swallow_greeting(backend)
        backend.sendall(unread)
        self._pump(stream.socket, backend)

    def _swallow_greeting(self, backend):
        stream = Stream(backend, self.words.end)
        greeting = self.words.steps["greeting"][1]
        while (word := stream.word()) and not re.match(greeting, word.decode(errors="replace")):
            pass

    @staticmethod
    def _pump(front, backend):
        def copy(source, sink):
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        front.settimeout(None)
        backend.settimeout(None)
        other = threading.Thread(target=copy, args=(backend, front), daemon=True)
        other.start()
        copy(front, backend)
        other.join(10)
        backend.close()
