"""Why a TLSA record names nothing that is served, and what it should have been.

Every explanation is computed, never guessed: the data of the record is compared with what other numbers or other
inputs would have made of the certificates served. Nothing here changes what a match came to. No IO, no clock.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final, Self

from dane_check.limits import DEFAULT
from dane_check.tlsa import der
from dane_check.tlsa.certificate import Certificate, association_data, certificate_of
from dane_check.tlsa.fields import key_parts
from dane_check.tlsa.keys import rsa_bits
from dane_check.tlsa.record import CertificateUsage, MatchingType, Selector, TlsaRecord

_MOST_DIGITS: Final = 4  # that differ from a right value and still are a slip of the hand
_LEAST_OCTETS: Final = 8  # of a right value, before a part of it can be recognised
_PEM_COLUMNS: Final = 64
_EMPTY: Final = MappingProxyType(
    {hashlib.sha256(b"").digest(): "SHA2-256", hashlib.sha512(b"").digest(): "SHA2-512"},
)


class Mistake(StrEnum):
    """What went wrong when the record was made."""

    DIGEST_OF_EMPTY = "digest-of-empty"
    PARAMS_SWAPPED = "params-swapped"
    WRONG_INPUT = "wrong-input"
    TYPO = "typo"
    EE_NAMES_ISSUER = "ee-names-issuer"
    TA_NAMES_LEAF = "ta-names-leaf"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record explained.

    detail -- a phrase for people: what the data is.
    correction -- the record as it was meant, None where the key cannot be cut out of what is served.
    """

    mistake: Mistake
    detail: str
    correction: TlsaRecord | None


@dataclass(frozen=True)
class ServedData:
    """A served chain, and everything that its certificates could have been mistaken for.

    chain -- as served, the server's own first.
    more -- other inputs at hand, each with what to call it: octets of a certificate request or of a private key,
        which no chain tells. They are hashed and never shown.
    """

    chain: tuple[Certificate, ...]
    more: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, chain: Sequence[bytes], more: Iterable[tuple[str, bytes]] = ()) -> Self:
        """The chain in these octets, as far as it is looked at anyway (L-17)."""
        return cls(tuple(map(certificate_of, chain[: DEFAULT.session.chain_certificates])), tuple(more))

    @cached_property
    def data(self) -> Mapping[tuple[int, Selector, MatchingType], bytes]:
        """Association data by place in the chain, selector and matching type, where it can be made."""
        made = {
            (place, selector, matching_type): association_data(certificate, selector, matching_type)
            for place, certificate in enumerate(self.chain)
            for selector in Selector
            for matching_type in MatchingType
        }
        return {kind: data for kind, data in made.items() if data is not None}

    @cached_property
    def names(self) -> Mapping[bytes, tuple[tuple[int, Selector, MatchingType], ...]]:
        """The same the other way round."""
        table: dict[bytes, tuple[tuple[int, Selector, MatchingType], ...]] = {}
        for kind, data in self.data.items():
            table[data] = (*table.get(data, ()), kind)
        return table

    @cached_property
    def wrong_inputs(self) -> Mapping[bytes, tuple[int, str]]:
        """What tools and people have hashed, or published whole, instead of the DER octets: place and words."""
        table: dict[bytes, tuple[int, str]] = {}
        for place, words, octets in self._inputs():
            for data in (octets, hashlib.sha256(octets).digest(), hashlib.sha512(octets).digest()):
                table.setdefault(data, (place, words))
        return table

    def _inputs(self) -> Iterator[tuple[int, str, bytes]]:
        for place, certificate in enumerate(self.chain):
            for words, octets in _misread(certificate):
                yield place, f"{words} of {_called(place)}", octets
        for first, words in ((0, "the whole chain file"), (1, "the file of the issuers")):
            text = b"".join(_pem("CERTIFICATE", one.der) for one in self.chain[first:])
            for how, octets in _line_breaks(text):
                yield first, f"{words}{how}", octets
        for words, octets in self.more:
            for how, variant in (*_line_breaks(octets), ("", octets)):
                yield 0, f"{words}{how}", variant


def explain(record: TlsaRecord, served: ServedData) -> Explanation | None:
    """What the record is, if not data of what it says; None where it names something in its own way, or nothing.

    PKIX usages (0 and 1) are left alone: that they are not for SMTP explains enough (RFC 7672 §3.1.3).
    """
    if not served.chain or record.usage in (CertificateUsage.PKIX_TA, CertificateUsage.PKIX_EE):
        return None
    if is_named(record, served):
        return None
    return (
        _named_otherwise(record, served)
        or _of_nothing(record, served)
        or _of_other_input(record, served)
        or _miswritten(record, served)
    )


def is_named(record: TlsaRecord, served: ServedData) -> bool:
    """Whether the record names a certificate where its usage looks for one: the leaf, or an issuer."""
    wanted = (record.selector, record.matching_type)
    return any(
        (selector, matching_type) == wanted and record.usage == _usage_for(place)
        for place, selector, matching_type in served.names.get(record.data, ())
    )


def ascent(served: ServedData) -> tuple[Certificate, ...]:
    """The served certificates that the leaf leads to, each the issuer of the one before it, by name alone."""
    path, left = [served.chain[0]], list(served.chain[1:])
    while not path[-1].self_issued:
        wanted = path[-1].issuer_name
        above = next((one for one in left if wanted is not None and one.subject_name == wanted), None)
        if above is None:
            break
        left.remove(above)
        path.append(above)
    return tuple(path)


def missing_issuer(served: ServedData) -> str | None:
    """The name of the issuer at which the served chain ends; None where it ends in a self-issued certificate."""
    top = ascent(served)[-1]
    return None if top.self_issued else top.issuer


def right_record(record: TlsaRecord, served: ServedData, place: int | None = None) -> TlsaRecord | None:
    """The record of what is served, with the numbers of `record` where they can be kept (RFC 7671 §5).

    place -- of the certificate in the chain; by default the leaf for usage 3 and its issuer for usage 2.
    """
    if place is None:
        place = 1 if record.usage == CertificateUsage.DANE_TA and len(served.chain) > 1 else 0
    selector = Selector.CERT if record.selector == Selector.CERT else Selector.SPKI
    sha512 = record.matching_type == MatchingType.SHA2_512
    matching_type = MatchingType.SHA2_512 if sha512 else MatchingType.SHA2_256
    return _record(served, place, selector, matching_type)


def _record(served: ServedData, place: int, selector: Selector, matching_type: MatchingType) -> TlsaRecord | None:
    data = served.data.get((place, selector, matching_type))
    return None if data is None else TlsaRecord(_usage_for(place), selector, matching_type, data)


def _usage_for(place: int) -> CertificateUsage:
    return CertificateUsage.DANE_TA if place else CertificateUsage.DANE_EE


def _called(place: int) -> str:
    return "the server's certificate" if place == 0 else f"issuer {place} of the served chain"


def _named_otherwise(record: TlsaRecord, served: ServedData) -> Explanation | None:
    """The data is right, one of the numbers in front of it is not."""
    wanted = (record.selector, record.matching_type)
    # what differs least from the record is what was meant
    meant = sorted(served.names.get(record.data, ()), key=lambda one: (one[1:] != wanted, one[0]))
    if not meant:
        return None
    place, selector, matching_type = meant[0]
    correction = TlsaRecord(_usage_for(place), selector, matching_type, record.data)
    if (selector, matching_type) == wanted and record.usage == CertificateUsage.DANE_EE:
        return Explanation(Mistake.EE_NAMES_ISSUER, _called(place), correction)
    if (selector, matching_type) == wanted and record.usage == CertificateUsage.DANE_TA:
        return Explanation(Mistake.TA_NAMES_LEAF, _called(place), correction)
    return Explanation(Mistake.PARAMS_SWAPPED, f"{correction.acronyms} of {_called(place)}", correction)


def _of_nothing(record: TlsaRecord, served: ServedData) -> Explanation | None:
    digest = _EMPTY.get(record.data)
    if digest is None:
        return None
    return Explanation(Mistake.DIGEST_OF_EMPTY, f"the {digest} of no octets at all", right_record(record, served))


def _of_other_input(record: TlsaRecord, served: ServedData) -> Explanation | None:
    found = served.wrong_inputs.get(record.data)
    if found is None:
        return None
    place, words = found
    return Explanation(Mistake.WRONG_INPUT, words, right_record(record, served, place))


def _miswritten(record: TlsaRecord, served: ServedData) -> Explanation | None:
    """Nearly a right value: a few digits differ, some are missing, or some stand too many."""
    for place in range(len(served.chain)):
        if record.usage in (CertificateUsage.DANE_TA, CertificateUsage.DANE_EE) and record.usage != _usage_for(place):
            continue
        right = _of_the_same_kind(record, served, place)
        slip = _slip(record.data, right.data) if right is not None else None
        if slip:
            return Explanation(Mistake.TYPO, slip, right)
    return None


def _of_the_same_kind(record: TlsaRecord, served: ServedData, place: int) -> TlsaRecord | None:
    """The record of what stands at `place`, with the numbers of `record` if those exist."""
    kinds = ((selector, matching_type) for selector in Selector for matching_type in MatchingType)
    same = next((kind for kind in kinds if kind == (record.selector, record.matching_type)), None)
    return None if same is None else _record(served, place, *same)


def _slip(written: bytes, right: bytes) -> str | None:
    if len(written) == len(right):
        digits = sum(one != other for one, other in zip(written.hex(), right.hex(), strict=True))
        plural = "" if digits == 1 else "s"
        return f"{digits} hexadecimal digit{plural} differ" if digits <= _MOST_DIGITS else None
    shorter, longer = sorted((written, right), key=len)
    if len(shorter) < _LEAST_OCTETS or not (longer.startswith(shorter) or longer.endswith(shorter)):
        return None
    octets = len(longer) - len(shorter)
    end = "at the end" if longer.startswith(shorter) else "in front"
    plural = "octet" if octets == 1 else "octets"
    return f"{octets} {plural} {'missing' if written == shorter else 'too many'} {end}"


def _misread(certificate: Certificate) -> Iterator[tuple[str, bytes]]:
    """What is hashed by those who do not hash the DER octets."""
    yield from _as_text("CERTIFICATE", certificate.der)
    selected = [certificate.der]
    if certificate.spki is not None:
        selected.append(certificate.spki)
        yield from _as_text("PUBLIC KEY", certificate.spki, "the public key's")
        yield from _bare_key(certificate.spki)
    for octets in selected:
        for digest in (hashlib.sha256(octets), hashlib.sha512(octets)):
            yield "the right digest, hashed once more,", digest.digest()
            for how, text in _line_breaks(digest.hexdigest().encode() + b"\n"):
                yield f"the hexadecimal text of the right digest{how}", text


def _bare_key(spki: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        _, bits = key_parts(spki)
    except der.DerError:
        return
    yield "the bare key without its algorithm (no SubjectPublicKeyInfo)", bits
    if rsa_bits(spki) is not None:
        yield from _as_text("RSA PUBLIC KEY", bits, "the bare RSA key's")


def _as_text(label: str, octets: bytes, what: str = "the") -> Iterator[tuple[str, bytes]]:
    pem = _pem(label, octets)
    lines = b"".join(pem.splitlines(keepends=True)[1:-1])
    for form, text in (("PEM text", pem), ("base64 text", lines), ("base64 text in one line", _unbroken(lines))):
        for how, variant in _line_breaks(text):
            yield f"{what} {form}{how}", variant


def _unbroken(lines: bytes) -> bytes:
    return lines.replace(b"\n", b"") + b"\n"


def _line_breaks(text: bytes) -> Iterable[tuple[str, bytes]]:
    """The text as it is, without its last line break, and as Windows writes it."""
    yield "", text
    yield " without its last line break", text.rstrip(b"\r\n")
    yield " with Windows line breaks", text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _pem(label: str, octets: bytes) -> bytes:
    text = base64.b64encode(octets)
    lines = [text[start : start + _PEM_COLUMNS] for start in range(0, len(text), _PEM_COLUMNS)]
    name = label.encode()
    return b"\n".join([b"-----BEGIN " + name + b"-----", *lines, b"-----END " + name + b"-----", b""])
