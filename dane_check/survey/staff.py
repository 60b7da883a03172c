"""The workers of a survey: given names, asked about, and replaced when one ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dane_check.check.gate import Gate
from dane_check.live import SystemClock
from dane_check.survey.brief import Brief
from dane_check.survey.element import Element, Lost
from dane_check.survey.office import Office
from dane_check.survey.process import EndedAtOnce, WorkerProcess
from dane_check.survey.recruits import Recruits

_STARTS = 3  # processes in a row that could not even begin; more would be no better


@asynccontextmanager
async def employed(brief: Brief, workers: int, recruits: Recruits) -> AsyncIterator[Staff]:
    """So many workers, ended with the block. Raises UsageError for a brief that cannot be worked by."""
    async with brief.checker():
        pass
    staff = Staff(brief, workers, recruits)
    try:
        yield staff
    finally:
        await staff.aclose()


class Staff:
    """Gives each name to the least busy worker; what a worker had in hand when it ended is judged again elsewhere.

    gate -- the politeness of all workers together (L-21).
    """

    def __init__(self, brief: Brief, workers: int, recruits: Recruits) -> None:
        self.gate = Gate(brief.settings.limits.run, SystemClock())
        office = Office(self.gate, brief.settings.limits.run.round_seconds)
        self._posts = [_Post(brief, office, recruits) for _ in range(workers)]
        self._second = _Post(brief, office, recruits)
        self._lonely = [_Post(brief, office, recruits) for _ in range(workers)]
        self._free: asyncio.Queue[_Post] = asyncio.LifoQueue()
        for post in self._lonely:
            self._free.put_nowait(post)

    async def check(self, name: str) -> Element | Lost:
        """The verdict on a domain, by whichever worker. Raises EndedAtOnce where no process can be had."""
        return (
            await min(self._posts, key=lambda post: post.load).check(name)
            or await self._second.check(name)
            or await self._check_alone(name)
        )

    async def _check_alone(self, name: str) -> Element | Lost:
        """A domain that ends even the process that judges nothing else is to blame for it, and no other is."""
        post = await self._free.get()
        try:
            found = await post.check(name)
        finally:
            self._free.put_nowait(post)
        return found or Lost(name, "every process that judged it ended, at last one for it alone; please report it")

    async def aclose(self) -> None:
        """Ends the workers and whatever they do."""
        await asyncio.gather(*(post.aclose() for post in [*self._posts, self._second, *self._lonely]))


class _Post:
    """Where a worker sits, one after the other if need be; it sits down when it is first needed."""

    def __init__(self, brief: Brief, office: Office, recruits: Recruits) -> None:
        self.load = 0
        self._brief = brief
        self._office = office
        self._recruits = recruits
        self._worker: WorkerProcess | None = None
        self._starting = asyncio.Lock()

    async def check(self, name: str) -> Element | Lost | None:
        """The verdict; None if the process ended first."""
        self.load += 1
        try:
            return await (await self._sitting()).check(name)
        finally:
            self.load -= 1

    async def _sitting(self) -> WorkerProcess:
        async with self._starting:
            for last in reversed(range(_STARTS)):
                if self._worker is not None and not self._worker.ended:
                    break
                try:
                    self._worker = await WorkerProcess.started(await self._recruits.take(), self._brief, self._office)
                except EndedAtOnce:
                    if not last:
                        raise
            assert self._worker is not None
            return self._worker

    async def aclose(self) -> None:
        if self._worker is not None:
            await self._worker.aclose()
