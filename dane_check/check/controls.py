"""Control questions: is a lookup that failed trouble of the domain, or of ours? (ROOT-i, D-42)"""

from __future__ import annotations

import asyncio

from dane_check.check.session import DomainLookups
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Lookup, Why
from dane_check.policy.vantage import controls, ours, shown_by


async def seen_from_here(
    rdtype: str, found: Lookup, source: DomainLookups, *, own_clock: bool, seconds: float
) -> Lookup:
    """The lookup as it was found; where it failed, and the trouble is ours, as one that proves nothing.

    See `check.vantage.Vantage` for the arguments.
    """
    if not isinstance(found, Bogus | Indeterminate):
        return found
    if (known := ours(found, own_clock=own_clock)) is not None:
        return known
    asked = controls(rdtype, found)
    answers = await asyncio.gather(*(_ask(control, source, seconds) for control in asked))
    shown = (shown_by(control, answer, found) for control, answer in zip(asked, answers, strict=True))
    return next((one for one in shown if one is not None), found)


async def _ask(control: tuple[str, str], source: DomainLookups, seconds: float) -> Lookup:
    try:
        async with asyncio.timeout(seconds):
            return await source.lookup(*control)
    except TimeoutError:
        return Indeterminate(Why(Cause.TRANSPORT, f"no answer within {seconds:g} s", record=" ".join(control)))
