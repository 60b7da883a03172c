"""The front door: wires the live network to the engine, and gives the engine to programs.

Nothing here is global. A `Checker` holds what a run shares; the functions are a `Checker` used once. Every
coroutine has a `_sync` twin for programs without an event loop.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from dane_check.check.gate import Doorkeeper, Gate
from dane_check.errors import UsageError
from dane_check.live import SystemClock
from dane_check.names import is_address_literal, parse_domain
from dane_check.ports import Clock, Dialer, DnsTransport, Prober
from dane_check.run import Run, server_names
from dane_check.settings import Settings
from dane_check.wiring import open_run, replaying_run

if TYPE_CHECKING:
    from dane_check.check.outcome import DomainCheck
    from dane_check.check.served import Served
    from dane_check.dnssec.lookup import Lookup
    from dane_check.evidence import Evidence
    from dane_check.rehearsal.candidates import Record
    from dane_check.rehearsal.outcome import Rehearsal
    from dane_check.rehearsal.plan import GivenChain, GivenKey, GivenZone, Plan
    from dane_check.rehearsal.rollover.gather import Sharing
    from dane_check.rehearsal.rollover.guard import Permission
    from dane_check.rehearsal.rollover.situation import Next, RolloverState

_T = TypeVar("_T")
_P = ParamSpec("_P")


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """An aware moment in UTC, as every `now` of this package wants it."""
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


class Checker:
    """A run of checks: everything its domains share lives here, and ends with it.

    Use it as an asynchronous context manager. The moment that verdicts are about is fixed when it is entered:
    the caller's `now`, else the clock's. Each argument replaces one side of the world (see `ports`);
    `doorkeeper` is the politeness toward mail servers (see `check.gate`), where it is shared with others.

    Raises UsageError on entry for settings that cannot be used, before any packet is sent.
    """

    def __init__(
        self,
        settings: Settings = Settings(),  # noqa: B008 - frozen
        *,
        dns: DnsTransport | None = None,
        dialer: Dialer | None = None,
        prober: Prober | None = None,
        clock: Clock | None = None,
        doorkeeper: Doorkeeper | None = None,
    ) -> None:
        self.settings = settings
        self._world = (dns, dialer, prober, clock or SystemClock())
        # One for all that this Checker sends out (L-21).
        self._doorkeeper = doorkeeper or Gate(settings.limits.run, self._world[-1])
        self._plain: Run | None = None
        self._recorded: Run | None = None

    async def __aenter__(self) -> Self:
        self._plain = await open_run(self.settings, *self._world, doorkeeper=self._doorkeeper)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for run in (self._plain, self._recorded):
            if run is not None:
                await run.aclose()
        self._plain = self._recorded = None

    async def _run(self, *, record: bool) -> Run:
        """A recorded check shares nothing with those that are not, so that its evidence is whole."""
        if self._plain is None:
            raise UsageError("the Checker is not open; use it as: async with Checker() as checker")
        if not record:
            return self._plain
        if self._recorded is None:
            self._recorded = await open_run(self.settings, *self._world, doorkeeper=self._doorkeeper, record=True)
        return self._recorded

    async def domain(self, name: str, *, record: bool = False) -> DomainCheck:
        """The verdict on the mail domain `name`, as people type it. Raises UsageError for what is no name."""
        if is_address_literal(name):
            from dane_check.check.domain import address_literal

            return address_literal(name.strip())
        return await (await self._run(record=record)).domain(parse_domain(name))

    async def host(self, name: str, port: int = 25, *, record: bool = False) -> DomainCheck:
        """The verdict on one host as a configured relay, without any MX question (R7672-2.2.2-k)."""
        if not 0 < port < 65536:
            raise UsageError(f"port {port} is not between 1 and 65535")
        return await (await self._run(record=record)).host(parse_domain(name), port)

    async def domains(
        self, names: Iterable[str] | AsyncIterable[str], *, record: bool = False
    ) -> AsyncIterator[DomainCheck]:
        """The verdicts on many domains as they become ready, a bounded number under way at once (L-21)."""
        from dane_check.check.many import as_finished

        at_once = self.settings.limits.run.domains_at_once
        async with aclosing(as_finished(names, lambda name: self.domain(name, record=record), at_once)) as checks:
            async for check in checks:
                yield check

    async def lookup(self, name: str, rdtype: str | int) -> Lookup:
        """The validated answer for any name and type, with its proof. Raises UsageError for no name or type."""
        return await (await self._run(record=False)).lookup(name, rdtype)

    async def rehearse(self, plan: Plan) -> Rehearsal:
        """What would come of the candidates of `plan` (see `rehearsal.plan.plan`)."""
        return await (await self._run(record=False)).rehearse(plan)

    async def rollover_state(self, asked: Sharing, next: Next) -> RolloverState:
        """What a rollover starts from: published and served now, and what each authoritative server holds."""
        return await (await self._run(record=False)).rollover_state(asked, next)

    async def may_switch(
        self, state: RolloverState, next: Next, *, at: datetime | None = None, published_at: datetime | None = None
    ) -> Permission:
        """Whether the chains of `next` may be served now (see `rehearsal.rollover.guard.may_switch`).

        at -- by which clock records age; None for the moment of the run.
        """
        from dane_check.rehearsal.rollover.guard import may_switch

        run = await self._run(record=False)
        rehearsed = await run.rehearsed_switch(state, next)
        return may_switch(state, next, at or run.session.now, rehearsed=rehearsed, published_at=published_at)

    async def served(self, name: str, port: int = 25) -> Served:
        """The certificate chains that the mail server `name` serves, for records to be made of them."""
        return await (await self._run(record=False)).served(parse_domain(name), port)

    def evidence(self) -> Evidence | None:
        """Everything that the recorded checks of this run heard; None if nothing was recorded."""
        return self._recorded.evidence() if self._recorded is not None else None

    @property
    def now(self) -> datetime | None:
        """The moment that verdicts are about; None while the Checker is not open."""
        return self._plain.session.now if self._plain is not None else None

    @property
    def resolvers(self) -> tuple[str, ...]:
        """The resolvers in use, as ADDRESS:PORT."""
        return server_names(self._plain) if self._plain is not None else ()

    @property
    def anchors(self) -> tuple[str, ...]:
        """The trust anchors in force, in presentation form."""
        return self._plain.anchors if self._plain is not None else ()


async def check_domain(
    name: str,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    *,
    record: bool = False,
) -> DomainCheck:
    """The verdict on one mail domain. Raises UsageError before any packet is sent; the world never raises.

    With `record`, `DomainCheck.evidence` holds everything heard, and `replay` gives the equal verdict offline.
    """
    async with Checker(settings) as checker:
        return await checker.domain(name, record=record)


async def lookup(
    name: str,
    rdtype: str | int,
    *,
    resolver: str | DnsTransport = "system",
    trust_anchor: str | PathLike[str] | Iterable[str] | None = None,
    now: datetime | int | None = None,
    nsec3_iterations: int = 50,
    allow_sha1: bool = False,
) -> Lookup:
    """The validated answer for `name` and `rdtype` (RFC 4035 §4.3): one of five cases, with its proof.

    resolver -- "system", `ADDRESS[:PORT]`, `[v6]:PORT`, or any `DnsTransport`.
    trust_anchor -- a file, or DS/DNSKEY texts, at any name; None for the IANA root keys.
    now -- aware, or seconds since 1970; None for the clock.
    """
    anchor = trust_anchor if trust_anchor is None or isinstance(trust_anchor, str | PathLike) else tuple(trust_anchor)
    settings = Settings(
        resolver=resolver if isinstance(resolver, str) else "system",
        trust_anchor=anchor,
        now=datetime.fromtimestamp(now, UTC) if isinstance(now, int) else now,
        nsec3_iterations=nsec3_iterations,
        allow_sha1=allow_sha1,
    )
    async with Checker(settings, dns=None if isinstance(resolver, str) else resolver) as checker:
        return await checker.lookup(name, rdtype)


async def rehearse(
    names: Sequence[str] = (),
    *,
    mail: Sequence[str] = (),
    tlsa: Iterable[str | Record] | None = None,
    zone: GivenZone | None = None,
    old_zone: GivenZone | None = None,
    origin: str | None = None,
    ds: Iterable[str] = (),
    chains: Sequence[GivenChain] = (),
    serving: Sequence[GivenChain] = (),
    keys: Sequence[GivenKey] = (),
    previous: Iterable[str | Record] | None = None,
    ttl: int | None = None,
    expect: Iterable[str] = (),
    port: int = 25,
    offline: bool = False,
    domains: Sequence[str] = (),
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Rehearsal:
    """Would senders authenticate these mail hosts if candidate records were published, or a chain were deployed?

    names -- every host that shares the certificate. mail -- mail domains, with all their hosts. Without candidates
        `Rehearsal.readiness` says of these whether their first records may be published, and `lines` which.
    tlsa -- the records to be published, as RDATA text or values; None to judge those that are published.
    zone, old_zone -- a zone file to be published, as text, and the one it replaces; with signatures of its own it is
        validated from `ds`, else from the DS records that are published. Without `names` and `mail` it says for whom.
    origin -- what relative names in them belong to, where they do not say so.
    chains -- one a key type: PEM texts, single DER certificates, or DER chains, the server's own first; none to
        judge what the servers serve. serving -- likewise what is served now, for servers that are not to be asked.
    keys -- public keys to come, whose certificates are not there yet: DER of their SubjectPublicKeyInfo.
    previous -- the set that is replaced; None for the one that is published. ttl -- seconds.
    expect -- schemes such as "3 1 1" of which a record must match.
    offline -- nobody is asked, and every zone is assumed signed; needs records, and chains or keys.
    domains -- mail domains of the hosts; with secure MX records their names count in a certificate of usage 2.

    Raises UsageError before any packet is sent; the world never raises.
    """
    from dane_check.rehearsal.live import rehearse_unasked
    from dane_check.rehearsal.plan import plan

    asked = plan(
        names,
        mail=mail,
        tlsa=tlsa,
        zone=zone,
        old_zone=old_zone,
        origin=origin,
        ds=ds,
        chains=chains,
        serving=serving,
        keys=keys,
        previous=previous,
        ttl=ttl,
        expect=expect,
        port=port,
        offline=offline,
        domains=domains,
    )
    if asked.offline:
        return await rehearse_unasked(asked, settings, settings.now or SystemClock().now())
    async with Checker(settings) as checker:
        return await checker.rehearse(asked)


async def replay(evidence: Evidence | PathLike[str] | str) -> tuple[DomainCheck, ...]:
    """The checks of `evidence` judged again from what was heard: no network, the equal verdicts.

    evidence -- a value, or the path of a file written by `--evidence`. Raises UsageError for a damaged file.
    """
    run = await replaying_run(evidence)
    try:
        return tuple([await run.again(subject) for subject in run.subjects])
    finally:
        await run.aclose()


def _twin(work: Callable[_P, Coroutine[object, object, _T]]) -> Callable[_P, _T]:
    """`work` for programs without an event loop. Inside a running one it raises UsageError: it would block it."""

    @functools.wraps(work)
    def in_step(*arguments: _P.args, **options: _P.kwargs) -> _T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(work(*arguments, **options))
        raise UsageError("an event loop is already running; await the coroutine instead of its _sync twin")

    in_step.__name__ = in_step.__qualname__ = f"{work.__name__}_sync"
    in_step.__doc__ = f"`{work.__name__}` for programs without an event loop.\n\n{work.__doc__}"
    return in_step


check_domain_sync = _twin(check_domain)
lookup_sync = _twin(lookup)
rehearse_sync = _twin(rehearse)
replay_sync = _twin(replay)
