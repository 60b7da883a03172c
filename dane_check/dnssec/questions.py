"""The questions of one run, each asked once: those that somebody needs, and those that leave in case somebody will."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Final

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.budget import Budget
from dane_check.dnssec.flight import Flights
from dane_check.limits import DnsLimits
from dane_check.ports import DnsTransport, Fault, Heard, NoReply, Question, Server
from dane_check.wire.octets import name_of

_LEAST_ATTEMPTS: Final = (
    2  # R4035-4.7-a: an answer that fails is asked for once more, elsewhere if there is an elsewhere
)
_MOST_ATTEMPTS: Final = 3
_LIKELY_ZONES: Final = 8  # labels asked about at once, downwards; deeper ones wait for the walk


class Questions:
    """What the servers of a run are asked, and what they said. Nothing here is believed or judged.

    attempts -- how often an answer is asked for that comes to nothing. asked -- how many questions have left so far,
    retries included.
    """

    def __init__(self, transport: DnsTransport, servers: Sequence[Server], limits: DnsLimits) -> None:
        self._transport = transport
        self._servers = tuple(servers)
        self.attempts = max(_LEAST_ATTEMPTS, min(_MOST_ATTEMPTS, len(servers)))
        self.asked = 0
        self._guesses: set[tuple[Question, int]] = set()
        self._replies: Flights[tuple[Question, int], Heard] = Flights(_is_reply, limits.replies_kept)

    async def hear(self, question: Question, attempt: int, budget: Budget) -> Heard:
        """The reply to a question, from one server after the other until one answers. Raises `Spent`.

        `attempt` counts from 0; a later one asks again, beginning with another server. The failure of a question
        that was asked early counts for nothing: who needs the answer asks once more.
        """

        async def ask() -> Heard:
            if attempt == 0:
                budget.ask()
            return await self._ask_servers(question, attempt)

        key = (question, attempt)
        while True:
            guessed = key in self._guesses
            heard = await self._replies.join(key, budget, ask)
            if not guessed or _is_reply(heard):
                return heard

    def heard(self, question: Question) -> Heard | None:
        """The first reply to it, if there is one by now."""
        return self._replies.known((question, 0))

    def under_way(self, question: Question) -> bool:
        """Whether it has left, or is answered."""
        return self._replies.under_way((question, 0))

    def guess(
        self, zones: Sequence[dns.name.Name], anchor: dns.name.Name, budget: Budget, but: Question | None = None
    ) -> list[Callable[[], None]]:
        """The DS and DNSKEY questions of these zones leave together, `but` one that is being asked anyway.

        The functions returned give them up.
        """
        questions: list[Question] = []
        for zone in zones[:_LIKELY_ZONES]:
            questions += [Question(zone, rrtype.DS)] if zone != anchor else []
            questions += [Question(zone, rrtype.DNSKEY)] if not _is_service(zone) else []
        wanted = [one for one in questions if one != but and not self.under_way(one)]
        return [self._ask_early(question, budget) for question in wanted]

    def _ask_early(self, question: Question, budget: Budget) -> Callable[[], None]:
        """Asks what nobody needs yet and nobody has asked; the function returned gives it up."""
        key = (question, 0)

        async def guess() -> Heard:
            try:
                return await self._guessed(question, budget)
            finally:
                self._guesses.discard(key)

        def give_up() -> None:
            let_go()
            if not self.under_way(question):
                self._guesses.discard(key)

        self._guesses.add(key)
        let_go = self._replies.begin(key, budget, guess)
        return give_up

    async def _guessed(self, question: Question, budget: Budget) -> Heard:
        if not budget.may_guess:
            return NoReply(Fault.TIMEOUT, "not asked")
        budget.ask()
        heard = await self._ask_servers(question, 0)
        if not _is_reply(heard):
            budget.take_back()
        return heard

    async def _ask_servers(self, question: Question, attempt: int) -> Heard:
        first: Heard | None = None
        for number in range(len(self._servers)):
            self.asked += 1
            server = self._servers[(attempt + number) % len(self._servers)]
            heard = await self._transport.ask(question, server)
            if _is_reply(heard):
                return heard
            first = first or heard
        assert first is not None  # a resolver without servers is refused when it is made
        return first


def on_the_way(anchor: dns.name.Name, name: dns.name.Name) -> list[dns.name.Name]:
    """The likely zones from `anchor` to `name`, both included. Labels with an underscore are hardly ever zone cuts."""
    return list(takewhile(lambda zone: zone == anchor or not _is_service(zone), path(anchor, name)))


def _is_service(name: dns.name.Name) -> bool:
    return bool(name.labels) and name.labels[0].startswith(b"_")


@lru_cache(maxsize=4096)
def path(anchor: dns.name.Name, name: dns.name.Name) -> tuple[dns.name.Name, ...]:
    """From `anchor` to `name`, a label at a time, both included.

    Kept because names are costly to make, and to compare where they are equal but not the same object.
    """
    return tuple(name_of(name.labels[-labels:]) for labels in range(len(anchor), len(name) + 1))


def _is_reply(heard: Heard) -> bool:
    return not isinstance(heard, NoReply) and not heard.truncated and heard.rcode in {0, 3}
