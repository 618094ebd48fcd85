# SPDX-License-Identifier: ISC
"""Real clients, ready to point at an endpoint: openssl, curl, swaks, mbsync, Python's own
and slixmpp.  tls is "1.2", "1.3" or None (whatever both like); name is the name that the
certificate must have; ca is the authority's file."""

import asyncio
import base64
import imaplib
import poplib
import re
import shlex
import smtplib
import socket
import ssl
import subprocess
import threading

from .child import find_program
from .pki import Pki

NAME = Pki.NAME
TIMEOUT = 20
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Run:
    """How a client program ended: .status, .out and .err (text)."""

    def __init__(self, argv, done):
        self.argv, self.status = argv, done.returncode
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")

    @property
    def all(self):
        return self.out + self.err

    def __repr__(self):
        return f"$ {shlex.join(self.argv)}\nstatus {self.status}\n{self.all}"


def run(*argv, stdin=b"", timeout=TIMEOUT, env=None):
    argv = [str(one) for one in argv]
    return Run(argv, subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout,
                                    check=False, env=env))


# ------------------------------------------------------------------ openssl


class SClient(Run):
    """What openssl s_client saw."""

    @property
    def version(self):
        """"TLSv1.3", "TLSv1.2", or None when there was no handshake."""
        match = re.search(r"^New, (TLSv[\d.]+), Cipher is (?!\(NONE\))", self.out, re.M)
        # For TLS 1.2 "New" names the oldest version of the cipher, "Protocol" the truth.
        protocol = re.search(r"^\s*Protocol\s*: (TLSv[\d.]+)", self.out, re.M)
        return (protocol or match).group(1) if match else None

    @property
    def verified(self):
        return re.search(r"^\s*Verify return code: 0 \(ok\)", self.out, re.M) is not None

    @property
    def alpn(self):
        match = re.search(r"^ALPN protocol: (.*)$", self.out, re.M)
        return match.group(1) if match else None

    @property
    def subject(self):
        match = re.search(r"^subject=(.*)$", self.out, re.M)
        return match.group(1) if match else None


def s_client(endpoint, starttls=None, tls=None, ca=None, name=NAME, say=b"", alpn=None,
             domain=None, arguments=(), timeout=TIMEOUT):
    """Connects; say is what it says inside TLS, and must make the server hang up
    ("QUIT\\r\\n", ...).  Without it the client leaves after the handshake.  starttls is
    one of openssl's own words (smtp lmtp imap pop3 sieve nntp ftp ldap irc postgres mysql
    xmpp xmpp-server); domain is XMPP's "to"."""
    argv = ["openssl", "s_client", "-connect", str(endpoint), "-servername", name]
    argv += ["-starttls", starttls] if starttls else []
    argv += [f"-tls{tls.replace('.', '_')}"] if tls else []
    argv += ["-CAfile", str(ca), "-verify_hostname", name] if ca else []
    argv += ["-alpn", alpn] if alpn else []
    argv += ["-xmpphost", domain] if domain else []
    argv += ["-ign_eof", "-crlf", "-nocommands"] if say else ["-no_ign_eof"]
    argv += [str(one) for one in arguments]
    say = say.replace(b"\r\n", b"\n")  # -crlf puts it back
    done = subprocess.run(argv, input=say, capture_output=True, timeout=timeout, check=False)
    return SClient(argv, done)


# ------------------------------------------------------------- curl and co.


def curl(url, *arguments, ca=None, tls=None, demand=True, name=None, endpoint=None,
         timeout=TIMEOUT):
    """curl URL; demand is --ssl-reqd (False: --ssl).  With name and endpoint the URL says
    the name and the connection goes to the endpoint."""
    argv = [find_program("curl", "curl"), "-sS", "-v", "--noproxy", "*", "--max-time",
            str(timeout), "--ssl-reqd" if demand else "--ssl"]
    argv += ["--cacert", str(ca)] if ca else []
    argv += [f"--tlsv{tls}", "--tls-max", tls] if tls else []
    if endpoint:
        argv += ["--connect-to", f"{name or ''}::{endpoint.host}:{endpoint.port}"]
    return run(*argv, *arguments, url, timeout=timeout + 5)


def swaks(endpoint, *arguments, demand=True, timeout=TIMEOUT):
    """swaks sends a message (its status is 0 when it was accepted)."""
    argv = [find_program("swaks", "swaks"), "--server", str(endpoint), "--timeout", "10",
            "--to", "bob@lab.test", "--from", "alice@lab.test", "--helo", "client.lab.test"]
    argv += ["--tls"] if demand else []
    return run(*argv, *arguments, timeout=timeout)


def mbsync(folder, endpoint, user, password, ca=None, tunnel=None, starttls=True):
    """mbsync pulls the INBOX into folder/box; with a tunnel it talks to that command.  It
    does not know addresses in certificates: let ca be the server's own chain, which it then
    trusts without looking at names."""
    program = find_program("mbsync", "isync")
    where = [f'Tunnel "{tunnel}"', "AuthMechs LOGIN", "SSLType None"] if tunnel else [
        f"Host {endpoint.host}", f"Port {endpoint.port}", f"CertificateFile {ca}",
        f"SSLType {'STARTTLS' if starttls else 'IMAPS'}"]
    text = "\n".join([
        "IMAPStore far", *where, f"User {user}", f'Pass "{password}"', "",
        "MaildirStore near", f"Path {folder}/", f"Inbox {folder}/box", "SubFolders Verbatim", "",
        "Channel all", "Far :far:", "Near :near:", "Patterns INBOX", "Create Near", "Sync Pull",
        f"SyncState {folder}/state-", ""])
    path = folder / "mbsyncrc"
    path.write_text(text)
    (folder / "box").mkdir(exist_ok=True)
    return run(program, "-c", path, "-V", "all")


# ------------------------------------------------------------ Python's own


def context(ca=None, tls=None, alpn=None, certificate=None):
    """An ssl.SSLContext that verifies against ca (without: it verifies nothing)."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        made.load_verify_locations(str(ca))
    else:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if tls:
        made.minimum_version = made.maximum_version = _VERSIONS[tls]
    if alpn:
        made.set_alpn_protocols([alpn])
    if certificate:
        made.load_cert_chain(certificate.chain, certificate.key)
    return made


def smtp(endpoint, ca=None, tls=None, name=NAME, starttls=True, lmtp=False):
    """A connected smtplib.SMTP, inside TLS unless told otherwise, EHLO said again."""
    kind = smtplib.LMTP if lmtp else smtplib.SMTP
    client = kind(endpoint.host, endpoint.port, local_hostname="client.lab.test",
                  **({} if lmtp else {"timeout": TIMEOUT}))
    client._host = name  # what starttls() verifies
    if starttls:
        client.ehlo()
        client.starttls(context=context(ca, tls))
        client.ehlo()
    return client


def smtps(endpoint, ca=None, tls=None, name=NAME):
    client = smtplib.SMTP_SSL(context=context(ca, tls), local_hostname="client.lab.test",
                              timeout=TIMEOUT)
    client._host = name
    client.connect(endpoint.host, endpoint.port)
    return client


def imap(endpoint, ca=None, tls=None, name=NAME, starttls=True):
    """A connected imaplib.IMAP4, inside TLS unless told otherwise."""
    client = imaplib.IMAP4(endpoint.host, endpoint.port, timeout=TIMEOUT)
    client.host = name  # what starttls() verifies
    if starttls:
        client.starttls(context(ca, tls))
    return client


def pop3(endpoint, ca=None, tls=None, name=NAME, starttls=True):
    """A connected poplib.POP3, inside TLS unless told otherwise."""
    client = poplib.POP3(endpoint.host, endpoint.port, timeout=TIMEOUT)
    client.host = name
    if starttls:
        client.stls(context(ca, tls))
    return client


class Lines:
    """A raw client for any protocol of lines: says exactly what it is told to say.

    talk = Lines(endpoint); talk.until("220 "); talk.say("STARTTLS"); talk.start_tls(ca)
    """

    def __init__(self, endpoint, timeout=TIMEOUT, source=None):
        self.socket = socket.create_connection(
            endpoint.address, timeout=timeout, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.heard = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        """Exactly these bytes, in one segment."""
        self.socket.sendall(data)

    def say(self, line):
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def line(self):
        """The next line without its end; "" means that the server hung up."""
        while b"\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                break
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        text = line.rstrip(b"\r").decode(errors="replace")
        self.heard.append(text)
        return text

    def until(self, *starts):
        """Lines up to the first that begins with one of these (a str or a regex), or the
        end of the connection, as a list."""
        lines = []
        while line := self.line():
            lines.append(line)
            if any(re.match(start, line) for start in starts):
                break
        return lines

    def ask(self, line, *starts):
        self.say(line)
        return self.until(*starts)

    def smtp(self, line):
        """Says an SMTP command; the reply's lines."""
        return self.ask(line, r"\d{3}( |$)")

    def rest(self):
        """Everything until the server hangs up, as bytes."""
        data, self.buffer = self.buffer, b""
        try:
            while more := self.socket.recv(65536):
                data += more
        except (ConnectionResetError, ssl.SSLEOFError):
            pass
        return data

    def start_tls(self, ca=None, tls=None, name=NAME, alpn=None, certificate=None):
        self.socket = context(ca, tls, alpn, certificate).wrap_socket(
            self.socket, server_hostname=name)
        return self.socket

    def close(self):
        self.socket.close()


# ------------------------------------------------------------------- XMPP


class Xmpp:
    """A small raw XMPP client: streams, STARTTLS, SASL PLAIN, binding, one word at a time."""

    def __init__(self, endpoint, domain, server=False, source_domain=None, timeout=TIMEOUT):
        self.socket = socket.create_connection(endpoint.address, timeout=timeout)
        self.domain = domain
        self.namespace = "jabber:server" if server else "jabber:client"
        self.source_domain = source_domain

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def until(self, *ends):
        """What comes, up to and with one of these texts, or the end of the connection."""
        heard = ""
        while not any(end in heard for end in ends):
            data = self.socket.recv(65536)
            if not data:
                break
            heard += data.decode(errors="replace")
        return heard

    def open(self):
        """Opens a stream; returns the header and features."""
        origin = f" from='{self.source_domain}'" if self.source_domain else ""
        self.send("<?xml version='1.0'?><stream:stream version='1.0' xml:lang='en'"
                  f" to='{self.domain}'{origin} xmlns='{self.namespace}'"
                  " xmlns:db='jabber:server:dialback'"
                  " xmlns:stream='http://etherx.jabber.org/streams'>")
        return self.until("</stream:features>", "<stream:features/>", "</stream:stream>")

    def starttls(self, ca=None, tls=None, name=None, alpn=None):
        """Asks for TLS, starts it, opens the stream again; returns the new features."""
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        answer = self.until("/>", "</stream:stream>")
        if "<proceed" not in answer:
            raise ConnectionError(f"no TLS: {answer}")
        self.secure(ca, tls, name, alpn)
        return self.open()

    def secure(self, ca=None, tls=None, name=None, alpn=None):
        self.socket = context(ca, tls, alpn).wrap_socket(
            self.socket, server_hostname=name or self.domain)

    def login(self, user, password):
        """SASL PLAIN and a bound resource; returns the full JID or raises."""
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}"
                  "</auth>")
        answer = self.until("<success", "</failure>", "</stream:stream>")
        if "<success" not in answer:
            raise PermissionError(answer)
        self.open()
        self.send("<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        answer = self.until("</iq>", "</stream:stream>")
        return re.search(r"<jid>([^<]*)</jid>", answer).group(1)


def slixmpp_login(endpoint, jid, password, ca=None, starttls=True, timeout=TIMEOUT):
    """Logs in with slixmpp; returns {"started": bool, "events": [...], "tls": version}."""
    result = {"started": False, "events": [], "tls": None}
    thread = threading.Thread(target=_slixmpp, daemon=True, args=(
        endpoint, jid, password, ca, starttls, timeout, result))
    thread.start()
    thread.join(timeout + 5)
    return result


def _slixmpp(endpoint, jid, password, ca, starttls, timeout, result):
    # slixmpp wants an event loop of its own, set as current before it is imported.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    import slixmpp  # pylint: disable=import-outside-toplevel

    client = slixmpp.ClientXMPP(jid, password)
    client.ca_certs = str(ca) if ca else None
    over = loop.create_future()

    def end(_=None):
        if not over.done():
            over.set_result(None)

    def started(_):
        result["started"] = True
        tls = client.transport.get_extra_info("ssl_object")
        result["tls"] = tls.version() if tls else None
        client.disconnect()

    def note(event):
        def handler(value):
            result["events"].append((event, str(value)))
            end()
        return handler

    client.add_event_handler("session_start", started)
    client.add_event_handler("disconnected", end)
    for event in ("failed_all_auth", "connection_failed", "ssl_invalid_cert", "stream_error"):
        client.add_event_handler(event, note(event))
    client.connect(endpoint.address, use_ssl=False, force_starttls=starttls,
                   disable_starttls=not starttls)
    try:
        loop.run_until_complete(asyncio.wait_for(over, timeout))
    except asyncio.TimeoutError:
        result["events"].append(("timeout", ""))
    finally:
        client.abort()
        _end_loop(loop)


def _end_loop(loop):
    """Ends what slixmpp leaves pending, so that it does not complain when it is collected."""
    loop.run_until_complete(asyncio.sleep(0.05))
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
