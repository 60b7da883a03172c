"""What the benchmark rests on; how long anything takes is asserted nowhere."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dane_check import Checker, Settings
from dane_check.lab import Lab, read_map, read_scenario
from dane_check.limits import DEFAULT, UNHURRIED
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from tests.bench.batch import Crowd, Plan, crowd
from tests.bench.measuring import Run, Tool, in_turn, ratio, table
from tests.bench.one_domain import WARM_BESIDE, WARM_HERE, Found, document
from tests.bench.startup import imports
from tests.bench.world import DUAL, GOOD, own_zone, same_zone, scenario


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Crowd]:
    with crowd(tmp_path, Plan("distinct", 8, 0, ()), os.environ, real_ports=False) as up:
        yield up


def survey(there: Crowd, domains: list[str]) -> Counter[str]:
    """The verdicts of one `Checker`."""
    lab = read_map(there.map_file.read_text())
    settings = Settings(
        resolver=str(lab.resolver),
        trust_anchor=lab.trust_anchor,
        now=lab.now,
        allow_reserved=True,
        limits=replace(DEFAULT, run=UNHURRIED),
    )

    async def all_of_them() -> Counter[str]:
        transport, dialer = lab.transport(UdpTransport()), lab.dialer(TcpDialer())
        async with Checker(settings, dns=transport, dialer=dialer) as checker:
            return Counter([check.verdict.word.value async for check in checker.domains(domains)])

    return asyncio.run(all_of_them())


class TestCrowd:
    """Many domains that are all protected, and a count of sessions that can be relied on."""

    def test_every_distinct_host_is_met_in_two_sessions(self, there: Crowd) -> None:
        assert survey(there, [f"d{n}.distinct.test" for n in range(8)]) == {"protected": 8}
        assert there.sessions() == 16

    def test_a_host_that_domains_share_is_met_once(self, there: Crowd) -> None:
        assert survey(there, [f"d{n}.shared.test" for n in (1, 101, 201, 2, 102)]) == {"protected": 5}
        assert there.sessions() == 4


def test_all_domains_of_the_world_of_one_domain_are_protected() -> None:
    """The races are run over domains that every tool must find good."""

    async def verdicts() -> set[str]:
        async with Lab([read_scenario(scenario())]) as lab:
            settings = Settings(
                resolver=str(lab.resolver), trust_anchor=lab.trust_anchor, now=lab.clock.now(), allow_reserved=True
            )
            dns, dialer = lab.transport(UdpTransport()), lab.dialer(TcpDialer())
            async with Checker(settings, dns=dns, dialer=dialer) as checker:
                found = [await checker.domain(one) for one in (GOOD, DUAL, same_zone(0), own_zone(0))]
            return {check.verdict.word.value for check in found}

    assert asyncio.run(verdicts()) == {"protected"}


class TestMeasuring:
    """Whole processes, in turn."""

    def test_each_round_runs_every_tool_and_begins_with_another(self, tmp_path: Path) -> None:
        said = tmp_path / "said"
        tools = [Tool(name, ("sh", "-c", f"echo {name} | tee -a {said}"), name) for name in ("a", "b")]
        runs = in_turn(tools, os.environ, 2)
        assert {name: len(of_one) for name, of_one in runs.items()} == {"a": 2, "b": 2}
        assert said.read_text().split() == ["a", "b", "a", "b", "b", "a"]  # the first two do not count

    def test_a_tool_that_did_not_do_its_work_is_not_measured(self) -> None:
        with pytest.raises(RuntimeError, match="finger did not do what it was asked for"):
            in_turn([Tool("finger", ("sh", "-c", "echo Untrusted"), "Verified")], os.environ, 1)

    def test_a_ratio_is_that_of_neighbours(self) -> None:
        assert ratio([10, 400, 30], [10, 200, 10]) == "2.00 (1.50–2.50)"

    def test_a_table_is_markdown(self) -> None:
        assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n|---|---:|\n| x | 1 |\n"


def test_modules_are_counted_by_package() -> None:
    """What is found is what was imported."""
    counts = imports([sys.executable, "-c", "import dane_check"], os.environ)
    assert counts["dane_check"] == 1
    assert set(counts) == {"dane_check", "stdlib"}


class TestDocument:
    """What is written of the races."""

    OURS, THEIRS = (Run(100, 20), Run(102, 20)), (Run(200, 3), Run(102, 3))

    def test_a_race_without_peers_has_neither_ratio_nor_goal(self) -> None:
        cold = {20: {"dane-check": [*self.OURS]}}
        warm = {20: {WARM_HERE: [*self.OURS], WARM_BESIDE: [*self.OURS]}}
        text = document(Found(cold, cold, warm, {20: {"dane-check lookup": [*self.OURS]}}))
        assert "| `dane-check` | 101 ms | 20 ms |" in text
        assert " / `" not in text
        assert "## Goals" not in text

    def test_goals_are_told_as_reached_or_not(self) -> None:
        def race(*own: str) -> dict[int, dict[str, list[Run]]]:
            return {20: {**{name: [*self.OURS] for name in own}, "posttls-finger": [*self.THEIRS]}}

        cold = race("dane-check")
        text = document(Found(cold, cold, race(WARM_HERE, WARM_BESIDE), race("dane-check lookup")))
        assert "| the whole command | 20 ms | 1.80 | 0.75 | yes |" in text
        assert "| dane-check / `posttls-finger` | 0.75 (0.62–0.88) |  |" in text


def test_the_help_of_the_benchmark_starts() -> None:
    """The command line of `make bench` is read without measuring anything."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "--long" in done.stdout) == (0, True)
