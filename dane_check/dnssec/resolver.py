"""From a question to a Lookup: ask, follow aliases, have every step judged by the zone it lies in (RFC 4035 §5).

No resolver is believed. Servers bring records; keys decide what they are worth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import dns.exception
import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.anchors import TrustAnchors
from dane_check.dnssec.budget import Budget, Spent, Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.flight import Flights
from dane_check.dnssec.judge import Judge, speaks_of
from dane_check.dnssec.lookup import AliasHop, Cause, Indeterminate, Lookup, Why
from dane_check.dnssec.proof import trouble
from dane_check.dnssec.standing import Signed, has_signatures
from dane_check.dnssec.step import Step, failed, lookup_of
from dane_check.dnssec.walk import Walk, path
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, DnsLimits
from dane_check.ports import DnsTransport, Question, Server
from dane_check.wire.message import Message
from dane_check.wire.octets import name_of


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
        self._lookups: Flights[tuple[dns.name.Name, int], Lookup] = Flights(_is_lasting, limits.answers_kept)
        self._judge = Judge(self._walk)

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
        for at in reversed(path(dns.name.root, _name(name))):
            standing = self._walk.known_standing(at)
            if standing is not None and not (isinstance(standing, Signed) and standing.doubt is None):
                return False
            if self._walk.has_vouched(at):
                return True
        return False

    async def look_up(self, name: dns.name.Name, rdtype: int, budget: Budget) -> Lookup:
        """`lookup` with the budget of a domain."""
        if (known := self._lookups.known((name, rdtype))) is not None:
            return known
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

    async def judge(self, name: dns.name.Name, rdtype: int, reply: Message, budget: Budget) -> Lookup:
        """What a reply of another server comes to; an alias in it leads on by this resolver. Kept for nobody else."""
        question = Question(name, rdtype)
        if (why := trouble(question, reply)) is not None:
            return Indeterminate(why)
        try:
            async with asyncio.timeout(self._criteria.limits.lookup_seconds):
                return await self._resolve(name, rdtype, budget, reply)
        except TimeoutError:
            sentence = f"the keys that {question} is signed with could not be had in time"
            return Indeterminate(Why(Cause.TRANSPORT, sentence, record=str(question), fault="timeout"))
        except Spent as spent:
            return Indeterminate(Why(Cause.LIMIT, spent.what, record=str(question)))

    # --- one lookup ----------------------------------------------------------------------------------

    async def _resolve(self, name: dns.name.Name, rdtype: int, budget: Budget, given: Message | None = None) -> Lookup:
        ahead: list[Callable[[], None]] = []
        try:
            return await self._follow(name, rdtype, budget, ahead, given)
        except Spent as spent:
            if spent.domain:
                raise
            return Indeterminate(Why(Cause.LIMIT, spent.what, record=str(Question(name, rdtype))))
        finally:
            for give_up in ahead:
                give_up()

    async def _follow(
        self,
        name: dns.name.Name,
        rdtype: int,
        budget: Budget,
        ahead: list[Callable[[], None]],
        given: Message | None,
    ) -> Lookup:
        """From alias to alias to the last step, within L-3; `given` is the first reply, where it is here already."""
        tally = Tally(budget, self._criteria)
        hops: list[tuple[AliasHop, Step]] = []
        seen = {name}
        message: Message | None = None
        signed_seen = False
        while True:
            ahead += self._walk.ask_ahead(Question(name, rdtype), budget)
            if given is not None:
                step, target = await self._judge.judge(name, rdtype, given, tally, budget)
                message, given = given, None
            else:
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
        if heard is not None and speaks_of(name, rdtype, heard):
            step, hop = await self._judge.judge(name, rdtype, heard, tally, budget)
            if not step.again:
                return step, hop, heard
            first = step, hop, heard
        question = Question(name, rdtype)
        for attempt in range(self._walk.attempts):
            reply = await self._walk.hear(question, attempt, budget)
            if (why := trouble(question, reply)) is not None:
                return first or (failed(why), None, None)
            assert isinstance(reply, Message)
            step, hop = await self._judge.judge(name, rdtype, reply, tally, budget)
            if not step.again:
                return step, hop, reply
            first = first or (step, hop, reply)
        assert first is not None
        return first

    def _not_stripped(self, step: Step, signed_seen: bool) -> Step:
        """An anchor without any signature, and an answer without any: the resolver drops them (R7672-2.1.1-e)."""
        if not step.stripped or signed_seen or step.why is None:
            return step
        sentence = "the resolver passes on no signatures at all"
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

    async def judge(self, name: str, rdtype: str, reply: Message) -> Lookup:
        """What the reply of another server to this question comes to, by the keys that are proven in this run."""
        return await self._resolver.judge(_name(name), _type(rdtype), reply, self.budget)

    def zone_is_proven_signed(self, name: str) -> bool:
        """As `ValidatingResolver.zone_is_proven_signed`."""
        return self._resolver.zone_is_proven_signed(name)


@lru_cache(maxsize=4096)
def _name(text: str) -> dns.name.Name:
    try:
        return name_of(dns.name.from_text(text, dns.name.root).labels)
    except (dns.exception.DNSException, UnicodeError) as trouble_:
        raise UsageError(f"{text!r} is no domain name: {trouble_}") from None


def _type(text: str) -> int:
    try:
        return int(rrtype.from_text(text))
    except (dns.exception.DNSException, ValueError):
        raise UsageError(f"{text!r} is no DNS record type") from None


def _loop(hop: AliasHop, hops: Sequence[tuple[AliasHop, Step]]) -> Step:
    """A loop whose links are all secure is proven; with an insecure one it may be anybody's (R7672-2.1.3-f)."""
    proven = all(one.status == "secure" for one, _ in hops)
    why = Why(Cause.ALIAS_LOOP, f"the alias {hop.owner} leads back to {hop.target}", record=f"{hop.owner} {hop.via}")
    return failed(why, bogus=proven)


def _is_lasting(lookup: Lookup) -> bool:
    """Whether asking again would be idle; a proven alias trouble is, a silent server is not."""
    return not isinstance(lookup, Indeterminate) or lookup.why.cause is Cause.ALIAS_LIMIT
