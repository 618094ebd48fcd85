# SPDX-License-Identifier: ISC
"""The policy service on the offline internet: what it answers for every domain of it, by each of
its protocols, and what Postfix makes of that."""

import datetime
import re
import socket

import pytest

from lab import internet_domains as domains
from lab import daemon, policy
from lab.child import find_program

PORT = 8461
MAIL = [one.name for one in domains.MAIL]
TODAY = datetime.date.today()
TOMORROW, YESTERDAY = TODAY + datetime.timedelta(1), TODAY - datetime.timedelta(1)
DEADLINE = 8  # seconds; policy hosts that never end are given up before

SERVICES = {
    "postfix": dict(deadline=DEADLINE),
    "table": dict(protocol="tcp-table", deadline=DEADLINE),
    "json": dict(protocol="json", deadline=DEADLINE),
    "strict": dict(level="secure", deadline=DEADLINE),
    "floor": dict(level="encrypt", deadline=DEADLINE),
    "both": dict(protocol="json", sts_beside_dane="yes", deadline=DEADLINE),
    "unfetched": dict(defer_without_policy="yes", deadline=DEADLINE),
    "no-dane": dict(dane="no", deadline=DEADLINE),
    "no-sts": dict(mta_sts="no", deadline=DEADLINE),
}
OVERRIDES = [
    policy.override("Dane-mismatch.TEST.", "plain"),
    policy.override("sts-mx.example", "may", TOMORROW),
    policy.override("open.example", "encrypt", TODAY),
    policy.override("signed.test", "secure", names=["mx.signed.test", "MX2.Signed.test"]),
    policy.override("open-real.example", "dane"),
    policy.override("sts.example", "may", YESTERDAY),
    policy.override("two.test:587", "encrypt"),
    policy.override("[mx.dane.test]", "secure"),
    policy.override("[127.0.0.9]:2525", "encrypt"),
]


@pytest.fixture(scope="module")
def service(internet):
    with policy.Service(internet, "all", SERVICES, tcp=PORT) as one:
        yield one


@pytest.fixture(scope="module")
def answers(service):
    """What each protocol answers for each domain; all are asked at once."""
    names = list(domains.find(name).name for name in MAIL)
    with service.connect("postfix") as one, service.connect("table") as two, \
            service.connect("json") as three:
        for name in names:
            for asker in (one, two, three):
                asker.put(name)
        return {name: (one.get(), two.get(), three.get()) for name in names}


LEVELS = {"plain", "may", "encrypt", "dane", "secure", "dane+secure"}


def wanted(domain):
    """The line for Postfix, by the row of the table: word and text, None for a reason."""
    expect = domain.expect
    if expect.outcome == "defer":
        return "TEMP", None
    levels = [level for level in expect.hosts.values() if level in LEVELS]
    daned = [level for level in levels if level.startswith("dane")]
    if expect.mx == "secure" and daned:
        # Where others must not be used as they come, Postfix must not see them.
        whole = daned == levels or expect.sts == "enforce" or "secure" in levels
        return "OK", "dane-only" if whole else "dane"
    if expect.sts == "enforce":
        return "OK", "secure " + " ".join(
            (f"match={':'.join(patterns(domain))}", "servername=hostname"))
    if daned:
        return "OK", "dane"
    if "encrypt" in levels:
        return "OK", "encrypt"
    return "NOTFOUND", ""


def patterns(domain):
    """The mx lines of the policy, as Postfix writes them."""
    sts = domain.sts
    if sts and sts.text:
        found = re.findall(r"(?m)^mx[ \t]*:[ \t]*(\S+?)\.?[ \t]*\r?$", sts.text)
    elif sts and sts.mx is not None:
        found = sts.mx
    else:
        found = [host.name for host in domain.hosts if host.preference is not None]
        found = [f"{name}.{domain.name}" if not name.endswith(".") else name[:-1]
                 for name in found]
    return [name.lower().removeprefix("*") for name in found]


@pytest.mark.parametrize("name", MAIL)
def test_domain(answers, name):
    domain = domains.find(name)
    line, table, plan = answers[name]
    word, text = wanted(domain)
    assert line[0] == word
    assert line[1].lower() == text or (text is None and line[1])
    assert table == {"OK": (200, line[1]), "NOTFOUND": (500, "not found"),
                     "TEMP": (400, line[1])}[word]
    expected = domain.expect
    found = policy.summary(plan)
    assert found.outcome == expected.outcome and found.fault == expected.fault, plan
    assert found.hosts == expected.hosts and found.mx == expected.mx, plan
    for one in ("sts", "sts_fault"):  # None: it depends on what came first
        assert getattr(expected, one) in (None, getattr(found, one)), plan
    if word == "TEMP":
        assert line[1] == plan["reason"]


def test_enough():
    assert len(MAIL) >= 60
    assert {wanted(domains.find(name))[0] for name in MAIL} == {"OK", "NOTFOUND", "TEMP"}


# ---------------------------------------------------------------- keys


def test_keys(service, answers):
    """The same domain, whatever Postfix writes it like; and what has no policy."""
    dane = ("OK", "dane-only")
    assert answers["dane.test"][0] == dane
    with service.connect("postfix") as one:
        for key in ("dane.test", "DANE.TEST", "Dane.test.", "dane.test:25", "dane.test:smtp"):
            assert one.ask(key) == dane, key
        # Another port has no records (DANE-13).
        assert one.ask("dane.test:587") == ("NOTFOUND", "")
        for key in (".test", ".dane.test", "[dane.test]", "[mx.dane.test]:25", "[127.0.0.10]",
                    "127.0.0.10", "[IPv6:::1]:25", "::1", "", ".", "dane..test", "a b", "x" * 300,
                    "dane.test:", "dane.test:0", "unix:/x", "d\u00e4n.test"):
            assert one.ask(key) == ("NOTFOUND", ""), key
    with service.connect("table") as one:
        assert one.ask("DANE.test.") == (200, "dane-only")
        assert one.ask("[mx.dane.test]:25") == (500, "not found")
    with service.connect("json") as one:
        assert one.ask("dane.TEST.")["destination"] == "dane.test"
        plan = one.ask("[mx.dane.test]")
        assert plan["hosts"][0]["level"] == "dane" and plan["hosts"][0]["host"] == "mx.dane.test"
        assert one.ask("[127.0.0.10]:25")["hosts"][0]["level"] == "may"
        assert one.ask(".test")["outcome"] == one.ask("")["outcome"] == "none"
        assert one.ask("[x")["reason"] == 'there is no "]" to the "["'


def test_reports(service, answers):
    """MAP-10: more for Postfix 3.10 and later, and only where it asks for it."""
    assert answers["sts.example"][0][1] == "secure match=mx.sts.example servername=hostname"
    with service.connect("postfix", table="QUERYwithTLSRPT") as one:
        assert one.ask("sts.example") == ("OK", (
            "secure match=mx.sts.example servername=hostname policy_type=sts "
            "policy_domain=sts.example { policy_string = version: STSv1 } "
            "{ policy_string = mode: enforce } { policy_string = mx: mx.sts.example } "
            "{ policy_string = max_age: 604800 } mx_host_pattern=mx.sts.example"))
        assert one.ask("sts-testing.example")[1].startswith("may policy_type=sts ")
        assert one.ask("dane.test") == ("OK", "dane-only")
        assert one.ask("open.example") == ("NOTFOUND", "")


def test_exim(service):
    """${readsocket}: one line, no more to say, and all up to the end."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(20)
        one.connect(str(service.path("json")))
        one.sendall(b"dane.test\n")
        one.shutdown(socket.SHUT_WR)
        text = b""
        while octets := one.recv(65536):
            text += octets
    assert text.count(b"\n") == 1 and b'"outcome":"deliver"' in text


# ---------------------------------------------------------------- what the operator says


@pytest.fixture(scope="module")
def overruled(internet):
    with policy.Service(internet, "overrides", {"postfix": {}, "json": dict(protocol="json")},
                        *OVERRIDES, tcp=PORT + 1) as one:
        yield one


def test_overrides(overruled):
    """The operator's word counts until its day is over (UTC), and for that destination only."""
    with overruled.connect("postfix") as one:
        assert one.ask("dane-mismatch.test") == ("OK", "none")
        assert one.ask("sts-mx.example") == ("OK", "may")
        assert one.ask("OPEN.example") == ("OK", "encrypt")
        assert one.ask("signed.test") == (
            "OK", "secure match=mx.signed.test:mx2.signed.test servername=hostname")
        word, why = one.ask("open-real.example")
        assert word == "TEMP" and "DANE" in why
        assert one.ask("sts.example")[1].startswith("secure match=mx.sts.example")
        assert one.ask("two.test") == ("OK", "dane")
        assert one.ask("two.test:587") == ("OK", "encrypt")
        assert one.ask("[mx.dane.test]") == (
            "OK", "secure match=mx.dane.test servername=hostname")
        assert one.ask("[mx.dane.test]:587") == ("NOTFOUND", "")
        assert one.ask("[127.0.0.9]:2525") == ("OK", "encrypt")
    with overruled.connect("json") as one:
        plan = one.ask("dane-mismatch.test")
        assert plan["overridden"] is True and plan["steps"][0]["rule"] == "local policy"
        assert "a test" in plan["steps"][0]["text"]
        assert one.ask("sts.example")["overridden"] is False
    told = re.findall("event=override .*", overruled.log)
    assert len(told) == 1 and 'override \\"sts.example\\" has expired' in told[0]


def test_overrides_in_postfix(internet, overruled):
    """Plaintext where the records would forbid it, TLS where nothing is published."""
    made = internet.sender(policy=f"socketmap:inet:127.0.0.1:{PORT + 1}:postfix")
    try:
        for name, word in (("dane-mismatch.test", "clear"), ("sts-mx.example", "encrypted"),
                           ("open.example", "encrypted"), ("signed.test", "verified"),
                           ("open-real.example", "deferred"), ("sts.example", "verified")):
            assert made.send(name).word == word, name
    finally:
        made.stop()


def test_knobs(service):
    assert service.ask("strict", "open.example")[1].startswith("secure match=")
    assert service.ask("strict", "dane.test") == ("OK", "dane-only")
    assert service.ask("floor", "open.example") == ("OK", "encrypt")
    assert service.ask("floor", "two.test") == ("OK", "dane-only")
    assert service.ask("floor", "sts.example")[1].startswith("secure match=")
    assert service.ask("unfetched", "sts-404.example")[0] == "TEMP"
    assert service.ask("unfetched", "sts.example")[0] == "OK"
    assert service.ask("unfetched", "open.example") == ("NOTFOUND", "")
    assert service.ask("no-dane", "dane.test") == ("NOTFOUND", "")
    assert service.ask("no-dane", "both.test")[1].startswith("secure match=mx.both.test")
    assert service.ask("no-sts", "sts.example") == ("NOTFOUND", "")
    assert service.ask("no-sts", "both.test") == ("OK", "dane-only")
    both = service.ask("both", "both-sts-wrong.test")
    assert both["hosts"][0]["skip"] == "sts-mx-mismatch" and both["outcome"] == "defer"
    assert service.ask("both", "both.test")["hosts"][0]["level"] == "dane+secure"


# ---------------------------------------------------------------- what Postfix makes of it


@pytest.fixture(scope="module")
def sender(internet, service):
    """A Postfix that would send in the clear if nobody told it otherwise."""
    made = internet.sender(policy=f"socketmap:inet:127.0.0.1:{PORT}:postfix")
    yield made
    made.stop()


def test_postfix(internet, sender, answers):
    """Mail is delivered with TLS, in the clear, later or never, as the table has it."""
    letters = {name: sender.post(name) for name in answers}
    found = {name: sender.fate(to, 60, final=domains.find(name).expect.postfix != "deferred")
             for name, to in letters.items()}
    wrong = {name: fate for name, fate in found.items()
             if fate.word != domains.find(name).expect.postfix}
    assert not wrong
    for name, fate in found.items():
        taken = internet.deliveries(letters[name])
        if name in ("dane-real.test", "open-real.example", "sts-real.example",
                    "xn--bcher-kva.example"):
            assert "(using TLSv1.3" in internet.real.wait_message(letters[name])
        elif fate.status == "sent":
            assert len(taken) == 1 and (taken[0].tls is None) == (fate.word == "clear"), name
        else:
            assert taken == [], name


SOME = [("dane.test", "verified"), ("dane-mismatch.test", "deferred"), ("sts.example", "verified"),
        ("sts-mx.example", "deferred"), ("sts-host-name.example", "deferred"),
        ("open-clear.example", "clear"), ("bogus-mx.test", "deferred")]


def test_postfix_by_unix_socket(internet, service):
    """In the folder of the queue, as manuals have it: Postfix is there, and may see no more."""
    made = internet.sender(policy="socketmap:unix:starttls/policy:postfix")
    try:
        folder = made.queue / "starttls"
        folder.mkdir()
        (folder / "policy").symlink_to(service.path("postfix"))
        for name, word in SOME:
            assert made.send(name).word == word, name
    finally:
        made.stop()


def test_postfix_by_tcp_table(internet):
    with policy.Service(internet, "table", {"table": dict(protocol="tcp-table")}, tcp=PORT + 2):
        made = internet.sender(policy=f"tcp:127.0.0.1:{PORT + 2}")
        try:
            for name, word in SOME:
                assert made.send(name).word == word, name
        finally:
            made.stop()


def test_postfix_without_the_service(internet):
    """Whoever asks and hears nothing keeps his mail."""
    made = internet.sender(policy=f"socketmap:inet:127.0.0.1:{PORT + 3}:postfix", level="may")
    try:
        assert made.send("open.example").word == "deferred"
    finally:
        made.stop()


def finger(internet, name, line):
    """What posttls-finger says of the last connection at the level that the service told."""
    level, *attributes = line.split()
    match = next((one.removeprefix("match=").split(":") for one in attributes
                  if one.startswith("match=")), [])
    done = internet.run([find_program("posttls-finger", "postfix"), "-c", "-l", level, "-L",
                         "summary", "-F", internet.ca, "-T", "5", name, *match])
    words = re.findall(r"(\w+) TLS connection established", done.stdout + done.stderr)
    return words[-1].lower() if words else "none"


TELLING = ["dane.test", "dane-mismatch.test", "dane-ta.test", "dane-ta-name.test", "alias.test",
           "dane-short.test", "sts.example", "sts-host-name.example", "sts-host-expired.example",
           "sts-wildcard.example", "both.test", "both-unusable.test"]


@pytest.mark.parametrize("name", TELLING)
def test_posttls_finger(internet, answers, name):
    word, line = answers[name][0]
    assert word == "OK"
    verified = finger(internet, name, line) == "verified"
    assert verified == (domains.find(name).expect.postfix == "verified")


# ---------------------------------------------------------------- protocols


def test_nonsense(service):
    """MAP-03: what is no request ends the connection, after the replies to those before it."""
    for name, good, bad in (("postfix", b"14:p nowhere.test,", b"07:p .test,"),
                            ("table", b"get nowhere.test\n", b"put nowhere.test\n")):
        with service.connect(name) as one:
            one.say(good + bad + good)
            assert one.get()[0] in ("NOTFOUND", 500)
            assert one.is_over()
        with service.connect(name) as one:
            one.say(good + good)
            assert one.get() == one.get()


def test_half_a_request(service, answers):
    with service.connect("postfix") as one, service.connect("postfix") as other:
        for octet in b"17:postfix dane.test":
            one.say(bytes([octet]))
        assert other.ask("dane.test") == ("OK", "dane-only")
        one.say(b",")
        assert one.get() == ("OK", "dane-only")


def test_whoever_goes_away(service):
    """Nobody else has to wait for it, and it is found out all the same."""
    with service.connect("postfix") as gone:
        for number in range(300):
            gone.put(f"nobody{number}.example")
    assert service.ask("postfix", "nobody7.example") == ("NOTFOUND", "")


def test_room_for_one_more(internet):
    """Where all connections are taken, whoever has been quiet for longest makes room; nobody who
    waits does, and the log says once what to do."""
    with policy.Service(internet, "room", {"postfix": dict(deadline=8)},
                        limits=dict(connections=3)) as one:
        waits, first, second = (one.connect("postfix") for _ in range(3))
        waits.put("slow-names.test")
        for each in (first, second):
            assert each.ask("dane.test") == ("OK", "dane-only")
        assert "event=accept" not in one.log
        third = one.connect("postfix")
        assert third.ask("dane.test") == ("OK", "dane-only")
        assert first.is_over()
        assert second.ask("dane.test") == ("OK", "dane-only")
        fourth = one.connect("postfix")
        assert fourth.ask("dane.test") == ("OK", "dane-only")
        assert third.is_over()
        assert waits.get() == ("OK", "dane-only")
        told = [line for line in one.log.splitlines() if "event=accept" in line]
        assert len(told) == 1 and "level=warning" in told[0]
        assert "3 connections are all that there may be" in told[0] and "limits" in told[0]


def test_postfix_makes_room(internet):
    """Whose connection was closed while it had no question comes again, and no mail waits."""
    with policy.Service(internet, "postfix-room", {"postfix": dict(deadline=8)}, tcp=PORT + 4,
                        limits=dict(connections=2)) as one:
        made = internet.sender(policy=f"socketmap:inet:127.0.0.1:{PORT + 4}:postfix")
        try:
            for name, word in SOME:
                assert made.send(name).word == word, name
                for _ in range(2):  # Postfix still has its own
                    assert one.ask("postfix", ".test") == ("NOTFOUND", "")
                with one.connect("postfix") as another, one.connect("postfix") as last:
                    assert another.ask(".test") == last.ask(".test") == ("NOTFOUND", "")
            assert "event=accept" in one.log
        finally:
            made.stop()


def test_what_is_missing_is_told(lab, internet):
    """Before anything is begun: where it is, and what it needs to know whom to trust."""
    folder = lab.make_folder("policy/missing")
    (folder / "odd.conf").write_text("server: bogus-key: yes\n")

    def complaints(state, config, ca_file):
        text = (f'state = "{state}"\n' + policy.section("p", [f"unix:{folder}/p"])
                + f'resolver {{\n\tconfig = "{config}"\n\tca-file = "{ca_file}"\n}}\n')
        done = daemon.check_config(folder, text)
        assert (done.returncode == 0) == (" fine" in done.stdout)
        return [line.split("test.conf", 1)[1] for line in done.stderr.splitlines()
                if "test.conf:" in line]

    good = (folder, internet.resolver_config, internet.ca)
    folders = "; it is a folder that the daemon's user may write to, or redis://HOST"
    assert complaints(*good) == []
    assert complaints("/not/there", "nothing.conf", "/nothing.pem") == [
        f":1: state: /not/there: No such file or directory{folders}",
        f":5: resolver: {folder}/nothing.conf: No such file or directory",
        ":5: resolver: ca-file: /nothing.pem: this cannot be read as certificates of authorities "
        "in PEM form"]
    assert complaints(internet.ca, "odd.conf", "odd.conf") == [
        f":1: state: {internet.ca}: Not a directory{folders}",
        f":5: resolver: {folder}/odd.conf: syntax error",
        f":5: resolver: ca-file: {folder}/odd.conf: this cannot be read as certificates of "
        "authorities in PEM form"]
