"""The options that several commands share, each with its environment twin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from dane_check.errors import UsageError

_FIRST_YEAR, _LAST_YEAR = 1970, 2200
TWINS = """\
Every option has an environment variable: --trust-anchor is DANE_CHECK_TRUST_ANCHOR, -4 and -6 are
DANE_CHECK_IPV4_ONLY and DANE_CHECK_IPV6_ONLY.
"""


def option(*names: str, explains: str, metavar: str | None = None, twin: str | None = None) -> Any:
    """An option with its environment twin, named like the long option unless `twin` says otherwise."""
    word = twin or names[-1].lstrip("-").replace("-", "_").upper()
    return typer.Option(
        *names, help=explains, metavar=metavar, envvar=f"DANE_CHECK_{word}", show_envvar=False, show_default=False
    )


Resolver = Annotated[
    str,
    option(
        "--resolver",
        metavar="ADDRESS[:PORT]",
        explains="Ask this resolver; it need not validate, and is not believed.  [default: this machine's]",
    ),
]
TrustAnchor = Annotated[
    str | None,
    option(
        "--trust-anchor",
        metavar="FILE",
        explains="Trust the DS or DNSKEY records in FILE, at whatever name.  [default: IANA's root keys]",
    ),
]
At = Annotated[
    str | None,
    option(
        "--at", metavar="TIME", explains="Judge as of TIME, such as 2026-03-01T12:00:00Z; UTC unless it says otherwise."
    ),
]
Nsec3Iterations = Annotated[
    int,
    option(
        "--nsec3-iterations",
        metavar="N",
        explains="Accept NSEC3 proofs up to N iterations; beyond, they count as unsigned.  [default: 50]",
    ),
]
AllowSha1 = Annotated[bool, option("--allow-sha1", explains="Validate RSASHA1 signatures as well.")]
AsJson = Annotated[bool, option("--json", explains="Print one JSON document.")]
AsJsonLines = Annotated[bool, option("--jsonl", explains="Print one JSON object per domain, a line each.")]
Explain = Annotated[
    bool, option("--explain", explains="Show chains of trust link by link, and what other senders would do.")
]
Quiet = Annotated[bool, option("-q", "--quiet", explains="Print what is broken and the verdict, no more.")]
Verbose = Annotated[
    bool,
    option("-v", "--verbose", explains="Add certificates, SMTP replies, lookups, and findings without consequence."),
]
InLab = Annotated[bool, option("--lab", explains="Ask the embedded lab, started for this run, and not the world.")]
LabMap = Annotated[
    str | None,
    option("--lab-map", metavar="FILE", explains="Ask the lab that `lab serve --map FILE` runs on this machine."),
]
Keys = Annotated[
    list[str] | None,
    option("--key", metavar="FILE", explains="The next private key; only its public half is used, and nothing shown."),
]
Requests = Annotated[
    list[str] | None,
    option("--csr", metavar="FILE", explains="A certificate request, or the public key, of the next key."),
]


def parse_moment(typed: str, name: str = "--at") -> datetime:
    """The moment that `typed`, given for option `name`, means, in UTC. Raises UsageError for anything but ISO 8601."""
    try:
        moment = datetime.fromisoformat(typed.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{name} is no time such as 2026-03-01T12:00:00Z or 2026-03-01") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise UsageError(f"{name} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment
