# SPDX-License-Identifier: ISC
"""starttls connect: standard input and output are the connection."""

import shlex
import socket
import ssl
import subprocess
import threading

import pytest

from lab import clients, daemon
from lab.wiretap import Cut, Inject, Refuse, Strip

NAME = "mail.lab.test"
CUTTERS = ("vsftpd",)  # it leaves without a close notify, and that is told


def arguments(pki, *more):
    return ["connect", "--ca-file", pki.ca, "--servername", NAME, *more]


def talk(starttls, pki, url, say, *more):
    """Says it, and ends the input at once."""
    return starttls(*arguments(pki, *more, url), stdin=say)


def converse(pki, url, say, *more):
    """Says it, and ends the input when the output has ended, as a program does that
    understands the answer: (output, status)."""
    argv = [daemon.program("starttls"), *map(str, arguments(pki, *more, url))]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdin.write(say.encode())
        child.stdin.flush()
        heard = child.stdout.read().decode()
        child.stdin.close()
        return heard, child.wait(10)


@pytest.mark.parametrize("version", ["tls12", "tls13"])
def test_smtp(postfix, pki, version):
    heard, status = converse(pki, getattr(postfix, version).url("smtp"),
                             "EHLO client.lab.test\r\nQUIT\r\n")
    assert status == 0
    assert heard.startswith("250-") and "\n221 " in heard and "STARTTLS" not in heard


@pytest.mark.parametrize("fixture, listener, url, say, answer", [
    ("dovecot", "imap.plain", "imap", "a CAPABILITY\r\nb LOGOUT\r\n", "b OK"),
    ("dovecot", "imap.implicit", "imaps", "a LOGOUT\r\n", "* OK"),
    ("dovecot", "pop3.plain", "pop3", "QUIT\r\n", "+OK"),
    ("dovecot", "pop3.implicit", "pop3s", "QUIT\r\n", "+OK"),
    ("dovecot", "sieve.plain", "sieve", "LOGOUT\r\n", '"IMPLEMENTATION"'),
    ("dovecot", "lmtp.plain", "lmtp", "QUIT\r\n", "221 "),
    ("nntp", "plain", "nntp", "QUIT\r\n", "205 "),
    ("vsftpd", "plain", "ftp", "QUIT\r\n", "221 "),
    ("inspircd", "plain", "irc", "QUIT :bye\r\n", "ERROR"),
])
def test_protocols(request, pki, fixture, listener, url, say, answer):
    endpoint = request.getfixturevalue(fixture)
    for name in listener.split("."):
        endpoint = getattr(endpoint, name)
    heard, status = converse(pki, endpoint.url(url), say)
    assert answer in heard
    assert status == (2 if fixture in CUTTERS else 0)


def test_xmpp(prosody_strict, pki):
    heard, status = converse(
        pki, prosody_strict.c2s.url("xmpp"),
        "<stream:stream xmlns='jabber:client' version='1.0' to='xmpp.lab.test' "
        "xmlns:stream='http://etherx.jabber.org/streams'></stream:stream>",
        "--domain", prosody_strict.domain)
    assert "</stream:stream>" in heard and status == 0


@pytest.mark.parametrize("url", ["imap", "imaps"])
def test_mbsync_tunnel(dovecot_strict, pki, tmp_path, url):
    """mbsync begins with the greeting, so one is made for it behind an upgrade."""
    service = dovecot_strict.imap
    endpoint = service.plain if url == "imap" else service.implicit
    command = shlex.join(map(str, [daemon.program("starttls"),
                                   *arguments(pki, "--greeting", endpoint.url(url))]))
    done = clients.mbsync(tmp_path, None, dovecot_strict.user, dovecot_strict.password,
                          tunnel=command)
    assert done.status == 0, done


# ------------------------------------------------------------------ how it ends


class Ending:
    """A TLS server that does something and ends in its own way."""

    def __init__(self, endpoint, certificate, act):
        self.listener = socket.create_server(endpoint.address)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.chain, certificate.key)
        self.act = act
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with self.listener, self.listener.accept()[0] as plain:
            # Python's TLS over memory leaves the socket's own end to us.
            into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = self.context.wrap_bio(into, out, server_side=True)

            def flush():
                if data := out.read():
                    plain.sendall(data)

            def until(step):
                while True:
                    try:
                        result = step()
                        flush()
                        return result
                    except ssl.SSLWantReadError:
                        flush()
                        data = plain.recv(65536)
                        into.write(data) if data else into.write_eof()

            until(tls.do_handshake)
            self.act(tls, until, flush)

    def join(self):
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def ending(network, pki):
    made = []

    def start(act):
        endpoint = network.endpoint()
        made.append(Ending(endpoint, pki.server(), act))
        return endpoint

    yield start
    for one in made:
        one.join()


def hear_all(tls, until):
    heard = b""
    while True:
        try:
            data = until(lambda: tls.read(65536))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return heard
        if not data:
            return heard
        heard += data


def goodbye(tls, flush):
    try:
        tls.unwrap()
    except ssl.SSLWantReadError:
        pass
    flush()


def test_our_end_is_passed_on_and_the_rest_heard(starttls, ending, pki):
    """The server answers only when it has heard the end of our input."""
    def act(tls, until, flush):
        heard = hear_all(tls, until)
        tls.write(b"heard %d" % len(heard))
        flush()
        goodbye(tls, flush)

    say = "x" * 300000
    done = talk(starttls, pki, ending(act).url("imaps"), say)
    assert (done.stdout, done.returncode) == ("heard 300000", 0), done.stderr


def test_their_end_is_passed_on_and_the_rest_said(ending, pki):
    """Output ends at the server's close notify, while our input goes on."""
    heard = []

    def act(tls, until, flush):
        tls.write(b"that was all")
        goodbye(tls, flush)
        heard.append(hear_all(tls, until))

    url = ending(act).url("imaps")
    with subprocess.Popen([daemon.program("starttls"), *map(str, arguments(pki, url))],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.read() == b"that was all"
        child.stdin.write(b"and this is ours")
        child.stdin.close()
        assert child.wait(10) == 0


def test_a_cut_is_a_fault(starttls, ending, pki):
    """The control is the same server with a close notify."""
    def cut(tls, until, flush):
        tls.write(b"half of it")
        flush()

    def close(tls, until, flush):
        cut(tls, until, flush)
        goodbye(tls, flush)

    done = talk(starttls, pki, ending(cut).url("imaps"), "")
    assert (done.stdout, done.returncode) == ("half of it", 2), done
    assert "connection-cut" in done.stderr
    done = talk(starttls, pki, ending(close).url("imaps"), "")
    assert (done.stdout, done.returncode, done.stderr) == ("half of it", 0, "")


def test_a_name_is_looked_up(starttls, pki):
    """Whatever "localhost" is here: addresses are tried until one answers."""
    from lab.child import Endpoint
    with socket.create_server(("127.0.0.1", 0)) as free:
        endpoint = Endpoint("127.0.0.1", free.getsockname()[1])
    server = Ending(endpoint, pki.server(), lambda tls, until, flush: goodbye(tls, flush))
    done = starttls("connect", "--ca-file", pki.ca, f"imaps://localhost:{endpoint.port}",
                    stdin="")
    assert done.returncode == 0, done
    server.join()


def test_files_and_much_data(ending, pki, tmp_path):
    """Input from a file, output into a file: neither can be waited for."""
    data = bytes(range(256)) * 8192

    def act(tls, until, flush):
        heard = hear_all(tls, until)
        until(lambda: tls.write(heard))
        goodbye(tls, flush)

    (tmp_path / "in").write_bytes(data)
    url = ending(act).url("imaps")
    with open(tmp_path / "in", "rb") as source, open(tmp_path / "out", "wb") as sink:
        done = subprocess.run([daemon.program("starttls"), *map(str, arguments(pki, url))],
                              stdin=source, stdout=sink, timeout=30, check=False)
    assert done.returncode == 0
    assert (tmp_path / "out").read_bytes() == data


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("attack, fault", [
    (lambda: Strip(refuse=b"502 5.5.1 no\r\n"), "starttls-not-offered"),
    (lambda: Refuse(b"454 4.7.0 not now\r\n"), "starttls-unavailable"),
    (lambda: Inject("server", b"250 2.0.0 injected\r\n"), "injected-plaintext"),
    (lambda: Cut("goahead"), "closed-early"),
    (None, None)])
def test_attacks(starttls, postfix, pki, wiretap, attack, fault):
    """Nothing of ours crosses in plaintext, whatever is done; the control is no attack."""
    tap = wiretap(postfix.tls13, protocol="smtp", attack=attack)
    done = talk(starttls, pki, tap.endpoint.url("smtp"), "NOOP for-nobody-to-hear\r\nQUIT\r\n")
    tap.wait_closed()
    tap.tape.no_secret("for-nobody-to-hear")
    if fault is None:
        assert done.returncode == 0 and "221 " in done.stdout
    else:
        assert (done.returncode, done.stdout) == (2, "") and fault in done.stderr, done


@pytest.mark.parametrize("name, status", [(NAME, 0), ("other.example", 2)])
def test_wrong_name(starttls, postfix, pki, name, status):
    done = starttls("connect", "--ca-file", pki.ca, "--servername", name,
                    postfix.tls13.url("smtp"), stdin="QUIT\r\n")
    assert done.returncode == status, done
    assert ("certificate-name-mismatch" in done.stderr) == (status == 2)


def test_untrusted(starttls, postfix, pki):
    """Without the authority nobody is trusted, unless told so, which is said aloud."""
    url = postfix.tls13.url("smtp")
    done = starttls("connect", "--servername", NAME, url, stdin="QUIT\r\n")
    assert done.returncode == 2 and "certificate-untrusted" in done.stderr, done
    assert not done.stdout
    done = starttls("connect", "--no-verify", "--servername", NAME, url, stdin="QUIT\r\n")
    assert done.returncode == 0 and "NOT verified" in done.stderr, done
    assert "221 " in done.stdout
