"""One run: what its checks share, and the checks. `wiring` makes it, `api` is its only customer."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dane_check.check.session import DomainLookups, Session
from dane_check.dnssec.resolver import DomainView
from dane_check.errors import UsageError
from dane_check.inputs import question_of
from dane_check.live import LiveProber
from dane_check.loading import loaded
from dane_check.names import parse_domain, safe
from dane_check.ports import DnsTransport, Server

if TYPE_CHECKING:
    from dane_check.check.outcome import DomainCheck
    from dane_check.check.served import Served
    from dane_check.dnssec.lookup import Lookup
    from dane_check.evidence import Evidence
    from dane_check.evidence.recorder import Notebook
    from dane_check.rehearsal.outcome import Rehearsal
    from dane_check.rehearsal.plan import Plan
    from dane_check.rehearsal.rollover.gather import Sharing
    from dane_check.rehearsal.rollover.situation import Next, RolloverState

_ENGINE = ("dane_check.policy.verdict", "dane_check.check.host", "dane_check.check.domain")
_PROBER = ("dane_check.network.prober", "dane_check.network.dialer")
_RELAY = "host:"  # how evidence names a configured relay


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
        async with self._ahead((name, "MX")) as source:
            from dane_check.check.domain import check_domain

            return await self._noted(name, check_domain(self.session, name, source))

    async def host(self, name: str, port: int) -> DomainCheck:
        """The verdict on one configured relay."""
        async with self._ahead((name, "A"), (name, "AAAA")) as source:
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
    async def _ahead(self, *questions: tuple[str, str]) -> AsyncIterator[DomainLookups]:
        """The lookups of a domain. Its first questions leave at once, and the engine is loaded meanwhile."""
        source = self.session.lookups()
        if _ENGINE[-1] in sys.modules:
            yield source
            return
        wanted = () if self.clock_is_suspect else questions
        begun = {one: asyncio.create_task(source.lookup(*one)) for one in wanted}
        try:
            await loaded(*_ENGINE, *(_PROBER if self.live is not None else ()))
            yield _Begun(source, dict(begun))
        finally:
            for task in begun.values():
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
        from dane_check.evidence.circumstances import recorded

        assert self.notebook is not None
        return self.notebook.evidence(
            now=self.session.now,
            domains=subjects,
            anchors=self.anchors,
            servers=self.servers,
            settings=recorded(self.session.settings, own_clock=self.own_clock),
        )

    async def aclose(self) -> None:
        """Ends what is under way, says the last QUITs."""
        await self.session.probes.aclose()
        if self.live is not None:
            await self.live.aclose()


class _Begun:
    """`DomainLookups`, some of which are under way; each of these is taken once, a failure too, as if asked for now."""

    def __init__(self, source: DomainLookups, begun: dict[tuple[str, str], asyncio.Task[Lookup]]) -> None:
        self._source = source
        self._begun = begun

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """See `DomainLookups`."""
        begun = self._begun.pop((name, rdtype), None)
        return await (self._source.lookup(name, rdtype) if begun is None else begun)

    def zone_is_proven_signed(self, name: str) -> bool:
        """See `DomainLookups`."""
        return self._source.zone_is_proven_signed(name)


def server_names(run: Run) -> tuple[str, ...]:
    """The resolvers of a run, for people."""
    return tuple(str(server) for server in run.servers)
