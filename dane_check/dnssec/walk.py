"""The walk from the anchor down. Whatever one lookup learns of zones, the next one knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

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
from dane_check.dnssec.questions import Questions, on_the_way, path
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
from dane_check.ports import Question
from dane_check.wire.message import Message

T = TypeVar("T")


class Walk:
    """The zones of one run. Judgements are made elsewhere; here they are put in order."""

    def __init__(self, questions: Questions, anchors: TrustAnchors, criteria: Criteria) -> None:
        self._questions = questions
        self.anchors = anchors
        self.criteria = criteria
        self._answering: Kept[dns.name.Name, bool] = Kept(criteria.limits.answers_kept)
        self._standings: Flights[dns.name.Name, Standing] = Flights(_is_settled, criteria.limits.answers_kept)

    async def judged(
        self, question: Question, budget: Budget, judge: Callable[[Message], T]
    ) -> tuple[T | Why, Message | None]:
        """The first judgement that is not `Refused`; failing that, the first refusal; failing that, the trouble."""
        refused: tuple[T, Message] | None = None
        for attempt in range(self._questions.attempts):
            heard = await self._questions.hear(question, attempt, budget)
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

        A zone that has answered for its own names is likely to hold this one too, unlike one that was only passed
        on the way, as a top-level domain is: there nothing is asked. The caller calls what is returned when it is
        done: that gives up what is still open.
        """
        name = question.name
        anchor = self.anchors.zone_of(name)
        if anchor is None:
            return []
        deepest = next(filter(None, map(self._standings.known, reversed(path(anchor, name)))), None)
        if deepest is not None and (not isinstance(deepest, Signed) or self._has_vouched(deepest.zone.name)):
            return []
        unknown = [zone for zone in on_the_way(anchor, name) if self._standings.known(zone) is None]
        return self._questions.guess(unknown, anchor, budget, but=question)

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
                    ahead = self._questions.guess(zones[place:], anchor, budget)
                parent = standing
                standing = await self._step(zone, budget, lambda z=zone, p=parent: self._below(z, p, budget))  # type: ignore[misc]
            return standing
        finally:
            for give_up in ahead:
                give_up()

    def _is_at_hand(self, zone: dns.name.Name) -> bool:
        """Whether nothing has to be asked to know where `zone` stands, or it is being asked already."""
        return self._standings.under_way(zone) or self._questions.under_way(Question(zone, rrtype.DS))

    def vouched(self, zone: dns.name.Name) -> None:
        """Notes that a zone has vouched for something (D-12)."""
        self._answering.keep(zone, True)

    def is_proven_signed(self, name: dns.name.Name) -> bool:
        """Whether a zone that holds `name` has given a validated answer in this run (D-12).

        A zone that was only passed on the way, as a top-level domain is, does not count: what lies below it is
        unknown. Neither does one with an insecure cut known between it and the name.
        """
        for at in reversed(path(dns.name.root, name)):
            standing = self._standings.known(at)
            if standing is not None and not (isinstance(standing, Signed) and standing.doubt is None):
                return False
            if self._has_vouched(at):
                return True
        return False

    def _has_vouched(self, zone: dns.name.Name) -> bool:
        return self._answering.get(zone) is not None

    def cut_below(self, standing: Signed, top: dns.name.Name, budget: Budget) -> Refused | None:
        """A signed zone between the one that signed and `top`, seen in replies that have come (ZC-a)."""
        zone = standing.zone.name
        for name in path(zone, top)[1:]:
            heard = self._questions.heard(Question(name, rrtype.DS))
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


def _is_settled(standing: Standing) -> bool:
    """Whether asking again would be idle: what could not be had may be had later."""
    return not (isinstance(standing, Failed) and standing.status == "indeterminate")
