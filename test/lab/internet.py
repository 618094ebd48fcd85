# SPDX-License-Identifier: ISC
"""An internet on loopback addresses, in a place of its own: name servers with DNSSEC from a private
root on, mail hosts, MTA-STS policy hosts, services.  What there is is in internet_domains.py.

The place is a namespace of network and mounts: ports 25, 53 and 443 are free in it, its
/etc/resolv.conf leads to a validating resolver at 127.0.0.1, and nothing in it can reach
the world outside.  Programs that are to see it are run there:

    def test_policy(internet):
        done = internet.run([program("starttls"), "policy", "--json", "dane.test",
                             "--resolver-config", internet.resolver_config,
                             "--ca-file", internet.ca])
        gate = daemon.Starttlsd(folder, text, prefix=internet.prefix)
        with internet.connect("127.0.0.1", 8461) as one: ...
        with internet.changed("sts.example", sts=dict(id="2", mode="none")): ...
        sender = internet.sender(policy="socketmap:inet:127.0.0.1:8461:policy")
        assert sender.send("dane.test").status == "sent"

Unix sockets need no place: paths are the same inside and outside.  See README.md.
"""

import contextlib
import ctypes
import dataclasses
import os
import re
import socket
import subprocess
import threading
import time

import pytest

from . import internet_dns as dns
from . import internet_domains as domains
from . import internet_many as many
from .child import Child, Endpoint, find_program, root_needed, wait_until
from .internet_hosts import Machine, MailHost, PolicyHost, ServiceHost
from .internet_postfix import RealHosts, Sender

POLICY_HOST, PLAIN_POLICY_HOST = "127.0.0.3", "127.0.0.6"
ADDRESSES = {"dead": dns.NOBODY, "lost": dns.LOST}
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

# What is sent to these networks goes nowhere, without a word (RFC 5737 and RFC 2544 have them
# for examples and measurements).
PLACE = """set -e
ip link set lo up
ip route add 192.0.2.0/24 dev lo
ip route add 198.18.0.0/15 dev lo
mount --bind "$1" "$(readlink -f /etc/resolv.conf)"
echo there
exec sleep infinity
"""


def _is_address(name):
    return re.fullmatch(r"[\d.]+", name) is not None


class Place(Child):
    """The namespaces; .prefix in front of a command leads into them."""

    def __init__(self, folder):
        unshare = find_program("unshare", "util-linux")
        find_program("ip", "iproute2")
        resolv = folder / "resolv.conf"
        resolv.write_text(f"nameserver {dns.RESOLVER}\noptions edns0 trust-ad\n")
        super().__init__([unshare, "--net", "--mount", "--propagation", "private", "sh", "-c",
                          PLACE, "place", resolv], folder / "place.log")
        wait_until(lambda: not self.running() or self.log.endswith("there\n"), 10, "the place")
        if not self.running():
            pytest.skip(f"no namespace of our own: {self.log}")
        # else the ports of the system would be taken
        assert os.readlink(f"/proc/{self.pid}/ns/net") != os.readlink("/proc/self/ns/net")
        self.prefix = [find_program("nsenter", "util-linux"),
                       *(f"--{kind}=/proc/{self.pid}/ns/{name}"
                         for kind, name in (("net", "net"), ("mount", "mnt")))]

    def start(self, argv, log, **options):
        """A Child in the place."""
        return Child([*self.prefix, *argv], log, **options)

    def run(self, argv, timeout=60, check=False, **options):
        """The completed process of a command in the place, with its output as text."""
        options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options}
        if "input" in options:
            del options["stdin"]
        return subprocess.run([*self.prefix, *map(str, argv)], timeout=timeout, check=check,
                              **options)

    def socket(self, host="127.0.0.1", port=0, kind=socket.SOCK_STREAM):
        """A socket that is bound in the place.  A socket stays where it was made, and a thread
        may go there alone."""
        made = []

        def make():
            with open(f"/proc/{self.pid}/ns/net", "rb") as there:
                if _libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                    made.append(OSError(ctypes.get_errno(), "setns"))
                    return
            one = socket.socket(socket.AF_INET, kind)
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((host, port))
            except OSError as error:
                one.close()
                made.append(error)
                return
            made.append(one)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def listen(self, host, port):
        one = self.socket(host, port)
        one.listen(512)
        return one

    def connect(self, host, port, timeout=10, source="127.0.0.1"):
        """A connected socket."""
        one = self.socket(source)
        one.settimeout(timeout)
        try:
            one.connect((host, port))
        except OSError:
            one.close()
            raise
        return one

    def ask(self, server, name, kind, timeout=2, flags=0x0100):
        """The answer of a name server, as it is on the wire; b"" when there is none."""
        with self.socket(kind=socket.SOCK_DGRAM) as one:
            one.settimeout(timeout)
            try:
                one.sendto(dns.question(name, kind, flags), (server, 53))
                return one.recv(65535)
            except OSError:
                return b""


class Internet:
    """The internet of a session.

    .prefix            leads a command into the place; also .run, .start, .connect, .socket
    .resolver_config   an unbound.conf(5) for libunbound: the private root, its anchor
    .anchor            the root's key
    .ca                the authority of all good certificates (PEM)
    .environment       SSL_CERT_FILE, for programs that take no --ca-file
    .domains           name -> internet_domains.Domain, as they are now
    .services          name -> internet_domains.Service
    .mail_hosts        name -> internet_hosts.MailHost (.deliveries, .connections, .mood)
    .policy_host       all policy hosts: .stop(), .start(), .requests
    .near, .far        name servers (root, test, example; the others): .stop(), .start(),
                       .freeze() (questions get lost), .thaw()
    .names             the crooked name server: .rules, .asked
    .resolver          unbound at 127.0.0.1: .stop(), .start(), .restart()
    .real              the real Postfix (see internet_postfix.RealHosts)

    Records have a TTL of two seconds, so what is changed is seen by everybody soon.
    """

    def __init__(self, lab, pki):
        root_needed("A network of one's own")
        started = time.monotonic()
        self.lab, self.pki, self.ca = lab, pki, pki.ca
        self.folder = lab.make_folder("internet")
        self.environment = {"SSL_CERT_FILE": str(pki.ca)}
        self.domains = {one.name: one for one in domains.MAIL}
        self.services = {one.name: one for one in domains.SERVICES}
        self.mail_hosts, self.service_hosts, self._addresses = {}, [], {}
        self._certificates, self._children, self._serial = {}, [], 0
        self._zones = {}
        with contextlib.ExitStack() as stack:
            self._begin(stack)
            self._stack = stack.pop_all()
        self.start_time = time.monotonic() - started

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends everything that was started in the place, and the place."""
        self._stack.close()

    # ------------------------------------------------------------ in the place

    @property
    def prefix(self):
        return self.place.prefix

    def run(self, argv, **options):
        """The completed process of a command in the place (stdout and stderr as text)."""
        return self.place.run(argv, **options)

    def start(self, argv, name, **options):
        """A Child in the place, which is stopped with the internet if not before."""
        child = self.place.start(argv, self.folder / f"{name}.log", **options)
        self._stack.callback(child.stop)
        return child

    def connect(self, host, port, **options):
        """A socket that is connected to somebody in the place."""
        return self.place.connect(host, port, **options)

    def socket(self, *arguments, **options):
        """A socket that is bound in the place."""
        return self.place.socket(*arguments, **options)

    def endpoint(self, host="127.0.0.1", name=""):
        """A free port in the place."""
        with self.place.socket(host) as one:
            return Endpoint(host, one.getsockname()[1], name)

    # ------------------------------------------------------------ beginning

    def _begin(self, stack):
        self.place = Place(self.folder)
        stack.callback(self.place.stop)
        self.machine = Machine()
        stack.callback(self.machine.stop)
        self.near, self.far = (dns.Nsd(self.place, self.lab.make_folder(f"internet/{name}"),
                                       address)
                               for name, address in (("near", dns.NEAR), ("far", dns.FAR)))
        self.names = dns.Names(self.machine.loop, dns.FAR)
        self._make_hosts(stack)
        self._make_zones()
        for server in (self.near, self.far):
            server.start()
            stack.callback(server.stop)
        self.machine.do(self.names.open(self.place))
        stack.callback(lambda: self.machine.do(self.names.close()))
        self._write_configuration()
        self.resolver = dns.Unbound(self.place, self.lab.make_folder("internet/resolver"),
                                    self.resolver_config)
        self.resolver.start()
        stack.callback(self.resolver.stop)

    def _write_configuration(self):
        self.anchor = self.folder / "root.key"
        self.anchor.write_text(self._zones["."].key.with_name(
            self._zones["."].key.name + ".key").read_text())
        self.resolver_config = self.folder / "libunbound.conf"
        self.resolver_config.write_text(dns.UNBOUND.format(anchor=self.anchor, near=dns.NEAR))

    def _make_hosts(self, stack):
        self.policy_host = PolicyHost(self.machine, self.place, POLICY_HOST)
        self._plain_policy_host = PolicyHost(self.machine, self.place, PLAIN_POLICY_HOST, True)
        for one in self.domains.values():
            for host in one.hosts:
                self._make_mail_host(one, host)
            self._serve_policy(one)
        for one in self.services.values():
            for server in one.servers:
                self._make_service(one, server)
        listeners = [self.policy_host, self._plain_policy_host, *self.service_hosts,
                     *(host for host in self.mail_hosts.values() if host.listens)]
        for one in listeners:
            one.start()
        stack.callback(lambda: [one.stop() for one in listeners])
        self.real = RealHosts(self, [one for one in self.mail_hosts.values()
                                     if one.mood == "postfix"])
        stack.callback(self.real.stop)

    def _make_mail_host(self, domain, host):
        if host.alias or host.address != "own":
            return
        name = dns.absolute(host.name, domain.name).rstrip(".")
        self.mail_hosts[name] = MailHost(self.machine, self.place, self.address(name), name,
                                         host.mood, self._certificate(host.certificate, name,
                                                                      domain.name))

    def _make_service(self, service, server):
        name = dns.absolute(server.name, service.name).rstrip(".")
        self.service_hosts.append(ServiceHost(
            self.machine, self.place, self.address(name), server,
            self._certificate(server.certificate, name, service.name)))

    def address(self, name):
        """The address of a host; every name has one of its own, or is one."""
        if _is_address(name):
            return name
        number = self._addresses.setdefault(name, len(self._addresses))
        return f"127.0.{1 + number // 200}.{1 + number % 200}"

    def _certificate(self, kind, name, domain):
        """The same question gets the same one, so that records and servers agree."""
        if (kind, name, domain) not in self._certificates:
            middle = self.pki.intermediate
            make = {
                "good": lambda: self.pki.leaf(name), "chain": lambda: middle.leaf(name),
                "domain": lambda: middle.leaf(domain),
                "other": lambda: middle.leaf("mail.somebody.example"),
                "expired": lambda: self.pki.expired(name),
                "self-signed": lambda: self.pki.self_signed(name),
                "untrusted": lambda: self.pki.untrusted(name),
                "common-name": lambda: self.pki.leaf(common_name=name),
            }[kind]
            self._certificates[kind, name, domain] = make()
        return self._certificates[kind, name, domain]

    # ------------------------------------------------------------ MTA-STS

    def policy_text(self, domain):
        """The policy that a domain publishes."""
        sts = domain.sts
        if sts.text is not None:
            return sts.text
        hosts = sts.mx
        if hosts is None:
            hosts = [dns.absolute(host.name, domain.name).rstrip(".") for host in domain.hosts
                     if host.preference is not None]
        lines = ["version: STSv1", f"mode: {sts.mode}", *(f"mx: {host}" for host in hosts),
                 f"max_age: {sts.max_age}"]
        return "".join(f"{line}\r\n" for line in lines)

    def _serve_policy(self, domain):
        if domain.sts:
            name = f"mta-sts.{domain.name}"
            self.policy_host.set_site(
                name, self.policy_text(domain), domain.sts.served,
                self._certificate(domain.sts.certificate, name, domain.name))

    def _policy_address(self, sts):
        if sts.address == "own":
            return PLAIN_POLICY_HOST if sts.served == "no-tls" else POLICY_HOST
        return ADDRESSES.get(sts.address)

    # ------------------------------------------------------------ zones

    def _make_zones(self):
        folder = self.lab.make_folder("internet/zones")
        for origin, signed in ((".", "well"), ("test.", "well"), ("example.", "")):
            self._zones[origin] = dns.Zone(folder, origin, signed)
        for one in [*self.domains.values(), *self.services.values()]:
            signed = dns.ZONES[one.zone][2] if one.zone else None
            if signed is not None:
                self._zones[f"{one.name}."] = dns.Zone(folder, f"{one.name}.", signed)
                if one.zone == "stripped":
                    self._zones[f"{one.name}."].key = dns.make_key(folder, f"{one.name}.")
        for origin in ("many.example.", "slow.example."):
            self._zones[origin] = dns.Zone(folder, origin)
        self.names.rules.update(many.rules())
        self._crowd = {}
        for origin, zone in self._zones.items():
            self._fill(origin)
            zone.write()
        self.near.configure([self._zones[one] for one in (".", "test.", "example.")])
        self.far.configure([zone for zone in self._zones.values()
                            if zone not in self.near.zones])

    def _fill(self, origin):
        zone = self._zones[origin]
        zone.records, zone.spoiled = [], []
        if origin == ".":
            self._fill_root(zone)
        for one in [*self.domains.values(), *self.services.values()]:
            if one.zone and origin == f"{one.name.split('.', 1)[1]}.":
                self._delegate(zone, one)
            elif origin == (f"{one.name}." if one.zone else f"{one.name.split('.')[-1]}."):
                self._fill_domain(zone, one)
        for owner, kind, data in self._crowd.get(origin, ()):
            zone.add(owner, kind, data, dns.LONG)
        if origin == "example.":
            zone.add("many.example.", "NS", "far.", dns.LONG)
            zone.add("slow.example.", "NS", "crooked.", dns.LONG)

    def _fill_root(self, zone):
        for name, address in dns.SERVERS.items():
            zone.add(name, "A", address, dns.LONG)
        for name in ("test.", "example."):
            zone.add(name, "NS", "ns.", dns.LONG)
        zone.add("test.", "DS", dns.delegation(self._zones["test."].key), dns.LONG)

    def _delegate(self, parent, one):
        server, vouched, _ = dns.ZONES[one.zone]
        parent.add(f"{one.name}.", "NS", "crooked." if one.answers else server, dns.LONG)
        key = self._zones[f"{one.name}."].key if vouched else None
        if vouched == "other":
            key = dns.make_key(parent.path.parent, f"{one.name}.")
        if key:
            parent.add(f"{one.name}.", "DS", dns.delegation(key), dns.LONG)
        if one.answers:
            self.names.rules[one.name] = one.answers

    def _fill_domain(self, zone, one):
        records = (self._mail_records(one) if isinstance(one, domains.Domain)
                   else self._service_records(one))
        for owner, kind, data in records:
            zone.add(owner, kind, data)
        for record in one.records:
            owner, kind, data = record.split(" ", 2)
            zone.add(dns.absolute(owner, one.name), kind, self._complete(one, kind, data))
        for record in one.spoiled:
            owner, kind = record.split()
            zone.spoiled.append((dns.absolute(owner, one.name), kind))

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
        return self.mail_hosts[name.rstrip(".")].certificate

    def _tlsa(self, record, certificate):
        numbers = record.split()
        if len(numbers) > 3:
            return record
        usage, selector, matching = map(int, numbers)
        middle = self.pki.intermediate
        issuer = (middle if certificate.certificate.issuer == middle.certificate.subject
                  else self.pki)
        return (certificate if usage in (1, 3) else issuer).tlsa(usage, selector, matching)

    def _mail_records(self, one):
        for host in one.hosts:
            yield from self._host_records(one, host)
        if one.sts:
            yield from self._sts_records(one)
        if one.tlsrpt:
            yield f"_smtp._tls.{one.name}.", "TXT", f'"v=TLSRPTv1; rua={one.tlsrpt}"'

    def _host_records(self, one, host):
        name = dns.absolute(host.name, one.name)
        if host.preference is not None:
            yield f"{one.name}.", "MX", f"{host.preference} {name}"
        if host.alias:
            yield name, "CNAME", host.alias
        elif host.address == "own" and not _is_address(name):
            yield name, "A", self.address(name.rstrip("."))
        elif host.address in ADDRESSES:
            yield name, "A", ADDRESSES[host.address]
        for record in host.tlsa:
            yield f"_25._tcp.{name}", "TLSA", self._tlsa(record, self._certificate_of(name))

    def _sts_records(self, one):
        sts = one.sts
        texts = (f"v=STSv1; id={sts.id};",) if sts.record is None else sts.record
        for text in texts:
            strings = " ".join(f'"{part}"' for part in text.split(" | "))
            yield f"_mta-sts.{one.name}.", "TXT", strings
        if address := self._policy_address(sts):
            yield f"mta-sts.{one.name}.", "A", address

    def _service_records(self, one):
        for server in one.servers:
            name = dns.absolute(server.name, one.name)
            yield name, "A", self.address(name.rstrip("."))
            certificate = self._certificate(server.certificate, name.rstrip("."), one.name)
            for record in server.tlsa:
                yield f"_{server.port}._tcp.{name}", "TLSA", self._tlsa(record, certificate)

    # ------------------------------------------------------------ changes

    def change(self, name, hosts=None, sts=None, **fields):
        """From now on a domain is another one: sts and hosts are what is new of them
        (sts=dict(id="2", mode="none"), hosts={"mx": dict(mood="none")}), the rest are members of
        Domain.  Name servers answer so when this returns; caches do not know yet."""
        before = self.domains[name]
        if sts:
            fields["sts"] = (dataclasses.replace(before.sts, **sts) if before.sts
                             else domains.Sts(**sts))
        if hosts:
            fields["hosts"] = tuple(dataclasses.replace(host, **hosts.get(host.name, {}))
                                    for host in before.hosts)
        self._publish(dataclasses.replace(before, **fields))

    @contextlib.contextmanager
    def changed(self, name, **changes):
        """The same, until the end of the block."""
        before = self.domains[name]
        self.change(name, **changes)
        try:
            yield self.domains[name]
        finally:
            self._publish(before)

    def _publish(self, domain):
        self.domains[domain.name] = domain
        for host in domain.hosts:
            server = self.mail_hosts.get(dns.absolute(host.name, domain.name).rstrip("."))
            if server:
                server.turn(host.mood, self._certificate(host.certificate, server.name,
                                                         domain.name))
        self._serve_policy(domain)
        self.names.rules.pop(domain.name, None)
        if domain.answers:
            self.names.rules[domain.name] = domain.answers
        own = domain.zone and dns.ZONES[domain.zone][2] is not None
        self._rewrite(f"{domain.name}." if own else f"{domain.name.split('.')[-1]}.")

    def _rewrite(self, origin):
        self._fill(origin)
        zone = self._zones[origin]
        zone.write()
        (self.near if zone in self.near.zones else self.far).reload(zone)

    def many(self, count):
        """That many domains (see internet_many.Many), once a session."""
        if many.MAIL not in self.mail_hosts:
            self._make_mail_host(domains.Domain("many.example", "", None), domains.Host())
            self.mail_hosts[many.MAIL].start()
            self._stack.callback(self.mail_hosts[many.MAIL].stop)
        made = many.Many(self, count)
        self._crowd = {}
        for origin, *record in many.records(self.address(many.MAIL), made.dead):
            self._crowd.setdefault(origin, []).append(record)
        for origin in self._crowd:
            self._rewrite(origin)
        return made

    # ------------------------------------------------------------ mail

    def sender(self, policy=None, level="dane", **settings):
        """A Postfix that sends: see internet_postfix.Sender."""
        self._serial += 1
        made = Sender(self, f"internet/sender{self._serial}", policy, level, **settings)
        self._stack.callback(made.stop)
        return made

    def deliveries(self, marker):
        """The messages that hosts took, and that have the marker: internet_hosts.Delivery."""
        return [one for host in self.mail_hosts.values() for one in host.deliveries
                if marker in one.text]
