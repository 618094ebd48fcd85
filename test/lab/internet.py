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
import dataclasses
import time

from . import internet_dns as dns
from . import internet_domains as domains
from . import internet_many as many
from .child import Endpoint, root_needed
from .internet_hosts import Machine, MailHost, PolicyHost, ServiceHost
from .internet_place import Place
from .internet_postfix import RealHosts, Sender
from .internet_zones import PLAIN_POLICY_HOST, POLICY_HOST, Zones, is_address


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
        self._certificates = {}
        self._serial, self._many = 0, None
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
        self.names.rules = many.rules()
        self.names.rules.update((one.name, one.answers) for one in self.domains.values()
                                if one.answers)
        self._make_hosts(stack)
        self.zones = Zones(self, self.lab.make_folder("internet/zones"))
        self.near.configure(self.zones.near())
        self.far.configure(self.zones.far())
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
        self.anchor.write_text(self.zones.root_key)
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
                                         host.mood, self.certificate(host.certificate, name,
                                                                      domain.name))

    def _make_service(self, service, server):
        name = dns.absolute(server.name, service.name).rstrip(".")
        self.service_hosts.append(ServiceHost(
            self.machine, self.place, self.address(name), server,
            self.certificate(server.certificate, name, service.name)))

    def address(self, name):
        """The address of a host; every name has one of its own, or is one."""
        if is_address(name):
            return name
        number = self._addresses.setdefault(name, len(self._addresses))
        return f"127.0.{1 + number // 200}.{1 + number % 200}"

    def certificate(self, kind, name, domain):
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
                self.certificate(domain.sts.certificate, name, domain.name))

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
                server.turn(host.mood, self.certificate(host.certificate, server.name,
                                                         domain.name))
        self._serve_policy(domain)
        self.names.rules.pop(domain.name, None)
        if domain.answers:
            self.names.rules[domain.name] = domain.answers
        self._renew(self.zones.origin_of(domain))

    def _renew(self, origin):
        zone = self.zones.rewrite(origin)
        (self.near if zone in self.near.zones else self.far).reload(zone)

    def many(self, count):
        """That many domains (see internet_many.Many), in place of those before."""
        if self._many:
            self._many.stop()
        if many.MAIL not in self.mail_hosts:
            self._make_mail_host(domains.Domain("many.example", "", None), domains.Host())
            self.mail_hosts[many.MAIL].start()
            self._stack.callback(self.mail_hosts[many.MAIL].stop)
        self._many = many.Many(self, count)
        for origin in self.zones.add_crowd(self._many.dead, self.address(many.MAIL)):
            self._renew(origin)
        return self._many

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
