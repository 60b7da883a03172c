"""The public signatures, type-checked by `make lint` and never run: what compiles here may not stop compiling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import assert_type

import dane_check
from dane_check import (
    Checker,
    DomainCheck,
    DomainWord,
    Evidence,
    Finding,
    Lookup,
    MatchReport,
    Permission,
    Rehearsal,
    RolloverPlan,
    RolloverState,
    Secure,
    Settings,
    TlsaRecord,
)
from dane_check.rehearsal.rollover.gather import Sharing
from dane_check.rehearsal.rollover.situation import Next


async def checks(names: Sequence[str]) -> None:
    async with Checker(Settings(strict=True, resolver="127.0.0.1:5353")) as checker:
        assert_type(await checker.domain("example.org", record=True), DomainCheck)
        assert_type(await checker.host("mx.example.org", 587), DomainCheck)
        async for check in checker.domains(names):
            assert_type(check, DomainCheck)
        assert_type(await checker.lookup("example.org", 52), Lookup)
        assert_type(checker.evidence(), Evidence | None)


async def functions(evidence: Evidence) -> None:
    check = await dane_check.check_domain("example.org", Settings(), record=True)
    assert_type(check.verdict.word, DomainWord)
    assert_type(check.verdict.exit_status, int)
    assert_type(check.diagnostics, tuple[Finding, ...])
    assert_type(check.evidence, Evidence | None)
    assert_type(await dane_check.replay(evidence), tuple[DomainCheck, ...])
    assert_type(await dane_check.replay(Path("run.json")), tuple[DomainCheck, ...])
    found = await dane_check.lookup(
        "_25._tcp.mx.example.org",
        "TLSA",
        resolver="[::1]:53",
        trust_anchor=[". DS 20326 8 2 00"],
        now=1_790_000_000,
        nsec3_iterations=150,
        allow_sha1=True,
    )
    assert_type(found, Lookup)
    assert_type(await dane_check.rehearse(["mx.example.org"], tlsa=["3 1 1 00"]), Rehearsal)
    first = await dane_check.rehearse(mail=["example.org"])
    assert_type([line for host in first.hosts for line in host.lines], list[str])
    zone = "$ORIGIN example.org.\n@ SOA ns h 1 2 3 4 5\n"
    assert_type(await dane_check.rehearse(zone=zone, old_zone=zone, ds=["1 8 2 00"], keys=[b""]), Rehearsal)
    if isinstance(found, Secure):
        assert_type(found.records[0].wire, bytes)


def in_step(now: datetime, chain: Sequence[bytes]) -> None:
    assert_type(dane_check.check_domain_sync("example.org"), DomainCheck)
    assert_type(dane_check.lookup_sync("example.org", "MX"), Lookup)
    assert_type(dane_check.replay_sync("run.json"), tuple[DomainCheck, ...])
    rehearsed = dane_check.rehearse_sync(
        ["mx.example.org"],
        tlsa=["3 1 1 00", TlsaRecord(3, 1, 1, bytes(32))],
        chains=["-----BEGIN CERTIFICATE-----", b"one certificate", [b"leaf", b"issuer"]],
        previous=["3 1 1 00"],
        ttl=3600,
        expect=["3 1 1"],
        port=587,
        offline=True,
        domains=["example.org"],
        settings=Settings(now=now),
    )
    assert_type(rehearsed, Rehearsal)
    assert_type(rehearsed.exit_status, int)
    assert_type(rehearsed.findings, tuple[Finding, ...])
    report = dane_check.match(
        ["3 1 1 00", TlsaRecord(3, 1, 1, bytes(32))], chain, ["mx.example.org"], now=now, service="generic", roots=[b""]
    )
    assert_type(report, MatchReport)
    assert_type(dane_check.make_tlsa(b"", usage=2, selector=1, matching_type=1), TlsaRecord)
    assert_type(report.matched, int | None)


async def rollovers(checker: Checker, asked: Sharing, goal: Next, now: datetime) -> None:
    state = await checker.rollover_state(asked, goal)
    assert_type(state, RolloverState)
    assert_type(dane_check.plan_rollover(state, goal, now), RolloverPlan)
    assert_type(dane_check.may_switch(state, goal, now, rehearsed={"mx.example.org": 0}), Permission)
    assert_type(await checker.may_switch(state, goal, at=now, published_at=now), Permission)
