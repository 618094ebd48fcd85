# SPDX-License-Identifier: ISC
"""starttls connect and probe with --service: found by SRV, never without TLS, and DANE where the
answers are signed; and TLSA records for URLs."""

import json

import pytest

from lab import daemon
from lab import internet_domains as domains
from lab.daemon import program
from lab.wiretap import Refuse

CHOICES = [(one.name, kind) for one in domains.SERVICES for kind in one.choices]


def run(internet, command, *arguments, said=""):
    """The completed process in the offline internet."""
    return internet.run([program("starttls"), command, "--resolver-config",
                         internet.resolver_config, "--ca-file", internet.ca, *arguments],
                        input=said)


def probe(internet, *arguments):
    done = run(internet, "probe", "--json", *arguments)
    one = json.loads(done.stdout)
    assert one["exit"] == done.returncode, done
    return one


# ------------------------------------------------------------------ the offline internet


@pytest.mark.parametrize("name, kind", CHOICES)
def test_probe(internet, name, kind):
    """SRV-01 to SRV-03, DSRV-01 to DSRV-04."""
    wanted = domains.find(name).choices[kind]
    one = probe(internet, "--service", kind, name)
    assert (one["found"]["domain"], one["found"]["service"]) == (name, kind)
    if not wanted.places:
        assert one["verdict"] == wanted.fault, one
        return
    if wanted.how == "ask":
        assert (one["verdict"], one["exit"], one["tls"]) == ("host-unproven", 2, None), one
        return
    assert one["url"].split("://")[1] == wanted.places[0]
    assert one["mode"] == wanted.layer
    if name == "srv-mismatch.test":
        assert (one["verdict"], one["exit"]) == ("dane-mismatch", 2), one
        assert one["tls"]["verified"] == "no" and one["tlsa"]["result"] == "mismatch"
    else:
        assert one["tls"]["verified"] == {"dane": "dane", "secure": "pkix"}[wanted.how], one
        assert one["exit"] < 2


@pytest.mark.parametrize("name", [one.name for one in domains.SERVICES
                                  if "imap" in one.choices])
def test_connect(internet, name):
    """Where a client may go, it does; else it says why not."""
    wanted = domains.find(name).choices["imap"]
    done = run(internet, "connect", "--service", "imap", name, said="a CAPABILITY\r\n")
    if not wanted.places or wanted.how == "ask" or name == "srv-mismatch.test":
        fault = wanted.fault or ("host-unproven" if wanted.how == "ask" else "dane-mismatch")
        assert (done.returncode, done.stdout) == (2, "") and f"({fault})" in done.stderr, done
    else:
        assert done.returncode == 0 and "a OK" in done.stdout, done


def test_host_that_is_out(internet):
    """DSRV-01: the first host's address is bogus; that is told, and the next one is used."""
    one = probe(internet, "--service", "imap", "srv-bogus-host.test")
    assert (one["verdict"], one["exit"]) == ("host-passed-over", 1), one
    [passed] = one["found"]["passed"]
    assert (passed["url"], passed["fault"]) == ("imaps://bad.srv-bogus-host.test:993",
                                                "dnssec-bogus")
    text = run(internet, "probe", "--service", "imap", "srv-bogus-host.test").stdout
    assert "  found       imap of srv-bogus-host.test, DNSSEC: secure\n" in text
    assert "  passed over imaps://bad.srv-bogus-host.test:993: " in text
    assert "  verified    by TLSA records\n" in text
    assert "  tlsa        the records match: 1 of 1 at _993._tcp.mail.srv-bogus-host.test" in text


def test_all_domains_at_once(internet):
    done = run(internet, "probe", "--json", "--service", "imap", "srv-none.test", "srv.test",
               "srv-bogus.test", "srv-web.test")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["verdict"] for one in found] == ["no-service", "fine", "dnssec-bogus", "fine"]
    assert done.returncode == 2


def test_accepted_host_must_prove_itself(internet):
    """SRV-02: the user's yes makes its name count, and no more than that."""
    one = probe(internet, "--service", "imap", "--accept", "mail.srv.test",
                "srv-outside.example")
    assert (one["verdict"], one["found"]["proven"]) == ("certificate-name-mismatch", True), one


# ------------------------------------------------------------------ URLs


@pytest.mark.parametrize("host, alone, dane", [
    # the certificate signed itself
    ("mx.dane.test", "certificate-untrusted", "fine"),
    ("mx.dane-mismatch.test", "fine", "dane-mismatch"),
    ("mx.dane-old.test", "certificate-expired", "fine"),
    ("mx.dane-ta-name.test", "certificate-name-mismatch", "certificate-name-mismatch"),
    ("mx.bogus-records.test", "fine", "dnssec-bogus"),
    ("mx.tlsa-servfail.test", "fine", "lookup-failed"),
    # no records that count: the authorities decide
    ("mx.dane-short.test", "fine", "fine"),
    ("mx.open-tlsa.example", "fine", "fine"),
    ("mx.signed.test", "fine", "fine"),
    ("mx.open-expired.example", "certificate-expired", "certificate-expired"),
    ("mx.bogus-address.test", "dnssec-bogus", "dnssec-bogus"),
])
def test_url(internet, host, alone, dane):
    """TLSA records are told of, and count with --dane."""
    told, counted = probe(internet, f"smtp://{host}"), probe(internet, "--dane", f"smtp://{host}")
    assert (told["verdict"], counted["verdict"]) == (alone, dane), (told, counted)
    if told["tlsa"]:
        assert not told["tlsa"]["counts"]
    done = run(internet, "connect", "--dane", f"smtp://{host}", said="QUIT\r\n")
    assert done.returncode == (0 if dane == "fine" else 2), done
    if dane != "fine":
        assert f"({dane})" in done.stderr


def test_url_records(internet):
    """What is told of them."""
    found = {host: probe(internet, f"smtp://mx.{host}")["tlsa"] for host in (
        "dane.test", "dane-mismatch.test", "dane-short.test", "open.example", "signed.test",
        "bogus-records.test")}
    assert {host: one["result"] for host, one in found.items()} == {
        "dane.test": "match", "dane-mismatch.test": "mismatch", "dane-short.test": "unusable",
        "open.example": "none", "signed.test": "none", "bogus-records.test": "lost"}
    assert (found["dane.test"]["records"], found["dane.test"]["base"]) == (1, "mx.dane.test")
    assert found["bogus-records.test"]["fault"] == "dnssec-bogus"
    text = run(internet, "probe", "smtp://mx.dane-mismatch.test").stdout
    assert "the records do not match" in text and "(told only; with --dane it decides)" in text


def test_alias(internet):
    """DANE-11, DANE-14: the name of the records is asked for, and counts."""
    one = probe(internet, "--dane", "smtp://mx.alias.test")
    assert (one["verdict"], one["tls"]["sni"]) == ("fine", "real.alias.test"), one
    assert one["tlsa"]["base"] == "real.alias.test"


# ------------------------------------------------------------------ real servers


@pytest.fixture
def names(lab, tmp_path):
    """A factory of files for --resolver-config: names that nobody has signed."""
    def make(*records):
        path = tmp_path / "unbound.conf"
        zones = "".join(f'\tlocal-zone: "{zone}." static\n' for zone in ("lab.test", "far.test"))
        path.write_text("server:\n" + zones + "".join(f'\tlocal-data: "{record}"\n'
                                                      for record in records))
        return path
    return make


def srv(label, domain, endpoint, host=None, priority=0):
    """The records that lead from a domain to an endpoint."""
    host = host or f"host.{domain}"
    return (f"{label}._tcp.{domain}. IN SRV {priority} 1 {endpoint.port} {host}.",
            f"{host}. IN A {endpoint.host}")


def look(starttls, pki, config, command, *arguments, **options):
    return starttls(command, "--resolver-config", config, "--ca-file", pki.ca, *arguments,
                    **options)


@pytest.mark.parametrize("kind, label, listener, url", [
    ("imap", "_imaps", "imap.implicit", "imaps"), ("imap", "_imap", "imap.plain", "imap"),
    ("pop3", "_pop3s", "pop3.implicit", "pop3s"), ("pop3", "_pop3", "pop3.plain", "pop3"),
    ("sieve", "_sieve", "sieve.plain", "sieve"),
    ("submission", "_submission", "submission.plain", "smtp")])
def test_dovecot(starttls, dovecot_strict, pki, names, kind, label, listener, url):
    endpoint = dovecot_strict
    for part in listener.split("."):
        endpoint = getattr(endpoint, part)
    config = names(*srv(label, "people.lab.test", endpoint))
    done = look(starttls, pki, config, "probe", "--json", "--service", kind, "people.lab.test")
    one = json.loads(done.stdout)
    assert one["url"] == f"{url}://host.people.lab.test:{endpoint.port}"
    assert (one["tls"]["verified"], one["tls"]["matched"]) == ("pkix", "*.lab.test"), one
    assert one["found"]["dnssec"] == "insecure" and one["exit"] < 2


@pytest.mark.parametrize("label, listener", [("_submission", "encrypt"),
                                             ("_submissions", "implicit")])
def test_postfix(starttls, postfix, pki, names, label, listener):
    config = names(*srv(label, "people.lab.test", getattr(postfix, listener)))
    done = look(starttls, pki, config, "connect", "--service", "submission", "people.lab.test",
                stdin="QUIT\r\n")
    assert done.returncode == 0 and "221 " in done.stdout, done


@pytest.mark.parametrize("kind, label, listener", [
    ("xmpp-client", "_xmpp-client", "c2s"), ("xmpp-client", "_xmpps-client", "c2s_direct"),
    ("xmpp-server", "_xmpp-server", "s2s")])
def test_prosody(starttls, prosody_strict, pki, names, kind, label, listener):
    """The stream is to the domain, whichever host it is on."""
    domain = prosody_strict.domain
    config = names(*srv(label, domain, getattr(prosody_strict, listener), "chat.far.test"))
    # nobody has signed it, and it is outside
    done = look(starttls, pki, config, "probe", "--json", "--service", kind, domain)
    assert json.loads(done.stdout)["verdict"] == "host-unproven"
    done = look(starttls, pki, config, "probe", "--json", "--service", kind, "--name",
                "other.lab.test", "--accept", "chat.far.test", domain)
    one = json.loads(done.stdout)
    assert (one["status"], one["tls"]["sni"]) == ("ok", domain), one


def test_tls_first(starttls, dovecot_strict, pki, names):
    """RFC 8314 section 5.1, SRV-03: rather TLS first, whatever the priorities are."""
    imap = dovecot_strict.imap
    config = names(*srv("_imap", "people.lab.test", imap.plain, "a.people.lab.test"),
                   *srv("_imaps", "people.lab.test", imap.implicit, "b.people.lab.test", 50))
    done = look(starttls, pki, config, "probe", "--json", "--service", "imap", "people.lab.test")
    assert json.loads(done.stdout)["url"].startswith("imaps://b.people.lab.test:"), done


def test_next_host(starttls, lab, dovecot_strict, pki, names):
    """RFC 2782: nobody is at the first one."""
    nobody = lab.network.endpoint()
    config = names(*srv("_imaps", "people.lab.test", nobody, "a.people.lab.test"),
                   *srv("_imaps", "people.lab.test", dovecot_strict.imap.implicit,
                        "b.people.lab.test", 5))
    done = look(starttls, pki, config, "connect", "--service", "imap", "people.lab.test",
                stdin="a LOGOUT\r\n")
    assert done.returncode == 0 and "a OK" in done.stdout, done
    assert f"imaps://a.people.lab.test:{nobody.port}" in done.stderr
    done = look(starttls, pki, config, "probe", "--json", "--service", "imap", "people.lab.test")
    one = json.loads(done.stdout)
    assert (one["verdict"], one["exit"]) == ("host-passed-over", 1), one
    assert [passed["fault"] for passed in one["found"]["passed"]] == ["connect-failed"]


def test_never_in_plaintext(starttls, dovecot_strict, pki, names, wiretap):
    """TLS is refused on the way, and nothing of ours crosses; the control is no attack."""
    for attack, status in ((Refuse(b"{tag} NO not now\r\n"), 2), (None, 0)):
        tap = wiretap(dovecot_strict.imap.plain, protocol="imap", attack=attack)
        config = names(*srv("_imap", "people.lab.test", tap.endpoint))
        done = look(starttls, pki, config, "connect", "--service", "imap", "people.lab.test",
                    stdin="a LOGOUT\r\n")
        tap.wait_closed()
        tap.tape.no_secret("LOGOUT")
        assert (done.returncode, "a OK" in done.stdout) == (status, status == 0), done


def test_outside(starttls, dovecot_strict, pki, names):
    """SRV-02, RFC 6186 section 6: the user is asked, and only that host is meant."""
    config = names(*srv("_imaps", "far.test", dovecot_strict.imap.implicit, "mail.lab.test"))
    for accepted, status in ((None, 2), ("other.lab.test", 2), ("mail.lab.test", 0)):
        more = ["--accept", accepted] if accepted else []
        done = look(starttls, pki, config, "connect", "--service", "imap", *more, "far.test",
                    stdin="a LOGOUT\r\n")
        assert done.returncode == status, (accepted, done)
        assert ("--accept mail.lab.test" in done.stderr) == (status == 2)


def test_inside_is_not_enough(starttls, dovecot_strict, pki, names):
    """DSRV-04: unsigned, so the certificate is for the domain; the user may say otherwise."""
    config = names(*srv("_imaps", "lab.test", dovecot_strict.imap.implicit, "mail.lab.test"))
    done = look(starttls, pki, config, "connect", "--service", "imap", "lab.test",
                stdin="a LOGOUT\r\n")
    assert done.returncode == 2 and "--accept HOST" in done.stderr, done
    done = look(starttls, pki, config, "connect", "--service", "imap", "--accept",
                "mail.lab.test", "lab.test", stdin="a LOGOUT\r\n")
    assert done.returncode == 0 and "a OK" in done.stdout, done


def test_login(starttls, dovecot_strict, pki, names, tmp_path):
    """A password goes to a service that was found and has proven itself."""
    password = tmp_path / "password"
    password.write_text(f"{dovecot_strict.password}\n")
    password.chmod(0o600)
    config = names(*srv("_imaps", "people.lab.test", dovecot_strict.imap.implicit))
    done = look(starttls, pki, config, "probe", "--json", "--service", "imap", "--user", dovecot_strict.user,
                "--password-file", password, "people.lab.test")
    assert json.loads(done.stdout)["login"]["result"] == "done", done


@pytest.mark.parametrize("arguments, words", [
    (["--service", "imap", "imap://mail.lab.test"], "without host or port"),
    (["--service", "imap", "mail.lab.test:993"], "without host or port"),
    (["--service", "relay", "lab.test"], "submission, imap"),
    (["--service", "imap", "--servername", "a", "lab.test"], "--servername is for URLs"),
    (["--service", "imap", "--domain", "a", "lab.test"], "--domain is for URLs"),
    (["--service", "imap", "--dane", "lab.test"], "--dane is for URLs"),
    (["--accept", "a", "imap://mail.lab.test"], "--accept belongs to --service"),
    (["--service", "imap"], "say which service"),
])
@pytest.mark.parametrize("command", ["connect", "probe"])
def test_wrong_words(command, arguments, words):
    done = daemon.starttls(command, *arguments)
    assert done.returncode == 3 and words in done.stderr and done.stdout == "", done
