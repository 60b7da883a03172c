"""What the checks of one run share: validated answers, served chains, politeness; observations, never verdicts."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from dane_check.check.gate import Doorkeeper, Gate, Patience
from dane_check.ports import ProbeOutcome, Prober, ProbeRequest, SmtpReply
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.dnssec.lookup import Lookup, LookupSource
    from dane_check.evidence.record import Renewal

_KEPT: Final = 4096  # sessions of a run that are remembered; most hold some 5 KiB of certificates (L-24)

K = TypeVar("K")
V = TypeVar("V")


class DomainLookups(Protocol):
    """A `dnssec.lookup.LookupSource` for one domain: charged to its budget, answered from what the run shares."""

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """See `LookupSource`."""
        ...

    def zone_is_proven_signed(self, name: str) -> bool:
        """Whether `name` lies in a zone proven signed in this run (D-12)."""
        ...


class Moments(Protocol):
    """The time of a run, and lookups at later moments of it."""

    recorded: Mapping[tuple[ProbeRequest, int], Renewal] | None  # a replay's: what was asked again, by session

    def seconds(self) -> float:
        """A clock for measuring."""
        ...

    def at(self, seconds: float) -> datetime:
        """The moment verdicts are about, moved on by the time that has gone by."""
        ...

    def lookups(self, moment: datetime) -> DomainLookups:
        """Lookups that know nothing of earlier ones, judged at `moment`."""
        ...

    def note(self, renewal: Renewal) -> None:
        """Keeps for evidence what was asked again."""
        ...


class Live(Protocol):
    """What a live prober does beside answering, and a recorded one cannot."""

    def will_follow(self, request: ProbeRequest) -> None:
        """Before `probe(request)`: another session there is sure to follow, and may be brought up beside it."""
        ...

    def let_go(self, request: ProbeRequest) -> None:
        """The other session is not wanted after all."""
        ...

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        """How the server answered EHLO under TLS, which comes after the verdict (D-24); None for silence."""
        ...


@dataclass(slots=True)
class _Held:
    """One session, or the wait for it. `let_in` is set once it has begun, or never will."""

    task: asyncio.Task[ProbeOutcome]
    let_in: asyncio.Event
    began: float = 0.0
    waiting: int = 0


class Probes:
    """Every session with every address, each held once a run and kept; the gate says when it may begin.

    turn -- counts repetitions of one session, which are sessions of their own.
    """

    def __init__(
        self,
        prober: Prober,
        doorkeeper: Doorkeeper | None = None,
        live: Live | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prober = prober
        self._seconds = seconds
        self._live = live
        self._doorkeeper = doorkeeper
        self._held: OrderedDict[tuple[ProbeRequest, int], _Held] = OrderedDict()
        self._places: dict[tuple[str, int], Callable[[], None]] = {}
        self._replies: OrderedDict[ProbeRequest, asyncio.Task[SmtpReply | None]] = OrderedDict()

    async def probe(
        self, request: ProbeRequest, turn: int = 0, patience: Patience | None = None, *, followed: bool = False
    ) -> ProbeOutcome:
        """What came of the session; domains that share an address share the session.

        patience -- of the domain that asks: it learns of the time spent at the gate.
        followed -- another session there comes right after this one, and may be brought up beside it.
        """
        key = request, turn
        held = self._held.get(key) or self._begin(key, followed)
        held.waiting += 1
        try:
            if not held.let_in.is_set():
                with (patience or Patience()).waiting():
                    await held.let_in.wait()
            return await asyncio.shield(held.task)  # one domain's deadline must not end what another is waiting for
        finally:
            held.waiting -= 1
            if not held.waiting and not held.let_in.is_set():  # nobody wants it any more: the gate is for others
                del self._held[key]
                held.task.cancel()

    def held(self, address: str) -> int:
        """How many sessions this run has had with an address, or is having, repetitions apart (L-19)."""
        return sum(request.address == address and not turn for request, turn in self._held)

    def began(self, request: ProbeRequest, turn: int = 0) -> float | None:
        """When the session was let in, by the clock of the run; None if it was not."""
        held = self._held.get((request, turn))
        return held.began if held is not None and held.let_in.is_set() else None

    def let_go(self, request: ProbeRequest) -> None:
        """The session that was brought up beside this one, if it still waits, is not wanted.

        Its place may be taken by then, by a session with another host there, and the session be left.
        """
        place = self._places.pop((request.address, request.port), None)
        if self._live is not None:
            self._live.let_go(request)
        if place is not None:
            place()

    def _begin(self, key: tuple[ProbeRequest, int], followed: bool) -> _Held:
        let_in = asyncio.Event()
        held = self._held[key] = _Held(asyncio.create_task(self._hold(key, let_in, followed)), let_in)
        forget_the_oldest(self._held, lambda one: one.task.done())
        if self._doorkeeper is None:
            self._let_in(held)
        return held

    async def _hold(self, key: tuple[ProbeRequest, int], let_in: asyncio.Event, followed: bool) -> ProbeOutcome:
        request, turn = key
        if self._doorkeeper is None:
            return await self._prober.probe(request)

        async def probe() -> ProbeOutcome:
            if followed:
                await self._keep_a_place(request)
            return await self._prober.probe(request)

        place = self._places.pop((request.address, request.port), None)
        try:
            if place is None:
                return await self._doorkeeper.hold(request, turn, lambda: self._let_in(self._held[key]), probe)
            self._let_in(self._held[key])
            return await self._prober.probe(request)
        finally:
            if place is not None:
                place()
            let_in.set()

    async def _keep_a_place(self, request: ProbeRequest) -> None:
        """For the session that follows, if it may begin now: in a process of its own, and live."""
        there = request.address, request.port
        if self._live is None or not isinstance(self._doorkeeper, Gate) or there in self._places:
            return
        place = await self._doorkeeper.at_once(request.address)
        if place is not None:
            self._places[there] = place
            self._live.will_follow(request)

    def _let_in(self, held: _Held) -> None:
        held.began = self._seconds()
        held.let_in.set()

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        """How the server answered EHLO under TLS in the session of `request`; None for silence."""
        if self._live is None:
            return None
        if request not in self._replies:
            self._replies[request] = asyncio.create_task(self._reply(request, self._live))
            forget_the_oldest(self._replies, asyncio.Task.done)
        return await asyncio.shield(self._replies[request])

    async def _reply(self, request: ProbeRequest, live: Live) -> SmtpReply | None:
        if self._doorkeeper is None:
            return await live.after_tls(request)
        return await self._doorkeeper.after_tls(request, lambda: live.after_tls(request))

    async def aclose(self) -> None:
        """Ends what is still under way."""
        tasks: list[asyncio.Task[Any]] = [*(held.task for held in self._held.values()), *self._replies.values()]
        under_way = [task for task in tasks if not task.done()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def forget_the_oldest(known: OrderedDict[K, V], over: Callable[[V], bool], most: int = _KEPT) -> None:
    """Forgets what was known first, and is over, beyond `most`: a survey of any length stays small."""
    while len(known) > most:
        oldest = next(iter(known))
        if not over(known[oldest]):
            return
        del known[oldest]


@dataclass(slots=True)
class Outgoing:
    """Whether mail can leave from here, as far as the run has seen.

    silent -- hosts that let port 25 time out at every address, and these addresses.
    open -- whether any host answered.
    """

    silent: OrderedDict[str, frozenset[str]] = field(default_factory=OrderedDict)
    open: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One run.

    lookups -- opens a view of the shared resolver with the budget of one more domain.
    helo -- the name given in EHLO.
    seconds -- a clock for measuring only.
    patience -- of the domain that is being checked: see `of_one_domain`.
    outgoing -- what was seen of port 25.
    moments -- lookups at later moments; None where nothing can be asked again.
    answered -- when TLSA was first answered, by owner and `seconds`.
    """

    settings: Settings
    now: datetime
    lookups: Callable[[], DomainLookups]
    probes: Probes
    helo: str
    seconds: Callable[[], float] = time.monotonic
    patience: Patience = field(default_factory=Patience)
    outgoing: Outgoing = field(default_factory=Outgoing)
    moments: Moments | None = None
    answered: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def heard(self, owner: str) -> float:
        """When the TLSA answer at `owner` was first in hand in this run; now, if it never was before."""
        first = self.answered.setdefault(owner, self.seconds())
        forget_the_oldest(self.answered, lambda _: True)
        return first

    def of_one_domain(self) -> Session:
        """The run as one domain sees it: everything shared but the time spent waiting."""
        return replace(self, patience=Patience())

    async def probe(self, request: ProbeRequest, turn: int = 0, *, followed: bool = False) -> ProbeOutcome:
        """What came of a session; waiting for it is charged to no limit. `followed`: see `Probes.probe`."""
        return await self.probes.probe(request, turn, self.patience, followed=followed)

    @property
    def certificates_at(self) -> datetime:
        """The moment certificate dates are judged at (D-23)."""
        return self.settings.certificates_at or self.now


class Asked:
    """The lookups made for one host, kept in the order a sender asks, whichever answer came first.

    heard -- is told the owner of every TLSA answer.
    """

    def __init__(self, source: LookupSource, heard: Callable[[str], float]) -> None:
        self.source = source
        self._heard = heard
        self._answers: dict[tuple[str, str], Lookup | None] = {}

    @property
    def made(self) -> list[tuple[str, str, Lookup]]:
        """Name, type and answer of every lookup that was answered."""
        return [(name, rdtype, found) for (name, rdtype), found in self._answers.items() if found is not None]

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The validated answer, noted."""
        self._answers.setdefault((name, rdtype), None)
        found = self._answers[name, rdtype] = await self.source.lookup(name, rdtype)
        if rdtype == "TLSA":
            self._heard(name)
        return found

    def found(self, name: str, rdtype: str) -> Lookup | None:
        """The answer, if there is one already."""
        return self._answers.get((name, rdtype))
