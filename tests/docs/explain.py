"""Writes docs/explain.md: what `--explain` shows, worked out on recorded lab scenarios (`make docs`)."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dane_check.dnssec.lookup import Lookup
from dane_check.report.lookup import lookup_to_text
from dane_check.report.text import TextOptions, check_to_text
from dane_check.wiring import replaying_run

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "explain.md"
EVIDENCE = ROOT / "fixtures" / "evidence"

# heading, scenario, name before the scenario's domain, type, what to look at
EXAMPLES = (
    (
        "Secure",
        "ee-matches",
        "_25._tcp.mx.",
        "TLSA",
        "Each line hangs on the one above it: the anchor names a key of the root, the root's key signs the DS of "
        "`test.`, and so on down to the answer.",
    ),
    (
        "Secure, and absent",
        "no-tlsa",
        "_25._tcp.mx.",
        "TLSA",
        "An absence is proven like data: by the signed NSEC records between which the name would be.",
    ),
    (
        "Insecure: the chain ends, and is proven to end",
        "tlsa-zone-unsigned",
        "_25._tcp.mx.",
        "TLSA",
        "A delegation without DS. Nothing is broken, but nothing below it can be trusted either.",
    ),
    (
        "Bogus: a signature ran out",
        "tlsa-signature-expired",
        "_25._tcp.mx.",
        "TLSA",
        "The last line names the link that fails; the line after it says what mends it.",
    ),
    (
        "Bogus: the DS is that of another key",
        "ds-matches-no-key",
        "",
        "MX",
        "The keys of the zone changed and the DS record above it did not.",
    ),
    (
        "Bogus: an absence without proof",
        "tlsa-denial-unproven",
        "_25._tcp.mx.",
        "TLSA",
        "No TLSA record exists, but as that is not proven, senders must take it for an attack.",
    ),
    (
        "Indeterminate, with a hint",
        "tlsa-servfail",
        "_25._tcp.mx.",
        "TLSA",
        "Extended DNS Errors (RFC 8914) are shown as what the resolver says. They are never believed.",
    ),
)
WHOLE = "tlsa-signature-expired"


async def _look_up(scenario: str, name: str, rdtype: str) -> Lookup:
    run = await replaying_run(EVIDENCE / f"{scenario}.json")
    try:
        return await run.lookup(name, rdtype)
    finally:
        await run.aclose()


async def _check(scenario: str) -> str:
    run = await replaying_run(EVIDENCE / f"{scenario}.json")
    try:
        return check_to_text(await run.again(run.subjects[0]), TextOptions(explain=True))
    finally:
        await run.aclose()


def _shown(command: str, output: str) -> str:
    return f"```text\n$ {command}\n{output.rstrip()}\n```\n"


def _example(heading: str, scenario: str, label: str, rdtype: str, says: str) -> str:
    name = f"{label}{scenario}.test"
    text = lookup_to_text(name, rdtype, asyncio.run(_look_up(scenario, name, rdtype)), explain=True)
    return f"## {heading}\n\n{says}\n\n{_shown(f'dane-check lookup --lab --explain {name} {rdtype}', text)}"


def document() -> str:
    """The whole of docs/explain.md."""
    whole = _shown(f"dane-check domain --lab --explain {WHOLE}.test", asyncio.run(_check(WHOLE)))
    return "\n".join([_HEAD, *(_example(*one) for one in EXAMPLES), _WHOLE, whole])


_HEAD = """# What `--explain` shows

The chain of trust behind an answer, from the trust anchor down, a link a line: what the link is, what it shows,
and whose signature makes it true. Where the chain fails or ends, the last line says so in one sentence, and the line
below it says what mends it.

The examples come from the lab, as it was recorded on 2026-03-01; with `--lab` the same commands work on any machine,
with keys and dates of the day. Written by `make docs`; not to be edited.
"""

_WHOLE = """## A whole domain

With `dane-check domain` every lookup of the domain is explained. What was shown once is not shown again.
"""


def main() -> None:
    """Writes the file anew."""
    TARGET.write_text(document())
    sys.stdout.write(f"{TARGET.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    main()
