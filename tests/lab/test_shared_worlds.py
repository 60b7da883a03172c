"""Domains that share hosts share observations and no verdicts: each comes out as the oracle has it for it alone.

DANE_CHECK_WORLDS says how many, DANE_CHECK_WORLDS_FROM from which seed on.
"""

from __future__ import annotations

import asyncio
import os

import pytest

from dane_check import DomainCheck, replay
from tests.lab.naive_oracle import Answer, judge
from tests.lab.shared_worlds import draw_shared, play, text_of

FIRST = int(os.environ.get("DANE_CHECK_WORLDS_FROM", "1"))
COUNT = int(os.environ.get("DANE_CHECK_WORLDS", "100"))


def outcome(check: DomainCheck, expected: Answer) -> Answer:
    """What came out, as far as the oracle has a word on it; 0 only of what was judged as a whole."""
    verdict = check.verdict
    assert verdict.complete or verdict.exit_status != 0
    words = {host.host: str(host.word) for host in verdict.hosts}
    return Answer(str(verdict.word), verdict.exit_status, None if expected.hosts is None else words)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_sharing_a_host_and_a_run_changes_no_verdict(seed: int) -> None:
    """Whatever is asked first, at once or again: names that count, MX records and options are those of each domain."""
    shared = draw_shared(seed)
    expected = [judge(world) for world in shared.order]
    checks = play(shared)
    assert [outcome(*pair) for pair in zip(checks, expected, strict=True)] == expected, (shared, text_of(shared))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT // 5))
def test_the_evidence_of_a_shared_run_judges_each_domain_the_same(seed: int) -> None:
    """One notebook for all of them, and still the equal verdict for each."""
    for check in play(draw_shared(seed), record=True):
        assert check.evidence is not None
        (again,) = asyncio.run(replay(check.evidence))
        assert again.verdict == check.verdict


def test_the_worlds_differ_by_domain() -> None:
    """Where both always came out alike, a verdict taken from the other would go unseen."""
    pairs = [(judge(shared.one), judge(shared.other)) for shared in map(draw_shared, range(1, 101))]
    assert sum(one != other for one, other in pairs) > 25
