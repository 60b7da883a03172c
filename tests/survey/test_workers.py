"""A survey over several processes says what one process says (threats T-25)."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from dane_check.lab import load_scenarios
from dane_check.lab.scenario import Scenario
from tests.survey.worlds import (
    PATIENCE,
    World,
    begun,
    by_domain,
    children,
    first_line,
    is_running,
    rest,
    survey,
    until,
)

MIXED = [f"d{number}.{group}.test" for number in range(60) for group in ("shared", "distinct")]


SILENT = {"addresses-time-out", "aaaa-drops", "mx-timeout", "tlsa-timeout"}  # nine seconds from another process


def _is_ordinary(scenario: Scenario) -> bool:
    """Asked through the common resolver, with no options of its own, and answered at once."""
    ours = scenario.options
    return scenario.resolver is None and ours == type(ours)() and scenario.id not in SILENT


class TestTheSame:
    """Whoever judges, the verdict is the same."""

    def test_every_line_is_that_of_one_process(self, lab: World) -> None:
        """Verdicts, findings, proofs: the same list gives the same lines, in any order."""
        names = [one.domain for one in load_scenarios() if _is_ordinary(one)]
        alone, spread = (survey(lab, names, "--jsonl", "--workers", number) for number in ("1", "3"))
        assert (spread.returncode, spread.stderr) == (alone.returncode, alone.stderr)
        expected, found = by_domain(alone.stdout), by_domain(spread.stdout)
        assert set(found) == set(expected)
        assert [name for name in found if found[name] != expected[name]] == []

    def test_text_and_json_come_in_the_order_of_the_list(self, crowd: World) -> None:
        """Only `--jsonl` is in the order in which verdicts come."""
        for form in ([], ["--json"]):
            alone, spread = (survey(crowd, MIXED[:30], *form, "--workers", number) for number in ("1", "2"))
            places = [spread.stdout.index(name) for name in MIXED[:30]]
            assert places == sorted(places)
            assert len(alone.stdout) > 1000
            assert (alone.returncode, spread.returncode) == (0, 0)

    def test_a_host_that_domains_share_is_probed_once_in_all(self, crowd: World) -> None:
        """Single flight: two sessions with each of the hosts (both certificate types), whichever worker asks."""
        names = [f"d{number}.shared.test" for number in range(300)]
        before = crowd.sessions()
        done = survey(crowd, names, "--jsonl", "--workers", "3")
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 300)
        hosts = {host["host"] for element in by_domain(done.stdout).values() for host in element["hosts"]}
        assert crowd.sessions() - before == 2 * len(hosts)

    def test_no_more_processes_than_domains_that_are_left(self, crowd: World, tmp_path: Path) -> None:
        """Twelve workers for two domains are two, and none where the journal has all of them."""
        journal = str(tmp_path / "journal")
        for names, workers in ((MIXED[:2], 2), (MIXED[:2], 0)):
            process = begun(crowd, names, "--jsonl", "--workers", "12", "--resume", journal)
            seen: set[int] = set()
            while process.poll() is None:
                seen |= set(children(process.pid))
            rest(process)
            assert (process.returncode, len(seen)) == (0, workers)


class TestEnds:
    """Processes end; verdicts do not get lost, and nobody stays behind."""

    def test_what_a_killed_worker_had_in_hand_is_judged_by_another(self, crowd: World) -> None:
        """`kill -9` of one worker: nothing is lost, nothing is there twice, nobody is blamed."""
        process = begun(crowd, MIXED, "--jsonl", "--workers", "2")
        first = first_line(process)
        workers = children(process.pid)
        os.kill(workers[0], signal.SIGKILL)
        out, err = rest(process)
        assert (process.returncode, err, len(workers)) == (0, "", 2)
        assert set(by_domain(first + out)) == set(MIXED)

    def test_workers_end_when_the_survey_is_killed(self, crowd: World) -> None:
        """No orphan goes on asking."""
        process = begun(crowd, MIXED, "--jsonl", "--workers", "3")
        first_line(process)
        workers = children(process.pid)
        process.kill()
        _, err = rest(process)
        assert (len(workers), err) == (3, "")
        until(lambda: not any(map(is_running, workers)))

    def test_workers_end_with_the_survey(self, crowd: World) -> None:
        """As they do where it ends by itself."""
        process = begun(crowd, MIXED, "--jsonl", "--workers", "3")
        first_line(process)
        workers = children(process.pid)
        rest(process)
        assert (process.returncode, len(workers)) == (0, 3)
        assert not any(map(is_running, workers))

    def test_a_reader_who_has_enough_ends_it_quietly(self, crowd: World) -> None:
        """T-33: output into `head -1` is 141 and nothing on standard error; no worker stays."""
        process = begun(crowd, MIXED, "--jsonl", "--workers", "2")
        first_line(process)
        workers = children(process.pid)
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait(PATIENCE)) == ("", 141)
        assert not any(map(is_running, workers))
