"""A TLSA answer that has grown old by the time of a session is asked for again (threats T-8).

Sessions wait at the gate, and records change meanwhile. What is asked again is asked anew from the anchor down, and
judged at the moment it is asked. Evidence keeps which session was judged by which answer, so that a replay need not
wait to come to the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from dane_check.check.session import DomainLookups, Moments
from dane_check.dnssec.lookup import Lookup, Proof, Secure
from dane_check.evidence.record import Renewal
from dane_check.policy.base_domain import Requirement
from dane_check.policy.stopped import Stopped
from dane_check.ports import ProbeRequest

_OLDEST_SECONDS: Final = 100.0  # threats T-8: what Postfix keeps them for at most
_LEAST_SECONDS: Final = 1.0  # as Postfix does; a TTL of 0 is no reason to ask for ever
_MOST_BY_TTL: Final = 8  # renewals for one family of one host; after these a short TTL is a reason no more


@dataclass(frozen=True, slots=True)
class Answered:
    """A requirement, and the lookup it comes from, where one lookup decided."""

    requirement: Requirement | Stopped
    answer: Lookup | None = None

    def good_for(self, moment: datetime, *, by_ttl: bool = True) -> float | None:
        """Seconds from `moment`, when it was heard, to its end; None where it does not age."""
        if not isinstance(self.answer, Secure) or not isinstance(self.answer.proof, Proof):
            return None
        lives = [_OLDEST_SECONDS]
        if by_ttl:
            lives += [float(record.ttl) for record in self.answer.records]
        if self.answer.expires is not None:
            lives.append((self.answer.expires - moment).total_seconds())
        return max(_LEAST_SECONDS, min(lives))


@dataclass(slots=True)
class Freshest:
    """The TLSA answer for one family of one host, as fresh as the session that is judged by it.

    again -- makes the requirement anew over other lookups.
    """

    moments: Moments | None
    first: Answered
    heard: float
    again: Callable[[DomainLookups], Awaitable[Answered]]
    _renewals: list[tuple[datetime, float]] = field(default_factory=list)  # the moment, and when that was
    _known: dict[datetime, asyncio.Task[Answered]] = field(default_factory=dict)

    async def for_session(
        self, request: ProbeRequest, turn: int, began: float | None
    ) -> tuple[Requirement | Stopped, Renewal | None]:
        """What the session is judged by, and when that was asked for again, if it was."""
        moments, request = self.moments, replace(request, helo="localhost")  # a replay may run on another machine
        if moments is None:
            return self.first.requirement, None
        if moments.recorded is not None:
            renewal = moments.recorded.get((request, turn))
        else:
            renewal = await self._due(moments, request, turn, began)
        if renewal is None:
            return self.first.requirement, None
        return (await self._at(moments, renewal.again)).requirement, renewal

    async def _due(self, moments: Moments, request: ProbeRequest, turn: int, began: float | None) -> Renewal | None:
        moment = await self._moment_for(moments, moments.seconds() if began is None else began)
        if moment is None:
            return None
        renewal = Renewal(request, turn, moments.at(self.heard), moment)
        moments.note(renewal)
        return renewal

    async def _moment_for(self, moments: Moments, began: float) -> datetime | None:
        """When the answer that counts for a session was asked for again; None for the first one.

        It is the last one heard before the session, and where that was too old by then, the next one after it.
        """
        last = next((one for one in reversed(self._renewals) if one[1] <= began), None)
        moment, heard = last or (moments.at(self.heard), self.heard)
        answered = await self._at(moments, moment) if last else self.first
        good_for = answered.good_for(moment, by_ttl=len(self._renewals) < _MOST_BY_TTL)
        if good_for is None or began - heard <= good_for:
            return moment if last else None
        following = next((one for one in self._renewals if one[1] > began), None)
        if following is None:
            now = moments.seconds()
            following = moments.at(now).replace(microsecond=0), now
            self._renewals.append(following)
        return following[0]

    async def _at(self, moments: Moments, moment: datetime) -> Answered:
        if moment not in self._known:
            self._known[moment] = asyncio.ensure_future(_made(self.again(moments.lookups(moment))))
        return await asyncio.shield(self._known[moment])


async def _made(work: Awaitable[Answered]) -> Answered:
    return await work
