"""Could this certificate have issued that one? By names and identifiers alone, without any signature.

The questions, and their answers in odd cases, are OpenSSL's: they decide which path a sender builds.
"""

from __future__ import annotations

from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.der import DerError
from dane_check.tlsa.distinguished_name import canonical
from dane_check.tlsa.extensions import AuthorityKeyIdentifier
from dane_check.tlsa.keys import can_have_signed


def likely_issued(issuer: Certificate, subject: Certificate) -> bool:
    """Whether name, key identifiers and kind of key allow `issuer` to have issued `subject`.

    Certificates whose extensions cannot be decoded issue nothing and are issued by nobody.
    """
    if issuer.fields is None or subject.fields is None:
        return False
    if issuer.subject_name is None or issuer.subject_name != subject.issuer_name:
        return False
    if issuer.extensions is None or subject.extensions is None or not (issuer.sound and subject.sound):
        return False
    identifier = subject.extensions.authority_key_identifier
    if identifier is not None and not _identifies(identifier, issuer):
        return False
    return can_have_signed(issuer.fields.spki, subject.fields.signature_algorithm)


def self_signed(certificate: Certificate) -> bool:
    """Whether a certificate names itself as its issuer, as far as that shows without its signature."""
    return likely_issued(certificate, certificate)


def _identifies(identifier: AuthorityKeyIdentifier, issuer: Certificate) -> bool:
    """RFC 5280 §4.2.1.1; what either side leaves out is not compared."""
    key_identifier = issuer.extensions.subject_key_identifier if issuer.extensions else None
    serial = issuer.fields.serial if issuer.fields else None
    if None not in (identifier.key_identifier, key_identifier) and identifier.key_identifier != key_identifier:
        return False
    if identifier.serial is not None and identifier.serial != serial:
        return False
    return identifier.issuer is None or _same_name(identifier.issuer, issuer)


def _same_name(name: bytes, issuer: Certificate) -> bool:
    """The identifier names the issuer of the issuer, beside the serial number."""
    try:
        return canonical(name) == issuer.issuer_name
    except DerError:
        return False
