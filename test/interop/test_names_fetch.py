# SPDX-License-Identifier: ISC
"""Documents by HTTPS, from hosts good and bad (RFC 8461 section 3.3)."""

import contextlib
import datetime
import http.server
import os
import pathlib
import socket
import ssl
import threading
import time
import warnings

import pytest

from lab.pki import DAY, Authority
from test_names_dns import Asker

BUILD = pathlib.Path(os.environ.get("STARTTLS_BUILD", "build"))
FETCH = BUILD / "test/unit/names/names_fetch"
PATH = "/.well-known/mta-sts.txt"
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx.example\r\nmax_age: 86400\r\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        self.server.act(self)

    def reply(self, body=POLICY, status=200, type_="text/plain", **headers):
        body = body.encode()
        self.send_response(status)
        if type_ is not None:
            self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, certificate, act, minimum=None, maximum=None):
        self.seen, self.act, self.names = [], act, []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.chain, certificate.key)
        if maximum:
            self.context.set_ciphers("DEFAULT@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                self.context.minimum_version = minimum
                self.context.maximum_version = maximum
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        super().__init__(address, Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def finish_request(self, request, client_address):
        try:
            request = self.context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
            request.unwrap()
        except OSError:
            pass

    def handle_error(self, request, client_address):
        """Clients that have heard enough go."""

    def shutdown_request(self, request):
        try:
            request.close()
        except OSError:
            pass


def drip(handler):
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"1\r\nx\r\n")
        time.sleep(0.1)


def slow_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Wait: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.1)


def endless(handler):
    """More than allowed, without saying how much."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 4096)


def chunked(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for line in POLICY.splitlines(True):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line.encode()))
    handler.wfile.write(b"0\r\n\r\n")


def cut_off(*headers):
    """Half of it, and then the connection is cut without a word."""

    def act(handler):
        handler.wfile.write("\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/plain", *headers, "",
                                        POLICY[:20]]).encode())
        handler.connection.shutdown(socket.SHUT_RDWR)  # without close_notify
        handler.close_connection = True

    return act


class World:
    """Hosts by name: each is an address of its own, all on one port."""

    def __init__(self, lab):
        self.folder = lab.make_folder("fetch")
        self.network = lab.network
        self.ca = Authority(self.folder / "ca", "ca", "fetch test CA")
        self.other_ca = Authority(self.folder / "other", "ca", "nobody's CA")
        first = self.network.endpoint()
        self.port = first.port
        self.addresses, self.servers = {}, {}
        self.make_all()
        self.config = self.folder / "unbound.conf"
        lines = [f" local-data: \"{name}.test. 300 A {address}\"\n"
                 for name, address in self.addresses.items()]
        self.config.write_text("server:\n local-zone: \"test.\" static\n" + "".join(lines) +
                               " local-data: \"noaddress.test. 300 TXT hi\"\n"
                               f" local-data: \"two.test. 300 A {self.addresses['nobody']}\"\n"
                               f" local-data: \"two.test. 300 A {self.addresses['two']}\"\n"
                               "forward-zone:\n name: \"bad.example.\"\n"
                               f" forward-addr: {self.addresses['nobody']}@1\n")

    def serve(self, name, act, certificate=None, **more):
        self.addresses[name] = self.network.host()
        certificate = certificate or self.ca.leaf(f"{name}.test")
        self.servers[name] = Server((self.addresses[name], self.port), certificate, act, **more)

    def make_all(self):
        ca = self.ca
        for name, headers in {
                "good": {}, "charset": {"type_": "text/plain; charset=utf-8"},
                "capitals": {"type_": "Text/PLAIN ;charset=us-ascii"}, "empty": {"body": ""},
                "html": {"type_": "text/html"}, "plainer": {"type_": "text/plainer"},
                "untyped": {"type_": None}, "prose": {"body": "This domain is parked."},
                "biggest": {"body": "x" * 65536}, "toobig": {"body": "x" * 65537},
                "moved": {"status": 301, "Location": "https://good.test/x"},
                "found": {"status": 302}, "missing": {"status": 404},
                "broken": {"status": 500, "body": "x" * 100000}, "nothing": {"status": 204, "body": ""},
                "cookie": {"Set-Cookie": "a=b; Path=/", "Cache-Control": "max-age=999"},
                "injected": {"status": 302, "Location": "https://x/\x01\x1b[31mred"},
                "two": {},
        }.items():
            self.serve(name, lambda handler, headers=headers: handler.reply(**headers))
        good = lambda handler: handler.reply()
        for name, act in {"drip": drip, "chunked": chunked, "endless": endless, "slowheaders": slow_headers,
                          "cut": cut_off("Connection: close"),
                          "cutlength": cut_off("Content-Length: 75"),
                          "cutchunks": cut_off("Transfer-Encoding: chunked")}.items():
            self.serve(name, act)
        self.serve("expired", good, ca.leaf("expired.test", start=-3 * DAY, end=-DAY))
        self.serve("future", good, ca.leaf("future.test", start=DAY, end=3 * DAY))
        self.serve("stranger", good, self.other_ca.leaf("stranger.test"))
        self.serve("othername", good, ca.leaf("elsewhere.test"))
        self.serve("cnonly", good, ca.leaf(ips=("192.0.2.1",), common_name="cnonly.test"))
        self.serve("one.wild", good, ca.leaf("*.wild.test"))
        self.serve("part.wild", good, ca.leaf("pa*.wild.test"))
        self.serve("one.deep.wild", good, ca.leaf("*.wild.test"))
        self.serve("old", good, minimum=ssl.TLSVersion.TLSv1, maximum=ssl.TLSVersion.TLSv1_1)
        self.serve("twelve", good, minimum=ssl.TLSVersion.TLSv1_2,
                   maximum=ssl.TLSVersion.TLSv1_2)
        self.serve("late", lambda handler: (time.sleep(3), handler.reply()))
        self.addresses["nobody"] = self.network.host()
        self.addresses["mute"] = self.network.host()
        self.mute = socket.create_server((self.addresses["mute"], self.port), backlog=64)
        self.addresses["notls"] = self.network.host()
        self.notls = socket.create_server((self.addresses["notls"], self.port))
        threading.Thread(target=self._speak, daemon=True).start()

    def _speak(self):
        while True:
            try:
                one, _ = self.notls.accept()
                one.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                one.close()
            except OSError:
                return

    def fetcher(self, *arguments):
        return Fetcher("--config", self.config, "--ca", self.ca.path, "--port", self.port, *arguments)

    def close(self):
        for server in self.servers.values():
            server.shutdown()
            server.server_close()
        self.mute.close()
        self.notls.close()


class Fetcher(Asker):
    program = FETCH

    def fetch(self, name, path=PATH):
        return self.ask(f"https://{name}.test{path}")


@pytest.fixture(scope="module")
def world(lab):
    assert FETCH.exists(), f"{FETCH} is not built"
    made = World(lab)
    yield made
    made.close()


@pytest.fixture
def fetcher(world):
    for server in world.servers.values():
        server.seen.clear()
        server.names.clear()
    with world.fetcher("--patience", "4000") as one:
        yield one


def test_good(world, fetcher):
    answer = fetcher.fetch("good")
    assert (answer["fault"], answer["status"], answer["body"]) == ("fine", 200, POLICY)
    assert (answer["why"], answer["security"]) == ("", "insecure")
    [(path, headers)] = world.servers["good"].seen
    assert path == PATH and headers["Host"] == f"good.test:{world.port}"
    assert world.servers["good"].names == ["good.test"], "SNI (STS-05)"
    assert set(headers) == {"Host", "User-Agent", "Accept"}


@pytest.mark.parametrize("name", ["charset", "capitals", "twelve", "one.wild", "prose", "two"])
def test_fine(fetcher, name):
    """What is a policy, and what is prose, is for others to say."""
    assert fetcher.fetch(name)["fault"] == "fine"


def test_chunked(fetcher):
    answer = fetcher.fetch("chunked")
    assert (answer["fault"], answer["body"]) == ("fine", POLICY)


def test_biggest(fetcher):
    answer = fetcher.fetch("biggest")
    assert (answer["fault"], answer["length"]) == ("fine", 65536)


def test_empty(fetcher):
    answer = fetcher.fetch("empty")
    assert (answer["fault"], answer["length"]) == ("fine", 0)


@pytest.mark.parametrize("name, fault, status, why", [
    ("moved", "redirect", 301, "the host redirects to https://good.test/x, which is not followed"),
    ("found", "redirect", 302, "the host redirects to nowhere, which is not followed"),
    ("missing", "status", 404, "the host answers with status 404"),
    ("broken", "status", 500, "the host answers with status 500"),
    ("nothing", "status", 204, "the host answers with status 204"),
    ("html", "type", 200, "the document is text/html, not text/plain"),
    ("plainer", "type", 200, "the document is text/plainer, not text/plain"),
    ("untyped", "type", 200, "the document has no type"),
    ("toobig", "too-big", 200, "the document has more than 65536 bytes"),
    ("endless", "too-big", 200, "the document has more than 65536 bytes"),
    ("cut", "broken", 200, "the document does not say where it ends: it may have been cut off"),
    ("cutlength", "broken", 200, None),
    ("cutchunks", "broken", 200, None),
    ("expired", "expired", 0, "SSL certificate problem: certificate has expired"),
    ("future", "expired", 0, "SSL certificate problem: certificate is not yet valid"),
    ("stranger", "untrusted", 0, None),
    ("othername", "name", 0, None),
    ("cnonly", "name", 0, None),
    ("part.wild", "name", 0, None),
    ("one.deep.wild", "name", 0, None),
    ("old", "tls", 0, None),
    ("notls", "tls", 0, None),
    ("nobody", "connect", 0, None),
    ("missinghost", "no-host", 0, "the host does not exist"),
    ("noaddress", "no-host", 0, "the host has no address"),
])
def test_faults(world, fetcher, name, fault, status, why):
    """Each is told as what it is (STS-04, STS-05), and none yields a document."""
    answer = fetcher.fetch(name)
    assert answer["fault"] == fault, answer
    assert answer["status"] == status and answer["length"] == 0
    assert answer["why"] == why if why else answer["why"] != ""
    assert not world.servers["good"].seen, "a redirection is not followed"


def test_common_name_alone(lab, world):
    """No names of DNS at all, and the subject is right: that does not count (STS-05)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from lab.pki import Certificate, _name, _new_key
    private = _new_key("ecdsa")
    now = datetime.datetime.utcnow()
    certificate = (x509.CertificateBuilder().subject_name(_name("bare.test"))
                   .issuer_name(world.ca.certificate.subject).public_key(private.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - DAY)
                   .not_valid_after(now + DAY).sign(world.ca.private, hashes.SHA256()))
    bare = Certificate(world.folder, "bare", certificate, private)
    server = Server((world.addresses["nobody"], world.port), bare, lambda handler: handler.reply())
    config = world.folder / "bare.conf"
    config.write_text("server:\n local-zone: \"test.\" static\n"
                      f" local-data: \"bare.test. A {world.addresses['nobody']}\"\n")
    try:
        with Fetcher("--config", config, "--ca", world.ca.path, "--port", world.port) as fetcher:
            answer = fetcher.fetch("bare")
    finally:
        server.shutdown()
        server.server_close()
    assert answer["fault"] == "name" and "no name of DNS" in answer["why"]


def test_escapes(fetcher):
    """Reasons go to logs and terminals."""
    answer = fetcher.fetch("injected")
    assert answer["fault"] == "redirect" and answer["why"].isprintable()


@pytest.mark.parametrize("name", ["drip", "mute", "slowheaders"])
def test_too_slow(world, name):
    """All of it counts, not the pause between two bytes."""
    begun = time.monotonic()
    with world.fetcher("--patience", "1500") as fetcher:
        assert fetcher.fetch(name)["fault"] == "too-slow"
    assert 1.4 < time.monotonic() - begun < 10


def test_names_that_cannot_be_looked_up(world):
    with world.fetcher("--patience", "1500") as fetcher:
        answer = fetcher.ask("https://mta-sts.bad.example/x")
    assert answer["fault"] in ("resolve", "too-slow") and answer["security"] == "failed", answer


@pytest.mark.parametrize("url", [
    "http://good.test/x", "https://good.test", "https:///x", "https://user@good.test/x",
    "https://good.test:1/x", "https://[::1]/x", "https://good..test/x", "https://good.test/a b",
    "https://good.test/a#b", "file:///etc/passwd", "good.test/x", "https://good.test\\x/",
])
def test_what_is_no_url(world, fetcher, url):
    assert fetcher.ask(url)["fault"] == "url"
    assert not world.servers["good"].seen


def test_nothing_is_kept(world, fetcher):
    """No cookies, no cache: the second one is like the first."""
    for _ in range(2):
        assert fetcher.fetch("cookie")["fault"] == "fine"
    first, second = world.servers["cookie"].seen
    assert first == second and "Cookie" not in second[1]


def test_nothing_from_the_environment(world, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine good.test login me password secret\n")
    (tmp_path / ".curlrc").write_text("insecure\n")
    for name, value in {"https_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1",
                        "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    world.servers["good"].seen.clear()
    with world.fetcher() as fetcher:
        assert fetcher.fetch("good")["fault"] == "fine"
        assert fetcher.fetch("stranger")["fault"] == "untrusted"
    assert "Authorization" not in world.servers["good"].seen[0][1]


def test_at_once(world):
    """No more than so many, and everybody has his turn."""
    together, most, lock, three = [0], [0], threading.Lock(), threading.Barrier(3)

    def act(handler):
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        with contextlib.suppress(threading.BrokenBarrierError):
            three.wait(5)
        time.sleep(0.1)
        with lock:
            together[0] -= 1
        handler.reply()

    server = world.servers["good"]
    before, server.act = server.act, act
    try:
        with world.fetcher("--at-once", "3") as fetcher:
            fetcher.say(*[f"https://good.test{PATH}"] * 12, "drop https://good.test/x")
            assert {fetcher.hear()["fault"] for _ in range(12)} == {"fine"}
            counts = fetcher.ask("counts")
        assert most[0] == 3
        assert counts == {"asked": 13, "failed": 0, "under_way": 0, "slow": 0, "waiting": 0}
    finally:
        server.act = before


def test_slow_ones_do_not_hold_up_quick_ones(world):
    with world.fetcher("--at-once", "2", "--patience", "6000") as fetcher:
        fetcher.say(*["https://mute.test/x"] * 4)
        begun = time.monotonic()
        assert fetcher.fetch("good")["fault"] == "fine"
        assert time.monotonic() - begun < 5, "two lanes of two seconds, and not six"
        assert fetcher.ask("counts")["slow"] == 4


def test_slow_but_good(world, fetcher):
    assert fetcher.fetch("late")["fault"] == "fine"


def test_dropped_while_under_way(world):
    """The end of the program with transfers in every state is clean."""
    with world.fetcher() as fetcher:
        fetcher.say(*["drop https://mute.test/x"] * 30)
        assert fetcher.fetch("good")["fault"] == "fine"
        assert fetcher.end() == "" and fetcher.status == 0


def test_authority_is_missing(world, tmp_path):
    with Fetcher("--config", world.config, "--ca", tmp_path / "missing", "--port",
                 world.port) as fetcher:
        assert fetcher.fetch("good")["fault"] == "untrusted"
