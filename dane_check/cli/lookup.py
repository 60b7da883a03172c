"""`dane-check lookup`: one validated lookup, and what makes it true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.options import (
    AllowSha1,
    AsJson,
    At,
    Explain,
    InLab,
    LabMap,
    Nsec3Iterations,
    Resolver,
    TrustAnchor,
    parse_moment,
)
from dane_check.cli.output import colour, write
from dane_check.cli.progress import progress
from dane_check.cli.world import opened
from dane_check.names import safe
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.dnssec.lookup import Lookup

EXAMPLES = """\
EXAMPLES

\b
  dane-check lookup _25._tcp.mx.example.org TLSA
  dane-check lookup --explain example.org MX      … and the chain of trust, link by link

\b
EXIT STATUS
  0 secure   1 bogus   3 insecure   4 indeterminate
"""

Name = Annotated[str, typer.Argument(metavar="NAME", help="Any name, such as _25._tcp.mx.example.org.")]
Type = Annotated[str, typer.Argument(metavar="TYPE", help="Record type, such as TLSA, MX, A, TYPE52 or ANY.")]


@guarded
def lookup(
    name: Name,
    rdtype: Type,
    as_json: AsJson = False,
    explain: Explain = False,
    at: At = None,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    in_lab: InLab = False,
    lab_map: LabMap = None,
    nsec3_iterations: Nsec3Iterations = 50,
    allow_sha1: AllowSha1 = False,
) -> int:
    """Look NAME up and validate the answer from the trust anchor down."""
    import asyncio

    from dane_check.report.lookup import EXIT_STATUS, lookup_to_json, lookup_to_text

    settings = Settings(
        resolver=resolver,
        trust_anchor=trust_anchor,
        now=parse_moment(at) if at is not None else None,
        nsec3_iterations=nsec3_iterations,
        allow_sha1=allow_sha1,
    )
    found = asyncio.run(_look_up(name, rdtype, settings, in_lab, lab_map))
    asked, kind = safe(name, 255), rdtype.upper()
    if as_json:
        write(lookup_to_json(asked, kind, found) + "\n")
    else:
        write(lookup_to_text(asked, kind, found, explain=explain, colour=colour()))
    return EXIT_STATUS[found.status]


async def _look_up(name: str, rdtype: str, settings: Settings, in_lab: bool, lab_map: str | None) -> Lookup:
    async with (
        opened(settings, in_lab, lab_map, _in_the_lab(name)) as checker,
        progress(lambda: f"looking up {safe(name, 80)}"),
    ):
        return await checker.lookup(name, rdtype.upper())


def _in_the_lab(name: str) -> tuple[str, ...]:
    """The name to look for among the lab's; the root and top-level domains belong to no scenario."""
    plain = name.strip().rstrip(".").lower()
    return (plain,) if "." in plain else ()
