"""One signature on a certificate under one bare key (RFC 7671 §5.2.3), without any certificate for the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dane_check.tlsa import der
from dane_check.tlsa.fields import Algorithm, Fields, algorithm
from dane_check.tlsa.keys import can_have_signed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

_HASHES_OF_SIGNATURES: Final = {
    "1.2.840.113549.1.1.5": "SHA1",
    "1.2.840.113549.1.1.14": "SHA224",
    "1.2.840.113549.1.1.11": "SHA256",
    "1.2.840.113549.1.1.12": "SHA384",
    "1.2.840.113549.1.1.13": "SHA512",
    "2.16.840.1.101.3.4.3.14": "SHA3_256",
    "2.16.840.1.101.3.4.3.15": "SHA3_384",
    "2.16.840.1.101.3.4.3.16": "SHA3_512",
    "1.2.840.10045.4.1": "SHA1",
    "1.2.840.10045.4.3.1": "SHA224",
    "1.2.840.10045.4.3.2": "SHA256",
    "1.2.840.10045.4.3.3": "SHA384",
    "1.2.840.10045.4.3.4": "SHA512",
    "2.16.840.1.101.3.4.3.10": "SHA3_256",
    "2.16.840.1.101.3.4.3.11": "SHA3_384",
    "2.16.840.1.101.3.4.3.12": "SHA3_512",
    "2.16.840.1.101.3.4.3.2": "SHA256",
}
_HASHES: Final = {
    "1.3.14.3.2.26": "SHA1",
    "2.16.840.1.101.3.4.2.4": "SHA224",
    "2.16.840.1.101.3.4.2.1": "SHA256",
    "2.16.840.1.101.3.4.2.2": "SHA384",
    "2.16.840.1.101.3.4.2.3": "SHA512",
}
_RSA_PSS: Final = "1.2.840.113549.1.1.10"
_SHA1: Final = "1.3.14.3.2.26"
_LONGEST_SALT: Final = 512  # octets: no digest of this table comes near, and the library overflows far above


def signed_by(certificate: Fields, spki: bytes) -> bool:
    """Whether the signature on a certificate verifies under this SubjectPublicKeyInfo.

    False for every doubt as well: a key that cannot be loaded, an algorithm that does not go with it, and
    an algorithm inside the certificate that differs from the one beside the signature.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    stated = certificate.signature_algorithm
    if not can_have_signed(spki, stated) or _inner_algorithm(certificate.signed) != stated:
        return False
    try:
        _verify(certificate, spki)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, OverflowError):
        return False
    return True


def _verify(certificate: Fields, spki: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, padding, rsa

    key = _loaded(spki)
    stated, signature, signed = certificate.signature_algorithm, certificate.signature, certificate.signed
    match key:
        case rsa.RSAPublicKey() if stated.oid == _RSA_PSS:
            pss, digest = _pss(stated)
            key.verify(signature, signed, pss, digest)
        case rsa.RSAPublicKey():
            key.verify(signature, signed, padding.PKCS1v15(), _hash(_HASHES_OF_SIGNATURES, stated.oid))
        case ec.EllipticCurvePublicKey():
            key.verify(signature, signed, ec.ECDSA(_hash(_HASHES_OF_SIGNATURES, stated.oid)))
        case dsa.DSAPublicKey():
            key.verify(signature, signed, _hash(_HASHES_OF_SIGNATURES, stated.oid))
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            key.verify(signature, signed)
        case mldsa.MLDSA44PublicKey() | mldsa.MLDSA65PublicKey() | mldsa.MLDSA87PublicKey():
            key.verify(signature, signed)
        case _:
            raise ValueError("a key of a kind that signs no certificates")


def _loaded(spki: bytes) -> object:
    """The key as OpenSSL decodes it, which forgives parameters that `cryptography` does not."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from OpenSSL import crypto

    try:
        return load_der_public_key(spki)
    except ValueError:
        pass
    try:
        return crypto.load_publickey(crypto.FILETYPE_ASN1, spki).to_cryptography_key()
    except crypto.Error as fault:
        raise ValueError("a key that OpenSSL cannot decode") from fault


def _inner_algorithm(signed: bytes) -> Algorithm | None:
    """The algorithm inside the signed part, which RFC 5280 §4.1.1.2 wants equal to the outer one."""
    try:
        reader = der.only(signed, der.SEQUENCE).inside()
        reader.take_if(0xA0)
        reader.take(der.INTEGER)
        return algorithm(reader.take(der.SEQUENCE))
    except der.DerError:
        return None


def _pss(stated: Algorithm) -> tuple[padding.PSS, HashAlgorithm]:
    """Padding and digest of RSASSA-PSS; the defaults of RFC 4055 §3.1 where the parameters say nothing."""
    from cryptography.hazmat.primitives.asymmetric import padding

    reader = der.only(stated.parameters, der.SEQUENCE).inside()
    digest, mask, salt = reader.take_if(0xA0), reader.take_if(0xA1), reader.take_if(0xA2)
    mask_digest = _SHA1
    if mask is not None:
        generation = algorithm(mask.inside().take(der.SEQUENCE))
        mask_digest = algorithm(der.only(generation.parameters, der.SEQUENCE)).oid
    digest_oid = _SHA1 if digest is None else algorithm(digest.inside().take(der.SEQUENCE)).oid
    octets = 20 if salt is None else der.integer(salt.inside().take(der.INTEGER))
    if not 0 <= octets <= _LONGEST_SALT:
        raise ValueError(f"a salt of {octets} octets")
    return padding.PSS(padding.MGF1(_hash(_HASHES, mask_digest)), octets), _hash(_HASHES, digest_oid)


def _hash(known: Mapping[str, str], oid: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    if oid not in known:
        raise ValueError(f"no digest for the algorithm {oid}")
    made: HashAlgorithm = getattr(hashes, known[oid])()
    return made
