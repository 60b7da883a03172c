"""Trust anchors as operators keep them: zone-file lines, or the XML that IANA publishes (requirements §14)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype as rrtype

from dane_check.dnssec.anchors import Anchor, TrustAnchors
from dane_check.dnssec.keys import Ds, Key
from dane_check.errors import UsageError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


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
