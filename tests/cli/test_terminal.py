"""The terminal: when there is colour, and what is said while a check takes its time."""

from __future__ import annotations

import asyncio
import io
import sys

import pytest

from dane_check.cli import main
from dane_check.cli import progress as room
from dane_check.cli.output import wants_colour
from dane_check.cli.progress import progress
from tests.cli.fake import FakeWorld


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "environ", "wanted"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"TERM": "xterm"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": ""}, False),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True),
        (True, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
)
def test_colour_is_for_terminals_and_for_those_who_insist(
    terminal: bool, environ: dict[str, str], wanted: bool
) -> None:
    """FORCE_COLOR decides, then NO_COLOR, then the terminal."""
    assert wants_colour(Terminal() if terminal else io.StringIO(), environ) is wanted


def waited(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, patience: float, turns: int) -> str:
    """What stands on standard error after a check that took some turns of the loop."""
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(room, "_PATIENCE", patience)

    async def check() -> None:
        async with progress(lambda: "checking example.org") as make_way:
            for _ in range(turns):
                await asyncio.sleep(0)
            make_way()

    asyncio.run(check())
    return stream.getvalue()


def test_a_slow_check_says_so_and_takes_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is erased before anything else is printed."""
    said = waited(Terminal(), monkeypatch, 0.0, 10)
    assert "checking example.org … 0 s" in said
    assert said.endswith("\r\x1b[K")


def test_a_quick_check_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a second nothing needs to be said."""
    assert "checking" not in waited(Terminal(), monkeypatch, 60.0, 10)


def test_a_log_gets_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a terminal is told."""
    assert waited(io.StringIO(), monkeypatch, 0.0, 10) == ""


def test_characters_the_terminal_lacks_come_out_as_escapes(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that knows ASCII only gets a report all the same."""
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert main(["example.org"]) == 0
    assert rb"TLSA secure \xd71" in narrow.buffer.getvalue()  # type: ignore[attr-defined]
