# SPDX-License-Identifier: ISC
"""Name servers of the offline internet: a signed root, and what is below it.

Everything is in two nsd: one for the root, "test" (signed) and "example" (not signed), one for
domains with a zone of their own, so that a parent does not answer for its children.  Some of
these are behind Names, which passes questions on and answers badly where it is told to.
"""

import asyncio
import os
import pathlib
import signal
import socket
import struct
import subprocess

from .child import Endpoint, LabError, find_program, wait_until

RESOLVER, NEAR, FAR, CROOKED = "127.0.0.1", "127.0.0.2", "127.0.0.5", "127.0.0.4"
NOBODY, LOST = "127.0.0.9", "192.0.2.53"  # refuses connections; nothing ever comes back
SERVERS = {"ns.": NEAR, "far.": FAR, "crooked.": CROOKED, "nobody.": NOBODY, "lost.": LOST}

# How a domain with a zone of its own is delegated: (name server, DS, how it is signed).
ZONES = {
    "signed": ("far.", "own", "well"),
    "unsigned": ("far.", "", ""),
    "wrong-ds": ("far.", "other", "well"),
    "stale": ("far.", "own", "long ago"),
    "stripped": ("far.", "own", ""),
    "lame": ("nobody.", "", None),
    "silent": ("lost.", "", None),
    "refused": ("far.", "", None),
}

TTL = 2  # of what may change in a test
LONG = 3600  # of what does not
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
         "DS": 43, "DNSKEY": 48, "TLSA": 52}
SERVFAIL, REFUSED = 2, 5

NSD = """\
server:
	ip-address: {address}
	username: ""
	chroot: ""
	database: ""
	zonesdir: "{folder}"
	zonelistfile: "{folder}/zone.list"
	xfrdfile: "{folder}/xfrd.state"
	xfrdir: "{folder}"
	pidfile: "{folder}/nsd.pid"
	server-count: 1
	tcp-count: 200
	verbosity: 1
	zonefiles-check: yes
	rrl-ratelimit: 0
	rrl-whitelist-ratelimit: 0
remote-control:
	control-enable: no
"""

# For whoever resolves by itself, and for the resolver of the place.
UNBOUND = """\
server:
	module-config: "validator iterator"
	trust-anchor-file: "{anchor}"
	trust-anchor-signaling: no
	do-not-query-localhost: no
	do-ip6: no
	local-zone: "test." nodefault
	qname-minimisation: no
	# What is dead is given up after some four seconds instead of some ten, and may be good
	# again in a moment.
	outbound-msg-retry: 3
	val-bogus-ttl: 1
	infra-host-ttl: 2
	infra-keep-probing: yes
stub-zone:
	name: "."
	stub-addr: {near}
	stub-prime: no
"""
UNBOUND_SERVER = """\
include: "{config}"
server:
	interface: {resolver}
	access-control: 127.0.0.0/8 allow
	username: ""
	chroot: ""
	directory: "{folder}"
	pidfile: ""
	use-syslog: no
	num-threads: 1
	verbosity: 1
{patience}remote-control:
	control-enable: no
"""
# Answers that took longer than two seconds are not thrown away: an option of newer versions.
PATIENCE = "\tdiscard-timeout: 60000\n"


def absolute(name, domain):
    """A name as in a zone file of the domain, with its dot."""
    if name == "@":
        return f"{domain}."
    return name if name.endswith(".") else f"{name}.{domain}."


class Zone:
    """A zone file, its key, and how it is signed."""

    def __init__(self, folder, origin, signed=""):
        self.origin, self.signed = origin, signed
        self.stem = origin.strip(".") or "root"
        self.path = pathlib.Path(folder) / f"{self.stem}.zone"
        self.records, self.spoiled = [], []
        self.key = make_key(folder, origin) if signed else None
        self.serial = 0

    def add(self, owner, kind, data, ttl=TTL):
        self.records.append((owner, ttl, kind, data))

    def text(self):
        server = "ns." if self.origin in (".", "test.", "example.") else "far."
        soa = f"{server} hostmaster.{self.origin.lstrip('.')} {self.serial} 3600 600 86400 {TTL}"
        records = [(self.origin, TTL, "SOA", soa), (self.origin, LONG, "NS", server),
                   *self.records]
        return "".join(f"{owner}\t{ttl}\tIN\t{kind}\t{data}\n"
                       for owner, ttl, kind, data in dict.fromkeys(records))

    def write(self):
        """The file that a name server reads, with another serial than before."""
        self.serial += 1
        plain = self.path.with_suffix(".plain")
        plain.write_text(self.text())
        if self.signed:
            self._sign(plain)
        else:
            plain.rename(self.path)

    def _sign(self, plain):
        days = ("20200201000000" if self.signed == "long ago" else "20370101000000")
        signed = self.path.with_suffix(".signed")
        call("ldns-signzone", "-e", days, "-i", "20200101000000", "-o", self.origin,
             "-f", signed, plain, self.key)
        if self.spoiled:
            signed.write_text("".join(map(self._spoil, signed.read_text().splitlines(True))))
        signed.rename(self.path)

    def _spoil(self, line):
        fields = line.split("\t", 4)
        if len(fields) < 5 or (fields[0], fields[3]) not in self.spoiled:
            return line
        return "\t".join([*fields[:4], forged(fields[3], fields[4])])


def forged(kind, data):
    """What a record is changed to, so that its signature is wrong."""
    if kind in ("MX", "SRV"):
        first, rest = data.split(" ", 1)
        return f"{int(first) + 1} {rest}"
    if kind == "A":
        return f"{NOBODY}\n"
    if kind == "TLSA":
        return " ".join(data.split()[:3]) + " " + "a5" * 32 + "\n"
    if kind == "TXT":
        return '"v=STSv1; id=forged;"\n'
    raise LabError(f"nobody knows how to forge {kind}")


def call(program, *arguments, folder=None):
    done = subprocess.run([find_program(program, "ldnsutils"), *map(str, arguments)], cwd=folder,
                          capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise LabError(f"{program} {arguments}: {done.stderr or done.stdout}")
    return done.stdout.strip()


def make_key(folder, origin):
    """The path of a new key, without .key and .private."""
    return pathlib.Path(folder) / call("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "-r",
                                       "/dev/urandom", origin, folder=folder)


def delegation(key):
    """The data of the DS record for a key."""
    return call("ldns-key2ds", "-n", "-2", f"{key}.key").split("DS", 1)[1].strip()


class Nsd:
    """An authoritative name server that can be stopped, frozen and started again."""

    def __init__(self, place, folder, address):
        self.place, self.folder, self.address = place, folder, address
        self.child = None
        self.zones = []

    def configure(self, zones):
        self.zones = zones
        text = NSD.format(address=self.address, folder=self.folder)
        for zone in zones:
            text += f'zone:\n\tname: "{zone.origin}"\n\tzonefile: "{zone.path}"\n'
        (self.folder / "nsd.conf").write_text(text)

    def start(self):
        program = find_program("nsd", "nsd")
        self.child = self.place.start([program, "-d", "-c", self.folder / "nsd.conf"],
                                      self.folder / "nsd.log")
        self.child.wait_listening([Endpoint(self.address, 53)])

    def stop(self):
        """Whoever asks is told at once that nobody is there."""
        if self.child:
            self.thaw()
            self.child.stop()
            self.child = None

    def freeze(self):
        """Whoever asks hears nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def _signal(self, signum):
        if self.child and self.child.running():
            os.killpg(self.child.pid, signum)  # it leads a group of its own, see Child

    def reload(self, zone):
        """Reads a zone again, and returns when it answers from it."""
        if not self.child:
            return
        self.child.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self._serial(zone) == zone.serial, 10, f"nsd has {zone.origin}")

    def _serial(self, zone):
        """From the first record of the answer (RFC 1035 sections 4.1 and 3.3.13)."""
        answer = self.place.ask(self.address, zone.origin, "SOA")
        start = len(question(zone.origin, "SOA")) + 2 + 8
        if len(answer) < start + 2:
            return None
        end = start + 2 + struct.unpack_from("!H", answer, start)[0]
        return struct.unpack_from("!I", answer, end - 20)[0]


def question(name, kind, flags=0x0100):
    """A message that asks, as in RFC 1035 section 4.1; 0x20 is for "tell me if it is secure"."""
    labels = [label.encode() for label in name.strip(".").split(".") if label]
    encoded = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", 0x1234, flags, 1, 0, 0, 0) + encoded + struct.pack(
        "!2H", TYPES[kind], 1)


def asked(message):
    """What a message asks for: (name in lower case, with its dot; type; where that ends)."""
    at, labels = 12, []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1").lower())
        at += 1 + message[at]
    return ".".join(labels) + ".", struct.unpack_from("!H", message, at + 1)[0], at + 5


def refusal(message, code):
    """The answer to a question that has none but a code."""
    flags = 0x8000 | struct.unpack_from("!H", message, 2)[0] & 0x0100 | code
    end = asked(message)[2]
    return message[:2] + struct.pack("!5H", flags, 1, 0, 0, 0) + message[12:end]


class Names(asyncio.DatagramProtocol):
    """A crooked name server: passes questions on to another one, but for what its rules say.

    A rule is for a domain and all below it: "TLSA servfail", "TLSA refused", "TLSA silent",
    or the same for "any" type, and "slow SECONDS" for every answer.  .asked has every
    question that came, as (name, type).
    """

    def __init__(self, loop, target):
        self.loop, self.target = loop, target
        self.rules, self.asked = {}, []
        self.transport = self._server = None
        self._tasks = set()

    async def open(self, place):
        datagrams = place.socket(CROOKED, 53, socket.SOCK_DGRAM)
        await self.loop.create_datagram_endpoint(lambda: self, sock=datagrams)
        self._server = await asyncio.start_server(self._serve, sock=place.listen(CROOKED, 53))
        self._place = place

    async def close(self):
        self.transport.close()
        self._server.close()
        for task in list(self._tasks):
            task.cancel()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        async def reply():
            if answer := await self._answer(data, self._by_datagram):
                self.transport.sendto(answer, addr)

        self._keep(self.loop.create_task(reply()))

    def _keep(self, task):
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader, writer):
        try:
            while True:
                size = struct.unpack("!H", await reader.readexactly(2))[0]
                answer = await self._answer(await reader.readexactly(size), self._by_stream)
                if answer:
                    writer.write(struct.pack("!H", len(answer)) + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, message, pass_on):
        name, kind, _ = asked(message)
        self.asked.append((name, next((k for k, v in TYPES.items() if v == kind), str(kind))))
        for rule in self._rules_of(name):
            what, how = rule.split()
            if what == "slow":
                await asyncio.sleep(float(how))
            elif what == "any" or TYPES[what] == kind:
                return {"silent": None, "servfail": refusal(message, SERVFAIL),
                        "refused": refusal(message, REFUSED)}[how]
        return await pass_on(message)

    def _rules_of(self, name):
        for domain, rules in self.rules.items():
            if name == f"{domain}." or name.endswith(f".{domain}."):
                return rules
        return ()

    async def _by_datagram(self, message):
        one = self._place.socket(CROOKED, 0, socket.SOCK_DGRAM)
        try:
            one.setblocking(False)
            await self.loop.sock_sendto(one, message, (self.target, 53))
            return await asyncio.wait_for(self.loop.sock_recv(one, 65535), 5)
        except (OSError, asyncio.TimeoutError):
            return None
        finally:
            one.close()

    async def _by_stream(self, message):
        one = self._place.socket(CROOKED, 0, socket.SOCK_STREAM)
        one.setblocking(False)
        try:
            await self.loop.sock_connect(one, (self.target, 53))
            reader, writer = await asyncio.open_connection(sock=one)
            writer.write(struct.pack("!H", len(message)) + message)
            size = struct.unpack("!H", await reader.readexactly(2))[0]
            answer = await reader.readexactly(size)
            writer.close()
            return answer
        except (OSError, asyncio.IncompleteReadError):
            one.close()
            return None


class Unbound:
    """The validating resolver of the place, as /etc/resolv.conf there says."""

    def __init__(self, place, folder, config):
        self.place, self.folder = place, folder
        for patience in (PATIENCE, ""):
            path = folder / "unbound.conf"
            path.write_text(UNBOUND_SERVER.format(config=config, folder=folder,
                                                  resolver=RESOLVER, patience=patience))
            check = [find_program("unbound-checkconf", "unbound"), path]
            if subprocess.run(check, capture_output=True, check=False).returncode == 0:
                break
        self.child = None

    def start(self):
        program = find_program("unbound", "unbound")
        self.child = self.place.start([program, "-d", "-c", self.folder / "unbound.conf"],
                                      self.folder / "unbound.log")
        self.child.wait_listening([Endpoint(RESOLVER, 53)])

    def stop(self):
        if self.child:
            self.child.stop()
            self.child = None

    def restart(self):
        """With nothing remembered."""
        self.stop()
        self.start()
