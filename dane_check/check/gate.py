"""Politeness toward mail servers (L-21): a few sessions at once and a few a minute, whoever sends us there (T-25).

The gate is one for a run. Waiting at it is charged to no limit: `Patience` stops the clock of L-20 meanwhile.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol
from weakref import WeakValueDictionary

from dane_check.limits import RunLimits
from dane_check.ports import ProbeOutcome, ProbeRequest, SmtpReply

_MINUTE: Final = 60.0


class Ticking(Protocol):
    """The half of a `ports.Clock` that measures."""

    def monotonic(self) -> float:
        """Seconds; the zero means nothing."""
        ...


@dataclass(slots=True)
class Ledger:
    """When sessions began, as far as that still matters. A plain value: it is told the time and never waits."""

    limits: RunLimits
    _begun: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)  # the latest last

    def due(self, address: str, now: float) -> float:
        """The first moment, not before `now`, at which one more session with `address` may begin."""
        return max((self._free(place, most, now) for place, most in self._places(address)), default=now)

    def begin(self, address: str, now: float) -> None:
        """Notes that a session with `address` begins."""
        for place, most in self._places(address):
            begun = self._begun.setdefault(place, deque())
            begun.append(now)
            if len(begun) > most:
                begun.popleft()
            self._begun.move_to_end(place)
        while self._begun and next(iter(self._begun.values()))[-1] + _MINUTE <= now:
            self._begun.popitem(last=False)

    def _free(self, place: str, most: int, now: float) -> float:
        begun = self._begun.get(place)
        return now if begun is None or len(begun) < most else max(now, begun[0] + _MINUTE)

    def _places(self, address: str) -> Iterator[tuple[str, int]]:
        if self.limits.address_sessions_per_minute is not None:
            yield address, self.limits.address_sessions_per_minute
        if self.limits.network_sessions_per_minute is not None:
            yield network_of(address), self.limits.network_sessions_per_minute


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """The neighbourhood that an address shares: its IPv4 /24 or IPv6 /48; what is no address stands alone."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


class Doorkeeper(Protocol):
    """Who is asked before every session with a mail server."""

    async def hold(
        self,
        request: ProbeRequest,
        turn: int,
        let_in: Callable[[], None],
        probe: Callable[[], Awaitable[ProbeOutcome]],
    ) -> ProbeOutcome:
        """What came of a session: held by `probe` once it may begin, or known from elsewhere.

        turn -- counts repetitions. let_in -- called when the waiting is over.
        """
        ...

    async def after_tls(
        self, request: ProbeRequest, ask: Callable[[], Awaitable[SmtpReply | None]]
    ) -> SmtpReply | None:
        """The reply to EHLO under TLS in that session: `ask` knows it where the session was held here."""
        ...


class Gate:
    """The doorkeeper of one process: lets sessions begin one by one, in the order they came to an address.

    waiting -- how many sessions wait to begin, by address.
    """

    def __init__(self, limits: RunLimits, clock: Ticking) -> None:
        self.waiting: Counter[str] = Counter()
        self._ledger = Ledger(limits)
        self._clock = clock
        self._at_once = limits.sessions_per_address
        self._slots: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()  # while anybody is there

    @asynccontextmanager
    async def session(self, address: str) -> AsyncIterator[None]:
        """One session with `address`, begun when L-21 allows it."""
        with self._counted(address) as let_in:
            async with self._slots_of(address):
                while (due := self._ledger.due(address, now := self._clock.monotonic())) > now:  # noqa: ASYNC110 - for time
                    await asyncio.sleep(due - now)
                self._ledger.begin(address, now)
                let_in()
                yield

    @contextmanager
    def _counted(self, address: str) -> Iterator[Callable[[], None]]:
        """Counts a session among those that wait, until what it gives is called, or to the end of the block."""
        self.waiting[address] += 1
        with ExitStack() as leaving:
            leaving.callback(self._leave, address)
            yield leaving.close

    def _leave(self, address: str) -> None:
        self.waiting[address] -= 1
        if not self.waiting[address]:
            del self.waiting[address]

    def _slots_of(self, address: str) -> asyncio.Semaphore:
        return self._slots.get(address) or self._slots.setdefault(address, asyncio.Semaphore(self._at_once))

    async def at_once(self, address: str) -> Callable[[], None] | None:
        """A session that begins now, and what is to be called at its end; None where it would have to wait."""
        slots, now = self._slots_of(address), self._clock.monotonic()
        if slots.locked() or self._ledger.due(address, now) > now:
            return None
        await slots.acquire()
        self._ledger.begin(address, now)
        return slots.release

    async def hold(
        self,
        request: ProbeRequest,
        turn: int,
        let_in: Callable[[], None],
        probe: Callable[[], Awaitable[ProbeOutcome]],
    ) -> ProbeOutcome:
        """See `Doorkeeper`."""
        async with self.session(request.address):
            let_in()
            return await probe()

    async def after_tls(
        self, request: ProbeRequest, ask: Callable[[], Awaitable[SmtpReply | None]]
    ) -> SmtpReply | None:
        """See `Doorkeeper`."""
        return await ask()


class Patience:
    """The time one domain spends waiting at the gate, which is charged to no limit.

    A domain waits as long as any of its sessions does: what else it does meanwhile is free of charge.
    """

    def __init__(self) -> None:
        self.waited = 0.0
        self._waiting = 0
        self._since = 0.0
        self._limit: asyncio.Timeout | None = None
        self._left = 0.0

    @contextmanager
    def charged(self, limit: asyncio.Timeout) -> Iterator[None]:
        """Within the block, `limit` stands still whenever the domain waits."""
        self._limit = limit
        try:
            yield
        finally:
            self._limit = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The block waits at the gate."""
        self._waiting += 1
        if self._waiting == 1:
            self._stop()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._go_on()

    def _stop(self) -> None:
        self._since = asyncio.get_running_loop().time()
        if self._limit is not None and not self._limit.expired():
            self._left = (self._limit.when() or self._since) - self._since
            self._limit.reschedule(None)

    def _go_on(self) -> None:
        now = asyncio.get_running_loop().time()
        self.waited += now - self._since
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(now + self._left)
