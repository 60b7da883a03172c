"""One worker process, as the survey sees it."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Coroutine
from typing import Any, Self

from dane_check.ports import ProbeOutcome
from dane_check.survey.brief import Brief
from dane_check.survey.element import Element, Lost
from dane_check.survey.frames import AfterTls, Check, Checked, Frame, GoAhead, Held, MayI, Ready, packed, unpacked
from dane_check.survey.office import Office
from dane_check.survey.recruits import dismissed


class EndedAtOnce(Exception):
    """A worker process ended before it could judge anything."""


class WorkerProcess:
    """Use `started`. `ended` -- whether the process is gone, or going."""

    def __init__(self, process: Process, office: Office) -> None:
        self.ended = False
        self._process = process
        self._office = office
        self._ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._checks: dict[str, asyncio.Future[Element | Lost | None]] = {}
        self._sessions: dict[int, tuple[asyncio.Task[None], asyncio.Future[ProbeOutcome]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def started(cls, process: Process, brief: Brief, office: Office) -> Self:
        """A worker in this process, ready. Raises EndedAtOnce."""
        worker = cls(process, office)
        try:
            worker._say(brief)
            if not await worker._ready:
                status = await worker._process.wait()
                raise EndedAtOnce(f"a worker process ended with status {status} before it could judge anything")
        except BaseException:
            await worker.aclose()
            raise
        return worker

    async def check(self, name: str) -> Element | Lost | None:
        """The verdict on a domain; None if the process ends first."""
        if self.ended:
            return None
        result: asyncio.Future[Element | Lost | None] = asyncio.get_running_loop().create_future()
        self._checks[name] = result
        self._say(Check(name))
        try:
            return await result
        finally:
            self._checks.pop(name, None)

    async def aclose(self) -> None:
        """Ends the process."""
        try:
            await dismissed(self._process)
        finally:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    def _say(self, value: Brief | Frame) -> None:
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(packed(value))

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            while (frame := await unpacked(self._process.stdout)) is not None:
                self._heard(frame)
        finally:  # also where what it said made no sense
            await self._over()

    def _heard(self, frame: object) -> None:
        match frame:
            case Ready():
                self._ready.set_result(True)
            case Checked(result):
                waiting = self._checks.get(result.name)
                if waiting is not None and not waiting.done():
                    waiting.set_result(result)
            case MayI():
                held: asyncio.Future[ProbeOutcome] = asyncio.get_running_loop().create_future()
                task = self._spawn(self._attend(frame, held))
                self._sessions[frame.ticket] = task, held
                task.add_done_callback(lambda _: self._sessions.pop(frame.ticket, None))
            case Held():
                self._note(frame)
            case AfterTls(request, told=True, reply=reply):
                self._office.replied(request, reply)
            case AfterTls():
                self._spawn(self._tell(frame))

    async def _attend(self, asked: MayI, held: asyncio.Future[ProbeOutcome]) -> None:
        """One session that the worker asked for, to its end."""
        is_its_own = False

        async def let_begin() -> ProbeOutcome:
            nonlocal is_its_own
            is_its_own = True
            self._say(GoAhead(asked.ticket))
            return await held

        outcome = await self._office.hold(asked.errand, let_begin)
        if not is_its_own:
            self._say(GoAhead(asked.ticket, outcome))

    def _note(self, said: Held) -> None:
        task, held = self._sessions.get(said.ticket, (None, None))
        if task is None or held is None:
            return
        if said.outcome is None:
            task.cancel()
        elif not held.done():
            held.set_result(said.outcome)

    async def _tell(self, asked: AfterTls) -> None:
        self._say(AfterTls(asked.request, told=True, reply=await self._office.after_tls(asked.request)))

    async def _over(self) -> None:
        """Whoever waits for this process waits no longer; what it was holding is anybody's."""
        self.ended = True
        for task in self._tasks:
            task.cancel()
        if not self._ready.done():
            self._ready.set_result(False)
        for waiting in self._checks.values():
            if not waiting.done():
                waiting.set_result(None)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await dismissed(self._process)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
