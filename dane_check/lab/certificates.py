"""Certificates of the lab: a good leaf, intermediate and root by default; the defect is the only argument.

One root and one intermediate serve the whole lab, unless a defect calls for one of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dane_check.lab.keys import KeyKind, PrivateKey, certificate_key


class Defect(StrEnum):
    """What can be wrong with one certificate."""

    EXPIRED = "expired"  # a year ago
    NOT_YET_VALID = "not-yet-valid"
    SELF_SIGNED = "self-signed"  # a leaf without issuers
    CLIENT_AUTH = "client-auth"  # extendedKeyUsage without serverAuth
    NO_NAMES = "no-names"  # no subjectAltName; the name stands in the CN alone
    NOT_A_CA = "not-a-ca"  # an issuer with CA:FALSE
    OTHER_KEY = "other-key"  # an issuer of the right name whose key did not sign what is below


class Role(StrEnum):
    """The place of a certificate in the chain."""

    LEAF = "leaf"
    INTERMEDIATE = "intermediate"
    ROOT = "root"


Defects = frozenset[Defect]
SOUND: Defects = frozenset()
_ORGANISATION = "dane_check lab (keys are public)"
_DAYS_VALID = {Role.LEAF: 90, Role.INTERMEDIATE: 1000, Role.ROOT: 3000}


@dataclass(frozen=True)
class Issued:
    """One certificate and the key that belongs to it."""

    certificate: x509.Certificate
    key: PrivateKey

    @cached_property
    def der(self) -> bytes:
        """The certificate as served."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @cached_property
    def spki(self) -> bytes:
        """Its SubjectPublicKeyInfo, DER."""
        return self.certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        """The private key as PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """Leaf, intermediate and root of one server; `served` are those it sends, in that order."""

    leaf: Issued
    intermediate: Issued
    root: Issued
    served: tuple[Role, ...]

    def of(self, role: Role) -> Issued:
        """The certificate in this place."""
        return {Role.LEAF: self.leaf, Role.INTERMEDIATE: self.intermediate, Role.ROOT: self.root}[role]

    def pem(self) -> bytes:
        """What the server sends, as one PEM file, leaf first."""
        return b"".join(self.of(role).pem() for role in self.served)


@dataclass(frozen=True, slots=True)
class ChainPlan:
    """How a chain is to be. names -- dNSNames of the leaf, the first one also its CN.

    issuer -- sets an intermediate apart, with a key of its own, from the usual one.
    """

    names: tuple[str, ...]
    key: KeyKind = KeyKind.ECDSA
    leaf: Defects = SOUND
    intermediate: Defects = SOUND
    root: Defects = SOUND
    serve: tuple[Role, ...] = (Role.LEAF, Role.INTERMEDIATE)
    issuer: str = ""


class Authority:
    """Issues the chains of one lab around one moment. The same plan and label always give the same chain."""

    def __init__(self, now: datetime) -> None:
        self._now = now.replace(microsecond=0)
        self._issuers: dict[tuple[Role, Defects, Defects, str], Issued] = {}

    def chain(self, plan: ChainPlan, label: str) -> Chain:
        """The chain of this plan; `label` sets its leaf's key apart from other leaves'."""
        root = self._issuer(Role.ROOT, plan.root)
        intermediate = self._issuer(Role.INTERMEDIATE, plan.intermediate, plan.root, plan.issuer)
        key = certificate_key(plan.key, f"leaf {label} {plan.key}")
        issuer = None if Defect.SELF_SIGNED in plan.leaf else intermediate
        subject = _subject(plan.names[0])
        builder = _as_leaf(self._start(Role.LEAF, subject, key, plan.leaf), plan)
        leaf = _sign(builder, subject, key, issuer)
        return Chain(leaf, intermediate, root, plan.serve if issuer else (Role.LEAF,))

    def _issuer(self, role: Role, defects: Defects, above: Defects = SOUND, label: str = "") -> Issued:
        wanted = (role, defects, above, label)
        if wanted not in self._issuers:
            self._issuers[wanted] = self._make_issuer(role, defects, above, f"{role} {label}".rstrip())
        return self._issuers[wanted]

    def _make_issuer(self, role: Role, defects: Defects, above: Defects, called: str) -> Issued:
        key = certificate_key(KeyKind.ECDSA, f"issuer {called}")
        issuer = self._issuer(Role.ROOT, above) if role is Role.INTERMEDIATE else None
        if Defect.OTHER_KEY in defects:
            key = certificate_key(KeyKind.ECDSA, f"issuer {called} of another key")
        subject = _subject(f"Lab {called}")
        builder = self._start(role, subject, key, defects)
        ca = Defect.NOT_A_CA not in defects
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        made = _sign(builder, subject, key, issuer)
        if Defect.OTHER_KEY in defects:  # it is served, but the true key signs what is below
            return Issued(made.certificate, certificate_key(KeyKind.ECDSA, f"issuer {called}"))
        return made

    def _start(self, role: Role, subject: x509.Name, key: PrivateKey, defects: Defects) -> x509.CertificateBuilder:
        first, last = self._validity(role, defects)
        serial = hashlib.sha256(f"{role} {subject} {sorted(defects)} {first}".encode()).digest()[:16]
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(int.from_bytes(serial) | 1)
            .not_valid_before(first)
            .not_valid_after(last)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )

    def _validity(self, role: Role, defects: Defects) -> tuple[datetime, datetime]:
        span = timedelta(days=_DAYS_VALID[role])
        start = self._now - timedelta(days=30)
        if Defect.EXPIRED in defects:
            start = self._now - timedelta(days=365) - span
        if Defect.NOT_YET_VALID in defects:
            start = self._now + timedelta(days=30)
        return start, start + span


def _sign(builder: x509.CertificateBuilder, subject: x509.Name, key: PrivateKey, issuer: Issued | None) -> Issued:
    """Signed by the issuer, or by itself. ECDSA is deterministic, so that fixtures can be made again."""
    signer = issuer.key if issuer else key
    signed = builder.issuer_name(issuer.certificate.subject if issuer else subject).sign(
        signer,
        None if isinstance(signer, Ed25519PrivateKey) else SHA256(),
        ecdsa_deterministic=True if isinstance(signer, EllipticCurvePrivateKey) else None,
    )
    return Issued(signed, key)


def _as_leaf(builder: x509.CertificateBuilder, plan: ChainPlan) -> x509.CertificateBuilder:
    usage = ExtendedKeyUsageOID.SERVER_AUTH
    if Defect.CLIENT_AUTH in plan.leaf:
        usage = ExtendedKeyUsageOID.CLIENT_AUTH
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if Defect.NO_NAMES in plan.leaf:
        return builder
    names = [x509.DNSName(name) for name in plan.names]
    return builder.add_extension(x509.SubjectAlternativeName(names), critical=False)


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
        ]
    )
