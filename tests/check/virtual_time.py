"""An event loop whose time is not that of the world: it leaps from one thing due to the next."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

_T = TypeVar("_T")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class _Leaping(selectors.DefaultSelector):
    """Where others would wait, time goes on by as much."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            return super().select()
        events = super().select(0)
        if not events:
            self.elapsed += max(timeout, 0)
        return events


class VirtualTime:
    """A `ports.Clock`, and the runner whose time it tells."""

    def __init__(self) -> None:
        self._selector = _Leaping()

    def now(self) -> datetime:
        return START + timedelta(seconds=self._selector.elapsed)

    def monotonic(self) -> float:
        return self._selector.elapsed

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What `work` comes to, however long it takes by this clock."""

        def new_loop() -> asyncio.AbstractEventLoop:
            loop = asyncio.SelectorEventLoop(self._selector)
            loop.time = self.monotonic  # type: ignore[method-assign]
            return loop

        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(work)
