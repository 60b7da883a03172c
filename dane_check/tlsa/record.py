"""TLSA records as published, and which of them a client can use (RFC 6698 §2.1, §4.1; RFC 7671 §4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Final, Literal, Self, TypeVar, assert_never

from dane_check.tlsa import der

Service = Literal["smtp", "generic"]

_HEADER_OCTETS: Final = 3
_LEAST_OCTETS: Final = 4  # three numbers and at least one octet of association data
_MOST_OCTETS: Final = 65535  # RDLENGTH, RFC 1035 §3.2.1
_KEPT: Final = 256  # records judged; each is asked about by several tables, and whole certificates take OpenSSL


class CertificateUsage(IntEnum):
    """RFC 6698 §2.1.1, with the acronyms of RFC 7218."""

    PKIX_TA = 0
    PKIX_EE = 1
    DANE_TA = 2
    DANE_EE = 3


class Selector(IntEnum):
    """RFC 6698 §2.1.2."""

    CERT = 0
    SPKI = 1


class MatchingType(IntEnum):
    """RFC 6698 §2.1.3."""

    FULL = 0
    SHA2_256 = 1
    SHA2_512 = 2


class UnusableReason(StrEnum):
    """Why a record must be left out before anything is matched (RFC 6698 §4.1)."""

    MALFORMED = "malformed"
    PKIX_USAGE = "pkix-usage"
    UNKNOWN_USAGE = "unknown-usage"
    UNKNOWN_SELECTOR = "unknown-selector"
    UNKNOWN_MATCHING_TYPE = "unknown-matching-type"
    DIGEST_LENGTH = "digest-length"
    DATA_EMPTY = "data-empty"
    FULL_MALFORMED = "full-malformed"


DIGEST_OCTETS: Final = {MatchingType.SHA2_256: 32, MatchingType.SHA2_512: 64}

# RFC 7218 §2; 255 is for private use.
_USAGE_NAMES: Final = {"PKIX-TA": 0, "PKIX-EE": 1, "DANE-TA": 2, "DANE-EE": 3, "PrivCert": 255}
_SELECTOR_NAMES: Final = {"Cert": 0, "SPKI": 1, "PrivSel": 255}
_MATCHING_NAMES: Final = {"Full": 0, "SHA2-256": 1, "SHA2-512": 2, "PrivMatch": 255}


@dataclass(frozen=True, slots=True)
class TlsaRecord:
    """One TLSA RDATA exactly as published (RFC 6698 §2.1); nothing is judged here.

    usage, selector, matching_type -- one octet each, 0..255. Unassigned numbers are kept:
        a secure record we cannot use still obliges the sender to use TLS (RFC 7672 §2.2).
    data -- certificate association data: raw octets, never hex. `usable()` checks them.

    Raises ValueError for numbers outside 0..255.
    """

    usage: int
    selector: int
    matching_type: int
    data: bytes

    def __post_init__(self) -> None:
        """Refuse numbers that no RDATA could hold."""
        for name in ("usage", "selector", "matching_type"):
            if not 0 <= getattr(self, name) <= 255:
                raise ValueError(f"{name.replace('_', ' ')} {getattr(self, name)} is not in 0..255")

    @classmethod
    def from_rdata(cls, rdata: bytes) -> Self:
        """The record in these octets; raises ValueError below four octets (no association data)."""
        if len(rdata) < _LEAST_OCTETS:
            raise ValueError(f"TLSA RDATA has {len(rdata)} octets; the least is {_LEAST_OCTETS}")
        return cls(rdata[0], rdata[1], rdata[2], bytes(rdata[_HEADER_OCTETS:]))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The record in presentation form (RFC 6698 §2.2); the acronyms of RFC 7218 are understood.

        Blanks may stand within the hexadecimal digits, and parentheses around them. Missing data is kept
        as it is and makes the record unusable. Raises ValueError with a sentence for people.
        """
        usage, selector, matching_type, digits = _words(text)
        return cls(
            _number(usage, "certificate usage", _USAGE_NAMES),
            _number(selector, "selector", _SELECTOR_NAMES),
            _number(matching_type, "matching type", _MATCHING_NAMES),
            _octets(digits),
        )

    @property
    def rdata(self) -> bytes:
        """The RDATA on the wire."""
        return bytes((self.usage, self.selector, self.matching_type)) + self.data

    @property
    def acronyms(self) -> str:
        """The three numbers for people, such as `DANE-EE(3) SPKI(1) SHA2-256(1)` (RFC 7218 §2)."""
        shown = (
            _with_acronym(self.usage, _USAGE_NAMES),
            _with_acronym(self.selector, _SELECTOR_NAMES),
            _with_acronym(self.matching_type, _MATCHING_NAMES),
        )
        return " ".join(shown)

    def to_text(self) -> str:
        """Presentation form with numerals, the form to publish (RFC 6698 §2.2)."""
        return f"{self.usage} {self.selector} {self.matching_type} {self.data.hex()}".rstrip()


@dataclass(frozen=True, slots=True)
class MalformedTlsa:
    """RDATA too short to be a TLSA record: this record is unusable, the RRset around it is not."""

    rdata: bytes

    def to_text(self) -> str:
        """The form for RDATA of unknown shape (RFC 3597 §5)."""
        return f"\\# {len(self.rdata)} {self.rdata.hex()}".rstrip()


@dataclass(frozen=True, slots=True)
class UsableRecord:
    """A record whose every part a client understands; only these are matched."""

    record: TlsaRecord
    usage: CertificateUsage
    selector: Selector
    matching_type: MatchingType

    @property
    def data(self) -> bytes:
        """Certificate association data."""
        return self.record.data


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a record was left out; `detail` is a phrase for people."""

    reason: UnusableReason
    detail: str


def parse_rdata(rdata: bytes) -> TlsaRecord | MalformedTlsa:
    """The record in these octets, whatever they are."""
    return MalformedTlsa(bytes(rdata)) if len(rdata) < _LEAST_OCTETS else TlsaRecord.from_rdata(rdata)


def parse_text(text: str) -> TlsaRecord | MalformedTlsa:
    r"""The record in presentation form, or in that of RFC 3597 (`\# 35 0301…`); raises ValueError."""
    words = text.split()
    if words[:1] != ["\\#"]:
        return TlsaRecord.from_text(text)
    if len(words) == 1 or not (words[1].isascii() and words[1].isdigit()):
        raise ValueError("the length after \\# is missing")
    rdata = _octets("".join(words[2:]))
    if len(rdata) != int(words[1]):
        raise ValueError(f"\\# {words[1]} is followed by {len(rdata)} octets")
    return parse_rdata(rdata)


def usable(record: TlsaRecord | MalformedTlsa, service: Service) -> UsableRecord | Unusable:
    """The record ready to be matched, or why not (RFC 6698 §4.1; RFC 7672 §3.1.3 for SMTP)."""
    match record:
        case MalformedTlsa(rdata):
            detail = f"RDATA has {len(rdata)} octets; the least is {_LEAST_OCTETS}"
            return Unusable(UnusableReason.MALFORMED, detail)
        case TlsaRecord():
            return _usable_numbers(record, service)
    assert_never(record)


@lru_cache(maxsize=_KEPT)
def _usable_numbers(record: TlsaRecord, service: Service) -> UsableRecord | Unusable:
    usage = _member(CertificateUsage, record.usage)
    selector = _member(Selector, record.selector)
    matching_type = _member(MatchingType, record.matching_type)
    if usage is None:
        return Unusable(UnusableReason.UNKNOWN_USAGE, f"certificate usage {record.usage} is not assigned")
    if service == "smtp" and usage in (CertificateUsage.PKIX_TA, CertificateUsage.PKIX_EE):
        detail = "usages 0 and 1 are not for SMTP between mail servers (RFC 7672 §3.1.3)"
        return Unusable(UnusableReason.PKIX_USAGE, detail)
    if selector is None:
        return Unusable(UnusableReason.UNKNOWN_SELECTOR, f"selector {record.selector} is not assigned")
    if matching_type is None:
        detail = f"matching type {record.matching_type} is not assigned"
        return Unusable(UnusableReason.UNKNOWN_MATCHING_TYPE, detail)
    return _flaw_of_data(record.data, selector, matching_type) or UsableRecord(record, usage, selector, matching_type)


def _flaw_of_data(data: bytes, selector: Selector, matching_type: MatchingType) -> Unusable | None:
    if not data:
        return Unusable(UnusableReason.DATA_EMPTY, "there is no certificate association data")
    if matching_type is MatchingType.FULL:
        flaw = _flaw_of_certificate(data) if selector is Selector.CERT else _flaw_of_key(data)
        return None if flaw is None else Unusable(UnusableReason.FULL_MALFORMED, flaw)
    wanted = DIGEST_OCTETS[matching_type]
    if len(data) != wanted:
        return Unusable(UnusableReason.DIGEST_LENGTH, f"the digest has {len(data)} octets, not {wanted}")
    return None


def _flaw_of_certificate(data: bytes) -> str | None:
    """A sender decodes full data once, when it loads the record; what fails there is never matched."""
    from OpenSSL import crypto

    try:
        der.only(data, der.SEQUENCE)
        crypto.load_certificate(crypto.FILETYPE_ASN1, data).get_pubkey()
    except der.DerError as fault:
        return f"the data is not one DER certificate: {fault}"
    except crypto.Error:
        return "the data is not a certificate with a key that OpenSSL can decode"
    return None


def _flaw_of_key(data: bytes) -> str | None:
    from OpenSSL import crypto

    try:
        der.only(data, der.SEQUENCE)
        crypto.load_publickey(crypto.FILETYPE_ASN1, data)
    except der.DerError as fault:
        return f"the data is not one DER SubjectPublicKeyInfo: {fault}"
    except crypto.Error:
        return "the data is not a public key that OpenSSL can decode"
    return None


E = TypeVar("E", bound=IntEnum)


def _member(kind: type[E], number: int) -> E | None:
    return kind(number) if number in kind._value2member_map_ else None


def _words(text: str) -> tuple[str, str, str, str]:
    words = text.replace("(", " ").replace(")", " ").split()
    if len(words) < _HEADER_OCTETS:
        raise ValueError("a TLSA record has three numbers and then hexadecimal data")
    return words[0], words[1], words[2], "".join(words[3:])


def _number(word: str, name: str, acronyms: dict[str, int]) -> int:
    for acronym, number in acronyms.items():
        if word.upper() == acronym.upper():
            return number
    if not (word.isascii() and word.isdigit()) or len(word) > 16 or int(word) > 255:
        raise ValueError(f"{name} {word[:32]!r} is neither a number in 0..255 nor a known acronym")
    return int(word)


def _with_acronym(number: int, acronyms: dict[str, int]) -> str:
    found = next((acronym for acronym, known in acronyms.items() if known == number), None)
    return str(number) if found is None else f"{found}({number})"


def _octets(digits: str) -> bytes:
    if len(digits) % 2:
        raise ValueError(f"{len(digits)} hexadecimal digits; an octet needs two")
    if len(digits) > 2 * _MOST_OCTETS:
        raise ValueError("more data than a DNS record can hold")
    try:
        return bytes.fromhex(digits)
    except ValueError as fault:
        raise ValueError("the data is not hexadecimal") from fault
