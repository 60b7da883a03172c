"""What a person at a terminal is told while a survey goes on."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from dane_check.check.gate import Gate
from dane_check.cli.progress import Tally, _fitting
from dane_check.limits import RunLimits
from dane_check.survey.element import Element, Lost
from tests.check.virtual_time import VirtualTime
from tests.survey.worlds import PATIENCE, World, command, environment


def tally_after(seconds: float, results: list[Element | Lost], total: int = 500, known: int = 0) -> Tally:
    """A tally so long after its start."""
    now = [0.0]
    tally = Tally(f"{total} domains", total, known=known, seconds=lambda: now[0])
    for result in results:
        tally.count(result)
    tally.judged = len(results) - known
    now[0] = seconds
    return tally


def results(good: int, bad: int) -> list[Element | Lost]:
    """So many verdicts."""
    return [
        *(Element("a.test", "protected", 0, "") for _ in range(good)),
        *(Element("b.test", "broken", 1, "") for _ in range(bad)),
    ]


def test_it_tells_how_far_it_is_how_fast_what_came_of_it_and_how_long_it_takes() -> None:
    """Done, rate, verdict counts, time left."""
    said = tally_after(3, results(100, 20)).describe()
    assert said == "checking 500 domains: 120 done (40/s): 100 protected, 20 broken; 10 s left"


def test_what_an_earlier_run_has_left_makes_this_one_no_faster() -> None:
    """The rate is that of this run."""
    said = tally_after(2, results(120, 0), known=100).describe()
    assert "120 done (10/s)" in said
    assert said.endswith("38 s left")


def test_slow_work_is_told_in_minutes() -> None:
    """Units that people read."""
    said = tally_after(60, results(10, 0), total=1000).describe()
    assert "(10/min)" in said
    assert said.endswith("99 min left")


def test_it_says_whom_it_is_polite_to() -> None:
    """D-37: a check that waits a minute must say why."""
    one = Tally("example.org", 1)
    assert one.describe() == "checking example.org"
    assert one.describe(["192.0.2.1"]) == "checking example.org: waiting, to be polite to 192.0.2.1"
    assert one.describe(["192.0.2.7", "192.0.2.1"]).endswith("polite to 192.0.2.1 and 1 more")


def test_a_line_that_is_too_long_is_cut() -> None:
    """What runs over the edge of the terminal could not be taken back."""
    line = _fitting("x" * 500, " … 12 s")
    assert len(line) < 80
    assert line.endswith("x … 12 s")


def test_the_gate_knows_who_waits() -> None:
    """Only while they wait: neither in the session nor after it, nor when they gave up."""
    time = VirtualTime()

    async def run() -> list[dict[str, int]]:
        gate = Gate(RunLimits(sessions_per_address=1, address_sessions_per_minute=2), time)
        seen = []

        async def one() -> None:
            async with gate.session("192.0.2.1"):
                await asyncio.sleep(1)

        tasks = [asyncio.create_task(one()) for _ in range(4)]
        for seconds in (0.5, 2, 60):
            await asyncio.sleep(seconds)
            seen.append(dict(gate.waiting))
        tasks[3].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [*seen, dict(gate.waiting)]

    assert time.run(run()) == [{"192.0.2.1": 3}, {"192.0.2.1": 2}, {}, {}]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_is_shown_at_a_terminal_and_taken_away(crowd: World, tmp_path: Path, workers: str) -> None:
    """Standard error is a terminal, standard output is not."""
    names = tmp_path / "list"
    names.write_text("\n".join(f"d{number}.distinct.test" for number in range(600)))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(crowd, "--jsonl", "--workers", workers, "--input", str(names)),
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment(TERM="xterm"),
    )
    os.close(theirs)
    out, _ = process.communicate(timeout=PATIENCE)
    said = b""
    try:
        while octets := os.read(ours, 65536):
            said += octets
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert (process.returncode, len(out.splitlines())) == (0, 600)
    assert re.search(rb"checking 600 domains: \d+ done \(\d+/(s|min)\): \d+ protected; \d+ (s|min)", said)
    assert said.endswith(b"\r\x1b[K")
