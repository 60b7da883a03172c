"""A verdict is a function of its evidence: every recorded case is judged again, offline, and must come out equal."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from dane_check import DomainCheck, replay
from dane_check.evidence.file import from_text
from dane_check.lab import Scenario, load_scenarios
from tests.replay.record import FOLDER, recorded, verdict_of

RECORDED = sorted(path for path in FOLDER.glob("*.json") if not path.name.endswith(".verdict.json"))
SCENARIOS = {scenario.id: scenario for scenario in load_scenarios()}


def replayed(path: Path) -> DomainCheck:
    (check,) = asyncio.run(replay(path))
    return check


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would open a socket to the world fails the test."""

    def refuse(*_: object) -> None:
        raise AssertionError("a replay touched the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "sendto", refuse)


def test_every_scenario_is_recorded() -> None:
    """`make fixtures` keeps the folder and the lab together."""
    assert {path.stem for path in RECORDED} == set(SCENARIOS)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_replay_gives_the_recorded_verdict(path: Path) -> None:
    """No network, and the verdict equal to the last word."""
    expected = json.loads(path.with_suffix(".verdict.json").read_text())
    assert verdict_of(replayed(path)) == expected


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_recorded_verdict_is_what_the_scenario_demands(path: Path) -> None:
    """A fixture can never teach the tests a wrong verdict."""
    expect = SCENARIOS[path.stem].expect
    verdict = json.loads(path.with_suffix(".verdict.json").read_text())
    assert (verdict["verdict"], verdict["exit_status"]) == (str(expect.verdict), expect.exit)


@pytest.mark.parametrize("scenario", list(SCENARIOS.values())[::6], ids=lambda scenario: scenario.id)
def test_a_fresh_recording_replays_to_the_equal_value(scenario: Scenario) -> None:
    """Not only the JSON: the whole verdict, compared as a value."""
    live = asyncio.run(recorded(scenario))
    assert live.evidence is not None
    (again,) = asyncio.run(replay(live.evidence))
    assert again.verdict == live.verdict


@pytest.mark.parametrize("name", ["ee-matches", "ta-served", "no-tlsa"])
def test_whatever_is_missing_from_the_evidence_is_never_taken_as_absent(name: str) -> None:
    """Each answer taken away in turn: never protected, and never "no TLSA" where the evidence held one."""
    whole = from_text((FOLDER / f"{name}.json").read_text())
    for place in range(len(whole.exchanges)):
        less = replace(whole, exchanges=whole.exchanges[:place] + whole.exchanges[place + 1 :])
        (check,) = asyncio.run(replay(less))
        word = check.verdict.word.value
        calm = json.loads((FOLDER / f"{name}.verdict.json").read_text())["verdict"]
        assert word in {"undetermined", calm}, (whole.exchanges[place].question, word)
    for place in range(len(whole.handshakes)):
        fewer = replace(whole, handshakes=whole.handshakes[:place] + whole.handshakes[place + 1 :])
        (check,) = asyncio.run(replay(fewer))
        assert check.verdict.exit_status in {3, 4}
