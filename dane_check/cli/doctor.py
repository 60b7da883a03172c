"""`dane-check doctor`: can this machine judge at all?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.lists import destination
from dane_check.cli.options import AsJson, At, InLab, LabMap, Resolver, TrustAnchor, option, parse_moment
from dane_check.cli.output import colour, write
from dane_check.cli.progress import progress
from dane_check.cli.world import opened
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.check.environment import EnvironmentReport
    from dane_check.ports import Heard

_SOMEWHERE: Final = "2001:503:ba3e::2:30"  # a root server; the routing table is asked, and nobody else

EXAMPLES = """\
EXAMPLES

\b
  dane-check doctor                clock, resolver, trust anchors, versions
  dane-check doctor example.org    … and port 25 and IPv6, at the mail servers of example.org

\b
EXIT STATUS
  0 nothing stands against judging from here   4 this machine cannot judge
"""

AllowReserved = Annotated[
    bool,
    option("--allow-reserved", explains="Try mail servers at private and other special-purpose addresses as well."),
]
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
    allow_reserved: AllowReserved = False,
    in_lab: InLab = False,
    lab_map: LabMap = None,
) -> int:
    """Say what this machine can judge: its clock, resolver, trust anchors, libraries; port 25 and IPv6 at DOMAIN."""
    import asyncio

    from dane_check.report.doctor import doctor_to_json, doctor_to_text

    now = parse_moment(at) if at is not None else None
    settings = Settings(resolver=resolver, trust_anchor=trust_anchor, now=now, allow_reserved=allow_reserved)
    domains = tuple(dict.fromkeys(destination(name) for name in names or []))
    report = asyncio.run(_examine(domains, settings, in_lab, lab_map))
    write(doctor_to_json(report) + "\n" if as_json else doctor_to_text(report, colour=colour()))
    return report.exit_status


async def _examine(
    domains: tuple[str, ...], settings: Settings, in_lab: bool, lab_map: str | None
) -> EnvironmentReport:
    import asyncio

    from dane_check.check import environment
    from dane_check.policy.vantage import NO_SUCH_NAME, WITHOUT_IPV6

    live = not (in_lab or lab_map)
    async with opened(settings, in_lab, lab_map, domains) as checker, progress(lambda: "examining this machine"):
        zone = checker.anchors[0].split()[0] if checker.anchors else "."
        asked = ((zone, "DNSKEY"), NO_SUCH_NAME, WITHOUT_IPV6)
        keys, absent, without_ipv6 = await asyncio.gather(*(checker.lookup(*one) for one in asked))
        heard = await over_tcp(checker.resolvers, settings) if live else {}
        checks = [check async for check in checker.domains(domains)]
        now = checker.now or datetime.now(UTC)
        tried = {
            "clock": environment.judge_clock(now, keys, own_clock=checker.settings.now is None),
            "dnssec": environment.judge_dnssec(keys),
            "answers": environment.judge_answers(absent, without_ipv6),
            "tcp": environment.judge_tcp(heard),
            "port25": environment.judge_port25(checks),
            "ipv6": environment.judge_ipv6(checks, routed=not live or has_ipv6()),
        }
        return environment.EnvironmentReport(
            now=now,
            resolver=checker.settings.resolver,
            servers=checker.resolvers,
            anchors=checker.anchors,
            versions=environment.versions(),
            tried=tried,
            anchors_of=environment.old_anchors(checker.settings.trust_anchor is None, now),
        )


async def over_tcp(servers: Sequence[str], settings: Settings) -> dict[str, Heard]:
    """What each resolver says over TCP to the question for the keys of the root."""
    import asyncio

    import dns.name
    import dns.rdatatype

    from dane_check.network.dns import UdpTransport
    from dane_check.network.servers import parse_server
    from dane_check.ports import Question

    transport, question = UdpTransport(settings.limits.dns), Question(dns.name.root, dns.rdatatype.DNSKEY)
    heard = await asyncio.gather(*(transport.ask_over_tcp(question, parse_server(server)) for server in servers))
    return dict(zip(servers, heard, strict=True))


def has_ipv6() -> bool:
    """Whether this machine has a route to IPv6 addresses at all (D-17)."""
    from dane_check.network.dialer import has_route

    return has_route(_SOMEWHERE)
