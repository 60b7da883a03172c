"""One line on standard error while a check takes its time, for people at a terminal only."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

_PATIENCE: Final = 1.0  # seconds in which nothing needs to be said
_ERASE: Final = "\r\x1b[K"


@contextlib.asynccontextmanager
async def progress(describe: Callable[[], str]) -> AsyncIterator[Callable[[], None]]:
    """Shows `describe()` and the seconds gone by; what it yields takes the line away before something is printed."""
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
