"""Certificates for the mail servers, and the TLSA records that name them.

Written without the package under test: what a record should hold is computed here a second time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .daemon import run

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: PrivateKey

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def new_key(kind: str) -> PrivateKey:
    """A fresh key; `kind` is "ecdsa", "ed25519", "rsa" or "rsa-768"."""
    match kind:
        case "ecdsa":
            return ec.generate_private_key(ec.SECP256R1())
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case _:
            return _weak_key(kind.removeprefix("rsa-"))


def _weak_key(bits: str) -> rsa.RSAPrivateKey:
    """An RSA key so small that the library no longer makes it; OpenSSL's command does."""
    key = serialization.load_pem_private_key(run(["openssl", "genrsa", bits]).encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def authority(name: str) -> Credential:
    """A self-signed CA certificate, valid now."""
    key = new_key("ecdsa")
    builder = _begin(name, key, _name(name), datetime.now(UTC) - DAY, 30 * DAY).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    return Credential(builder.sign(key, hashes.SHA256()), key)


def leaf(
    name: str,
    *,
    kind: str = "ecdsa",
    issuer: Credential | None = None,
    expired: bool = False,
    purpose: str = "server",
) -> Credential:
    """A certificate for `name`: self-signed without an issuer; a year past its end if expired."""
    usage = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}[purpose]
    key = new_key(kind)
    start = datetime.now(UTC) - (400 * DAY if expired else DAY)
    issuer_name = issuer.certificate.subject if issuer else _name(name)
    builder = (
        _begin(name, key, issuer_name, start, 30 * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    signing = issuer.key if issuer else key
    digest = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Credential(builder.sign(signing, digest), key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begin(
    name: str, key: PrivateKey, issuer: x509.Name, start: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + lifetime)
    )


def tlsa(usage: int, selector: int, matching_type: int, credential: Credential) -> str:
    """The TLSA RDATA, in presentation form, that names this certificate (RFC 6698 §2.1)."""
    selected = (
        credential.certificate.public_bytes(serialization.Encoding.DER)
        if selector == 0
        else credential.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    digest = {0: lambda data: data.hex(), 1: _sha256, 2: _sha512}[matching_type]
    return f"TLSA {usage} {selector} {matching_type} {digest(selected)}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sha512(data: bytes) -> str:
    return hashlib.sha512(data).hexdigest()
