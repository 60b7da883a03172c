"""One step of an answer, told as a value: what a name came to, and how steps make up a lookup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

import dns.name

from dane_check.dnssec.answer import Held, records_of
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.denial import Denied
from dane_check.dnssec.lookup import (
    AliasHop,
    Bogus,
    Cause,
    Indeterminate,
    Insecure,
    Kind,
    Link,
    Lookup,
    Proof,
    Record,
    Secure,
    SecureDenial,
    Status,
    Why,
)
from dane_check.dnssec.proof import link, links, too_many, why_refused
from dane_check.dnssec.rrset import RRset
from dane_check.dnssec.signature import Refused
from dane_check.dnssec.standing import Failed, Signed, Unsigned
from dane_check.wire.message import Message

_NXDOMAIN = 3
_WEAKNESS: tuple[Status, ...] = ("secure", "insecure", "indeterminate", "bogus")

# What the keys of a zone made of a step, and where that zone stands; or why no keys had a say.
Settled = tuple[Held | Denied | Refused, Signed] | Unsigned | Failed


@dataclass(frozen=True, slots=True)
class Step:
    """What one name came to.

    zone -- the zone that vouches for it, where it is secure.
    again -- the fault lies in this very reply: another server may do better (R4035-4.7-a).
    """

    status: Status
    links: tuple[Link, ...]
    kind: Kind | None = None
    why: Why | None = None
    records: tuple[Record, ...] = ()
    wildcard: bool = False
    compact: bool = False
    stripped: bool = False
    zone: dns.name.Name | None = None
    again: bool = False


def step_of(settled: Settled, rrset: RRset | None, message: Message, criteria: Criteria, about: str) -> Step:
    """The step that a settled judgement makes; `rrset` is the data it was about, None for an absence."""
    kind: Kind = "data" if rrset is not None else "nxdomain" if message.rcode == _NXDOMAIN else "nodata"
    match settled:
        case Unsigned(why, chain):
            records = records_of(rrset, rrset.ttl) if rrset is not None else ()
            return Step("insecure", chain, kind, why, records)
        case Failed(status, why, chain, stripped):
            return Step(status, chain, None, why, stripped=stripped)
        case (Refused() as refused, standing):
            why = why_refused(refused, standing.zone.name, about, message)
            again = refused.cause is not Cause.LIMIT
            return Step("bogus", standing.links, None, why, again=again)
        case (Held() as held, standing):
            return _held(held, standing, criteria, about)
        case (Denied() as denied, standing):
            return _denied(denied, standing, criteria, about)
    assert_never(settled)


def _held(held: Held, standing: Signed, criteria: Criteria, about: str) -> Step:
    verified = held.verified
    chain = (*standing.links, link(verified, "is the answer", criteria))
    chain += links(held.shown, "shows that nothing closer than the wildcard exists", criteria)
    records = records_of(verified.rrset, verified.ttl)
    step = Step("secure", chain, "data", None, records, wildcard=verified.encloser is not None, zone=standing.zone.name)
    return _doubted(step, held.doubt, standing, about, too_many(held.shown, criteria.nsec3_iterations))


def _denied(denied: Denied, standing: Signed, criteria: Criteria, about: str) -> Step:
    means = "proves that the name does not exist" if denied.kind == "nxdomain" else "proves that the type is absent"
    chain = (*standing.links, *links(denied.used, means, criteria))
    step = Step("secure", chain, denied.kind, None, compact=denied.compact, zone=standing.zone.name)
    excess = too_many(denied.used, criteria.nsec3_iterations)
    return _doubted(step, denied.unauthenticated, standing, about, excess)


def _doubted(step: Step, doubt: Cause | None, standing: Signed, about: str, excess: str) -> Step:
    """A result that rests on opt-out or on too many iterations is insecure (D-10, D-14)."""
    if doubt is None:
        return step
    zone = str(standing.zone.name)
    sentence = {
        Cause.OPT_OUT: f"{zone} answers for {about} with an opt-out span, in which unsigned names may exist",
        Cause.NSEC3_ITERATIONS: f"{zone} answers for {about} {excess}",
    }[doubt]
    return replace(step, status="insecure", why=Why(doubt, sentence, zone=zone, record=about))


def failed(why: Why, links: tuple[Link, ...] = (), *, bogus: bool = False) -> Step:
    """A step that came to nothing."""
    return Step("bogus" if bogus else "indeterminate", links, None, why)


def weakest(steps: Sequence[Step]) -> Step:
    """Several sets judged as one (ANY): the status of the weakest, the records and links of all."""
    worst = max(steps, key=lambda step: _WEAKNESS.index(step.status))
    if worst.status in {"bogus", "indeterminate"}:
        return worst
    return replace(
        worst,
        links=tuple(dict.fromkeys(one for step in steps for one in step.links)),
        records=tuple(one for step in steps for one in step.records),
        wildcard=any(step.wildcard for step in steps),
    )


def lookup_of(last: Step, hops: Sequence[tuple[AliasHop, Step]]) -> Lookup:
    """The lookup that alias hops and a last step make: one insecure hop taints all that follows (R7672-2.1.3-d)."""
    aliases = tuple(hop for hop, _ in hops)
    proof = Proof(tuple(dict.fromkeys(one for step in (*(step for _, step in hops), last) for one in step.links)))
    if last.status == "bogus":
        assert last.why is not None
        return Bogus(last.why, proof, aliases)
    if last.status == "indeterminate":
        assert last.why is not None
        return Indeterminate(last.why, proof, aliases)
    assert last.kind is not None
    why = _insecurity(last, hops)
    if why is not None:
        return Insecure(last.kind, last.records, why, proof, aliases)
    if last.kind == "data":
        return Secure(last.records, proof, aliases, last.wildcard)
    return SecureDenial(last.kind, proof, aliases, last.compact)


def _insecurity(last: Step, hops: Sequence[tuple[AliasHop, Step]]) -> Why | None:
    if last.status == "insecure":
        return last.why
    for hop, step in hops:
        if step.status == "insecure" and step.why is not None:
            sentence = f"the alias {hop.owner} is insecure, and so is all that it leads to: {step.why.sentence}"
            return Why(Cause.INSECURE_ALIAS, sentence, zone=step.why.zone, record=f"{hop.owner} {hop.via}")
    return None
