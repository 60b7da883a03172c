"""A run put together: the world on one side, the engine on the other."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from dane_check.check.gate import Doorkeeper, Gate
from dane_check.check.moments import RunMoments
from dane_check.check.session import DomainLookups, Probes, Session
from dane_check.check.vantage import Vantage
from dane_check.dnssec.resolver import ValidatingResolver
from dane_check.inputs import anchors_of, own_name, read_text, servers_of
from dane_check.live import LiveProber, SystemClock, live_transport
from dane_check.policy.clock import clock_suspect
from dane_check.ports import Clock, Dialer, DnsTransport, Prober, Server
from dane_check.run import Run
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.evidence import Evidence
    from dane_check.evidence.record import Renewal
    from dane_check.evidence.recorder import Notebook


@dataclass(frozen=True, slots=True)
class World:
    """What a run asks, live or recorded.

    later -- the transport for questions that are asked anew at a later moment; None for the same one.
    own_clock -- the moment was read from this machine's clock, and not given (D-23).
    live -- the prober, where it is the live one. doorkeeper -- None where no session begins anywhere.
    renewals -- of recorded evidence: which sessions were judged by lookups made anew.
    """

    transport: DnsTransport
    prober: Prober
    servers: tuple[Server, ...]
    own_clock: bool
    seconds: Callable[[], float] = time.monotonic
    later: Callable[[datetime], DnsTransport] | None = None
    live: LiveProber | None = None
    doorkeeper: Doorkeeper | None = None
    notebook: Notebook | None = None
    renewals: tuple[Renewal, ...] | None = None

    def transport_at(self, moment: datetime) -> DnsTransport:
        """What is asked at a later moment."""
        return self.later(moment) if self.later is not None else self.transport

    def recorded(self) -> World:
        """The same world, with everything heard of it written down."""
        from dane_check.evidence.recorder import Notebook, RecordingProber, RecordingTransport

        notebook = Notebook()
        return World(
            RecordingTransport(self.transport, notebook),
            RecordingProber(self.prober, notebook),
            self.servers,
            self.own_clock,
            self.seconds,
            functools.partial(RecordingTransport, self.transport, notebook),
            self.live,
            self.doorkeeper,
            notebook,
        )


async def open_run(
    settings: Settings,
    dns: DnsTransport | None,
    dialer: Dialer | None,
    prober: Prober | None,
    clock: Clock,
    *,
    doorkeeper: Doorkeeper | None = None,
    record: bool = False,
) -> Run:
    """A run over the live network, with any side of the world replaced. Raises UsageError before any packet.

    doorkeeper -- what several runs toward the same world share; None for one of its own.
    """
    live = LiveProber(settings, dialer) if prober is None else None
    probing = prober or live
    assert probing is not None
    now = settings.now or clock.now()
    world = World(
        dns or live_transport(settings.limits),
        probing,
        servers_of(settings.resolver, given_transport=dns is not None),
        own_clock=settings.now is None and isinstance(clock, SystemClock),
        seconds=clock.monotonic,
        live=live,
        doorkeeper=doorkeeper or Gate(settings.limits.run, clock),
    )
    run = run_over(world.recorded() if record else world, settings, now)
    run.clock_is_suspect = world.own_clock and clock_suspect(now)
    return run


async def replaying_run(evidence: Evidence | PathLike[str] | str) -> Run:
    """A run over what `evidence` holds, and nothing else."""
    from dane_check.evidence import Evidence
    from dane_check.evidence.circumstances import by_own_clock, settings_of
    from dane_check.evidence.file import from_text
    from dane_check.evidence.replayer import ReplayProber, ReplayTransport

    if not isinstance(evidence, Evidence):
        evidence = from_text(read_text(Path(evidence), "evidence file"))
    world = World(
        ReplayTransport(evidence),
        ReplayProber(evidence),
        evidence.servers,
        by_own_clock(evidence),
        later=functools.partial(ReplayTransport, evidence),
        renewals=evidence.renewals,
    )
    run = run_over(world, settings_of(evidence), evidence.now)
    run.subjects = list(evidence.domains)
    return run


def run_over(world: World, settings: Settings, now: datetime) -> Run:
    """A run about the moment `now`. Raises UsageError for trust anchors that cannot be used."""
    anchors, texts = anchors_of(settings, now)

    def resolving(transport: DnsTransport, moment: datetime) -> ValidatingResolver:
        return ValidatingResolver(
            transport,
            world.servers,
            anchors,
            now=moment,
            limits=settings.limits.dns,
            nsec3_iterations=settings.nsec3_iterations,
            allow_sha1=settings.allow_sha1,
        )

    def seen(by: ValidatingResolver) -> DomainLookups:
        patience = settings.limits.domain.diagnostics_seconds
        return Vantage(by.for_domain(), own_clock=world.own_clock, seconds=patience)

    resolver = resolving(world.transport, now)
    notebook, renewals = world.notebook, world.renewals
    moments = RunMoments(
        now,
        world.seconds(),
        world.seconds,
        lambda moment: seen(resolving(world.transport_at(moment), moment)),
        notebook.renewals.append if notebook is not None else None,
        None if renewals is None else {(one.request, one.turn): one for one in renewals},
    )
    probes = Probes(world.prober, world.doorkeeper, world.live, world.seconds)
    helo = settings.helo or own_name()
    session = Session(settings, now, lambda: seen(resolver), probes, helo, world.seconds, moments=moments)
    return Run(
        session,
        resolver.for_domain,
        world.transport,
        world.own_clock,
        world.servers,
        texts,
        notebook,
        world.live,
    )
