"""One run, wired: the world on one side, the engine on the other. `api` is its only customer."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import importlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dane_check.check.freshness import RunMoments
from dane_check.check.gate import Doorkeeper, Gate
from dane_check.check.session import DomainLookups, Probes, Session
from dane_check.check.vantage import Vantage
from dane_check.dnssec.anchors import TrustAnchors
from dane_check.dnssec.lookup import Lookup
from dane_check.dnssec.resolver import DomainView, ValidatingResolver
from dane_check.errors import UsageError
from dane_check.inputs import anchors_of, own_name, question_of, read_text, servers_of
from dane_check.live import LiveProber, SystemClock, live_transport
from dane_check.names import parse_domain, safe
from dane_check.policy.clock import clock_suspect
from dane_check.ports import Clock, Dialer, DnsTransport, Prober, Server
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.check.outcome import DomainCheck
    from dane_check.check.served import Served
    from dane_check.evidence import Evidence
    from dane_check.evidence.record import Renewal
    from dane_check.evidence.recorder import Notebook
    from dane_check.rehearsal.outcome import Rehearsal
    from dane_check.rehearsal.plan import Plan
    from dane_check.rehearsal.rollover.gather import Sharing
    from dane_check.rehearsal.rollover.situation import Next, RolloverState

_ENGINE = "dane_check.check.domain"
_CERTIFICATES_AT = "certificates_at"
_OWN_CLOCK = "own_clock"  # beside the settings in evidence
_RELAY = "host:"  # how evidence names a configured relay
_NOT_RECORDED = frozenset({"resolver", "trust_anchor", "now", "timeout", "limits"})  # kept otherwise, or moot offline


@dataclass(slots=True)
class Run:
    """What the checks of one run share, and what they left behind.

    views -- as `session.lookups`, without any thought of whose trouble a failure is: what a lookup itself comes to.
    transport -- as everything of the run is asked; name servers are asked by it too.
    own_clock -- the moment was read from this machine's clock, and not given (D-23).
    subjects -- what evidence, if there is any, names: domains, and `host:NAME:PORT` for relays.
    """

    session: Session
    views: Callable[[], DomainView]
    transport: DnsTransport
    own_clock: bool
    servers: tuple[Server, ...]
    anchors: tuple[str, ...]
    notebook: Notebook | None
    live: LiveProber | None
    clock_is_suspect: bool = False
    subjects: list[str] = field(default_factory=list)

    async def domain(self, name: str) -> DomainCheck:
        """The verdict on one domain, an absolute A-label name."""
        source = self.session.lookups()
        async with self._ahead(source, (name, "MX")):
            from dane_check.check.domain import check_domain

            return await self._noted(name, check_domain(self.session, name, source))

    async def host(self, name: str, port: int) -> DomainCheck:
        """The verdict on one configured relay."""
        source = self.session.lookups()
        async with self._ahead(source, (name, "A"), (name, "AAAA")):
            from dane_check.check.domain import check_relay

            work = check_relay(self.session, name, port, source=source)
            return await self._noted(f"{_RELAY}{name}:{port}", work)

    async def again(self, subject: str) -> DomainCheck:
        """What evidence calls `subject`, judged once more."""
        from dane_check.check.domain import check_domain, check_relay

        if subject.startswith(_RELAY):
            name, _, port = subject.removeprefix(_RELAY).rpartition(":")
            if not port.isascii() or not port.isdigit():
                raise UsageError(f"the evidence names the relay {safe(subject, 80)} without a port; it is damaged")
            return await check_relay(self.session, parse_domain(name), int(port))
        return await check_domain(self.session, parse_domain(subject))

    @asynccontextmanager
    async def _ahead(self, source: DomainLookups, *questions: tuple[str, str]) -> AsyncIterator[None]:
        """The first questions leave at once, and the engine is loaded while they are under way."""
        if _ENGINE in sys.modules:
            yield
            return
        wanted = () if self.clock_is_suspect else questions
        asked = [asyncio.create_task(source.lookup(name, rdtype)) for name, rdtype in wanted]
        try:
            await asyncio.to_thread(importlib.import_module, _ENGINE)
            yield
        finally:
            for task in asked:
                task.cancel()

    async def _noted(self, subject: str, work: Coroutine[object, object, DomainCheck]) -> DomainCheck:
        if self.clock_is_suspect:
            from dane_check.check.domain import as_asked, clock_trouble

            work.close()
            return as_asked(self.session, clock_trouble(subject, self.session.now))
        if self.notebook is None:
            return await work
        self.subjects.append(subject)
        checked = await work
        return dataclasses.replace(checked, evidence=self._evidence((subject,)))

    async def rehearse(self, plan: Plan) -> Rehearsal:
        """What would come of candidates; nothing is asked where the plan forbids it."""
        from dane_check.rehearsal.live import rehearse, rehearse_unasked

        if plan.offline:
            return await rehearse_unasked(plan, self.session.settings, self.session.now)
        return await rehearse(plan, self.session, clock_is_suspect=self.clock_is_suspect)

    async def rollover_state(self, asked: Sharing, goal: Next) -> RolloverState:
        """What a rollover starts from: lookups, every authoritative server, and what is served."""
        from dane_check.check.sweep import Sweeper
        from dane_check.rehearsal.rollover.gather import gather
        from dane_check.rehearsal.rollover.situation import RolloverState

        if self.clock_is_suspect:  # D-23
            return RolloverState((), ("this machine's clock cannot be right; set it first",))
        sweeper = Sweeper(self.transport, self.views(), self.session.settings.allow_reserved)
        return await gather(asked, goal, self.session, sweeper)

    async def rehearsed_switch(self, state: RolloverState, goal: Next) -> dict[str, int]:
        """The exit status that a rehearsal gives each host once what is to come is served."""
        from dane_check.rehearsal.rollover.gather import rehearsed

        return await rehearsed(state, goal, self.session)

    async def lookup(self, name: str, rdtype: str | int) -> Lookup:
        """The validated answer for any name and type."""
        owner, mnemonic = question_of(name, rdtype)
        return await self.views().lookup(owner, mnemonic)

    async def served(self, name: str, port: int) -> Served:
        """The chains that one host serves."""
        from dane_check.check.served import served_chains

        return await served_chains(self.session, name, port)

    def evidence(self) -> Evidence | None:
        """Everything heard so far, about every subject so far."""
        return self._evidence(tuple(self.subjects)) if self.notebook is not None else None

    def _evidence(self, subjects: tuple[str, ...]) -> Evidence:
        assert self.notebook is not None
        return self.notebook.evidence(
            now=self.session.now,
            domains=subjects,
            anchors=self.anchors,
            servers=self.servers,
            settings=(*_recorded_settings(self.session.settings), *([(_OWN_CLOCK, True)] if self.own_clock else ())),
        )

    async def aclose(self) -> None:
        """Ends what is under way, says the last QUITs."""
        await self.session.probes.aclose()
        if self.live is not None:
            await self.live.aclose()


def server_names(run: Run) -> tuple[str, ...]:
    """The resolvers of a run, for people."""
    return tuple(str(server) for server in run.servers)


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
    doorkeeper = doorkeeper or Gate(settings.limits.run, clock)
    servers = servers_of(settings.resolver, given_transport=dns is not None)
    now = settings.now or clock.now()
    anchors, texts = anchors_of(settings, now)
    transport = dns or live_transport(settings.limits)
    live = None
    if prober is None:
        prober = live = LiveProber(settings, dialer)
    notebook = None
    later: Callable[[datetime], DnsTransport] | None = None
    if record:
        from dane_check.evidence.recorder import Notebook, RecordingProber, RecordingTransport

        notebook = Notebook()
        later = functools.partial(RecordingTransport, transport, notebook)
        transport, prober = RecordingTransport(transport, notebook), RecordingProber(prober, notebook)
    own_clock = settings.now is None and isinstance(clock, SystemClock)
    seconds = clock.monotonic
    run = _assembled(
        settings, now, own_clock, transport, prober, servers, anchors, texts, notebook, live, doorkeeper, seconds, later
    )
    run.clock_is_suspect = own_clock and clock_suspect(now)
    return run


async def replaying_run(evidence: Evidence | PathLike[str] | str) -> Run:
    """A run over what `evidence` holds, and nothing else."""
    from dane_check.evidence import Evidence
    from dane_check.evidence.bounds import limits_of
    from dane_check.evidence.file import from_text
    from dane_check.evidence.replayer import ReplayProber, ReplayTransport

    if not isinstance(evidence, Evidence):
        evidence = from_text(read_text(Path(evidence), "evidence file"))
    known = {one.name for one in dataclasses.fields(Settings)} - _NOT_RECORDED
    chosen = {name: value for name, value in evidence.settings if name in known}
    if chosen.get(_CERTIFICATES_AT) is not None:
        chosen[_CERTIFICATES_AT] = _moment(chosen[_CERTIFICATES_AT])
    limits = limits_of(evidence.settings)
    settings = Settings(now=evidence.now, trust_anchor=evidence.anchors, limits=limits, **chosen)
    transport, prober = ReplayTransport(evidence), ReplayProber(evidence)
    anchors, texts = anchors_of(settings, evidence.now)
    own_clock = dict(evidence.settings).get(_OWN_CLOCK) is True
    run = _assembled(
        settings,
        evidence.now,
        own_clock,
        transport,
        prober,
        evidence.servers,
        anchors,
        texts,
        None,
        None,
        later=lambda moment: ReplayTransport(evidence, moment),
        renewals=evidence.renewals,
    )
    run.subjects = list(evidence.domains)
    return run


def _assembled(
    settings: Settings,
    now: datetime,
    own_clock: bool,
    transport: DnsTransport,
    prober: Prober,
    servers: tuple[Server, ...],
    anchors: TrustAnchors,
    texts: tuple[str, ...],
    notebook: Notebook | None,
    live: LiveProber | None,
    doorkeeper: Doorkeeper | None = None,
    seconds: Callable[[], float] = time.monotonic,
    later: Callable[[datetime], DnsTransport] | None = None,
    renewals: tuple[Renewal, ...] | None = None,
) -> Run:
    def resolving(by: DnsTransport, moment: datetime) -> ValidatingResolver:
        return ValidatingResolver(
            by,
            servers,
            anchors,
            now=moment,
            limits=settings.limits.dns,
            nsec3_iterations=settings.nsec3_iterations,
            allow_sha1=settings.allow_sha1,
        )

    def seen(resolver: ValidatingResolver) -> DomainLookups:
        return Vantage(resolver.for_domain(), own_clock=own_clock, seconds=settings.limits.domain.diagnostics_seconds)

    def lookups() -> DomainLookups:
        return seen(resolver)

    resolver = resolving(transport, now)
    recorded = None if renewals is None else {(one.request, one.turn): one for one in renewals}
    moments = RunMoments(
        now,
        seconds(),
        seconds,
        lambda moment: seen(resolving(later(moment) if later else transport, moment)),
        notebook.renewals.append if notebook is not None else None,
        recorded,
    )

    probes = Probes(prober, doorkeeper, live, seconds)
    session = Session(settings, now, lookups, probes, settings.helo or own_name(), seconds, moments=moments)
    return Run(session, resolver.for_domain, transport, own_clock, servers, texts, notebook, live)


def _recorded_settings(settings: Settings) -> tuple[tuple[str, Any], ...]:
    from dane_check.evidence.bounds import recorded_limits

    chosen = {
        one.name: getattr(settings, one.name) for one in dataclasses.fields(settings) if one.name not in _NOT_RECORDED
    }
    if settings.certificates_at is not None:  # JSON has no moments
        chosen[_CERTIFICATES_AT] = settings.certificates_at.isoformat()
    return (*chosen.items(), *recorded_limits(settings.limits))


def _moment(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        raise UsageError("the evidence is damaged: settings.certificates_at is no moment; record it again") from None
