"""What the workers of a survey share: politeness toward mail servers, and every session that one of them has held."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from dane_check.check.gate import Gate
from dane_check.check.session import forget_the_oldest
from dane_check.ports import ProbeOutcome, ProbeRequest, SmtpReply
from dane_check.survey.frames import Errand

_KEPT: Final = 8192  # sessions that are remembered; a chain may have 100 KiB, most have 4 (L-24)
_AFTER_TLS_SECONDS: Final = 2.0  # a worker that asks gives up after one (D-24)


def _future() -> asyncio.Future[SmtpReply | None]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class _Session:
    """outcome -- None where it was given up, and is anybody's again. since -- when it was first asked for."""

    since: float
    outcome: asyncio.Future[ProbeOutcome | None]
    after_tls: asyncio.Future[SmtpReply | None] = field(default_factory=_future)


class Office:
    """One gate, and one session of each kind, for all workers.

    good_for -- seconds; what a session served is told to others for as long, and then it is held anew.
    """

    def __init__(self, gate: Gate, good_for: float, seconds: Callable[[], float] = time.monotonic) -> None:
        self._gate = gate
        self._good_for = good_for
        self._seconds = seconds
        self._sessions: OrderedDict[Errand, _Session] = OrderedDict()

    async def hold(self, errand: Errand, probe: Callable[[], Awaitable[ProbeOutcome]]) -> ProbeOutcome:
        """What came of a session: held by `probe` once it may begin, or by whoever asked for it first.

        Whoever is cancelled here gives the session up: the next one who wants it holds it.
        """
        while True:
            session = self._known(errand)
            if session is None:
                return await self._hold(errand, probe)
            outcome = await asyncio.shield(session.outcome)
            if outcome is not None:
                return outcome

    def _known(self, errand: Errand) -> _Session | None:
        session = self._sessions.get(errand)
        if session is None or (session.outcome.done() and self._seconds() - session.since > self._good_for):
            return None
        return session

    async def _hold(self, errand: Errand, probe: Callable[[], Awaitable[ProbeOutcome]]) -> ProbeOutcome:
        session = _Session(self._seconds(), asyncio.get_running_loop().create_future())
        self._sessions[errand] = session
        self._sessions.move_to_end(errand)
        forget_the_oldest(self._sessions, lambda one: one.outcome.done(), _KEPT)
        outcome = None
        try:
            outcome = await self._gate.hold(*errand, lambda: None, probe)
            return outcome
        finally:
            if outcome is None and self._sessions.get(errand) is session:
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
