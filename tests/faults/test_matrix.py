"""The fault matrix: every fault at every step of every scenario (docs/faults.md; threats T-5, D-25, L-20).

One slice of each scenario runs with all other tests; `make faults` runs every cell.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dane_check.lab.faults import DnsTrouble, StreamTrouble
from dane_check.policy.address_plan import Reachable, address_plan
from dane_check.policy.base_domain import NextCandidate

from .cells import Cell, cells_of
from .classes import Class
from .grounds import GROUNDS, Ground, scenario_of
from .judging import ground_of, violations, violations_by_chance
from .playing import calm
from .troubles import Role

SLICES = 7  # shares no factor with the two cells of a fault, nor with the faults of a step
PARTS = range(SLICES) if os.environ.get("FAULT_MATRIX") == "whole" else (0,)

SEEDS = range(50 if len(PARTS) > 1 else 10)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.scenario)
def test_every_cell_keeps_the_promise_of_its_class(
    ground: Ground, part: int, record_property: Callable[[str, object], None]
) -> None:
    """D-25, T-5, L-20: the verdicts of its class and no other, no hang, no traceback, no connection forbidden."""
    mine = cells_of(ground)[part::SLICES]
    broken = {str(cell): found for cell in mine if (found := violations(cell))}
    record_property("cells kept", dict(Counter(cell.kind.value for cell in mine if str(cell) not in broken)))
    record_property("cells broken", len(broken))
    if part == 0:
        record_property("cells there", len(cells_of(ground)))
    assert not broken


@pytest.mark.parametrize("rate", [0.05, 0.3])
@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.scenario)
def test_trouble_everywhere_makes_nobody_safe(ground: Ground, rate: float) -> None:
    """D-25: where any question and any turn may meet any trouble, no verdict is better than the calm one."""
    broken = {seed: found for seed in SEEDS if (found := violations_by_chance(ground.scenario, seed, rate))}
    assert not broken


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.scenario)
def test_the_calm_run_gives_the_verdict_of_the_scenario(ground: Ground) -> None:
    """What every cell is measured against is what the scenario expects, and takes no time."""
    expect = scenario_of(ground.scenario).expect
    verdict = calm(ground.scenario).played.check.verdict
    assert (verdict.word.value, verdict.exit_status) == (expect.verdict.value, expect.exit)
    assert calm(ground.scenario).seconds < 1


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.scenario)
def test_the_grounds_name_questions_that_are_asked(ground: Ground) -> None:
    """A misspelt question in the table by hand would silently make its cells calm ones."""
    domain = scenario_of(ground.scenario).domain
    asked = {str(question) for question, _ in calm(ground.scenario).questions}
    named = {*ground.destination, *ground.unsigned}
    for host in ground.hosts:
        named |= {*host.lookups, f"{host.name}. A", f"{host.name}. AAAA"}
    assert {text.replace("@", domain) for text in named} <= asked


def test_every_fault_is_somewhere() -> None:
    """The eleven faults of the rule, and those beside them, each once and each time; and every class."""
    cells = [cell for ground in GROUNDS for cell in cells_of(ground)]
    dns = {(fault.trouble, cell.lasting) for cell in cells for fault in cell.dns}
    streams = {(fault.trouble, cell.lasting) for cell in cells for fault in cell.streams}
    assert dns == {(trouble, lasting) for trouble in DnsTrouble for lasting in (False, True)}
    assert streams == {(trouble, lasting) for trouble in StreamTrouble for lasting in (False, True)}
    assert {cell.kind for cell in cells} == set(Class)
    assert all(any(f"({role.value})" in cell.step for cell in cells) for role in set(Role) - {Role.CONNECTION})
    assert len({str(cell) for cell in cells}) == len(cells)


# --- the matrix itself can fail ----------------------------------------------------------------------


def _the_cell(scenario: str, step: str, fault: str) -> Cell:
    cells = cells_of(ground_of(scenario))
    return next(one for one in cells if one.lasting and one.fault == fault and one.step.startswith(step))


def test_an_engine_that_takes_silence_for_absence_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """T-5: "no TLSA" where one exists, and a connection where the lookup failed."""
    monkeypatch.setattr("dane_check.check.requirement.tlsa_answer", lambda *_, **__: NextCandidate("tlsa-absent", ()))
    found = violations(_the_cell("ee-matches", "_25._tcp", "drop"))
    assert any("no TLSA record" in one for one in found)
    assert any("connected to" in one for one in found)


def test_an_engine_that_forgives_a_family_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """S2-06b: an address question without an answer must show in the verdict."""

    def forgiving(*args: Any, **options: Any) -> object:
        plan = address_plan(*args, **options)
        return replace(plan, floor=None) if isinstance(plan, Reachable) else plan

    monkeypatch.setattr("dane_check.check.host.address_plan", forgiving)
    assert "exit 0" in violations(_the_cell("ee-matches", "mx.ee-matches.test. AAAA", "drop"))


def test_an_engine_without_deadlines_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """L-13 to L-16, L-20: a server that says nothing more."""
    monkeypatch.setattr("dane_check.network.starttls.asyncio.timeout_at", lambda _moment: _NoTimeout())
    monkeypatch.setattr("dane_check.check.domain.asyncio.timeout", lambda _seconds: _NoTimeout())
    found = violations(_the_cell("ee-matches", "session 1", "half-open"))
    assert any("took" in one for one in found)


class _NoTimeout:
    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        return None
