"""TLSA records that were made, in the format that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from dane_check.errors import UsageError
from dane_check.names import safe
from dane_check.report.formats import Format, bind, dnscontrol, line, nsupdate, octodns, rfc3597, unknown_line
from dane_check.report.json import document, dumped, moment
from dane_check.report.record_set import Named, NamedRecord, RecordSet
from dane_check.report.styled import visible
from dane_check.tlsa.record import MalformedTlsa


def records_to_text(sets: Sequence[RecordSet], form: Format, zone: str | None = None) -> str:
    """The records in one format. Raises UsageError where it cannot say them, or needs the zone."""
    match form:
        case Format.BIND:
            return bind(sets)
        case Format.RFC3597:
            return rfc3597(sets)
        case Format.NSUPDATE:
            return nsupdate(sets, zone=zone)
        case Format.OCTODNS:
            return octodns(sets, zone=_needed(zone, form))
        case Format.DNSCONTROL:
            return dnscontrol(sets, zone=_needed(zone, form))
        case Format.JSON:
            return records_to_json(sets) + "\n"
    assert_never(form)


def _needed(zone: str | None, form: Format) -> str:
    if zone is None:
        raise UsageError(f"{form} has names relative to their zone; name it, such as with --origin example.org")
    return zone


def records_to_json(sets: Sequence[RecordSet]) -> str:
    """One document of kind `tlsa`."""
    return dumped(document("tlsa", records=[_record(each, one) for each in sets for one in each.records]))


def _record(each: RecordSet, one: NamedRecord) -> dict[str, Any]:
    record = one.record
    if isinstance(record, MalformedTlsa):
        raise UsageError("a TLSA record without data has no place in this document")
    return {
        "owner": each.owner and visible(each.owner),
        "ttl": each.ttl,
        "usage": record.usage,
        "selector": record.selector,
        "matching_type": record.matching_type,
        "data": record.data.hex(),
        "line": visible(line(each.owner, record, each.ttl)),
        "rfc3597": visible(unknown_line(each.owner, record, each.ttl)),
        "source": visible(one.named.source),
        "role": one.named.role or None,
        "named": _named(one.named),
    }


def _named(named: Named) -> dict[str, Any]:
    return {
        "subject": None if named.subject is None else safe(named.subject),
        "issuer": None if named.issuer is None else safe(named.issuer),
        "key": named.key,
        "not_after": named.not_after and moment(named.not_after),
    }
