# SPDX-License-Identifier: ISC
"""Is the offline internet as its table says?  Judged by tools that have nothing to do with us:
drill, unbound-host, curl, posttls-finger and Postfix itself."""

import concurrent.futures
import os
import re
import socket
import struct
import time

import pytest

from . import daemon
from . import internet_dns as dns
from . import internet_domains as domains
from .child import Endpoint, Lab, find_program, wait_until
from .clients import context
from .internet import Internet
from .internet_hosts import MOODS, PATH, SERVED

WORDS = {"plain", "may", "encrypt", "dane", "secure", "dane+secure"}
FAULTS = {"dnssec-bogus", "lookup-failed", "no-address", "no-such-domain", "null-mx",
          "sts-mx-mismatch", "sts-fetch-failed", "sts-policy-invalid", "sts-webpki-invalid",
          "no-service"}


def all_at_once(work, questions):
    """What work(question) gives for each, eight at a time: {question: answer}."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return dict(zip(questions, pool.map(work, questions)))


def differences(found, wanted):
    return {key: f"{found[key]}, not {wanted[key]}" for key in wanted if found[key] != wanted[key]}


def drill(internet, *arguments):
    return internet.run([find_program("drill", "ldnsutils"), "-D", *arguments]).stdout


def is_authentic(internet, name, kind):
    """What the resolver of the place says: secure, insecure, or SERVFAIL."""
    answer = internet.place.ask(dns.RESOLVER, name, kind, timeout=60, flags=0x0120)
    assert answer, f"no answer for {name}"
    flags = struct.unpack_from("!H", answer, 2)[0]
    return "servfail" if flags & 15 == 2 else "secure" if flags & 0x20 else "insecure"


# ---------------------------------------------------------------- the table


def test_table():
    names = [one.name for one in [*domains.MAIL, *domains.SERVICES]]
    assert len(names) >= 60 and len(set(names)) == len(names)
    for one in domains.MAIL:
        assert one.rules and all(re.fullmatch(r"[A-Z]+-[0-9]+", rule) for rule in one.rules), one
        expect = one.expect
        assert set(expect.hosts.values()) <= WORDS | FAULTS, one
        assert {expect.fault, expect.sts_fault} <= FAULTS | {"", None}, one
        assert expect.outcome in ("deliver", "defer", "fail"), one
        assert expect.mx in ("secure", "insecure", "bogus", "failed"), one
        assert (expect.outcome == "deliver") == bool(set(expect.hosts.values()) & WORDS), one
        assert expect.postfix in ("verified", "encrypted", "clear", "deferred", "bounced"), one
        assert {host.mood for host in one.hosts} <= set(MOODS), one
        assert not one.sts or one.sts.served in SERVED, one
        assert one.zone in ("", *dns.ZONES), one


def test_every_behaviour_is_there():
    """What servers can do is of no use if nobody has one."""
    sites = {one.sts.served for one in domains.MAIL if one.sts}
    assert sites == set(SERVED)
    assert {one.zone for one in domains.MAIL} == {"", *dns.ZONES}
    assert {one.expect.outcome for one in domains.MAIL} == {"deliver", "defer", "fail"}


# ---------------------------------------------------------------- the place


def test_is_cut_off(internet):
    """Nothing in it can reach the world, and its files are its own."""
    links = internet.run([find_program("ip", "iproute2"), "-o", "link"]).stdout
    assert re.findall(r"^\d+: (\w+)", links, re.M) == ["lo"]
    assert internet.run(["cat", "/etc/resolv.conf"]).stdout.startswith("nameserver 127.0.0.1\n")
    with open("/etc/resolv.conf", encoding="utf-8") as ours:
        assert "trust-ad" not in ours.read()
    with pytest.raises(OSError):
        internet.connect("203.0.113.1", 25)


def test_the_gateway_in_it(internet, lab, pki):
    """On ports that are taken outside, in front of a host that is only inside."""
    listen = Endpoint("127.0.0.50", 25)
    text = daemon.config(daemon.front("mx", "smtp", listen, "127.0.1.1:25", tls="offered"),
                         certificates=[pki.server()])
    with daemon.Starttlsd(lab.make_folder("gate-inside"), text, prefix=internet.prefix):
        with internet.connect(*listen.address) as one:
            assert one.recv(100).startswith(b"220 ")
        with pytest.raises(OSError):
            socket.create_connection(listen.address, 1)


def test_two_at_once(internet, pki):
    """They have the same addresses, and nothing to do with each other; and nothing is left."""
    with Lab() as lab, Internet(lab, pki) as other:
        with other.changed("null.test", records=("@ MX 10 mx.dane.test.",)):
            assert "10 mx.dane.test." in drill(other, "MX", "null.test")
            assert "0 ." in drill(internet, "MX", "null.test")
        namespace = os.readlink(f"/proc/{other.place.pid}/ns/net")
    left = [pid for pid in os.listdir("/proc") if pid.isdigit() and _namespace(pid) == namespace]
    assert left == []


def _namespace(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


# ---------------------------------------------------------------- DNS


def test_drill(internet):
    answer = drill(internet, "TLSA", "_25._tcp.mx.dane.test")
    assert re.search(r"flags: .*\bad\b", answer) and "RRSIG" in answer
    answer = drill(internet, "MX", "open.example")
    assert "mx.open.example." in answer and not re.search(r"flags: .*\bad\b", answer)
    assert "SERVFAIL" in drill(internet, "MX", "bogus-mx.test")
    assert "NOERROR" in drill(internet, "-o", "CD", "MX", "bogus-mx.test")
    # Postfix makes sure that the root is signed.
    assert re.search(r"flags: .*\bad\b", drill(internet, "NS", "."))


@pytest.mark.parametrize("name,kind,word", [
    ("dane.test", "MX", "(secure)"), ("_25._tcp.mx.dane.test", "TLSA", "(secure)"),
    ("nowhere.test", "MX", "(secure)"), ("mx.alias.test", "A", "(secure)"),
    ("open.example", "MX", "(insecure)"), ("nowhere.example", "MX", "(insecure)"),
    ("unsigned-zone.test", "MX", "(insecure)"), ("mx.alias-open.test", "A", "(insecure)"),
    ("mx.alias-open.test", "CNAME", "(secure)"),
    ("_25._tcp.mx.tlsa-alias-open.test", "TLSA", "(insecure)"),
    ("bogus-mx.test", "MX", "(BOGUS"), ("mx.bogus-address.test", "A", "(BOGUS"),
    ("_25._tcp.mx.bogus-records.test", "TLSA", "(BOGUS"), ("wrong-ds.test", "MX", "(BOGUS"),
    ("stale.test", "MX", "(BOGUS"), ("stripped.test", "MX", "(BOGUS"),
    ("_25._tcp.mx.tlsa-servfail.test", "TLSA", "SERVFAIL"), ("lame.example", "MX", "SERVFAIL"),
    ("refused.example", "MX", "SERVFAIL"), ("_imaps._tcp.srv-bogus.test", "SRV", "(BOGUS"),
])
def test_libunbound(internet, name, kind, word):
    """The configuration that clients are given, in the hands of the library's own tool."""
    done = internet.run([find_program("unbound-host", "unbound-host"), "-C",
                         internet.resolver_config, "-v", "-t", kind, name])
    assert word in done.stdout, done.stdout + done.stderr


def test_every_domain_is_as_secure_as_said(internet):
    found = all_at_once(lambda name: is_authentic(internet, name, "MX"), list(internet.domains))
    wanted = {name: {"bogus": "servfail", "failed": "servfail"}.get(one.expect.mx, one.expect.mx)
              for name, one in internet.domains.items()}
    assert not differences(found, wanted)


def test_crooked_name_server(internet):
    """It fails where it is told to, and only there."""
    assert is_authentic(internet, "mx.tlsa-servfail.test", "A") == "secure"
    assert is_authentic(internet, "_25._tcp.mx.tlsa-servfail.test", "TLSA") == "servfail"
    assert ("_25._tcp.mx.tlsa-servfail.test.", "TLSA") in internet.names.asked
    internet.resolver.restart()
    begin = time.monotonic()
    assert is_authentic(internet, "slow-names.test", "MX") == "secure"
    assert time.monotonic() - begin > 0.5


def test_services(internet):
    """SRV and TLSA are there, and behind each is a server that does TLS as it says."""
    assert is_authentic(internet, "_imaps._tcp.srv.test", "SRV") == "secure"
    assert is_authentic(internet, "_imaps._tcp.srv-open.example", "SRV") == "insecure"
    for one in internet.services.values():
        for server in one.servers:
            name = dns.absolute(server.name, one.name).rstrip(".")
            if not server.implicit:
                continue
            with internet.connect(internet.address(name), server.port) as plain:
                expected = name if server.certificate == "good" else one.name
                with context(internet.ca).wrap_socket(plain, server_hostname=expected) as tls:
                    assert tls.version() == "TLSv1.3"
                    if not server.kind.startswith("xmpp"):
                        assert tls.recv(100)
    with internet.connect(internet.address("mail.srv-starttls.test"), 143) as plain:
        assert plain.recv(100).startswith(b"* OK")
        plain.sendall(b"a STARTTLS\r\n")
        assert plain.recv(100).startswith(b"a OK")
        with context(internet.ca).wrap_socket(plain, server_hostname="srv-starttls.test") as tls:
            tls.sendall(b"b CAPABILITY\r\n")
            assert b"b OK" in tls.recv(1000)


# ---------------------------------------------------------------- policies


def curl(internet, name):
    """(exit status, HTTP status, type, body) of a policy, as a careful client gets it."""
    done = internet.run([
        find_program("curl", "curl"), "-sS", "--cacert", internet.ca, "--max-time", "4",
        "--max-filesize", "65536", "-w", "\n%{http_code} %{content_type}",
        f"https://mta-sts.{name}{PATH}"])
    body, _, rest = done.stdout.rpartition("\n")
    status, _, kind = rest.partition(" ")
    return done.returncode, int(status), kind, body


BAD = {"huge": 63, "endless": 28, "slow": 28, "stalled": 28, "cut": 18, "no-tls": 35}
BAD_CERTIFICATES = {"expired": 60, "other": 60, "self-signed": 60}
BAD_ADDRESSES = {"dead": 7, "none": 6}


def test_curl(internet):
    """Good policies are had, bad ones fail as they should."""
    sites = {name: one for name, one in internet.domains.items()
             if one.sts and "mta-sts A" not in one.spoiled and "alias" not in name}
    found = all_at_once(lambda name: curl(internet, name), list(sites))
    wanted = {name: (BAD_ADDRESSES.get(one.sts.address) or BAD_CERTIFICATES.get(one.sts.certificate)
                     or BAD.get(one.sts.served, 0)) for name, one in sites.items()}
    assert not differences({name: answer[0] for name, answer in found.items()}, wanted)
    for name, one in sites.items():
        _, status, kind, body = found[name]
        if one.sts.served in ("404", "500", "redirect"):
            assert status == (301 if one.sts.served == "redirect" else int(one.sts.served)), name
        elif one.sts.served in ("html", "prose"):
            assert "under construction" in body and kind.startswith("text/")
        elif wanted[name] == 0:
            assert status == 200 and kind.startswith("text/plain"), name
            assert body == internet.policy_text(one).replace("\r\n", "\n"), name


# ---------------------------------------------------------------- mail


def finger(internet, name):
    """What posttls-finger says of the last connection to a domain under DANE."""
    done = internet.run([
        find_program("posttls-finger", "postfix"), "-c", "-l", "dane", "-L", "summary", "-F",
        internet.ca, "-T", "5", name])
    words = re.findall(r"(\w+) TLS connection established", done.stdout + done.stderr)
    return words[-1].lower() if words else ""


def test_posttls_finger(internet):
    """Every domain with DANE and one host."""
    some = [one for one in [*domains.DANE, *domains.ALIASES]
            if list(one.expect.hosts.values()) == ["dane"]]
    found = all_at_once(lambda name: finger(internet, name) == "verified",
                        [one.name for one in some])
    assert not differences(found, {one.name: one.expect.postfix == "verified" for one in some})
    assert sum(found.values()) > 10 and len(found) - sum(found.values()) > 5


def by_postfix_alone(one):
    """What becomes of mail without anybody who knows of MTA-STS."""
    if not one.sts or set(one.expect.hosts.values()) == {"dane"}:
        return one.expect.postfix
    return None


def send(sender, domain, word):
    """Sends mail, and sees to it that this becomes of it."""
    fate = sender.send(domain)
    assert fate.word == word, fate
    return fate


@pytest.fixture(scope="module")
def sender(internet):
    """A Postfix that knows DANE, and no policy service."""
    made = internet.sender()
    yield made
    made.stop()


def test_postfix(internet, sender):
    """What is said of DANE is what Postfix does by itself, and it arrives as it is said."""
    wanted = {name: word for name, one in internet.domains.items()
              if (word := by_postfix_alone(one))}
    letters = {name: sender.post(name) for name in wanted}
    found = {name: sender.fate(to, 60, final=wanted[name] != "deferred").word
             for name, to in letters.items()}
    assert not differences(found, wanted)
    assert set(found.values()) == {"verified", "encrypted", "clear", "deferred", "bounced"}
    for name, word in found.items():
        taken = internet.deliveries(letters[name])
        if name in ("dane-real.test", "open-real.example"):
            assert "(using TLSv1.3" in internet.real.wait_message(letters[name])
        elif word in ("verified", "encrypted", "clear"):
            assert len(taken) == 1 and (taken[0].tls is None) == (word == "clear"), name
        else:
            assert taken == [], name


# ---------------------------------------------------------------- what can be changed


def test_change_of_dns(internet, sender):
    """Zones are signed again in place; who knew the old answer sees the new one in seconds, the
    resolver and smtp(8), which remembers TLSA records, too."""
    name, tlsa = "dane-512.test", "_25._tcp.mx.dane-512.test"
    good = internet.domains[name]
    send(sender, name, "verified")
    with internet.changed(name, hosts={"mx": dict(tlsa=(domains.WRONG_KEY,))}):
        wait_until(lambda: "5a5a5a" in drill(internet, "TLSA", tlsa), 10, "the resolver sees it")
        assert is_authentic(internet, tlsa, "TLSA") == "secure"
        wait_until(lambda: sender.send(name).word == "deferred", 20, "Postfix sees it")
    assert internet.domains[name] == good
    wait_until(lambda: sender.send(name).word == "verified", 20, "Postfix sees the change back")


def test_spoiled_and_mended(internet):
    with internet.changed("signed.test", spoiled=("@ MX",)):
        wait_until(lambda: is_authentic(internet, "signed.test", "MX") == "servfail", 10, "bogus")
    wait_until(lambda: is_authentic(internet, "signed.test", "MX") == "secure", 10, "mended")


def test_change_of_policy(internet):
    with internet.changed("sts.example", sts=dict(id="77", mode="testing", served="charset")):
        wait_until(lambda: "id=77;" in drill(internet, "TXT", "_mta-sts.sts.example"), 10,
                   "the new id")
        status, _, kind, body = curl(internet, "sts.example")
        assert status == 0 and "mode: testing" in body and "charset" in kind
    with internet.changed("sts.example", sts=dict(certificate="expired")):
        assert curl(internet, "sts.example")[0] == 60
    assert "mode: enforce" in curl(internet, "sts.example")[3]


def test_change_of_host(internet, sender):
    host = internet.mail_hosts["mx.open.example"]
    send(sender, "open.example", "encrypted")
    with internet.changed("open.example", hosts={"mx": dict(mood="none")}):
        to = sender.post("open.example")
        assert sender.fate(to).word == "clear" and host.wait_delivery(to).tls is None
    with internet.changed("open.example", hosts={"mx": dict(mood="dead")}):
        assert "refused" in send(sender, "open.example", "deferred").reason
    send(sender, "open.example", "encrypted")


def test_name_server_dies_and_comes_back(internet):
    assert is_authentic(internet, "two.test", "MX") == "secure"
    internet.near.stop()
    internet.resolver.restart()
    try:
        assert is_authentic(internet, "two.test", "MX") == "servfail"
    finally:
        internet.near.start()
    wait_until(lambda: is_authentic(internet, "two.test", "MX") == "secure", 20, "it is back")


def test_name_server_freezes(internet):
    """Who asks it hears nothing at all."""
    assert internet.place.ask(dns.FAR, "slow-names.test", "SOA")
    internet.far.freeze()
    try:
        begin = time.monotonic()
        assert internet.place.ask(dns.FAR, "slow-names.test", "SOA", timeout=0.5) == b""
        assert time.monotonic() - begin >= 0.5
    finally:
        internet.far.thaw()
    assert internet.place.ask(dns.FAR, "slow-names.test", "SOA")


def test_policy_host_dies_and_comes_back(internet):
    assert curl(internet, "sts.example")[0] == 0
    internet.policy_host.stop()
    try:
        assert curl(internet, "sts.example")[0] == 7
    finally:
        internet.policy_host.start()
    before = len(internet.policy_host.requests)
    assert curl(internet, "sts.example")[0] == 0
    assert internet.policy_host.requests[before:] == [("mta-sts.sts.example", PATH)]


def test_many(internet):
    """A thousand, of which ten are dead and ten are slow."""
    many = internet.many(1000)
    assert len(set(many.names)) == len(many.names) == 1000
    assert (len(many.dead), len(many.slow)) == (10, 10)
    for name in (many.good[0], many.good[-1]):
        assert "v=STSv1" in drill(internet, "TXT", f"_mta-sts.{name}")
        status, _, kind, body = curl(internet, name)
        assert status == 0 and kind == "text/plain" and "mx: mx.many.example\n" in body
    begin = time.monotonic()
    assert is_authentic(internet, f"_mta-sts.{many.slow[0]}", "TXT") == "insecure"
    assert time.monotonic() - begin > 1
    assert internet.place.ask(dns.RESOLVER, f"_mta-sts.{many.dead[0]}", "TXT", 1.5) == b""
