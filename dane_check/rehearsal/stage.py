"""The worlds of a rehearsal: records and chains, each as they are now and as they are going to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from dane_check.check.session import DomainLookups, Probes, Session
from dane_check.policy.service import tlsa_owner
from dane_check.rehearsal.candidates import CandidateChain, CandidateSet
from dane_check.rehearsal.moments import AFTER, BEFORE, CACHED, EARLY, Era, Pair
from dane_check.rehearsal.overlay import CandidateProber, Overlay
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.zone.assumed import Nobody
from dane_check.rehearsal.zone.data import ZoneData
from dane_check.rehearsal.zone.hosts import set_at
from dane_check.rehearsal.zone.source import ZoneSource, zone_source
from dane_check.rehearsal.zone.text import ZoneFile
from dane_check.settings import Settings


class Stage:
    """A run with candidates laid over it. Connections that candidate chains stand for are made to nobody."""

    def __init__(self, plan: Plan, session: Session) -> None:
        self._plan = plan
        self._session = session
        self._zones = {Era.NEW: _data(plan.zone), Era.OLD: _data(plan.old_zone)}
        self._ours: dict[tuple[CandidateChain, ...], Probes] = {}

    def lookups(self, era: Era, candidates: CandidateSet | None = None) -> Overlay | ZoneSource | DomainLookups:
        """What one era answers; `candidates` are laid over the world where there is no whole zone."""
        outside: DomainLookups = Nobody() if self._plan.offline else self._session.lookups()
        zone = self._zones[era]
        if zone is not None:
            ds = self._plan.ds if era is Era.NEW else ()
            return zone_source(zone, outside, self._session.settings, self._session.now, ds)
        return outside if candidates is None else Overlay(outside, (candidates,))

    def set_of(self, host: str) -> CandidateSet | None:
        """The TLSA set of `host` in the zone to come; None where it holds none, or there is no whole zone."""
        zone, owner = self._zones[Era.NEW], tlsa_owner(host, self._plan.port)
        return set_at(zone, owner) if zone is not None and owner is not None else None

    def session(self, source: DomainLookups, host: str, era: Era) -> Session:
        """The run with these lookups and the chains that `host` has in this era.

        Candidates do not grow old: asked for again, the world's own records would take their place (threats T-8).
        """
        chains = self._chains(host, era)
        moments = None if isinstance(source, Overlay | ZoneSource) else self._session.moments
        if not chains:
            return replace(self._session, lookups=lambda: source, moments=moments)
        settings = replace(self._session.settings, connect=True, ipv4=True, ipv6=True, allow_reserved=True)
        probes = self._ours.setdefault(chains, Probes(CandidateProber(chains)))
        return replace(self._session, settings=settings, probes=probes, lookups=lambda: source, moments=moments)

    def _chains(self, host: str, era: Era) -> tuple[CandidateChain, ...]:
        new, old = self._plan.chains_of(host), self._plan.serving_of(host)
        return (new or old) if era is Era.NEW else old

    def pairs(self, host: str) -> Iterator[Pair]:
        """The combinations that can be played for `host`, the coming one first."""
        plan = self._plan
        changes_chain, changes_records = bool(plan.chains_of(host)), plan.replaces_records
        yield AFTER
        if not (changes_chain or changes_records):
            return
        old_records = not plan.offline or plan.old_zone is not None or not changes_records
        old_chain = not plan.offline or bool(plan.serving_of(host)) or not changes_chain
        if changes_chain and changes_records and old_records:
            yield CACHED
        if changes_chain and changes_records and old_chain:
            yield EARLY
        if old_records and old_chain:
            yield BEFORE

    async def aclose(self) -> None:
        """Ends the sessions that were nobody's; those of the run are not ours to end."""
        for probes in self._ours.values():
            await probes.aclose()


def _data(file: ZoneFile | None) -> ZoneData | None:
    return ZoneData(file) if file is not None else None


def unasked(settings: Settings, now: datetime) -> Session:
    """A run that asks nobody and connects to nobody."""
    return Session(replace(settings, connect=False), now, Nobody, Probes(CandidateProber(())), "localhost")
