"""One line on standard error while a check takes its time, for people at a terminal only."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from dane_check.survey.element import Element, Lost

_PATIENCE: Final = 1.0  # seconds in which nothing needs to be said
_ERASE: Final = "\r\x1b[K"


@dataclass(slots=True)
class Tally:
    """How far the work is. subject -- what is checked, in words; total -- how many domains, 0 for a host."""

    subject: str
    total: int
    words: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """How many verdicts are in."""
        return self.words.total()

    def count(self, result: Element | Lost) -> None:
        """One more result."""
        if isinstance(result, Lost):
            self.lost += 1
            return
        self.words[result.word] += 1
        self.statuses[result.status] += 1

    def describe(self) -> str:
        """`checking 500 domains: 120 done (40/s): 100 protected, 20 broken; 10 s left`."""
        gone = time.monotonic() - self.started
        done = self.done + self.lost
        if self.total < 2 or not done:
            return f"checking {self.subject} … {gone:.0f} s"
        from dane_check.cli.writers import shares

        rate = done / max(gone, 0.001)
        left = (self.total - done) / rate
        counts = f": {shares(self.words)}" if self.words else ""
        return f"checking {self.subject}: {done} done ({_rate(rate)}){counts}; {_span(left)} left"


def _rate(per_second: float) -> str:
    return f"{per_second:.0f}/s" if per_second >= 1 else f"{per_second * 60:.0f}/min"


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


@contextlib.asynccontextmanager
async def progress(describe: Callable[[], str]) -> AsyncIterator[Callable[[], None]]:
    """Shows `describe()` every second; what it yields takes the line away before something is printed."""
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda: None
        return
    import asyncio

    showing = asyncio.create_task(_show(describe))
    try:
        yield _erase
    finally:
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing
        _erase()


def _erase() -> None:
    sys.stderr.write(_ERASE)
    sys.stderr.flush()


async def _show(describe: Callable[[], str]) -> None:
    import asyncio

    from dane_check.report.styled import visible

    started = time.monotonic()
    while True:
        await asyncio.sleep(_PATIENCE)
        sys.stderr.write(f"{_ERASE}{visible(describe())} … {time.monotonic() - started:.0f} s")
        sys.stderr.flush()
