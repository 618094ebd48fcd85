# SPDX-License-Identifier: ISC
"""Dovecot: IMAP, POP3, ManageSieve, LMTP and submission, each in five ways.

As root it uses Dovecot's own users; as an ordinary user everything runs as that one.
"""

import getpass
import grp
import os
import pwd

from .child import Child, find_program, missing

USER, PASSWORD = "alice@lab.test", "correct horse"
PROTOCOLS = ("imap", "pop3", "sieve", "lmtp", "submission")
_LOGIN = {"imap": "imap-login", "pop3": "pop3-login", "sieve": "managesieve-login",
          "lmtp": "lmtp", "submission": "submission-login"}
_PACKAGES = {"imap": "dovecot-imapd", "pop3": "dovecot-pop3d", "sieve": "dovecot-managesieved",
             "lmtp": "dovecot-lmtpd", "submission": "dovecot-submissiond"}


class Service:
    """The listeners of one protocol: .plain, .proxied (PROXY protocol expected),
    .implicit (TLS first; LMTP too) and .implicit_proxied.  All but the implicit ones
    offer STARTTLS; whether they insist is the instance's disable_plaintext_auth."""

    def __init__(self, lab, protocol, host):
        ways = ["plain", "proxied", "implicit", "implicit_proxied"]
        self.endpoints = {way: lab.network.endpoint(host, f"dovecot {protocol} {way}")
                          for way in ways}
        self.__dict__.update(self.endpoints)


class Dovecot(Child):
    """One Dovecot.  .imap, .pop3, .sieve, .lmtp, .submission are Services.

    Every client on 127.0.0.0/8 is trusted (login_trusted_networks), so that PROXY, ID
    and XCLIENT may tell another address, and passwords are taken in plaintext: it is a
    backend.  With insist=True nobody is trusted but for PROXY, and passwords need TLS:
    it is a server of its own, to be compared with or connected to as a client.
    ssl=False takes STARTTLS away altogether; minimum is Dovecot's ssl_min_protocol.
    The submission service delivers to relay (the fixture: Postfix, so ask for both).
    """

    user, password = USER, PASSWORD

    def __init__(self, lab, pki, name="dovecot", insist=False, ssl=True, minimum="TLSv1.2",
                 relay=None, extra=""):
        find_program("dovecot", "dovecot-core")
        for protocol, login in _LOGIN.items():
            if not os.path.exists(f"/usr/lib/dovecot/{login}"):
                missing(f"Dovecot's {login}", _PACKAGES[protocol])
        self.folder = lab.make_folder(name)
        self.host = lab.network.host()
        self.services = {one: Service(lab, one, self.host) for one in PROTOCOLS}
        self.__dict__.update(self.services)
        self.relay = relay
        lab.make_folder(f"{name}/base")
        self.mail_owner = "nobody" if os.geteuid() == 0 else getpass.getuser()
        self.mail = lab.make_folder(f"{name}/mail", owner=self.mail_owner)
        self.auth_socket = self.folder / "base" / "auth-client"
        text = self._config(pki, insist, ssl, minimum) + extra
        (self.folder / "dovecot.conf").write_text(text)
        (self.folder / "passwd").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n"
                                            f"bob@lab.test:{{PLAIN}}{PASSWORD}\n")
        super().__init__([find_program("dovecot", "dovecot-core"), "-F", "-c",
                          self.folder / "dovecot.conf"], self.folder / "mail.log")
        self.wait_listening([endpoint for one in self.services.values()
                             for endpoint in one.endpoints.values()
                             if ssl or "implicit" not in endpoint.name])

    def _config(self, pki, insist, ssl, minimum):
        leaf, rsa = pki.server(), pki.server("rsa")
        account = pwd.getpwnam(self.mail_owner)
        folder = self.folder
        trusted = "" if insist else "127.0.0.0/8"
        lines = [
            f"base_dir = {folder}/base", f"state_dir = {folder}/base",
            f"log_path = {self.folder}/mail.log", "log_timestamp = \"\"",
            "protocols = imap pop3 sieve lmtp submission",
            f"listen = {self.host}", "auth_mechanisms = plain login scram-sha-256",
            f"disable_plaintext_auth = {'yes' if insist else 'no'}",
            "haproxy_trusted_networks = 127.0.0.0/8", "haproxy_timeout = 5s",
            f"login_trusted_networks = {trusted}",
            "lmtp_save_to_detail_mailbox = no", "hostname = dovecot.lab.test",
            "login_log_format_elements = user=<%u> method=%m rip=%r rport=%a lip=%l lport=%{lport}"
            " %c cn=<%{cert_name}> sni=<%{local_name}> tls=<%k>",
            "auth_verbose = yes", "auth_failure_delay = 0", "auth_ssl_username_from_cert = no",
            # One process for many logins starts faster than one each, and is enough.
            "default_process_limit = 20", "default_client_limit = 200",
            f"mail_location = maildir:{self.mail}/%u",
            f"first_valid_uid = {account.pw_uid}", f"last_valid_uid = {account.pw_uid}",
            f"first_valid_gid = {account.pw_gid}",
            "passdb {\n driver = passwd-file\n"
            f" args = scheme=PLAIN username_format=%u {folder}/passwd\n}}",
            f"userdb {{\n driver = static\n args = uid={account.pw_uid} gid={account.pw_gid}"
            f" home={self.mail}/%u\n}}",
            "namespace inbox {\n inbox = yes\n}",
            f"plugin {{\n sieve = file:{self.mail}/%u/sieve;"
            f"active={self.mail}/%u/.dovecot.sieve\n}}",
            self._ssl(leaf, rsa, ssl, minimum), self._auth_service(),
            *(self._service(one) for one in PROTOCOLS)]
        if self.relay:
            lines += [f"submission_relay_host = {self.relay.host}",
                      f"submission_relay_port = {self.relay.port}",
                      "submission_relay_trusted = yes"]
        if os.geteuid() != 0:
            lines += self._one_user()
        return "\n".join(lines) + "\n"

    @staticmethod
    def _ssl(leaf, rsa, ssl, minimum):
        if not ssl:
            return "ssl = no"
        return "\n".join([
            "ssl = yes", f"ssl_cert = <{leaf.chain}", f"ssl_key = <{leaf.key}",
            f"ssl_alt_cert = <{rsa.chain}", f"ssl_alt_key = <{rsa.key}",
            f"ssl_min_protocol = {minimum}", "ssl_dh ="])

    def _auth_service(self):
        owner = "postfix" if os.geteuid() == 0 and _exists("postfix") else self.mail_owner
        return ("service auth {\n unix_listener auth-client" +
                f" {{\n  mode = 0660\n  user = {owner}\n }}\n}}")

    @staticmethod
    def _one_user():
        """Dovecot without root: no chroots, one user."""
        me = getpass.getuser()
        group = grp.getgrgid(os.getegid()).gr_name
        services = "".join(f"service {name} {{\n chroot =\n}}\n" for name in (
            "anvil", "imap-login", "pop3-login", "managesieve-login", "submission-login",
            "imap-urlauth-login"))
        return [f"default_internal_user = {me}", f"default_internal_group = {group}",
                f"default_login_user = {me}", services]

    def _service(self, protocol):
        login = _LOGIN[protocol]
        ways = self.services[protocol].endpoints
        names = {"sieve": "sieve"}.get(protocol, protocol)
        # The standard listeners have names; port 0 switches them off.
        off = {"imap": ("imap", "imaps"), "pop3": ("pop3", "pop3s"), "sieve": ("sieve",),
               "lmtp": (), "submission": ("submission", "submissions")}[protocol]
        blocks = [f" inet_listener {name} {{\n  port = 0\n }}\n" for name in off]
        for way, endpoint in ways.items():
            blocks.append(f" inet_listener {names}-{way} {{\n  address = {endpoint.host}\n"
                          f"  port = {endpoint.port}\n"
                          f"  ssl = {'yes' if 'implicit' in way else 'no'}\n"
                          f"  haproxy = {'yes' if 'proxied' in way else 'no'}\n }}\n")
        more = " service_count = 0\n process_min_avail = 0\n" if "login" in login else ""
        return f"service {login} {{\n" + "".join(blocks) + more + "}"


def _exists(user):
    try:
        pwd.getpwnam(user)
        return True
    except KeyError:
        return False
