"""TLSA records as name servers and their tools take them: one pure function for each format.

Every text is ASCII and ends with a newline. What a format cannot say is a UsageError with one sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from dane_check.errors import UsageError
from dane_check.names import safe
from dane_check.report.record_set import NamedRecord, Record, RecordSet
from dane_check.report.styled import visible
from dane_check.tlsa.record import MalformedTlsa, TlsaRecord

DEFAULT_TTL: Final = 3600  # seconds; for formats that cannot leave the TTL to the zone
_PLAIN_KEY: Final = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9])?")
_DIGITS: Final = re.compile(r"([0-9]+)")


class Format(StrEnum):
    """The formats by the names they are asked for."""

    BIND = "bind"
    RFC3597 = "rfc3597"
    NSUPDATE = "nsupdate"
    OCTODNS = "octodns"
    DNSCONTROL = "dnscontrol"
    JSON = "json"


def line(owner: str | None, record: Record, ttl: int | None = None, comment: str = "") -> str:
    """The line of a zone file, without a newline; without an owner the RDATA alone (RFC 6698 §2.2)."""
    if isinstance(record, MalformedTlsa) or not record.data:  # TLSA has no text form without data
        return unknown_line(owner, record, ttl, comment)
    return _line(owner, "TLSA", record.to_text(), ttl, comment)


def unknown_line(owner: str | None, record: Record, ttl: int | None = None, comment: str = "") -> str:
    """The same for software that does not know TLSA (RFC 3597 §5)."""
    return _line(owner, "TYPE52", f"\\# {len(record.rdata)} {record.rdata.hex()}".rstrip(), ttl, comment)


def _line(owner: str | None, kind: str, rdata: str, ttl: int | None, comment: str) -> str:
    if owner is None:
        return rdata
    seconds = "" if ttl is None else f"{ttl} "
    return visible(f"{owner}. {seconds}IN {kind} {rdata}{f' ; {comment}' if comment else ''}")


def bind(sets: Sequence[RecordSet]) -> str:
    """Lines of a zone file, each with a comment that says what it names."""
    return "".join(f"{line(each.owner, one.record, each.ttl, one.named.comment())}\n" for each, one in _pairs(sets))


def rfc3597(sets: Sequence[RecordSet]) -> str:
    """As `bind`, with the type TYPE52 and opaque RDATA."""
    return "".join(
        f"{unknown_line(each.owner, one.record, each.ttl, one.named.comment())}\n" for each, one in _pairs(sets)
    )


def _pairs(sets: Sequence[RecordSet]) -> Iterator[tuple[RecordSet, NamedRecord]]:
    return ((each, one) for each in sets for one in each.records)


def nsupdate(sets: Sequence[RecordSet], *, zone: str | None = None, removed: Sequence[RecordSet] = ()) -> str:
    """Commands for nsupdate (RFC 2136): what is `removed` goes and `sets` are added, in one message.

    Without the zone, each owner name is a message of its own, and nsupdate finds the zone.
    """
    owners = list(dict.fromkeys(_owner(each) for each in (*removed, *sets)))
    lines: list[str] = []
    if zone is not None:
        for owner in owners:
            _below(owner, zone)
        lines.append(f"zone {_absolute(zone)}")
    for owner in owners:
        lines += _commands("delete", [each for each in removed if each.owner == owner])
        lines += _commands("add", [each for each in sets if each.owner == owner])
        if zone is None or owner == owners[-1]:
            lines.append("send")
    return "".join(f"{visible(one)}\n" for one in lines)


def _commands(verb: str, sets: Sequence[RecordSet]) -> Iterator[str]:
    for each, one in _pairs(sets):
        comment = one.named.comment()
        if comment:
            yield f"; {comment}"
        ttl = (DEFAULT_TTL if each.ttl is None else each.ttl) if verb == "add" else None
        yield f"update {verb} {line(_owner(each), one.record, ttl)}"


def octodns(sets: Sequence[RecordSet], *, zone: str) -> str:
    """Entries for the zone's file of octoDNS's YamlProvider, in the order it insists on."""
    entries = sorted(((_below(_owner(each), zone), each) for each in sets), key=lambda entry: _natural(entry[0]))
    return "---\n" + "".join(f"{text}\n" for name, each in entries for text in _entry(name, each))


def _entry(name: str, each: RecordSet) -> Iterator[str]:
    yield f"{name if _PLAIN_KEY.fullmatch(name) else _quoted(name)}:"
    if each.ttl is not None:
        yield f"  ttl: {each.ttl}"
    yield "  type: TLSA"
    yield "  values:"
    for one in each.records:
        record, comment = _assigned(one.record), one.named.comment()
        if comment:
            yield f"  # {comment}"
        yield f"  - certificate_association_data: '{record.data.hex()}'"  # quoted: digits alone would be a number
        yield f"    certificate_usage: {record.usage}"
        yield f"    matching_type: {record.matching_type}"
        yield f"    selector: {record.selector}"


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _natural(name: str) -> list[tuple[int, str]]:
    """Names in the order of people, mx2 before mx10, as octoDNS wants its keys; numbers come before letters."""
    parts = [part for part in _DIGITS.split(name) if part]
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def dnscontrol(sets: Sequence[RecordSet], *, zone: str) -> str:
    """A statement for dnsconfig.js, to stand below the zone's own `D(…)`."""
    calls = [(one.named.comment(), _call(each, one.record, zone)) for each, one in _pairs(sets)]
    lines = [f"D_EXTEND({json.dumps(_absolute(zone).rstrip('.'))},"]
    for number, (comment, call) in enumerate(calls, start=1):
        if comment:
            lines.append(f"  // {comment}")
        lines.append(f"  {call}{',' if number < len(calls) else ''}")  # ES5 knows no comma before the bracket
    return "".join(f"{one}\n" for one in (*lines, ");"))


def _call(each: RecordSet, record: Record, zone: str) -> str:
    known = _assigned(record)
    label, data = json.dumps(_below(_owner(each), zone)), json.dumps(known.data.hex())
    ttl = "" if each.ttl is None else f", TTL({each.ttl})"
    return f"TLSA({label}, {known.usage}, {known.selector}, {known.matching_type}, {data}{ttl})"


def _owner(each: RecordSet) -> str:
    if each.owner is None:
        raise UsageError("this format needs the names of the records; name the host with --host")
    return each.owner


def _assigned(record: Record) -> TlsaRecord:
    """octoDNS and DNSControl take assigned numbers only, and data."""
    if isinstance(record, MalformedTlsa) or not record.data:
        raise UsageError("a TLSA record without data cannot be written in this format; use bind or nsupdate")
    if record.usage > 3 or record.selector > 1 or record.matching_type > 2:
        shown = f"{record.usage} {record.selector} {record.matching_type}"
        raise UsageError(f"a {shown} record cannot be written in this format; use bind or nsupdate")
    return record


def _below(owner: str, zone: str) -> str:
    """The owner relative to its zone."""
    import dns.name

    name, origin = dns.name.from_text(owner), dns.name.from_text(zone)
    if not name.is_subdomain(origin) or name == origin:
        raise UsageError(f"{safe(owner, 260)} is not in the zone {safe(zone, 260)}; give hosts of one zone at a time")
    return name.relativize(origin).to_text()


def _absolute(name: str) -> str:
    return f"{name.rstrip('.')}."
