# SPDX-License-Identifier: ISC
"""starttls probe against real servers."""

import json
import stat

import pytest

from lab.dovecot import Dovecot
from lab.wiretap import Inject, Refuse, Strip

NAME = "mail.lab.test"


def probe(starttls, pki, *arguments, **options):
    return starttls("probe", "--ca-file", pki.ca, "--servername", NAME, *arguments, **options)


def found(starttls, pki, url, *arguments):
    """One probe in JSON: its object and its exit status, which must agree."""
    done = probe(starttls, pki, "--json", *arguments, url)
    lines = done.stdout.splitlines()
    assert len(lines) == 1, done
    one = json.loads(lines[0])
    assert one["exit"] == done.returncode
    return one


@pytest.mark.parametrize("version", ["tls12", "tls13"])
def test_postfix(starttls, postfix, pki, version):
    one = found(starttls, pki, getattr(postfix, version).url("smtp"))
    assert one["status"] == "ok", one
    assert one["tls"]["version"] == {"tls12": "TLSv1.2", "tls13": "TLSv1.3"}[version]
    assert one["tls"]["verified"] == "pkix"
    assert "STARTTLS" not in one["capabilities"]
    assert any(name == f"DNS:{NAME}" for name in one["certificate"]["names"])
    said = [line["text"] for line in one["dialogue"] if line["from"] == "client"]
    assert "STARTTLS" in said


def test_postfix_implicit(starttls, postfix, pki):
    one = found(starttls, pki, postfix.implicit.url("smtps"))
    assert (one["status"], one["mode"]) == ("ok", "implicit"), one


@pytest.mark.parametrize("scheme", ["imap", "pop3", "sieve", "lmtp"])
def test_dovecot(starttls, dovecot_strict, pki, scheme):
    one = found(starttls, pki, getattr(dovecot_strict, scheme).plain.url(scheme))
    assert one["tls"]["verified"] == "pkix", one
    assert one["verdict"] in ("fine", "plaintext-login-offered"), one
    assert one["capabilities"]


@pytest.mark.parametrize("scheme", ["imap", "pop3"])
def test_dovecot_implicit(starttls, dovecot, pki, scheme):
    one = found(starttls, pki, getattr(dovecot, scheme).implicit.url(scheme + "s"))
    assert one["status"] == "ok", one


def test_chk_07_plaintext_login_is_a_warning(starttls, dovecot, dovecot_strict, pki):
    """CHK-07; the control is a Dovecot that wants TLS first."""
    one = found(starttls, pki, dovecot.imap.plain.url("imap"))
    assert (one["status"], one["verdict"]) == ("warning", "plaintext-login-offered"), one
    one = found(starttls, pki, dovecot_strict.imap.plain.url("imap"))
    assert (one["status"], one["warnings"]) == ("ok", []), one


@pytest.mark.parametrize("scheme, listener", [("xmpp", "c2s"), ("xmpps", "c2s_direct"),
                                              ("xmpp-server", "s2s")])
def test_prosody(starttls, prosody_strict, pki, scheme, listener):
    endpoint = getattr(prosody_strict, listener)
    one = found(starttls, pki, endpoint.url(scheme), "--domain", prosody_strict.domain,
                "--name", "other.lab.test")
    assert one["status"] == "ok", one
    assert one["tls"]["sni"] == prosody_strict.domain


@pytest.mark.parametrize("fixture, scheme", [
    ("vsftpd", "ftp"), ("slapd", "ldap"), ("inspircd", "irc"), ("postgres", "postgres"),
    ("mariadb", "mysql"), ("nntp", "nntp")])
def test_others(starttls, request, pki, fixture, scheme):
    server = request.getfixturevalue(fixture)
    one = found(starttls, pki, server.plain.url(scheme))
    assert one["tls"]["verified"] == "pkix", one
    assert one["verdict"] in ("fine", "plaintext-login-offered"), one


@pytest.mark.parametrize("fixture, scheme", [("slapd", "ldaps"), ("inspircd", "ircs"),
                                             ("nntp", "nntps")])
def test_others_implicit(starttls, request, pki, fixture, scheme):
    server = request.getfixturevalue(fixture)
    one = found(starttls, pki, server.implicit.url(scheme))
    assert one["status"] == "ok", one


# ------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize("kind, fault", [
    ("expired", "certificate-expired"), ("not_yet", "certificate-expired"),
    ("wrong_name", "certificate-name-mismatch"), ("untrusted", "certificate-untrusted"),
    ("self_signed", "certificate-untrusted"), ("server", "fine")])
def test_certificates(starttls, lab, pki, twin_certificate, kind, fault):
    """The control is the last one: the same server with a good certificate."""
    server = twin_certificate(getattr(pki, kind)())
    one = found(starttls, pki, server.endpoint.url("smtp"))
    # The twin lets clients log in before TLS, which is worth a warning and no more.
    if fault == "fine":
        assert (one["verdict"], one["exit"]) == ("plaintext-login-offered", 1), one
    else:
        assert (one["verdict"], one["exit"]) == (fault, 2), one
    assert one["certificate"]["subject"]


@pytest.fixture
def twin_certificate(lab):
    """A server of SMTP without flaws, with a certificate of choice."""
    from lab import vulnerable
    made = []

    def start(certificate):
        made.append(vulnerable.Server(lab.network.endpoint(name="twin"), "smtp", certificate,
                                      None))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def test_soon(starttls, pki, twin_certificate):
    import datetime
    soon = pki.leaf(NAME, end=datetime.timedelta(days=5))
    one = found(starttls, pki, twin_certificate(soon).endpoint.url("smtp"))
    assert (one["exit"], one["verdict"]) == (1, "certificate-expires-soon"), one
    assert one["certificate"]["days_left"] in (4, 5)


@pytest.mark.parametrize("attack, fault", [
    (Strip(), "starttls-not-offered"),
    (lambda: Refuse(b"454 4.7.0 not now\r\n"), "starttls-unavailable"),
    (lambda: Inject("server", b"250 2.0.0 injected\r\n"), "injected-plaintext"),
    (None, "fine")])
def test_attacks(starttls, postfix, pki, wiretap, attack, fault):
    tap = wiretap(postfix.tls13, protocol="smtp", attack=attack)
    one = found(starttls, pki, tap.endpoint.url("smtp"))
    assert one["verdict"] == fault, one
    assert one["exit"] == (0 if fault == "fine" else 2)


def test_nobody_is_there(starttls, pki, network):
    one = found(starttls, pki, network.endpoint().url("imap"))
    assert (one["exit"], one["verdict"]) == (2, "connect-failed")


def test_no_such_name(starttls, pki):
    one = found(starttls, pki, "imap://nobody.invalid")
    assert (one["exit"], one["verdict"]) == (3, "lookup-failed")


def test_silence_has_a_deadline(starttls, pki, network):
    import socket
    endpoint = network.endpoint()
    with socket.create_server(endpoint.address):
        one = found(starttls, pki, endpoint.url("imap"), "--timeout", "0.5")
    assert (one["exit"], one["verdict"]) == (2, "timeout")


# ------------------------------------------------------------------ several


def test_several_in_order(starttls, postfix, dovecot_strict, network, pki):
    urls = [postfix.tls13.url("smtp"), network.endpoint().url("smtp"),
            dovecot_strict.imap.plain.url("imap")]
    done = probe(starttls, pki, "--json", *urls)
    assert [json.loads(line)["url"] for line in done.stdout.splitlines()] == urls
    assert done.returncode == 2


def test_text(starttls, postfix, pki):
    done = probe(starttls, pki, postfix.tls13.url("smtp"))
    assert done.returncode == 0, done
    assert "  C: STARTTLS\n" in done.stdout and "  OK fine: nothing is wrong" in done.stdout
    assert "\033" not in done.stdout
    assert "more (-v shows them)" in done.stdout
    longer = probe(starttls, pki, "-v", postfix.tls13.url("smtp"))
    assert "(TLS from here on)" in longer.stdout and "more (-v" not in longer.stdout


def test_usage(starttls):
    for arguments in ([], ["check", "lab.test"], ["probe"], ["probe", "http://lab.test"],
                      ["probe", "--user", "a", "smtp://lab.test"], ["connect", "--json", "x"]):
        done = starttls(*arguments)
        assert done.returncode == 3 and done.stderr and not done.stdout, arguments
    assert "there are: connect, probe" in starttls("check", "lab.test").stderr


@pytest.mark.parametrize("option, wrong, allowed", [
    ("--servername", "", "a name such as mail.example.org, or an address"),
    ("--domain", "a b", "a name such as mail.example.org, or an address"),
    ("--name", "\033[31mx", "a name such as client.example.org, or an address in brackets"),
    ("--ca-file", "", "the path of a file"),
    ("--resolver-config", "x" * 4001, "the path of a file, in 4000 bytes"),
    ("--timeout", "3601", "a number of seconds, 0.001 to 3600"),
], ids=lambda word: word[:16])
@pytest.mark.parametrize("command", ["connect", "probe"])
def test_values(starttls, command, option, wrong, allowed):
    """Refused for what it is, before anything happens; and nothing reaches the terminal."""
    done = starttls(command, option, wrong, "imap://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (3, ""), done
    assert f"{option}: " in done.stderr and f"allowed: {allowed}" in done.stderr, done
    assert done.stderr.count("\n") == 1 and "\033" not in done.stderr
    # the control: others are taken, and nobody answers
    good = {"--timeout": "3600", "--ca-file": "/etc/ssl/certs/ca-certificates.crt",
            "--resolver-config": "/dev/null"}.get(option, "mail.lab.test")
    done = starttls(command, option, good, "imap://127.0.0.1:1")
    assert done.returncode == 2 and "connect-failed" in done.stdout + done.stderr, done


@pytest.mark.parametrize("arguments, words", [
    (["probe", "--foo", "imap://a"], '"--foo": starttls probe has no such option; there are: --'),
    (["connect", "-v", "imap://a"], '"-v": starttls connect has no such option'),
    (["probe", "--serv", "imap://a"], "--servername, --service"),
    (["probe", "imap://a", "--timeout"], "--timeout: say its value"),
    (["probe", "--json=1", "imap://a"], "--json: it has no value"),
])
def test_wrong_options(starttls, arguments, words):
    done = starttls(*arguments)
    assert (done.returncode, done.stdout) == (3, "") and words in done.stderr, done


def test_help(starttls):
    """The same text, wherever it is asked for."""
    text = starttls("--help").stdout
    assert text.startswith("usage: starttls connect")
    for arguments in (["-h"], ["probe", "--help"], ["connect", "--help", "x"], ["policy", "--help"],
                      ["ratchet", "--help"]):
        done = starttls(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, text, ""), done


# ------------------------------------------------------------------ logging in


@pytest.fixture
def password_file(tmp_path):
    def write(password, mode=0o600):
        path = tmp_path / "password"
        path.write_text(password + "\n")
        path.chmod(mode)
        return path
    return write


def log_in(starttls, pki, url, user, file, *arguments):
    return found(starttls, pki, url, "--user", user, "--password-file", file, *arguments)


@pytest.mark.parametrize("scheme, listener", [("imap", "imap"), ("pop3", "pop3"),
                                              ("smtp", "submission")])
def test_login_dovecot(starttls, dovecot, pki, wiretap, password_file, scheme, listener):
    """The password crosses only inside TLS, although this server would take it before."""
    tap = wiretap(getattr(dovecot, listener).plain, protocol=scheme)
    one = log_in(starttls, pki, tap.endpoint.url(scheme), dovecot.user,
                 password_file(dovecot.password))
    assert one["login"]["result"] == "done", one
    tap.wait_closed()
    tap.tape.judge(dovecot.password)
    assert dovecot.password not in json.dumps(one)


def test_login_postfix(starttls, postfix, dovecot, pki, password_file):
    one = log_in(starttls, pki, postfix.submission_tls.url("smtp"), dovecot.user,
                 password_file(dovecot.password))
    assert one["login"]["result"] == "done", one


def test_login_xmpp_scram(starttls, prosody_strict, pki, wiretap, password_file):
    tap = wiretap(prosody_strict.c2s, protocol="xmpp")
    one = log_in(starttls, pki, tap.endpoint.url("xmpp"), prosody_strict.user,
                 password_file(prosody_strict.password), "--domain", prosody_strict.domain)
    assert one["login"]["result"] == "done", one
    assert one["login"]["mechanism"].startswith("SCRAM-SHA-256"), one
    tap.wait_closed()
    tap.tape.judge(prosody_strict.password)


def test_wrong_password(starttls, dovecot_strict, prosody_strict, pki, password_file):
    file = password_file("wrong")
    one = log_in(starttls, pki, dovecot_strict.imap.plain.url("imap"), dovecot_strict.user, file)
    assert (one["exit"], one["verdict"]) == (2, "login-failed"), one
    one = log_in(starttls, pki, prosody_strict.c2s.url("xmpp"), prosody_strict.user, file,
                 "--domain", prosody_strict.domain)
    assert (one["exit"], one["verdict"], one["detail"]) == (2, "login-failed", "not-authorized")


def test_no_password_for_an_unverified_server(starttls, dovecot, pki, lab, wiretap,
                                              password_file):
    """Not without TLS (a stripped offer), and not for another name."""
    tap = wiretap(dovecot.imap.plain, protocol="imap", attack=Strip())
    one = log_in(starttls, pki, tap.endpoint.url("imap"), dovecot.user,
                 password_file(dovecot.password))
    assert (one["verdict"], one["login"]) == ("starttls-not-offered", None), one
    tap.wait_closed()
    tap.tape.no_secret(dovecot.password)
    one = found(starttls, pki, dovecot.imap.plain.url("imap"), "--servername", "other.example",
                "--user", dovecot.user, "--password-file", password_file(dovecot.password))
    assert one["verdict"] == "certificate-name-mismatch"
    assert one["login"]["result"] == "skipped"
    assert "auth" not in one["dialogue"][-1]["text"].lower()


def test_password_file_of_others(starttls, dovecot_strict, pki, password_file):
    path = password_file(dovecot_strict.password, 0o644)
    arguments = ["--user", dovecot_strict.user, "--password-file", path,
                 dovecot_strict.imap.plain.url("imap")]
    done = probe(starttls, pki, *arguments)
    assert done.returncode == 0 and "chmod 600" in done.stderr
    path.chmod(stat.S_IRUSR)
    assert not probe(starttls, pki, *arguments).stderr
