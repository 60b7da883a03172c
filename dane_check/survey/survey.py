"""A survey: every domain once, kept in a journal where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from dane_check.check.many import as_finished
from dane_check.survey.element import Element, Lost

if TYPE_CHECKING:
    from dane_check.survey.journal import Journal

Judge = Callable[[str], Coroutine[Any, Any, Element | Lost]]
Results = AsyncGenerator[Element | Lost, None]

_AHEAD: Final = 1000  # results that may wait for an earlier one; a long report has 30 KiB (L-24)


async def as_they_finish(names: Sequence[str], judge: Judge, at_once: int, journal: Journal | None = None) -> Results:
    """What came of each domain: first what the journal holds of them, then the others as they finish.

    judge -- judges one domain, here or in another process; `at_once` of them are in its hands at most.

    Raises JournalFailed: results must not be lost in silence.
    """
    done: frozenset[str] = frozenset()
    if journal is not None:
        wanted = frozenset(names)
        done = wanted & journal.names()
        for element in journal.elements():
            if element.name in wanted:
                yield element
    async with aclosing(as_finished((name for name in names if name not in done), judge, at_once)) as results:
        async for result in results:
            _keep(journal, result)
            yield result


async def in_order(
    names: Sequence[str], judge: Judge, at_once: int, journal: Journal | None = None, ahead: int = _AHEAD
) -> Results:
    """The same in the order of `names`, each as soon as it and all before it are ready.

    ahead -- how many domains beyond the one that is due may be begun: their results are held in memory.

    Raises JournalFailed.
    """
    done = journal.names() if journal is not None else frozenset()
    room = asyncio.Semaphore(max(ahead, at_once))
    ready: dict[str, Element | Lost] = {}

    async def to_do() -> AsyncIterator[str]:
        for name in names:
            if name not in done:
                await room.acquire()
                yield name

    async with aclosing(as_finished(to_do(), judge, at_once)) as results:
        for name in names:
            if journal is not None and name in done:
                yield journal.element(name)
                continue
            while name not in ready:
                result = await anext(results)
                _keep(journal, result)
                ready[result.name] = result
            yield ready.pop(name)
            room.release()


def _keep(journal: Journal | None, result: Element | Lost) -> None:
    if journal is not None and isinstance(result, Element):
        journal.add(result)
