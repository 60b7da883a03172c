"""Whether OpenSSL can make sense of all extensions of a certificate, so that it may issue and be issued.

OpenSSL decodes a dozen extensions when it first looks at a certificate; where one is malformed, the
certificate takes part in no path at all. No call tells that by itself. So the certificate is offered as the
issuer of a made-up one that must be refused: for its unknown critical extension, if the issuer was accepted,
and for want of an issuer, if it was not. No signature is verified on the way.
"""

from __future__ import annotations

from typing import Final

from dane_check.tlsa import der
from dane_check.tlsa.fields import Fields
from dane_check.tlsa.keys import signing_algorithm

_PARTIAL_CHAIN: Final = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN
_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which pyOpenSSL does not name
_UNHANDLED_CRITICAL_EXTENSION: Final = 34  # X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION

_VERSION_3: Final = bytes.fromhex("a003020102")
# OpenSSL takes two certificates of one issuer with one serial number for the same, so this is nobody's.
_SERIAL: Final = der.encode(der.INTEGER, b"\x7f" + b"made up serial no.")
_VALIDITY: Final = der.encode(
    der.SEQUENCE, der.encode(der.UTC_TIME, b"200101000000Z"), der.encode(der.UTC_TIME, b"400101000000Z")
)
_COMMON_NAME: Final = bytes.fromhex("0603550403")
_SUBJECT: Final = der.encode(
    der.SEQUENCE,
    der.encode(
        der.SET,
        der.encode(der.SEQUENCE, _COMMON_NAME, der.encode(der.UTF8_STRING, b"made up to be refused")),
    ),
)
# Critical, and of a type that nobody assigned: 1.2.3.4.
_REFUSED: Final = der.encode(
    0xA3, der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, bytes.fromhex("06032a0304 0101ff 04020500")))
)


def sound(octets: bytes, fields: Fields) -> bool:
    """Whether OpenSSL takes the certificate with these octets and fields for an issuer at all."""
    from OpenSSL import crypto

    child = _child_of(fields)
    if child is None:
        return False
    try:
        store = crypto.X509Store()
        store.set_flags(_PARTIAL_CHAIN | _NO_CHECK_TIME)
        store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, octets))
        made_up = crypto.load_certificate(crypto.FILETYPE_ASN1, child)
        crypto.X509StoreContext(store, made_up).verify_certificate()
    except crypto.X509StoreContextError as refusal:
        return bool(refusal.errors[0] == _UNHANDLED_CRITICAL_EXTENSION)
    except crypto.Error:
        return False
    return False


def _child_of(fields: Fields) -> bytes | None:
    """A certificate that names this subject as its issuer; None where the key can sign nothing."""
    algorithm = signing_algorithm(fields.spki)
    if algorithm is None:
        return None
    signed = der.encode(
        der.SEQUENCE,
        *(_VERSION_3, _SERIAL, algorithm, fields.subject, _VALIDITY, _SUBJECT, fields.spki, _REFUSED),
    )
    return der.encode(der.SEQUENCE, signed, algorithm, der.encode(der.BIT_STRING, bytes(2)))
