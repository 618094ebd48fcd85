# SPDX-License-Identifier: ISC
"""starttls policy on the offline internet: every domain of it, and what people see."""

import json
import re
import socket

import pytest

from lab import daemon
from lab import internet_domains as domains
from lab.child import find_program, wait_until
from lab.daemon import program
from lab.policy import summary

PATIENCE = "6"  # seconds; policy hosts that never end are given up before


def policy(internet, *arguments, memory=None):
    """The completed process."""
    state = ["--state", memory] if memory else []
    return internet.run([program("starttls"), "policy", "--resolver-config",
                         internet.resolver_config, "--ca-file", internet.ca, "--timeout",
                         PATIENCE, *state, *arguments])


def plans(internet, *arguments, **options):
    """The objects, by destination."""
    done = policy(internet, "--json", *arguments, **options)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found, done.stderr
    return {one["destination"]: one for one in found}


def plan(internet, *arguments, **options):
    """One object, which agrees with the exit status."""
    done = policy(internet, "--json", *arguments, **options)
    one = json.loads(done.stdout)
    assert one["exit"] == done.returncode, done
    return one


@pytest.fixture(scope="module")
def found(internet):
    """All domains in one run."""
    names = list(internet.domains)
    done = policy(internet, "--json", *names)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    # told in the order in which they were named
    assert [one["destination"] for one in lines] == names
    assert done.returncode == 2 and not done.stderr
    return {one["destination"]: one for one in lines}


def status(expected):
    """The exit status that belongs to a row of the table."""
    levels = set(expected.hosts.values())
    if expected.outcome != "deliver":
        return 3 if expected.fault == "lookup-failed" else 2
    if levels & {"secure", "dane+secure"} or ("dane" in levels and expected.mx == "secure"):
        return 0
    return 1


@pytest.mark.parametrize("name", [one.name for one in domains.MAIL])
def test_domain(found, name):
    expected, one = domains.find(name).expect, found[name]
    got = summary(one)
    for part in ("outcome", "hosts", "fault", "mx", "sts", "sts_fault"):
        wanted = getattr(expected, part)
        assert wanted in (None, getattr(got, part)), (part, one["steps"])
    assert one["exit"] == status(expected)
    assert one["reason"] or expected.outcome == "deliver"


def test_every_step_has_a_rule(found):
    """A sentence without a dot, and what says so."""
    steps = [step for one in found.values() for step in one["steps"]]
    assert len(steps) > 300
    for step in steps:
        assert re.fullmatch(r"RFC \d{4}( section [\d.]+)?|local policy", step["rule"]), step
        assert step["text"] and not step["text"].endswith("."), step
    assert {"RFC 7672 section 2.2", "RFC 8461 section 4.2", "RFC 7505 section 3"} <= {
        step["rule"] for step in steps}


# ------------------------------------------------------------------ what people see


def shown(internet, name, *arguments):
    """The lines that people see; TLSA data is cut out, and dates."""
    done = policy(internet, name, *arguments)
    text = re.sub(r"[0-9a-f]{24}\.\.\.", "DIGEST...", done.stdout)
    return re.sub(r"\d{4}-\d\d-\d\d", "DATE", text).splitlines()


BOTH_SOME = """\
both-some.test
  RFC 8461 section 3.2      its policy was fetched: enforce, for 7 days, 1 mx
  RFC 5321 section 5.1      it has 3 mail hosts, and the answer is secure
  MTA-STS                   enforce, id 1, fetched now, holds for 7 days until DATE
  MTA-STS mx                mx2.both-some.test
  memory                    none, because there is no --state

  10 mx.both-some.test:25  dane: TLS, and the TLSA records match
    RFC 7671 section 9      of 1 TLSA record (mx.both-some.test) 1 counts
    RFC 8461 section 2      the TLSA records must match: DANE decides, not the MTA-STS policy
    TLSA 3 1 1              DIGEST... counts

  20 mx2.both-some.test:25  secure: TLS, and a trusted certificate
    RFC 7672 section 2.2    there are no TLSA records of mx2.both-some.test
    RFC 8461 section 4.2    its policy names this host: the certificate must be trusted, and be for
                            the host
    certificate for         mx2.both-some.test

  30 mx3.both-some.test:25  sts-mx-mismatch: this host is not used
    RFC 7672 section 2.2    there are no TLSA records of mx3.both-some.test
    RFC 8461 section 4.1    its policy does not name this host: mail must not go there

  authenticated: TLS, and every host must prove who it is
"""


def test_text(internet):
    assert shown(internet, "both-some.test") == BOTH_SOME.splitlines()


@pytest.mark.parametrize("name, line", [
    ("open.example", "  opportunistic: TLS when it can be had, else in the clear"),
    ("dane-short.test", "  encrypted: TLS, with whatever certificate"),
    ("unsigned-mx.example", "  encrypted: TLS, and the TLSA records match, but nobody proves that "
                            "the host is the domain's"),
    ("two.test", "  authenticated: TLS, and 1 of 2 hosts must prove who they are"),
    ("null.test", "  refused: the domain accepts no mail (null-mx)"),
    ("bogus-mx.test", "  deferred: a DNS answer is signed wrongly: somebody forges it, or the zone "
                      "is broken (dnssec-bogus)"),
    ("refused.example", "  unknown: the name could not be looked up (lookup-failed)"),
])
def test_last_line(internet, name, line):
    assert shown(internet, name)[-1] == line


def test_records_that_do_not_count(internet):
    lines = shown(internet, "dane-agility.test")
    assert "    TLSA 3 1 2              DIGEST... counts" in lines
    at = lines.index("    TLSA 3 1 1              DIGEST... is left out: there is a stronger digest of")
    assert lines[at + 1].strip() == "the same kind"
    one = plan(internet, "dane-agility.test")["hosts"][0]
    assert len(one["tlsa"]) == 1 and one["tlsa"][0].startswith("3 1 2 5a5a")
    assert [left["why"] for left in one["tlsa_left_out"]] == [
        "there is a stronger digest of the same kind"]


def test_reports(internet, found):
    """Who wants reports, and nobody else (RFC 8460 section 3)."""
    assert "  TLS reports               mailto:reports@both.test" in shown(internet, "both.test")
    wanted = {name: one["tls_reports"] for name, one in found.items() if one["tls_reports"]}
    assert wanted == {one.name: one.tlsrpt for one in domains.MAIL if one.tlsrpt}


def test_order_and_colours(internet):
    """In the order of the arguments, however slow; colours are for terminals."""
    done = policy(internet, "slow-names.test", "dane.test")
    titles = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert titles == ["slow-names.test", "dane.test"]
    assert "\033" not in done.stdout
    script = find_program("script", "bsdutils")
    command = (f"{program('starttls')} policy --resolver-config {internet.resolver_config} "
               "dane.test")
    for setting, coloured in (("", True), ("NO_COLOR=1 ", False)):
        done = internet.run([script, "-qec", f"{setting}{command}", "/dev/null"])
        assert ("\033[32m" in done.stdout) == coloured, done


# ------------------------------------------------------------------ what can be asked


def test_options(internet):
    assert plan(internet, "dane.test", "--no-dane")["verdict"] == "opportunistic"
    assert plan(internet, "sts.example", "--no-mta-sts")["verdict"] == "opportunistic"
    assert plan(internet, "open.example", "--level", "encrypt")["verdict"] == "encrypted"
    one = plan(internet, "open.example", "--level", "secure")
    assert (one["verdict"], one["hosts"][0]["names"]) == ("authenticated", ["open.example"])
    one = plan(internet, "open.example", "--requiretls")
    assert (one["verdict"], one["fault"], one["exit"]) == ("refused", "requiretls-not-met", 2)
    assert plan(internet, "dane.test", "--requiretls")["hosts"][0]["requiretls"] is True


def test_hosts_and_addresses(internet):
    one = plan(internet, "[mx.dane.test]:25")
    assert (one["verdict"], one["hosts"][0]["host"]) == ("authenticated", "mx.dane.test")
    assert plan(internet, "[mx.dane.test]:587")["verdict"] == "opportunistic"
    assert plan(internet, "[127.0.0.1]")["verdict"] == "opportunistic"


@pytest.mark.parametrize("arguments, words", [
    ([], "say where mail is to go"),
    (["b\u00fccher.example"], "A-labels"),
    ([".example.org"], "leading dot"),
    (["dane.test", "--level", "dane"], "may, encrypt, secure"),
    (["dane.test", "--service", "nntp"], "submission, imap"),
    (["srv.test", "--service", "imap", "--requiretls"], "not for --service"),
    (["[mail.srv.test]", "--service", "imap"], "without host or port"),
    (["dane.test", "--greeting"], "starttls policy has no such option; there are: --ca-file"),
    (["dane.test", "--state", "/nowhere"], "starttlsd makes it"),
])
def test_wrong_words(internet, arguments, words):
    done = policy(internet, *arguments)
    assert done.returncode == 3 and words in done.stderr and done.stdout == "", done


def test_resolver_that_is_none(internet):
    done = internet.run([program("starttls"), "policy", "--resolver-config", "/nowhere.conf",
                         "dane.test"])
    assert done.returncode == 3 and "names cannot be looked up" in done.stderr, done


def test_dead_name_server(internet):
    """Nobody answers: that is not "no policy"."""
    internet.near.freeze()
    try:
        one = plan(internet, "dane.test")
    finally:
        internet.near.thaw()
    assert (one["verdict"], one["fault"], one["exit"]) == ("unknown", "lookup-failed", 3)


# ------------------------------------------------------------------ services


CHOICES = [(one.name, kind) for one in domains.SERVICES for kind in one.choices]


@pytest.mark.parametrize("name, kind", CHOICES)
def test_service(internet, name, kind):
    """SRV-01 to SRV-03, DSRV-01 to DSRV-04: the places, in their order."""
    wanted, one = domains.find(name).choices[kind], plan(internet, name, "--service", kind)
    usable = [host for host in one["hosts"] if not host["skip"]]
    assert (one["fault"] or "") == wanted.fault, one
    places = tuple(f"{host['host']}:{host['port']}" for host in usable)
    assert places[:len(wanted.places)] == wanted.places, one
    if wanted.places:
        first = usable[0]
        assert first["tls"] == wanted.layer
        assert first["ask"] == (wanted.how == "ask")
        assert (first["level"] == "dane") == (wanted.how == "dane")
        assert first["level"] in ("dane", "secure")


# ------------------------------------------------------------------ memory


@pytest.fixture(scope="module")
def state(internet, lab):
    """What a starttlsd has kept that was asked for sts.example."""
    folder = lab.make_folder("cli-policy")
    kept = folder / "kept"
    path = folder / "policy"
    kept.mkdir()
    kept.chmod(0o777)
    text = daemon.config(
        f'policy "json" {{\n\tlisten = {{"unix:{path}"}}\n\tprotocol = json\n}}\n',
        f'resolver {{\n\tconfig = "{internet.resolver_config}"\n\tca-file = "{internet.ca}"\n}}\n',
        state=f'"{kept}"')
    with daemon.Starttlsd(folder, text, prefix=internet.prefix) as gate:
        wait_until(lambda: path.exists() or not gate.running(), 20, "the policy service")
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(20)
            one.connect(str(path))
            one.sendall(b"sts.example\n")
            answer = json.loads(one.makefile().readline())
        assert answer["mta_sts"]["mode"] == "enforce"
    return kept


def test_memory(internet, state):
    """STS-12: what is remembered counts when the policy host is gone, and it is told since when."""
    one = plan(internet, "sts.example", memory=state)
    assert one["memory"]["state"] == "policy" and one["memory"]["fetched"] > 0
    assert any("is known under the id" in step["text"] for step in one["steps"])
    assert plan(internet, "open.example", memory=state)["memory"]["state"] == "nothing"
    with internet.changed("sts.example", sts=dict(id="9", served="404")):
        wait_until(lambda: plan(internet, "sts.example")["verdict"] == "opportunistic", 10,
                   "without memory the policy is gone")
        one = plan(internet, "sts.example", memory=state)
        assert (one["verdict"], one["mta_sts"]["fault"]) == ("authenticated", "sts-fetch-failed")
        done = policy(internet, "sts.example", memory=state)
        assert re.search(r"^  memory  +a policy, as remembered since \d{4}-\d\d-\d\d$",
                         done.stdout, re.M), done.stdout


def test_memory_is_read_only(internet, state):
    """Nothing is written, not even what is new."""
    with internet.changed("sts.example", sts=dict(id="10", mode="testing")):
        wait_until(lambda: plan(internet, "sts.example")["mta_sts"]["mode"] == "testing", 10,
                   "the new policy")
        one = plan(internet, "sts.example", memory=state)
        assert one["mta_sts"]["mode"] == "testing"
        assert plan(internet, "sts.example", memory=state)["memory"] == one["memory"]
        text = policy(internet, "sts.example", memory=state).stdout
        assert "; there is a newer one" in text


# ------------------------------------------------------------------ ratchet

SEEN, HOST = "mx.example.org 192.0.2.0/24", "mx.example.org"


def ratchet(starttls, state, *arguments):
    return starttls("ratchet", *arguments, "--state", state)


def hosts(starttls, state):
    done = ratchet(starttls, state, "list", "--json")
    assert done.returncode == 0 and not done.stderr, done
    return {one["host"]: one for one in map(json.loads, done.stdout.splitlines())}


def test_ratchet(starttls, state):
    """Pinned, listed, unpinned, forgotten; every word is still there for the next run."""
    assert hosts(starttls, state) == {}
    done = ratchet(starttls, state, "pin", "MX.example.org 192.0.2.0/24", "--note", "a bank")
    assert (done.returncode, done.stdout) == (0, f"{SEEN}\n"), done
    one = hosts(starttls, state)[SEEN]
    assert (one["pinned"], one["pinned_authentication"], one["note"]) == (True, False, "a bank")
    assert one["first_seen"] is None and one["occasions"] == 0
    ratchet(starttls, state, "pin", "mx.example.org 2001:db8:0:100::/56")
    # by the name alone, every block of it; the note stays
    done = ratchet(starttls, state, "pin", HOST, "--authentication")
    assert done.stdout.split("\n")[:-1] == [SEEN, "mx.example.org 2001:db8:0:100::/56"]
    found = hosts(starttls, state)
    assert all(one["pinned_authentication"] for one in found.values())
    assert found[SEEN]["note"] == "a bank"
    text = ratchet(starttls, state, "list").stdout.splitlines()
    assert text[0].split() == ["HOST", "FIRST", "LAST", "OCCASIONS", "DAYS", "HELD", "UNTIL",
                               "PINNED"]
    assert re.fullmatch(rf"{SEEN} +- +- +0 +0 +- +tls, certificate: a bank", text[1])
    assert ratchet(starttls, state, "unpin", SEEN).returncode == 0
    one = hosts(starttls, state)[SEEN]
    assert (one["pinned"], one["pinned_authentication"], one["note"]) == (False, False, "")
    assert ratchet(starttls, state, "forget", HOST).returncode == 0
    assert hosts(starttls, state) == {}


@pytest.mark.parametrize("arguments, status, words", [
    (["forget", SEEN], 1, "nothing is known of it"),
    (["unpin", "mx.example"], 1, "nothing is known of it"),
    (["pin", HOST], 1, "block of its address"),
    (["pin", "mx.example.org 192.0.2.1/24"], 1, "block of its address"),
    (["pin", "mx.example.org 192.0.2.0/16"], 1, "block of its address"),
    (["pin", "mx.example.org rhubarb"], 1, "block of its address"),
    (["pin"], 3, "say one host"),
    (["list", "it"], 3, "nothing belongs behind it"),
    (["keep", SEEN], 3, "list, forget"),
    ([], 3, "list, forget"),
    (["forget", SEEN, "--note", "x"], 3, "belong to starttls ratchet pin"),
    (["pin", SEEN, "--json"], 3, "belongs to starttls ratchet list"),
])
def test_ratchet_wrong_words(starttls, state, arguments, status, words):
    done = ratchet(starttls, state, *arguments)
    assert (done.returncode, done.stdout) == (status, "") and words in done.stderr, done
    assert hosts(starttls, state) == {}


def test_ratchet_makes_nothing(starttls, lab):
    """A database of root's would be in the daemon's way."""
    folder = lab.make_folder("cli-ratchet")
    done = ratchet(starttls, folder, "pin", SEEN)
    assert done.returncode == 3 and "starttlsd makes it" in done.stderr, done
    assert list(folder.iterdir()) == []
    done = ratchet(starttls, "redis://127.0.0.1:1", "list")
    assert done.returncode == 3 and "cannot be had" in done.stderr, done
