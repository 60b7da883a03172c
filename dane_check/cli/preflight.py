"""`dane-check preflight`: would senders authenticate what is going to be published or deployed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dane_check.cli.checking import AllowReserved, Helo, Only4, Only6, Timeout
from dane_check.cli.exits import guarded
from dane_check.cli.junit import Junit, check_junit, write_junit
from dane_check.cli.options import (
    TWINS,
    AllowSha1,
    AsJson,
    At,
    Explain,
    InLab,
    Keys,
    LabMap,
    Nsec3Iterations,
    Quiet,
    Requests,
    Resolver,
    TrustAnchor,
    Verbose,
    parse_moment,
)
from dane_check.cli.output import colour, complain, write
from dane_check.cli.progress import progress
from dane_check.cli.rehearsing import (
    Chains,
    Domains,
    Ds,
    Expect,
    Mail,
    Names,
    NoConnect,
    Offline,
    OldChains,
    OldZone,
    Origin,
    Port,
    Previous,
    Tlsa,
    Ttl,
    Zone,
)
from dane_check.cli.world import opened
from dane_check.errors import UsageError
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.rehearsal.outcome import Rehearsal
    from dane_check.rehearsal.plan import Plan
    from dane_check.report.options import TextOptions

EXAMPLES = f"""\
EXAMPLES

\b
  may the first records of a domain be published, and which?
    dane-check preflight example.org
  the servers as they are, with other records, or with a whole zone to be published:
    dane-check preflight --name mx.example.org --tlsa "3 1 1 8d…" --tlsa "3 1 1 41…"
    dane-check preflight --zone new.db --old-zone old.db
  the records as they are, with a renewed certificate, or with a key to come:
    dane-check preflight --name mx.example.org --chain fullchain.pem
    dane-check preflight example.org --key next.key
  everything to come, and nobody asked:
    dane-check preflight --offline --zone new.db --chain mx1.example.org=full.pem
    dane-check tlsa fullchain.pem --host mx.example.org | dane-check preflight --zone -

\b
EXIT STATUS
  0 would be protected   1 would be broken, or a rule for publishers or --expect is not met
  2 usage   3 would be unprotected or partial   4 cannot tell   5 nothing for DANE to protect
  without candidates: 0 ready   1 not ready   4 cannot tell   5 nothing for DANE to protect
  70 internal error   130 interrupted

{TWINS}
"""


@guarded
def preflight(
    mail: Mail = None,
    names: Names = None,
    domains: Domains = None,
    tlsa: Tlsa = None,
    zone: Zone = None,
    old_zone: OldZone = None,
    origin: Origin = None,
    ds: Ds = None,
    chain: Chains = None,
    old_chain: OldChains = None,
    key: Keys = None,
    csr: Requests = None,
    previous: Previous = None,
    ttl: Ttl = None,
    expect: Expect = None,
    port: Port = 25,
    offline: Offline = False,
    no_connect: NoConnect = False,
    as_json: AsJson = False,
    junit: Junit = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    explain: Explain = False,
    at: At = None,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    only4: Only4 = False,
    only6: Only6 = False,
    helo: Helo = None,
    timeout: Timeout = None,
    allow_reserved: AllowReserved = False,
    in_lab: InLab = False,
    lab_map: LabMap = None,
    nsec3_iterations: Nsec3Iterations = 50,
    allow_sha1: AllowSha1 = False,
) -> int:
    """Would senders authenticate mail hosts with these records, these certificates, or both?"""
    if only4 and only6:
        raise UsageError("-4 and -6 exclude each other; leave out one of them")
    settings = Settings(
        resolver=resolver,
        trust_anchor=trust_anchor,
        now=parse_moment(at) if at is not None else None,
        ipv4=not only6,
        ipv6=not only4,
        helo=helo,
        timeout=timeout,
        connect=not no_connect,
        allow_reserved=allow_reserved,
        nsec3_iterations=nsec3_iterations,
        allow_sha1=allow_sha1,
    )
    from dane_check.cli.candidates import read_chain, read_keys, read_zone_file
    from dane_check.rehearsal.plan import plan

    _one_standard_input([zone, old_zone, *(chain or []), *(old_chain or []), *(key or []), *(csr or [])])
    asked = plan(
        names or (),
        mail=mail or (),
        tlsa=_regrouped(tlsa or [], 4) or None,
        zone=read_zone_file(zone, origin) if zone is not None else None,
        old_zone=read_zone_file(old_zone, origin) if old_zone is not None else None,
        ds=_regrouped(ds or [], 4),
        chains=tuple(map(read_chain, chain or ())),
        serving=tuple(map(read_chain, old_chain or ())),
        keys=read_keys(key or [], csr or []),
        previous=_regrouped(previous or [], 4) or None,
        ttl=ttl,
        expect=_regrouped(expect or [], 3),
        port=port,
        offline=offline,
        domains=domains or (),
    )
    for remark in (remark for one in (*asked.chains, *asked.serving) for remark in one.remarks):
        complain(remark)
    check_junit(junit)

    import asyncio

    from dane_check.report.options import TextOptions

    rehearsed = asyncio.run(_rehearse(asked, settings, in_lab, lab_map))
    _report(rehearsed, TextOptions(quiet=quiet, verbose=verbose, explain=explain, colour=colour()), as_json, junit)
    return rehearsed.exit_status


def _report(rehearsed: Rehearsal, options: TextOptions, as_json: bool, junit: str | None) -> None:
    from dane_check.report.junit import rehearsal_to_junit
    from dane_check.report.rehearsal import rehearsal_to_text
    from dane_check.report.rehearsal_json import rehearsal_to_json

    write_junit(junit, lambda: rehearsal_to_junit(rehearsed))
    write(rehearsal_to_json(rehearsed) + "\n" if as_json else rehearsal_to_text(rehearsed, options))


def _regrouped(values: list[str], words: int) -> list[str]:
    """Values as they were meant: in the environment a list is split at blanks, and records and schemes hold some."""
    if len(values) % words or any(len(value.split()) != 1 for value in values):
        return values
    return [" ".join(values[start : start + words]) for start in range(0, len(values), words)]


def _one_standard_input(given: list[str | None]) -> None:
    if sum(one is not None and (one == "-" or one.endswith("=-")) for one in given) > 1:
        raise UsageError("standard input can be read only once; give - for one file alone")


async def _rehearse(asked: Plan, settings: Settings, in_lab: bool, lab_map: str | None) -> Rehearsal:
    if asked.offline:
        from datetime import UTC, datetime

        from dane_check.rehearsal.live import rehearse_unasked

        return await rehearse_unasked(asked, settings, settings.now or datetime.now(UTC))
    names = (*asked.mail, *asked.hosts, *asked.domains)
    async with (
        opened(settings, in_lab, lab_map, names) as checker,
        progress(lambda: f"rehearsing {names[0]}"),
    ):
        return await checker.rehearse(asked)
