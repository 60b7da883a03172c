"""Many pieces of work, a bounded number at once, results as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def as_finished(
    names: Iterable[str] | AsyncIterable[str], work: Callable[[str], Coroutine[Any, Any, T]], at_once: int
) -> AsyncGenerator[T, None]:
    """What `work` makes of each name, at most `at_once` at a time; whoever reads slowly slows everything down.

    An exception of `work` or of `names` ends it all. Whenever it ends, what is under way is cancelled.
    """
    room = asyncio.Semaphore(at_once)
    finished: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    under_way: set[asyncio.Task[Any]] = set()

    def start(one: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(one)
        under_way.add(task)
        task.add_done_callback(finished.put_nowait)
        return task

    async def feed() -> None:
        async for name in _each(names):
            await room.acquire()
            start(work(name))

    feeder = start(feed())
    try:
        while under_way:
            done = await finished.get()
            under_way.discard(done)
            found = done.result()
            if done is not feeder:
                yield found
                room.release()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _each(names: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[str]:
    if isinstance(names, AsyncIterable):
        async for name in names:
            yield name
    else:
        for name in names:
            yield name
