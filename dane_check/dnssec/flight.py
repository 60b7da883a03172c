"""Single flight: what several want at the same time is done once, and what came of it is kept, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dane_check.dnssec.budget import Budget, Spent
from dane_check.dnssec.kept import Kept
from dane_check.limits import DEFAULT

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Flight(Generic[V]):
    task: asyncio.Task[V | Spent]
    payer: Budget
    waiting: int = 0


class Flights(Generic[K, V]):
    """Results by key. `keep` says which may be shared with those who come later, `most` how many of them are kept."""

    def __init__(self, keep: Callable[[V], bool], most: int = DEFAULT.dns.answers_kept) -> None:
        self._keep = keep
        self._flights: dict[K, _Flight[V]] = {}
        self._kept: Kept[K, V] = Kept(most)

    def __len__(self) -> int:
        return len(self._kept) + len(self._flights)

    def known(self, key: K) -> V | None:
        """What is already known, without asking for it."""
        return self._kept.get(key)

    def under_way(self, key: K) -> bool:
        """Whether the work has begun or is done."""
        return key in self._flights or self._kept.get(key) is not None

    def begin(self, key: K, budget: Budget, work: Callable[[], Coroutine[Any, Any, V]]) -> Callable[[], None]:
        """Begins what is not under way and may turn out useful; the function returned ends it, if nobody waits then."""
        flight = self._begin(key, budget, work)
        flight.waiting += 1
        return lambda: self._leave(key, flight)

    async def join(self, key: K, budget: Budget, work: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """The result for `key`, begun now unless it is under way; a cancelled waiter disturbs no other.

        Raises `Spent` where this caller's own total ran out. Where another's did, the work begins anew.
        """
        while True:
            if (known := self._kept.get(key)) is not None:
                return known
            flight = self._flights.get(key) or self._begin(key, budget, work)
            result = await self._wait(key, flight)
            if not isinstance(result, Spent):
                return result
            if flight.payer is budget:
                raise result

    def _begin(self, key: K, budget: Budget, work: Callable[[], Coroutine[Any, Any, V]]) -> _Flight[V]:
        async def run() -> V | Spent:
            try:
                result = await work()
            except Spent as spent:
                return spent
            finally:
                if self._flights.get(key) is flight:
                    del self._flights[key]
            if self._keep(result):
                self._kept.keep(key, result)
            return result

        flight: _Flight[V] = _Flight(asyncio.create_task(run()), budget)
        self._flights[key] = flight
        return flight

    async def _wait(self, key: K, flight: _Flight[V]) -> V | Spent:
        """Waits; the last one to give up ends the work."""
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            self._leave(key, flight)

    def _leave(self, key: K, flight: _Flight[V]) -> None:
        flight.waiting -= 1
        if not flight.waiting and not flight.task.done():
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.task.cancel()
