"""Random worlds, checked from start to end, against an oracle that reads the rules row by row.

DANE_CHECK_WORLDS says how many, DANE_CHECK_WORLDS_FROM from which seed on.
"""

from __future__ import annotations

import asyncio
import os

import pytest

from dane_check.lab import read_scenario
from tests.lab.checking import Played, play
from tests.lab.naive_oracle import WORDS, Answer, judge
from tests.lab.random_worlds import draw, scenario_text

FIRST = int(os.environ.get("DANE_CHECK_WORLDS_FROM", "1"))
COUNT = int(os.environ.get("DANE_CHECK_WORLDS", "120"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_the_check_of_a_random_world_agrees_with_the_naive_oracle(seed: int) -> None:
    """Verdict, exit status and host words are those that the rules give for the description of the world."""
    world = draw(seed)
    expected = judge(world)
    text = scenario_text(world, expect_lines(expected))
    played = asyncio.run(play(read_scenario(text)))
    assert outcome(played, expected) == expected, text


def test_the_worlds_reach_every_verdict_and_every_host_word() -> None:
    """What agrees in worlds that are all alike would say little."""
    answers = [judge(draw(seed)) for seed in range(1, 121)]
    assert {answer.exit for answer in answers} == {0, 1, 3, 4, 5}
    assert {word for answer in answers for word in (answer.hosts or {}).values()} == {*WORDS, "no-address"}


def expect_lines(answer: Answer) -> str:
    """The oracle's answer as a scenario writes it."""
    hosts = ", ".join(f'"{name}" = "{word}"' for name, word in (answer.hosts or {}).items())
    return f'verdict = "{answer.verdict}"\nexit = {answer.exit}\nhosts = {{ {hosts} }}'


def outcome(played: Played, expected: Answer) -> Answer:
    """What came out, as far as the oracle has a word on it."""
    verdict = played.check.verdict
    words = {host.host.rstrip("."): str(host.word) for host in verdict.hosts}
    return Answer(str(verdict.word), verdict.exit_status, None if expected.hosts is None else words)
