"""The time of a run: the moment it is about, and how that moves on while sessions wait (threats T-8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dane_check.check.session import DomainLookups
from dane_check.ports import ProbeRequest

if TYPE_CHECKING:
    from dane_check.evidence.record import Renewal


@dataclass(slots=True)
class RunMoments:
    """`Moments` of a run: `now` when `started` was measured."""

    now: datetime
    started: float
    seconds: Callable[[], float]
    opened: Callable[[datetime], DomainLookups]
    noted: Callable[[Renewal], None] | None = None
    recorded: Mapping[tuple[ProbeRequest, int], Renewal] | None = None

    def at(self, seconds: float) -> datetime:
        """See `Moments`."""
        return self.now + timedelta(seconds=max(0.0, seconds - self.started))

    def lookups(self, moment: datetime) -> DomainLookups:
        """See `Moments`."""
        return self.opened(moment)

    def note(self, renewal: Renewal) -> None:
        """See `Moments`."""
        if self.noted is not None:
            self.noted(renewal)
