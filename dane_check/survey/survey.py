"""A survey: every domain once, results as they finish, kept in a journal where there is one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from dane_check.check.many import as_finished
from dane_check.survey.element import Element, Lost

if TYPE_CHECKING:
    from dane_check.survey.journal import Journal

Judge = Callable[[str], Coroutine[Any, Any, Element | Lost]]


async def survey(
    names: Sequence[str], judge: Judge, at_once: int, journal: Journal | None = None
) -> AsyncGenerator[Element | Lost, None]:
    """What came of each domain: first what the journal holds of them, then the others as they finish.

    judge -- judges one domain, here or in another process; `at_once` of them are in its hands at most.

    Raises OSError where the journal cannot be written: results must not be lost in silence.
    """
    if journal is not None:
        wanted = frozenset(names)
        for element in journal.elements():
            if element.name in wanted:
                yield element
        done = journal.names()
        names = [name for name in names if name not in done]
    async with aclosing(as_finished(names, judge, at_once)) as results:
        async for result in results:
            if journal is not None and isinstance(result, Element):
                journal.add(result)
            yield result


async def in_order(
    names: Sequence[str], results: AsyncGenerator[Element | Lost, None]
) -> AsyncGenerator[Element | Lost, None]:
    """The same results in the order of `names`, each as soon as it and all before it are ready."""
    ready: dict[str, Element | Lost] = {}
    coming = iter(names)
    due = next(coming, None)
    async with aclosing(results):
        async for result in results:
            ready[result.name] = result
            while due in ready:
                yield ready.pop(due)
                due = next(coming, None)
