"""Trust anchors: where chains of trust begin (requirements §14).

The two root keys are built in and change with releases; none is ever learnt from the network (ROOT-h).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype as rrtype

from dane_check.dnssec.keys import Ds, Entry, Key
from dane_check.errors import UsageError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@dataclass(frozen=True, slots=True)
class Anchor:
    """One DS or DNSKEY that is trusted without proof, and when (ROOT-g); None is no bound."""

    zone: dns.name.Name
    entry: Ds | Key
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def key_tag(self) -> int:
        """The tag of the key it names."""
        return self.entry.key_tag if isinstance(self.entry, Ds) else self.entry.tag

    def valid_at(self, now: datetime) -> bool:
        """Whether it may be used at `now`."""
        started = self.valid_from is None or self.valid_from <= now
        return started and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """All trust anchors of a run. `built_in` says that they are those of this release (ROOT-j)."""

    anchors: tuple[Anchor, ...]
    built_in: bool = field(default=False, compare=False)

    def zone_of(self, name: dns.name.Name) -> dns.name.Name | None:
        """The closest enclosing anchor of `name` (R6840-5.10-a); None where there is none."""
        above = (anchor.zone for anchor in self.anchors if name.is_subdomain(anchor.zone))
        return max(above, key=len, default=None)

    def entry(self, zone: dns.name.Name, now: datetime) -> Entry | None:
        """What is trusted at `zone` at `now`; None where every anchor of it is out of its time."""
        valid = [anchor.entry for anchor in self.anchors if anchor.zone == zone and anchor.valid_at(now)]
        if not valid:
            return None
        ds = tuple(entry for entry in valid if isinstance(entry, Ds))
        return Entry(ds, tuple(entry for entry in valid if isinstance(entry, Key)))

    def is_stale(self, now: datetime) -> bool:
        """Whether the built-in list is older than 18 months or none of it is valid any more (ROOT-j)."""
        if not self.built_in:
            return False
        return now - ROOT_AS_OF > _FRESH or not any(anchor.valid_at(now) for anchor in self.anchors)

    @classmethod
    def root(cls) -> Self:
        """The built-in keys of the root: KSK-2017 and KSK-2024 (ROOT-a, ROOT-b)."""
        return cls(_ROOT, built_in=True)


ROOT_AS_OF: Final = datetime(2026, 11, 22, tzinfo=UTC)  # the day the built-in list was last compared with IANA's
_FRESH: Final = timedelta(days=548)  # 18 months


def _root_anchor(tag: int, digest: str, valid_from: datetime) -> Anchor:
    return Anchor(dns.name.root, Ds(tag, 8, 2, bytes.fromhex(digest)), valid_from)


# IANA's root-anchors.xml gives no end to either; the revocation of 20326 is planned for 2027-01-11.
_ROOT: Final = (
    _root_anchor(
        20326,
        "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        datetime(2017, 2, 2, tzinfo=UTC),
    ),
    _root_anchor(
        38696,
        "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
        datetime(2024, 7, 18, tzinfo=UTC),
    ),
)


def parse_trust_anchors(text: str | Iterable[str]) -> TrustAnchors:
    """Anchors from DS or DNSKEY records in zone-file form, at any name, or from a root-anchors.xml.

    A single text may hold many lines; several texts are read one after the other. TTL and class may be left
    out, `;` begins a comment, parentheses join lines. Raises UsageError, with the line's number.
    """
    whole = text if isinstance(text, str) else "\n".join(text)
    anchors = _from_xml(whole) if whole.lstrip("\ufeff \t\r\n").startswith("<") else _from_zone_text(whole)
    if not anchors:
        raise UsageError("the trust anchors hold no DS or DNSKEY record; give at least one")
    return TrustAnchors(tuple(anchors))


# --- zone-file form ----------------------------------------------------------------------------------


def _from_zone_text(text: str) -> list[Anchor]:
    return [_anchor(number, fields) for number, fields in _logical_lines(text)]


def _logical_lines(text: str) -> Iterable[tuple[int, list[str]]]:
    """Records as fields, each with the number of the line it begins on."""
    begun, depth = 0, 0
    fields: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        bare = line.partition(";")[0]
        words = bare.replace("(", " ").replace(")", " ").split()
        if words and not fields:
            begun = number
        fields += words
        depth += bare.count("(") - bare.count(")")
        if depth < 0:
            raise UsageError(f"trust anchors, line {number}: a closing parenthesis has no opening one")
        if fields and depth == 0:
            yield begun, fields
            fields = []
    if depth:
        raise UsageError(f"trust anchors, line {begun}: a parenthesis is not closed")


def _anchor(number: int, fields: list[str]) -> Anchor:
    owner, *rest = fields
    while rest and (rest[0].upper() == "IN" or re.fullmatch(r"\d+[smhdwSMHDW]?", rest[0])):
        rest = rest[1:]
    if len(rest) < 2 or rest[0].upper() not in {"DS", "DNSKEY"}:
        raise UsageError(f"trust anchors, line {number}: not a DS or DNSKEY record")
    try:
        zone = dns.name.from_text(owner, dns.name.root)
        rdtype = rrtype.from_text(rest[0])
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, " ".join(rest[1:])).to_wire() or b""
    except (dns.exception.DNSException, ValueError) as trouble:
        raise UsageError(f"trust anchors, line {number}: {rest[0].upper()} cannot be read: {trouble}") from None
    return Anchor(zone, _entry(number, rdtype, rdata))


def _entry(number: int, rdtype: int, rdata: bytes) -> Ds | Key:
    entry = Ds.from_rdata(rdata) if rdtype == rrtype.DS else Key.from_rdata(rdata)
    if entry is None:
        raise UsageError(f"trust anchors, line {number}: the record has no data")
    if isinstance(entry, Key) and not entry.signs_zones:
        raise UsageError(f"trust anchors, line {number}: the key is no zone key, or it is revoked")
    return entry


# --- root-anchors.xml --------------------------------------------------------------------------------


def _from_xml(text: str) -> list[Anchor]:
    """RFC 9718 §2.1. Both the digest and, where it is given, the public key must name the same key."""
    import xml.etree.ElementTree as ET

    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
        raise UsageError("trust anchors: the XML has a document type or entities; IANA's file has none")
    try:
        tree = ET.fromstring(text.removeprefix("\ufeff"))  # noqa: S314 -- no entities, see above
    except ET.ParseError as trouble:
        raise UsageError(f"trust anchors, line {trouble.position[0]}: the XML cannot be read") from None
    zone = dns.name.from_text((tree.findtext("Zone") or ".").strip(), dns.name.root)
    return [_digest_anchor(zone, element, index) for index, element in enumerate(tree.iter("KeyDigest"), 1)]


def _digest_anchor(zone: dns.name.Name, element: Element, index: int) -> Anchor:
    try:
        tag, algorithm, digest_type = (
            int((element.findtext(name) or "").strip()) for name in ("KeyTag", "Algorithm", "DigestType")
        )
        ds = Ds(tag, algorithm, digest_type, bytes.fromhex((element.findtext("Digest") or "").strip()))
        bounds = [_moment(element.get(name)) for name in ("validFrom", "validUntil")]
        key = _published_key(element, algorithm)
    except ValueError as trouble:
        raise UsageError(f"trust anchors: KeyDigest {index} cannot be read: {trouble}") from None
    if key is not None and not (ds.could_name(key) and ds.names(zone, key)):
        raise UsageError(f"trust anchors: the digest of KeyDigest {index} is not that of its public key")
    return Anchor(zone, ds, *bounds)


def _published_key(element: Element, algorithm: int) -> Key | None:
    encoded = "".join((element.findtext("PublicKey") or "").split())
    if not encoded:
        return None
    flags = int((element.findtext("Flags") or "257").strip())
    rdata = dns.rdata.from_text(dns.rdataclass.IN, rrtype.DNSKEY, f"{flags} 3 {algorithm} {encoded}")
    return Key.from_rdata(rdata.to_wire() or b"")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
