"""The `Checker`s of a long survey, one after the other.

A `Checker` judges everything at the moment it was opened and keeps what it heard: after hours it would call fresh
signatures not yet valid, and rolled keys bogus. So each serves for a few minutes. What belongs to the whole survey
is passed on: the gate of L-21, and in the survey's office the sessions of all workers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from dane_check.api import Checker


@dataclass(slots=True)
class _Round:
    """users -- the domains that are being checked by it."""

    checker: Checker
    since: float
    closing: AsyncExitStack
    users: int = 0
    over: bool = False


@dataclass(slots=True)
class Rounds:
    """Use it as an asynchronous context manager; entering raises what `opened` raises.

    opened -- makes a `Checker`, to be entered. each -- seconds that one serves for.
    """

    opened: Callable[[], AbstractAsyncContextManager[Checker]]
    each: float
    seconds: Callable[[], float] = time.monotonic
    _rounds: list[_Round] = field(default_factory=list)
    _turning: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __aenter__(self) -> Self:
        await self._turn()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._rounds:
            await self._rounds.pop().closing.aclose()

    @asynccontextmanager
    async def checker(self) -> AsyncIterator[Checker]:
        """The `Checker` of this round, for one domain from its beginning to its end."""
        async with self._turning:
            if self.seconds() - self._rounds[-1].since > self.each:
                await self._turn()
            this = self._rounds[-1]
            this.users += 1
        try:
            yield this.checker
        finally:
            this.users -= 1
            await self._close_if_over(this)

    async def _turn(self) -> None:
        closing = AsyncExitStack()
        checker = await closing.enter_async_context(self.opened())
        self._rounds.append(_Round(checker, self.seconds(), closing))
        for last in self._rounds[:-1]:
            last.over = True
            await self._close_if_over(last)

    async def _close_if_over(self, one: _Round) -> None:
        if one.over and not one.users and one in self._rounds:
            self._rounds.remove(one)
            await one.closing.aclose()
