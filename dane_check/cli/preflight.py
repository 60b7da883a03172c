"""`dane-check preflight`: would senders authenticate what is going to be published or deployed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from dane_check.cli.exits import guarded
from dane_check.cli.files import read_octets, shown_path
from dane_check.cli.junit import Junit, check_junit, write_junit
from dane_check.cli.options import (
    TWINS,
    AllowSha1,
    AsJson,
    At,
    InLab,
    LabMap,
    Nsec3Iterations,
    Quiet,
    Resolver,
    TrustAnchor,
    Verbose,
    option,
    parse_moment,
)
from dane_check.cli.output import colour, complain, write
from dane_check.cli.progress import progress
from dane_check.cli.world import opened
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.rehearsal.candidates import CandidateChain, Plan
    from dane_check.rehearsal.outcome import Rehearsal

EXAMPLES = f"""\
EXAMPLES

\b
  the servers as they are, with other records:
    dane-check preflight --name mx.example.org --tlsa "3 1 1 8d…" --tlsa "3 1 1 41…"
  the records as they are, with a renewed certificate:
    dane-check preflight --name mx.example.org --chain fullchain.pem
  both to come, and nobody asked:
    dane-check preflight --offline --name mx.example.org --tlsa "3 1 1 8d…" --chain full.pem

\b
EXIT STATUS
  0 would be protected   1 would be broken, or a rule for publishers or --expect is not met
  2 usage   3 would be unprotected or partial   4 cannot tell
  70 internal error   130 interrupted

{TWINS}
"""

Names = Annotated[
    list[str] | None,
    option("--name", metavar="HOST", explains="A mail host; give every host that shares the certificate."),
]
Domains = Annotated[
    list[str] | None,
    option(
        "--domain", metavar="DOMAIN", explains="A mail domain of HOST: with signed MX records its name counts as well."
    ),
]
Tlsa = Annotated[
    list[str] | None,
    option("--tlsa", metavar="RDATA", explains="A record to be published, such as '3 1 1 8d02…'; repeat for a set."),
]
Chains = Annotated[
    list[str] | None,
    option(
        "--chain", metavar="FILE", explains="A chain to be served, as PEM; one for each key type. No server is asked."
    ),
]
Previous = Annotated[
    list[str] | None,
    option(
        "--previous", metavar="RDATA", explains="A record that caches may hold still.  [default: what is published]"
    ),
]
Ttl = Annotated[int | None, option("--ttl", metavar="SECONDS", explains="TTL of the records to be published.")]
Expect = Annotated[
    list[str] | None,
    option("--expect", metavar="SCHEME", explains="Exit 1 unless a record such as '3 1 1' matches."),
]
Port = Annotated[int, option("--port", metavar="PORT", explains="Port of the service.  [default: 25]")]
Offline = Annotated[
    bool, option("--offline", explains="Ask nobody and assume the zones signed; needs --tlsa and --chain.")
]
AllowReserved = Annotated[
    bool, option("--allow-reserved", explains="Connect to private and other special-purpose addresses as well.")
]


@guarded
def preflight(
    names: Names = None,
    domains: Domains = None,
    tlsa: Tlsa = None,
    chain: Chains = None,
    previous: Previous = None,
    ttl: Ttl = None,
    expect: Expect = None,
    port: Port = 25,
    offline: Offline = False,
    as_json: AsJson = False,
    junit: Junit = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    at: At = None,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    allow_reserved: AllowReserved = False,
    in_lab: InLab = False,
    lab_map: LabMap = None,
    nsec3_iterations: Nsec3Iterations = 50,
    allow_sha1: AllowSha1 = False,
) -> int:
    """Would senders authenticate HOST with these records, this certificate chain, or both?"""
    settings = Settings(
        resolver=resolver,
        trust_anchor=trust_anchor,
        now=parse_moment(at) if at is not None else None,
        allow_reserved=allow_reserved,
        nsec3_iterations=nsec3_iterations,
        allow_sha1=allow_sha1,
    )
    from dane_check.rehearsal.candidates import plan

    asked = plan(
        names or (),
        tlsa=_regrouped(tlsa or [], 4) or None,
        chains=tuple(_read_chain(file) for file in chain or ()),
        previous=_regrouped(previous or [], 4) or None,
        ttl=ttl,
        expect=_regrouped(expect or [], 3),
        port=port,
        offline=offline,
        domains=domains or (),
    )
    for remark in (remark for one in asked.chains for remark in one.remarks):
        complain(remark)

    check_junit(junit)

    import asyncio

    from dane_check.report.junit import rehearsal_to_junit
    from dane_check.report.rehearsal import rehearsal_to_json, rehearsal_to_text
    from dane_check.report.text import TextOptions

    rehearsed = asyncio.run(_rehearse(asked, settings, in_lab, lab_map))
    write_junit(junit, lambda: rehearsal_to_junit(rehearsed))
    options = TextOptions(quiet=quiet, verbose=verbose, colour=colour())
    write(rehearsal_to_json(rehearsed) + "\n" if as_json else rehearsal_to_text(rehearsed, options))
    return rehearsed.exit_status


def _regrouped(values: list[str], words: int) -> list[str]:
    """Values as they were meant: in the environment a list is split at blanks, and records and schemes hold some."""
    if len(values) % words or any(len(value.split()) != 1 for value in values):
        return values
    return [" ".join(values[start : start + words]) for start in range(0, len(values), words)]


def _read_chain(file: str) -> CandidateChain:
    """A PEM bundle, or a single certificate as DER."""
    from dane_check.rehearsal.candidates import chain_from_der, chain_from_pem

    source = shown_path(file)
    octets = read_octets(file, DEFAULT.input.file_octets)
    if not octets.strip():
        raise UsageError(f"{source} is empty; give a file with PEM certificates, such as fullchain.pem")
    if octets[:1] == b"\x30":  # a DER SEQUENCE; no text file of certificates begins with a zero
        return chain_from_der((octets,), source)
    return chain_from_pem(octets.decode("latin-1"), source)  # whatever stands around the certificates


async def _rehearse(asked: Plan, settings: Settings, in_lab: bool, lab_map: str | None) -> Rehearsal:
    if asked.offline:
        from datetime import UTC, datetime

        from dane_check.rehearsal.rehearse import rehearse_offline

        return rehearse_offline(asked, settings.now or datetime.now(UTC))
    async with (
        opened(settings, in_lab, lab_map, (*asked.hosts, *asked.domains)) as checker,
        progress(lambda: f"rehearsing {asked.hosts[0]}"),
    ):
        return await checker.rehearse(asked)
