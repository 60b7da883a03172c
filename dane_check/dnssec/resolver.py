"""From a question to a Lookup: ask, follow aliases, have every step judged by the zone it lies in (RFC 4035 §5).

No resolver is believed. Servers bring records; keys decide what they are worth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import dns.exception
import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec import alias
from dane_check.dnssec.absence import denial_signers
from dane_check.dnssec.anchors import TrustAnchors
from dane_check.dnssec.answer import Held, judge_absence, judge_alias, judge_data, records_of, rrsigs_at, signers
from dane_check.dnssec.budget import Budget, Spent, Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.denial import Denied
from dane_check.dnssec.flight import Flights
from dane_check.dnssec.keys import ZoneKeys
from dane_check.dnssec.lookup import AliasHop, Cause, Indeterminate, Kind, Lookup, Why
from dane_check.dnssec.proof import trouble
from dane_check.dnssec.rrset import RRset, rrsets
from dane_check.dnssec.signature import Refused
from dane_check.dnssec.standing import Signed, Unsigned, has_signatures
from dane_check.dnssec.step import Settled, Step, failed, lookup_of, step_of, weakest
from dane_check.dnssec.walk import Walk
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, DnsLimits
from dane_check.ports import DnsTransport, Question, Server
from dane_check.wire.message import Message

_NXDOMAIN = 3

Judge = Callable[[ZoneKeys], Held | Denied | Refused]


class ValidatingResolver:
    """Validated answers for one run: keys, zones, replies and lookups are shared by all who ask.

    `now` is the moment everything is judged at, in Unix seconds or as an aware datetime. The first of `servers`
    is asked; the others when it fails. `lookup` gives each call a budget of its own; `for_domain` one for many.
    """

    def __init__(
        self,
        transport: DnsTransport,
        servers: Sequence[Server],
        anchors: TrustAnchors,
        *,
        now: int | datetime,
        limits: DnsLimits = DEFAULT.dns,
        nsec3_iterations: int = DEFAULT.dns.nsec3_iterations,
        allow_sha1: bool = False,
    ) -> None:
        if not servers:
            raise UsageError("no resolver to ask; name one with its address")
        self._criteria = Criteria.of(now, limits, nsec3_iterations, allow_sha1)
        self._walk = Walk(transport, servers, anchors, self._criteria)
        self._lookups: Flights[tuple[dns.name.Name, int], Lookup] = Flights(_is_lasting)
        self._answering: set[dns.name.Name] = set()

    @property
    def questions_asked(self) -> int:
        """How many questions have left in this run, retries included."""
        return self._walk.questions_asked

    def for_domain(self) -> DomainView:
        """A view with a budget of its own (L-2, L-8), which no restart resets; everything known is shared."""
        return DomainView(self, Budget(self._criteria.limits))

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The validated answer for an absolute A-label name and a type mnemonic; never raises for the network.

        Raises UsageError where name or type are none.
        """
        return await self.for_domain().lookup(name, rdtype)

    def zone_is_proven_signed(self, name: str) -> bool:
        """Whether a zone that holds `name` has given a validated answer in this run (D-12).

        A zone that was only passed on the way, as a top-level domain is, does not count: what lies below it is
        unknown. Neither does one with an insecure cut known between it and the name.
        """
        at = _name(name)
        while True:
            standing = self._walk.known_standing(at)
            if standing is not None and not (isinstance(standing, Signed) and standing.doubt is None):
                return False
            if at in self._answering:
                return True
            if at == dns.name.root:
                return False
            at = at.parent()

    async def look_up(self, name: dns.name.Name, rdtype: int, budget: Budget) -> Lookup:
        """`lookup` with the budget of a domain."""
        question = Question(name, rdtype)
        try:
            async with asyncio.timeout(self._criteria.limits.lookup_seconds):
                return await self._lookups.join((name, rdtype), budget, lambda: self._resolve(name, rdtype, budget))
        except TimeoutError:
            seconds = self._criteria.limits.lookup_seconds
            sentence = f"{question} and what it takes to validate it took more than {seconds:g} seconds"
            return Indeterminate(Why(Cause.TRANSPORT, sentence, record=str(question), fault="timeout"))
        except Spent as spent:
            return Indeterminate(Why(Cause.LIMIT, spent.what, record=str(question)))

    # --- one lookup ----------------------------------------------------------------------------------

    async def _resolve(self, name: dns.name.Name, rdtype: int, budget: Budget) -> Lookup:
        ahead: list[asyncio.Task[None]] = []
        try:
            return await self._follow(name, rdtype, budget, ahead)
        except Spent as spent:
            if spent.domain:
                raise
            return Indeterminate(Why(Cause.LIMIT, spent.what, record=str(Question(name, rdtype))))
        finally:
            for task in ahead:
                task.cancel()

    async def _follow(
        self, name: dns.name.Name, rdtype: int, budget: Budget, ahead: list[asyncio.Task[None]]
    ) -> Lookup:
        """From alias to alias to the last step, within L-3."""
        tally = Tally(budget, self._criteria)
        hops: list[tuple[AliasHop, Step]] = []
        seen = {name}
        message: Message | None = None
        signed_seen = False
        while True:
            ahead += self._walk.ask_ahead(name, budget)
            step, target, message = await self._at(name, rdtype, message, tally, budget)
            signed_seen = signed_seen or (message is not None and has_signatures(message))
            if target is None or step.status in {"bogus", "indeterminate"}:
                return lookup_of(self._not_stripped(step, signed_seen), hops)
            hop, name = target, dns.name.from_text(target.target)
            hops.append((hop, step))
            if name in seen:
                return lookup_of(_loop(hop, hops), hops)
            if len(hops) > self._criteria.limits.alias_hops:
                sentence = f"more than {self._criteria.limits.alias_hops} aliases lead on from {hops[0][0].owner}"
                return lookup_of(failed(Why(Cause.ALIAS_LIMIT, sentence, record=hop.owner)), hops)
            seen.add(name)

    async def _at(
        self, name: dns.name.Name, rdtype: int, heard: Message | None, tally: Tally, budget: Budget
    ) -> tuple[Step, AliasHop | None, Message | None]:
        """What `name` comes to: by the reply in hand if it speaks of the name, else by asking, at most thrice."""
        first: tuple[Step, AliasHop | None, Message | None] | None = None
        if heard is not None and _speaks_of(name, rdtype, heard):
            step, hop = await self._judge(name, rdtype, heard, tally, budget)
            if not step.again:
                return step, hop, heard
            first = step, hop, heard
        question = Question(name, rdtype)
        for attempt in range(self._walk.attempts):
            reply = await self._walk.hear(question, attempt, budget)
            if (why := trouble(question, reply)) is not None:
                return first or (failed(why), None, None)
            assert isinstance(reply, Message)
            step, hop = await self._judge(name, rdtype, reply, tally, budget)
            if not step.again:
                return step, hop, reply
            first = first or (step, hop, reply)
        assert first is not None
        return first

    async def _judge(
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
        if rrset.rdtype == rrtype.TLSA and len(rrset.records) > self._criteria.limits.tlsa_records:
            raise Spent(f"{rrset} has more than {self._criteria.limits.tlsa_records} records")
        settled = await self._settle(
            _home(rrset.owner, rrset.rdtype),
            signers(rrset),
            budget,
            lambda zone: judge_data(rrset, message, zone, tally),
        )
        return self._noted(step_of(settled, rrset, message, self._criteria, str(rrset)))

    async def _alias(
        self, found: alias.Alias, rdtype: int, message: Message, tally: Tally, budget: Budget
    ) -> tuple[Step, AliasHop | None]:
        source = found.source
        settled = await self._settle(
            source.owner, signers(source), budget, lambda zone: judge_alias(found, message, zone, tally)
        )
        step = step_of(settled, source, message, self._criteria, str(source))
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
        said = denial_signers(message)
        if rdtype == rrtype.DS and name != dns.name.root:
            said.discard(name)
        settled = await self._settle(
            _home(name, rdtype), said, budget, lambda zone: judge_absence(name, rdtype, message, zone, tally)
        )
        return self._noted(step_of(settled, None, message, self._criteria, str(Question(name, rdtype))))

    async def _any(
        self, name: dns.name.Name, sets: Sequence[RRset], message: Message, tally: Tally, budget: Budget
    ) -> Step | None:
        """Every set of the name is judged, and the weakest gives the status."""
        made = alias.at(name, {(one.owner, one.rdtype): one for one in sets})
        own = [one for one in sets if one.owner == name and not (made is not None and made.claimed is one)]
        steps = [await self._data(one, message, tally, budget) for one in own]
        return weakest(steps) if steps else None

    # --- where a step lies ---------------------------------------------------------------------------

    async def _settle(self, home: dns.name.Name, said: set[dns.name.Name], budget: Budget, judge: Judge) -> Settled:
        """The judgement by the zone that a step claims to be of, and what the walk to `home` says if that fails.

        `said` are the signers the records name. Missing or stray signatures decide nothing by themselves: only
        the walk can show that the name lies in an unsigned zone (ZC-b).
        """
        anchor = self._walk.anchors.zone_of(home)
        near = [one for one in said if home.is_subdomain(one) and anchor is not None and one.is_subdomain(anchor)]
        claimed = max(near, key=len, default=home)
        standing = await self._walk.standing(claimed, budget)
        if not isinstance(standing, Signed):
            return standing
        judgement = judge(standing.zone)
        if not isinstance(judgement, Refused):
            return self._walk.cut_below(standing, home, budget) or judgement, standing
        if claimed != home:
            full = await self._walk.standing(home, budget)
            if isinstance(full, Unsigned):
                return full
            # Below the signer a DS question that fails counts for nothing (ZC-a): the signature is what failed.
            standing = full if isinstance(full, Signed) else standing
        if standing.doubt is not None:
            return Unsigned(standing.doubt, standing.links)
        return judgement, standing

    def _noted(self, step: Step) -> Step:
        """Remembers which zones have answered (D-12)."""
        if step.status == "secure" and step.zone is not None and step.kind != "nxdomain":
            self._answering.add(step.zone)
        return step

    def _not_stripped(self, step: Step, signed_seen: bool) -> Step:
        """An anchor without any signature, and an answer without any: the resolver drops them (R7672-2.1.1-e)."""
        if not step.stripped or signed_seen or step.why is None:
            return step
        sentence = "the resolver passes on no signatures at all, so nothing can be validated through it"
        return failed(replace(step.why, cause=Cause.NO_DNSSEC, sentence=sentence), step.links)


class DomainView:
    """The resolver as one domain sees it: shared knowledge, a budget of its own. A `LookupSource`."""

    def __init__(self, resolver: ValidatingResolver, budget: Budget) -> None:
        self._resolver = resolver
        self.budget = budget

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The validated answer for an absolute A-label name and a type mnemonic; never raises for the network.

        Raises UsageError where name or type are none.
        """
        return await self._resolver.look_up(_name(name), _type(rdtype), self.budget)

    def zone_is_proven_signed(self, name: str) -> bool:
        """As `ValidatingResolver.zone_is_proven_signed`."""
        return self._resolver.zone_is_proven_signed(name)


def _name(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text, dns.name.root)
    except (dns.exception.DNSException, UnicodeError) as trouble_:
        raise UsageError(f"{text!r} is no domain name: {trouble_}") from None


def _type(text: str) -> int:
    try:
        return int(rrtype.from_text(text))
    except (dns.exception.DNSException, ValueError):
        raise UsageError(f"{text!r} is no DNS record type") from None


def _home(owner: dns.name.Name, rdtype: int) -> dns.name.Name:
    """The name whose zone holds a record: DS stands on the parent's side (R4035-3.1.4.1-a)."""
    return owner.parent() if rdtype == rrtype.DS and owner != dns.name.root else owner


def _speaks_of(name: dns.name.Name, rdtype: int, message: Message) -> bool:
    """Whether a reply got for an alias says something of its target as well."""
    sets = rrsets(message.answer)
    if (name, rdtype) in sets or alias.at(name, sets) is not None:
        return True
    # A wildcard's proof also stands in the authority section; only the SOA says that the rest is an absence.
    return any(one.rdtype == rrtype.SOA and name.is_subdomain(one.owner) for one in message.authority)


def _unvalidated(name: dns.name.Name, message: Message) -> Step:
    records = rrsigs_at(name, message.answer)
    why = Why(Cause.NOT_VALIDATED, "signatures are not themselves signed", record=f"{name} RRSIG")
    kind: Kind = "data" if records else "nxdomain" if message.rcode == _NXDOMAIN else "nodata"
    return Step("insecure", (), kind, why, records)


def _loop(hop: AliasHop, hops: Sequence[tuple[AliasHop, Step]]) -> Step:
    """A loop whose links are all secure is proven; with an insecure one it may be anybody's (R7672-2.1.3-f)."""
    proven = all(one.status == "secure" for one, _ in hops)
    why = Why(Cause.ALIAS_LOOP, f"the alias {hop.owner} leads back to {hop.target}", record=f"{hop.owner} {hop.via}")
    return failed(why, bogus=proven)


def _is_lasting(lookup: Lookup) -> bool:
    """Whether asking again would be idle; a proven alias trouble is, a silent server is not."""
    return not isinstance(lookup, Indeterminate) or lookup.why.cause is Cause.ALIAS_LIMIT
