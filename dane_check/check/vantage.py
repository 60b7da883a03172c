"""Validated lookups as they look from where we stand: trouble of ours never reaches the tables as the domain's."""

from __future__ import annotations

import asyncio

from dane_check.check.session import DomainLookups
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Lookup, Why
from dane_check.policy.vantage import controls, ours, shown_by


class Vantage:
    """The lookups of one domain. Where one fails, control questions tell whose trouble it is; else none are asked.

    own_clock -- the moment was read from this machine's clock (D-23).
    seconds -- how long a control question may take.
    """

    def __init__(self, source: DomainLookups, *, own_clock: bool, seconds: float) -> None:
        self._source = source
        self._own_clock = own_clock
        self._seconds = seconds

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """As `LookupSource.lookup`; `Indeterminate` where the trouble is ours."""
        found = await self._source.lookup(name, rdtype)
        if not isinstance(found, Bogus | Indeterminate):
            return found
        return ours(found, own_clock=self._own_clock) or await self._controlled(rdtype, found)

    def zone_is_proven_signed(self, name: str) -> bool:
        """As `DomainLookups.zone_is_proven_signed`."""
        return self._source.zone_is_proven_signed(name)

    async def _controlled(self, rdtype: str, found: Bogus | Indeterminate) -> Lookup:
        asked = controls(rdtype, found)
        answers = await asyncio.gather(*(self._ask(control) for control in asked))
        shown = (shown_by(control, answer, found) for control, answer in zip(asked, answers, strict=True))
        return next((one for one in shown if one is not None), found)

    async def _ask(self, control: tuple[str, str]) -> Lookup:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._source.lookup(*control)
        except TimeoutError:
            why = Why(Cause.TRANSPORT, f"no answer within {self._seconds:g} s", record=" ".join(control))
            return Indeterminate(why)
