"""The fields of an X.509 certificate (RFC 5280 §4.1), cut from its octets.

Parsers of libraries refuse certificates that servers do serve and senders do accept; this one reads
leniently what it need not judge, and changes nothing. All functions raise `DerError` and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dane_check.tlsa import der


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: dotted object identifier, criticality, and the octets of its value."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier: its dotted object identifier and the DER of its parameters, if any."""

    oid: str
    parameters: bytes


@dataclass(frozen=True, slots=True)
class Fields:
    """A certificate taken apart; names, key and extensions stay DER. `version` is 1, 2 or 3 when sensible.

    signed -- the octets that the signature is over; signature_algorithm -- the one beside the signature.
    not_before, not_after -- None where the date is not in one of the two forms RFC 5280 §4.1.2.5 allows.
    extensions -- DER of the extensions, None where there are none.
    """

    signed: bytes
    version: int
    serial: int
    issuer: bytes
    not_before: datetime | None
    not_after: datetime | None
    subject: bytes
    spki: bytes
    extensions: bytes | None
    signature_algorithm: Algorithm
    signature: bytes


def certificate_fields(octets: bytes) -> Fields:
    """Take a certificate apart; it must be one DER certificate and nothing else."""
    outer = der.only(octets, der.SEQUENCE).inside()
    signed = outer.take(der.SEQUENCE)
    signature_algorithm = algorithm(outer.take(der.SEQUENCE))
    signature = bit_string(outer.take(der.BIT_STRING))
    outer.finish()
    reader = signed.inside()
    version = reader.take_if(0xA0)
    serial = der.integer(reader.take(der.INTEGER))
    reader.take(der.SEQUENCE)
    issuer = reader.take(der.SEQUENCE).encoding
    not_before, not_after = _validity(reader.take(der.SEQUENCE))
    return Fields(
        signed=signed.encoding,
        version=1 if version is None else der.integer(version.inside().take(der.INTEGER)) + 1,
        serial=serial,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
        subject=reader.take(der.SEQUENCE).encoding,
        spki=reader.take(der.SEQUENCE).encoding,
        extensions=_extensions(reader),
        signature_algorithm=signature_algorithm,
        signature=signature,
    )


def extension_list(octets: bytes) -> tuple[Extension, ...]:
    """The extensions in the order they stand."""
    return tuple(_extension(element) for element in der.only(octets, der.SEQUENCE).inside().rest())


def algorithm(element: der.Element) -> Algorithm:
    """An AlgorithmIdentifier from its SEQUENCE."""
    reader = element.inside()
    oid = der.object_identifier(reader.take(der.OBJECT_IDENTIFIER))
    parameters = b"" if reader.done else reader.take().encoding
    reader.finish()
    return Algorithm(oid, parameters)


def bit_string(element: der.Element) -> bytes:
    """The octets of a BIT STRING that holds whole octets."""
    value = element.value
    if not value or value[0] != 0:
        raise der.DerError("a bit string that does not hold whole octets")
    return value[1:]


def key_parts(spki: bytes) -> tuple[Algorithm, bytes]:
    """Algorithm and key bits of a SubjectPublicKeyInfo, which must fill the octets exactly."""
    reader = der.only(spki, der.SEQUENCE).inside()
    kind = algorithm(reader.take(der.SEQUENCE))
    bits = bit_string(reader.take(der.BIT_STRING))
    reader.finish()
    return kind, bits


def _extensions(reader: der.Reader) -> bytes | None:
    # issuerUniqueID and subjectUniqueID may stand before; nobody uses them.
    reader.take_if(0x81)
    reader.take_if(0x82)
    wrapper = reader.take_if(0xA3)
    reader.finish()
    return None if wrapper is None else wrapper.value


def _extension(element: der.Element) -> Extension:
    reader = element.inside()
    oid = der.object_identifier(reader.take(der.OBJECT_IDENTIFIER))
    critical = reader.take_if(der.BOOLEAN)
    value = reader.take(der.OCTET_STRING).value
    reader.finish()
    return Extension(oid, critical is not None and any(critical.value), value)


def _validity(element: der.Element) -> tuple[datetime | None, datetime | None]:
    reader = element.inside()
    dates = _date(reader.take()), _date(reader.take())
    reader.finish()
    return dates


def _date(element: der.Element) -> datetime | None:
    digits = element.value[:-1]
    length = {der.UTC_TIME: 12, der.GENERALIZED_TIME: 14}.get(element.tag)
    if len(digits) != length or element.value[-1:] != b"Z" or not digits.isdigit():
        return None
    if element.tag == der.UTC_TIME:
        digits = (b"19" if digits >= b"50" else b"20") + digits
    try:
        return datetime.strptime(digits.decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
