"""What every run should say of itself at its end."""

from __future__ import annotations

import pytest

_COUNTED = {
    "other validators' DNSSEC cases": "tests/dnssec/test_shared_cases.py",
    "TLSA matcher cases": "tests/tlsa/test_cases.py",
    "situations of the lab": "tests/lab/test_scenarios.py",
    "replays of recorded evidence": "tests/replay/test_replay.py::test_a_replay_gives_the_recorded_verdict",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cases of each collection passed, so that a missing folder cannot hide behind a green run."""
    for what, place in _COUNTED.items():
        counts = {
            outcome: sum(report.nodeid.startswith(place) for report in terminalreporter.getreports(outcome))
            for outcome in ("passed", "failed", "skipped")
        }
        if any(counts.values()):
            terminalreporter.write_line(f"{what}: " + ", ".join(f"{n} {outcome}" for outcome, n in counts.items()))
