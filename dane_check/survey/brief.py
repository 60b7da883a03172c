"""What a process needs to judge domains: which world, by which settings, rendered how."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dane_check.names import safe
from dane_check.settings import Settings
from dane_check.survey.element import Element, Lost, Rendering

if TYPE_CHECKING:
    from dane_check.api import Checker
    from dane_check.check.gate import Doorkeeper
    from dane_check.lab.map import LabMap


@dataclass(frozen=True, slots=True)
class Brief:
    """lab -- a lab that runs in another process; None for the live network."""

    settings: Settings
    rendering: Rendering
    lab: LabMap | None = None

    def checker(self, doorkeeper: Doorkeeper | None = None) -> Checker:
        """A run over that world, not yet open."""
        from dane_check.api import Checker

        if self.lab is None:
            return Checker(self.settings, doorkeeper=doorkeeper)
        from dane_check.network.dialer import TcpDialer
        from dane_check.network.dns import UdpTransport

        dns = self.lab.transport(UdpTransport(self.settings.limits.dns))
        dialer = self.lab.dialer(TcpDialer(self.settings.limits.session))
        return Checker(self.settings, dns=dns, dialer=dialer, doorkeeper=doorkeeper)


async def guarded(name: str, work: Awaitable[Element]) -> Element | Lost:
    """One domain of many: a bug of ours that shows on one of them must not cost the others their verdicts."""
    try:
        return await work
    except Exception as bug:
        what = f"{type(bug).__name__}: {bug}".splitlines()[0]
        return Lost(name, f"internal error, nothing was judged ({safe(what, 200)}); please report it")
