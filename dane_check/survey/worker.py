"""A process that judges domains for a survey: names come in on standard input, verdicts go out on standard output.

It asks the survey before every session with a mail server: politeness belongs to the run and not to a process, and
another worker may have held that very session (L-21).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

# All that a check of a domain in good order loads: here nothing is to be asked before a brief comes.
import dane_check.check.diagnostics
import dane_check.check.domain
import dane_check.check.families
import dane_check.dnssec.follow
import dane_check.network.handshake
import dane_check.network.prober
import dane_check.report.json  # noqa: F401
from dane_check.ports import ProbeOutcome, ProbeRequest, SmtpReply
from dane_check.survey.brief import Brief, guarded
from dane_check.survey.element import Element
from dane_check.survey.frames import AfterTls, Check, Checked, Frame, GoAhead, Held, MayI, Ready, packed, unpacked
from dane_check.survey.rounds import Rounds

_REMEMBERED: Final = 4096  # sessions whose courtesies may be asked for


class Desk:
    """This end of the pipes; as a `Doorkeeper` it passes every question on to the survey."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._tickets = itertools.count()
        self._asked: dict[int, asyncio.Future[ProbeOutcome | None]] = {}
        self._mine: OrderedDict[ProbeRequest, None] = OrderedDict()
        self._replies: dict[ProbeRequest, asyncio.Future[SmtpReply | None]] = {}

    def say(self, frame: Frame) -> None:
        """Sends a frame; what does not fit into the pipe waits here. Once the survey is gone, nobody is told."""
        if not self._writer.is_closing():
            self._writer.write(packed(frame))

    async def hear(self) -> object:
        """The next frame; None at the end of the survey."""
        return await unpacked(self._reader)

    async def hold(
        self,
        request: ProbeRequest,
        turn: int,
        let_in: Callable[[], None],
        probe: Callable[[], Awaitable[ProbeOutcome]],
    ) -> ProbeOutcome:
        """See `check.gate.Doorkeeper`."""
        ticket = next(self._tickets)
        self._asked[ticket] = asyncio.get_running_loop().create_future()
        outcome: ProbeOutcome | None = None
        self.say(MayI(ticket, (request, turn)))
        try:
            known = await self._asked[ticket]
            let_in()
            if known is not None:
                return known
            self._remember(request)
            outcome = await probe()
            return outcome
        finally:  # where another held it, or nobody did, the survey knows better
            self._asked.pop(ticket)
            self.say(Held(ticket, outcome))

    def _remember(self, request: ProbeRequest) -> None:
        self._mine[request] = None
        if len(self._mine) > _REMEMBERED:
            self._mine.popitem(last=False)

    async def after_tls(
        self, request: ProbeRequest, ask: Callable[[], Awaitable[SmtpReply | None]]
    ) -> SmtpReply | None:
        """See `check.gate.Doorkeeper`."""
        if request in self._mine:
            reply = await ask()
            self.say(AfterTls(request, told=True, reply=reply))
            return reply
        waiting = self._replies.get(request)
        if waiting is None:
            waiting = self._replies[request] = asyncio.get_running_loop().create_future()
            self.say(AfterTls(request))
        return await asyncio.shield(waiting)

    def answered(self, said: GoAhead | AfterTls) -> None:
        """What the survey says to a question of ours; whoever asked may have given up meanwhile."""
        match said:
            case GoAhead(ticket, outcome):
                asked = self._asked.get(ticket)
                if asked is not None and not asked.done():
                    asked.set_result(outcome)
            case AfterTls(request, reply=reply):
                waiting = self._replies.pop(request, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(reply)


async def work() -> None:
    """Until standard input ends."""
    desk = Desk(*await _pipes())
    brief = await desk.hear()
    if brief is None:  # the survey came to nothing
        return
    assert isinstance(brief, Brief)
    async with Rounds(lambda: brief.checker(desk), brief.settings.limits.run.round_seconds) as rounds:
        desk.say(Ready())
        await _serve(desk, brief, rounds)


async def _serve(desk: Desk, brief: Brief, rounds: Rounds) -> None:
    under_way: set[asyncio.Task[None]] = set()

    async def check(name: str) -> None:
        desk.say(Checked(await guarded(name, judged(name))))

    async def judged(name: str) -> Element:
        async with rounds.checker() as checker:
            return brief.rendering.element(name, await checker.domain(name))

    try:
        while (frame := await desk.hear()) is not None:
            match frame:
                case Check(name):
                    task = asyncio.create_task(check(name))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                case GoAhead() | AfterTls():
                    desk.answered(frame)
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _pipes() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", 0)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, out)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed by mistake must not break a frame
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


def main() -> None:
    """The whole life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the survey's to handle; it ends us with our pipe
    asyncio.run(work())
    os._exit(0)  # all is said; the survey waits, and the system frees at once what Python would piece by piece
