"""One line on standard error while a check takes its time, for people at a terminal only."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from dane_check.survey.element import Element, Lost

_PATIENCE: Final = 1.0  # seconds in which nothing needs to be said
_ERASE: Final = "\r\x1b[K"
_COLUMNS: Final = 80  # of a terminal that does not say


@dataclass(slots=True)
class Tally:
    """How far the work is.

    subject -- what is checked, in words; total -- how many domains, 0 for a host.
    known -- of these, results that an earlier run has left; judged -- those that this run has made itself.
    """

    subject: str
    total: int
    words: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    known: int = 0
    judged: int = 0
    seconds: Callable[[], float] = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.seconds()

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

    def describe(self, waiting: Collection[str] = ()) -> str:
        """`checking 500 domains: 120 done (40/s): 100 protected, 20 broken; 10 s left`.

        waiting -- the addresses whose turn has not come (L-21).
        """
        parts = [f"checking {self.subject}", *self._progress(), *_politeness(waiting)]
        return parts[0] + (": " if len(parts) > 1 else "") + "; ".join(parts[1:])

    def _progress(self) -> list[str]:
        done = self.done + self.lost
        if self.total < 2 or not done:
            return []
        from dane_check.cli.writers import shares

        rate = self.judged / max(self.seconds() - self.started, 0.001)
        counts = f": {shares(self.words)}" if self.words else ""
        left = [f"{_span((self.total - self.known - self.judged) / rate)} left"] if rate else []
        return [f"{done} done ({_rate(rate)}){counts}", *left]


def _politeness(waiting: Collection[str]) -> list[str]:
    if not waiting:
        return []
    others = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return [f"waiting, to be polite to {min(waiting)}{others}"]


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
    with contextlib.suppress(OSError):  # a terminal that is gone
        sys.stderr.write(_ERASE)
        sys.stderr.flush()


async def _show(describe: Callable[[], str]) -> None:
    import asyncio

    started = time.monotonic()
    while True:
        await asyncio.sleep(_PATIENCE)
        line = _fitting(describe(), f" … {time.monotonic() - started:.0f} s")
        with contextlib.suppress(OSError):
            sys.stderr.write(_ERASE + line)
            sys.stderr.flush()


def _fitting(text: str, end: str) -> str:
    """What fits into one line: a longer one could not be taken back."""
    from dane_check.report.styled import visible

    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns or _COLUMNS
    except (OSError, ValueError):
        columns = _COLUMNS
    return (visible(text)[: max(0, columns - len(end) - 1)] + end)[: columns - 1]
