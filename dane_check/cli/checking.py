"""The options of `dane-check domain` that no other command has."""

from __future__ import annotations

from typing import Annotated

import typer

from dane_check.cli.options import option

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="DOMAIN", help="Mail domains; - reads a list from standard input.", show_default=False),
]
Input = Annotated[
    str | None,
    option("--input", metavar="FILE", explains="Read domains from FILE, one a line; - is standard input."),
]
Workers = Annotated[
    int, option("--workers", metavar="N", explains="Spread many domains over N processes.  [default: 1]")
]
Resume = Annotated[
    str | None,
    option(
        "--resume",
        metavar="FILE",
        explains="Keep results in the journal FILE, and where it has some, go on from there:"
        " they are printed first, and their domains not checked again.",
    ),
]
Host = Annotated[
    str | None,
    option(
        "--host",
        metavar="NAME[:PORT]",
        explains="Check this one host as a configured relay, without any MX question; instead of DOMAIN.",
    ),
]
EvidenceFile = Annotated[
    str | None, option("--evidence", metavar="FILE", explains="Keep everything that was heard in a new FILE.")
]
Force = Annotated[bool, option("--force", explains="Let --evidence replace a file that exists.")]
AllowReserved = Annotated[
    bool, option("--allow-reserved", explains="Connect to private and other special-purpose addresses as well.")
]
Only4 = Annotated[
    bool, option("-4", twin="IPV4_ONLY", explains="Connect over IPv4 only; never exits 0 with IPv6 left out.")
]
Only6 = Annotated[
    bool, option("-6", twin="IPV6_ONLY", explains="Connect over IPv6 only; never exits 0 with IPv4 left out.")
]
Down = Annotated[
    list[str] | None,
    option(
        "--down",
        metavar="HOST",
        explains="Leave out an MX host that is known to be down (repeatable); never exits 0 then.",
    ),
]
CertificatesAt = Annotated[
    str | None,
    option(
        "--certificates-at",
        metavar="TIME",
        explains="Judge certificate dates, and nothing else, as of TIME; written as for --at.",
    ),
]
Repeat = Annotated[
    int,
    option(
        "--repeat",
        metavar="N",
        explains="Hold each session N times (at most 10) to find servers that serve several chains;"
        " no more than 6 sessions a minute with one address.  [default: 1]",
    ),
]
Audit = Annotated[bool, option("--audit", explains="Exit 3 in place of 1 and 4; the verdicts stay the true ones.")]
Helo = Annotated[
    str | None, option("--helo", metavar="NAME", explains="Name to give in EHLO.  [default: this machine's]")
]
Timeout = Annotated[
    float | None, option("--timeout", metavar="SECONDS", explains="Limit of one mail session.  [default: 60]")
]
NoConnect = Annotated[bool, option("--no-connect", explains="Judge DNS alone; connect to no mail server.")]
RequireDane = Annotated[bool, option("--require-dane", explains="Count a host without usable TLSA as broken.")]
Strict = Annotated[bool, option("--strict", explains="Exit 1 for what works now but is about to break.")]
NoEarlyTlsa = Annotated[
    bool, option("--no-early-tlsa", explains="Ask for TLSA only after the addresses, never beside.")
]
