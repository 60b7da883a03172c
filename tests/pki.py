"""Certificates for tests: a valid default for everything, so that a test writes only the defect.

Keys come from their labels and signatures are deterministic, so the same call gives the same octets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dane_check.tlsa.der import BIT_STRING, OCTET_STRING, SEQUENCE, UTC_TIME, encode

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2120, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPIRED = (EPOCH, NOW - timedelta(days=1))
NOT_YET = (NOW + timedelta(days=1), END)
HOST = "mx.example.test"

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
_CURVE_ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# Primes of RSA keys for tests, by the length of the modulus.
_PRIMES = {
    2048: (
        (
            "ecdf7eb566579411956cd7ef560e47d004e269eabca924c1877133437c874301e6e82949c37727d1"
            "cda492a104c98d7633d208be1dbfeeb86befb626931baa0532c5f0a77d6f3da2222a8566e1d98747"
            "2ad11b730aa320c3ef570429acbad37e427683052df8a13051f032cd701d60628ed07a43d1c92896"
            "ea98f7c41b52ebb9"
        ),
        (
            "cc360ee4b0b24bf5427412b5a4bc66496c914d51db4a9d5737e18f6d286990c925875e1a64b74ac1"
            "c65e75f82cce96701a6c056611a2af2629e93e6514ce027e69f6a00bb4eaddab522bd4b082556c5b"
            "05284392068cd6f99f573b9696e314a1a44b81cf3317fe13130116add6a972fbf767dfee6036cfe8"
            "9b7b40eabb467539"
        ),
    ),
    512: (
        ("f1c90f8be079d655b349f7bdfa41d4b762ba5a23f7af3d1ec4bc50dee23229cb"),
        ("f17139d3a93a2eccf3577c9572a217d9b4b107ad735b93059753f3c3ba8f0009"),
    ),
}


@dataclass(frozen=True)
class Made:
    """A certificate that was made: its octets, and what is needed to issue others with it."""

    der: bytes
    key: PrivateKey
    name: x509.Name
    certificate: x509.Certificate

    @property
    def spki(self) -> bytes:
        """The SubjectPublicKeyInfo as it stands in the certificate."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def ec_key(label: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key that is always the same for one label."""
    seed = int.from_bytes(hashlib.sha512(label.encode()).digest(), "big")
    return ec.derive_private_key(seed % (_CURVE_ORDER_P256 - 1) + 1, ec.SECP256R1())


def ed25519_key(label: str) -> ed25519.Ed25519PrivateKey:
    """An Ed25519 key that is always the same for one label."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(label.encode()).digest())


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """The RSA key of this length, 2048 or 512 bits; always the same."""
    p, q = (int(prime, 16) for prime in _PRIMES[bits])
    public = rsa.RSAPublicNumbers(65537, p * q)
    private = pow(65537, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(p, q, private, private % (p - 1), private % (q - 1), pow(q, -1, p), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def distinguished(common_name: str) -> x509.Name:
    """A name of one attribute, empty for an empty text."""
    if not common_name:
        return x509.Name([])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def key_usage(*names: str, critical: bool = True) -> tuple[x509.ExtensionType, bool]:
    """A keyUsage with these bits, such as `key_cert_sign`."""
    known = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in names for name in known}), critical


def make(
    name: str | x509.Name,
    *,
    issuer: Made | None = None,
    key: PrivateKey | None = None,
    signing_key: PrivateKey | None = None,
    issuer_name: x509.Name | None = None,
    valid: tuple[datetime, datetime] = (EPOCH, END),
    serial: int | None = None,
    ca: bool | None = None,
    path_length: int | None = None,
    usage: tuple[x509.ExtensionType, bool] | None = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = None,
    dns_names: Sequence[str] | None = None,
    key_identifiers: bool = True,
    authority_key_of: Made | None = None,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    digest: Any = None,
) -> Made:
    """One certificate with exactly these contents, self-signed without an `issuer`."""
    subject = name if isinstance(name, x509.Name) else distinguished(name)
    own_key = key or ec_key(str(name))
    signer = signing_key or (issuer.key if issuer else own_key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name if issuer_name is not None else issuer.name if issuer else subject)
        .public_key(own_key.public_key())
        .serial_number(serial or int.from_bytes(hashlib.sha256(str(name).encode()).digest()[:8], "big") >> 1)
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    if usage is not None:
        builder = builder.add_extension(usage[0], critical=usage[1])
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if dns_names is not None:
        names = x509.SubjectAlternativeName([x509.DNSName(one) for one in dns_names])
        builder = builder.add_extension(names, critical=False)
    if key_identifiers:
        own = x509.SubjectKeyIdentifier.from_public_key(own_key.public_key())
        builder = builder.add_extension(own, critical=False)
        authority_key = (authority_key_of or issuer).key if authority_key_of or issuer else own_key
        of = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
        builder = builder.add_extension(of, critical=False)
    for extension, critical in more:
        builder = builder.add_extension(extension, critical=critical)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    deterministic = True if isinstance(signer, ec.EllipticCurvePrivateKey) else None
    certificate = builder.sign(signer, algorithm, ecdsa_deterministic=deterministic)
    return Made(certificate.public_bytes(Encoding.DER), own_key, subject, certificate)


def make_ca(name: str = "Root CA", **changes: Any) -> Made:
    """A CA; self-signed unless `issuer` is given."""
    return make(name, **{"ca": True, "usage": key_usage("key_cert_sign", "crl_sign"), **changes})


def make_leaf(name: str = HOST, **changes: Any) -> Made:
    """A TLS server's certificate; self-signed unless `issuer` is given."""
    defaults: dict[str, Any] = {
        "ca": False,
        "usage": key_usage("digital_signature"),
        "purposes": [ExtendedKeyUsageOID.SERVER_AUTH],
        "dns_names": [HOST],
    }
    return make(name, **{**defaults, **changes})


def assemble(
    *,
    spki: bytes,
    signer: Made | None = None,
    subject: bytes | None = None,
    version: bytes = bytes.fromhex("a003020102"),
    validity: bytes | None = None,
    extensions: bytes = b"",
    signed_with: Callable[[bytes], bytes] | None = None,
    algorithm: bytes = bytes.fromhex("300a06082a8648ce3d040302"),
    inner_algorithm: bytes | None = None,
) -> bytes:
    """DER of a certificate from its pieces, however odd; ECDSA with SHA-256 by `signer` unless told."""
    issuer = signer or make_ca()
    pieces = (
        version,
        bytes.fromhex("02020457"),
        inner_algorithm or algorithm,
        issuer.name.public_bytes(),
        validity or sequence(time_of("200101000000Z"), time_of("400101000000Z")),
        subject if subject is not None else distinguished(HOST).public_bytes(),
        spki,
        extensions,
    )
    signed = sequence(*pieces)
    signature = signed_with(signed) if signed_with else _ecdsa(issuer.key, signed)
    return sequence(signed, algorithm, encode(BIT_STRING, b"\0", signature))


def sequence(*parts: bytes) -> bytes:
    """A DER SEQUENCE of these parts."""
    return encode(SEQUENCE, *parts)


def time_of(digits: str) -> bytes:
    """A DER UTCTime, or what claims to be one."""
    return encode(UTC_TIME, digits.encode())


def subject_alt_name(*names: bytes) -> bytes:
    """The extensions of a certificate that holds nothing but these dNSNames, as octets."""
    general = sequence(*(encode(0x82, name) for name in names))
    return encode(0xA3, sequence(sequence(bytes.fromhex("0603551d11"), encode(OCTET_STRING, general))))


def _ecdsa(key: PrivateKey, octets: bytes) -> bytes:
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(octets, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def with_patch(der: bytes, old: bytes, new: bytes) -> bytes:
    """The octets with one piece replaced by another of the same length, which must be there once."""
    assert len(old) == len(new)
    assert der.count(old) == 1
    return der.replace(old, new)
