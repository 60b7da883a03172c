"""Options that change what a check does, through the lab and back from its evidence."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dane_check import Checker, DomainCheck, Settings, UsageError, replay
from dane_check.evidence.file import from_text, to_text
from dane_check.findings import Code
from dane_check.lab import Lab, load_scenarios
from dane_check.limits import DEFAULT, UNHURRIED
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport


def checked(name: str, days: int | None = None, **options: Any) -> DomainCheck:
    """The recorded check of a situation with these options; `days` sets `certificates_at` so far from the lab's now."""

    async def run() -> DomainCheck:
        scenario = next(one for one in load_scenarios() if one.id == name)
        async with Lab([scenario]) as lab:
            moment = None if days is None else lab.clock.now() + timedelta(days=days)
            settings = Settings(
                resolver=str(lab.resolver_of(scenario.domain)),
                trust_anchor=lab.trust_anchor,
                now=lab.clock.now(),
                allow_reserved=True,
                certificates_at=moment,
                limits=replace(DEFAULT, run=UNHURRIED),  # or a session more than six would wait a minute
                **options,
            )
            dns, dialer = lab.transport(UdpTransport()), lab.dialer(TcpDialer())
            async with Checker(settings, dns=dns, dialer=dialer, clock=lab.clock) as checker:
                return await checker.domain(scenario.domain, record=True)

    return asyncio.run(run())


def again(check: DomainCheck) -> DomainCheck:
    """The check judged once more from its evidence, by way of a file."""
    assert check.evidence is not None
    (replayed,) = asyncio.run(replay(from_text(to_text(check.evidence))))
    return replayed


@pytest.mark.parametrize(
    ("name", "days", "outcome"),
    [
        ("ta-served", None, ("protected", 0)),
        ("ta-served", 3650, ("broken", 1)),  # usage 2: dates count
        ("ee-matches", 3650, ("protected", 0)),  # usage 3: they do not
        ("ta-leaf-expired", None, ("broken", 1)),
        ("ta-leaf-expired", -365, ("protected", 0)),  # it was good then, and the sentence says so
        ("tlsa-signature-expired", -30, ("broken", 1)),  # signatures are judged at `now` all the same
    ],
)
def test_certificates_alone_are_judged_at_another_time(name: str, days: int | None, outcome: tuple[str, int]) -> None:
    """D-23: dates of certificates at that moment, signatures at `now`; evidence keeps it."""
    check = checked(name, days)
    assert (check.verdict.word.value, check.verdict.exit_status) == outcome
    assert again(check).verdict == check.verdict
    assert (check.verdict.certificates_at is None) is (days is None)


def test_a_host_named_down_is_not_asked_about_and_evidence_keeps_it() -> None:
    """D-18: `incomplete`, and never exit 0."""
    check = checked("ee-matches", down=("MX.ee-matches.test.",))
    host = check.verdict.hosts[0]
    assert (check.verdict.exit_status, check.verdict.reason, check.verdict.complete) == (4, "incomplete", False)
    assert (host.endpoints, host.lookups, [one.code for one in host.findings]) == ((), (), [Code.MX_EXCLUDED])
    assert again(check).verdict == check.verdict


def test_an_audit_is_an_audit_from_evidence_too() -> None:
    """D-8."""
    check = checked("no-match", audit=True)
    assert (check.verdict.exit_status, check.verdict.unaudited) == (3, 1)
    assert again(check).verdict == check.verdict


def test_a_farm_is_found_by_repetition_and_again_from_evidence() -> None:
    """L-19: every chain is an endpoint of its own, and says how many sessions came to it."""
    check = checked("farm-serves-an-old-certificate", repeat=4)
    seen = [(one.result.value, one.sessions) for one in check.verdict.hosts[0].endpoints]
    assert seen == [("authenticated", 2), ("mismatch", 2)]
    assert again(check).verdict == check.verdict
    once = checked("farm-serves-an-old-certificate")
    assert once.verdict.exit_status == 0


@pytest.mark.parametrize(
    "wrong",
    [{"repeat": 0}, {"repeat": 11}, {"down": ("not a name",)}, {"certificates_at": datetime(2026, 3, 1)}],
    ids=str,
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    """Before any packet."""
    with pytest.raises(UsageError):
        Settings(**wrong)


def test_evidence_with_a_moment_that_is_none_is_refused() -> None:
    """A damaged file is one sentence."""
    evidence = checked("ee-matches").evidence
    assert evidence is not None
    settings = tuple((name, "soon" if name == "certificates_at" else value) for name, value in evidence.settings)
    with pytest.raises(UsageError, match="certificates_at"):
        asyncio.run(replay(replace(evidence, settings=settings)))
