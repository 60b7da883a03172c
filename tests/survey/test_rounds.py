"""D-45: in a long survey no verdict is about a moment that is long past."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

import pytest

from dane_check.api import Checker
from dane_check.errors import UsageError
from dane_check.survey.rounds import Rounds


class Openings:
    """Counts what is opened and what is still open."""

    def __init__(self) -> None:
        self.opened = 0
        self.open: set[int] = set()
        self.now = 0.0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Checker]:
        self.opened += 1
        number = self.opened
        self.open.add(number)
        yield cast(Checker, number)
        self.open.remove(number)


def number_of(checker: Checker) -> int:
    """Which one it is."""
    return cast(int, checker)


def test_a_round_ends_when_its_time_is_over_and_its_last_domain_is_done() -> None:
    """What was begun in it is finished in it; what begins later gets a new one."""
    world = Openings()

    async def run() -> None:
        async with Rounds(world, 300, lambda: world.now) as rounds, AsyncExitStack() as early:
            assert number_of(await early.enter_async_context(rounds.checker())) == 1
            world.now = 300
            async with rounds.checker() as checker:
                assert number_of(checker) == 1
            world.now = 301
            async with rounds.checker() as checker:
                assert (number_of(checker), world.open) == (2, {1, 2})
            await early.aclose()
            assert world.open == {2}
        assert world.open == set()

    asyncio.run(run())


def test_many_at_a_turn_share_the_new_round() -> None:
    """One is opened, however many ask."""
    world = Openings()

    async def run() -> set[int]:
        async with Rounds(world, 300, lambda: world.now) as rounds:
            world.now = 1000

            async def one() -> int:
                async with rounds.checker() as checker:
                    await asyncio.sleep(0)
                    return number_of(checker)

            return set(await asyncio.gather(*(one() for _ in range(50))))

    assert asyncio.run(run()) == {2}
    assert world.open == set()


def test_what_cannot_be_opened_is_told_at_once() -> None:
    """A usage error comes before any domain."""

    @asynccontextmanager
    async def refused() -> AsyncIterator[Checker]:
        raise UsageError("no")
        yield

    async def run() -> None:
        async with Rounds(refused, 300):
            raise AssertionError

    with pytest.raises(UsageError):
        asyncio.run(run())
