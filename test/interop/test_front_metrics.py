# SPDX-License-Identifier: ISC
"""What the daemon tells of itself: numbers for Prometheus, health for whoever asks."""

import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from lab import clients, daemon, plain, policy
from lab.child import Child, find_program, wait_until

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
_serial = itertools.count()
SAMPLE = re.compile(r'(\w+)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@pytest.fixture(scope="module")
def service():
    with plain.Echo() as made:
        yield made


def get(endpoint, path="/metrics", method="GET", **headers):
    """The status, headers and body of an answer."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body.decode()


def samples(text):
    """{(name, label=value, ...): number}, and no line that is neither sample nor comment."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        key = (name, *(f"{one}={text}" for one, text in LABEL.findall(labels or "")))
        assert key not in found, f"told twice: {key}"
        found[key] = float(value)
    return found


class Daemon:
    """starttlsd with metrics; front by name, and whatever other sections there are."""

    def __init__(self, starttlsd, network, pki, sections, *others, **top):
        self.metrics = network.endpoint()
        self.fronts = {name: network.endpoint() for name in sections}
        texts = []
        for name, options in sections.items():
            options = dict(options)
            texts.append(daemon.front(name, options.pop("protocol", "imap"), self.fronts[name],
                                      options.pop("backend"), **options))
        self.text = daemon.config(*texts, *others, certificates=[pki.server()],
                                  metrics=[self.metrics], **top)
        self.child = starttlsd(self.text)

    def __getitem__(self, front):
        return self.fronts[front]

    def now(self):
        return samples(get(self.metrics)[2])

    def counters(self, front):
        """Those of a front that count events, without those that measure."""
        return {(key[0].removeprefix("starttls_").removesuffix("_total"), *key[3:]): value
                for key, value in self.now().items()
                if f"front={front}" in key and key[0].endswith("_total")
                and key[0] != "starttls_bytes_total"}

    def value(self, name, *labels):
        """The sum of the samples that have these labels."""
        return sum(value for key, value in self.now().items()
                   if key[0] == f"starttls_{name}" and set(labels) <= set(key))


CAPABILITIES = '{"IMAP4rev1"}'


@pytest.fixture
def seen(starttlsd, network, pki, service):
    quiet = dict(capabilities=CAPABILITIES, backend_check=0, backend=service.address,
                 strict_sni="false")
    return Daemon(starttlsd, network, pki, {
        "imap": dict(quiet, tls="required"),
        "imaps": dict(quiet, tls="implicit"),
        "offered": dict(quiet, tls="offered"),
        "strict": {**quiet, "tls": "implicit", "strict_sni": "true"},
        "away": {**quiet, "tls": "implicit", "backend": network.endpoint()},
    })


@pytest.fixture
def advising(starttlsd, network, pki, service, lab):
    """A daemon that has all that there can be.  Its name server is nobody."""
    return advisor(starttlsd, network, pki, lab,
                   {"imap": dict(capabilities=CAPABILITIES, backend_check=0, tls="implicit",
                                 strict_sni="false", backend=service.address)})


def advisor(starttlsd, network, pki, lab, fronts):
    """A daemon with a policy service, and with these fronts."""
    folder = lab.make_folder(f"advice{next(_serial)}")
    nobody = network.endpoint()
    (folder / "unbound.conf").write_text(
        'server:\n do-not-query-localhost: no\nforward-zone:\n name: "."\n'
        f" forward-addr: {nobody.host}@{nobody.port}\n")
    state = lab.make_folder(f"{folder.name}/state", owner="nobody", mode=0o700)
    made = Daemon(starttlsd, network, pki, fronts,
                  policy.section("postfix", [f"unix:{folder}/socket"]),
                  f'resolver {{\n\tconfig = "{folder}/unbound.conf"\n}}\n', state=f'"{state}"')
    made.socket = folder / "socket"
    made.child.wait_log("event=ready")
    return made


class Difference:
    """Inside of "with", things happen to a front; afterwards exactly this was counted."""

    def __init__(self, seen, front, **expected):
        self.seen, self.front = seen, front
        self.expected = {}
        for name, value in expected.items():
            for label, count in (value.items() if isinstance(value, dict) else [(None, value)]):
                self.expected[(name, label) if label else (name,)] = count

    def difference(self):
        now = self.seen.counters(self.front)
        return {key: value - self.before.get(key, 0) for key, value in now.items()
                if value != self.before.get(key, 0)}

    def __enter__(self):
        self.before = self.seen.counters(self.front)

    def __exit__(self, kind, *_):
        if kind:
            return
        end = time.monotonic() + 5
        while self.difference() != self.expected and time.monotonic() < end:
            time.sleep(0.05)
        assert self.difference() == self.expected


def tls(endpoint, pki, version=None, name=clients.NAME, session=None, context=None):
    """A client inside TLS that has been greeted and answered."""
    raw = socket.create_connection(endpoint.address, 10)
    context = context or clients.context(pki.ca, version)
    one = context.wrap_socket(raw, server_hostname=name, session=session)
    assert one.recv(100).startswith(b"* OK")
    one.sendall(b"x NOOP\r\n")
    assert one.recv(100) == b"x OK done\r\n"
    return one


def good(version="TLSv1.3", group="X25519", cipher="TLS_AES_128_GCM_SHA256", name="known"):
    """What a handshake that went well adds, and its session."""
    return {"connections": 1, "sessions": {"fault=none": 1}, "handshakes": {"fault=none": 1},
            "handshake_versions": {f"version={version}": 1},
            "handshake_groups": {f"group={group}": 1},
            "handshake_ciphers": {f"cipher={cipher}": 1},
            "handshake_names": {f"name={name}": 1},
            "backend_connections": {"fault=none": 1}}


def leave(one):
    one.unwrap()
    one.close()


# ---------------------------------------------------------------- sessions


def test_versions(seen, pki):
    """TLS 1.2 and 1.3, and a session that is resumed."""
    context = clients.context(pki.ca, "1.3")
    with Difference(seen, "imaps", **good()):
        one = tls(seen["imaps"], pki, context=context)
        session = one.session
        leave(one)
    with Difference(seen, "imaps", **good(), handshakes_resumed=1):
        leave(tls(seen["imaps"], pki, context=context, session=session))
    cipher = "ECDHE-ECDSA-AES128-GCM-SHA256"
    with Difference(seen, "imaps", **good("TLSv1.2", cipher=cipher)):
        leave(tls(seen["imaps"], pki, "1.2"))


def test_upgrade(seen, pki):
    """An upgrade that is taken, after commands that had to be refused (CORE-13)."""
    with Difference(seen, "imap", **good(), upgrades_offered=1, upgrades_taken=1,
                    commands_refused=2):
        with clients.Lines(seen["imap"]) as talk:
            talk.until(r"\* OK")
            assert talk.ask("a LOGIN joe secret", "a ") == [
                "a NO [PRIVACYREQUIRED] Use STARTTLS first"]
            talk.ask("b SELECT INBOX", "b NO")
            talk.ask("c STARTTLS", "c OK")
            talk.start_tls(pki.ca)
            talk.ask("d NOOP", "d OK")
            talk.socket.unwrap()


def test_commands_are_counted_at_once(seen):
    """... and not at the end of a session, which may be far."""
    with clients.Lines(seen["imap"]) as talk:
        talk.until(r"\* OK")
        talk.ask("a LOGIN joe secret", "a NO")
        assert seen.value("commands_refused_total", "front=imap") == 1
        assert seen.value("open_sessions", "front=imap", "state=opening") == 1
    wait_until(lambda: not seen.value("open_sessions"), 5, "the session's end")


def test_declined(seen):
    """Who goes on in plaintext where that is allowed."""
    with Difference(seen, "offered", connections=1, upgrades_offered=1, upgrades_declined=1,
                    sessions={"fault=none": 1}, backend_connections={"fault=none": 1}):
        with clients.Lines(seen["offered"]) as talk:
            talk.until(r"\* OK")
            talk.ask("a SELECT INBOX", "a OK")


def test_injection(seen):
    """A command behind STARTTLS in the same segment (CVE-2011-0411 and its children)."""
    attacked = {"fault=injected-plaintext": 1}
    with Difference(seen, "imap", connections=1, upgrades_offered=1, sessions=attacked,
                    injections=attacked):
        with clients.Lines(seen["imap"]) as talk:
            talk.until(r"\* OK")
            talk.send(b"a STARTTLS\r\nb NOOP\r\n")
            talk.rest()


def test_no_tls(seen):
    """HTTP, and a client that goes away, where TLS should begin."""
    failed = {"fault=not-tls": 1}
    with Difference(seen, "imaps", connections=1, sessions=failed):
        with clients.Lines(seen["imaps"]) as talk:
            talk.send(b"GET / HTTP/1.1\r\n\r\n")
            talk.rest()
    with Difference(seen, "imaps", connections=1, sessions={"fault=closed-early": 1}):
        clients.Lines(seen["imaps"]).close()
    with Difference(seen, "imap", connections=1, upgrades_offered=1,
                    sessions={"fault=cross-protocol": 1}):
        with clients.Lines(seen["imap"]) as talk:
            talk.send(b"GET / HTTP/1.1\r\n\r\n")
            talk.rest()


def test_versions_that_are_too_old(seen):
    """A handshake that fails, by its fault."""
    failed = {"fault=tls-version": 1}
    with Difference(seen, "imaps", connections=1, sessions=failed, handshakes=failed):
        clients.run("openssl", "s_client", "-connect", str(seen["imaps"]), "-tls1_1", "-cipher",
                    "DEFAULT:@SECLEVEL=0")


def test_names(seen, pki):
    """A name that no certificate has, none at all, and what strict does."""
    context = clients.context()
    with Difference(seen, "imaps", **good(name="unknown")):
        leave(tls(seen["imaps"], pki, name="other.example", context=context))
    with Difference(seen, "imaps", **good(name="missing")):
        leave(tls(seen["imaps"], pki, name=None, context=context))
    failed = {"fault=unknown-name": 1}
    with Difference(seen, "strict", connections=1, sessions=failed, handshakes=failed,
                    handshake_names={"name=unknown": 1}):
        with pytest.raises(ssl.SSLError):
            tls(seen["strict"], pki, name="other.example", context=context)


def test_backend_away(seen, pki):
    """A service that is not there."""
    expected = {**good(), "sessions": {"fault=backend-down": 1},
                "backend_connections": {"fault=connect-failed": 1}}
    with Difference(seen, "away", **expected):
        raw = socket.create_connection(seen["away"].address, 10)
        with clients.context(pki.ca).wrap_socket(raw, server_hostname=clients.NAME) as one:
            assert b"BYE" in one.recv(1000)
            assert one.recv(1000) == b""


def test_bytes(seen, pki):
    """Bytes are those inside of TLS, and counted while they cross."""
    def moved():
        return [seen.value("bytes_total", "front=imaps", f"direction={way}")
                for way in ("in", "out")]

    one = tls(seen["imaps"], pki)
    assert seen.value("open_sessions", "front=imaps", "state=open") == 1
    line = b"x " + b"y" * 996 + b"\r\n"
    for _ in range(200):
        one.sendall(line)
        assert one.recv(100) == b"x OK done\r\n"
    assert moved()[0] > 100000  # not at the end only
    leave(one)
    wait_until(lambda: moved() == [8 + 200 * 1000, 9 + 201 * 11], 5, f"all bytes: {moved()}")
    assert seen.value("handshake_duration_seconds_count", "front=imaps") == 1
    assert seen.value("handshake_duration_seconds_bucket", "front=imaps", "le=+Inf") == 1
    assert 0 <= seen.value("handshake_duration_seconds_sum", "front=imaps") < 5


# ------------------------------------------------------------- the daemon


def children(parent):
    """Live processes that the parent has started, the oldest first."""
    found = []
    for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
        found += [int(one) for one in (task / "children").read_text().split()]
    return [one for one in found
            if " Z " not in pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2][:3]]


def test_killed_worker(seen, pki):
    """A worker that is killed takes along its sessions, and no number stays wrong."""
    one = tls(seen["imaps"], pki)
    assert seen.value("open_sessions", "state=open") == 1
    assert seen.value("worker_starts_total") == 1
    os.kill(children(seen.child.pid)[0], signal.SIGKILL)
    wait_until(lambda: seen.value("worker_starts_total") == 2, 10, "another worker")
    assert seen.value("worker_deaths_total", "process=worker") == 1
    assert seen.value("worker_deaths_total") == 1
    assert seen.value("open_sessions") == 0
    assert seen.value("connections_total", "front=imaps") == 1
    wait_until(lambda: get(seen.metrics, "/healthz")[0] == 200, 10, "health")
    leave(tls(seen["imaps"], pki))
    assert seen.value("connections_total", "front=imaps") == 2
    one.close()


def deaths(seen):
    return {kind: seen.value("worker_deaths_total", f"process={kind}")
            for kind in ("worker", "metrics", "policy")}


def killed(seen, pid):
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pid not in children(seen.child.pid) and len(children(seen.child.pid)) == 3,
               10, "another process")


def test_deaths(advising):
    """A process that is killed is told of as what it was; the log calls it the same."""
    expected = dict.fromkeys(("worker", "metrics", "policy"), 0)
    assert deaths(advising) == expected
    for kind, pid in zip(expected, children(advising.child.pid)):
        killed(advising, pid)
        advising.child.wait_log(f"event={kind} worker=0 message=")
        expected[kind] += 1
        advising.child.wait_listening([advising.metrics])
        assert wait_until(lambda: deaths(advising) == expected, 5, f"{expected}")
    reload(advising)  # whoever is told to end does not die
    wait_until(lambda: len(children(advising.child.pid)) == 3, 10, "the end of the old ones")
    assert deaths(advising) == expected


def test_services(starttlsd, network, pki, lab, seen):
    """Who has no fronts misses no worker."""
    assert seen.value("services", "kind=front") == 5
    assert seen.value("services", "kind=policy") == 0
    alone = advisor(starttlsd, network, pki, lab, {})
    assert alone.value("services", "kind=front") == 0
    assert alone.value("services", "kind=policy") == 1
    assert alone.value("workers") == 0
    assert get(alone.metrics, "/healthz")[::2] == (200, "ok\n")
    parent = seen.child.pid
    first, _ = children(parent)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(children(parent)) == 2 and first not in children(parent), 10, "another")
    os.kill(children(parent)[-1], signal.SIGKILL)  # it died young: the next one waits a while
    wait_until(lambda: get(seen.metrics, "/healthz")[::2] == (503, "no worker serves\n"), 5,
               "somebody who misses it")
    wait_until(lambda: get(seen.metrics, "/healthz")[0] == 200, 10, "health")


def reload(seen, text=None):
    before = seen.value("reloads_total")
    if text:
        seen.child.config.write_text(text)
    seen.child.process.send_signal(signal.SIGHUP)
    wait_until(lambda: seen.value("reloads_total") > before, 20, "a reload")


def test_reload(seen, pki):
    """Numbers go on over reloads, sessions of before among them, and bad ones are told."""
    one = tls(seen["imaps"], pki)
    began = seen.value("reload_last_success_timestamp_seconds")
    assert abs(began - time.time()) < 60
    time.sleep(1)
    reload(seen)
    assert seen.value("reloads_total", "result=good") == 1
    assert seen.value("reload_last_success_timestamp_seconds") > began
    wait_until(lambda: seen.value("workers", "state=retiring") == 1, 5, "the old worker")
    assert seen.value("open_sessions", "front=imaps") == 1
    assert seen.value("connections_total", "front=imaps") == 1
    leave(one)
    wait_until(lambda: seen.value("workers", "state=retiring") == 0, 5, "its end")
    leave(tls(seen["imaps"], pki))
    wait_until(lambda: seen.value("sessions_total", "front=imaps") == 2, 5, "both sessions")
    reload(seen, "nonsense = 1\n")
    assert seen.value("reloads_total", "result=failed") == 1
    assert seen.value("reload_last_successful") == 0
    reload(seen, seen.text)
    assert seen.value("reload_last_successful") == 1


def test_health(seen):
    """Well, and on the way out."""
    assert get(seen.metrics, "/healthz")[::2] == (200, "ok\n")
    held = clients.Lines(seen["imaps"])  # draining lasts as long as somebody is there
    seen.child.process.send_signal(signal.SIGTERM)
    wait_until(lambda: get(seen.metrics, "/healthz")[0] == 503, 5, "draining")
    assert get(seen.metrics, "/healthz")[2] == "draining\n"
    assert seen.value("draining") == 1
    held.close()
    assert seen.child.process.wait(20) == 0
    seen.child.status = 0


def test_certificates(seen, pki):
    """When which certificate of which front expires."""
    end = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", pki.server().chain],
                         capture_output=True, text=True, check=True).stdout
    expiry = ssl.cert_time_to_seconds(end.strip().partition("=")[2])
    found = {key: value for key, value in seen.now().items()
             if key[0] == "starttls_certificate_expiry_timestamp_seconds"}
    assert len(found) == len(seen.fronts) and set(found.values()) == {expiry}
    assert all("key=ECDSA P-256" in key for key in found)


def test_backends(starttlsd, network, pki, service):
    """How many of a service's addresses are up."""
    seen = Daemon(starttlsd, network, pki, {"imap": dict(
        backend=[service.address, network.endpoint()], backend_check=1)})
    wait_until(lambda: seen.value("backends", "state=down") == 1, 10, "one that is down")
    assert seen.value("backends", "state=up") == 1


def test_log(starttlsd, network, pki, service):
    """Lines that strangers were about to cause."""
    seen = Daemon(starttlsd, network, pki, {"imap": dict(
        backend=service.address, tls="implicit", backend_check=0)}, log_rate=1)
    for _ in range(20):
        clients.Lines(seen["imap"]).close()
    wait_until(lambda: seen.value("sessions_total") == 20, 5, "all sessions")

    def told():
        return seen.child.log.count("fault=closed-early")

    wait_until(lambda: told() + seen.value("log_lines_suppressed_total") == 20, 5, "all lines")
    assert told() < 20


def test_limit(starttlsd, network, pki, service):
    """Clients that are turned away, and why."""
    seen = Daemon(starttlsd, network, pki, {"imap": dict(
        backend=service.address, tls="implicit", backend_check=0)},
        limits={"connections_per_address": 2})
    held = [tls(seen["imap"], pki) for _ in range(2)]
    with clients.Lines(seen["imap"]) as talk:
        assert talk.rest() == b""
    assert seen.value("connections_refused_total", "reason=connections-per-address") == 1
    assert seen.value("connections_refused_total") == 1
    assert seen.value("connections_total") == 2
    for one in held:
        leave(one)


# -------------------------------------------------------------------- HTTP


def test_form(seen, pki):
    """promtool has nothing to say about it."""
    leave(tls(seen["imaps"], pki))
    status, headers, text = get(seen.metrics)
    assert status == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert int(headers["Content-Length"]) == len(text)
    assert headers["Connection"] == "close" and headers["Date"]
    done = clients.run(find_program("promtool", "prometheus"), "check", "metrics",
                       stdin=text.encode())
    assert (done.status, done.all) == (0, "")
    wrong = text.replace("# HELP starttls_bytes_total", "# Help starttls_bytes_total")
    done = clients.run("promtool", "check", "metrics", stdin=wrong.encode())
    assert done.status != 0  # it would have said so


def test_open_metrics(seen):
    """The other form, for who asks for it: the same numbers, other words about them."""
    status, headers, text = get(
        seen.metrics, Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert status == 200
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("\n# EOF\n") and "# TYPE starttls_bytes counter\n" in text
    assert set(samples(text)) == set(seen.now())


def test_curl(seen):
    done = clients.run(find_program("curl", "curl"), "-sS", "--noproxy", "*",
                       f"http://{seen.metrics}/healthz")
    assert (done.status, done.out) == (0, "ok\n")


def test_answers(seen):
    """HEAD, and what there is not."""
    status, headers, body = get(seen.metrics, method="HEAD")
    assert (status, body) == (200, "") and int(headers["Content-Length"]) > 1000
    assert get(seen.metrics, "/")[::2] == (404, "Not Found\n")
    assert get(seen.metrics, "/metrics/")[0] == 404
    status, headers, _ = get(seen.metrics, method="POST")
    assert status == 405 and headers["Allow"] == "GET, HEAD"
    assert get(seen.metrics, "/metrics?name=value")[0] == 200


def raw(seen, request, seconds=10):
    """What is answered to these bytes."""
    with clients.Lines(seen.metrics, timeout=seconds) as talk:
        talk.send(request)
        return talk.rest()


def test_nonsense(seen):
    assert raw(seen, b"GET /metrics\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(seen, b"\x16\x03\x01\x02\x00\x01\n").startswith(b"HTTP/1.1 400 ")
    assert raw(seen, b"GET / HTTP/2.0\r\n").startswith(b"HTTP/1.1 505 ")
    endless = b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100000
    assert raw(seen, endless).startswith(b"HTTP/1.1 431 ")
    body = b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" + b"z" * 50000
    assert raw(seen, body).endswith(b"\r\n\r\nok\n")


def test_slow_clients(seen):
    """Who says nothing is not waited for, and keeps nobody out."""
    start = time.monotonic()
    held = [clients.Lines(seen.metrics) for _ in range(100)]
    for one in held:
        one.send(b"GET /met")
    assert get(seen.metrics)[0] == 200
    assert time.monotonic() - start < 2
    slow = held[-1]
    slow.socket.settimeout(1)
    answers = b""
    for letter in b"rics HTTP/1.1\r\nHost: " + b"a" * 30:  # a byte a while is no help
        try:
            slow.send(bytes([letter]))
            answers += slow.socket.recv(100)
            break
        except socket.timeout:
            continue
        except OSError:
            break
    assert 4 < time.monotonic() - start < 9 and answers == b""
    for one in held:
        one.close()


# -------------------------------------------------- what operators look at


def test_prometheus(advising, pki, network, tmp_path):
    """A real Prometheus collects the numbers, and evaluates our rules and dashboard."""
    program = find_program("prometheus", "prometheus")
    listen = network.endpoint()
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: ['{PACKAGING}/alerts.yml']\n"
        "scrape_configs:\n- job_name: starttls\n  static_configs:\n"
        f"  - targets: ['{advising.metrics}']\n")
    leave(tls(advising["imap"], pki))

    def ask(path):
        with urllib.request.urlopen(f"http://{listen}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)["data"]

    def is_ready():
        try:
            with urllib.request.urlopen(f"http://{listen}/-/ready", timeout=10):
                return True
        except urllib.error.HTTPError:  # it listens before it does
            return False

    def value(name):
        found = ask(f"query?query={name}")["result"]
        return sum(float(one["value"][1]) for one in found) if found else None

    with Child([program, f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address={listen}"],
               tmp_path / "log") as child:
        child.wait_listening([listen], seconds=30)
        wait_until(is_ready, 30, "Prometheus")
        wait_until(lambda: value("starttls_bytes_total"), 20, "a collection")
        target = ask("targets")["activeTargets"][0]
        assert (target["health"], target["lastError"]) == ("up", "")
        assert value("starttls_handshakes_total") == 1
        rules = wait_until(lambda: all(
            rule["health"] == "ok" for group in ask("rules")["groups"] for rule in group["rules"])
            and ask("rules")["groups"], 20, "the rules")
        assert [len(one["rules"]) > 5 for one in rules] == [True, True]
        for query in queries(dashboard()):  # an answer that is an error raises one
            ask("query?query=" + urllib.parse.quote(query))
        with pytest.raises(urllib.error.HTTPError):
            ask("query?query=" + urllib.parse.quote("starttls_workers + on (job) starttls_workers"))


def dashboard():
    return json.loads((PACKAGING / "dashboard.json").read_text())


def queries(board):
    """All that the dashboard asks, with what Grafana puts in for its variables."""
    found = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    found += [one["expr"] for one in board["annotations"]["list"] if "expr" in one]
    found += [re.fullmatch(r"label_values\((.*), \w+\)", one["definition"])[1]
              for one in board["templating"]["list"] if "definition" in one]
    return [one.replace("$__rate_interval", "5m").replace("$__range", "1h")
            .replace("$front", ".*").replace("$instance", ".*") for one in found]


def families(text):
    return set(re.findall(r"^# TYPE (\w+) ", text, re.M))


def used(expression):
    return {re.sub(r"_(bucket|sum|count)$", "", name)
            for name in re.findall(r"\bstarttls_\w+", expression)}


SELECTOR = re.compile(r"\b(starttls_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!=|=)"([^"]*)"')


def wrong_selectors(expression, now):
    """Those with a label or a value that no sample has: they would find nothing for ever.
    Prometheus adds instance itself, and of faults only those that happened are told."""
    wrong = []
    for name, matchers in SELECTOR.findall(expression):
        samples = [key for key in now if key[0] == name]
        for label, how, value in MATCHER.findall(matchers):
            has = [text for key in samples for text in key[1:] if text.startswith(f"{label}=")]
            if label != "instance" and (
                    not has or (how == "=" and f"{label}={value}" not in has)):
                wrong.append((name, label, value))
    return wrong


def check_rules(path, queries_):
    """promtool finds nothing wrong in these expressions."""
    path.write_text(json.dumps({"groups": [{"name": "all", "rules": [
        {"record": f"panel:{i}", "expr": one} for i, one in enumerate(queries_)]}]}))
    return clients.run(find_program("promtool", "prometheus"), "check", "rules", path)


def test_dashboard(advising, tmp_path):
    """It asks for what there is, in words that Prometheus takes, and leaves nothing out."""
    board = dashboard()
    text = get(advising.metrics)[2]
    asked = set().union(*map(used, queries(board)))
    assert asked - families(text) == set()
    assert families(text) - asked == set()
    now = samples(text)
    assert [one for query in queries(board) for one in wrong_selectors(query, now)] == []
    done = check_rules(tmp_path / "rules.yml", queries(board))
    assert done.status == 0, done
    assert check_rules(tmp_path / "wrong.yml", ["sum(starttls_workers"]).status != 0


def test_dashboard_form():
    """Panels have names of their own and places that no other one takes."""
    board = dashboard()
    assert board["schemaVersion"] >= 36 and board["uid"]
    assert {one["name"] for one in board["templating"]["list"]} == {
        "datasource", "instance", "front"}
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    taken = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and max(cells)[0] < 24, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert panel["description"] and panel["targets"]


def test_selectors():
    """What would be wrong in them is found."""
    now = samples('starttls_a{kind="x",fault="none"} 1\nstarttls_b 2\n')
    assert wrong_selectors('starttls_a{kind="x",instance=~".*"} + starttls_b', now) == []
    assert wrong_selectors('starttls_a{kind="y"}', now) == [("starttls_a", "kind", "y")]
    assert wrong_selectors('rate(starttls_b{kind="x"}[5m])', now) == [("starttls_b", "kind", "x")]
    assert wrong_selectors('starttls_a{sort!="x"}', now) == [("starttls_a", "sort", "x")]


def alerts():
    """{name: text} of the rules."""
    text = (PACKAGING / "alerts.yml").read_text()
    parts = re.split(r"(?m)^  - alert: (\w+)\n", text)
    return dict(zip(parts[1::2], parts[2::2]))


def test_alerts(advising):
    """The rules ask for what there is, fire when they should, and say what to do."""
    text = get(advising.metrics)[2]
    promtool = find_program("promtool", "prometheus")
    cases = pathlib.Path(__file__).with_name("alerts_test.yml")
    fires = set(re.findall(r'\{alertname="(\w+)"', cases.read_text()))
    assert fires == set(alerts()) and len(fires) > 19
    for name, rule in alerts().items():
        assert used(rule) and used(rule) <= families(text), name
        assert wrong_selectors(rule, samples(text)) == [], name
        assert re.search(r"severity: (warning|critical)\b", rule), name
        assert " summary: " in rule and " description: " in rule, name
    assert clients.run(promtool, "check", "rules", PACKAGING / "alerts.yml").status == 0
    done = clients.run(promtool, "test", "rules", cases)
    assert done.status == 0, done


COUNTED = {"counter": ("_total",),
           "histogram": ("_seconds", "_bytes"),
           "gauge": ("",)}


def test_names_and_words(advising):
    """Counters end with _total, time has a unit and is in seconds, and each has its own help."""
    text = get(advising.metrics)[2]
    told = re.findall(r"# HELP (\w+) (.*)\n# TYPE (\w+) (\w+)\n", text)
    assert len(told) == text.count("# TYPE") > 40
    for name, words, same, kind in told:
        assert name == same and name.startswith("starttls_")
        assert name.endswith(COUNTED[kind])
        assert name.endswith("_total") == (kind == "counter")
        assert not re.search(r"_(ms|milliseconds|minutes|kb|kilobytes)(_|$)", name)
        assert words.endswith(".") and "Of these" not in words, name
        assert not re.search(r"\b[wW]hen\b", words) or "_seconds" in name, name
    assert len({words for _, words, _, _ in told}) == len(told)


def test_labels(advising, pki):
    """What strangers say is no label, and makes no more samples."""
    leave(tls(advising["imap"], pki))
    before = set(advising.now())
    for name in ("a.example", "b.example", None):
        leave(tls(advising["imap"], pki, name=name, context=clients.context()))
    with policy.Socketmap(advising.socket) as one:
        for i in range(5):
            one.ask(f".destination-{i}.example")
    wait_until(lambda: advising.value("policy_questions_total") == 5, 5, "the questions")
    assert advising.value("handshake_names_total", "name=unknown") == 2
    assert set(advising.now()) == before


def test_manual(advising):
    """starttlsd(8) has a word for each of them."""
    text = (PACKAGING.parent / "man" / "starttlsd.8").read_text()
    assert set(re.findall(r"\bstarttls_\w+", text)) == families(get(advising.metrics)[2])
