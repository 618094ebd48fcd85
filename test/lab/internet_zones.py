# SPDX-License-Identifier: ISC
"""From the table of domains to zone files: what each domain has of records, and in which zone."""

import re

from . import internet_dns as dns
from . import internet_domains as domains
from . import internet_many as many

POLICY_HOST, PLAIN_POLICY_HOST = "127.0.0.3", "127.0.0.6"
ADDRESSES = {"dead": dns.NOBODY, "lost": dns.LOST}
TOPS = (".", "test.", "example.")


def is_address(name):
    return re.fullmatch(r"[\d.]+", name) is not None


class Zones:
    """All zones of an internet, which has the domains, addresses and certificates."""

    def __init__(self, internet, folder):
        self.internet, self.folder = internet, folder
        self.crowd = {}  # origin -> further records, see internet_many
        self.all = {origin: dns.Zone(folder, origin, signed)
                    for origin, signed in (*zip(TOPS, ("well", "well", "")),
                                           ("many.example.", ""), ("slow.example.", ""))}
        for one in self._everybody():
            if one.zone and dns.ZONES[one.zone][2] is not None:
                self._add_own(one)
        for origin, zone in self.all.items():
            self._fill(origin)
            zone.write()

    def _add_own(self, one):
        origin = f"{one.name}."
        zone = dns.Zone(self.folder, origin, dns.ZONES[one.zone][2])
        if one.zone == "stripped":  # the parent vouches for a key that nobody sees
            zone.key = dns.make_key(self.folder, origin)
        self.all[origin] = zone

    def _everybody(self):
        return [*self.internet.domains.values(), *self.internet.services.values()]

    @property
    def root_key(self):
        """The text of the root's key."""
        key = self.all["."].key
        return key.with_name(f"{key.name}.key").read_text()

    def near(self):
        return [self.all[origin] for origin in TOPS]

    def far(self):
        return [zone for origin, zone in self.all.items() if origin not in TOPS]

    def rewrite(self, origin):
        """Makes a zone anew, and signs it; returns it."""
        self._fill(origin)
        self.all[origin].write()
        return self.all[origin]

    def origin_of(self, one):
        """The zone that the records of a domain are in."""
        if one.zone and dns.ZONES[one.zone][2] is not None:
            return f"{one.name}."
        return f"{one.name.rsplit('.', 1)[1]}."

    # ------------------------------------------------------------ zones

    def _fill(self, origin):
        zone = self.all[origin]
        zone.records, zone.spoiled = [], []
        if origin == ".":
            self._fill_root(zone)
        if origin == "example.":
            zone.add("many.example.", "NS", "far.", dns.LONG)
            zone.add("slow.example.", "NS", "crooked.", dns.LONG)
        for one in self._everybody():
            if one.zone and origin == f"{one.name.split('.', 1)[1]}.":
                self._delegate(zone, one)
            elif origin == self.origin_of(one):
                self._fill_domain(zone, one)
        for record in self.crowd.get(origin, ()):
            zone.add(*record, dns.LONG)

    def _fill_root(self, zone):
        for name, address in dns.SERVERS.items():
            zone.add(name, "A", address, dns.LONG)
        for name in ("test.", "example."):
            zone.add(name, "NS", "ns.", dns.LONG)
        zone.add("test.", "DS", dns.delegation(self.all["test."].key), dns.LONG)

    def _delegate(self, parent, one):
        server, vouched, _ = dns.ZONES[one.zone]
        parent.add(f"{one.name}.", "NS", "crooked." if one.answers else server, dns.LONG)
        key = self.all[f"{one.name}."].key if vouched else None
        if vouched == "other":
            key = dns.make_key(self.folder, f"{one.name}.")
        if key:
            parent.add(f"{one.name}.", "DS", dns.delegation(key), dns.LONG)

    def _fill_domain(self, zone, one):
        records = (self._of_mail(one) if isinstance(one, domains.Domain)
                   else self._of_service(one))
        for owner, kind, data in records:
            zone.add(owner, kind, data)
        for record in one.records:
            owner, kind, data = record.split(" ", 2)
            zone.add(dns.absolute(owner, one.name), kind, self._complete(one, kind, data))
        for record in one.spoiled:
            owner, kind = record.split()
            zone.spoiled.append((dns.absolute(owner, one.name), kind))

    # ------------------------------------------------------------ records

    def _complete(self, one, kind, data):
        """Names with their dots, and "=host" replaced by what its certificate comes to."""
        if kind == "TLSA" and "=" in data:
            numbers, name = data.split(" =")
            return self._tlsa(numbers, self._certificate_of(dns.absolute(name, one.name)))
        if kind in ("CNAME", "SRV"):
            *first, name = data.split(" ")
            return " ".join([*first, dns.absolute(name, one.name)])
        return data

    def _certificate_of(self, name):
        return self.internet.mail_hosts[name.rstrip(".")].certificate

    def _tlsa(self, record, certificate):
        """The data of a record that is given by its numbers only; others as they are."""
        numbers = record.split()
        if len(numbers) > 3:
            return record
        usage, selector, matching = map(int, numbers)
        pki = self.internet.pki
        middle = pki.intermediate
        issuer = middle if certificate.certificate.issuer == middle.certificate.subject else pki
        return (certificate if usage in (1, 3) else issuer).tlsa(usage, selector, matching)

    def _of_mail(self, one):
        for host in one.hosts:
            yield from self._of_host(one, host)
        if one.sts:
            yield from self._of_sts(one)
        if one.tlsrpt:
            yield f"_smtp._tls.{one.name}.", "TXT", f'"v=TLSRPTv1; rua={one.tlsrpt}"'

    def _of_host(self, one, host):
        name = dns.absolute(host.name, one.name)
        if host.preference is not None:
            yield f"{one.name}.", "MX", f"{host.preference} {name}"
        if host.alias:
            yield name, "CNAME", host.alias
        elif host.address == "own" and not is_address(name):
            yield name, "A", self.internet.address(name.rstrip("."))
        elif host.address in ADDRESSES:
            yield name, "A", ADDRESSES[host.address]
        for record in host.tlsa:
            yield f"_25._tcp.{name}", "TLSA", self._tlsa(record, self._certificate_of(name))

    def _of_sts(self, one):
        sts = one.sts
        texts = (f"v=STSv1; id={sts.id};",) if sts.record is None else sts.record
        for text in texts:
            strings = " ".join(f'"{part}"' for part in text.split(" | "))
            yield f"_mta-sts.{one.name}.", "TXT", strings
        own = PLAIN_POLICY_HOST if sts.served == "no-tls" else POLICY_HOST
        if address := {"own": own, **ADDRESSES}.get(sts.address):
            yield f"mta-sts.{one.name}.", "A", address

    def _of_service(self, one):
        for server in one.servers:
            name = dns.absolute(server.name, one.name)
            yield name, "A", self.internet.address(name.rstrip("."))
            certificate = self.internet.certificate(server.certificate, name.rstrip("."),
                                                    one.name)
            for record in server.tlsa:
                yield f"_{server.port}._tcp.{name}", "TLSA", self._tlsa(record, certificate)

    def add_crowd(self, dead, mail_address):
        """The records of many domains; returns the origins that have changed."""
        self.crowd = {}
        for origin, *record in many.records(mail_address, dead):
            self.crowd.setdefault(origin, []).append(record)
        return list(self.crowd)
