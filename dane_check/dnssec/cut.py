"""Is there a zone cut at this name? The judgement of one DS reply by its parent's keys (requirements ZC-a)."""

from __future__ import annotations

from dataclasses import dataclass

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec import alias
from dane_check.dnssec.absence import deny, gather, no_closer_match
from dane_check.dnssec.budget import Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.delegation import Unusable, usable_ds
from dane_check.dnssec.denial import Denied
from dane_check.dnssec.keys import Ds, Entry, ZoneKeys
from dane_check.dnssec.lookup import Cause
from dane_check.dnssec.proof import too_many
from dane_check.dnssec.rrset import RRset, rrsets
from dane_check.dnssec.signature import Refused, Verified, verify
from dane_check.wire.message import Message

_NXDOMAIN = 3


@dataclass(frozen=True, slots=True)
class SecureCut:
    """A validated DS set that can be used: a signed zone begins here."""

    entry: Entry
    verified: Verified


@dataclass(frozen=True, slots=True)
class UnsignedCut:
    """Everything from here down is insecure: no DS, opt-out, or a DS set without anything we support."""

    cause: Cause
    sentence: str
    used: tuple[Verified, ...]


@dataclass(frozen=True, slots=True)
class NoCut:
    """The parent's zone goes on; `closed`: nothing of it lies below, so no cut does either."""

    closed: bool


@dataclass(frozen=True, slots=True)
class DoubtfulCut:
    """The denial rests on too many NSEC3 iterations: what the parent's keys verify is secure, the rest insecure."""

    sentence: str
    used: tuple[Verified, ...]


Cut = SecureCut | UnsignedCut | NoCut | DoubtfulCut | Refused


def judge_cut(
    name: dns.name.Name,
    message: Message,
    parent: ZoneKeys,
    tally: Tally,
) -> Cut:
    """What a reply to the DS question at `name` shows, `parent` being the zone above. Raises `Spent`."""
    sets = rrsets(message.answer)
    if (ds_set := sets.get((name, rrtype.DS))) is not None:
        return _from_ds(name, ds_set, parent, tally)
    if (found := alias.at(name, sets)) is not None:
        return _from_alias(name, found, message, parent, tally)
    denials = gather(message, parent, tally)
    denied = deny(name, rrtype.DS, denials, tally, nxdomain=message.rcode == _NXDOMAIN)
    return denied if isinstance(denied, Refused) else _from_denial(name, denied, parent.name, tally.criteria)


def _from_ds(
    name: dns.name.Name,
    ds_set: RRset,
    parent: ZoneKeys,
    tally: Tally,
) -> Cut:
    result = verify(ds_set, parent, tally)
    if isinstance(result, Refused):
        return result
    if result.encloser is not None:
        return Refused(Cause.WILDCARD_UNPROVEN, f"{ds_set} was made from a wildcard, which no DS can be")
    ds = tuple(one for record in ds_set.records if (one := Ds.from_rdata(record.rdata)) is not None)
    usable = usable_ds(name, ds, tally.criteria)
    if isinstance(usable, Unusable):
        return UnsignedCut(usable.cause, usable.sentence, (result,))
    return SecureCut(Entry(ds), result)


def _from_alias(
    name: dns.name.Name,
    found: alias.Alias,
    message: Message,
    parent: ZoneKeys,
    tally: Tally,
) -> Cut:
    """An alias at the name, or a DNAME above it, leaves no room for a zone cut; it must be true, though."""
    if (trouble := alias.inconsistency(found)) is not None:
        return trouble
    result = verify(found.source, parent, tally)
    if isinstance(result, Refused):
        return result
    if result.encloser is not None:
        if found.via == "DNAME":
            return alias.expanded_dname(found)
        denials = gather(message, parent, tally)
        shown = no_closer_match(name, result.encloser, denials, tally)
        if isinstance(shown, Refused):
            return shown
        if shown.unauthenticated is not None:
            return _doubt(name, shown, parent.name, tally.criteria)
    return NoCut(closed=True)


def _from_denial(name: dns.name.Name, denied: Denied, parent: dns.name.Name, criteria: Criteria) -> Cut:
    if denied.unauthenticated is not None:
        return _doubt(name, denied, parent, criteria)
    if denied.delegation:
        sentence = f"{parent} proves that {name} is delegated without a DS, so it is not signed"
        return UnsignedCut(Cause.UNSIGNED_DELEGATION, sentence, denied.used)
    return NoCut(closed=denied.empty_below)


def _doubt(name: dns.name.Name, denied: Denied, parent: dns.name.Name, criteria: Criteria) -> Cut:
    if denied.unauthenticated is Cause.OPT_OUT:
        sentence = f"{name} lies in an opt-out span of {parent}, so an unsigned delegation may be there"
        return UnsignedCut(Cause.OPT_OUT, sentence, denied.used)
    sentence = f"{parent} denies a DS at {name} {too_many(denied.used, criteria.nsec3_iterations)}"
    return DoubtfulCut(sentence, denied.used)
