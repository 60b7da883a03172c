"""Back-pressure: whoever reads slowly slows the survey down, and stops no clock."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from dane_check.cli import outlet as room
from dane_check.cli.outlet import Outlet


@contextmanager
def pipe() -> Iterator[int]:
    """The reading end of a pipe that is standard output within the block."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as out, mock.patch("sys.stdout", out):
        yield reading
    os.close(reading)


async def _soon() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def _read_all(reading: int) -> bytes:
    os.set_blocking(reading, False)
    found = b""
    while True:
        try:
            found += os.read(reading, 1 << 20)
        except BlockingIOError:
            return found


LONG = "x" * (1 << 20) + "\n"


def test_the_loop_goes_on_while_nobody_reads() -> None:
    """A pipe that is full is waited for, with everything else under way."""

    async def run(reader: int) -> bytes:
        writing = asyncio.create_task(Outlet().write(LONG))
        await _soon()
        assert not writing.done()
        found = b""
        while not writing.done():
            found += _read_all(reader)
            await asyncio.sleep(0)
        return found + _read_all(reader)

    with pipe() as reader:
        found = asyncio.run(run(reader))
    assert found.decode() == LONG


def test_what_was_interrupted_is_finished_first() -> None:
    """No line stays torn where the reader goes on."""

    async def run(reader: int) -> bytes:
        outlet = Outlet()
        writing = asyncio.create_task(outlet.write(LONG))
        await _soon()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        ending = asyncio.create_task(outlet.end("the end\n"))
        found = b""
        while not ending.done():
            found += _read_all(reader)
            await asyncio.sleep(0)
        return found + _read_all(reader)

    with pipe() as reader:
        found = asyncio.run(run(reader))
    assert found.decode() == LONG + "the end\n"


def test_a_reader_who_has_stopped_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """T-32: told to stop, it stops."""
    monkeypatch.setattr(room, "_LAST_SECONDS", 0.0)

    with pipe() as reader:
        asyncio.run(Outlet().end(LONG))
        found = _read_all(reader)
    assert len(found) < len(LONG)


def test_a_file_is_written_without_waiting(tmp_path: Path) -> None:
    """What cannot be waited for is always ready."""
    with (tmp_path / "out").open("w", encoding="utf-8") as out, mock.patch("sys.stdout", out):
        asyncio.run(Outlet().write(LONG))
    assert (tmp_path / "out").read_text() == LONG
