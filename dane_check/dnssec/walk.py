"""The walk from the anchor down, and the questions it takes. Whatever one lookup learns, the next one knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Final, TypeVar

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.anchors import TrustAnchors
from dane_check.dnssec.budget import Budget, Spent, Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.cut import Cut, judge_cut
from dane_check.dnssec.delegation import Trusted, Unusable, trust_keys, unusable
from dane_check.dnssec.flight import Flights
from dane_check.dnssec.kept import Kept
from dane_check.dnssec.lookup import Cause, Why
from dane_check.dnssec.proof import trouble
from dane_check.dnssec.rrset import RRset, rrsets
from dane_check.dnssec.signature import Refused
from dane_check.dnssec.standing import (
    Entrance,
    Failed,
    Signed,
    Standing,
    at_anchor,
    below,
    inside,
    key_set,
    no_anchor,
)
from dane_check.ports import DnsTransport, Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Message
from dane_check.wire.octets import name_of

T = TypeVar("T")

_LEAST_ATTEMPTS: Final = (
    2  # R4035-4.7-a: an answer that fails is asked for once more, elsewhere if there is an elsewhere
)
_MOST_ATTEMPTS: Final = 3
_LIKELY_ZONES: Final = 8  # labels asked about at once, downwards; deeper ones wait for the walk


class Walk:
    """Questions, replies and zones of one run. Judgements are made elsewhere; here they are put in order."""

    def __init__(
        self, transport: DnsTransport, servers: Sequence[Server], anchors: TrustAnchors, criteria: Criteria
    ) -> None:
        self._transport = transport
        self._servers = tuple(servers)
        self.anchors = anchors
        self.criteria = criteria
        self.attempts = max(_LEAST_ATTEMPTS, min(_MOST_ATTEMPTS, len(servers)))
        self.questions_asked = 0
        self._answering: Kept[dns.name.Name, bool] = Kept(criteria.limits.answers_kept)
        self._guesses: set[tuple[Question, int]] = set()
        self._replies: Flights[tuple[Question, int], Heard] = Flights(_is_reply, criteria.limits.replies_kept)
        self._standings: Flights[dns.name.Name, Standing] = Flights(_is_settled, criteria.limits.answers_kept)

    # --- questions -----------------------------------------------------------------------------------

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
            if not self._replies.under_way(key):
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
            self.questions_asked += 1
            server = self._servers[(attempt + number) % len(self._servers)]
            heard = await self._transport.ask(question, server)
            if _is_reply(heard):
                return heard
            first = first or heard
        assert first is not None  # a resolver without servers is refused when it is made
        return first

    async def judged(
        self, question: Question, budget: Budget, judge: Callable[[Message], T]
    ) -> tuple[T | Why, Message | None]:
        """The first judgement that is not `Refused`; failing that, the first refusal; failing that, the trouble."""
        refused: tuple[T, Message] | None = None
        for attempt in range(self.attempts):
            heard = await self.hear(question, attempt, budget)
            why = trouble(question, heard)
            if why is not None:
                return refused or (why, None)
            assert isinstance(heard, Message)
            judgement = judge(heard)
            if not isinstance(judgement, Refused):
                return judgement, heard
            refused = refused or (judgement, heard)
            if judgement.cause is Cause.LIMIT:
                break
        assert refused is not None
        return refused

    def ask_ahead(self, question: Question, budget: Budget) -> list[Callable[[], None]]:
        """Asks for the DS and DNSKEY of every likely zone from the anchor down to the question's name, all at once.

        Labels with an underscore are hardly ever zone cuts. A zone that has answered for its own names is likely to
        hold this one too, unlike one that was only passed on the way, as a top-level domain is: there nothing is
        asked. The caller calls what is returned when it is done: that gives up what is still open.
        """
        name = question.name
        anchor = self.anchors.zone_of(name)
        if anchor is None:
            return []
        zones = path(anchor, name)
        deepest = next(filter(None, map(self._standings.known, reversed(zones))), None)
        if deepest is not None and (not isinstance(deepest, Signed) or self.has_vouched(deepest.zone.name)):
            return []
        unknown = [zone for zone in zones if self._standings.known(zone) is None]
        plain = list(takewhile(lambda zone: zone == anchor or not zone.labels[0].startswith(b"_"), unknown))
        return self._guess(plain, anchor, budget, but=question)

    def _guess(
        self, zones: Sequence[dns.name.Name], anchor: dns.name.Name, budget: Budget, but: Question | None = None
    ) -> list[Callable[[], None]]:
        """The DS and DNSKEY questions of these zones leave together, `but` one that is being asked anyway."""
        questions: list[Question] = []
        for zone in zones[:_LIKELY_ZONES]:
            questions += [Question(zone, rrtype.DS)] if zone != anchor else []
            questions += [Question(zone, rrtype.DNSKEY)] if not zone.labels[0].startswith(b"_") else []
        wanted = [one for one in questions if one != but and not self._replies.under_way((one, 0))]
        return [self._ask_early(question, budget) for question in wanted]

    # --- zones ---------------------------------------------------------------------------------------

    async def standing(self, name: dns.name.Name, budget: Budget) -> Standing:
        """Where `name` stands, from its closest enclosing anchor down, label by label (ZC-a). Raises `Spent`."""
        anchor = self.anchors.zone_of(name)
        if anchor is None:
            return no_anchor(name)
        ahead: list[Callable[[], None]] = []
        try:
            standing = await self._step(anchor, budget, lambda: self._at_anchor(anchor, budget))
            zones = path(anchor, name)[1:]
            for place, zone in enumerate(zones):
                if not isinstance(standing, Signed) or standing.closed:
                    break
                if not ahead and not self._is_at_hand(zone):
                    ahead = self._guess(zones[place:], anchor, budget)
                parent = standing
                standing = await self._step(zone, budget, lambda z=zone, p=parent: self._below(z, p, budget))  # type: ignore[misc]
            return standing
        finally:
            for give_up in ahead:
                give_up()

    def _is_at_hand(self, zone: dns.name.Name) -> bool:
        """Whether nothing has to be asked to know where `zone` stands, or it is being asked already."""
        return self._standings.under_way(zone) or self._replies.under_way((Question(zone, rrtype.DS), 0))

    def vouched(self, zone: dns.name.Name) -> None:
        """Notes that a zone has vouched for something (D-12)."""
        self._answering.keep(zone, True)

    def has_vouched(self, zone: dns.name.Name) -> bool:
        """Whether it has done so lately."""
        return self._answering.get(zone) is not None

    def known_standing(self, name: dns.name.Name) -> Standing | None:
        """Where `name` itself was found to stand in this run."""
        return self._standings.known(name)

    def cut_below(self, standing: Signed, top: dns.name.Name, budget: Budget) -> Refused | None:
        """A signed zone between the one that signed and `top`, seen in replies that have come (ZC-a)."""
        zone = standing.zone.name
        for name in path(zone, top)[1:]:
            heard = self._replies.known((Question(name, rrtype.DS), 0))
            if not isinstance(heard, Message) or (name, rrtype.DS) not in rrsets(heard.answer):
                continue
            cut = judge_cut(name, heard, standing.zone, Tally(budget, self.criteria))
            if not isinstance(cut, Refused):
                sentence = f"{zone} signs what lies in the zone {name}, to which it delegates with a DS"
                return Refused(Cause.SIGNER_WRONG, sentence)
        return None

    async def _step(self, name: dns.name.Name, budget: Budget, work: Callable[[], Awaitable[Standing]]) -> Standing:
        async def bounded() -> Standing:
            try:
                return await work()
            except Spent as spent:
                if spent.domain:
                    raise
                return Failed("indeterminate", Why(Cause.LIMIT, spent.what, zone=str(name)))

        return await self._standings.join(name, budget, bounded)

    async def _at_anchor(self, zone: dns.name.Name, budget: Budget) -> Standing:
        start = at_anchor(zone, self.anchors.entry(zone, self.criteria.moment(self.criteria.now)))
        return start if isinstance(start, Failed) else await self._enter(start, budget)

    async def _below(self, name: dns.name.Name, parent: Signed, budget: Budget) -> Standing:
        tally = Tally(budget, self.criteria)

        def judge(message: Message) -> Cut:
            return judge_cut(name, message, parent.zone, tally)

        cut, message = await self.judged(Question(name, rrtype.DS), budget, judge)
        if isinstance(cut, Why):
            return Failed("indeterminate", cut, parent.links)
        assert message is not None
        step = below(name, parent, cut, message, self.criteria)
        return await self._enter(step, budget) if isinstance(step, Entrance) else step

    async def _enter(self, entrance: Entrance, budget: Budget) -> Standing:
        """The zone behind an anchor or a DS set: its DNSKEY set is fetched and judged."""
        nothing = unusable(entrance.zone, entrance.entry, self.criteria)
        if nothing is not None:
            return inside(entrance, nothing, None, self.criteria)
        tally = Tally(budget, self.criteria)

        def judge(message: Message) -> Trusted | Unusable | Refused:
            found = key_set(entrance.zone, message)
            if not isinstance(found, RRset):
                return found
            return trust_keys(entrance.zone, entrance.entry, found, self.criteria, tally)

        judged, message = await self.judged(Question(entrance.zone, rrtype.DNSKEY), budget, judge)
        if isinstance(judged, Why):
            return Failed("indeterminate", judged, entrance.links)
        return inside(entrance, judged, message, self.criteria)


@lru_cache(maxsize=4096)
def path(anchor: dns.name.Name, name: dns.name.Name) -> tuple[dns.name.Name, ...]:
    """From `anchor` to `name`, a label at a time, both included.

    Kept because names are costly to make, and to compare where they are equal but not the same object.
    """
    return tuple(name_of(name.labels[-labels:]) for labels in range(len(anchor), len(name) + 1))


def _is_reply(heard: Heard) -> bool:
    return isinstance(heard, Message) and not heard.truncated and heard.rcode in {0, 3}


def _is_settled(standing: Standing) -> bool:
    """Whether asking again would be idle: what could not be had may be had later."""
    return not (isinstance(standing, Failed) and standing.status == "indeterminate")
