"""One name in one reply: which records speak of it, which zone judges them, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec import alias
from dane_check.dnssec.absence import denial_signers
from dane_check.dnssec.answer import Held, judge_absence, judge_alias, judge_data, records_of, rrsigs_at, signers
from dane_check.dnssec.budget import Budget, Spent, Tally
from dane_check.dnssec.denial import Denied
from dane_check.dnssec.keys import ZoneKeys
from dane_check.dnssec.lookup import AliasHop, Cause, Kind, Why
from dane_check.dnssec.rrset import RRset, rrsets
from dane_check.dnssec.signature import Refused
from dane_check.dnssec.standing import Signed, Unsigned
from dane_check.dnssec.step import Settled, Step, failed, step_of, weakest
from dane_check.dnssec.walk import Walk
from dane_check.ports import Question
from dane_check.wire.message import Message

_NXDOMAIN = 3

Judgement = Callable[[ZoneKeys], Held | Denied | Refused]


class Judge:
    """Judges names in replies over a walk."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    async def judge(
        self, name: dns.name.Name, rdtype: int, message: Message, tally: Tally, budget: Budget
    ) -> tuple[Step, AliasHop | None]:
        """One name in one reply: its data, its alias, or its absence (R2181-5.4.1-a: nothing else counts)."""
        sets = rrsets(message.answer)
        if rdtype == rrtype.RRSIG:
            return _unvalidated(name, message), None
        if rdtype == rrtype.ANY and (step := await self._any(name, tuple(sets.values()), message, tally, budget)):
            return step, None
        data, found = sets.get((name, rdtype)), alias.at(name, sets)
        if data is not None and not (found is not None and found.claimed is data):
            return await self._data(data, message, tally, budget), None
        if found is not None:
            return await self._alias(found, rdtype, message, tally, budget)
        return await self._absence(name, rdtype, message, tally, budget), None

    async def _data(self, rrset: RRset, message: Message, tally: Tally, budget: Budget) -> Step:
        if rrset.rdtype == rrtype.TLSA and len(rrset.records) > self._walk.criteria.limits.tlsa_records:
            raise Spent(f"{rrset} has more than {self._walk.criteria.limits.tlsa_records} records")
        settled = await self._settle(
            _home(rrset.owner, rrset.rdtype),
            signers(rrset),
            budget,
            lambda zone: judge_data(rrset, message, zone, tally),
        )
        return self._noted(step_of(settled, rrset, message, self._walk.criteria, str(rrset)))

    async def _alias(
        self, found: alias.Alias, rdtype: int, message: Message, tally: Tally, budget: Budget
    ) -> tuple[Step, AliasHop | None]:
        source = found.source
        settled = await self._settle(
            source.owner, signers(source), budget, lambda zone: judge_alias(found, message, zone, tally)
        )
        step = self._noted(step_of(settled, source, message, self._walk.criteria, str(source)))
        if step.status in {"bogus", "indeterminate"}:
            return step, None
        if found.target is None:
            sentence = f"{source} makes a name of {found.owner} that is longer than a name can be"
            return failed(Why(Cause.RCODE, sentence, record=str(source), rcode="YXDOMAIN"), step.links), None
        hop = AliasHop(str(found.owner), str(found.target), step.status, found.via)
        if rdtype == rrtype.CNAME and found.claimed is not None:
            return replace(step, records=records_of(found.claimed, found.claimed.ttl)), None
        return step, hop

    async def _absence(self, name: dns.name.Name, rdtype: int, message: Message, tally: Tally, budget: Budget) -> Step:
        settled = await self._settle(
            _home(name, rdtype),
            denial_signers(message),
            budget,
            lambda zone: judge_absence(name, rdtype, message, zone, tally),
        )
        return self._noted(step_of(settled, None, message, self._walk.criteria, str(Question(name, rdtype))))

    async def _any(
        self, name: dns.name.Name, sets: Sequence[RRset], message: Message, tally: Tally, budget: Budget
    ) -> Step | None:
        """Every set of the name is judged, and the weakest gives the status."""
        made = alias.at(name, {(one.owner, one.rdtype): one for one in sets})
        own = [one for one in sets if one.owner == name and not (made is not None and made.claimed is one)]
        steps = [await self._data(one, message, tally, budget) for one in own]
        return weakest(steps) if steps else None

    # --- where a step lies ---------------------------------------------------------------------------

    async def _settle(self, home: dns.name.Name, said: set[dns.name.Name], budget: Budget, by: Judgement) -> Settled:
        """The judgement by the zone that a step claims to be of, and what the walk to `home` says if that fails.

        `said` are the signers the records name; those that are no ancestor of `home`, or above its anchor, are
        nothing to go by (for DS, whose home is the parent, the owner itself is none). Missing or stray signatures
        decide nothing by themselves: only the walk can show that the name lies in an unsigned zone (ZC-b).
        """
        anchor = self._walk.anchors.zone_of(home)
        near = [one for one in said if home.is_subdomain(one) and anchor is not None and one.is_subdomain(anchor)]
        claimed = max(near, key=len, default=home)
        standing = await self._walk.standing(claimed, budget)
        if not isinstance(standing, Signed):
            return standing
        judgement = by(standing.zone)
        if not isinstance(judgement, Refused):
            return self._walk.cut_below(standing, home, budget) or judgement, standing
        if claimed != home:
            full = await self._walk.standing(home, budget)
            # What an opt-out span may hold is unsigned; what names the span's own zone as signer must hold as signed.
            if isinstance(full, Unsigned) and full.why.cause is not Cause.OPT_OUT:
                return full
            # Below the signer a DS question that fails counts for nothing (ZC-a): the signature is what failed.
            standing = full if isinstance(full, Signed) else standing
        if standing.doubt is not None:
            return Unsigned(standing.doubt, (*standing.links, *standing.doubted))
        return judgement, standing

    def _noted(self, step: Step) -> Step:
        """Remembers which zones have answered (D-12)."""
        if step.status == "secure" and step.zone is not None and step.kind != "nxdomain":
            self._walk.vouched(step.zone)
        return step


def speaks_of(name: dns.name.Name, rdtype: int, message: Message) -> bool:
    """Whether a reply got for an alias says something of its target as well."""
    sets = rrsets(message.answer)
    if (name, rdtype) in sets or alias.at(name, sets) is not None:
        return True
    # A wildcard's proof also stands in the authority section; only the SOA says that the rest is an absence.
    return any(one.rdtype == rrtype.SOA and name.is_subdomain(one.owner) for one in message.authority)


def _home(owner: dns.name.Name, rdtype: int) -> dns.name.Name:
    """The name whose zone holds a record: DS stands on the parent's side (R4035-3.1.4.1-a)."""
    return owner.parent() if rdtype == rrtype.DS and owner != dns.name.root else owner


def _unvalidated(name: dns.name.Name, message: Message) -> Step:
    records = rrsigs_at(name, message.answer)
    why = Why(Cause.NOT_VALIDATED, "signatures are not themselves signed", record=f"{name} RRSIG")
    kind: Kind = "data" if records else "nxdomain" if message.rcode == _NXDOMAIN else "nodata"
    return Step("insecure", (), kind, why, records)
