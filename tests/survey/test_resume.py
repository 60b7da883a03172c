"""After `kill -9` nothing is lost, and at most what was in flight is judged again (threats T-32, T-33)."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.survey.worlds import World, begun, by_domain, first_line, rest, survey

IN_FLIGHT = 50  # L-21, in each process
NAMES = [f"d{number}.distinct.test" for number in range(200)]


def _killed_after(world: World, results: int, moment: float, *arguments: str) -> dict[str, dict[str, Any]]:
    """What a survey had printed when it was ended by `kill -9`, after so many results and some milliseconds."""
    process = begun(world, NAMES, *arguments)
    lines = [first_line(process) for _ in range(results)]
    time.sleep(moment)
    os.kill(process.pid, signal.SIGKILL)
    out, err = rest(process)
    assert (process.returncode, err) == (-signal.SIGKILL, "")
    whole, _, _ = "".join([*lines, out]).rpartition("\n")
    return by_domain(whole)


@pytest.mark.parametrize(("workers", "kills"), [(1, 20), (3, 3)])
def test_whatever_moment_it_is_killed_at_every_domain_comes_once(
    crowd: World, tmp_path: Path, workers: int, kills: int
) -> None:
    """T-32: nothing that was printed is lost or changes, and what is judged twice was in flight at a kill."""
    arguments = ("--jsonl", "--resume", str(tmp_path / "run.journal"), "--workers", str(workers))
    chance, before = Random(32), crowd.sessions()
    printed: dict[str, dict[str, Any]] = {}
    for _ in range(kills):
        found = _killed_after(crowd, len(printed) + chance.randrange(9), chance.random() * 0.02, *arguments)
        assert printed.items() <= found.items()
        assert len(found) < len(NAMES)
        printed = found
    done = survey(crowd, NAMES, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    final = by_domain(done.stdout)
    assert printed.items() <= final.items()
    assert set(final) == set(NAMES)
    again = (crowd.sessions() - before) / 2 - len(NAMES)  # a host of its own each, and two sessions with each host
    assert again <= kills * IN_FLIGHT * workers


def test_text_goes_on_in_the_order_of_the_list(crowd: World, tmp_path: Path) -> None:
    """What an earlier run has left stands where it belongs; a list may have become longer meanwhile."""
    arguments = ("--resume", str(tmp_path / "run.journal"), "-q")
    first = survey(crowd, NAMES[10:20], *arguments)
    assert first.returncode == 0
    sessions = crowd.sessions()
    second = survey(crowd, NAMES[:30], *arguments)
    assert second.returncode == 0
    places = [second.stdout.index(f" {name}:") for name in NAMES[:30]]
    assert places == sorted(places)
    assert second.stdout.endswith("30 domains: 30 protected  [exit status 0]\n")
    assert crowd.sessions() - sessions == 2 * 20


def test_a_journal_of_other_options_is_refused(crowd: World, tmp_path: Path) -> None:
    """Verdicts by other rules, or in another form, do not belong to these; how many processes judge is no matter."""
    journal = str(tmp_path / "run.journal")
    assert survey(crowd, NAMES[:2], "--jsonl", "--resume", journal).returncode == 0
    for other in (["--strict", "--jsonl"], ["--json"], ["--timeout", "5", "--jsonl"]):
        done = survey(crowd, NAMES[:2], *other, "--resume", journal)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "other options" in done.stderr
    assert survey(crowd, NAMES[:2], "--jsonl", "--resume", journal, "--workers", "2").returncode == 0


def test_a_full_disk_ends_it_with_what_was_kept(crowd: World, tmp_path: Path) -> None:
    """T-33: exit 70 and one sentence; nothing is printed that the journal does not hold, and it goes on from there."""
    journal = tmp_path / "run.journal"

    def no_file_beyond() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = survey(crowd, NAMES, "--json", "--resume", str(journal), preexec_fn=no_file_beyond)
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    assert f"{journal} cannot be written" in done.stderr
    assert "give the same command again" in done.stderr
    printed = {one["domain"] for one in json.loads(done.stdout)["domains"]}
    file = sqlite3.connect(journal)
    kept = {name for (name,) in file.execute("SELECT name FROM done")}
    file.close()
    assert printed <= kept
    assert 0 < len(kept) < len(NAMES)
    again = survey(crowd, NAMES, "--json", "--resume", str(journal))
    assert (again.returncode, len(json.loads(again.stdout)["domains"])) == (0, len(NAMES))
