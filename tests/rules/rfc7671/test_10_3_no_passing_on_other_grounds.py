"""RFC 7671 §10.3: whoever only watches may go on, but what did not authenticate has not passed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dane_check.lab import Scenario, load_scenarios

EVIDENCE = Path(__file__).parents[3] / "fixtures" / "evidence"
GOOD = {"authenticated", "not-offered"}


def verdict_of(scenario: Scenario) -> dict[str, Any]:
    return json.loads((EVIDENCE / f"{scenario.id}.verdict.json").read_text("utf-8"))


@pytest.mark.parametrize("scenario", load_scenarios(), ids=lambda one: one.id)
def test_exit_0_is_protection_and_nothing_else(scenario: Scenario) -> None:
    """R7671-10.3-a, D-8: whatever options a check has, 0 means every address of every host authenticated."""
    verdict = verdict_of(scenario)
    words = {host["verdict"] for host in verdict["hosts"]}
    results = {endpoint["result"] for host in verdict["hosts"] for endpoint in host["endpoints"]}
    passed = "dane-ok" in words and words <= {"dane-ok", "no-address"} and results <= GOOD and verdict["complete"]
    assert verdict["exit_status"] != 0 or (passed and verdict["verdict"] == "protected")
