"""One validated lookup as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dane_check.check.view import lookup_view
from dane_check.dnssec.lookup import AliasHop, Lookup, Proof, Record, Secure, SecureDenial, Status, Why
from dane_check.report.details import chain_lines
from dane_check.report.json import document, dumped, link_to_json, moment
from dane_check.report.mending import remedy_of
from dane_check.report.styled import Line, Style, Styled, render, visible
from dane_check.report.words import moment as shown_moment

EXIT_STATUS: Final[dict[Status, int]] = {"secure": 0, "bogus": 1, "insecure": 3, "indeterminate": 4}  # D-21
_STYLE: Final = {"secure": Style.GOOD, "bogus": Style.BAD}


def lookup_to_text(name: str, rdtype: str, found: Lookup, *, explain: bool = False, colour: bool = False) -> str:
    """Aliases and records as zone-file lines, the chain of trust on request, the status last."""
    return render(_lines(name, rdtype, found, explain), colour)


def _lines(name: str, rdtype: str, found: Lookup, explain: bool) -> Iterator[Line]:
    for hop in found.aliases:
        yield (f"{_absolute(hop.owner)} IN CNAME {_absolute(hop.target)}", Styled(_hop_note(hop), Style.DIM))
    for record in found.records:
        yield (f"{_absolute(record.owner)} {record.ttl} IN {record.rdtype or rdtype} {record.text}",)
    if explain:
        yield from chain_lines(lookup_view(name, rdtype, found), set(), "  ")
        if found.why is not None:
            yield (f"  do         {remedy_of(found.why)}",)
    yield _closing(name, rdtype, found)


def _absolute(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _hop_note(hop: AliasHop) -> str:
    made = " from a DNAME" if hop.via == "DNAME" else ""
    return f"  ; {hop.status}{made}"


def _closing(name: str, rdtype: str, found: Lookup) -> Line:
    word = Styled(found.status.upper(), _STYLE.get(found.status, Style.WARN))
    return (word, f"  {_sentence(name, rdtype, found)}  [exit status {EXIT_STATUS[found.status]}]")


def _sentence(name: str, rdtype: str, found: Lookup) -> str:
    if found.why is not None:
        hints = f" (the resolver says: {'; '.join(found.why.hints)})" if found.why.hints else ""
        absent = " is absent, but not provably" if found.kind in {"nodata", "nxdomain"} else ""
        return f"{name} {rdtype}{absent}: {found.why.sentence}{hints}."
    until = f", valid until {shown_moment(found.expires)}" if found.expires else ""
    match found:
        case SecureDenial(kind="nxdomain"):
            return f"{name} is proven not to exist{until}."
        case SecureDenial():
            return f"{name} is proven to have no {rdtype} records{until}."
        case _:
            return f"{name} {rdtype} is proven from the trust anchor down{until}."


def lookup_to_json(name: str, rdtype: str, found: Lookup) -> str:
    """The document of kind `lookup`."""
    return dumped(
        document(
            "lookup",
            exit_status=EXIT_STATUS[found.status],
            lookup={
                "name": visible(name),
                "rdtype": rdtype,
                "status": found.status,
                "kind": found.kind,
                "wildcard": isinstance(found, Secure) and found.wildcard,
                "expires": found.expires and moment(found.expires),
                "records": [_record(record, rdtype) for record in found.records],
                "aliases": [_alias(hop) for hop in found.aliases],
                "why": found.why and _why(found.why),
                "chain": [link_to_json(link) for link in found.proof.links] if isinstance(found.proof, Proof) else [],
            },
        )
    )


def _record(record: Record, rdtype: str) -> dict[str, Any]:
    return {
        "owner": visible(record.owner),
        "ttl": record.ttl,
        "rdtype": record.rdtype or rdtype,
        "text": visible(record.text),
        "wire": record.wire.hex(),
    }


def _alias(hop: AliasHop) -> dict[str, Any]:
    return {"owner": visible(hop.owner), "target": visible(hop.target), "status": hop.status, "via": hop.via}


def _why(why: Why) -> dict[str, Any]:
    return {
        "cause": why.cause.value,
        "sentence": visible(why.sentence),
        "zone": visible(why.zone),
        "record": visible(why.record),
        "fault": why.fault,
        "rcode": why.rcode and visible(why.rcode),
        "hints": [visible(hint) for hint in why.hints],
    }
