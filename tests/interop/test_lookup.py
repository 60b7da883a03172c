"""Our validator beside delv's, question by question, over everything the world publishes, denies and breaks."""

from __future__ import annotations

import asyncio

import pytest

from dane_check import Bogus, Checker, Indeterminate, Insecure, Lookup, Secure, SecureDenial, Settings

from .differences import DELV, Difference
from .peers import delv
from .plan import Situation
from .resolvers import RESOLVERS
from .situations import SITUATIONS
from .test_situations import params
from .world import World

pytestmark = pytest.mark.interop

QUESTIONS = [
    ("", "MX"),
    ("", "DS"),
    ("", "DNSKEY"),
    ("mx.", "A"),
    ("mx.", "AAAA"),
    ("_25._tcp.mx.", "TLSA"),
    ("_tcp.mx.", "TLSA"),  # an empty non-terminal wherever there is a TLSA record
    ("nothing.here.", "TXT"),
]


def _word(found: Lookup) -> str:
    match found:
        case Secure():
            return "secure"
        case SecureDenial():
            return "denied"
        case Insecure():
            return "insecure"
        case Bogus() | Indeterminate():
            return "failed"


@pytest.mark.parametrize("case", params(SITUATIONS))
def test_delv_agrees_or_the_difference_is_explained(case: Situation, world: World) -> None:
    """delv and we call each answer secure, denied, insecure or failed alike, or the table says why not."""
    questions = [(f"{prefix}{case.domain}", rdtype) for prefix, rdtype in QUESTIONS]
    ours = _words(world, questions)
    theirs = {question: delv(world, *question).word for question in questions}
    differ = [question for question in questions if theirs[question] != ours[question]]
    seen = tuple(", ".join(sorted({words[question] for question in differ})) for words in (theirs, ours))
    explained = DELV.get(case.domain, Difference("", "", "no difference"))
    assert seen == (explained.theirs, explained.ours), {one: (theirs[one], ours[one]) for one in questions}


@pytest.mark.parametrize("resolver", RESOLVERS)
def test_the_resolver_makes_no_difference(resolver: str, world: World) -> None:
    """What we find secure, denied, insecure or failed does not depend on who fetched it.

    PowerDNS Recursor 4.8 itself answers SERVFAIL to names two labels below an opt-out span, so one is left out; so is
    the one whose name server resolvers would take for dead after a question that is dropped.
    """
    without = {"nowhere.test", "tlsa-dropped-unsigned.test"}
    cases = [case.domain for case in SITUATIONS if case.domain not in without and not case.flaps]
    questions = [(f"_25._tcp.mx.{domain}", "TLSA") for domain in cases]
    words = _words(world, questions, resolver)
    assert words == _words(world, questions)
    assert set(words.values()) == {"secure", "denied", "insecure", "failed"}


def _words(world: World, questions: list[tuple[str, str]], resolver: str = "unbound") -> dict[tuple[str, str], str]:
    """Our word for each answer, through this resolver."""

    async def ask() -> list[Lookup]:
        asked, anchor = str(world.resolvers[resolver]), world.roots.anchor
        async with Checker(Settings(resolver=asked, trust_anchor=anchor)) as checker:
            return list(await asyncio.gather(*(checker.lookup(*question) for question in questions)))

    return dict(zip(questions, map(_word, asyncio.run(ask())), strict=True))
