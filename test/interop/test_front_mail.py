# SPDX-License-Identifier: ISC
"""The front before real mail servers, with real clients."""

import imaplib
import re
import smtplib
import uuid

import pytest

from lab import clients
from lab.child import wait_until

versions = pytest.mark.parametrize("tls", ["1.2", "1.3"])


def marker():
    return uuid.uuid4().hex


def letter(text):
    return f"From: alice@lab.test\r\nTo: bob@lab.test\r\nSubject: {text}\r\n\r\nHello\r\n"


# ------------------------------------------------------------------- SMTP


@versions
@pytest.mark.parametrize("front", ["smtp", "smtp-offered", "smtp-starttls", "smtp-implicit"])
def test_smtp(gateway, postfix, pki, tls, front):
    """A message through STARTTLS; the service believes that the client is the client."""
    mark = marker()
    with clients.smtp(gateway[front], pki.ca, tls) as client:
        assert client.sock.version() == f"TLSv{tls}"
        assert not client.has_extn("starttls") and not client.has_extn("xclient")
        client.sendmail("a@lab.test", ["b@lab.test"], letter(mark))
    assert postfix.wait_message(mark)


@versions
@pytest.mark.parametrize("front", ["smtps", "smtps-starttls"])
def test_smtps(gateway, postfix, pki, tls, front):
    mark = marker()
    with clients.smtps(gateway[front], pki.ca, tls) as client:
        client.sendmail("a@lab.test", ["b@lab.test"], letter(mark))
    assert postfix.wait_message(mark)


def test_smtp_offers_are_the_services_own(gateway, postfix, pki):
    """CORE-19: what EHLO says before TLS is what the service says, plus STARTTLS."""
    with clients.smtp(postfix.plain, starttls=False) as client:
        client.ehlo()
        own = set(client.esmtp_features)
    with clients.smtp(gateway["smtp"], starttls=False) as client:
        client.ehlo()
        before = set(client.esmtp_features)
        client._host = clients.NAME
        client.starttls(context=clients.context(pki.ca))
        client.ehlo()
        behind = set(client.esmtp_features)
    hidden = {"auth", "xclient", "xforward"}
    assert before == (own - hidden) | {"starttls"}
    assert behind == own - {"xclient", "xforward"}


@pytest.mark.parametrize("front", ["smtp", "smtp-offered", "smtps"])
def test_smtp_client_address(gateway, postfix, pki, front):
    """XC-05, PP-14: Postfix sees the client's address, not the gateway's."""
    mark = marker()
    with clients.Lines(gateway[front], source="127.9.8.7") as talk:
        if front == "smtps":
            talk.start_tls(pki.ca)
        talk.until("220 ")
        if front != "smtps":
            talk.smtp("EHLO client.lab.test")
            talk.smtp("STARTTLS")
            talk.start_tls(pki.ca)
        for line in ("EHLO client.lab.test", "MAIL FROM:<a@lab.test>", "RCPT TO:<b@lab.test>",
                     "DATA"):
            assert talk.smtp(line)[-1][0] in "23", talk.heard
        assert talk.smtp(letter(mark) + "\r\n.")[-1].startswith("250"), talk.heard
        talk.smtp("QUIT")
    assert "127.9.8.7" in str(postfix.wait_message(mark)["Received"])


def test_curl_smtp(gateway, postfix, pki, tmp_path):
    mark = marker()
    path = tmp_path / "letter"
    path.write_text(letter(mark))
    done = clients.curl(gateway["smtp"].url("smtp"), "--mail-from", "a@lab.test", "--mail-rcpt",
                        "b@lab.test", "-T", path, ca=pki.ca)
    assert done.status == 0, done
    assert postfix.wait_message(mark)


def test_swaks(gateway, postfix):
    mark = marker()
    done = clients.swaks(gateway["smtp"], "--header", f"Subject: {mark}")
    assert done.status == 0, done
    assert postfix.wait_message(mark)


@versions
def test_two_mail_servers(gateway, postfix, postfix_relay, wiretap, tls):
    """The first picture: a sending mail server, STARTTLS, a receiving mail server."""
    tap = wiretap(gateway["smtp-offered"], protocol="smtp")
    relay = postfix_relay(tap.endpoint, level="secure", protocols=f">=TLSv{tls},<=TLSv{tls}")
    mark = marker()
    with clients.smtp(relay.intake, starttls=False) as client:
        client.sendmail("a@lab.test", ["b@example.org"], letter(mark))
    assert postfix.wait_message(mark)
    relay.stop()
    tap.wait_closed()
    tap.tape.judge(mark)
    assert tap.tape.upgraded()


@versions
def test_submission(gateway, dovecot, postfix, pki, wiretap, tls):
    """The second picture: a mail client that logs in only after the upgrade."""
    tap = wiretap(gateway["submission"], protocol="smtp")
    mark = marker()
    with clients.smtp(tap.endpoint, pki.ca, tls, starttls=False) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        with pytest.raises(smtplib.SMTPNotSupportedError):
            client.login(dovecot.user, dovecot.password)
        client.starttls(context=clients.context(pki.ca, tls))
        client.ehlo()
        client.login(dovecot.user, dovecot.password)
        client.sendmail("a@lab.test", ["b@lab.test"], letter(mark))
    assert postfix.wait_message(mark)
    tap.wait_closed()
    tap.tape.judge(dovecot.password, mark)


def test_offered_plaintext(gateway, postfix):
    """RFC 3207 section 4: a public server takes mail without TLS, too."""
    mark = marker()
    with clients.smtp(gateway["smtp-offered"], starttls=False) as client:
        client.sendmail("a@lab.test", ["b@lab.test"], letter(mark))
        assert client.docmd("STARTTLS")[0] == 502
    assert postfix.wait_message(mark)


@pytest.mark.parametrize("line", ["MAIL FROM:<a@lab.test>", "RSET", "VRFY a", "HELO x",
                                  "AUTH PLAIN AGEAYg=="])
def test_required_refuses(gateway, line):
    """SMTP-S-12, and the twin: NOOP and QUIT are fine."""
    with clients.Lines(gateway["smtp"]) as talk:
        talk.until("220 ")
        talk.smtp("EHLO x")
        assert talk.smtp(line)[-1].startswith("530 5.7.0")
        assert talk.smtp("NOOP")[-1].startswith("250 ")
        assert talk.smtp("QUIT")[-1].startswith("221 ")


# ------------------------------------------------------------- IMAP, POP3


@versions
@pytest.mark.parametrize("front", ["imap", "imap-id", "imap-starttls"])
def test_imap(gateway, dovecot, pki, tls, front):
    client = clients.imap(gateway[front], pki.ca, tls)
    assert client.sock.version() == f"TLSv{tls}"
    assert "STARTTLS" not in client.capabilities and "LOGINDISABLED" not in client.capabilities
    client.login(dovecot.user, dovecot.password)
    assert client.select("INBOX")[0] == "OK"
    client.append("INBOX", None, None, letter(marker()).encode() + b"x" * 100000)
    client.logout()


@pytest.mark.parametrize("front", ["imap", "imap-starttls"])
def test_much_data(gateway, dovecot, pki, front):
    """Eight megabytes there and back are the same eight megabytes."""
    client = clients.imap(gateway[front], pki.ca)
    client.login(dovecot.user, dovecot.password)
    text = (letter(marker()) + "".join(f"{number:062d}\r\n" for number in range(1 << 17))).encode()
    assert client.append("INBOX", None, None, text)[0] == "OK"
    _, count = client.select("INBOX")
    _, parts = client.fetch(count[0].decode(), "(BODY.PEEK[])")
    assert parts[0][1] == text
    client.logout()


def test_imap_before_tls(gateway, dovecot, pki):
    """IMAP-S-06: LOGINDISABLED, the service's own list, and no login."""
    client = clients.imap(gateway["imap"], starttls=False)
    assert {"STARTTLS", "LOGINDISABLED", "IDLE"} <= set(client.capabilities)
    assert not any(one.startswith("AUTH=") for one in client.capabilities)
    with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
        client.login(dovecot.user, dovecot.password)
    client.starttls(clients.context())
    client.login(dovecot.user, dovecot.password)
    client.logout()


@pytest.mark.parametrize("front", ["imaps", "imap-implicit"])
def test_imaps(gateway, dovecot, pki, front):
    with clients.Lines(gateway[front]) as talk:
        talk.start_tls(pki.ca, alpn="imap")
        assert talk.socket.selected_alpn_protocol() == "imap"
        greeting = talk.until(r"\* ")[-1]
        assert "* OK" in greeting and "STARTTLS" not in greeting
        assert talk.ask(f'a LOGIN "{dovecot.user}" "{dovecot.password}"', "a ")[-1].startswith("a OK")


def test_imap_client_address(gateway, dovecot, pki):
    """PP-11: Dovecot sees the client's address and that it came by TLS."""
    for front in ("imap", "imap-id"):
        before = len(dovecot.log)
        with clients.Lines(gateway[front], source="127.9.8.6") as talk:
            talk.until(r"\* ")
            talk.ask("a STARTTLS", "a ")
            talk.start_tls(pki.ca)
            reply = talk.ask(f'b LOGIN "{dovecot.user}" "{dovecot.password}"', "b ")
            assert reply[-1].startswith("b OK")
            talk.ask("c LOGOUT", "c ")
        wait_until(lambda: "rip=127.9.8.6" in dovecot.log[before:], 5, front)


@versions
@pytest.mark.parametrize("front", ["pop3"])
def test_pop3(gateway, dovecot, pki, tls, front):
    client = clients.pop3(gateway[front], pki.ca, tls)
    assert "STLS" not in client.capa()
    client.user(dovecot.user)
    client.pass_(dovecot.password)
    assert client.stat()
    client.quit()


def test_pop3s(gateway, dovecot, pki):
    done = clients.curl(gateway["pop3s"].url("pop3s"), "--user",
                        f"{dovecot.user}:{dovecot.password}", ca=pki.ca)
    assert done.status == 0, done


def test_curl_imap(gateway, dovecot, pki):
    done = clients.curl(gateway["imap"].url("imap"), "--user",
                        f"{dovecot.user}:{dovecot.password}", ca=pki.ca)
    assert done.status == 0 and "INBOX" in done.out, done


# ------------------------------------------------- ManageSieve, LMTP, NNTP


@pytest.mark.parametrize("front", ["sieve", "sieve-starttls"])
def test_sieve(gateway, dovecot, pki, front):
    """SIEVE-S-01: the list comes again, unasked, without STARTTLS."""
    with clients.Lines(gateway[front]) as talk:
        before = talk.until("OK", "NO", "BYE")
        assert '"STARTTLS"' in before and '"SASL" ""' in before
        assert any(line.startswith('"SIEVE"') for line in before)
        assert talk.ask("AUTHENTICATE \"PLAIN\" \"AGEAYg==\"", "NO")[-1].startswith(
            "NO (ENCRYPT-NEEDED)")
        assert talk.ask("STARTTLS", "OK", "NO")[-1].startswith("OK")
        talk.start_tls(pki.ca, alpn="managesieve")
        behind = talk.until("OK", "NO", "BYE")
        assert '"STARTTLS"' not in behind
        assert any(re.match('"SASL" ".*PLAIN', line) for line in behind)
        secret = __import__("base64").b64encode(
            f"\0{dovecot.user}\0{dovecot.password}".encode()).decode()
        assert talk.ask(f'AUTHENTICATE "PLAIN" "{secret}"', "OK", "NO")[-1].startswith("OK")
        assert talk.ask("LISTSCRIPTS", "OK", "NO")[-1].startswith("OK")
        talk.ask("LOGOUT", "OK")


@versions
def test_lmtp(gateway, dovecot, pki, tls):
    with clients.smtp(gateway["lmtp"], pki.ca, tls, lmtp=True) as client:
        assert client.sendmail("a@lab.test", [dovecot.user], letter(marker())) == {}


@versions
def test_nntp(gateway, nntp, pki, tls):
    with clients.Lines(gateway["nntp"]) as talk:
        talk.until("20[01] ")
        assert "STARTTLS" in talk.ask("CAPABILITIES", r"\.$")
        assert talk.ask(f"AUTHINFO USER {nntp.user}", r"\d")[-1].startswith("483")
        assert talk.ask("STARTTLS", r"\d")[-1].startswith("382")
        talk.start_tls(pki.ca, tls)
        assert "STARTTLS" not in talk.ask("CAPABILITIES", r"\.$")
        assert talk.ask("STARTTLS", r"\d")[-1].startswith("502")
        assert talk.ask(f"AUTHINFO USER {nntp.user}", r"\d")[-1].startswith("381")
        assert talk.ask("DATE", r"\d")[-1].startswith("111")
        assert talk.ask("GROUP no.such.group", r"\d")[-1].startswith("411")


def test_nntps(gateway, pki):
    with clients.Lines(gateway["nntps"]) as talk:
        talk.start_tls(pki.ca, alpn="nntp")
        assert talk.until("20[01] ")


# ---------------------------------------------------------------- openssl

WORDS = {"smtp": "smtp", "imap": "imap", "pop3": "pop3", "lmtp": "lmtp", "sieve": "sieve",
         "nntp": "nntp", "xmpp": "xmpp", "xmpp-server": "xmpp-server"}


@versions
@pytest.mark.parametrize("front", sorted(WORDS))
def test_s_client(gateway, prosody, pki, tls, front):
    """Every protocol that openssl knows, verified."""
    done = clients.s_client(gateway[front], WORDS[front], tls, pki.ca,
                            domain=prosody.domain if "xmpp" in front else None)
    assert done.version == f"TLSv{tls}" and done.verified, done


# --------------------------------------------------------- backends in trouble


def test_backend_down(gateway, pki):
    """The protocol's own temporary refusal, inside TLS; the front stays alive."""
    for _ in range(2):
        with clients.Lines(gateway["down"]) as talk:
            talk.until("220 ")
            talk.smtp("EHLO x")
            talk.smtp("STARTTLS")
            talk.start_tls(pki.ca)
            assert talk.until("421 ")[-1].startswith("421 ")
        with clients.Lines(gateway["down-imap"]) as talk:
            talk.until(r"\* OK")
            talk.ask("a STARTTLS", "a ")
            talk.start_tls(pki.ca)
            assert talk.until(r"\* BYE")[-1].startswith("* BYE [UNAVAILABLE]")
        with clients.Lines(gateway["down-pop3"]) as talk:
            talk.start_tls(pki.ca)
            assert talk.until("-ERR")[-1].startswith("-ERR [SYS/TEMP]")
    gateway.wait_log("backend-down")


@pytest.mark.parametrize("front", ["mistrusting", "downgraded"])
def test_backend_never_downgraded(gateway, pki, front):
    """CORE-17: a backend without TLS, or with a certificate nobody knows, is no backend."""
    with clients.Lines(gateway[front]) as talk:
        talk.until("220 ")
        talk.smtp("EHLO x")
        talk.smtp("STARTTLS")
        talk.start_tls(pki.ca)
        assert talk.until("421 ")[-1].startswith("421 ")


# ------------------------------------------------ what is data, and what is not


def test_chunks_in_plaintext(gateway, postfix):
    """SMTP-P-05: the octets of BDAT are a message, also where there is no TLS."""
    mark = marker()
    with clients.Lines(gateway["smtp-offered"]) as talk:
        talk.until("220 ")
        assert any("CHUNKING" in line for line in talk.smtp("EHLO client.lab.test"))
        for line in ("MAIL FROM:<a@lab.test>", "RCPT TO:<b@lab.test>"):
            assert talk.smtp(line)[-1].startswith("250"), talk.heard
        body = f"Subject: {mark}\r\n\r\nXCLIENT ADDR=192.0.2.1\r\n".encode()
        talk.send(b"BDAT %d LAST\r\n" % len(body) + body + b"XCLIENT ADDR=192.0.2.1\r\nNOOP\r\n")
        for code in ("250", "502", "250"):
            assert talk.until(r"\d{3} ")[-1].startswith(code), talk.heard
    assert postfix.wait_message(mark)


def test_literals(gateway, dovecot, pki):
    """RFC 7888: a login whose name and password do not wait for consent."""
    user, password = dovecot.user, dovecot.password
    with clients.Lines(gateway["imap"]) as talk:
        talk.until(r"\* OK")
        talk.ask("x STARTTLS", "x ")
        talk.start_tls(pki.ca)
        talk.send(f"a LOGIN {{{len(user)}+}}\r\n{user} {{{len(password)}+}}\r\n{password}\r\n"
                  "b NOOP\r\n".encode())
        heard = talk.until("b ")
        assert any(line.startswith("a OK") for line in heard), heard
