"""Verdicts to standard output while others are under way: a slow reader must not stop the clock for them."""

from __future__ import annotations

import asyncio
import os
import select
import stat
import sys
from typing import Final

from dane_check.cli.output import write

_PIECE: Final = 1000  # characters, in UTF-8 at most 4000 octets: what a pipe that can be written to takes at once
_LAST_SECONDS: Final = 2.0  # for a reader who has stopped, when we were told to stop


class Outlet:
    """Writes when the reader is ready, and lets the event loop go on until then."""

    def __init__(self) -> None:
        self._left = ""

    async def write(self, text: str) -> None:
        """Writes `text` as `output.write` does, and raises what it raises.

        Where it is cancelled, what is left is kept for the next call, so that no line stays torn.
        """
        self._left += text
        while self._left:
            await _ready()
            piece, self._left = self._left[:_PIECE], self._left[_PIECE:]
            write(piece)

    async def end(self, text: str) -> None:
        """The same for the end of what was interrupted: waits for the reader two seconds at most."""
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await self.write(text)
        except TimeoutError:
            self._left = ""


async def _ready() -> None:
    """Returns when standard output, if it is a pipe, a socket or a terminal, takes some more."""
    number = _waits()
    if number is None or _takes_some(number):
        return
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(number, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(number)


def _waits() -> int | None:
    """The descriptor of a standard output that may have to wait for its reader."""
    try:
        number = sys.stdout.fileno()
        mode = os.fstat(number).st_mode
    except (AttributeError, OSError, ValueError):
        return None
    return number if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(number) else None


def _takes_some(number: int) -> bool:
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    return bool(poll.poll(0))
