"""The extensions that decide about a path (RFC 5280 §4.2.1), decoded from their octets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dane_check.tlsa import der
from dane_check.tlsa.fields import Extension

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
NAME_CONSTRAINTS: Final = "2.5.29.30"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
NETSCAPE_CERT_TYPE: Final = "2.16.840.1.113730.1.1"
PROXY_CERT_INFO: Final = "1.3.6.1.5.5.7.1.14"

# Bits of keyUsage and of the old Netscape type, counted from the left as the standards do.
DIGITAL_SIGNATURE: Final = 0
KEY_ENCIPHERMENT: Final = 2
KEY_AGREEMENT: Final = 4
KEY_CERT_SIGN: Final = 5
NETSCAPE_SSL_SERVER: Final = 1
NETSCAPE_SSL_CA: Final = 5
NETSCAPE_ANY_CA: Final = frozenset({5, 6, 7})

_DNS_NAME: Final = 0x82
_DIRECTORY_NAME: Final = 0xA4


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """Whether the key may sign certificates, and how many non-self-issued CAs may follow (None: any)."""

    ca: bool
    path_length: int | None


@dataclass(frozen=True, slots=True)
class AuthorityKeyIdentifier:
    """What a certificate says about its issuer's certificate; `issuer` is the DER of a name."""

    key_identifier: bytes | None
    issuer: bytes | None
    serial: int | None


@dataclass(frozen=True, slots=True)
class Extensions:
    """The decoded extensions; None means absent. Key usages are numbers of bits that are set.

    dns_names -- octets of each dNSName in the order they stand (None: no subjectAltName at all).
    general_names -- how many names of any kind the subjectAltName holds.
    name_constraints -- how many subtrees are permitted or excluded.
    """

    subject_key_identifier: bytes | None = None
    authority_key_identifier: AuthorityKeyIdentifier | None = None
    key_usage: frozenset[int] | None = None
    basic_constraints: BasicConstraints | None = None
    extended_key_usage: frozenset[str] | None = None
    netscape_cert_type: frozenset[int] | None = None
    dns_names: tuple[bytes, ...] | None = None
    general_names: int = 0
    name_constraints: int | None = None
    proxy: bool = False


def decode(extensions: tuple[Extension, ...]) -> Extensions:
    """All of them; raises `DerError` where one cannot be read or stands twice (RFC 5280 §4.2)."""
    by_oid = {extension.oid: extension.value for extension in extensions}
    if len(by_oid) != len(extensions):
        raise der.DerError("an extension that stands twice")
    key_identifier = by_oid.get(SUBJECT_KEY_IDENTIFIER)
    authority = by_oid.get(AUTHORITY_KEY_IDENTIFIER)
    usage = by_oid.get(KEY_USAGE)
    basic = by_oid.get(BASIC_CONSTRAINTS)
    extended = by_oid.get(EXTENDED_KEY_USAGE)
    netscape = by_oid.get(NETSCAPE_CERT_TYPE)
    names = by_oid.get(SUBJECT_ALT_NAME)
    constraints = by_oid.get(NAME_CONSTRAINTS)
    alternatives = None if names is None else _general_names(names)
    return Extensions(
        subject_key_identifier=None if key_identifier is None else _octet_string(key_identifier),
        authority_key_identifier=None if authority is None else _authority_key_identifier(authority),
        key_usage=None if usage is None else _bits(usage),
        basic_constraints=None if basic is None else _basic_constraints(basic),
        extended_key_usage=None if extended is None else _purposes(extended),
        netscape_cert_type=None if netscape is None else _bits(netscape),
        dns_names=None if alternatives is None else _dns_names(alternatives),
        general_names=0 if alternatives is None else len(alternatives),
        name_constraints=None if constraints is None else _subtrees(constraints),
        proxy=PROXY_CERT_INFO in by_oid,
    )


def _octet_string(value: bytes) -> bytes:
    return der.only(value, der.OCTET_STRING).value


def _authority_key_identifier(value: bytes) -> AuthorityKeyIdentifier:
    reader = der.only(value, der.SEQUENCE).inside()
    key_identifier = reader.take_if(0x80)
    issuer = reader.take_if(0xA1)
    serial = reader.take_if(0x82)
    reader.finish()
    return AuthorityKeyIdentifier(
        None if key_identifier is None else key_identifier.value,
        None if issuer is None else _first_directory_name(issuer),
        None if serial is None else der.integer(serial),
    )


def _first_directory_name(names: der.Element) -> bytes | None:
    found = [name for name in names.inside().rest() if name.tag == _DIRECTORY_NAME]
    return found[0].value if found else None


def _bits(value: bytes) -> frozenset[int]:
    octets = der.only(value, der.BIT_STRING).value
    if not octets or octets[0] > 7:
        raise der.DerError("a bit string without its count of unused bits")
    unused, bits = octets[0], octets[1:]
    return frozenset(number for number in range(8 * len(bits) - unused) if bits[number // 8] & 0x80 >> number % 8)


def _basic_constraints(value: bytes) -> BasicConstraints:
    reader = der.only(value, der.SEQUENCE).inside()
    ca = reader.take_if(der.BOOLEAN)
    length = reader.take_if(der.INTEGER)
    reader.finish()
    path_length = None if length is None else der.integer(length)
    if path_length is not None and path_length < 0:
        raise der.DerError("a negative path length")
    return BasicConstraints(ca is not None and any(ca.value), path_length)


def _purposes(value: bytes) -> frozenset[str]:
    elements = der.only(value, der.SEQUENCE).inside().rest()
    return frozenset(der.object_identifier(element) for element in elements)


def _general_names(value: bytes) -> tuple[der.Element, ...]:
    names = tuple(der.only(value, der.SEQUENCE).inside().rest())
    if any(name.tag & 0xC0 != 0x80 for name in names):
        raise der.DerError("a subjectAltName that holds no general name")
    return names


def _dns_names(names: tuple[der.Element, ...]) -> tuple[bytes, ...]:
    return tuple(name.value for name in names if name.tag == _DNS_NAME)


def _subtrees(value: bytes) -> int:
    halves = der.only(value, der.SEQUENCE).inside().rest()
    return sum(1 for half in halves for _ in half.inside().rest())
