"""What a finding and an entry of the catalogue are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from dane_check.findings.code import Code


class Severity(StrEnum):
    """What a finding means for mail (docs/findings.md); the order is from worst to mildest."""

    OUTAGE = "outage"  # DANE senders defer or bounce on this path
    PARTIAL = "partial"  # some addresses, certificate types, senders or resolvers fail
    LATENT = "latent"  # fine now, breaks at the next routine event
    UNPROTECTED = "unprotected"  # mail flows, DANE gives nothing here
    INCONCLUSIVE = "inconclusive"  # we could not tell
    HYGIENE = "hygiene"  # no effect on delivery
    INFO = "info"


SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class About:
    """What a finding is about; every part that is None is not narrowed down."""

    domain: str | None = None
    host: str | None = None
    address: str | None = None
    key_type: str | None = None
    record: str | None = None  # a TLSA record, "3 1 1 ab…", or the name of another record

    def __str__(self) -> str:
        if self.host is None:
            return self.domain or "-"
        return f"{self.host}[{self.address}]" if self.address else self.host


@dataclass(frozen=True, slots=True)
class Finding:
    """A code with the facts of this case. `facts` are printable text, already escaped where they came from outside."""

    code: Code
    severity: Severity
    about: About
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def fact(self) -> Mapping[str, str]:
        """The facts by name."""
        return dict(self.facts)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One entry of the catalogue.

    severities -- those the code may take, the usual one first; `when` says when the others apply.
    says, remedy -- templates over the facts and over {about}, {domain}, {host}, {address}.
    source -- where the rule comes from.
    tlsrpt -- the RFC 8460 result type a sender would report for it, if any.
    rank -- among several findings about one thing, the higher says more and is shown first.
    """

    severities: tuple[Severity, ...]
    says: str
    remedy: str
    source: str
    tlsrpt: str | None = None
    when: str = ""
    rank: int = 50


def freeze(*areas: Mapping[Code, Diagnosis]) -> Mapping[Code, Diagnosis]:
    """The areas' entries in one read-only table; a code belongs to exactly one area."""
    table: dict[Code, Diagnosis] = {}
    for area in areas:
        twice = table.keys() & area.keys()
        if twice:
            raise ValueError(f"in two areas: {sorted(twice)}")
        table |= area
    return MappingProxyType(table)
