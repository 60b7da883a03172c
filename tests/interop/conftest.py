"""The world is started once; without root or the packages its tests skip, or fail where CI demands them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from .command import Command
from .world import World, running_world

PROGRAMS = (
    *("keymgr", "knotd", "ldns-key2ds", "ldns-keygen", "ldns-signzone", "nsd"),
    *("kresd", "named", "pdns_recursor", "unbound"),
    *("chroot", "delv", "ip", "nsupdate", "postconf", "postfix", "posttls-finger", "setpriv"),
)
PACKAGES = (Path(__file__).parent / "packages.txt").read_text().split()


def _why_not() -> str | None:
    """What is missing on this machine, in one line; None if nothing is."""
    if os.geteuid() != 0:
        return "interop tests bind ports 25 and 53 and start Postfix: they need root"
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} not found; apt-get install --no-install-recommends {' '.join(PACKAGES)}"
    return None


def _demanded() -> bool:
    return os.environ.get("REQUIRE_INTEROP") == "1"


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason)
    with running_world() as running:
        yield running


@pytest.fixture(scope="session")
def dane_check(world: World) -> Command:
    return Command(world)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows what tests counted: how many cases, and how they went."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == "summary":
                    terminalreporter.write_line(str(text))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where interop is demanded a skip fails; a failure shows the servers' logs."""
    report = yield
    if report.skipped and _demanded():
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_INTEROP=1 allows no skip: {report.longrepr}"
    running = getattr(item, "funcargs", {}).get("world")
    if report.failed and running is not None:
        report.sections.append(("the servers' last words", running.last_words()))
    return report
