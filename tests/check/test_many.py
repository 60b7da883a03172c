"""Many pieces of work at once (L-21)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from dane_check.check.many import as_finished


def test_no_more_than_the_bound_are_under_way() -> None:
    """However many names there are, `at_once` of them are worked on, and each of them once."""
    under_way, most, seen = 0, 0, []

    async def work(name: str) -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return name

    async def run() -> None:
        names = [f"d{number}.test" for number in range(100)]
        async for found in as_finished(names, work, 7):
            seen.append(found)

    asyncio.run(run())
    assert most == 7
    assert sorted(seen) == sorted(f"d{number}.test" for number in range(100))


def test_results_come_as_they_finish() -> None:
    """A slow name holds up nobody."""
    slow = asyncio.Event()

    async def work(name: str) -> str:
        if name == "slow.test":
            await slow.wait()
        return name

    async def run() -> list[str]:
        seen = []
        async for found in as_finished(["slow.test", "one.test", "two.test"], work, 2):
            seen.append(found)
            if len(seen) == 2:
                slow.set()
        return seen

    assert asyncio.run(run()) == ["one.test", "two.test", "slow.test"]


def test_results_do_not_wait_for_the_next_name() -> None:
    """Where names come slowly, results come all the same."""
    more = asyncio.Event()

    async def names() -> AsyncIterator[str]:
        yield "first.test"
        await more.wait()
        yield "second.test"

    async def work(name: str) -> str:
        return name

    async def run() -> list[str]:
        seen = []
        async for found in as_finished(names(), work, 5):
            seen.append(found)
            more.set()
        return seen

    assert asyncio.run(run()) == ["first.test", "second.test"]


def test_a_slow_reader_slows_everything_down() -> None:
    """Back-pressure: while nobody reads, no more than the bound are begun."""
    begun = []

    async def work(name: str) -> str:
        begun.append(name)
        return name

    async def run() -> None:
        results = as_finished([str(number) for number in range(50)], work, 4)
        await anext(results)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(begun) == 4
        await results.aclose()  # type: ignore[attr-defined]

    asyncio.run(run())


def test_leaving_early_cancels_what_is_under_way() -> None:
    """Whoever stops reading leaves nothing running behind."""
    cancelled = []

    async def work(name: str) -> str:
        try:
            await asyncio.sleep(0 if name == "a" else 3600)
        except asyncio.CancelledError:
            cancelled.append(name)
            raise
        return name

    async def run() -> int:
        results = as_finished(["a", "b", "c"], work, 3)
        await anext(results)
        await results.aclose()  # type: ignore[attr-defined]
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
    assert sorted(cancelled) == ["b", "c"]


def test_an_exception_ends_it_all() -> None:
    """What work raises, and what the names raise, reaches the reader."""

    async def work(name: str) -> str:
        raise LookupError(name)

    def names() -> object:
        yield "fine.test"
        raise ValueError("no more names")

    async def fine(name: str) -> str:
        return name

    async def run(names: object, work: object) -> None:
        async for _ in as_finished(names, work, 2):  # type: ignore[arg-type]
            pass

    with pytest.raises(LookupError):
        asyncio.run(run(["a.test"], work))
    with pytest.raises(ValueError, match="no more names"):
        asyncio.run(run(names(), fine))
