# SPDX-License-Identifier: ISC
"""Mail hosts, policy hosts and services of the offline internet: small servers, many of them, in
one thread, that behave as they are told and keep what they heard."""

import asyncio
import logging
import ssl
import threading

from .child import wait_until
from .vulnerable import VOCABULARY
from .words import family

# How a mail host behaves.
MOODS = {
    "good": "offers STARTTLS, and does it",
    "none": "does not offer STARTTLS",
    "454": "offers it, and says that it is not available for now",
    "broken": "answers the ClientHello with what is no TLS",
    "cut": "closes the connection when the ClientHello is there",
    "old": "speaks no TLS above 1.1",
    "requiretls": "good, and offers REQUIRETLS inside of TLS",
    "busy": "greets with a refusal",
    "silent": "accepts, and never says a word",
    "dead": "does not listen",
    "postfix": "is a real Postfix",
}

# How a policy host behaves.
SERVED = {
    "good": "the policy, as text/plain",
    "charset": "the policy, as text/plain; charset=utf-8",
    "chunked": "the policy, in chunks of three octets",
    "patient": "the policy, after a second",
    "404": "not found", "500": "an error",
    "redirect": "a redirection to a place where the policy is",
    "huge": "200 KiB that begin with the policy",
    "endless": "octets without an end, and without a length",
    "slow": "one octet a second",
    "stalled": "not a word",
    "cut": "half of what its length promises",
    "html": "prose, as text/html", "prose": "prose, as text/plain",
    "no-tls": "an answer in plaintext to the ClientHello",
}

PATH = "/.well-known/mta-sts.txt"
PROSE = "<!DOCTYPE html>\n<title>Welcome</title>\n<p>This site is under construction.\n"

# Python 3.11 complains of its own start_tls() at every end of a connection.
logging.getLogger("asyncio").addFilter(lambda line: "eof_received" not in line.getMessage())


class Machine:
    """The thread and the loop in which all of them are."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, work, seconds=30):
        """Runs a coroutine there, and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def stop(self):
        self.do(self._cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    async def _cancel(self):
        tasks = asyncio.all_tasks(self.loop) - {asyncio.current_task()}
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def server_context(certificate, old=False):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if old:
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_1
    made.load_cert_chain(certificate.chain, certificate.key)
    return made


class _Listener:
    """Something that listens, can be killed, and revived."""

    def __init__(self, machine, place, address, port):
        self.machine, self.place, self.address, self.port = machine, place, address, port
        self.connections = 0
        self._server = None
        self._writers = set()

    def start(self):
        self.machine.do(self._open())

    def stop(self):
        """From now on nobody is there; whoever is connected is cut off."""
        self.machine.do(self._close())

    async def _open(self):
        if not self._server:
            self._server = await asyncio.start_server(
                self._meet, sock=self.place.listen(self.address, self.port))

    async def _close(self):
        if self._server:
            self._server.close()
            self._server = None
        for one in list(self._writers):
            one.transport.abort()

    async def _meet(self, reader, writer):
        self.connections += 1
        self._writers.add(writer)
        try:
            await self.serve(reader, writer)
        except (OSError, EOFError, asyncio.TimeoutError, ValueError):
            pass  # the peer has gone, or is not worth waiting for
        finally:
            self._writers.discard(writer)
            writer.close()


class Delivery:
    """A message that a mail host has taken."""

    def __init__(self, host, talk):
        self.host, self.tls, self.sni = host, talk.tls, talk.sni
        self.sender, self.recipients = talk.sender, list(talk.recipients)
        self.text = ""

    def __repr__(self):
        return f"<to {self.recipients} at {self.host} by {self.tls or 'plaintext'}>"


class _Talk:
    def __init__(self):
        self.tls = self.sni = self.sender = None
        self.recipients = []


class MailHost(_Listener):
    """An SMTP server: .name, .mood, .certificate, and the messages it took, .deliveries."""

    def __init__(self, machine, place, address, name, mood, certificate):
        super().__init__(machine, place, address, 25)
        self.name, self.mood = name, mood
        self.deliveries = []
        self.certificate = certificate

    @property
    def listens(self):
        return self.mood not in ("dead", "postfix")

    def turn(self, mood=None, certificate=None):
        """From the next connection on."""
        self.certificate = certificate or self.certificate
        self.mood = mood or self.mood
        if self.listens:
            self.start()
        else:
            self.stop()

    def _context(self, talk):
        made = server_context(self.certificate, self.mood == "old")

        def note(_, name, __):
            talk.sni = name

        made.sni_callback = note
        return made

    async def serve(self, reader, writer):
        mood, talk = self.mood, _Talk()
        if mood == "silent":
            await reader.read()
            return
        busy = mood == "busy"
        writer.write(b"554 not today\r\n" if busy else f"220 {self.name} ESMTP\r\n".encode())
        while line := await asyncio.wait_for(reader.readline(), 60):
            verb = line.split(None, 1)[0].upper().rstrip() if line.strip() else b""
            if verb == b"STARTTLS" and mood != "none" and not talk.tls:
                if not await self._upgrade(reader, writer, mood, talk):
                    return
            elif verb == b"DATA":
                await self._take(reader, writer, talk)
            else:
                writer.write(self._reply(verb, line, mood, talk))
            if verb == b"QUIT":
                return

    def _reply(self, verb, line, mood, talk):
        if verb == b"EHLO":
            return self._offers(mood, talk)
        if verb == b"MAIL":
            talk.sender, talk.recipients = _path(line), []
        elif verb == b"RCPT":
            talk.recipients.append(_path(line))
        elif verb == b"QUIT":
            return b"221 2.0.0 bye\r\n"
        elif verb not in (b"HELO", b"NOOP", b"RSET"):
            return b"502 5.5.1 not here\r\n"
        return b"250 2.0.0 fine\r\n"

    def _offers(self, mood, talk):
        offers = [self.name, "8BITMIME", "ENHANCEDSTATUSCODES"]
        if mood != "none" and not talk.tls:
            offers.append("STARTTLS")
        if mood == "requiretls" and talk.tls:
            offers.append("REQUIRETLS")
        return "".join(f"250{'- '[one is offers[-1]]}{one}\r\n" for one in offers).encode()

    async def _upgrade(self, reader, writer, mood, talk):
        """False when that was the end."""
        if mood == "454":
            writer.write(b"454 4.7.0 TLS is not available for now\r\n")
            return True
        writer.write(b"220 2.0.0 go ahead\r\n")
        await writer.drain()
        if mood in ("broken", "cut"):
            await reader.read(1)
            if mood == "broken":
                writer.write(b"500 5.5.1 what was that?\r\n")
                await writer.drain()
            return False
        await writer.start_tls(self._context(talk))
        talk.tls = writer.get_extra_info("ssl_object").version()
        return True

    async def _take(self, reader, writer, talk):
        writer.write(b"354 go on\r\n")
        taken, lines = Delivery(self.name, talk), []
        while (line := await asyncio.wait_for(reader.readline(), 60)) != b".\r\n":
            if not line:
                raise EOFError
            lines.append(line.decode(errors="replace"))
        taken.text = "".join(lines)
        self.deliveries.append(taken)
        writer.write(b"250 2.0.0 taken\r\n")

    def wait_delivery(self, marker, seconds=10):
        return wait_until(lambda: next((one for one in self.deliveries if marker in one.text),
                                       None), seconds, f"{marker!r} at {self.name}")


def _path(line):
    return line.partition(b"<")[2].partition(b">")[0].decode(errors="replace")


class PolicyHost(_Listener):
    """All policy hosts at one address.  .sites has what they serve, by host name: (policy text,
    how, certificate); .requests are those that came: (host, path)."""

    def __init__(self, machine, place, address, plain=False):
        super().__init__(machine, place, address, 443)
        self.sites, self.requests = {}, []
        self.plain = plain
        self._contexts = {}

    async def _open(self):
        if self._server:
            return
        made = None
        if not self.plain:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made.sni_callback = self._choose
        self._server = await asyncio.start_server(
            self._meet, sock=self.place.listen(self.address, self.port), ssl=made)

    def set_site(self, host, text, served, certificate):
        self.sites[host] = (text, served, certificate)
        self._contexts.pop(host, None)

    def _choose(self, connection, name, _):
        if name not in self.sites:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        if name not in self._contexts:
            self._contexts[name] = server_context(self.sites[name][2])
        connection.context = self._contexts[name]
        return None

    async def serve(self, reader, writer):
        if self.plain:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode("latin-1")
        path = head.split(" ", 2)[1]
        host = next((line.split(":", 1)[1].strip() for line in head.split("\r\n")
                     if line.lower().startswith("host:")), "").split(":")[0]
        self.requests.append((host, path))
        text, served, _ = self.sites.get(host, ("", "404", None))
        await self._answer(writer, host, path, text.encode(), served)
        await writer.drain()

    async def _answer(self, writer, host, path, text, served):
        if served == "redirect" and path == PATH:
            self._say(writer, b"", "301 Moved Permanently",
                      f"Location: https://{host}/policy.txt")
        elif path not in (PATH, "/policy.txt") or served in ("404", "500"):
            self._say(writer, text, "500 Oh" if served == "500" else "404 Not Found",
                      "Content-Type: text/plain")
        elif served in ("html", "prose"):
            kind = "text/html" if served == "html" else "text/plain"
            self._say(writer, PROSE.encode(), "200 OK", f"Content-Type: {kind}")
        elif served in ("endless", "slow", "stalled"):
            await self._without_end(writer, text, served)
        else:
            await self._policy(writer, text, served)

    @staticmethod
    def _head(writer, status, *lines):
        head = [f"HTTP/1.1 {status}", *lines, "Connection: close", "", ""]
        writer.write("\r\n".join(head).encode())

    def _say(self, writer, body, *head):
        self._head(writer, *head, f"Content-Length: {len(body)}")
        writer.write(body)

    async def _without_end(self, writer, text, served):
        if served == "stalled":
            await asyncio.sleep(3600)
        self._head(writer, "200 OK", "Content-Type: text/plain")
        while served == "endless":
            writer.write(text + b"x" * 4096)
            await writer.drain()
            await asyncio.sleep(0.01)
        for one in text:
            writer.write(bytes([one]))
            await writer.drain()
            await asyncio.sleep(1)

    async def _policy(self, writer, text, served):
        if served == "patient":
            await asyncio.sleep(1)
        kind = "text/plain" + ("; charset=utf-8" if served == "charset" else "")
        if served == "chunked":
            self._head(writer, "200 OK", f"Content-Type: {kind}", "Transfer-Encoding: chunked")
            for at in range(0, len(text), 3):
                piece = text[at:at + 3]
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            return
        if served == "huge":
            text += b"x: " + b"y" * (200 * 1024) + b"\r\n"
        self._head(writer, "200 OK", f"Content-Type: {kind}", f"Content-Length: {len(text)}")
        writer.write(text[:len(text) // 2] if served == "cut" else text)


class ServiceHost(_Listener):
    """A server for clients (IMAP, POP3, ...), in the words of lab.vulnerable and without its
    flaws; .heard are the words inside TLS and outside: (word, inside)."""

    def __init__(self, machine, place, address, server, certificate):
        super().__init__(machine, place, address, server.port)
        self.implicit, self.certificate = server.implicit, certificate
        self.words = VOCABULARY[family(server.kind)]()
        self.heard = []

    async def serve(self, reader, writer):
        secure = False
        if self.implicit:
            await writer.start_tls(server_context(self.certificate))
            secure = True
        writer.write(self.words.greet() or b"")
        while True:
            word = await asyncio.wait_for(reader.readuntil(self.words.end), 60)
            self.heard.append((word, secure))
            if secure or not self.words.is_start(word):
                writer.write(self.words.answer(word, secure))
                continue
            goahead = self.words.goahead
            writer.write(goahead % self.words.tag(word) if b"%s" in goahead else goahead)
            await writer.drain()
            await writer.start_tls(server_context(self.certificate))
            secure = True
            if self.words.listing:
                writer.write(self.words.answer(b"CAPABILITY", True))
