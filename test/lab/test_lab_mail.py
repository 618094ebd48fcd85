# SPDX-License-Identifier: ISC
"""The mail servers do with real clients what the interop tests take for granted."""

import re
import socket
import struct
import uuid

import pytest

from . import clients
from .wiretap import Tape


def marker():
    return uuid.uuid4().hex


def letter(text):
    return f"From: alice@lab.test\r\nSubject: {text}\r\n\r\nHello\r\n"


def proxy_v2(source, port, tls=None):
    """A PROXY header, version 2, for TCP over IPv4; tls is the version in its SSL TLV."""
    body = socket.inet_aton(source) + socket.inet_aton("192.0.2.1") + struct.pack("!HH", port, 25)
    if tls:
        # client: over SSL; verify: 1, there was no certificate; then the version.
        ssl = b"\x01" + struct.pack("!I", 1) + b"\x21" + struct.pack("!H", len(tls)) + tls
        body += b"\x20" + struct.pack("!H", len(ssl)) + ssl
    return b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11" + struct.pack("!H", len(body)) + body


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_smtplib(postfix, pki, tls):
    mark = marker()
    with clients.smtp(postfix.encrypt, pki.ca, tls) as client:
        client.sendmail("a@lab.test", ["b@example.org"], letter(mark))
    message = postfix.wait_message(mark)
    assert f"TLSv{tls}" in message["Received"]


def test_swaks(postfix):
    mark = marker()
    done = clients.swaks(postfix.starttls, "--header", f"Subject: {mark}")
    assert done.status == 0, done
    assert postfix.wait_message(mark)


def test_curl_smtp(postfix, pki, tmp_path):
    mark = marker()
    path = tmp_path / "letter"
    path.write_text(letter(mark))
    done = clients.curl(postfix.starttls.url("smtp"), "--mail-from", "a@lab.test", "--mail-rcpt",
                        "b@lab.test", "-T", path, ca=pki.ca, tls="1.3")
    assert done.status == 0, done
    assert postfix.wait_message(mark)


@pytest.mark.parametrize("level,protocols,version", [
    ("encrypt", ">=TLSv1.3", "TLSv1.3"), ("secure", ">=TLSv1.2,<=TLSv1.2", "TLSv1.2")])
def test_two_mail_servers(postfix, postfix_relay, wiretap, level, protocols, version):
    """A sending Postfix delivers to a receiving one; the wiretap finds TLS and no letter."""
    tap = wiretap(postfix.starttls, protocol="smtp")
    relay = postfix_relay(tap.endpoint, level=level, protocols=protocols)
    mark = marker()
    with clients.smtp(relay.intake, starttls=False) as client:
        client.sendmail("a@lab.test", ["b@example.org"], letter(mark))
    assert version in str(postfix.wait_message(mark)["Received"])
    relay.stop()
    tap.wait_closed()
    tap.tape.judge(mark)
    assert tap.tape.upgraded()


def test_relay_defers_without_tls(postfix, postfix_relay):
    """Positive control of the deferral: no TLS there, TLS demanded here."""
    relay = postfix_relay(postfix.plain, level="encrypt")
    mark = marker()
    with clients.smtp(relay.intake, starttls=False) as client:
        client.sendmail("a@lab.test", ["b@example.org"], letter(mark))
    relay.wait_deferred("TLS is required")
    assert not postfix.has_message(mark)


def test_xclient(postfix):
    with clients.Lines(postfix.plain) as talk:
        talk.until("220 ")
        assert any("XCLIENT" in line for line in talk.smtp("EHLO gate"))
        talk.smtp("XCLIENT ADDR=192.0.2.77 PORT=4711")
        talk.smtp("EHLO real.example")
        mark = marker()
        for line in ("MAIL FROM:<a@lab.test>", "RCPT TO:<b@lab.test>", "DATA"):
            assert talk.smtp(line)[-1][0] in "23", talk.heard
        talk.smtp(f"Subject: {mark}\r\n\r\nx\r\n.")
    assert "192.0.2.77" in postfix.wait_message(mark)["Received"]


def test_postfix_proxy(postfix):
    with clients.Lines(postfix.proxied) as talk:
        talk.send(proxy_v2("192.0.2.78", 4712))
        assert talk.until("220 ")
        talk.smtp("EHLO real.example")
    assert "192.0.2.78" in postfix.log


def test_submission_login(postfix, dovecot, pki):
    mark = marker()
    with clients.smtp(postfix.submission_tls, pki.ca) as client:
        client.login(dovecot.user, dovecot.password)
        client.sendmail("alice@lab.test", ["b@lab.test"], letter(mark))
    assert postfix.wait_message(mark)
    with clients.smtp(postfix.submission, starttls=False) as client:
        client.ehlo()
        client.login(dovecot.user, dovecot.password)


def test_imap_login(dovecot, dovecot_strict, pki):
    for server in (dovecot, dovecot_strict):
        client = clients.imap(server.imap.plain, pki.ca, "1.3")
        client.login(server.user, server.password)
        assert client.select()[0] == "OK"
        client.logout()


def test_dovecot_strict_refuses_plaintext(dovecot, dovecot_strict):
    """The strict one wants TLS before a password, the other, a backend, does not."""
    client = clients.imap(dovecot_strict.imap.plain, starttls=False)
    assert "LOGINDISABLED" in client.capabilities
    client.logout()
    client = clients.imap(dovecot.imap.plain, starttls=False)
    client.login(dovecot.user, dovecot.password)
    client.logout()


def test_pop3_login(dovecot, pki):
    client = clients.pop3(dovecot.pop3.plain, pki.ca, "1.2")
    client.user(dovecot.user)
    client.pass_(dovecot.password)
    client.quit()


def test_sieve_login(dovecot, pki):
    with clients.Lines(dovecot.sieve.plain) as talk:
        assert any("SASL" in line for line in talk.until("OK"))
        assert talk.ask("STARTTLS", "OK", "NO")[-1].startswith("OK")
        talk.start_tls(pki.ca)
        talk.until("OK")
        secret = "AGFsaWNlQGxhYi50ZXN0AGNvcnJlY3QgaG9yc2U="
        assert talk.ask(f'AUTHENTICATE "PLAIN" "{secret}"', "OK", "NO")[-1].startswith("OK")


def test_lmtp_delivers(dovecot, pki):
    """LMTP in, IMAP out; mbsync fetches it."""
    mark = marker()
    client = clients.smtp(dovecot.lmtp.plain, pki.ca, lmtp=True)
    client.sendmail("a@lab.test", [dovecot.user], letter(mark))
    client.quit()
    client = clients.imap(dovecot.imap.plain, pki.ca)
    client.login(dovecot.user, dovecot.password)
    client.select()
    assert client.search(None, "SUBJECT", mark)[1] != [b""]
    client.logout()


def test_mbsync(dovecot, pki, tmp_path):
    done = clients.mbsync(tmp_path, dovecot.imap.plain, dovecot.user, dovecot.password,
                          pki.server().chain)
    assert done.status == 0, done


def test_dovecot_proxy(dovecot):
    """It believes the address in the PROXY header."""
    with clients.Lines(dovecot.imap.proxied) as talk:
        talk.send(proxy_v2("192.0.2.79", 4713))
        talk.until(r"\* OK")
        talk.ask("a LOGIN nobody@lab.test wrong", "a ")
    dovecot.wait_log("rip=192.0.2.79")


@pytest.mark.parametrize("tls,answer", [(b"TLSv1.3", "a OK"), (None, r"a NO|\* BAD")])
def test_dovecot_believes_the_tls_of_a_proxy(dovecot_strict, tls, answer):
    """Where a password needs TLS, the SSL TLV of the PROXY header is what allows it."""
    with clients.Lines(dovecot_strict.imap.proxied) as talk:
        talk.send(proxy_v2("192.0.2.79", 4713, tls))
        talk.until(r"\* OK")
        said = talk.ask(f'a LOGIN {dovecot_strict.user} "{dovecot_strict.password}"', "a ")
        assert re.match(answer, said[-1] if tls else said[0]), said


def test_dovecot_submission(postfix, dovecot, pki):
    mark = marker()
    with clients.smtp(dovecot.submission.plain, pki.ca) as client:
        client.login(dovecot.user, dovecot.password)
        client.sendmail("alice@lab.test", ["b@lab.test"], letter(mark))
    assert postfix.wait_message(mark)


def test_curl_imap_and_pop3(dovecot, pki):
    for endpoint, scheme in ((dovecot.imap.plain, "imap"), (dovecot.pop3.plain, "pop3")):
        done = clients.curl(endpoint.url(scheme), "-u", f"{dovecot.user}:{dovecot.password}",
                            ca=pki.ca)
        assert done.status == 0, done


def test_tape_type(postfix, wiretap):
    """A tape of a plaintext session is judged as such."""
    tap = wiretap(postfix.starttls)
    with clients.smtp(tap.endpoint, starttls=False) as client:
        client.ehlo()
    tap.wait_closed()
    assert isinstance(tap.tape, Tape) and not tap.tape.upgraded()
