"""`dane-check doctor`: can this machine judge at all?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.lists import destination
from dane_check.cli.options import AsJson, At, InLab, LabMap, Resolver, TrustAnchor, parse_moment
from dane_check.cli.output import colour, write
from dane_check.cli.progress import progress
from dane_check.cli.world import opened
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.check.environment import EnvironmentReport

EXAMPLES = """\
EXAMPLES

\b
  dane-check doctor                resolver, trust anchors, versions, DNSSEC
  dane-check doctor example.org    … and port 25 and IPv6, at the mail servers of example.org

\b
EXIT STATUS
  0 nothing stands against judging from here   4 this machine cannot judge
"""

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="DOMAIN", help="Domains whose mail servers may be tried.", show_default=False),
]


@guarded
def doctor(
    names: Names = None,
    as_json: AsJson = False,
    at: At = None,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    in_lab: InLab = False,
    lab_map: LabMap = None,
) -> int:
    """Say what this machine can judge: its resolver, trust anchors, libraries; port 25 and IPv6 at DOMAIN."""
    import asyncio

    from dane_check.report.doctor import doctor_to_json, doctor_to_text

    settings = Settings(resolver=resolver, trust_anchor=trust_anchor, now=parse_moment(at) if at is not None else None)
    domains = tuple(dict.fromkeys(destination(name) for name in names or []))
    report = asyncio.run(_examine(domains, settings, in_lab, lab_map))
    write(doctor_to_json(report) + "\n" if as_json else doctor_to_text(report, colour=colour()))
    return report.exit_status


async def _examine(
    domains: tuple[str, ...], settings: Settings, in_lab: bool, lab_map: str | None
) -> EnvironmentReport:
    from dane_check.check import environment

    async with opened(settings, in_lab, lab_map, domains) as checker, progress(lambda: "examining this machine"):
        zone = checker.anchors[0].split()[0] if checker.anchors else "."
        keys = await checker.lookup(zone, "DNSKEY")
        checks = [check async for check in checker.domains(domains)]
        now = checker.now or datetime.now(UTC)
        return environment.EnvironmentReport(
            now=now,
            resolver=checker.settings.resolver,
            servers=checker.resolvers,
            anchors=checker.anchors,
            versions=environment.versions(),
            dnssec=environment.judge_dnssec(keys),
            port25=environment.judge_port25(checks),
            ipv6=environment.judge_ipv6(checks),
            anchors_of=environment.old_anchors(checker.settings.trust_anchor is None, now),
        )
