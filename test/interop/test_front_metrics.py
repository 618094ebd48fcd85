# SPDX-License-Identifier: ISC
"""What the daemon tells of itself: numbers for Prometheus, health for whoever asks."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

import pytest

from lab import clients, daemon, plain
from lab.child import Child, find_program, wait_until

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
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
    """starttlsd with metrics; front by name."""

    def __init__(self, starttlsd, network, pki, sections, **top):
        self.metrics = network.endpoint()
        self.fronts = {name: network.endpoint() for name in sections}
        texts = []
        for name, options in sections.items():
            options = dict(options)
            texts.append(daemon.front(name, options.pop("protocol", "imap"), self.fronts[name],
                                      options.pop("backend"), **options))
        self.text = daemon.config(*texts, certificates=[pki.server()], metrics=[self.metrics],
                                  **top)
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
    assert seen.value("worker_deaths_total") == 1
    assert seen.value("open_sessions") == 0
    assert seen.value("connections_total", "front=imaps") == 1
    wait_until(lambda: get(seen.metrics, "/healthz")[0] == 200, 10, "health")
    leave(tls(seen["imaps"], pki))
    assert seen.value("connections_total", "front=imaps") == 2
    one.close()


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


def test_prometheus(seen, pki, network, tmp_path):
    """A real Prometheus collects the numbers, and evaluates the rules that come with us."""
    program = find_program("prometheus", "prometheus")
    listen = network.endpoint()
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: ['{PACKAGING}/alerts.yml']\n"
        "scrape_configs:\n- job_name: starttls\n  static_configs:\n"
        f"  - targets: ['{seen.metrics}']\n")
    leave(tls(seen["imaps"], pki))

    def ask(path):
        with urllib.request.urlopen(f"http://{listen}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)["data"]

    def value(name):
        found = ask(f"query?query={name}")["result"]
        return sum(float(one["value"][1]) for one in found) if found else None

    with Child([program, f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address={listen}"],
               tmp_path / "log") as child:
        child.wait_listening([listen], seconds=30)
        wait_until(lambda: value("starttls_bytes_total"), 20, "a collection")
        target = ask("targets")["activeTargets"][0]
        assert (target["health"], target["lastError"]) == ("up", "")
        assert value("starttls_handshakes_total") == 1
        rules = wait_until(lambda: all(
            rule["health"] == "ok" for group in ask("rules")["groups"] for rule in group["rules"])
            and ask("rules")["groups"], 20, "the rules")
        assert len(rules[0]["rules"]) > 5


def expressions():
    """The dashboard's, with what Grafana puts in for its variables."""
    board = json.loads((PACKAGING / "dashboard.json").read_text())
    found = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    return [one.replace("$__rate_interval", "5m").replace("$__range", "1h")
            .replace("$front", ".*").replace("$instance", ".*") for one in found]


def families(text):
    return set(re.findall(r"^# TYPE (\w+) ", text, re.M))


def used(expression):
    return {re.sub(r"_(bucket|sum|count)$", "", name)
            for name in re.findall(r"\bstarttls_\w+", expression)}


def test_dashboard(seen, tmp_path):
    """It asks for what there is, in words that Prometheus takes, and leaves nothing out."""
    board = json.loads((PACKAGING / "dashboard.json").read_text())
    told = families(get(seen.metrics)[2])
    asked = set().union(*map(used, expressions()))
    assert asked - told == set()
    assert told - asked == set()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    assert board["schemaVersion"] >= 36 and board["uid"]
    variables = {one["name"] for one in board["templating"]["list"]}
    assert variables == {"datasource", "instance", "front"}
    for panel in board["panels"]:
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}"
    rules = {"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{i}", "expr": one} for i, one in enumerate(expressions())]}]}
    (tmp_path / "rules.yml").write_text(json.dumps(rules))
    done = clients.run(find_program("promtool", "prometheus"), "check", "rules",
                       tmp_path / "rules.yml")
    assert done.status == 0, done


def test_alerts(seen, tmp_path):
    """The rules ask for what there is, and fire when they should."""
    text = (PACKAGING / "alerts.yml").read_text()
    told = families(get(seen.metrics)[2])
    assert used(text) and used(text) <= told
    promtool = find_program("promtool", "prometheus")
    assert clients.run(promtool, "check", "rules", PACKAGING / "alerts.yml").status == 0
    done = clients.run(promtool, "test", "rules",
                       pathlib.Path(__file__).with_name("alerts_test.yml"))
    assert done.status == 0, done


def test_manual(seen):
    """starttlsd(8) has a word for each of them."""
    text = (PACKAGING.parent / "man" / "starttlsd.8").read_text()
    # Those of policy services, which this daemon has none of, are in the table that they are
    # made from; the one that is no counter is not.
    table = (PACKAGING.parent / "src" / "gate" / "board.h").read_text()
    advice = set(re.findall(r'"(starttls_\w+)"', table)) | {"starttls_store_troubled"}
    assert len(advice) > 5
    assert set(re.findall(r"\bstarttls_\w+", text)) == families(get(seen.metrics)[2]) | advice
