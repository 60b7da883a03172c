"""`dane-check tlsa`: the records to publish for certificates, keys, requests, or a server as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.options import AsJson, InLab, LabMap, Resolver, TrustAnchor, option
from dane_check.cli.output import complain, write
from dane_check.cli.sources import Source, of_files, of_keys, of_next, of_server, parse_server
from dane_check.errors import UsageError
from dane_check.names import parse_domain, safe
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.report.formats import Format
    from dane_check.report.record_set import NamedRecord, RecordSet
    from dane_check.tlsa.generate import Numbers

EXAMPLES = """\
EXAMPLES

\b
  dane-check tlsa fullchain.pem --host mx.example.org
  dane-check tlsa --scheme 3-1-1+2-1-1 fullchain.pem --host mx1.example.org --host mx2.example.org
  dane-check tlsa --key next.key --host mx.example.org     before the certificate is there
  dane-check tlsa fullchain.pem --next next.csr --host mx.example.org     both keys of a rollover
  dane-check tlsa fullchain.pem --host mx.example.org --format octodns --origin example.org
  dane-check tlsa --from-server mx.example.org             what is served now, authenticated or not

\b
EXIT STATUS
  0 records were made   2 usage   4 the server could not be asked
"""
_UNREACHED = 4
_MOST_TTL = 2**31 - 1  # RFC 2181 §8
_CURRENT_AND_NEXT = "current+next"

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
    option(
        "--scheme",
        metavar="U-S-M[+…]",
        explains="The records to make: 3-1-1, 3-1-1+2-1-1 and so on, or current+next.  [default: 3-1-1]",
    ),
]
Next = Annotated[
    list[str] | None,
    option(
        "--next",
        metavar="FILE",
        explains="The next certificate, public or private key, or request: for a record beside the current one.",
    ),
]
Form = Annotated[
    str | None,
    option(
        "--format",
        metavar="FORMAT",
        explains="bind, rfc3597, nsupdate, octodns, dnscontrol or json.  [default: bind]",
    ),
]
Ttl = Annotated[int, option("--ttl", metavar="SECONDS", explains="TTL of the records.  [default: 3600]")]
Origin = Annotated[
    str | None,
    option("--origin", metavar="ZONE", explains="The zone they are in; octodns and dnscontrol need it."),
]
Usage = Annotated[int | None, option("--usage", metavar="N", explains="Certificate usage, 0 to 3.  [default: 3]")]
Selector = Annotated[int | None, option("--selector", metavar="N", explains="Selector, 0 or 1.  [default: 1]")]
Matching = Annotated[
    int | None, option("--matching-type", metavar="N", explains="Matching type, 0 to 2.  [default: 1]")
]
Unknown = Annotated[
    bool, option("--rfc3597", explains="Write TYPE52, for software that does not know TLSA; short for --format.")
]
AllowReserved = Annotated[
    bool, option("--allow-reserved", explains="Connect to private and other special-purpose addresses as well.")
]


@guarded
def tlsa(
    files: Files = None,
    keys: Keys = None,
    from_server: FromServer = None,
    next_files: Next = None,
    hosts: Hosts = None,
    ports: Ports = None,
    scheme: Scheme = None,
    usage: Usage = None,
    selector: Selector = None,
    matching_type: Matching = None,
    form: Form = None,
    ttl: Ttl = 3600,
    origin: Origin = None,
    rfc3597: Unknown = False,
    as_json: AsJson = False,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    allow_reserved: AllowReserved = False,
    in_lab: InLab = False,
    lab_map: LabMap = None,
) -> int:
    """Print the TLSA records for certificates, keys or a server."""
    wanted = _wanted(scheme, usage, selector, matching_type, bool(next_files))
    owners = _owners([parse_domain(host) for host in hosts or []], ports or [25])
    asked_form, zone = _form(form, rfc3597, as_json), parse_domain(origin) if origin is not None else None
    if not (files or keys or from_server):
        raise UsageError("nothing to make records of; give a FILE, --key FILE or --from-server HOST")
    if not 0 <= ttl <= _MOST_TTL:
        raise UsageError(f"a TTL is between 0 and {_MOST_TTL} seconds")
    sources = [*of_files(files or []), *of_keys(keys or [])]
    if from_server:
        host, port = parse_server(from_server)
        settings = Settings(resolver=resolver, trust_anchor=trust_anchor, allow_reserved=allow_reserved)
        served = list(of_server(host, port, settings, in_lab, lab_map))
        if not served:
            return _UNREACHED
        sources += served
        owners = owners or _owners([host], [port])
    if next_files:
        sources = [*(replace(one, role="current") for one in sources), *of_next(next_files)]
    return _print(_sets(sources, wanted, owners, ttl), asked_form, zone)


def _print(sets: list[RecordSet], form: Format, zone: str | None) -> int:
    from dane_check.report.records import records_to_text

    write(records_to_text(sets, form, zone))
    return 0


def _sets(sources: list[Source], wanted: tuple[Numbers, ...], owners: list[str], ttl: int) -> list[RecordSet]:
    """The set of each owner name; without one, RDATA alone."""
    from dane_check.report.record_set import RecordSet

    records = tuple(_made(sources, wanted))
    return [RecordSet(owner, records, ttl) for owner in owners] or [RecordSet(None, records)]


def _made(sources: list[Source], wanted: tuple[Numbers, ...]) -> list[NamedRecord]:
    """Every record, each once; a next key that brings none is no next key, and that is said."""
    from dane_check.report.record_set import NamedRecord, named
    from dane_check.tlsa.generate import records_for

    made: dict[object, NamedRecord] = {}
    for source in sources:
        try:
            records = records_for(source.chain, wanted)
        except UsageError as fault:
            raise UsageError(f"{source.name}: {fault}") from None
        if source.role == "next" and all(one.record in made for one in records):
            complain(f"{source.name} is named by the other records already; there is no record to add for it")
        for one in records:
            made.setdefault(one.record, NamedRecord(one.record, named(one.names, source.name, source.role)))
    return list(made.values())


def _form(form: str | None, rfc3597: bool, as_json: bool) -> Format:
    """The one format that was asked for, in whichever way."""
    from dane_check.report.formats import Format

    asked = [Format.RFC3597] * rfc3597 + [Format.JSON] * as_json
    if form is not None:
        known = [one for one in Format if one.value == form.strip().lower()]
        if not known:
            names = ", ".join(one.value for one in Format)
            raise UsageError(f"--format is one of {names}, not {safe(form, 40)}")
        asked += known
    if len(set(asked)) > 1:
        raise UsageError("--format, --json and --rfc3597 each ask for a form of its own; leave out all but one")
    return asked[0] if asked else Format.BIND


def _wanted(
    scheme: str | None, usage: int | None, selector: int | None, matching_type: int | None, has_next: bool
) -> tuple[Numbers, ...]:
    from dane_check.tlsa.generate import Numbers, parse_scheme

    if scheme == _CURRENT_AND_NEXT and not has_next:
        raise UsageError("current+next needs the next key or certificate as well; give it with --next FILE")
    if scheme is not None and scheme != _CURRENT_AND_NEXT:
        if has_next:
            raise UsageError("--next makes the records of current+next; leave out any other --scheme")
        if any(number is not None for number in (usage, selector, matching_type)):
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
