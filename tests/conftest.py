"""What every run should say of itself at its end."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator

import pytest

_TOOL_MISSING = ("is not installed", "there is no /usr/bin/openssl", "there is no openssl command")
_PORTS_MISSING = ("ports below 1024 need root", "this machine does not give the ports")
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

    _count_cells(terminalreporter)


def _count_cells(terminalreporter: pytest.TerminalReporter) -> None:
    """The fault matrix: each test holds many cells, and says how many of which class kept their promise."""
    kept: Counter[str] = Counter()
    broken = there = 0
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for what, count in getattr(report, "user_properties", ()):
                kept.update(count if what == "cells kept" else {})
                broken += count if what == "cells broken" else 0
                there += count if what == "cells there" else 0
    if there:
        by_class = ", ".join(f"{number} {name}" for name, number in sorted(kept.items()))
        terminalreporter.write_line(
            f"fault matrix: {kept.total()} cells kept, {broken} broken, {there} there: {by_class}"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where interop is demanded, as in CI, a tool or port that is not there is a failure and hides behind no skip."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_INTEROP") == "1" and _names_what_is_missing(str(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_INTEROP=1 allows nothing to be missing: {report.longrepr}"
    return report


def _names_what_is_missing(reason: str) -> bool:
    return any(words in reason for words in (*_TOOL_MISSING, *_PORTS_MISSING))
