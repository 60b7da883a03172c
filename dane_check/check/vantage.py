"""Validated lookups as they look from where we stand: trouble of ours never reaches the tables as the domain's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dane_check.check.session import DomainLookups

if TYPE_CHECKING:
    from dane_check.dnssec.lookup import Lookup


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
        if found.status not in {"bogus", "indeterminate"}:
            return found
        from dane_check.check.controls import seen_from_here

        return await seen_from_here(rdtype, found, self._source, own_clock=self._own_clock, seconds=self._seconds)

    def zone_is_proven_signed(self, name: str) -> bool:
        """As `DomainLookups.zone_is_proven_signed`."""
        return self._source.zone_is_proven_signed(name)
