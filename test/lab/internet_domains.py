# SPDX-License-Identifier: ISC
"""The domains of the offline internet, what each is made of, and what must become of mail
for it.  Pure data: internet.py makes it real, and tests of whatever decides read it.

Everything below "test" is signed (DNSSEC), everything below "example" is not, unless a domain
has a zone of its own.  What is expected holds with an empty memory, with DANE and MTA-STS
looked for, and nothing else demanded (struct stls_case_spec: dane = mta_sts = 1).
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Host:
    """A mail host with an address of its own and a server on port 25.

    name          below the domain, or a whole name with "." at the end
    preference    of its MX record; None: there is none
    mood          of the server, see internet_hosts.MOODS
    certificate   good: for the host, of the trusted authority; chain: the same, by way of the
                  intermediate authority, which is sent too; domain: for the mail domain, chain;
                  other: for another name, chain; expired, self-signed, untrusted; common-name:
                  the host is only in its CN
    tlsa          records at _25._tcp.HOST: "3 1 1" with the data of its certificate (usages 0
                  and 2: of its authority), or with data of their own
    address       own; none: no address record; or an address where nobody of ours is
    alias         the host is an alias of this name, and has neither address nor server
    """
    name: str = "mx"
    preference: int = 10
    mood: str = "good"
    certificate: str = "good"
    tlsa: tuple = ()
    address: str = "own"
    alias: str = ""


@dataclass(frozen=True)
class Sts:
    """MTA-STS: a record, and a policy host.

    mode, mx, max_age   the policy; mx None: each host with an MX record
    text                the whole policy, instead
    id, record          the TXT record: by its id; or these texts, "" for none; a text may be
                        in several strings, with " | " between them
    served              how the policy host behaves, see internet_hosts.SERVED
    certificate         as of Host
    address             as of Host
    """
    mode: str = "enforce"
    mx: tuple = None
    max_age: int = 604800
    text: str = None
    id: str = "1"
    record: tuple = None
    served: str = "good"
    certificate: str = "good"
    address: str = "own"


@dataclass(frozen=True)
class Expect:
    """What must become of mail.

    outcome     deliver, defer, fail
    hosts       in their order, host -> its level, or the fault for which it is skipped; names
                below the domain are short
    fault       of the plan when it is not deliver
    mx          what DNSSEC says of the way to the hosts: secure, insecure, bogus, failed
    sts         mode of the MTA-STS policy that counts, or ""; None: it was decided without
    sts_fault   what is wrong with MTA-STS, though it may not matter; or None, the same
    postfix     what a Postfix that asks the policy service does in the end: verified (the
                certificate was), encrypted (TLS, whoever it is), clear, deferred, bounced
    """
    outcome: str
    hosts: dict = field(default_factory=dict)
    fault: str = ""
    mx: str = "secure"
    sts: str = ""  # or None
    sts_fault: str = ""  # or None
    postfix: str = ""


@dataclass(frozen=True)
class Domain:
    """zone is how a domain with a zone of its own is delegated, see internet_dns.ZONES; answers
    is how its name server behaves ("TLSA servfail", see internet_dns.Names); spoiled
    are the records that are changed after signing, as "owner TYPE"; records are further
    ones, "@" is the domain, and =HOST the data that a TLSA record has for that host."""
    name: str
    about: str
    expect: Expect
    hosts: tuple = ()
    sts: Sts = None
    records: tuple = ()
    zone: str = ""
    answers: tuple = ()
    spoiled: tuple = ()
    tlsrpt: str = ""
    exists: bool = True

    @property
    def rules(self):
        """The requirements that it is about."""
        return self.about.split(":")[0].split(", ")


def deliver(level, postfix, host="mx", mx="secure", **more):
    return Expect("deliver", {host: level}, mx=mx, postfix=postfix, **more)


def both_ways(hosts, postfix, mx="secure", **more):
    """Several hosts, and at least one of them may be used."""
    return Expect("deliver", hosts, mx=mx, postfix=postfix, **more)


def defer(fault, host="mx", mx="secure", **more):
    """The only host must be skipped."""
    return Expect("defer", {host: fault}, fault, mx=mx, postfix="deferred", **more)


def lost(fault, mx):
    """Not even the hosts can be had."""
    return Expect("defer", {}, fault, mx, None, None, "deferred")


def fail(fault, mx="secure", hosts=None):
    return Expect("fail", hosts or {}, fault, mx, None, None, "bounced")


WRONG_KEY = "3 1 1 " + "5a" * 32
WRONG_KEY_512 = "3 1 2 " + "5a" * 64
SHORT = "3 1 1 " + "5a" * 31

# ---------------------------------------------------------------- DANE

DANE = [
    Domain("dane.test", "DANE-05, DANE-15: 3 1 1, the certificate signed itself",
           deliver("dane", "verified"), (Host(certificate="self-signed", tlsa=("3 1 1",)),)),
    Domain("dane-real.test", "DANE-05: the same, and the host is a real Postfix",
           deliver("dane", "verified"), (Host(mood="postfix", tlsa=("3 1 1",)),)),
    Domain("dane-whole.test", "DANE-18: 3 0 0, the whole certificate",
           deliver("dane", "verified"), (Host(tlsa=("3 0 0",)),)),
    Domain("dane-512.test", "DANE-18: 3 1 2, the long digest",
           deliver("dane", "verified"), (Host(tlsa=("3 1 2",)),)),
    Domain("dane-old.test", "DANE-15: 3 1 1, and the certificate has expired: that is no matter",
           deliver("dane", "verified"), (Host(certificate="expired", tlsa=("3 1 1",)),)),
    Domain("dane-name.test", "DANE-15: 3 1 1, and the certificate is for somebody else: no matter",
           deliver("dane", "verified"), (Host(certificate="other", tlsa=("3 1 1",)),)),
    Domain("dane-ta.test", "DANE-16: 2 1 1, the authority is in the chain",
           deliver("dane", "verified"), (Host(certificate="chain", tlsa=("2 1 1",)),)),
    Domain("dane-ta-domain.test", "DANE-16: 2 1 1, the certificate is for the domain, not the host",
           deliver("dane", "verified"), (Host(certificate="domain", tlsa=("2 1 1",)),)),
    Domain("dane-ta-name.test", "DANE-16: 2 1 1, the certificate is for somebody else: not good",
           deliver("dane", "deferred"), (Host(certificate="other", tlsa=("2 1 1",)),)),
    Domain("dane-mismatch.test", "DANE-22: 3 1 1 of another key",
           deliver("dane", "deferred"), (Host(tlsa=(WRONG_KEY,)),)),
    Domain("dane-rollover.test", "DANE-24: the key of yesterday and the one of today",
           deliver("dane", "verified"), (Host(tlsa=(WRONG_KEY, "3 1 1")),)),
    Domain("dane-pkix-only.test", "DANE-17, DANE-06: usages 0 and 1 only, of no use on port 25",
           deliver("encrypt", "encrypted"), (Host(tlsa=("1 1 1", "0 0 1")),)),
    Domain("dane-short.test", "DANE-18, DANE-06: a digest of 31 octets",
           deliver("encrypt", "encrypted"), (Host(tlsa=(SHORT,)),)),
    Domain("dane-unknown.test", "DANE-18, DANE-06: unknown usage, selector, digest",
           deliver("encrypt", "encrypted"),
           (Host(tlsa=("9 1 1 " + "5a" * 32, "3 9 1 " + "5a" * 32, "3 1 9 5a5a")),)),
    Domain("dane-some.test", "DANE-05: one record of no use, and one that matches",
           deliver("dane", "verified"), (Host(tlsa=(SHORT, "3 1 1")),)),
    Domain("dane-some-wrong.test", "DANE-05: one record of no use, and one that does not match",
           deliver("dane", "deferred"), (Host(tlsa=("1 1 1", WRONG_KEY)),)),
    Domain("dane-agility.test", "DANE-19: the strong digest does not match, the weak one does",
           deliver("dane", "deferred"), (Host(tlsa=("3 1 1", WRONG_KEY_512)),)),
    Domain("dane-agility-good.test", "DANE-19: the strong digest matches, the weak one does not",
           deliver("dane", "verified"), (Host(tlsa=(WRONG_KEY, "3 1 2")),)),
    Domain("dane-no-starttls.test", "DANE-05: records, and the server offers no TLS",
           deliver("dane", "deferred"), (Host(mood="none", tlsa=("3 1 1",)),)),
    Domain("dane-454.test", "DANE-05: records, and TLS is not available for now",
           deliver("dane", "deferred"), (Host(mood="454", tlsa=("3 1 1",)),)),
    Domain("dane-cut.test", "DANE-05: records, and the handshake is cut off",
           deliver("dane", "deferred"), (Host(mood="cut", tlsa=("3 1 1",)),)),
    Domain("dane-short-clear.test", "DANE-06: records of no use, and no TLS: never in the clear",
           deliver("encrypt", "deferred"), (Host(mood="none", tlsa=(SHORT,)),)),
    Domain("signed.test", "DANE-07: signed, and no records",
           deliver("may", "encrypted"), (Host(),)),
    Domain("signed-clear.test", "DANE-07: signed, no records, no TLS",
           deliver("may", "clear"), (Host(mood="none"),)),
    Domain("open.example", "DANE-07: not signed, nothing published",
           deliver("may", "encrypted", mx="insecure"), (Host(),)),
    Domain("open-real.example", "DANE-07: the same, and the host is a real Postfix",
           deliver("may", "encrypted", mx="insecure"), (Host(mood="postfix"),)),
    Domain("open-clear.example", "DANE-07: not signed, no TLS",
           deliver("may", "clear", mx="insecure"), (Host(mood="none"),)),
    Domain("open-454.example", "POL-01: not signed, TLS not available for now",
           deliver("may", "clear", mx="insecure"), (Host(mood="454"),)),
    Domain("open-broken.example", "POL-01: not signed, the handshake fails: in the clear, then",
           deliver("may", "clear", mx="insecure"), (Host(mood="broken"),)),
    Domain("open-expired.example", "POL-01: not signed, an expired certificate is better than none",
           deliver("may", "encrypted", mx="insecure"), (Host(certificate="expired"),)),
    Domain("open-tlsa.example", "DANE-07, DANE-10: records in an unsigned zone are none",
           deliver("may", "encrypted", mx="insecure"), (Host(tlsa=(WRONG_KEY,)),)),
]

# ---------------------------------------------------------------- aliases

ALIASES = [
    Domain("alias.test", "DANE-11: the host is an alias, the records are where it leads to",
           deliver("dane", "verified"),
           (Host(alias="real.alias.test."),
            Host("real", None, tlsa=("3 1 1",)))),
    Domain("alias-original.test", "DANE-11: the host is an alias, the records are at the alias",
           deliver("dane", "verified"),
           (Host(alias="real.alias-original.test.", certificate="other"),
            Host("real", None, certificate="other")),
           records=("_25._tcp.mx TLSA 3 1 1 =real",)),
    Domain("alias-both.test", "DANE-11: records at both ends, only those at the far end count",
           deliver("dane", "deferred"),
           (Host(alias="real.alias-both.test."),
            Host("real", None, tlsa=(WRONG_KEY,))),
           records=("_25._tcp.mx TLSA 3 1 1 =real",)),
    Domain("alias-middle.test", "DANE-11: records at a name in the middle never count",
           deliver("may", "encrypted"),
           (Host(alias="middle.alias-middle.test."), Host("real", None)),
           records=("middle CNAME real", "_25._tcp.middle TLSA " + WRONG_KEY)),
    Domain("alias-open.test", "DANE-11: a signed alias into an unsigned zone, records at the alias",
           deliver("dane", "verified"),
           (Host(alias="mx.open.example."),),
           records=("_25._tcp.mx TLSA 3 1 1 =mx.open.example.",)),
    Domain("alias-open-none.test", "DANE-11, DANE-04: the same, and no records at the alias",
           deliver("may", "encrypted"), (Host(alias="mx.open.example."),)),
    Domain("open-alias.example", "DANE-04: an unsigned alias of a host with records",
           deliver("may", "encrypted", mx="insecure"), (Host(alias="mx.dane.test."),)),
    Domain("alias-mx.test", "DANE-04: the domain itself is an alias, signed",
           deliver("dane", "verified", host="mx.dane.test"),
           records=("@ CNAME dane.test.",)),
    Domain("alias-mx-open.test", "DANE-04, DANE-09: the domain is an alias in an unsigned zone",
           deliver("may", "encrypted", host="mx.open.example", mx="insecure"),
           records=("@ CNAME open.example.",)),
    Domain("tlsa-alias.test", "DANE-13: the records are an alias, in the same zone",
           deliver("dane", "verified"), (Host(),),
           records=("_25._tcp.mx CNAME _dane", "_dane TLSA 3 1 1 =mx")),
    Domain("tlsa-alias-ta.test", "DANE-13, DANE-14: the alias does not change the name that counts",
           deliver("dane", "verified"), (Host(certificate="chain"),),
           records=("_25._tcp.mx CNAME _dane.keys.tlsa-alias-ta.test.",
                    "_dane.keys TLSA 2 1 1 =mx")),
    Domain("tlsa-alias-open.test", "DANE-04, DANE-13: the records are an alias, unsigned",
           deliver("may", "encrypted"), (Host(),),
           records=("_25._tcp.mx CNAME _25._tcp.mx.open-tlsa.example.",)),
]

# ---------------------------------------------------------------- several hosts, and none

HOSTS = [
    Domain("two.test", "DANE-08: the first host has records, the second has none",
           both_ways({"mx": "dane", "mx2": "may"}, "verified"),
           (Host(tlsa=("3 1 1",)), Host("mx2", 20))),
    Domain("two-wrong.test", "DANE-08: the first does not match: the next one, then",
           both_ways({"mx": "dane", "mx2": "dane"}, "verified"),
           (Host(tlsa=(WRONG_KEY,)), Host("mx2", 20, tlsa=("3 1 1",)))),
    Domain("two-bogus-records.test", "DANE-03: the records of the first are bogus: only it is out",
           both_ways({"mx": "dnssec-bogus", "mx2": "dane"}, "verified"),
           (Host(tlsa=("3 1 1",)), Host("mx2", 20, tlsa=("3 1 1",))),
           spoiled=("_25._tcp.mx TLSA",)),
    Domain("two-bogus-address.test", "DANE-03: the address of the first is bogus: only it is out",
           both_ways({"mx": "dnssec-bogus", "mx2": "dane"}, "verified"),
           (Host(tlsa=("3 1 1",)), Host("mx2", 20, tlsa=("3 1 1",))),
           spoiled=("mx A",)),
    Domain("two-lost.test", "DANE-03: the first host's name does not exist",
           both_ways({"gone": "no-address", "mx": "dane"}, "verified"),
           (Host("gone", 5, address="none"), Host(tlsa=("3 1 1",)))),
    Domain("two-dead.test", "DANE-08: nobody is at the address of the first",
           both_ways({"dead": "dane", "mx": "dane"}, "verified"),
           (Host("dead", 5, mood="dead", tlsa=("3 1 1",)), Host(tlsa=("3 1 1",)))),
    Domain("equal.test", "DANE-08: two hosts of the same preference",
           both_ways({"mx": "dane", "mx2": "dane"}, "verified"),
           (Host(tlsa=("3 1 1",)), Host("mx2", 10, tlsa=("3 1 1",)))),
    Domain("unsigned-mx.example", "DANE-09: an unsigned MX record names a host that has records",
           # Postfix checks the records, and does not call it verified.
           deliver("dane", "encrypted", host="mx.dane.test", mx="insecure"),
           records=("@ MX 10 mx.dane.test.",)),
    Domain("unsigned-mx-wrong.example", "DANE-09: the same, and they do not match",
           deliver("dane", "deferred", host="mx.dane-mismatch.test", mx="insecure"),
           records=("@ MX 10 mx.dane-mismatch.test.",)),
    Domain("mx-address.example", "DANE-08: an address where the name of a host should be",
           deliver("may", "encrypted", "127.0.0.10", "insecure"), (Host("127.0.0.10."),)),
    Domain("implicit.test", "DANE-08: no MX record: the domain is its own host, with records",
           deliver("dane", "verified", host="implicit.test"),
           (Host("@", None, tlsa=("3 1 1",)),)),
    Domain("implicit.example", "DANE-07: no MX record, unsigned",
           deliver("may", "encrypted", host="implicit.example", mx="insecure"),
           (Host("@", None),)),
    Domain("null.test", "POL-03: null MX, signed", fail("null-mx"), records=("@ MX 0 .",)),
    Domain("null.example", "POL-03: null MX, unsigned", fail("null-mx", "insecure"),
           records=("@ MX 0 .",)),
    Domain("null-address.test", "POL-03: null MX, and an address that does not count",
           fail("null-mx"), (Host("@", None, tlsa=("3 1 1",)),), records=("@ MX 0 .",)),
    Domain("nowhere.test", "DANE-02: does not exist, and that is signed",
           fail("no-such-domain"), exists=False),
    Domain("nowhere.example", "DANE-02: does not exist, unsigned",
           fail("no-such-domain", "insecure"), exists=False),
    Domain("empty.test", "DANE-02: exists, with neither MX nor address",
           fail("no-address", hosts={"empty.test": "no-address"}),
           records=('@ TXT "nothing to see"',)),
    Domain("no-host.test", "DANE-02: the only MX host has no address",
           fail("no-address", hosts={"mx": "no-address"}), (Host(address="none"),)),
]

# ---------------------------------------------------------------- DNS that is broken

BROKEN = [
    Domain("bogus-mx.test", "DANE-02, DANE-03: the MX record is bogus",
           lost("dnssec-bogus", "bogus"), (Host(tlsa=("3 1 1",)),), spoiled=("@ MX",)),
    Domain("bogus-address.test", "DANE-03: the address of the only host is bogus",
           defer("dnssec-bogus"), (Host(tlsa=("3 1 1",)),), spoiled=("mx A",)),
    Domain("bogus-records.test", "DANE-03: the TLSA records of the only host are bogus",
           defer("dnssec-bogus"), (Host(tlsa=("3 1 1",)),), spoiled=("_25._tcp.mx TLSA",)),
    Domain("wrong-ds.test", "DANE-02: the parent vouches for another key: all of it is bogus",
           lost("dnssec-bogus", "bogus"), (Host(tlsa=("3 1 1",)),), zone="wrong-ds"),
    Domain("stale.test", "DANE-02: the signatures have expired: all of it is bogus",
           lost("dnssec-bogus", "bogus"), (Host(tlsa=("3 1 1",)),), zone="stale"),
    Domain("stripped.test", "DANE-02: signatures and keys are missing where they should be",
           lost("dnssec-bogus", "bogus"), (Host(),), zone="stripped"),
    # These have TLSA records, or the signed answers to other questions prove that there are none.
    Domain("tlsa-servfail.test", "DANE-03: the name server fails on TLSA questions",
           defer("lookup-failed"), (Host(tlsa=("3 1 1",)),), zone="signed",
           answers=("TLSA servfail",)),
    Domain("tlsa-silent.test", "DANE-03: the name server does not answer TLSA questions",
           defer("lookup-failed"), (Host(tlsa=("3 1 1",)),), zone="signed",
           answers=("TLSA silent",)),
    Domain("tlsa-servfail.example", "DANE-10: the same, unsigned: TLSA is not even asked for",
           deliver("may", "encrypted", mx="insecure"), (Host(),), zone="unsigned",
           answers=("TLSA servfail",)),
    Domain("mx-servfail.example", "DANE-02: the name server fails on MX questions",
           lost("lookup-failed", "failed"), (Host(),), zone="unsigned",
           answers=("MX servfail",)),
    Domain("slow-names.test", "DANE-01: the name server takes half a second for each answer",
           deliver("dane", "verified"), (Host(tlsa=("3 1 1",)),), zone="signed",
           answers=("slow 0.5",)),
    Domain("lame.test", "DANE-02: nobody is at the name server's address, below a signed zone",
           lost("lookup-failed", "failed"), zone="lame"),
    Domain("lame.example", "DANE-02: nobody is at the name server's address",
           lost("lookup-failed", "failed"), zone="lame"),
    Domain("refused.example", "DANE-02: the name server does not know the zone",
           lost("lookup-failed", "failed"), zone="refused"),
    Domain("silent.example", "DANE-02: questions to the name server get lost",
           lost("lookup-failed", "failed"), zone="silent"),
    Domain("unsigned-zone.test", "DANE-07: an unsigned zone below a signed one",
           deliver("may", "encrypted", mx="insecure"), (Host(tlsa=(WRONG_KEY,)),),
           zone="unsigned"),
]

# ---------------------------------------------------------------- MTA-STS


def _policy(*lines, end="\r\n"):
    return "".join(line + end for line in lines)


def _enforce(name, about, host="mx", served=None, text=None, hosts=None, **sts):
    """An unsigned domain whose policy is good, and so is the host."""
    return Domain(name, about, deliver("secure", "verified", host, "insecure", sts="enforce"),
                  hosts or (Host(host),), Sts(served=served or "good", text=text, **sts))


def _host_fails(name, about, **host):
    """The policy is good, and the host cannot be what it demands."""
    return Domain(name, about, deliver("secure", "deferred", mx="insecure", sts="enforce"),
                  (Host(**host),), Sts())


def _none(name, about, fault="", **sts):
    """There is a policy, or something like it, which does not count."""
    return Domain(name, about, deliver("may", "encrypted", mx="insecure", sts_fault=fault),
                  (Host(),), Sts(**sts))


def _invalid(name, about, *lines, text=None):
    """A policy that is refused as a whole."""
    return _none(name, about, "sts-policy-invalid", text=text or _policy(*lines))


STS = [
    _enforce("sts.example", "STS-08: enforce, and everything is in order"),
    _enforce("sts-real.example", "STS-08: the same, and the host is a real Postfix",
             hosts=(Host(mood="postfix"),)),
    _enforce("xn--bcher-kva.example", "STS-07: an internationalised domain, as DNS has its name; "
             "the host is a real Postfix", hosts=(Host(mood="postfix"),)),
    Domain("sts.test", "STS-08: enforce, in a signed zone without TLSA records",
           deliver("secure", "verified", sts="enforce"), (Host(),), Sts()),
    Domain("sts-testing.example", "STS-09: testing: as if there were none",
           deliver("may", "encrypted", mx="insecure", sts="testing"), (Host(),),
           Sts("testing"), tlsrpt="mailto:reports@sts-testing.example"),
    Domain("sts-testing-mx.example", "STS-09: testing, and the host is not named: it is reported",
           deliver("may", "encrypted", mx="insecure", sts="testing"), (Host(),),
           Sts("testing", ("mail.sts-testing-mx.example",)),
           tlsrpt="https://reports.sts-testing-mx.example/v1"),
    Domain("sts-testing-clear.example", "STS-09: testing, and the host has no TLS",
           deliver("may", "clear", mx="insecure", sts="testing"), (Host(mood="none"),),
           Sts("testing")),
    Domain("sts-none.example", "STS-09: none",
           deliver("may", "encrypted", mx="insecure", sts="none"), (Host(),), Sts("none")),
    Domain("sts-none-bare.example", "STS-06: none needs no mx",
           deliver("may", "encrypted", mx="insecure", sts="none"), (Host(),),
           Sts("none", ())),
    _enforce("sts-wildcard.example", "STS-07: a wildcard",
             mx=("*.sts-wildcard.example",)),
    Domain("sts-wildcard-deep.example", "STS-07: a wildcard is for one label only",
           defer("sts-mx-mismatch", "a.mx", "insecure", sts="enforce"),
           (Host("a.mx"),), Sts(mx=("*.sts-wildcard-deep.example",))),
    Domain("sts-wildcard-bare.example", "STS-07: a wildcard is not for the domain itself",
           defer("sts-mx-mismatch", "sts-wildcard-bare.example", "insecure", sts="enforce"),
           (Host("@", 10),), Sts(mx=("*.sts-wildcard-bare.example",))),
    Domain("sts-mx.example", "STS-08: the only host is not named",
           defer("sts-mx-mismatch", mx="insecure", sts="enforce"), (Host(),),
           Sts(mx=("mail.sts-mx.example",))),
    Domain("sts-mx-some.example", "STS-16: one of two hosts is not named: only it is out",
           both_ways({"mx": "sts-mx-mismatch", "mx2": "secure"}, "verified", "insecure",
                     sts="enforce"),
           (Host(), Host("mx2", 20)), Sts(mx=("mx2.sts-mx-some.example",))),
    Domain("sts-implicit.example", "STS-08: no MX record, and the policy names the domain",
           deliver("secure", "verified", "sts-implicit.example", "insecure", sts="enforce"),
           (Host("@", None),), Sts(mx=("sts-implicit.example",))),
    _host_fails("sts-host-name.example", "STS-08: the host's certificate is for somebody else",
                certificate="other"),
    # Postfix takes a CN where there is no other name.
    Domain("sts-host-cn.example", "STS-08, ID-03: the host is only in the CN",
           deliver("secure", "verified", mx="insecure", sts="enforce"),
           (Host(certificate="common-name"),), Sts()),
    _host_fails("sts-host-expired.example", "STS-08: the host's certificate has expired",
                certificate="expired"),
    _host_fails("sts-host-self.example", "STS-08: the host's certificate signed itself",
                certificate="self-signed"),
    _host_fails("sts-host-clear.example", "STS-09: the host offers no TLS", mood="none"),
    _host_fails("sts-host-454.example", "STS-09: TLS is not available for now", mood="454"),
    # the record
    _none("sts-no-record.example", "STS-01: a policy, and no record", record=()),
    _none("sts-no-id.example", "STS-01: a record without id", "sts-policy-invalid",
          record=("v=STSv1;",)),
    _none("sts-long-id.example", "STS-01: an id of 33 characters", "sts-policy-invalid",
          record=("v=STSv1; id=" + "a" * 33 + ";",)),
    _none("sts-odd-id.example", "STS-01: an id with a hyphen", "sts-policy-invalid",
          record=("v=STSv1; id=2024-01-01;",)),
    _none("sts-two-records.example", "STS-01: two records", "sts-policy-invalid",
          record=("v=STSv1; id=1;", "v=STSv1; id=2;")),
    _none("sts-v2.example", "STS-01: a record of another version is none",
          record=("v=STSv2; id=1;",)),
    _enforce("sts-other-txt.example", "STS-01: other TXT records beside it",
             record=("v=STSv1; id=1;", "v=spf1 -all", "STSv1")),
    _enforce("sts-strings.example", "STS-01: a record in several strings",
             record=("v=STS | v1; i | d=20240101;",)),
    _enforce("sts-fields.example", "STS-01: a record with more fields, and no ; at the end",
             record=("v=STSv1; id=1; later=yes; other=a-b",)),
    Domain("sts-record-alias.example", "STS-01: the record is an alias",
           deliver("secure", "verified", mx="insecure", sts="enforce"), (Host(),),
           Sts(record=()), records=("_mta-sts CNAME _mta-sts.sts.example.",)),
    Domain("sts-host-alias.example", "STS-05: the policy host is an alias, the name stays",
           deliver("secure", "verified", mx="insecure", sts="enforce"), (Host(),),
           Sts(address="none"), records=("mta-sts CNAME mta-sts.sts.example.",)),
    # fetching
    _none("sts-404.example", "STS-04: 404", "sts-fetch-failed", served="404"),
    _none("sts-500.example", "STS-04: 500", "sts-fetch-failed", served="500"),
    _none("sts-redirect.example", "STS-04: a redirection to a good policy", "sts-fetch-failed",
          served="redirect"),
    _none("sts-huge.example", "STS-04: 200 KiB", "sts-fetch-failed", served="huge"),
    _none("sts-endless.example", "STS-04: octets without an end", "sts-fetch-failed",
          served="endless"),
    _none("sts-slow.example", "STS-04: one octet a second", "sts-fetch-failed", served="slow"),
    _none("sts-stalled.example", "STS-04: not a word after the handshake", "sts-fetch-failed",
          served="stalled"),
    _none("sts-cut.example", "STS-04: half of a policy, and then the end", "sts-fetch-failed",
          served="cut"),
    _none("sts-html.example", "STS-04: prose, and of the type of prose", "sts-fetch-failed",
          served="html"),
    _none("sts-prose.example", "STS-06: prose that says that it is text", "sts-policy-invalid",
          served="prose"),
    _enforce("sts-charset.example", "STS-04: text/plain with a charset", served="charset"),
    _enforce("sts-gradual.example", "STS-04: chunked, in small pieces", served="chunked"),
    _enforce("sts-patient.example", "STS-04: it takes a second", served="patient"),
    _none("sts-dead.example", "STS-12: nobody is at the policy host's address",
          "sts-fetch-failed", address="dead"),
    _none("sts-no-host.example", "STS-12: the policy host has no address", "sts-fetch-failed",
          address="none"),
    _none("sts-web-expired.example", "STS-05: the policy host's certificate has expired",
          "sts-webpki-invalid", certificate="expired"),
    _none("sts-web-name.example", "STS-05: the policy host's certificate is for somebody else",
          "sts-webpki-invalid", certificate="other"),
    _none("sts-web-self.example", "STS-05: the policy host's certificate signed itself",
          "sts-webpki-invalid", certificate="self-signed"),
    _none("sts-web-cn.example", "STS-05: the policy host is only in the CN",
          "sts-webpki-invalid", certificate="common-name"),
    _none("sts-web-broken.example", "STS-05: the policy host does not speak TLS",
          "sts-fetch-failed", served="no-tls"),
    Domain("sts-bogus-host.test", "STS-05: the policy host's address is bogus",
           deliver("may", "encrypted", sts_fault="sts-fetch-failed"), (Host(),), Sts(),
           spoiled=("mta-sts A",)),
    Domain("sts-bogus-record.test", "STS-12: the record is bogus: there may be a policy",
           defer("dnssec-bogus", sts_fault="dnssec-bogus"), (Host(),), Sts(),
           spoiled=("_mta-sts TXT",)),
    Domain("sts-servfail.example", "STS-12: the record cannot be had: there may be a policy",
           defer("lookup-failed", mx="insecure", sts_fault="lookup-failed"), (Host(),), Sts(),
           zone="unsigned", answers=("TXT servfail",)),
    # the policy
    _enforce("sts-lf.example", "STS-06: lines that end with LF", text=_policy(
        "version: STSv1", "mode: enforce", "mx: mx.sts-lf.example", "max_age: 86400", end="\n")),
    _enforce("sts-no-end.example", "STS-06: no end of line at the end", text=_policy(
        "version: STSv1", "mode: enforce", "mx: mx.sts-no-end.example",
        "max_age: 86400").rstrip()),
    _enforce("sts-order.example", "STS-06: another order, spaces", text=_policy(
        "max_age:86400", "mx:   mx.sts-order.example  ", "mode: enforce", "version: STSv1")),
    _enforce("sts-unknown.example", "STS-06: keys that nobody knows", text=_policy(
        "version: STSv1", "mode: enforce", "colour: green", "mx: mx.sts-unknown.example",
        "max_age: 86400", "x-y: a b c")),
    _enforce("sts-double.example", "STS-06: keys twice: the first counts", text=_policy(
        "version: STSv1", "mode: enforce", "mode: none", "mx: mx.sts-double.example",
        "max_age: 86400", "max_age: 1")),
    _enforce("sts-capitals.example", "STS-07: a host in capitals",
             mx=("MX.STS-Capitals.EXAMPLE",)),
    _enforce("sts-brief.example", "STS-19: a policy for a minute", max_age=60),
    _enforce("sts-longest.example", "STS-06: the longest time that there is", max_age=31557600),
    _invalid("sts-no-mx.example", "STS-06: enforce without mx",
             "version: STSv1", "mode: enforce", "max_age: 86400"),
    _invalid("sts-empty-mx.example", "STS-06: an mx that is empty",
             "version: STSv1", "mode: enforce", "mx: ", "max_age: 86400"),
    _invalid("sts-address-mx.example", "STS-07: an address as mx",
             "version: STSv1", "mode: enforce", "mx: 127.0.1.1", "max_age: 86400"),
    _invalid("sts-star.example", "STS-07: * alone as mx",
             "version: STSv1", "mode: enforce", "mx: *", "max_age: 86400"),
    _invalid("sts-inner-star.example", "STS-07: a wildcard that is not a whole label",
             "version: STSv1", "mode: enforce", "mx: m*.sts-inner-star.example",
             "max_age: 86400"),
    _invalid("sts-no-version.example", "STS-06: no version",
             "mode: enforce", "mx: mx.sts-no-version.example", "max_age: 86400"),
    _invalid("sts-other-version.example", "STS-06: another version",
             "version: STSv2", "mode: enforce", "mx: mx.sts-other-version.example",
             "max_age: 86400"),
    _invalid("sts-no-mode.example", "STS-06: no mode",
             "version: STSv1", "mx: mx.sts-no-mode.example", "max_age: 86400"),
    _invalid("sts-odd-mode.example", "STS-06: a mode that there is not",
             "version: STSv1", "mode: report", "mx: mx.sts-odd-mode.example", "max_age: 86400"),
    _invalid("sts-key-case.example", "STS-06: keys in capitals are other keys",
             "Version: STSv1", "Mode: enforce", "MX: mx.sts-key-case.example", "Max_age: 86400"),
    _invalid("sts-no-age.example", "STS-06: no max_age",
             "version: STSv1", "mode: enforce", "mx: mx.sts-no-age.example"),
    _invalid("sts-too-long.example", "STS-06: max_age above the highest",
             "version: STSv1", "mode: enforce", "mx: mx.sts-too-long.example",
             "max_age: 31557601"),
    _invalid("sts-digits.example", "STS-06: max_age with eleven digits",
             "version: STSv1", "mode: enforce", "mx: mx.sts-digits.example",
             "max_age: 00000086400"),
    _invalid("sts-empty.example", "STS-06: an empty policy", text="\r\n"),
    _enforce("sts-age-0.example", "STS-06: max_age 0: good for now, and not for later",
             max_age=0),
]

# ---------------------------------------------------------------- both

BOTH = [
    Domain("both.test", "STS-17: TLSA and MTA-STS, both good",
           deliver("dane", "verified", sts="enforce"), (Host(tlsa=("3 1 1",)),), Sts(),
           tlsrpt="mailto:reports@both.test"),
    Domain("both-dane-wrong.test", "STS-17: TLSA does not match, MTA-STS would be met",
           deliver("dane", "deferred", sts="enforce"), (Host(tlsa=(WRONG_KEY,)),), Sts()),
    Domain("both-sts-wrong.test", "STS-17: TLSA matches, MTA-STS does not name the host",
           deliver("dane", "verified", sts="enforce"), (Host(tlsa=("3 1 1",)),),
           Sts(mx=("mail.both-sts-wrong.test",))),
    Domain("both-certificate.test", "STS-17: TLSA matches, MTA-STS wants another certificate",
           deliver("dane", "verified", sts="enforce"),
           (Host(certificate="self-signed", tlsa=("3 1 1",)),), Sts()),
    Domain("both-testing.test", "STS-09: TLSA matches, MTA-STS in testing",
           deliver("dane", "verified", sts="testing"), (Host(tlsa=("3 1 1",)),),
           Sts("testing")),
    Domain("both-unusable.test", "DANE-06, STS-08: TLSA of no use, MTA-STS met",
           deliver("secure", "verified", sts="enforce"), (Host(tlsa=(SHORT,)),), Sts()),
    Domain("both-unusable-mx.test", "DANE-06, STS-08: TLSA of no use, MTA-STS not met",
           defer("sts-mx-mismatch", sts="enforce"), (Host(tlsa=(SHORT,)),),
           Sts(mx=("mail.both-unusable-mx.test",))),
    Domain("both-unusable-testing.test", "DANE-06, STS-09: TLSA of no use, MTA-STS in testing",
           deliver("encrypt", "encrypted", sts="testing"), (Host(tlsa=(SHORT,)),),
           Sts("testing")),
    Domain("both-bogus.test", "DANE-03, STS-17: TLSA bogus, MTA-STS would be met",
           defer("dnssec-bogus", sts="enforce"), (Host(tlsa=("3 1 1",)),), Sts(),
           spoiled=("_25._tcp.mx TLSA",)),
    Domain("both-bogus-mx.test", "DANE-03: MX bogus, MTA-STS would be met",
           lost("dnssec-bogus", "bogus"), (Host(tlsa=("3 1 1",)),), Sts(),
           spoiled=("@ MX",)),
    Domain("both-servfail.test", "DANE-03, STS-17: TLSA cannot be had, MTA-STS would be met",
           defer("lookup-failed", sts="enforce"), (Host(tlsa=("3 1 1",)),), Sts(), zone="signed",
           answers=("TLSA servfail",)),
    Domain("both-fetch.test", "STS-12: TLSA matches, the policy cannot be fetched",
           deliver("dane", "verified", sts_fault="sts-fetch-failed"),
           (Host(tlsa=("3 1 1",)),), Sts(served="404")),
    Domain("both-bogus-record.test", "STS-17: TLSA matches, the MTA-STS record is bogus",
           deliver("dane", "verified", sts_fault="dnssec-bogus"), (Host(tlsa=("3 1 1",)),),
           Sts(), spoiled=("_mta-sts TXT",)),
    Domain("both-some.test", "STS-16: one host with TLSA, one that MTA-STS names, one neither",
           both_ways({"mx": "dane", "mx2": "secure", "mx3": "sts-mx-mismatch"}, "verified",
                     sts="enforce"),
           (Host(tlsa=("3 1 1",)), Host("mx2", 20), Host("mx3", 30)),
           Sts(mx=("mx2.both-some.test",))),
    Domain("both-unsigned-mx.example", "DANE-09, STS-08: unsigned MX: the MTA-STS policy is kept",
           deliver("dane+secure", "verified", host="mx.both.test", mx="insecure", sts="enforce"),
           sts=Sts(mx=("mx.both.test",)), records=("@ MX 10 mx.both.test.",)),
    Domain("both-forged-mx.example", "DANE-09, STS-08: a forged MX with TLSA is no way in",
           defer("sts-mx-mismatch", "mx.dane.test", "insecure", sts="enforce"),
           sts=Sts(mx=("mx.both-forged-mx.example",)), records=("@ MX 10 mx.dane.test.",)),
    Domain("null-sts.test", "POL-03: null MX, and a policy",
           fail("null-mx"), sts=Sts(mx=("mx.null-sts.test",)), records=("@ MX 0 .",)),
]

MAIL = [*DANE, *ALIASES, *HOSTS, *BROKEN, *STS, *BOTH]

# ---------------------------------------------------------------- services for clients


@dataclass(frozen=True)
class Server:
    """A server for clients at HOST:PORT; kind is the protocol (imap, pop3, sieve, smtp,
    xmpp-client, xmpp-server); implicit: TLS comes first; tlsa as of Host, at its port."""
    name: str
    port: int
    kind: str
    implicit: bool = False
    certificate: str = "domain"
    tlsa: tuple = ()


@dataclass(frozen=True)
class Choice:
    """What a client must do: the places in their order, as "host:port", with the layer
    (implicit, starttls), and whether TLSA records count (dane), the certificate
    (secure), or the user must be asked first (ask).  No places: the fault."""
    places: tuple = ()
    layer: str = "implicit"
    how: str = "secure"
    fault: str = ""


@dataclass(frozen=True)
class Service:
    """A domain with SRV records; choices is service -> what must come of it."""
    name: str
    about: str
    choices: dict
    servers: tuple = ()
    records: tuple = ()
    spoiled: tuple = ()
    zone: str = ""
    answers = ()


SERVICES = [
    Service("srv.test", "SRV-01, SRV-03, DSRV-03: signed, with TLSA, TLS first preferred",
            {"imap": Choice(("mail.srv.test:993",), how="dane"),
             "pop3": Choice(("mail.srv.test:995",), how="dane"),
             "submission": Choice(("mail.srv.test:465",), how="dane"),
             "sieve": Choice(("mail.srv.test:4190",), "starttls", "dane"),
             "xmpp-client": Choice(("chat.srv.test:5223",), how="dane"),
             "xmpp-server": Choice(("chat.srv.test:5270",), how="dane")},
            (Server("mail", 993, "imap", True, tlsa=("3 1 1",)),
             Server("mail", 995, "pop3", True, tlsa=("3 1 1",)),
             Server("mail", 465, "smtp", True, tlsa=("3 1 1",)),
             Server("mail", 4190, "sieve", tlsa=("3 1 1",)),
             Server("chat", 5223, "xmpp-client", True, tlsa=("3 1 1",)),
             Server("chat", 5270, "xmpp-server", True, tlsa=("3 1 1",)),
             Server("mail", 143, "imap"), Server("mail", 587, "smtp")),
            ("_imaps._tcp SRV 0 1 993 mail", "_imap._tcp SRV 10 1 143 mail",
             "_pop3s._tcp SRV 0 1 995 mail", "_submissions._tcp SRV 0 1 465 mail",
             "_submission._tcp SRV 10 1 587 mail", "_sieve._tcp SRV 0 1 4190 mail",
             "_xmpps-client._tcp SRV 0 1 5223 chat", "_xmpps-server._tcp SRV 0 1 5270 chat")),
    Service("srv-starttls.test", "SRV-01: signed, STARTTLS only, no TLSA",
            {"imap": Choice(("mail.srv-starttls.test:143",), "starttls"),
             "pop3": Choice(("mail.srv-starttls.test:110",), "starttls"),
             "submission": Choice(("mail.srv-starttls.test:587",), "starttls"),
             "xmpp-client": Choice(("mail.srv-starttls.test:5222",), "starttls"),
             "xmpp-server": Choice(("mail.srv-starttls.test:5269",), "starttls")},
            (Server("mail", 143, "imap"), Server("mail", 110, "pop3"),
             Server("mail", 587, "smtp"), Server("mail", 5222, "xmpp-client"),
             Server("mail", 5269, "xmpp-server")),
            ("_imap._tcp SRV 0 1 143 mail", "_imaps._tcp SRV 0 0 0 .",
             "_pop3._tcp SRV 0 1 110 mail", "_submission._tcp SRV 0 1 587 mail",
             "_xmpp-client._tcp SRV 0 1 5222 mail", "_xmpp-server._tcp SRV 0 1 5269 mail")),
    Service("srv-open.example", "SRV-02: unsigned, the host is inside of the domain",
            {"imap": Choice(("mail.srv-open.example:993",)),
             "submission": Choice(("mail.srv-open.example:465",))},
            (Server("mail", 993, "imap", True), Server("mail", 465, "smtp", True)),
            ("_imaps._tcp SRV 0 1 993 mail", "_submissions._tcp SRV 0 1 465 mail")),
    Service("srv-outside.example", "SRV-02: unsigned, the host is somebody else's: ask",
            {"imap": Choice(("mail.srv.test:993",), how="ask")},
            records=("_imaps._tcp SRV 0 1 993 mail.srv.test.",)),
    Service("srv-none.test", "SRV-01: every service is said not to be there",
            {"imap": Choice(fault="no-service"), "pop3": Choice(fault="no-service"),
             "submission": Choice(fault="no-service")},
            records=("_imap._tcp SRV 0 0 0 .", "_imaps._tcp SRV 0 0 0 .",
                     "_pop3._tcp SRV 0 0 0 .", "_pop3s._tcp SRV 0 0 0 .",
                     "_submission._tcp SRV 0 0 0 .", "_submissions._tcp SRV 0 0 0 .")),
    Service("srv-bogus.test", "DSRV-01: the SRV record is bogus",
            {"imap": Choice(fault="dnssec-bogus")},
            (Server("mail", 993, "imap", True),),
            ("_imaps._tcp SRV 0 1 993 mail",), ("_imaps._tcp SRV",)),
    Service("srv-mismatch.test", "DSRV-03: TLSA does not match: the place is to be given up",
            {"imap": Choice(("mail.srv-mismatch.test:993",), how="dane")},
            (Server("mail", 993, "imap", True, tlsa=(WRONG_KEY,)),),
            ("_imaps._tcp SRV 0 1 993 mail",)),
    Service("srv-bogus-host.test", "DSRV-01: the first host's address is bogus: only it is out",
            {"imap": Choice(("mail.srv-bogus-host.test:993",), how="dane")},
            (Server("bad", 993, "imap", True, tlsa=("3 1 1",)),
             Server("mail", 993, "imap", True, tlsa=("3 1 1",))),
            ("_imaps._tcp SRV 0 1 993 bad", "_imaps._tcp SRV 10 1 993 mail"), ("bad A",)),
    Service("srv-order.test", "SRV-03: priority counts, and weight within it",
            {"imap": Choice(("one.srv-order.test:993", "two.srv-order.test:993",
                             "three.srv-order.test:993"))},
            (Server("one", 993, "imap", True), Server("two", 993, "imap", True),
             Server("three", 993, "imap", True)),
            ("_imaps._tcp SRV 30 1 993 three", "_imaps._tcp SRV 10 1 993 one",
             "_imaps._tcp SRV 20 1 993 two")),
    Service("srv-web.test", "DSRV-04: no TLSA, the certificate is for the host only",
            {"imap": Choice(("mail.srv-web.test:993",))},
            (Server("mail", 993, "imap", True, certificate="good"),),
            ("_imaps._tcp SRV 0 1 993 mail",)),
    Service("srv-lame.example", "DSRV-01: nobody is at the name server's address",
            {"imap": Choice(fault="lookup-failed")}, zone="lame"),
]

_BY_NAME = {one.name: one for one in [*MAIL, *SERVICES]}


def find(name):
    return _BY_NAME[name]
