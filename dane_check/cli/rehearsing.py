"""The options of `dane-check preflight` that no other command has."""

from __future__ import annotations

from typing import Annotated

import typer

from dane_check.cli.options import option

Mail = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DOMAIN",
        help="Mail domains with all their mail hosts. Without candidates: may their first records be published?",
        show_default=False,
    ),
]
Names = Annotated[
    list[str] | None,
    option("--name", metavar="HOST", explains="A mail host by itself; give every host that shares the certificate."),
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
Zone = Annotated[
    str | None,
    option("--zone", metavar="FILE", explains="The zone to be published, or lines of it; - for standard input."),
]
OldZone = Annotated[
    str | None,
    option("--old-zone", metavar="FILE", explains="The zone it replaces; only what differs is judged."),
]
Origin = Annotated[
    str | None, option("--origin", metavar="NAME", explains="The zone's name, where the file does not say it.")
]
Ds = Annotated[
    list[str] | None,
    option(
        "--ds",
        metavar="DS",
        explains="Validate a signed zone from this DS record.  [default: as published]",
    ),
]
Chains = Annotated[
    list[str] | None,
    option("--chain", metavar="[HOST=]FILE", explains="A chain to be served, as PEM; one for each key type."),
]
OldChains = Annotated[
    list[str] | None,
    option(
        "--old-chain", metavar="[HOST=]FILE", explains="A chain that is served now.  [default: the servers are asked]"
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
    bool, option("--offline", explains="Ask nobody: everything is a candidate, and zones are assumed signed.")
]
NoConnect = Annotated[bool, option("--no-connect", explains="Connect to no server; what is served now stays unknown.")]
