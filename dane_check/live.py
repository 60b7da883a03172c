"""The live side of a run: its clock, its transport and its prober, each loaded when it is needed."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dane_check.limits import Limits
from dane_check.loading import loaded
from dane_check.ports import Dialer, DnsTransport, ProbeOutcome, ProbeRequest, SmtpReply
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.network.prober import SmtpProber

_NEEDED_AFTER_220: Final = ("dane_check.network.handshake", "dane_check.policy.authentication")


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()


class LiveProber:
    """The live prober; what TLS needs is loaded when connections are under way, for it takes a moment."""

    def __init__(self, settings: Settings, dialer: Dialer | None) -> None:
        self._settings = settings
        self._dialer = dialer
        self._loaded: SmtpProber | None = None
        self._loading: asyncio.Task[None] | None = None

    def _prober(self) -> SmtpProber:
        if self._loaded is None:
            from dane_check.network.dialer import TcpDialer
            from dane_check.network.prober import SmtpProber

            self._loading = asyncio.create_task(loaded(*_NEEDED_AFTER_220))
            limits = self._settings.limits.session
            if self._settings.timeout is not None:
                limits = dataclasses.replace(limits, session_seconds=self._settings.timeout)
            self._loaded = SmtpProber(self._dialer or TcpDialer(limits), limits)
        return self._loaded

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        """See `ports.Prober`."""
        return await self._prober().probe(request)

    def will_follow(self, request: ProbeRequest) -> None:
        """See `check.session.Live`."""
        self._prober().will_follow(request)

    def let_go(self, request: ProbeRequest) -> None:
        """See `check.session.Live`."""
        self._prober().let_go(request)

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        """See `check.session.Live`."""
        return await self._prober().after_tls(request)

    async def aclose(self) -> None:
        """Says the last QUITs."""
        if self._loading is not None:
            self._loading.cancel()
        if self._loaded is not None:
            await self._loaded.aclose()


def live_transport(limits: Limits) -> DnsTransport:
    """The transport that asks over UDP and TCP."""
    from dane_check.network.dns import UdpTransport

    return UdpTransport(limits.dns)
