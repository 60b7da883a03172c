"""What the workers of a survey share: politeness toward mail servers, and every session that one of them has held."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from dane_check.check.gate import Gate
from dane_check.ports import ProbeOutcome, ProbeRequest, SmtpReply
from dane_check.survey.frames import Errand

_KEPT: Final = 8192  # sessions that are remembered; a chain may have 100 KiB, most have 4 (L-24)
_AFTER_TLS_SECONDS: Final = 2.0  # a worker that asks gives up after one (D-24)


@dataclass(slots=True)
class _Session:
    outcome: asyncio.Future[ProbeOutcome | None]
    holder: int
    after_tls: asyncio.Future[SmtpReply | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Office:
    """Answers the workers' questions, each known by its number."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._sessions: OrderedDict[Errand, _Session] = OrderedDict()
        self._waiting: set[asyncio.Task[ProbeOutcome]] = set()

    async def may_begin(self, errand: Errand, worker: int) -> ProbeOutcome | None:
        """None when `worker` may hold the session now; else what came of it when another held it."""
        while True:
            session = self._sessions.get(errand)
            if session is None:
                await self._begin(errand, worker)
                return None
            self._sessions.move_to_end(errand)
            outcome = await asyncio.shield(session.outcome)
            if outcome is not None:
                return outcome

    def held(self, errand: Errand, outcome: ProbeOutcome | None) -> None:
        """What came of a session that was let begin; None where it was given up, and is anybody's again."""
        session = self._sessions.get(errand)
        if session is None or session.outcome.done():
            return
        if outcome is None:
            del self._sessions[errand]
        session.outcome.set_result(outcome)

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        """The reply to EHLO under TLS, once the worker that held the session has told it; None for silence."""
        session = self._sessions.get((request, 0))
        if session is None:
            return None
        done, _ = await asyncio.wait({session.after_tls}, timeout=_AFTER_TLS_SECONDS)
        return session.after_tls.result() if done else None

    def replied(self, request: ProbeRequest, reply: SmtpReply | None) -> None:
        """The reply that the worker heard who held the session."""
        session = self._sessions.get((request, 0))
        if session is not None and not session.after_tls.done():
            session.after_tls.set_result(reply)

    def gone(self, worker: int) -> None:
        """A worker has ended: what it was holding is anybody's."""
        for errand in [errand for errand, one in self._sessions.items() if one.holder == worker]:
            self.held(errand, None)

    async def aclose(self) -> None:
        """Nobody is let in any more."""
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def _begin(self, errand: Errand, worker: int) -> None:
        loop = asyncio.get_running_loop()
        let_in = asyncio.Event()
        outcome: asyncio.Future[ProbeOutcome | None] = loop.create_future()
        self._sessions[errand] = _Session(outcome, worker)
        self._forget_the_oldest()

        async def until_held() -> ProbeOutcome:
            found = await outcome
            if found is None:
                raise asyncio.CancelledError
            return found

        task = asyncio.create_task(self._gate.hold(*errand, let_in.set, until_held))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        await let_in.wait()

    def _forget_the_oldest(self) -> None:
        while len(self._sessions) > _KEPT:
            oldest = next(iter(self._sessions))
            if not self._sessions[oldest].outcome.done():
                return
            del self._sessions[oldest]
