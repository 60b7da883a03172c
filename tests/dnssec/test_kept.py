"""L-24: what a run knows is bounded by counts, and what has gone costs questions and changes no verdict."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from dane_check import Checker, Settings
from dane_check.dnssec.kept import Kept
from dane_check.dnssec.lookup import Lookup
from dane_check.limits import UNHURRIED, DnsLimits, Limits
from dane_check.policy.verdict import DomainVerdict
from tests.dnssec.lockstep import same
from tests.dnssec.recursive import Recursive
from tests.dnssec.test_flights import DOMAINS, LOOKUPS, NobodyHome, net
from tests.dnssec.world import NOW

FEW = 4


def test_what_was_used_last_stays() -> None:
    """A value that is looked at counts as used; the one that was not for longest gives way."""
    kept: Kept[str, int] = Kept(2)
    for key, value in (("a", 1), ("b", 2)):
        kept.keep(key, value)
    assert kept.get("a") == 1
    kept.keep("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c"), len(kept)) == (1, None, 3, 2)


def test_a_value_kept_again_takes_no_second_place() -> None:
    """The same key holds one value, the last."""
    kept: Kept[str, int] = Kept(2)
    for value in range(5):
        kept.keep("a", value)
    assert (kept.get("a"), len(kept)) == (4, 1)


def verdicts(most: int) -> dict[str, DomainVerdict]:
    """The verdicts on every domain of the world, each checked twice in one run that remembers little."""
    world = net()

    async def run() -> dict[str, DomainVerdict]:
        limits = Limits(dns=DnsLimits(answers_kept=most, replies_kept=most), run=UNHURRIED)
        settings = Settings(
            now=datetime.fromtimestamp(NOW, UTC),
            trust_anchor=tuple(world.anchor()),
            allow_reserved=True,
            resolver="192.0.2.53",
            limits=limits,
        )
        found: dict[str, DomainVerdict] = {}
        async with Checker(settings, dns=Recursive(world), prober=NobodyHome()) as checker:
            for _ in range(2):
                for domain, _most in DOMAINS:
                    found[domain] = (await checker.domain(domain)).verdict
        return found

    return asyncio.run(run())


@pytest.mark.parametrize("most", [1, FEW])
def test_no_verdict_depends_on_what_is_remembered(most: int) -> None:
    """A run that remembers next to nothing comes to the same, for every kind of domain, time and again."""
    assert verdicts(most) == verdicts(10_000)


def test_nothing_grows_with_the_number_of_lookups() -> None:
    """Lookups, replies, places of names and zones that vouched: never more than their bounds, and all answers right."""
    recursive = Recursive(net())
    resolver = recursive.resolver(limits=DnsLimits(answers_kept=FEW, replies_kept=FEW))

    async def run() -> list[Lookup]:
        found = []
        for name, rdtype, _ in LOOKUPS * 2:
            found.append(await resolver.lookup(name, rdtype))
            await asyncio.sleep(0)
            assert resolver._follower is not None
            questions, walk = resolver._questions, resolver._follower._walk
            held = (resolver._lookups, questions._replies, walk._standings, walk._answering)
            assert max(map(len, held)) <= FEW
            assert not questions._guesses
        return found

    found = asyncio.run(run())
    assert all(
        same(one, recursive.lookup(name, rdtype)) for one, (name, rdtype, _) in zip(found, LOOKUPS * 2, strict=True)
    )


def test_what_has_gone_is_asked_for_again() -> None:
    """The price is questions: with little room more of them than with much."""

    async def asked(most: int) -> int:
        resolver = Recursive(net()).resolver(limits=DnsLimits(answers_kept=most, replies_kept=most))
        for name, rdtype, _ in LOOKUPS * 2:
            await resolver.lookup(name, rdtype)
        return resolver.questions_asked

    few, many = asyncio.run(asked(FEW)), asyncio.run(asked(10_000))
    assert few > many
