"""Every situation of the lab, checked from start to end, against what it says a right check comes to."""

from __future__ import annotations

import asyncio

import pytest

from dane_check.lab import Scenario, load_scenarios
from tests.lab.checking import Played, play

SCENARIOS = load_scenarios()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_the_check_comes_to_what_the_scenario_expects(scenario: Scenario) -> None:
    """Verdict, exit status, hosts, endpoints, findings, connections, TLSA questions and SNI are as written."""
    played = asyncio.run(play(scenario))
    assert outcome(scenario, played) == expectation(scenario)


def expectation(scenario: Scenario) -> dict[str, object]:
    """What `[expect]` says, in the shape of `outcome`."""
    expect = scenario.expect
    return {
        "verdict": str(expect.verdict),
        "exit": expect.exit,
        "hosts": dict(expect.hosts),
        "endpoints": {place: {result} for place, result in expect.endpoints.items()},
        "missing findings": set(),
        "unwanted findings": set(),
        "connections": expect.connections,
        "TLSA questions": expect.tlsa_questions,
        "SNI": set(expect.sni),
    }


def outcome(scenario: Scenario, played: Played) -> dict[str, object]:
    """What came out, as far as the scenario has a word on it."""
    expect, verdict = scenario.expect, played.check.verdict
    words = {host.host.rstrip("."): str(host.word) for host in verdict.hosts}
    tlsa = sum(1 for asked in played.asked if asked.rdtype.name == "TLSA")
    return {
        "verdict": str(verdict.word),
        "exit": verdict.exit_status,
        "hosts": words if expect.hosts else {},
        "endpoints": {place: played.endpoints(place) for place in expect.endpoints},
        "missing findings": set(expect.findings) - played.codes(),
        "unwanted findings": set(expect.absent) & played.codes(),
        "connections": None if expect.connections is None else len(played.seen),
        "TLSA questions": None if expect.tlsa_questions is None else tlsa,
        "SNI": {session.sni for session in played.seen} if expect.sni else set(),
    }
