"""What the checks of one run share: validated answers, served chains, politeness; observations, never verdicts."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dane_check.dnssec.lookup import Lookup, LookupSource
from dane_check.ports import ProbeOutcome, Prober, ProbeRequest, SmtpReply
from dane_check.settings import Settings


class DomainLookups(LookupSource, Protocol):
    """The validated lookups of one domain: charged to its budget, answered from what the run shares."""

    def zone_is_proven_signed(self, name: str) -> bool:
        """Whether `name` lies in a zone proven signed in this run (D-12)."""
        ...


class AfterTls(Protocol):
    """A prober that remembers how a server answered EHLO under TLS, which comes after the verdict (D-24)."""

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        """That reply, within a second; None for silence."""
        ...


class Probes:
    """Every session with every address, each asked for once a run and kept; never more than a few at one address."""

    def __init__(self, prober: Prober, sessions_per_address: int, courteous: AfterTls | None = None) -> None:
        self._prober = prober
        self._courteous = courteous
        self._gates: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(sessions_per_address))
        self._held: dict[ProbeRequest, asyncio.Task[ProbeOutcome]] = {}

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        """What came of the session; domains that share an address share the session."""
        task = self._held.get(request)
        if task is None:
            task = self._held[request] = asyncio.create_task(self._hold(request))
        return await asyncio.shield(task)  # one domain's deadline must not end what another is waiting for

    def held(self, address: str) -> int:
        """How many sessions this run has had with an address, or is having (L-19)."""
        return sum(request.address == address for request in self._held)

    async def _hold(self, request: ProbeRequest) -> ProbeOutcome:
        async with self._gates[request.address]:
            return await self._prober.probe(request)

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        """How the server answered EHLO under TLS in the session of `request`; None for silence."""
        return await self._courteous.after_tls(request) if self._courteous else None

    async def aclose(self) -> None:
        """Ends what is still under way."""
        under_way = [task for task in self._held.values() if not task.done()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


@dataclass(slots=True)
class Outgoing:
    """Whether mail can leave from here, as far as the run has seen.

    silent -- hosts that let port 25 time out at every address, and these addresses.
    open -- whether any host answered.
    """

    silent: dict[str, frozenset[str]] = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One run.

    lookups -- opens a view of the shared resolver with the budget of one more domain.
    helo -- the name given in EHLO.
    seconds -- a clock for measuring only.
    outgoing -- what was seen of port 25.
    """

    settings: Settings
    now: datetime
    lookups: Callable[[], DomainLookups]
    probes: Probes
    helo: str
    seconds: Callable[[], float] = time.monotonic
    outgoing: Outgoing = field(default_factory=Outgoing)


class Asked:
    """The lookups made for one host, kept in the order a sender asks, whichever answer came first."""

    def __init__(self, source: LookupSource) -> None:
        self.source = source
        self._answers: dict[tuple[str, str], Lookup | None] = {}

    @property
    def made(self) -> list[tuple[str, str, Lookup]]:
        """Name, type and answer of every lookup that was answered."""
        return [(name, rdtype, found) for (name, rdtype), found in self._answers.items() if found is not None]

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The validated answer, noted."""
        self._answers.setdefault((name, rdtype), None)
        found = self._answers[name, rdtype] = await self.source.lookup(name, rdtype)
        return found
