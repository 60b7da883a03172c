"""Told to stop in the middle: what was printed is a whole document, and nothing goes on (threats T-32)."""

from __future__ import annotations

import json
import signal

import pytest

from tests.survey.worlds import World, begun, children, first_line, is_running, rest

NAMES = [f"d{number}.distinct.test" for number in range(600)]
ENDS = [
    (signal.SIGINT, 130, 1),
    (signal.SIGINT, 130, 2),
    (signal.SIGTERM, 143, 1),
    (signal.SIGTERM, 143, 2),
]


def stopped(world: World, end: signal.Signals, workers: int, *form: str) -> tuple[int, str]:
    """Exit status and output of a survey that was told to stop after its first line; nobody is left of it."""
    process = begun(world, NAMES, *form, "--workers", str(workers))
    first = first_line(process)
    ours = children(process.pid)
    process.send_signal(end)
    out, err = rest(process)
    assert err == ""
    assert len(ours) == (workers if workers > 1 else 0)
    assert not any(map(is_running, ours))
    return process.returncode, first + out


@pytest.mark.parametrize(("end", "status", "workers"), ENDS)
def test_every_line_is_whole(crowd: World, end: signal.Signals, status: int, workers: int) -> None:
    """`--jsonl`: some of the domains, each on a line that can be read."""
    found, out = stopped(crowd, end, workers, "--jsonl")
    assert found == status
    assert out.endswith("\n")
    assert 0 < len([json.loads(line) for line in out.splitlines()]) < len(NAMES)


@pytest.mark.parametrize(("end", "status", "workers"), ENDS[::3])
def test_the_document_is_whole(crowd: World, end: signal.Signals, status: int, workers: int) -> None:
    """`--json`: the document is closed."""
    found, out = stopped(crowd, end, workers, "--json")
    assert found == status
    assert len(json.loads(out)["domains"]) < len(NAMES)


@pytest.mark.parametrize(("end", "status", "workers"), ENDS[1:3])
def test_the_last_line_says_that_it_was_stopped(crowd: World, end: signal.Signals, status: int, workers: int) -> None:
    """Text: how many domains there are, and an exit status that is no verdict."""
    found, out = stopped(crowd, end, workers)
    assert found == status
    assert out.splitlines()[-1].endswith(f"[exit status {status}]")
