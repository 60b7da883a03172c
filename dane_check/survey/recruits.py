"""Processes for workers, begun before the survey itself is loaded: each of them takes as long as this one did."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_END_SECONDS: Final = 2.0  # for the last QUITs; T-32 gives the whole survey five
_MAIN: Final = "import sys; sys.path[:] = sys.argv[1:]; from dane_check.survey.worker import main; main()"


class Recruits:
    """Processes that wait to be told what to do."""

    def __init__(self) -> None:
        self._waiting: list[Process] = []

    async def call(self, count: int) -> None:
        """Starts so many, or as many as can be had: who needs another one will hear why there is none."""
        with contextlib.suppress(OSError):
            for _ in range(count):
                self._waiting.append(await _started())

    async def take(self) -> Process:
        """One of them, or a new one where none is left; whoever takes it has it dismissed."""
        return self._waiting.pop() if self._waiting else await _started()

    async def aclose(self) -> None:
        """Dismisses those that nobody took."""
        await asyncio.gather(*map(dismissed, self._waiting))


@asynccontextmanager
async def recruited(count: int) -> AsyncIterator[Recruits]:
    """So many processes, each loading what a worker needs; those that are left end with the block."""
    recruits = Recruits()
    try:
        await recruits.call(count)
        yield recruits
    finally:
        await recruits.aclose()


async def dismissed(process: Process) -> None:
    """Ends a process: it stops what it does when its pipe closes, and is killed where it does not."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(*_command(), stdin=PIPE, stdout=PIPE, start_new_session=True)


def _command() -> tuple[str, ...]:
    """A process that finds what this one finds, and nothing in the working directory (-P) but what this one would."""
    return (sys.executable, "-P", "-W", "ignore", "-c", _MAIN, *sys.path)
