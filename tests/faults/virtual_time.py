"""An event loop whose clock is moved on by hand: whoever waits for a moment waits no time at all.

Sound only where nothing but timers is waited for: no sockets, and what would be left to a thread is done at once.
A loop that waits for nothing that could ever happen is a hang, and said to be one.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_GRACE = 0.001  # seconds: what has been cancelled may end, one task after the other


class Hang(Exception):
    """Everybody waits, and for nothing that has a time."""


class _Selector(selectors.SelectSelector):
    """Instead of waiting, time goes by."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Hang("nothing is due any more, and the work is not done")
        self.now += max(timeout, 0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that has its own time."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._virtual.now

    def run_in_executor(self, executor: object, func: Callable[..., T], *args: object) -> asyncio.Future[T]:
        """The work, done here and now."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


@dataclass(frozen=True, slots=True)
class Ran(Generic[T]):
    """What came of some work: its result, the seconds it would have taken, and what nobody caught."""

    result: T
    seconds: float
    uncaught: tuple[str, ...]


def run(work: Coroutine[Any, Any, T]) -> Ran[T]:
    """Runs `work` in a loop of its own."""
    loop = VirtualLoop()
    uncaught: list[str] = []
    loop.set_exception_handler(lambda _loop, context: uncaught.append(str(context)))
    try:
        result = loop.run_until_complete(work)
        seconds = loop.time()
        loop.run_until_complete(asyncio.sleep(_GRACE))
        return Ran(result, seconds, tuple(uncaught) + _left(loop))
    finally:
        loop.close()


def _left(loop: asyncio.AbstractEventLoop) -> tuple[str, ...]:
    """Tasks that nobody has ended; they are ended here, so that the next loop starts clean."""
    left = asyncio.all_tasks(loop)
    forgotten = tuple(f"left behind: {task}" for task in left if not task.cancelling())
    loop.run_until_complete(_ended(left))
    return forgotten


async def _ended(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
