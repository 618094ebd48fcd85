# SPDX-License-Identifier: ISC
"""A certificate authority for the tests, and every kind of certificate they need."""

import datetime
import hashlib
import ipaddress
import pathlib
import shutil

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def _new_key(kind):
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def tlsa(certificate, selector=1, matching=1):
    """The certificate association data of a TLSA record (RFC 6698 section 2.1), in hex."""
    if selector:
        data = certificate.public_key().public_bytes(
            DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        data = certificate.public_bytes(DER)
    digest = {0: None, 1: hashlib.sha256, 2: hashlib.sha512}[matching]
    return digest(data).hexdigest() if digest else data.hex()


class Certificate:
    """A certificate with its key: .chain (leaf first), .key and .pem (both) are paths."""

    def __init__(self, folder, stem, certificate, private, issuers=()):
        self.certificate, self.private = certificate, private
        self.chain = pathlib.Path(folder) / f"{stem}.crt"
        self.key = pathlib.Path(folder) / f"{stem}.key"
        self.pem = pathlib.Path(folder) / f"{stem}.pem"
        chain = b"".join(one.public_bytes(PEM) for one in (certificate, *issuers))
        key = private.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption())
        self.chain.write_bytes(chain)
        for path, content in ((self.key, key), (self.pem, chain + key)):
            path.touch(mode=0o600)
            path.write_bytes(content)

    def tlsa(self, usage=3, selector=1, matching=1):
        """The record's data as in a zone file: "3 1 1 abcdef..."."""
        return f"{usage} {selector} {matching} {tlsa(self.certificate, selector, matching)}"

    @property
    def fingerprint(self):
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def copy_to(self, folder, owner):
        """Copies for a server that reads its key as another user: (chain, key)."""
        copies = []
        for path in (self.chain, self.key):
            copy = pathlib.Path(folder) / path.name
            shutil.copy(path, copy)
            copy.chmod(0o600)
            if owner:
                shutil.chown(copy, owner)
            copies.append(copy)
        return tuple(copies)


class Authority:
    """A CA whose certificate is at .path."""

    def __init__(self, folder, stem, common_name, issuer=None):
        self.private = _new_key("ecdsa")
        self.folder, self.stem, self.issuer = pathlib.Path(folder), stem, issuer
        self.folder.mkdir(parents=True, exist_ok=True)
        signer = issuer or self
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder()
                   .subject_name(_name(common_name))
                   .issuer_name(issuer.certificate.subject if issuer else _name(common_name))
                   .public_key(self.private.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now - DAY).not_valid_after(now + 365 * DAY)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
                   .add_extension(_ca_usage(), True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(
                       self.private.public_key()), False))
        self.certificate = builder.sign(signer.private, hashes.SHA256())
        self.path = self.folder / f"{stem}.crt"
        self.path.write_bytes(self.certificate.public_bytes(PEM))
        self._made = {}

    def tlsa(self, usage=2, selector=1, matching=1):
        return f"{usage} {selector} {matching} {tlsa(self.certificate, selector, matching)}"

    def leaf(self, *names, kind="ecdsa", ips=(), start=-DAY, end=90 * DAY, client=False,
             common_name=None):
        """A certificate for DNS names (and addresses); the same question gets the same one."""
        question = (names, kind, tuple(ips), start, end, client, common_name)
        if question not in self._made:
            self._made[question] = self._issue(*question)
        return self._made[question]

    def _issue(self, names, kind, ips, start, end, client, common_name):
        private = _new_key(kind)
        subject = _name(common_name or names[0])
        alternatives = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder()
                   .subject_name(subject).issuer_name(self.certificate.subject)
                   .public_key(private.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now + start).not_valid_after(now + end)
                   .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
                   .add_extension(x509.ExtendedKeyUsage([purpose]), False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                       self.private.public_key()), False))
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        stem = f"{self.stem}-leaf{len(self._made) + 1}"
        issuers = [self.certificate] if self.issuer else []
        return Certificate(self.folder, stem, builder.sign(self.private, hashes.SHA256()),
                           private, issuers)


def _ca_usage():
    return x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True,
                         content_commitment=False, key_encipherment=False,
                         data_encipherment=False, key_agreement=False, encipher_only=False,
                         decipher_only=False)


class Pki(Authority):
    """The authority that the tests' clients trust, and ready-made wrong certificates."""

    NAME = "mail.lab.test"

    def __init__(self, folder, addresses=("127.0.0.1",)):
        super().__init__(folder, "ca", "Lab Root CA")
        self.ca = self.path
        self.addresses = tuple(addresses)
        self._strangers = None
        self._middle = None

    @property
    def intermediate(self):
        """A CA below ours: chains of its leaves hold it."""
        self._middle = self._middle or Authority(self.folder, "mid", "Lab Intermediate CA", self)
        return self._middle

    @property
    def stranger(self):
        """A CA that nobody trusts."""
        self._strangers = self._strangers or Authority(self.folder, "other", "Stranger CA")
        return self._strangers

    def server(self, kind="ecdsa"):
        """What the lab's servers use: NAME, localhost, every name below lab.test, and the
        addresses of the lab, for clients that are given nothing else."""
        return self.leaf(self.NAME, "localhost", "*.lab.test", kind=kind, ips=self.addresses)

    def expired(self, *names, kind="ecdsa"):
        return self.leaf(*(names or (self.NAME,)), kind=kind, start=-30 * DAY, end=-DAY)

    def not_yet(self, *names, kind="ecdsa"):
        return self.leaf(*(names or (self.NAME,)), kind=kind, start=DAY, end=30 * DAY)

    def wrong_name(self, kind="ecdsa"):
        return self.leaf("wrong.example.org", kind=kind)

    def untrusted(self, *names, kind="ecdsa"):
        return self.stranger.leaf(*(names or (self.NAME,)), kind=kind)

    def client(self, common_name):
        """A client certificate with this CN."""
        return self.leaf(common_name=common_name, client=True)

    def self_signed(self, *names):
        """A certificate that signed itself, as many a fresh server has."""
        names = names or (self.NAME,)
        private = _new_key("ecdsa")
        now = datetime.datetime.utcnow()
        certificate = (x509.CertificateBuilder()
                       .subject_name(_name(names[0])).issuer_name(_name(names[0]))
                       .public_key(private.public_key())
                       .serial_number(x509.random_serial_number())
                       .not_valid_before(now - DAY).not_valid_after(now + 90 * DAY)
                       .add_extension(x509.SubjectAlternativeName(
                           [x509.DNSName(name) for name in names]), False)
                       .sign(private, hashes.SHA256()))
        stem = f"self-{certificate.serial_number:x}"[:20]
        return Certificate(self.folder, stem, certificate, private)
