"""From a question to its last step, alias by alias, each step judged by the zone it lies in (RFC 4035 §5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import dns.name

from dane_check.dnssec.anchors import TrustAnchors
from dane_check.dnssec.budget import Budget, Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.judge import Judge, speaks_of
from dane_check.dnssec.lookup import AliasHop, Cause, Indeterminate, Lookup, Why
from dane_check.dnssec.proof import trouble
from dane_check.dnssec.questions import Questions
from dane_check.dnssec.standing import has_signatures
from dane_check.dnssec.step import Step, failed, lookup_of
from dane_check.dnssec.walk import Walk
from dane_check.ports import Heard, Question
from dane_check.wire.message import Message


class Follower:
    """Follows questions over the walk of one run."""

    def __init__(self, questions: Questions, anchors: TrustAnchors, criteria: Criteria) -> None:
        self._questions = questions
        self._criteria = criteria
        self._walk = Walk(questions, anchors, criteria)
        self._judge = Judge(self._walk)

    def is_proven_signed(self, name: dns.name.Name) -> bool:
        """See `Walk.is_proven_signed`."""
        return self._walk.is_proven_signed(name)

    async def follow(
        self,
        name: dns.name.Name,
        rdtype: int,
        budget: Budget,
        ahead: list[Callable[[], None]],
        given: Message | None = None,
        begun: Awaitable[Heard] | None = None,
    ) -> Lookup:
        """From alias to alias to the last step, within L-3. Raises `Spent`.

        ahead -- functions that give up what is asked early are added here. given -- the first reply, where it is here
        already; it may be another server's. begun -- the first reply, where the first flight of the run has left.
        """
        if given is not None and (why := trouble(Question(name, rdtype), given)) is not None:
            return Indeterminate(why)
        tally = Tally(budget, self._criteria)
        hops: list[tuple[AliasHop, Step]] = []
        seen = {name}
        message: Message | None = None
        signed_seen = False
        while True:
            if begun is None:
                ahead += self._walk.ask_ahead(Question(name, rdtype), budget)
            if given is not None:
                step, target = await self._judge.judge(name, rdtype, given, tally, budget)
                message, given = given, None
            else:
                step, target, message = await self._at(name, rdtype, message, tally, budget, begun)
                begun = None
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
        self,
        name: dns.name.Name,
        rdtype: int,
        heard: Message | None,
        tally: Tally,
        budget: Budget,
        begun: Awaitable[Heard] | None,
    ) -> tuple[Step, AliasHop | None, Message | None]:
        """What `name` comes to: by the reply in hand if it speaks of the name, else by asking, at most thrice."""
        first: tuple[Step, AliasHop | None, Message | None] | None = None
        if heard is not None and speaks_of(name, rdtype, heard):
            step, hop = await self._judge.judge(name, rdtype, heard, tally, budget)
            if not step.again:
                return step, hop, heard
            first = step, hop, heard
        question = Question(name, rdtype)
        for attempt in range(self._questions.attempts):
            if begun is not None and attempt == 0:
                reply = await begun
            else:
                reply = await self._questions.hear(question, attempt, budget)
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


def _loop(hop: AliasHop, hops: Sequence[tuple[AliasHop, Step]]) -> Step:
    """A loop whose links are all secure is proven; with an insecure one it may be anybody's (R7672-2.1.3-f)."""
    proven = all(one.status == "secure" for one, _ in hops)
    why = Why(Cause.ALIAS_LOOP, f"the alias {hop.owner} leads back to {hop.target}", record=f"{hop.owner} {hop.via}")
    return failed(why, bogus=proven)
