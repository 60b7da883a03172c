"""The workers of a survey: started, given names, asked about, replaced when one dies."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from dane_check.check.gate import Gate
from dane_check.live import SystemClock
from dane_check.survey.brief import Brief
from dane_check.survey.element import Element, Lost
from dane_check.survey.frames import AfterTls, Check, Checked, Frame, GoAhead, Held, MayI, packed, unpacked
from dane_check.survey.office import Office

_TRIES: Final = 2  # a domain that ends two workers is left alone
_COMMAND: Final = (sys.executable, "-m", "dane_check.survey.worker")


@asynccontextmanager
async def employed(brief: Brief, workers: int) -> AsyncIterator[Staff]:
    """So many worker processes, ended with the block."""
    staff = Staff(brief, workers)
    try:
        yield staff
    finally:
        await staff.aclose()


class Staff:
    """Gives each name to the least busy worker."""

    def __init__(self, brief: Brief, workers: int) -> None:
        self._brief = brief
        self._office = Office(Gate(brief.settings.limits.run, SystemClock()))
        self._desks = [_Worker(number, self._office, brief) for number in range(workers)]

    async def check(self, name: str) -> Element | Lost:
        """The verdict on a domain, by whichever worker."""
        for _ in range(_TRIES):
            found = await min(self._desks, key=lambda desk: desk.load).check(name)
            if found is not None:
                return found
        return Lost(name, "the process that judged it ended, twice; please report it")

    async def aclose(self) -> None:
        """Ends the workers and whatever they do."""
        await asyncio.gather(*(desk.aclose() for desk in self._desks))
        await self._office.aclose()


class _Worker:
    """One worker as the survey sees it; its process is started when it is first needed."""

    def __init__(self, number: int, office: Office, brief: Brief) -> None:
        self._number = number
        self._office = office
        self._brief = brief
        self._checks: dict[str, asyncio.Future[Element | Lost | None]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def load(self) -> int:
        """How many domains it has in hand."""
        return len(self._checks)

    async def check(self, name: str) -> Element | Lost | None:
        """The verdict; None if the process ended first."""
        result: asyncio.Future[Element | Lost | None] = asyncio.get_running_loop().create_future()
        self._checks[name] = result
        try:
            async with self._starting:
                if self._process is None:
                    await self._start()
            self._say(Check(name))
            return await result
        finally:
            self._checks.pop(name, None)

    async def _start(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=pipe, stdout=pipe, start_new_session=True, limit=1 << 20
        )
        assert self._process.stdin is not None
        self._process.stdin.write(packed(self._brief))
        self._spawn(self._listen(self._process))

    def _say(self, frame: Frame) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(packed(frame))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while (frame := await unpacked(process.stdout)) is not None:
            match frame:
                case Checked(result):
                    waiting = self._checks.get(result.name)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(result)
                case MayI():
                    self._spawn(self._let_in(frame))
                case Held(errand, outcome):
                    self._office.held(errand, outcome)
                case AfterTls(request, told=True, reply=reply):
                    self._office.replied(request, reply)
                case AfterTls():
                    self._spawn(self._tell(frame))
        await process.wait()
        self._process = None
        self._office.gone(self._number)
        for waiting in self._checks.values():
            if not waiting.done():
                waiting.set_result(None)

    async def _let_in(self, asked: MayI) -> None:
        known = await self._office.may_begin(asked.errand, self._number)
        self._say(GoAhead(asked.errand, known))

    async def _tell(self, asked: AfterTls) -> None:
        self._say(AfterTls(asked.request, told=True, reply=await self._office.after_tls(asked.request)))

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Ends the process: it stops what it does when its pipe closes."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
