"""Zones with a history, watched by the guard: it never says yes while a cache may hold what refuses the next chain."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import pytest

from dane_check.rehearsal.rollover.guard import may_switch
from dane_check.rehearsal.rollover.naming import is_named
from dane_check.rehearsal.rollover.situation import AtServer, HostState
from dane_check.rehearsal.rollover.state import Sightings
from tests.rollover.made import ALONE, HOST, NEW, NOW, NS1, NS2, OLD, at, host, record, records, state, to

RECORDS = (
    record("3 1 1", OLD),
    record("3 1 1", NEW),
    record("2 1 1", NEW),
    record("3 1 2", OLD),
    record("3 1 1", ALONE),
)
TTLS = (300, 3600)
STEPS = 12


@dataclass(frozen=True)
class Version:
    """What one server held from a moment on."""

    since: datetime
    texts: tuple[str, ...]
    ttl: int


@cache
def names_next(texts: tuple[str, ...]) -> bool:
    """Whether senders with this set accept the next chain; without any record they do not authenticate, and deliver."""
    return not texts or is_named(records(*texts), NEW, (HOST,), NOW)


def cached(history: list[Version], now: datetime) -> list[Version]:
    """Every version that a cache may hold: asked for at the last moment before the next one, and kept for its TTL."""
    ends = [version.since for version in history[1:]] + [now]
    held = zip(history, ends, strict=True)
    return [version for version, end in held if end + timedelta(seconds=version.ttl) > now or version is history[-1]]


def now_at(histories: dict[str, list[Version]]) -> HostState:
    """The host as every server shows it."""
    servers = tuple(_shown(server, history[-1]) for server, history in histories.items())
    return host(histories[NS1][-1].texts or (RECORDS[0],), OLD, servers=servers)


def _shown(server: str, version: Version) -> AtServer:
    return at(server, *version.texts, ttl=version.ttl)


@pytest.mark.parametrize("seed", range(150))
def test_r7671_8_c_a_yes_is_safe_whatever_the_servers_held_before(seed: int) -> None:
    """R7671-8-c, R7671-8.1-a: seen before and after every change; lags, lowered TTLs, records that come and go."""
    dice = random.Random(seed)
    first = Version(NOW - timedelta(days=9), RECORDS[:1], 3600)
    histories = {NS1: [first], NS2: [first]}
    seen, now, answers = Sightings().after([now_at(histories)], NOW), NOW, list[int]()
    for _ in range(STEPS):
        now += timedelta(seconds=dice.choice((60, 500, 2000, 7200, 9000)))
        changed = [server for server in histories if dice.random() < 0.4]
        texts = tuple(one for one in RECORDS if dice.random() < (0.9 if one == RECORDS[1] else 0.4))
        ttl = dice.choice(TTLS)
        for server in changed:
            histories[server].append(Version(now, texts, ttl))
        shown = now_at(histories)
        seen = seen.after([shown], now)
        permission = may_switch(state(seen.shown_in(shown, now)), to(NEW), now, rehearsed={HOST: 0})
        answers.append(permission.exit_status)
        if permission.exit_status == 0:
            for history in histories.values():
                assert all(names_next(version.texts) for version in cached(history, now)), (history, now)
    assert set(answers) <= {0, 1}


def test_histories_reach_a_yes() -> None:
    """A guard that never opens would pass the test above."""
    both = RECORDS[:2]
    seen, now = Sightings(), NOW
    shown = host(both, OLD, servers=(at(NS1, *both), at(NS2, *both)))
    seen = seen.after([shown], now)
    later = now + timedelta(seconds=7200)
    assert may_switch(state(seen.shown_in(shown, later)), to(NEW), later, rehearsed={HOST: 0}).exit_status == 0
