"""Verdicts at full concurrency, with trouble on the way, are those of calm; and nothing is left behind.

`make test` runs every ordinary scenario of the lab once; `SURVEY_LOAD=whole` runs 2 000 domains.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import dns.name
import pytest

from dane_check import Checker, Settings
from dane_check.lab import Lab
from dane_check.lab.faults import (
    DnsFault,
    DnsTrouble,
    ErraticDialer,
    ErraticTransport,
    FaultyTransport,
    StreamTrouble,
)
from dane_check.limits import DEFAULT, UNHURRIED
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from dane_check.ports import Question
from tests.faults.virtual_time import run
from tests.survey.load import NOW, RATE, MemoryCrowd, Shape, copies, ordinary

pytestmark = pytest.mark.timeout(600)  # for the whole

WHOLE = os.environ.get("SURVEY_LOAD") == "whole"
SEED = 25


@cache
def crowd() -> MemoryCrowd:
    """The world; the whole of it has 2 000 domains and some more."""
    return MemoryCrowd(copies(1 + 2000 // len(ordinary()) if WHOLE else 1))


def names_of(world: MemoryCrowd) -> list[str]:
    """Its domains, shuffled: scenarios of one kind stand side by side."""
    names = [one.scenario.domain for one in world.all_staged]
    Random(SEED).shuffle(names)
    return names


Trouble = tuple[Question | str, DnsTrouble | StreamTrouble]  # the question, or the address


def shapes(
    world: MemoryCrowd, names: Iterable[str], troubled: bool, each_time: Iterable[DnsFault] = ()
) -> tuple[dict[str, Shape], list[Trouble]]:
    """Verdicts, and the trouble that happened on the way."""
    transport = ErraticTransport(FaultyTransport(world, each_time), SEED, RATE if troubled else 0, seconds=1)
    dialer = ErraticDialer(world, SEED, RATE if troubled else 0, seconds=1)
    ran = run(world.judged(names, transport, dialer))
    assert ran.uncaught == ()
    return {name: Shape.of(check) for name, check in ran.result.items()}, [*transport.happened, *dialer.happened]


def alone(world: MemoryCrowd, name: str, troubles: list[Trouble]) -> set[str]:
    """The verdicts on a domain by itself: in the trouble of the same seed, and with what met its questions each time.

    In a crowd it may ask a question once more or once less, so that the seed spoils another try of it.
    """
    faults = [
        DnsFault(trouble, rdtype=what.rdtype, name=what.name, seconds=1, octet=-30)
        for what, trouble in troubles
        if isinstance(what, Question) and isinstance(trouble, DnsTrouble) and name in met_by(world, [what])
    ]
    runs = shapes(world, [name], True), shapes(world, [name], False, faults)
    return {found[name].word for found, _ in runs}


def test_trouble_changes_the_verdicts_it_meets_and_no_others() -> None:
    """Who meets trouble gets the verdict it gets alone in that trouble, or undetermined; all others, the calm one."""
    world = crowd()
    names = names_of(world)
    once, nothing = shapes(world, [name for name in names if name.endswith("-c0.test")], troubled=False)
    assert nothing == []
    calm = {name: once[re.sub(r"-c\d+\.test$", "-c0.test", name)] for name in names}
    loaded, troubles = shapes(world, names, troubled=True)
    happened = [what for what, _ in troubles]
    assert set(calm) == set(loaded) == set(names)
    met = met_by(world, happened)
    assert len(names) // 2 < len(met) < len(names)  # 5 % of all steps: most domains meet some
    assert [name for name in names if name not in met and loaded[name] != calm[name]] == []
    changed = [name for name in names if loaded[name].word not in (calm[name].word, "undetermined")]
    unexplained = {name: loaded[name] for name in changed if loaded[name].word not in alone(world, name, troubles)}
    assert unexplained == {}
    assert [name for name in names if loaded[name].status == 0 and calm[name].status != 0] == []
    if WHOLE:
        assert len(names) >= 2000


@cache
def owners(world: MemoryCrowd) -> dict[object, str]:
    """Whose each zone and each address is."""
    whose: dict[object, str] = {}
    for one in world.all_staged:
        scenario = one.scenario
        zones = {scenario.domain, *(zone.name for zone in scenario.zone if zone.name)}
        whose |= dict.fromkeys(map(dns.name.from_text, zones), scenario.domain)
        whose |= {placed.address: scenario.domain for placed in one.servers}
    return whose


def met_by(world: MemoryCrowd, happened: Iterable[object]) -> set[str]:
    """The domains whose zones and servers met trouble; what is asked of the root and of `test.` is asked again."""
    whose = owners(world)
    places = (place for what in happened for place in (_and_above(what.name) if isinstance(what, Question) else [what]))
    return {whose[place] for place in places if place in whose}


def _and_above(name: dns.name.Name) -> Iterator[dns.name.Name]:
    yield name
    while name != dns.name.root:
        name = name.parent()
        yield name


def descriptors() -> dict[str, str]:
    """What this process holds open."""
    found = {}
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that this very loop reads
            found[one.name] = str(one.readlink())
    return found


def test_nothing_is_left_behind() -> None:
    """Tasks, sockets and descriptors are what they were, after trouble of every kind over real sockets."""
    limits = replace(
        DEFAULT,
        run=UNHURRIED,
        dns=replace(DEFAULT.dns, try_seconds=0.3, lookup_seconds=1),
        session=replace(DEFAULT.session, session_seconds=1),
        domain=replace(DEFAULT.domain, seconds=5, diagnostics_seconds=0.1),
    )

    async def troubled() -> tuple[Counter[str], set[str], set[str]]:
        async with Lab(ordinary()[::4], now=NOW) as lab:
            settings = Settings(
                resolver=str(lab.resolver), trust_anchor=lab.trust_anchor, now=NOW, allow_reserved=True, limits=limits
            )
            tasks, before = asyncio.all_tasks(), set(descriptors().values())
            dns = ErraticTransport(lab.transport(UdpTransport(limits.dns)), SEED, RATE)
            dialer = ErraticDialer(lab.dialer(TcpDialer(limits.session)), SEED, RATE)
            async with Checker(settings, dns=dns, dialer=dialer) as checker:
                words = Counter(
                    [str(c.verdict.word) async for c in checker.domains(one.domain for one in lab.scenarios)]
                )
            assert dns.happened
            assert dialer.happened
            while len(asyncio.all_tasks()) > len(tasks) or set(descriptors().values()) - before:
                await asyncio.sleep(0.01)  # the lab's own half of what we have closed
            return words, before, set(descriptors().values())

    start = descriptors()
    words, before, after = asyncio.run(troubled())
    assert after == before
    assert descriptors() == start
    assert words.total() == len(ordinary()[::4])
