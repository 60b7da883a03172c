"""The limits a run was made with, as settings of its evidence: those that can change a verdict and are not our own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any, Final

from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, Limits

_AREAS: Final = ("dns", "session", "path", "domain")  # politeness and input are moot in a replay
_SLACK: Final = 10  # how many times our own limit evidence may ask for: who wrote it may want to keep us busy


def _defaults() -> Iterator[tuple[str, int]]:
    for area in _AREAS:
        held = getattr(DEFAULT, area)
        # A replay waits for nobody, so that no length of time is kept.
        for one in fields(held):
            if not one.name.endswith("seconds"):
                yield f"limits.{area}.{one.name}", getattr(held, one.name)


_DEFAULTS: Final[Mapping[str, int]] = MappingProxyType(dict(_defaults()))


def recorded_limits(limits: Limits) -> tuple[tuple[str, int], ...]:
    """Names such as `limits.dns.alias_hops` with their numbers, where they differ from the defaults."""
    chosen = {name: _get(limits, name) for name in _DEFAULTS}
    return tuple((name, value) for name, value in chosen.items() if value != _DEFAULTS[name])


def limits_of(settings: Iterable[tuple[str, Any]]) -> Limits:
    """The limits among the settings of evidence; the defaults for all that is not there.

    Raises UsageError for what is no limit, or goes beyond ten times our own.
    """
    limits = DEFAULT
    for name, value in settings:
        if name in _DEFAULTS:
            limits = _set(limits, name, _within(name, value))
    return limits


def _within(name: str, value: Any) -> int:
    most = _SLACK * _DEFAULTS[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise UsageError(f"the evidence sets {name}, which is no whole number from 0 to {most}; record it again")
    return value


def _get(limits: Limits, name: str) -> int:
    _, area, field = name.split(".")
    return int(getattr(getattr(limits, area), field))


def _set(limits: Limits, name: str, value: int) -> Limits:
    _, area, field = name.split(".")
    return replace(limits, **{area: replace(getattr(limits, area), **{field: value})})
