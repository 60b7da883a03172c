"""What is loaded between a question and its answer changes nothing: neither what is asked, nor what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import dns.rdatatype as rrtype
import pytest

from dane_check import Checker, DomainCheck, Settings, replay
from dane_check import run as running
from dane_check.dnssec import resolver as resolving
from dane_check.dnssec.lookup import Lookup
from dane_check.ports import Fault, NoReply, Question
from tests.dnssec.lockstep import Failing, same
from tests.dnssec.recursive import Recursive
from tests.dnssec.test_flights import EARLY, LOOKUPS, SERVFAIL, NobodyHome, net
from tests.dnssec.world import NOW

LOADING = 40  # turns of the loop: far more than a reply of these worlds takes


async def slowly(*modules: str) -> None:
    """`loading.loaded` in a process that has loaded nothing yet."""
    for _ in range(LOADING):
        await asyncio.sleep(0)


def looked_up(name: str, rdtype: str, fails: Callable[[Question], bool]) -> tuple[Lookup, list[str], int]:
    """A lookup where some questions fail the first time; what was asked, in any order, and charged."""
    recursive = Recursive(net())
    resolver = recursive.resolver()
    failing = Failing(recursive, fails, SERVFAIL, once=True)
    resolver._questions._transport = failing
    view = resolver.for_domain()
    found = asyncio.run(view.lookup(name, rdtype))
    asked = sorted(str(question) for question in [*recursive.asked, *failing.failed])
    return found, asked, view.budget.questions


def is_early(question: Question) -> bool:
    return question.rdtype in EARLY


def is_first(question: Question) -> bool:
    return question.rdtype not in EARLY


def none(_: Question) -> bool:
    return False


@pytest.mark.parametrize("fails", [none, is_first, is_early])
@pytest.mark.parametrize(("name", "rdtype", "most"), LOOKUPS)
def test_the_first_lookup_of_a_process_is_as_any_other(
    monkeypatch: pytest.MonkeyPatch, name: str, rdtype: str, most: int, fails: Callable[[Question], bool]
) -> None:
    """Answers that come, and fail, before anybody can judge them are neither lost nor asked for again."""
    warm, asked_warm, charged_warm = looked_up(name, rdtype, fails)
    monkeypatch.setattr(resolving, "loaded", slowly)
    cold, asked_cold, charged_cold = looked_up(name, rdtype, fails)
    assert same(cold, warm)
    assert (asked_cold, charged_cold) == (asked_warm, charged_warm)


def test_two_first_lookups_share_what_both_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one asks early the other asks for itself: one question, charged once."""
    monkeypatch.setattr(resolving, "loaded", slowly)
    recursive = Recursive(net())
    resolver = recursive.resolver()

    async def run() -> None:
        await asyncio.gather(resolver.lookup("own.org.", "MX"), resolver.lookup("own.org.", "DS"))

    asyncio.run(run())
    asked = [str(question) for question in recursive.asked]
    assert len(asked) == len(set(asked)) == resolver.questions_asked


@pytest.mark.parametrize("failure", [SERVFAIL, NoReply(Fault.REFUSED, "refused")], ids=["servfail", "refused"])
def test_a_first_question_that_fails_is_replayed_as_it_was(monkeypatch: pytest.MonkeyPatch, failure: NoReply) -> None:
    """The check takes what came of the question that left before it was loaded, and so does the replay."""
    monkeypatch.setattr(resolving, "loaded", slowly)
    monkeypatch.setattr(running, "loaded", slowly)
    monkeypatch.setattr(running, "_ENGINE", ("not.loaded.yet",))
    world = net()
    recursive = Recursive(world)
    failing = Failing(recursive, lambda q: q.rdtype == rrtype.MX, failure, once=True)
    settings = Settings(
        now=datetime.fromtimestamp(NOW, UTC),
        trust_anchor=tuple(world.anchor()),
        resolver="192.0.2.53",
        allow_reserved=True,
    )

    async def run() -> tuple[DomainCheck, DomainCheck]:
        async with Checker(settings, dns=failing, prober=NobodyHome()) as checker:
            live = await checker.domain("own.org", record=True)
        assert live.evidence is not None
        (again,) = await replay(live.evidence)
        return live, again

    live, again = asyncio.run(run())
    assert live.verdict == again.verdict
    assert [str(question) for question in recursive.asked].count("own.org. MX") == 0
