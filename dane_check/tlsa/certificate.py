"""Certificates as octets first (RFC 6698 §2.1.2); what is read out of them is for paths and for people."""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final, Literal, TypeVar, assert_never

from dane_check.limits import DEFAULT
from dane_check.tlsa import der, distinguished_name, keys
from dane_check.tlsa.distinguished_name import CanonicalName
from dane_check.tlsa.extensions import Extensions, decode
from dane_check.tlsa.fields import Fields, certificate_fields, extension_list
from dane_check.tlsa.record import MatchingType, Selector

_BLOCK: Final = re.compile(r"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
# RFC 5280 §4.1.2.2 allows 20 octets and some have more; Python refuses to print numbers of kilobytes.
_LONGEST_SERIAL_BITS: Final = 1024
_KEPT: Final = 256  # certificates read; many domains share a mail host, and 64 KiB each (L-17) stay small

T = TypeVar("T")


@dataclass(frozen=True)
class Certificate:
    """One certificate, exactly the octets that were served; nothing here ever raises for what they hold.

    Every property is read out of `der` when first asked for, and None where that cannot be done.
    `flaw` says why a certificate cannot be taken apart at all.
    """

    der: bytes

    @cached_property
    def fields(self) -> Fields | None:
        """The fields of the certificate as DER, None if it is no DER certificate."""
        return _readable(lambda: certificate_fields(self.der))

    @cached_property
    def flaw(self) -> str | None:
        """Why the octets are no certificate; None where they are one."""
        try:
            certificate_fields(self.der)
        except der.DerError as fault:
            return str(fault)
        return None

    @cached_property
    def spki(self) -> bytes | None:
        """The SubjectPublicKeyInfo, octet by octet as it stands in the certificate (RFC 6698 §2.1.2)."""
        return self.fields.spki if self.fields else None

    @cached_property
    def extensions(self) -> Extensions | None:
        """The decoded extensions; None where one of them is malformed or stands twice."""
        if self.fields is None or self.fields.extensions is None:
            return Extensions() if self.fields else None
        octets = self.fields.extensions
        return _readable(lambda: decode(extension_list(octets)))

    @cached_property
    def sound(self) -> bool:
        """Whether OpenSSL makes sense of every extension, so that the certificate can stand in a path."""
        from dane_check.tlsa.soundness import sound

        return self.fields is not None and self.extensions is not None and sound(self.der, self.fields)

    @cached_property
    def subject_name(self) -> CanonicalName | None:
        """The subject in comparable form."""
        return self._read_name("subject", distinguished_name.canonical)

    @cached_property
    def issuer_name(self) -> CanonicalName | None:
        """The issuer in comparable form."""
        return self._read_name("issuer", distinguished_name.canonical)

    @cached_property
    def subject(self) -> str | None:
        """The subject for people; not yet safe for a terminal."""
        return self._read_name("subject", distinguished_name.text)

    @cached_property
    def issuer(self) -> str | None:
        """The issuer for people; not yet safe for a terminal."""
        return self._read_name("issuer", distinguished_name.text)

    @cached_property
    def common_names(self) -> tuple[str, ...]:
        """Every common name of the subject."""
        return self._read_name("subject", distinguished_name.common_names) or ()

    @property
    def not_before(self) -> datetime | None:
        """The first second at which the certificate is valid."""
        return self.fields.not_before if self.fields else None

    @property
    def not_after(self) -> datetime | None:
        """The last second at which the certificate is valid."""
        return self.fields.not_after if self.fields else None

    @property
    def serial(self) -> int | None:
        """The serial number, negative in some certificates that break RFC 5280; None where it is absurd."""
        if self.fields is None or self.fields.serial.bit_length() > _LONGEST_SERIAL_BITS:
            return None
        return self.fields.serial

    @cached_property
    def dns_names(self) -> tuple[str, ...] | None:
        """The dNSNames of the subjectAltName, octets above ASCII escaped; None where they cannot be read."""
        if self.extensions is None:
            return None
        names = self.extensions.dns_names or ()
        return tuple(name.decode("ascii", "backslashreplace") for name in names)

    @cached_property
    def key(self) -> str | None:
        """The public key for people, such as `RSA 2048`, `EC P-256` or `Ed25519`."""
        return keys.description(self.spki) if self.spki else None

    @cached_property
    def self_issued(self) -> bool | None:
        """Whether subject and issuer are the same name (RFC 5280 §3.2)."""
        if self.subject_name is None or self.issuer_name is None:
            return None
        return self.subject_name == self.issuer_name

    def valid_at(self, now: datetime) -> bool:
        """Whether both dates are readable and include this moment, the second of notAfter too (A-10)."""
        if self.not_before is None or self.not_after is None:
            return False
        return self.not_before <= now.replace(microsecond=0) <= self.not_after

    def _read_name(self, which: Literal["subject", "issuer"], read: Callable[[bytes], T]) -> T | None:
        if self.fields is None:
            return None
        name = self.fields.subject if which == "subject" else self.fields.issuer
        return _readable(lambda: read(name))


@lru_cache(maxsize=_KEPT)
def certificate_of(der: bytes) -> Certificate:
    """The certificate with these octets; what was read out of it before need not be read again."""
    return Certificate(der)


def association_data(certificate: Certificate, selector: Selector, matching_type: MatchingType) -> bytes | None:
    """The data a TLSA record needs to name this certificate (RFC 6698 §2.1.2-2.1.4).

    None where the key is wanted and the octets are no certificate it could be cut from.
    """
    selected = certificate.der if selector is Selector.CERT else certificate.spki
    return None if selected is None else matched_form(selected, matching_type)


def matched_form(selected: bytes, matching_type: MatchingType) -> bytes:
    """The selected octets as this matching type presents them (RFC 6698 §2.1.3)."""
    match matching_type:
        case MatchingType.FULL:
            return selected
        case MatchingType.SHA2_256:
            return hashlib.sha256(selected).digest()
        case MatchingType.SHA2_512:
            return hashlib.sha512(selected).digest()
    assert_never(matching_type)


def split_pem(text: str) -> tuple[bytes, ...]:
    """The certificates in a PEM text as DER, in their order; text around them is ignored.

    Raises ValueError where there is none, where one is damaged, and above the limits of L-25.
    """
    limits = DEFAULT.input
    if len(text) > limits.file_octets:
        raise ValueError(f"more than {limits.file_octets} octets of PEM")
    blocks = _BLOCK.findall(text)
    if text.count(_BEGIN) != len(blocks):
        raise ValueError("a PEM certificate that does not end")
    if not blocks:
        raise ValueError("no PEM certificate in the text")
    if len(blocks) > limits.certificates:
        raise ValueError(f"more than {limits.certificates} certificates")
    return tuple(_decoded_block(block, number) for number, block in enumerate(blocks, 1))


def _decoded_block(block: str, number: int) -> bytes:
    try:
        return binascii.a2b_base64("".join(block.split()).encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as fault:
        raise ValueError(f"PEM certificate {number} is not base64") from fault


def _readable(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except der.DerError:
        return None
