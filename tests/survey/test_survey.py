"""The order of results, and how many are held back for it (L-24)."""

from __future__ import annotations

import asyncio

from dane_check.survey.element import Element, Lost
from dane_check.survey.survey import in_order

NAMES = [f"d{number}.test" for number in range(100)]


def test_a_slow_domain_holds_back_only_so_many() -> None:
    """Results that wait for an earlier one are in memory: no more are begun than may wait."""
    begun: list[str] = []
    slow = asyncio.Event()

    async def judge(name: str) -> Element | Lost:
        begun.append(name)
        if name == NAMES[3]:
            await slow.wait()
        return Element(name, "protected", 0, "")

    async def run() -> list[str]:
        seen: list[str] = []
        async for result in in_order(NAMES, judge, at_once=5, ahead=20):
            seen.append(result.name)
            if result.name == NAMES[2]:
                for _ in range(200):
                    await asyncio.sleep(0)
                assert len(begun) <= 3 + 20
                slow.set()
        return seen

    assert asyncio.run(run()) == NAMES


def test_a_lost_domain_holds_up_nobody() -> None:
    """It has its place in the order as well."""

    async def judge(name: str) -> Element | Lost:
        return Lost(name, "a bug")

    async def run() -> list[str]:
        return [result.name async for result in in_order(NAMES, judge, 7)]

    assert asyncio.run(run()) == NAMES
