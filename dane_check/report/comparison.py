"""What is published beside what is served, in full, and the line that would mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dane_check.names import safe
from dane_check.policy.verdict import (
    CertificateFacts,
    EndpointResult,
    EndpointVerdict,
    HostVerdict,
    HostWord,
    RecordView,
)
from dane_check.report.styled import Line, Style, Styled
from dane_check.report.words import tlsa_lookup, validity, zone_owner

_MISMATCHED: Final = frozenset(
    {
        EndpointResult.MISMATCH,
        EndpointResult.NAME_MISMATCH,
        EndpointResult.CHAIN_EXPIRED,
        EndpointResult.CHAIN_INVALID,
        EndpointResult.TA_MISSING,
    }
)
_OF_THE_CHAIN: Final = frozenset(
    {EndpointResult.NAME_MISMATCH, EndpointResult.CHAIN_EXPIRED, EndpointResult.CHAIN_INVALID}
)
_MOST_RECORDS: Final = 8  # a set may hold 64; the rest is counted, and stands in the JSON


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing served that the records do not name (or not well), and every place it is served at.

    endpoints -- the places, all with the same certificate and the same mending line.
    """

    endpoints: tuple[EndpointVerdict, ...]

    @property
    def first(self) -> EndpointVerdict:
        """The place that stands for all."""
        return self.endpoints[0]

    def concerns(self, address: str, key_type: str | None) -> bool:
        """Whether one of the places is meant by a finding about `address` and, if given, `key_type`."""
        return any(
            one.address == address and key_type in {None, one.key_type and one.key_type.value} for one in self.endpoints
        )


def comparisons(host: HostVerdict) -> tuple[Comparison, ...]:
    """What is to be compared at `host`, one entry for each thing served."""
    groups: dict[tuple[object, ...], list[EndpointVerdict]] = {}
    for one in host.endpoints:
        if _differs(host, one):
            leaf = one.certificates[0].certificate_sha256 if one.certificates else None
            groups.setdefault((one.suggested, leaf, one.result), []).append(one)
    return tuple(Comparison(tuple(group)) for group in groups.values())


def _differs(host: HostVerdict, endpoint: EndpointVerdict) -> bool:
    """Whether the records would have to change for `endpoint` to be authenticated."""
    if not endpoint.certificates or endpoint.result is EndpointResult.AUTHENTICATED:
        return False
    if host.tlsa:
        return endpoint.result in _MISMATCHED or endpoint.word is HostWord.TLS_ONLY
    lookup = tlsa_lookup(host)
    return lookup is not None and lookup.status == "secure" and lookup.kind in {"nodata", "nxdomain"}


def zone_line(host: HostVerdict, endpoint: EndpointVerdict) -> str | None:
    """The line to publish so that what this endpoint serves is matched; None where that would not mend it."""
    published = endpoint.suggested in {record.text for record in host.tlsa}
    renewed = endpoint.result is EndpointResult.CHAIN_EXPIRED or endpoint.reason == "weak-crypto"
    if endpoint.suggested is None or published or renewed or not _differs(host, endpoint):
        return None
    return f"{zone_owner(host, endpoint.port)} IN TLSA {endpoint.suggested}"


def comparison_lines(host: HostVerdict, comparison: Comparison, indent: str) -> Iterator[Line]:
    """Published, served and the line to publish, aligned so that digests stand under each other."""
    values = served(host.tlsa, comparison.first)
    for record in host.tlsa[:_MOST_RECORDS]:
        note = _becomes(record, record.text in dict(values))
        yield (f"{indent}published  {record.text}", Styled(note, Style.DIM))
    if not host.tlsa:
        yield (f"{indent}published  nothing",)
    if len(host.tlsa) > _MOST_RECORDS:
        yield (f"{indent}           … and {len(host.tlsa) - _MOST_RECORDS} more",)
    for value, certificate in values:
        yield (f"{indent}served     {value}", Styled(_described(certificate), Style.DIM))
    if comparison.first.result in _OF_THE_CHAIN and comparison.first.certificates:
        leaf = comparison.first.certificates[0]
        names = ", ".join(safe(name, 80) for name in leaf.names[:4]) or safe(leaf.subject or "no name", 120)
        yield (f"{indent}leaf       {names}", Styled(_described(leaf), Style.DIM))
    line = zone_line(host, comparison.first)
    if line:
        yield (f"{indent}publish    ", Styled(line, Style.BOLD))


def served(records: Sequence[RecordView], endpoint: EndpointVerdict) -> tuple[tuple[str, CertificateFacts], ...]:
    """What is served, in the form of each usable record, so that like stands beside like."""
    values: dict[str, CertificateFacts] = {}
    for record in records:
        if record.state == "usable":
            values |= dict(_in_the_form_of(record.text, endpoint.certificates))
    if not values and endpoint.suggested and endpoint.certificates:
        values[endpoint.suggested] = endpoint.certificates[0]
    return tuple(values.items())


def _in_the_form_of(record: str, chain: Sequence[CertificateFacts]) -> Iterator[tuple[str, CertificateFacts]]:
    usage, selector, matching_type, *_ = [*record.split(" "), "", "", ""]
    named = {"3": chain[:1], "2": chain[1:]}.get(usage, ())
    for certificate in named:
        digest = {"0": certificate.certificate_sha256, "1": certificate.spki_sha256}.get(selector)
        if matching_type == "1" and digest:
            yield f"{usage} {selector} 1 {digest}", certificate


def _becomes(record: RecordView, names_what_is_served: bool) -> str:
    if record.state == "ignored-digest-agility":
        return "  (ignored: a stronger digest is published beside it)"
    if record.state != "usable":
        return f"  ({record.state}{': ' + record.reason if record.reason else ''})"
    if names_what_is_served:  # the digest agrees, so it is the path, a name or a date that does not
        return "  (names what is served)"
    return "  (matches elsewhere)" if record.matches else "  (matches nothing served)"


def _described(certificate: CertificateFacts) -> str:
    issuer = f"issuer {safe(certificate.issuer, 120)}" if certificate.issuer else None
    parts = [part for part in (certificate.key, issuer, validity(certificate)) if part]
    return f"  ({', '.join(parts)})" if parts else ""
