"""Where a name stands in the chain of trust, and how one step further down changes that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, assert_never

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.cut import Cut, DoubtfulCut, NoCut, SecureCut, UnsignedCut
from dane_check.dnssec.delegation import Trusted, Unusable
from dane_check.dnssec.keys import Entry, ZoneKeys
from dane_check.dnssec.lookup import Cause, Link, Why
from dane_check.dnssec.proof import link, links, why_refused
from dane_check.dnssec.rrset import RRset, rrsets
from dane_check.dnssec.signature import Refused
from dane_check.wire.message import Message


@dataclass(frozen=True, slots=True)
class Signed:
    """The name belongs to a zone whose keys are validated.

    closed -- nothing of the zone lies below the name, so no zone cut does.
    doubt -- why an unsigned delegation at or above the name cannot be ruled out: what the zone's keys verify is
        secure all the same, anything else is insecure and not bogus (R9276-3.2-a).
    doubted -- the links that leave it open; of the chain only where something rests on them.
    """

    zone: ZoneKeys
    links: tuple[Link, ...]
    closed: bool = False
    doubt: Why | None = None
    doubted: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsigned:
    """The name is proven to lie outside every chain of trust, or no anchor covers it."""

    why: Why
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The chain breaks above the name.

    stripped -- the anchor's own DNSKEY reply came without any signature: perhaps the resolver drops them all.
    """

    status: Literal["bogus", "indeterminate"]
    why: Why
    links: tuple[Link, ...] = ()
    stripped: bool = False


Standing = Signed | Unsigned | Failed


@dataclass(frozen=True, slots=True)
class Entrance:
    """A signed zone begins: its keys are to be fetched and judged by `entry`."""

    zone: dns.name.Name
    entry: Entry
    links: tuple[Link, ...]
    anchored: bool = False


def no_anchor(name: dns.name.Name) -> Unsigned:
    """No anchor at or above the name (R4035-5-b)."""
    return Unsigned(Why(Cause.NO_ANCHOR, f"no trust anchor covers {name}", zone=str(name)))


def at_anchor(zone: dns.name.Name, entry: Entry | None) -> Entrance | Failed:
    """The beginning of a chain."""
    if entry is None:
        why = Why(Cause.ROOT_FAILURE, f"no trust anchor of {zone} is valid at this time", zone=str(zone))
        return Failed("bogus", why)
    tags = ", ".join(str(one.key_tag) for one in entry.ds) or ", ".join(str(key.tag) for key in entry.keys)
    first = Link(str(zone), f"{zone} trust anchor", f"configured, key {tags}")
    return Entrance(zone, entry, (first,), anchored=True)


def below(name: dns.name.Name, parent: Signed, cut: Cut, message: Message, criteria: Criteria) -> Standing | Entrance:
    """Where `name` stands, given where its parent does and what its DS reply showed (ZC-a)."""
    record = f"{name} DS"
    match cut:
        case SecureCut(entry, verified):
            tags = ", ".join(str(tag) for tag in dict.fromkeys(ds.key_tag for ds in entry.ds))
            return Entrance(name, entry, (*parent.links, link(verified, f"names key {tags}", criteria)))
        case UnsignedCut(cause, sentence, used):
            why = Why(cause, sentence, zone=str(parent.zone.name), record=record)
            return Unsigned(why, (*parent.links, *links(used, "shows an unsigned delegation", criteria)))
        case NoCut(closed):
            return replace(parent, closed=closed)
        case DoubtfulCut(sentence, used):
            if parent.doubt is not None:
                return parent
            why = Why(Cause.NSEC3_ITERATIONS, sentence, zone=str(parent.zone.name), record=record)
            return replace(parent, doubt=why, doubted=links(used, "leaves a DS open", criteria))
        case Refused():
            if parent.doubt is not None:
                return Unsigned(parent.doubt, (*parent.links, *parent.doubted))
            return Failed("bogus", why_refused(cut, parent.zone.name, record, message), parent.links)
    assert_never(cut)


def key_set(zone: dns.name.Name, message: Message) -> RRset | Refused:
    """The DNSKEY RRset of a reply; a zone that has an entry must have one."""
    found = rrsets(message.answer).get((zone, rrtype.DNSKEY))
    return found or Refused(Cause.KEY_MISSING, f"{zone} is named as a signed zone but has no DNSKEY")


def inside(
    entrance: Entrance, judged: Trusted | Unusable | Refused, message: Message | None, criteria: Criteria
) -> Standing:
    """Where a zone's apex stands once its keys are judged."""
    zone = entrance.zone
    record = f"{zone} DNSKEY"
    match judged:
        case Trusted(keys, verified, named_by):
            found = link(verified, f"holds the key that {named_by} names, and is signed by it", criteria)
            return Signed(ZoneKeys(zone, keys), (*entrance.links, found))
        case Unusable(cause, sentence):
            return Unsigned(Why(cause, sentence, zone=str(zone), record=record), entrance.links)
        case Refused():
            why = why_refused(judged, zone, record, message)
            if not entrance.anchored:
                return Failed("bogus", why, entrance.links)
            return Failed(
                "bogus",
                _of_anchor(why),
                entrance.links,
                stripped=message is not None and not has_signatures(message),
            )
    assert_never(judged)


def _of_anchor(why: Why) -> Why:
    sentence = f"the trust anchor's own zone fails: {why.sentence}"
    return replace(why, cause=Cause.ROOT_FAILURE, sentence=sentence, behind=why.cause)


def has_signatures(message: Message) -> bool:
    """Whether the reply holds any RRSIG at all."""
    return any(record.rdtype == rrtype.RRSIG for record in (*message.answer, *message.authority))
