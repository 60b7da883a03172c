"""`dane-check tlsa`: the records to publish for certificates, keys, requests, or a server as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.files import read_octets, readable_by_others, shown_path
from dane_check.cli.options import AsJson, InLab, LabMap, Resolver, TrustAnchor, option
from dane_check.cli.output import complain, write
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.names import parse_domain, safe
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.check.served import Served
    from dane_check.report.records import MadeRecord
    from dane_check.tlsa.generate import Numbers
    from dane_check.tlsa.material import Material

EXAMPLES = """\
EXAMPLES

\b
  dane-check tlsa fullchain.pem --host mx.example.org
  dane-check tlsa --scheme 3-1-1+2-1-1 fullchain.pem --host mx1.example.org --host mx2.example.org
  dane-check tlsa --key next.key --host mx.example.org     before the certificate is there
  dane-check tlsa --from-server mx.example.org             what is served now, authenticated or not

\b
EXIT STATUS
  0 records were made   2 usage   4 the server could not be asked
"""
_UNREACHED = 4

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="Certificates, public keys or certificate requests, PEM or DER; - for standard input.",
        show_default=False,
    ),
]
Keys = Annotated[
    list[str] | None,
    option("--key", metavar="FILE", explains="A private key; only its public half is used, and nothing of it shown."),
]
FromServer = Annotated[
    str | None,
    option("--from-server", metavar="HOST[:PORT]", explains="Ask this mail server for what it serves."),
]
Hosts = Annotated[
    list[str] | None,
    option("--host", metavar="NAME", explains="The host to make lines for; may be given several times."),
]
Ports = Annotated[
    list[int] | None,
    option("--port", metavar="PORT", explains="The port; may be given several times.  [default: 25]"),
]
Scheme = Annotated[
    str | None,
    option("--scheme", metavar="U-S-M[+…]", explains="The records to make, such as 3-1-1+2-1-1.  [default: 3-1-1]"),
]
Usage = Annotated[int | None, option("--usage", metavar="N", explains="Certificate usage, 0 to 3.  [default: 3]")]
Selector = Annotated[int | None, option("--selector", metavar="N", explains="Selector, 0 or 1.  [default: 1]")]
Matching = Annotated[
    int | None, option("--matching-type", metavar="N", explains="Matching type, 0 to 2.  [default: 1]")
]
Unknown = Annotated[bool, option("--rfc3597", explains="Write TYPE52, for software that does not know TLSA.")]
AllowReserved = Annotated[
    bool, option("--allow-reserved", explains="Connect to private and other special-purpose addresses as well.")
]


@dataclass(frozen=True, slots=True)
class _Source:
    """One chain, leaf first, or one key; and what it came from."""

    chain: tuple[bytes, ...]
    name: str


@guarded
def tlsa(
    files: Files = None,
    keys: Keys = None,
    from_server: FromServer = None,
    hosts: Hosts = None,
    ports: Ports = None,
    scheme: Scheme = None,
    usage: Usage = None,
    selector: Selector = None,
    matching_type: Matching = None,
    rfc3597: Unknown = False,
    as_json: AsJson = False,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    allow_reserved: AllowReserved = False,
    in_lab: InLab = False,
    lab_map: LabMap = None,
) -> int:
    """Print the TLSA records for certificates, keys or a server."""
    wanted = _wanted(scheme, usage, selector, matching_type)
    owners = _owners([parse_domain(host) for host in hosts or []], ports or [25])
    if not (files or keys or from_server):
        raise UsageError("nothing to make records of; give a FILE, --key FILE or --from-server HOST")
    if rfc3597 and as_json:
        raise UsageError("--json holds both forms; leave out --rfc3597")
    sources = [*_of_files(files or []), *_of_keys(keys or [])]
    if from_server:
        host, port = _server(from_server)
        settings = Settings(resolver=resolver, trust_anchor=trust_anchor, allow_reserved=allow_reserved)
        served = _ask(host, port, settings, in_lab, lab_map)
        sources += [_Source(chain, f"{host}:{port}") for chain in served.chains]
        owners = owners or _owners([host], [port])
        if not served.chains:
            return _UNREACHED
    return _print(sources, wanted, owners, rfc3597, as_json)


def _print(sources: list[_Source], wanted: tuple[Numbers, ...], owners: list[str], rfc3597: bool, as_json: bool) -> int:
    from dane_check.report.records import records_to_json, records_to_text

    made = list(_made(sources, wanted, owners))
    write(records_to_json(made) + "\n" if as_json else records_to_text(made, rfc3597=rfc3597))
    return 0


def _made(sources: list[_Source], wanted: tuple[Numbers, ...], owners: list[str]) -> Iterator[MadeRecord]:
    """Every record at every owner, each once."""
    from dane_check.report.records import MadeRecord
    from dane_check.tlsa.generate import records_for

    seen = set()
    for source in sources:
        try:
            records = records_for(source.chain, wanted)
        except UsageError as fault:
            raise UsageError(f"{source.name}: {fault}") from None
        for owner in (*owners,) or (None,):
            for record in records:
                if (owner, record) not in seen:
                    seen.add((owner, record))
                    yield MadeRecord(owner, record, source.name)


def _wanted(
    scheme: str | None, usage: int | None, selector: int | None, matching_type: int | None
) -> tuple[Numbers, ...]:
    from dane_check.tlsa.generate import Numbers, parse_scheme

    given = [number for number in (usage, selector, matching_type) if number is not None]
    if scheme is not None:
        if given:
            raise UsageError("--scheme says all three numbers; leave out --usage, --selector and --matching-type")
        return parse_scheme(scheme)
    numbers = (3 if usage is None else usage, 1 if selector is None else selector)
    return (Numbers.of(*numbers, 1 if matching_type is None else matching_type),)


def _owners(hosts: list[str], ports: list[int]) -> list[str]:
    from dane_check.policy.service import tlsa_owner

    for port in ports:
        if not 0 < port < 65536:
            raise UsageError(f"port {port} is not between 1 and 65535")
    owners = [tlsa_owner(host, port) for host in hosts for port in ports]
    if None in owners:
        raise UsageError("the name of the host is too long to have TLSA records")
    return list(dict.fromkeys(owner for owner in owners if owner))


def _of_files(paths: list[str]) -> Iterator[_Source]:
    from dane_check.tlsa.material import read_material

    for path in paths:
        octets = read_octets(path, DEFAULT.input.file_octets)
        try:
            found = read_material(octets)
        except UsageError as fault:
            raise UsageError(f"{shown_path(path)}: {fault}") from None
        _warn(path, found)
        if found.chain:
            yield _Source(found.chain, shown_path(path))
        for key in found.keys:
            yield _Source((key,), shown_path(path))


def _warn(path: str, found: Material) -> None:
    """A private key where none was asked for is passed over; without anything else that is an error."""
    shown = shown_path(path)
    if not found.chain and not found.keys:
        instead = "give it with --key" if found.has_secret else "give a certificate or a public key"
        raise UsageError(f"{shown} holds {' and '.join(dict.fromkeys(found.skipped))} only; {instead}")
    for label in dict.fromkeys(found.skipped):
        complain(f"{shown}: a block of type {label} was left alone")


def _of_keys(paths: list[str]) -> Iterator[_Source]:
    from dane_check.tlsa.material import public_half

    for path in paths:
        octets = read_octets(path, DEFAULT.input.file_octets)
        shown = shown_path(path)
        try:
            public = public_half(octets)
        except UsageError as fault:
            raise UsageError(f"{shown}: {fault}") from None
        if readable_by_others(path):
            complain(f"{shown}: others than its owner may read this private key; change that with chmod 600")
        yield _Source((public,), shown)


def _server(typed: str) -> tuple[str, int]:
    name, colon, port = typed.strip().rpartition(":")
    if not colon:
        return parse_domain(typed), 25
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise UsageError("--from-server takes a name and a port from 1 to 65535, such as mx.example.org:587")
    return parse_domain(name), int(port)


def _ask(host: str, port: int, settings: Settings, in_lab: bool, lab_map: str | None) -> Served:
    import asyncio

    served = asyncio.run(_served(host, port, settings, in_lab, lab_map))
    for trouble in served.troubles:
        complain(safe(trouble, 400))
    if not served.chains:
        complain(f"{host} served no certificate, so there is nothing to make records of")
    elif not served.vouched:
        complain(f"the addresses of {host} are not signed; make sure that the certificate is its own")
    return served


async def _served(host: str, port: int, settings: Settings, in_lab: bool, lab_map: str | None) -> Served:
    from dane_check.cli.progress import progress
    from dane_check.cli.world import opened

    async with opened(settings, in_lab, lab_map, (host,)) as checker, progress(lambda: f"asking {host}"):
        return await checker.served(host, port)
