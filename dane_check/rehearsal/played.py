"""What came of playing one host over the candidates, before it is put together with others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dane_check.dnssec.lookup import Lookup, Secure
from dane_check.findings import Finding
from dane_check.policy.service import tlsa_owner
from dane_check.policy.verdict import DomainVerdict, HostVerdict, HostWord
from dane_check.rehearsal.candidates import CandidateSet, Record
from dane_check.rehearsal.moments import Pair
from dane_check.rehearsal.outcome import PlannedFate
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.planned import planned_fate
from dane_check.tlsa.record import parse_rdata, parse_text


@dataclass(frozen=True, slots=True)
class Played:
    """One host judged over the candidates.

    verdict -- of the host as a relay, after the change.
    published -- what stood at the TLSA owner name before; None where nobody asked or nothing was replaced.
    assumed -- what the verdict takes for granted, for people; None where nothing is.
    domains -- the mail domains whose names count for this host.
    verdicts -- of the host in each combination of records and chains that was played, AFTER among them.
    candidates -- what is going to stand at the owner name; None where nothing is replaced.
    domain -- the mail domain it was judged for; None for a relay.
    hidden -- whether its addresses stand at a wildcard that the candidates would hide.
    hides -- whether records at a wildcard, which other services of the host may use, would be hidden.
    lines -- what to publish for the first time.
    unseen -- for a first publication: no server could be asked for what it serves.
    """

    host: str
    verdict: DomainVerdict
    beside: tuple[Finding, ...] = ()
    published: Lookup | None = None
    assumed: str | None = None
    domains: tuple[str, ...] = ()
    verdicts: Mapping[Pair, HostVerdict] = field(default_factory=dict)
    candidates: CandidateSet | None = None
    domain: str | None = None
    hidden: bool = False
    hides: bool = False
    lines: tuple[str, ...] = ()
    unseen: bool = False

    @property
    def of_host(self) -> HostVerdict:
        """The verdict on the host itself."""
        hosts = self.verdict.hosts
        return hosts[0] if hosts else HostVerdict(self.host, None, HostWord.UNREACHABLE)

    @property
    def told(self) -> HostVerdict:
        """The same, where a server that could not be asked counts as such although nothing obliges anybody yet."""
        return replace(self.of_host, word=HostWord.UNREACHABLE) if self.unseen else self.of_host


def planned_of(plan: Plan, played: Played) -> tuple[PlannedFate, ...]:
    """The keys to come against the records that will stand."""
    owner = tlsa_owner(played.of_host.tlsa_base_domain or played.host, plan.port) or ""
    records = [parse_text(one.text) for one in played.of_host.tlsa]
    return tuple(planned_fate(key, records, owner) for key in plan.planned)


def previous_records(plan: Plan, played: Played) -> tuple[Record, ...]:
    """The set that is replaced: the one given, else the one that is published, where that is secure."""
    if plan.previous is not None:
        return plan.previous
    if not isinstance(played.published, Secure):
        return ()
    return tuple(parse_rdata(record.wire) for record in played.published.records)


def ttl_of(plan: Plan, played: Played) -> int | None:
    """The greatest of what is going to be published and what caches have now."""
    known = [record.ttl or None for record in played.published.records] if played.published is not None else []
    new = played.candidates.ttl if played.candidates is not None else None
    return max((one for one in (*known, plan.ttl, new) if one is not None), default=None)
