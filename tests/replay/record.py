"""Regenerates `fixtures/evidence`: every lab scenario, recorded around one fixed moment (`make fixtures`).

Each file is what `--evidence` would have written, and beside it stands the verdict as JSON. The lab's keys are fixed
and its signatures deterministic, so a second run changes nothing but what our own changes changed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from dane_check import Checker, DomainCheck, Settings, utc
from dane_check.evidence import DnsExchange, Evidence
from dane_check.evidence.file import to_text
from dane_check.lab import Lab, Scenario, load_scenarios
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from dane_check.ports import Server
from dane_check.report.json import check_to_json
from dane_check.wire.message import Message, read

FOLDER = Path(__file__).parents[2] / "fixtures" / "evidence"
NOW = utc(2026, 3, 1, 12)


async def recorded(scenario: Scenario) -> DomainCheck:
    """The check of one scenario at `NOW`, with its evidence."""
    async with Lab([scenario], now=NOW) as lab:
        settings = Settings(
            resolver=str(lab.resolver_of(scenario.domain)),
            trust_anchor=lab.trust_anchor,
            now=NOW,
            helo="probe.example.net",
            allow_reserved=True,
            **{name: getattr(scenario.options, name) for name in scenario.options.__dataclass_fields__},
        )
        transport = lab.transport(UdpTransport(settings.limits.dns))
        dialer = lab.dialer(TcpDialer(settings.limits.session))
        async with Checker(settings, dns=transport, dialer=dialer, clock=lab.clock) as checker:
            return await checker.domain(scenario.domain, record=True)


def settled(evidence: Evidence) -> Evidence:
    """The same evidence without what changes from run to run: message ids, the lab's port, the order of arrival."""
    nameless = Server("127.0.0.1")

    def without_id(exchange: DnsExchange) -> DnsExchange:
        heard = exchange.heard
        if isinstance(heard, Message):
            heard = read(b"\0\0" + heard.octets[2:])
        return DnsExchange(exchange.question, nameless, heard)

    exchanges = sorted(map(without_id, evidence.exchanges), key=lambda one: (one.question.name, one.question.rdtype))
    handshakes = sorted(
        evidence.handshakes, key=lambda one: (one.request.address, -len(one.request.key_types), one.request.port)
    )
    return replace(evidence, servers=(nameless,), exchanges=tuple(exchanges), handshakes=tuple(handshakes))


def verdict_of(check: DomainCheck) -> dict[str, Any]:
    """The verdict as JSON, without what stands beside it."""
    document = check_to_json(check)  # whatever stands beside the verdict is left out
    return {key: value for key, value in document.items() if key not in {"diagnostics", "timings"}}


def write(scenario: Scenario, check: DomainCheck) -> None:
    """One pair of files."""
    assert isinstance(check.evidence, Evidence)
    (FOLDER / f"{scenario.id}.json").write_text(to_text(settled(check.evidence)))
    text = json.dumps(verdict_of(check), indent=1, sort_keys=True)
    (FOLDER / f"{scenario.id}.verdict.json").write_text(text + "\n")


def main() -> None:
    """Writes every file anew."""
    checks = [(scenario, asyncio.run(recorded(scenario))) for scenario in load_scenarios()]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.json"):  # only now: a check that fails leaves the old recordings as they are
        old.unlink()
    for scenario, check in checks:
        write(scenario, check)
    sys.stdout.write(f"{len(checks)} scenarios recorded in {FOLDER.name}\n")


if __name__ == "__main__":
    main()
