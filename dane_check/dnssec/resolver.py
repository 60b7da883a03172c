"""From a question to a Lookup: within its time and its budget, asked once, and shared by all who want it.

No resolver is believed. Servers bring records; keys decide what they are worth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import dns.exception
import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.anchors import TrustAnchors
from dane_check.dnssec.budget import Budget, Spent
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.flight import Flights
from dane_check.dnssec.questions import Questions, on_the_way
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, DnsLimits
from dane_check.loading import loaded
from dane_check.ports import DnsTransport, Heard, Question, Server
from dane_check.wire.octets import name_of

if TYPE_CHECKING:
    from dane_check.dnssec.follow import Follower
    from dane_check.dnssec.lookup import Lookup
    from dane_check.wire.message import Message

_NEEDED_BY_ANSWERS: Final = ("dane_check.dnssec.arithmetic", "dane_check.dnssec.follow")


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
        self._anchors = anchors
        self._questions = Questions(transport, servers, limits)
        self._follower: Follower | None = None
        self._lookups: Flights[tuple[dns.name.Name, int], Lookup] = Flights(_is_lasting, limits.answers_kept)

    @property
    def questions_asked(self) -> int:
        """How many questions have left in this run, retries included."""
        return self._questions.asked

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
        return self._follower is not None and self._follower.is_proven_signed(_name(name))

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
            return _late(question, sentence)
        except Spent as spent:
            return _beyond(question, spent)

    async def judge(self, name: dns.name.Name, rdtype: int, reply: Message, budget: Budget) -> Lookup:
        """What a reply of another server comes to; an alias in it leads on by this resolver. Kept for nobody else."""
        question = Question(name, rdtype)
        try:
            async with asyncio.timeout(self._criteria.limits.lookup_seconds):
                return await self._resolve(name, rdtype, budget, reply)
        except TimeoutError:
            sentence = f"the keys that {question} is signed with could not be had in time"
            return _late(question, sentence)
        except Spent as spent:
            return _beyond(question, spent)

    # --- one lookup ----------------------------------------------------------------------------------

    async def _resolve(self, name: dns.name.Name, rdtype: int, budget: Budget, given: Message | None = None) -> Lookup:
        ahead: list[Callable[[], None]] = []
        begun: asyncio.Task[Heard] | None = None
        try:
            if self._follower is None:
                if given is None:
                    begun = self._first_flight(Question(name, rdtype), budget, ahead)
                await loaded(*_NEEDED_BY_ANSWERS)
            return await self._following().follow(name, rdtype, budget, ahead, given, begun)
        except Spent as spent:
            if spent.domain:
                raise
            return _beyond(Question(name, rdtype), spent)
        finally:
            for give_up in ahead:
                give_up()
            if begun is not None:
                begun.cancel()

    def _first_flight(self, question: Question, budget: Budget, ahead: list[Callable[[], None]]) -> asyncio.Task[Heard]:
        """The first question of a run, and all on the way to it, leave before what judges the answers is loaded."""
        anchor = self._anchors.zone_of(question.name)
        if anchor is not None:
            ahead += self._questions.guess(on_the_way(anchor, question.name), anchor, budget, but=question)
        return asyncio.create_task(self._questions.hear(question, 0, budget))

    def _following(self) -> Follower:
        if self._follower is None:
            from dane_check.dnssec.follow import Follower

            self._follower = Follower(self._questions, self._anchors, self._criteria)
        return self._follower


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


def _late(question: Question, sentence: str) -> Lookup:
    from dane_check.dnssec.lookup import Cause, Indeterminate, Why

    return Indeterminate(Why(Cause.TRANSPORT, sentence, record=str(question), fault="timeout"))


def _beyond(question: Question, spent: Spent) -> Lookup:
    from dane_check.dnssec.lookup import Cause, Indeterminate, Why

    return Indeterminate(Why(Cause.LIMIT, spent.what, record=str(question)))


def _is_lasting(lookup: Lookup) -> bool:
    """Whether asking again would be idle; a proven alias trouble is, a silent server is not."""
    from dane_check.dnssec.lookup import Cause, Indeterminate

    return not isinstance(lookup, Indeterminate) or lookup.why.cause is Cause.ALIAS_LIMIT
