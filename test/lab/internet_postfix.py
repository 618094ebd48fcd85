# SPDX-License-Identifier: ISC
"""Postfix in the offline internet: real mail hosts, and real senders."""

import re
import subprocess
from dataclasses import dataclass

from .child import Endpoint, LabError, wait_until
from .postfix import _Instance, _service


class RealHosts(_Instance):
    """One Postfix that is several hosts, each at an address of its own with a certificate of its
    own.  It takes mail for everybody: .wait_message(marker)."""

    def __init__(self, internet, hosts):
        self.hosts = {host.name: host for host in hosts}
        self.mailbox = internet.lab.make_folder("internet/real/mail", owner="nobody")
        settings = {
            "myhostname": "real.example",
            "virtual_mailbox_domains": "static:all", "virtual_mailbox_maps": "static:box",
            "virtual_mailbox_base": self.mailbox,
            "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534",
            "smtpd_tls_security_level": "may", "smtpd_tls_received_header": "yes",
            "smtputf8_enable": "yes",
            "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        }
        services = [_service(Endpoint(host.address, 25), myhostname=host.name,
                             smtpd_tls_chain_files=f"{host.certificate.key},"
                                                   f"{host.certificate.chain}")
                    for host in hosts]
        super().__init__(internet.lab, "internet/real", settings, services,
                         prefix=internet.prefix)
        self.wait_listening([Endpoint(host.address, 25) for host in hosts])

    def messages(self):
        path = self.mailbox / "box"
        return path.read_text(errors="replace").split("\nFrom ") if path.exists() else []

    def wait_message(self, marker, seconds=10):
        """The text of the message, headers and all: "with ESMTPS" is TLS."""
        return wait_until(lambda: next((one for one in self.messages() if marker in one), None),
                          seconds, f"a message with {marker!r}")


@dataclass(frozen=True)
class Fate:
    """What became of a message: status (sent, deferred, bounced), host (the last one that was
    tried), tls (verified, trusted, untrusted, anonymous, clear; what Postfix says of the
    last connection), reason (its words, with the code)."""
    status: str
    host: str
    tls: str
    reason: str

    @property
    def word(self):
        """As in internet_domains.Expect.postfix."""
        if self.status != "sent":
            return self.status
        return self.tls if self.tls in ("verified", "clear") else "encrypted"


class Sender(_Instance):
    """A Postfix that delivers by DNS, with smtp(8), from the place.

    policy: smtp_tls_policy_maps, e.g. "socketmap:inet:127.0.0.1:8461:policy"
    level:  smtp_tls_security_level, for what the policy does not know
    """

    def __init__(self, internet, name, policy=None, level="dane", **settings):
        self._serial = 0
        super().__init__(internet.lab, name, {
            "myhostname": "sender.example",
            "disable_dns_lookups": "no", "smtp_host_lookup": "dns",
            "smtp_dns_support_level": "dnssec",
            "smtp_tls_security_level": level,
            "smtp_tls_policy_maps": policy or "",
            "smtp_tls_CAfile": internet.ca,
            "smtp_tls_session_cache_database": "",
            "smtp_connection_cache_on_demand": "no",
            "smtp_connect_timeout": "5s", "smtp_helo_timeout": "10s",
            "smtp_starttls_timeout": "10s",
            "default_transport": "smtp", "relay_transport": "smtp",
            # A host that failed is tried again for the next message at once.
            "smtp_destination_concurrency_failed_cohort_limit": "0",
            "minimal_backoff_time": "2s", "maximal_backoff_time": "4s",
            **settings}, [], prefix=internet.prefix)
        wait_until(lambda: (self.queue / "public/pickup").exists(), 10, "pickup is there")

    def post(self, domain, text="hello"):
        """Gives it a message for somebody there; returns the address."""
        self._serial += 1
        to = f"m{self._serial}@{domain}"
        done = subprocess.run(["/usr/sbin/sendmail", "-C", str(self.conf), "-f", "", "-i", to],
                              input=f"Subject: {text}\n\n{to}\n", text=True, timeout=20,
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise LabError(f"sendmail: {done.stderr}")
        return to

    def fates(self, to):
        """What became of it, attempt by attempt."""
        tls, found = {}, []
        for line in self.log.splitlines():
            if match := re.search(r"/smtp\[(\d+)\]: (\w+) TLS connection established to (\S+?):",
                                  line):
                tls[match[1]] = (match[3].split("[")[0], match[2].lower())
            elif match := re.search(r"\[(\d+)\]: \w+: to=<([^>]*)>,.* relay=(\S+?), .*"
                                    r"status=(\w+) \((.*)\)", line):
                host = match[3].split("[")[0]
                name, how = tls.pop(match[1], ("", "clear"))
                if match[2] == to:
                    found.append(Fate(match[4], host, how if name == host else "clear",
                                      match[5]))
        return found

    def fate(self, to, seconds=30, final=False):
        """The first; or the final one, which is not a deferral."""

        def find():
            return next((one for one in self.fates(to)
                         if not final or one.status != "deferred"), None)

        try:
            return wait_until(find, seconds, f"what becomes of {to}")
        except LabError as error:
            lines = [line for line in self.log.splitlines() if to.split("@")[1] in line]
            raise LabError(f"{error}\n" + "\n".join(lines[-20:])) from None

    def send(self, domain, text="hello", **options):
        """Posts a message, and returns its fate."""
        return self.fate(self.post(domain, text), **options)
