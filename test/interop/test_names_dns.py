# SPDX-License-Identifier: ISC
"""Looking names up: validated here, remembered, and never for longer than allowed.

A private tree of signed zones (nsd), and a name server of our own for what no decent
one does.  Zones are on a port of ours, so that the resolver is told of each of them
(stub zones); trust still comes from the private root.
"""

import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import time

import pytest

from lab.child import Child, find_program, root_needed, wait_until

BUILD = pathlib.Path(os.environ.get("STARTTLS_BUILD", "build"))
ASK = BUILD / "test/unit/names/names_ask"
SOA = "@ 300 SOA ns.test. root.test. 1 3600 600 86400 60"
NS = "@ 300 NS ns.test."

ZONES = {
    ".": ["@ 300 NS ns.test.", "test. 300 NS ns.test."],
    "test": ["ns 300 A 127.0.0.1", "sec 300 NS ns.test.", "bogus 300 NS ns.test.",
             "plain 300 NS ns.test.", "own 300 NS ns.test.", "dead 300 NS ns.test."],
    "sec.test": [
        "@ 300 MX 10 MX1.sec.test.", "@ 200 MX 20 mx2.plain.test.", "@ 300 TXT \"one\"",
        "mx1 300 A 192.0.2.1", "mx1 300 A 192.0.2.2", "mx1 250 AAAA 2001:db8::1",
        "four 300 A 192.0.2.4", "null 300 MX 0 .",
        "_25._tcp.mx1 300 TLSA 3 1 1 " + "ab" * 32, "_25._tcp.mx1 300 TLSA 2 0 0 00",
        "_mta-sts 300 TXT \"v=STSv1; \" \"id=1;\"", "long 300 TXT \"" + "x" * 255 + "\" \"y\"",
        "_imaps._tcp 300 SRV 0 7 993 imap.sec.test.", "_pop3s._tcp 300 SRV 0 0 0 .",
        "a1 120 CNAME a2", "a2 300 CNAME A3", "a3 300 A 192.0.2.3",
        "astray 300 CNAME www.plain.test.", "gone 300 CNAME nowhere",
        "round 300 CNAME tnuor", "tnuor 300 CNAME round", "_25._tcp.alias 300 CNAME tlsa",
        "tlsa 300 TLSA 3 1 1 " + "cd" * 32, "*.wild 300 A 192.0.2.9",
        "zero 0 A 192.0.2.8"],
    "bogus.test": ["@ 300 MX 10 mx.bogus.test.", "mx 300 A 192.0.2.66", "other 300 A 192.0.2.67"],
    "plain.test": ["@ 300 MX 10 mx.plain.test.", "www 300 A 192.0.2.80", "mx 300 A 192.0.2.81",
                   "back 300 CNAME a3.sec.test."],
}
UNSIGNED = {"plain.test"}


def sign(folder, zone, lines):
    """The signed zone's file and its DS records."""
    origin = zone if zone != "." else ""
    name = zone.replace(".", "_") or "_"
    text = f"$ORIGIN {origin}.\n" + "\n".join([SOA, NS, *lines]) + "\n"
    plain = folder / f"{name}.zone"
    plain.write_text(text)
    if zone in UNSIGNED:
        return plain, []
    key = subprocess.run([find_program("ldns-keygen", "ldnsutils"), "-a", "ECDSAP256SHA256", "-k",
                          "-r", "/dev/urandom", zone], cwd=folder, check=True, text=True,
                         capture_output=True).stdout.strip()
    signed = folder / f"{name}.signed"
    subprocess.run([find_program("ldns-signzone", "ldnsutils"), "-e", "20380101000000", "-i",
                    "20200101000000", "-o", zone, "-f", signed, plain, key], cwd=folder, check=True)
    ds = subprocess.run([find_program("ldns-key2ds", "ldnsutils"), "-n", "-2",
                         folder / f"{key}.key"], check=True, text=True, capture_output=True).stdout
    if zone == ".":
        shutil.copy(folder / f"{key}.key", folder / "root.key")
    return signed, ds.splitlines()


class Nsd:
    """Serves the zones; may be stopped and started again."""

    def __init__(self, folder, endpoint):
        self.folder, self.endpoint, self.child = folder, endpoint, None
        delegations = []
        files = {}
        for zone in reversed(ZONES):
            lines = ZONES[zone] + [ds for ds in delegations if zone in (".", "test")]
            files[zone], own = sign(folder, zone, lines)
            delegations = own if zone == "test" else delegations + own
        broken = files["bogus.test"].read_text().replace("192.0.2.66", "192.0.2.99")
        files["bogus.test"].write_text(broken)
        (folder / "nsd.conf").write_text(
            "server:\n username: \"\"\n chroot: \"\"\n database: \"\"\n server-count: 1\n"
            f" ip-address: {endpoint.host}@{endpoint.port}\n zonesdir: \"{folder}\"\n"
            f" pidfile: \"{folder}/nsd.pid\"\n xfrdfile: \"{folder}/xfrd\"\n"
            f" xfrdir: \"{folder}\"\n zonelistfile: \"{folder}/zone.list\"\n"
            " rrl-ratelimit: 0\n rrl-whitelist-ratelimit: 0\n"
            "remote-control:\n control-enable: no\n"
            + "".join(f"zone:\n name: \"{zone}\"\n zonefile: \"{path}\"\n"
                      for zone, path in files.items()))

    def start(self):
        self.child = Child([find_program("nsd", "nsd"), "-d", "-c", self.folder / "nsd.conf"],
                           self.folder / "nsd.log").wait_listening([self.endpoint])

    def stop(self):
        self.child.stop()


def wire_name(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part) + b"\0"


class Own:
    """A name server that does what it is told: act(name, type) gives the answer's
    rcode and records, after a while; or nothing."""

    def __init__(self, host, port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.host, self.port = self.socket.getsockname()
        self.asked, self.delay, self.raw = [], 0, {}
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                packet, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            labels, at = [], 12
            while packet[at]:
                labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
                at += packet[at] + 1
            kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
            question = packet[12:at + 5]
            self.asked.append((".".join(labels), kind))
            threading.Timer(self.delay, self._answer,
                            (packet[:2], question, ".".join(labels), kind, peer)).start()

    def _answer(self, ident, question, name, kind, peer):
        rcode, records = self.raw.get((name, kind), (0, []))
        if rcode is None:
            return
        if not records and kind == 1 and rcode == 0 and name.startswith("host"):
            records = [(name, 1, 60, bytes([192, 0, 2, 50]))]
        body = b"".join(wire_name(owner) + struct.pack("!HHIH", type_, 1, ttl, len(data)) + data
                        for owner, type_, ttl, data in records)
        soa = b""
        if not records:
            data = wire_name("own.test") + wire_name("own.test") + struct.pack(
                "!IIIII", 1, 3600, 600, 86400, 30)
            soa = wire_name("own.test") + struct.pack("!HHIH", 6, 1, 30, len(data)) + data
        head = ident + struct.pack("!HHHHH", 0x8400 | rcode, 1, len(records), 1 if soa else 0, 0)
        try:
            self.socket.sendto(head + question + body + soa, peer)
        except OSError:
            pass

    def close(self):
        self.socket.close()


class Asker:
    """The program that asks, kept running."""

    program = ASK

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [str(self.program), *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def ask(self, line):
        self.say(line)
        return self.hear()

    def counts(self):
        return self.ask("counts")

    def end(self):
        """What it has said to the operator."""
        self.process.stdin.close()
        self.status = self.process.wait(10)
        return self.process.stderr.read()


class World:
    def __init__(self, folder, network):
        self.folder = folder
        self.nsd = Nsd(folder, network.endpoint(name="nsd"))
        self.own = Own(network.host())
        self.dead = network.endpoint(name="nobody")
        self.config = folder / "unbound.conf"
        stubs = {zone: self.nsd.endpoint for zone in ZONES}
        stubs["dead.test"], stubs["own.test"] = self.dead, self.own
        self.config.write_text(
            f"server:\n trust-anchor-file: \"{folder}/root.key\"\n"
            " local-zone: \"test.\" nodefault\n trust-anchor-signaling: no\n"
            + "".join(f"stub-zone:\n name: \"{zone}\"\n stub-addr: {to.host}@{to.port}\n"
                      for zone, to in stubs.items()))


@pytest.fixture(scope="module")
def world(lab):
    find_program("nsd", "nsd")
    assert ASK.exists(), f"{ASK} is not built"
    made = World(lab.make_folder("names"), lab.network)
    made.nsd.start()
    yield made
    made.nsd.stop()
    made.own.close()


@pytest.fixture
def asker(world):
    world.own.asked.clear()
    world.own.raw.clear()
    world.own.delay = 0
    with Asker("--config", world.config, "--grudge", "2", "--patience", "3000") as one:
        yield one


# ---- what is said, and how secure it is (DANE-01, DANE-04) ----

def test_mx(asker):
    answer = asker.ask("MX Sec.TEST.")
    assert answer["security"] == "secure" and answer["absent"] == "there"
    assert answer["name"] == answer["canonical"] == "sec.test"
    assert sorted(answer["records"]) == [[10, "mx1.sec.test"], [20, "mx2.plain.test"]]
    assert answer["ttl"] == 200, "an RRset has one TTL, the shortest"
    assert answer["why"] == "" and answer["aliases"] == []


def test_null_mx(asker):
    assert asker.ask("MX null.sec.test")["records"] == [[0, ""]]


@pytest.mark.parametrize("question, records", [
    ("A mx1.sec.test", ["c0000201", "c0000202"]),
    ("AAAA mx1.sec.test", ["20010db8000000000000000000000001"]),
    ("TLSA _25._tcp.mx1.sec.test", ["02000000", "030101" + "ab" * 32]),
    ("TXT _mta-sts.sec.test", ["v=STSv1; id=1;"]),
    ("TXT long.sec.test", ["x" * 255 + "y"]),
    ("SRV _imaps._tcp.sec.test", [[0, 7, 993, "imap.sec.test"]]),
    ("SRV _pop3s._tcp.sec.test", [[0, 0, 0, ""]]),
    ("A x.wild.sec.test", ["c0000209"]),
])
def test_records(asker, question, records):
    answer = asker.ask(question)
    assert (answer["security"], sorted(answer["records"])) == ("secure", records)


@pytest.mark.parametrize("question, absent, ttl", [
    ("A nothere.sec.test", "no name", 60),
    ("MX mx1.sec.test", "no records", 60),
])
def test_nothing_there(asker, question, absent, ttl):
    answer = asker.ask(question)
    assert (answer["security"], answer["absent"]) == ("secure", absent)
    assert 0 < answer["ttl"] <= ttl, "the SOA's minimum (RFC 2308 section 5)"
    assert answer["records"] == []


def test_aliases(asker):
    answer = asker.ask("A a1.sec.test")
    assert answer["aliases"] == ["a2.sec.test", "a3.sec.test"]
    assert (answer["canonical"], answer["security"]) == ("a3.sec.test", "secure")
    assert answer["records"] == ["c0000203"] and answer["ttl"] == 120


def test_alias_alone(asker):
    """DANE-11: an alias that leads out of the signed world is itself signed."""
    assert asker.ask("A astray.sec.test")["security"] == "insecure"
    answer = asker.ask("CNAME astray.sec.test")
    assert (answer["security"], answer["records"]) == ("secure", ["www.plain.test"])
    answer = asker.ask("CNAME a3.sec.test")
    assert (answer["security"], answer["absent"]) == ("secure", "no records")
    answer = asker.ask("CNAME back.plain.test")
    assert (answer["security"], answer["records"]) == ("insecure", ["a3.sec.test"])
    assert asker.ask("A back.plain.test")["security"] == "insecure", "and all behind it (DANE-04)"


def test_alias_of_nothing(asker):
    answer = asker.ask("A gone.sec.test")
    assert (answer["security"], answer["absent"]) == ("secure", "no name")
    assert answer["canonical"] == "nowhere.sec.test"


def test_aliases_in_a_circle(asker):
    assert asker.ask("A round.sec.test")["security"] == "failed"


def test_alias_of_tlsa(asker):
    """DANE-13: followed."""
    answer = asker.ask("TLSA _25._tcp.alias.sec.test")
    assert (answer["security"], answer["records"]) == ("secure", ["030101" + "cd" * 32])


def test_unsigned(asker):
    answer = asker.ask("MX plain.test")
    assert (answer["security"], answer["records"]) == ("insecure", [[10, "mx.plain.test"]])
    answer = asker.ask("TXT plain.test")
    assert (answer["security"], answer["absent"]) == ("insecure", "no records")


def test_bogus(asker):
    """Its message has the record, and says NOERROR: neither counts."""
    answer = asker.ask("A mx.bogus.test")
    assert answer["security"] == "bogus" and answer["records"] == []
    assert "mx.bogus.test" in answer["why"]
    assert asker.ask("A other.bogus.test")["security"] == "secure", "control: it was not touched"


# ---- what is no answer ----

@pytest.mark.parametrize("name, why", [
    ("a..test", "a label of the name is empty"),
    (".test", "a label of the name is empty"),
    ("x" * 64 + ".test", "a label of the name has more than 63 characters"),
    (".".join(["x" * 63] * 4), "the name has more than 253 characters"),
    ("ex ample.test", "a character of the name is not allowed in names of hosts"),
    ("b\u00fccher.test", "a character of the name is not allowed in names of hosts"),
    ("a\\.b.test", "a character of the name is not allowed in names of hosts"),
])
def test_no_name(asker, name, why):
    answer = asker.ask(f"A {name}")
    assert (answer["security"], answer["why"]) == ("failed", why)
    assert asker.counts()["looked_up"] == 0


def test_longest_name(asker):
    name = ".".join(["x" * 63] * 3 + ["y" * 56]) + ".test"
    assert len(name) == 253
    answer = asker.ask(f"A {name}")
    assert (answer["security"], answer["absent"]) == ("secure", "no name")


def test_root(asker):
    answer = asker.ask("MX .")
    assert (answer["security"], answer["absent"], answer["name"]) == ("secure", "no records", "")


@pytest.mark.parametrize("rcode, word", [(2, "SERVFAIL"), (5, "SERVFAIL")])
def test_errors(world, asker, rcode, word):
    """Refusals come through the resolver as SERVFAIL: no server had an answer."""
    world.own.raw[("bad.own.test", 1)] = (rcode, [])
    answer = asker.ask("A bad.own.test")
    assert (answer["security"], answer["rcode"]) == ("failed", 2)
    assert word in answer["why"] and answer["absent"] == "there", "nobody knows"


def test_hostile_names(world, asker):
    """What a zone puts into names stays one name."""
    host = b"\x03a.b\x03c d\x04test\x00"
    world.own.raw[("evil.own.test", 15)] = (0, [
        ("evil.own.test", 15, 60, struct.pack("!H", 1) + host)])
    assert asker.ask("MX evil.own.test")["records"] == [[1, "a\\.b.c\\032d.test"]]


# ---- how often, and how long ----

def test_remembered(asker):
    first = asker.ask("A mx1.sec.test")
    time.sleep(1.1)
    second = asker.ask("A MX1.sec.test.")
    assert second["records"] == first["records"]
    assert 1 <= first["ttl"] - second["ttl"] < 10, "what is left of it"
    assert asker.counts()["looked_up"] == 1
    asker.ask("AAAA mx1.sec.test")
    assert asker.counts()["looked_up"] == 2, "control"


def test_not_remembered(asker):
    """A TTL of 0 is for the question at hand only (RFC 1035 section 3.2.1)."""
    assert asker.ask("A zero.sec.test")["ttl"] == 0
    asker.ask("A zero.sec.test")
    assert asker.counts()["looked_up"] == 2


def test_one_look_up_for_all(world, asker):
    world.own.delay = 0.3
    asker.say(*["A host1.own.test"] * 50, "drop A host1.own.test")
    answers = [asker.hear() for _ in range(50)]
    assert {answer["security"] for answer in answers} == {"insecure"}
    counts = asker.counts()
    assert (counts["asked"], counts["looked_up"]) == (51, 1)
    assert world.own.asked.count(("host1.own.test", 1)) == 1


def test_dropped_ones_are_not_told(asker):
    asker.say("drop A mx1.sec.test", "drop A a..b", "A four.sec.test")
    assert asker.hear()["name"] == "four.sec.test"
    assert asker.end() == "" and asker.status == 0


def test_dead_name_server(world, asker):
    """The first one waits, and no longer than allowed; the others do not wait."""
    begun = time.monotonic()
    answer = asker.ask("MX dead.test")
    assert answer["security"] == "failed"
    assert time.monotonic() - begun < 4
    for _ in range(20):
        answer = asker.ask("MX dead.test")
    assert answer["security"] == "failed" and 0 < answer["ttl"] <= 2
    assert asker.counts()["looked_up"] == 1
    assert asker.ask("A four.sec.test")["security"] == "secure", "control: others are not affected"


def test_good_ones_do_not_wait_for_bad_ones(world):
    with Asker("--config", world.config, "--patience", "2000", "--at-once", "30") as asker:
        asker.say(*[f"A host{i}.dead.test" for i in range(20)])
        assert asker.ask("A four.sec.test")["security"] == "secure"
        assert asker.counts()["under_way"] == 20


def test_queue(world):
    """More than may be under way wait for their turn, and get it."""
    world.own.delay = 0.2
    with Asker("--config", world.config, "--at-once", "5") as asker:
        asker.say(*[f"A host{i}.own.test" for i in range(23)], "counts")
        counts = asker.hear()
        assert (counts["under_way"], counts["waiting"]) == (5, 18)
        assert {asker.hear()["security"] for _ in range(23)} == {"insecure"}
        counts = asker.counts()
        assert (counts["under_way"], counts["waiting"], counts["looked_up"]) == (0, 0, 23)


def test_queue_that_does_not_move(world):
    """Who waits behind questions that nobody answers is told in time, too."""
    with Asker("--config", world.config, "--patience", "1000", "--at-once", "1") as asker:
        begun = time.monotonic()
        asker.say(*[f"A host{i}.dead.test" for i in range(9)])
        answers = [asker.hear() for _ in range(9)]
        assert time.monotonic() - begun < 5, "one second, and not nine"
        assert {answer["security"] for answer in answers} == {"failed"}
        assert answers[0]["why"] == "no answer within 1000 ms"
        assert answers[-1]["why"] == "too many other questions are not answered either"
        assert answers[0]["ttl"] == 30 and answers[-1]["ttl"] == 0, "of that one nothing is known"


def test_slow_ones_do_not_hold_up_quick_ones(world):
    with Asker("--config", world.config, "--patience", "8000", "--at-once", "2") as asker:
        begun = time.monotonic()
        asker.say(*[f"A host{i}.dead.test" for i in range(4)])
        assert asker.ask("A four.sec.test")["security"] == "secure"
        assert time.monotonic() - begun < 6, "twice two seconds, and not eight"


def test_late_answer_is_of_use(world):
    """An answer that comes too late for those who asked is there for the next."""
    world.own.delay = 1
    with Asker("--config", world.config, "--patience", "600", "--grudge", "20") as asker:
        assert asker.ask("A host7.own.test")["why"] == "no answer within 600 ms"
        wait_until(lambda: asker.ask("A host7.own.test")["security"] == "insecure", 8,
                   "the answer comes in the end")
        assert asker.counts()["looked_up"] == 1


def test_comes_back(world):
    """A failure is not held against a name server for long."""
    with Asker("--config", world.config, "--patience", "1500", "--grudge", "1") as asker:
        world.nsd.stop()
        try:
            assert asker.ask("MX sec.test")["security"] == "failed"
        finally:
            world.nsd.start()
        wait_until(lambda: asker.ask("MX sec.test")["security"] == "secure", 20, "it is back")


def test_memory_has_an_end(world):
    with Asker("--config", world.config, "--remembered", "100") as asker:
        asker.say(*[f"A x{i}.wild.sec.test" for i in range(300)])
        answers = [asker.hear() for _ in range(300)]
        assert {answer["security"] for answer in answers} == {"secure"}
        assert asker.counts()["remembered"] <= 100
        asker.ask(f"A {answers[-1]['name']}")
        assert asker.counts()["looked_up"] == 300, "the last ones are there"
        asker.ask(f"A {answers[0]['name']}")
        assert asker.counts()["looked_up"] == 301, "the first ones are not"


# ---- A and AAAA as one ----

@pytest.mark.parametrize("name, security, absent, addresses", [
    ("mx1.sec.test", "secure", "there",
     ["[2001:db8::1]:0", "192.0.2.1:0", "192.0.2.2:0"]),
    ("four.sec.test", "secure", "there", ["192.0.2.4:0"]),
    ("_25._tcp.mx1.sec.test", "secure", "no records", []),
    ("nothere.sec.test", "secure", "no name", []),
    ("www.plain.test", "insecure", "there", ["192.0.2.80:0"]),
    ("mx.bogus.test", "bogus", "there", []),
    ("a..b", "failed", "there", []),
])
def test_addresses(asker, name, security, absent, addresses):
    answer = asker.ask(f"ADDRESS {name}")
    assert (answer["security"], answer["absent"]) == (security, absent)
    assert sorted(answer["addresses"][1:]) == addresses[1:]
    assert answer["addresses"][:1] == addresses[:1] or len(addresses) > 1


def test_addresses_by_half(world, asker):
    """One of the two fails: what there is counts if there is any (DANE-03)."""
    world.own.raw[("hosta.own.test", 28)] = (2, [])
    answer = asker.ask("ADDRESS hosta.own.test")
    assert (answer["security"], answer["addresses"]) == ("insecure", ["192.0.2.50:0"])
    world.own.raw[("half.own.test", 28)] = (2, [])
    answer = asker.ask("ADDRESS half.own.test")
    assert (answer["security"], answer["addresses"]) == ("failed", [])


# ---- settings ----

def run_ask(*arguments):
    return subprocess.run([str(ASK), *map(str, arguments)], input="", capture_output=True,
                          text=True, timeout=20)


def test_forwarders_of_the_system(lab, world, tmp_path):
    """Without a file the system's resolver is asked, and not believed: what it has is
    not what the anchor vouches for."""
    root_needed("a name server on port 53")
    liar = Own(lab.network.host(), 53)
    forwarders = tmp_path / "resolv.conf"
    forwarders.write_text(f"search example.org\nnameserver {liar.host}\n")
    with Asker("--forwarders", forwarders, "--anchor", world.folder / "root.key") as asker:
        assert asker.ask("A host.example.org")["security"] in ("failed", "bogus")
    assert ("", 48) in liar.asked, "the root's keys"
    liar.close()


def test_anchor_is_kept_in_the_state(world, tmp_path):
    """RFC 5011: a copy that libunbound keeps; the packaged one stays as it is."""
    without = tmp_path / "unbound.conf"
    without.write_text("".join(line for line in world.config.read_text().splitlines(True)
                               if "trust-anchor-file" not in line))
    state = tmp_path / "state"
    state.mkdir()
    arguments = ("--config", without, "--anchor", world.folder / "root.key", "--state", state)
    for _ in range(2):
        with Asker(*arguments) as asker:
            assert asker.ask("A four.sec.test")["security"] == "secure"
            assert asker.ask("A mx.bogus.test")["security"] == "bogus"
            assert asker.end() == "" and asker.status == 0
        assert "autotrust trust anchor file" in (state / "root.key").read_text()
    (state / "root.key").write_text("this is damaged\n")
    with Asker(*arguments) as asker:
        assert asker.ask("A four.sec.test")["security"] == "secure", "the packaged one does"
        assert asker.end() != "", "and it is told"


def test_state_that_cannot_be_written(world, tmp_path):
    without = tmp_path / "unbound.conf"
    without.write_text(world.config.read_text().replace("trust-anchor-file", "#"))
    with Asker("--config", without, "--anchor", world.folder / "root.key", "--state",
               tmp_path / "missing") as asker:
        assert asker.ask("A four.sec.test")["security"] == "secure"
        assert "cannot be kept up to date" in asker.end()


@pytest.mark.parametrize("text, part", [
    (None, "No such file"),
    ("server:\n nonsense: yes\n", "syntax"),
    ("server:\n trust-anchor-file: \"/nowhere/key\"\n", "/nowhere/key"),
    ("server:\n module-config: \"nonsense validator\"\n", "nonsense"),
])
def test_bad_settings(tmp_path, text, part):
    """Told at once, and not with the first question."""
    path = tmp_path / "unbound.conf"
    if text is not None:
        path.write_text(text)
    ended = run_ask("--config", path)
    assert ended.returncode == 1
    assert part in ended.stderr


@pytest.mark.parametrize("text, part", [
    ("module-config: \"iterator\"", "nothing would be validated"),
    ("val-permissive-mode: yes", "taken for insecure"),
    ("harden-dnssec-stripped: no", "would be believed"),
    ("module-config: \"respip validator iterator\"", None),
    ("val-permissive-mode: no\n harden-dnssec-stripped: yes", None),
])
def test_no_validation(world, tmp_path, text, part):
    """DANE-01, DANE-02: nor is a file taken by which bogus is insecure."""
    path = tmp_path / "unbound.conf"
    path.write_text(world.config.read_text().replace("server:\n", f"server:\n {text}\n", 1))
    if part:
        ended = run_ask("--config", path)
        assert ended.returncode == 1
        assert part in ended.stderr and text.split(":")[0] in ended.stderr
        return
    with Asker("--config", path, "--patience", "3000") as asker:
        assert asker.ask("A mx.bogus.test")["security"] == "bogus"
        assert asker.ask("MX sec.test")["security"] == "secure"


def test_no_anchor(tmp_path):
    """Nothing could be secure then: an error, not a world without DNSSEC."""
    empty = tmp_path / "unbound.conf"
    empty.write_text("server:\n")
    ended = run_ask("--config", empty, "--anchor", tmp_path / "missing")
    assert ended.returncode == 1 and "missing" in ended.stderr
