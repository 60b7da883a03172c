"""The settings of a run as evidence keeps them, so that a replay judges by the same ones."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any, Final

from dane_check.errors import UsageError
from dane_check.evidence.bounds import limits_of, recorded_limits
from dane_check.evidence.record import Evidence
from dane_check.settings import Settings

_CERTIFICATES_AT: Final = "certificates_at"
_OWN_CLOCK: Final = "own_clock"
_NOT_RECORDED: Final = frozenset({"resolver", "trust_anchor", "now", "timeout", "limits"})  # kept otherwise, or moot


def recorded(settings: Settings, *, own_clock: bool) -> tuple[tuple[str, Any], ...]:
    """What of the settings can change a verdict offline, as JSON can hold it.

    own_clock -- the moment was read from this machine's clock, and not given (D-23).
    """
    chosen = {
        one.name: getattr(settings, one.name) for one in dataclasses.fields(settings) if one.name not in _NOT_RECORDED
    }
    if settings.certificates_at is not None:  # JSON has no moments
        chosen[_CERTIFICATES_AT] = settings.certificates_at.isoformat()
    clock = ((_OWN_CLOCK, True),) if own_clock else ()
    return (*chosen.items(), *recorded_limits(settings.limits), *clock)


def settings_of(evidence: Evidence) -> Settings:
    """The settings of the run that was recorded. Raises UsageError for a damaged record."""
    known = {one.name for one in dataclasses.fields(Settings)} - _NOT_RECORDED
    chosen = {name: value for name, value in evidence.settings if name in known}
    if chosen.get(_CERTIFICATES_AT) is not None:
        chosen[_CERTIFICATES_AT] = _moment(chosen[_CERTIFICATES_AT])
    limits = limits_of(evidence.settings)
    return Settings(now=evidence.now, trust_anchor=evidence.anchors, limits=limits, **chosen)


def by_own_clock(evidence: Evidence) -> bool:
    """Whether the moment was read from the clock of the machine that recorded it."""
    return dict(evidence.settings).get(_OWN_CLOCK) is True


def _moment(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        raise UsageError("the evidence is damaged: settings.certificates_at is no moment; record it again") from None
