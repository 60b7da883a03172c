"""The world a command asks: the live network, the lab started for this run, or a lab that runs elsewhere here."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from dane_check.errors import UsageError
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.api import Checker


@contextlib.asynccontextmanager
async def opened(settings: Settings, in_lab: bool, lab_map: str | None) -> AsyncIterator[Checker]:
    """An open `Checker` over the world that was chosen. Raises UsageError before any packet."""
    from dane_check.api import Checker

    if in_lab and lab_map:
        raise UsageError("--lab starts a lab of its own; leave out --lab-map, or --lab")
    async with Checker(settings) as checker:
        yield checker
