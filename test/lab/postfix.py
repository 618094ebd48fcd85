# SPDX-License-Identifier: ISC
"""Postfix, an instance of its own: as a server with many listeners, or as a relay.

Needs root: master(8) changes to the users postfix and nobody.
"""

import email
import email.policy
import os
import pathlib
import shutil
import subprocess

from .child import Child, LabError, find_program, root_needed, wait_until

DAEMONS = pathlib.Path("/usr/lib/postfix/sbin")
PACKAGE = "postfix"

# The services every instance needs; all of them unprivileged, none chrooted.
MASTER = """\
pickup    unix  n - n 60    1 pickup
cleanup   unix  n - n -     0 cleanup
qmgr      unix  n - n 300   1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n -     - trivial-rewrite
bounce    unix  - - n -     0 bounce
defer     unix  - - n -     0 bounce
trace     unix  - - n -     0 bounce
verify    unix  - - n -     1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -     - proxymap
smtp      unix  - - n -     - smtp
relay     unix  - - n -     - smtp
showq     unix  n - n -     - showq
error     unix  - - n -     - error
retry     unix  - - n -     - error
discard   unix  - - n -     - discard
virtual   unix  - n n -     - virtual
lmtp      unix  - - n -     - lmtp
anvil     unix  - - n -     1 anvil
scache    unix  - - n -     1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

COMMON = {
    "compatibility_level": "3.6",
    "mail_owner": "postfix",
    "setgid_group": "postdrop",
    "daemon_directory": str(DAEMONS),
    "command_directory": "/usr/sbin",
    # The listeners name their addresses themselves; here only interfaces' own may stand.
    "inet_interfaces": "loopback-only",
    "inet_protocols": "ipv4",
    "mydestination": "",
    "mynetworks": "127.0.0.0/8",
    "alias_maps": "",
    "alias_database": "",
    "local_recipient_maps": "",
    "disable_dns_lookups": "yes",
    "smtp_host_lookup": "native",
    "smtpd_peername_lookup": "no",
    "biff": "no",
    "append_dot_mydomain": "no",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "2s",
    "queue_run_delay": "1s",
    "smtpd_tls_loglevel": "1",
    "smtp_tls_loglevel": "1",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_client_connection_rate_limit": "0",
    "smtpd_error_sleep_time": "0",
    "tls_random_source": "dev:/dev/urandom",
    "smtputf8_enable": "no",
}


class _Instance(Child):
    """master(8) with a queue, a configuration and a log of its own; a prefix is what executes
    it."""

    def __init__(self, lab, name, settings, services, prefix=()):
        root_needed("Postfix")
        find_program("postfix", PACKAGE)
        self.folder = lab.make_folder(name)
        self.queue = lab.make_folder(f"{name}/queue")
        data = lab.make_folder(f"{name}/data", owner="postfix", mode=0o700)
        conf = lab.make_folder(f"{name}/conf")
        log = self.folder / "mail.log"
        settings = {**COMMON, "queue_directory": self.queue, "data_directory": data,
                    "config_directory": conf, "maillog_file": log,
                    "maillog_file_prefixes": lab.folder, **settings}
        (conf / "main.cf").write_text(
            "".join(f"{key} = {value}\n" for key, value in settings.items()))
        (conf / "master.cf").write_text("".join(services) + MASTER)
        # Postfix waits two seconds until a file that somebody may still be editing is old.
        os.utime(conf / "main.cf", (1, 1))
        for extra in ("dynamicmaps.cf", "postfix-files"):
            if (source := pathlib.Path("/etc/postfix") / extra).exists():
                shutil.copy(source, conf)
        self._make_queue()
        self.conf = conf
        # -d keeps master in the foreground without the checks of "postfix start-fg",
        # which take a second.
        super().__init__([*prefix, DAEMONS / "master", "-c", conf, "-d"], log)

    def _make_queue(self):
        """What "postfix check" would make, in a tenth of its time."""
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold",
                     "incoming", "private", "saved", "trace"):
            (self.queue / name).mkdir(mode=0o700)
            shutil.chown(self.queue / name, "postfix")
        (self.queue / "pid").mkdir(mode=0o755)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (self.queue / name).mkdir()
            shutil.chown(self.queue / name, "postfix", "postdrop")
            (self.queue / name).chmod(mode)

    def command(self, *argv, **options):
        """Runs a Postfix command (postqueue -f, ...) on this instance."""
        return subprocess.run([argv[0], "-c", str(self.conf), *argv[1:]], capture_output=True,
                              text=True, timeout=20, check=True, **options)


def _service(endpoint, **options):
    lines = [f"{endpoint} inet n - n - - smtpd\n"]
    lines += [f"\t-o {key}={str(value).replace(' ', '')}\n" for key, value in options.items()]
    return "".join(lines)


class Postfix(_Instance):
    """A mail server that takes mail for everybody and keeps it.

    Listeners (lab.child.Endpoint):
      plain       no TLS; XCLIENT and XFORWARD allowed: for the gateway
      proxied     no TLS; expects the PROXY protocol, v1 or v2
      starttls    STARTTLS offered, as a public MX does
      encrypt     STARTTLS required, TLS as it likes
      tls12       STARTTLS required, TLS 1.2 only
      tls13       STARTTLS required, TLS 1.3 only
      implicit    TLS first
      starttls_xclient   as starttls, and XCLIENT allowed
      submission  no TLS, AUTH offered at once and required; XCLIENT allowed (needs auth)
      submission_proxied   the same with the PROXY protocol
      submission_tls       STARTTLS first, then AUTH: what the gateway competes with
      intake      as plain; where Dovecot's submission service delivers
    """

    def __init__(self, lab, pki, name="postfix", auth=None, intake=None):
        host = lab.network.host()
        made = ["plain", "proxied", "starttls", "encrypt", "tls12", "tls13", "implicit",
                "starttls_xclient"]
        made += ["submission", "submission_proxied", "submission_tls"] if auth else []
        endpoints = {one: lab.network.endpoint(host, f"postfix {one}") for one in made}
        endpoints["intake"] = intake or lab.network.endpoint(host, "postfix intake")
        self.__dict__.update(endpoints)
        self.hostname = "postfix.lab.test"
        self.mailbox = lab.make_folder(f"{name}/mail", owner="nobody")
        super().__init__(lab, name, self._settings(pki, auth), self._services(endpoints))
        self.wait_listening(endpoints.values())

    def _settings(self, pki, auth):
        leaf, rsa = pki.server(), pki.server("rsa")
        settings = {
            "myhostname": self.hostname,
            "virtual_mailbox_domains": "static:all",
            "virtual_mailbox_maps": "static:box/",
            "virtual_mailbox_base": self.mailbox,
            "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534",
            "smtpd_tls_chain_files": f"{leaf.key}, {leaf.chain}, {rsa.key}, {rsa.chain}",
            "smtpd_tls_received_header": "yes",
            "smtpd_tls_CAfile": pki.ca,
            "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
            "smtpd_recipient_restrictions": "",
        }
        if auth:
            settings.update({"smtpd_sasl_type": "dovecot", "smtpd_sasl_path": auth,
                             "broken_sasl_auth_clients": "no"})
        return settings

    @staticmethod
    def _services(at):
        friends = {"smtpd_authorized_xclient_hosts": "127.0.0.0/8",
                   "smtpd_authorized_xforward_hosts": "127.0.0.0/8"}
        proxied = {"smtpd_upstream_proxy_protocol": "haproxy"}
        plain = {"smtpd_tls_security_level": "none"}
        encrypt = {"smtpd_tls_security_level": "encrypt"}
        login = {"smtpd_sasl_auth_enable": "yes",
                 "smtpd_relay_restrictions": "permit_sasl_authenticated,reject"}
        options = {
            "plain": {**plain, **friends},
            "intake": {**plain, **friends},
            "proxied": {**plain, **proxied},
            "starttls": {"smtpd_tls_security_level": "may"},
            "encrypt": encrypt,
            "tls12": {**encrypt, "smtpd_tls_mandatory_protocols": ">=TLSv1.2,<=TLSv1.2"},
            "tls13": {**encrypt, "smtpd_tls_mandatory_protocols": ">=TLSv1.3"},
            "implicit": {"smtpd_tls_wrappermode": "yes", **encrypt},
            "starttls_xclient": {"smtpd_tls_security_level": "may", **friends},
            "submission": {**plain, **friends, **login},
            "submission_proxied": {**plain, **proxied, **login},
            "submission_tls": {**encrypt, **login, "smtpd_tls_auth_only": "yes"},
        }
        return [_service(endpoint, **options[name]) for name, endpoint in at.items()]

    def messages(self):
        """Every message that was delivered, parsed."""
        folder = self.mailbox / "box" / "new"
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                for path in paths]

    def wait_message(self, marker, seconds=10):
        """The delivered message whose text or headers hold the marker."""

        def find():
            return next((one for one in self.messages() if marker in one.as_string()), None)

        try:
            return wait_until(find, seconds, f"a message with {marker!r}")
        except LabError as error:
            raise LabError(f"{error}\n{self.log[-4000:]}") from None

    def has_message(self, marker):
        return any(marker in one.as_string() for one in self.messages())


class PostfixRelay(_Instance):
    """The sending mail server: takes mail on .intake and relays all of it to target.

    level: smtp_tls_security_level (none, may, encrypt, verify, secure);
    protocols: smtp_tls_mandatory_protocols; match: the names that "secure" accepts.
    """

    def __init__(self, lab, pki, target, level="encrypt", protocols=">=TLSv1.2",
                 match="mail.lab.test", name=None, wrapped=False, **settings):
        self.intake = lab.network.endpoint(name="postfix relay")
        name = name or f"relay{self.intake.port}"
        own = {
            "myhostname": "relay.lab.test",
            # Loopback only, and never anything but the target.
            "smtp_bind_address": self.intake.host,
            "default_transport": f"smtp:[{target.host}]:{target.port}",
            "relay_transport": f"smtp:[{target.host}]:{target.port}",
            "smtp_tls_security_level": level,
            "smtp_tls_mandatory_protocols": protocols,
            "smtp_tls_protocols": protocols,
            "smtp_tls_CAfile": pki.ca,
            "smtp_tls_secure_cert_match": match,
            "smtp_tls_verify_cert_match": match,
            "smtp_tls_wrappermode": "yes" if wrapped else "no",
            "smtp_tls_session_cache_database": "",
            "smtpd_relay_restrictions": "permit_mynetworks,reject",
            **settings,
        }
        super().__init__(lab, name, own, [_service(self.intake, smtpd_tls_security_level="none")])
        self.wait_listening([self.intake])

    def wait_deferred(self, text, seconds=10):
        """Returns the log line that defers (or bounces) a message for this reason."""

        def find():
            return next((line for line in self.log.splitlines()
                         if text in line and ("status=deferred" in line
                                              or "status=bounced" in line)), None)

        return wait_until(find, seconds, f"a deferral with {text!r} in {self.log_path}")
