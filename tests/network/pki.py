"""Certificates for scripted servers, made once per process, and the TLS contexts that serve them."""

from __future__ import annotations

import ssl
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

WEAK = Path(__file__).with_name("weak_rsa_768.pem")

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


@cache
def key(kind: str) -> Key:
    match kind:
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "ecdsa":
            return ec.generate_private_key(ec.SECP256R1())
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "ed448":
            return ed448.Ed448PrivateKey.generate()
    raise ValueError(kind)


@cache
def certificate(kind: str, padding: int = 0) -> x509.Certificate:
    """A self-signed certificate; `padding` octets of an unknown extension make it larger."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{kind}.example.test")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key(kind).public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
    )
    if padding:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), bytes(padding))
        builder = builder.add_extension(unknown, critical=False)
    digest = None if kind.startswith("ed") else hashes.SHA256()
    return builder.sign(key(kind), digest)


def der(kind: str) -> bytes:
    return certificate(kind).public_bytes(serialization.Encoding.DER)


def weak_der() -> bytes:
    return ssl.PEM_cert_to_DER_cert(WEAK.read_text().partition("-----END PRIVATE KEY-----\n")[2])


def context(*kinds: str, extra: tuple[x509.Certificate, ...] = (), ciphers: str = "ALL") -> ssl.SSLContext:
    """A server's context with one certificate of each kind, and `extra` ones served behind."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    for kind in kinds:
        _load(made, kind, extra)
    return made


def weak_context() -> ssl.SSLContext:
    made = context()
    made.load_cert_chain(WEAK)
    return made


def of_version_four() -> bytes:
    """The ECDSA certificate with a version number that no standard knows, signed again: some parsers refuse it."""
    plain = certificate("ecdsa")
    to_be_signed = plain.tbs_certificate_bytes.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020103"), 1)
    signer = key("ecdsa")
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    signature = signer.sign(to_be_signed, ec.ECDSA(hashes.SHA256()))
    ecdsa_with_sha256 = bytes.fromhex("300a06082a8648ce3d040302")
    return _tlv(0x30, to_be_signed + ecdsa_with_sha256 + _tlv(0x03, b"\0" + signature))


def context_of(certificate_der: bytes, kind: str) -> ssl.SSLContext:
    """A server's context that serves exactly these octets with the key of `kind`."""
    made = context()
    _load_pem(made, private_pem(kind) + ssl.DER_cert_to_PEM_cert(certificate_der).encode("ascii"))
    return made


def private_pem(kind: str) -> bytes:
    return key(kind).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    octets = bytes([length]) if length < 0x80 else b"\x82" + length.to_bytes(2, "big")
    return bytes([tag]) + octets + content


def _load(made: ssl.SSLContext, kind: str, extra: tuple[x509.Certificate, ...]) -> None:
    chain = (certificate(kind), *extra)
    pem = [private_pem(kind), *(one.public_bytes(serialization.Encoding.PEM) for one in chain)]
    _load_pem(made, b"".join(pem))


def _load_pem(made: ssl.SSLContext, pem: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        made.load_cert_chain(file.name)
