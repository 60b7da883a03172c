"""Our validator beside delv's, question by question, over everything the world publishes, denies and breaks."""

from __future__ import annotations

import pytest

from dane_check import Bogus, Indeterminate, Insecure, Lookup, Secure, SecureDenial, lookup_sync

from .peers import delv
from .resolvers import RESOLVERS
from .situations import SITUATIONS
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

# In these domains delv takes denials for secure that we take for insecure, and means to.
OPT_OUT = "D-14: an opt-out span proves nothing about the names in it"
ITERATIONS = "D-10: above 50 NSEC3 iterations a denial proves nothing; BIND 9.18 goes up to 150"
WEAKER_DENIALS = {
    "nowhere.test": OPT_OUT,
    "many-iterations.test": ITERATIONS,
    "denied-many-iterations.test": ITERATIONS,
}


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


@pytest.mark.parametrize("domain", [case.domain for case in SITUATIONS])
def test_we_validate_as_delv_does(domain: str, world: World) -> None:
    """To every question delv and we give the same answer: secure, denied, insecure or failed."""
    names = {(f"{prefix}{domain}", rdtype) for prefix, rdtype in QUESTIONS}
    theirs = {(name, rdtype): delv(world, name, rdtype).word for name, rdtype in names}
    expected = {
        question: "insecure" if word == "denied" and domain in WEAKER_DENIALS else word
        for question, word in theirs.items()
    }
    assert {question: _word(_ask(world, *question)) for question in names} == expected


@pytest.mark.parametrize("resolver", RESOLVERS)
def test_the_resolver_makes_no_difference(resolver: str, world: World) -> None:
    """What we find secure, denied, insecure or failed does not depend on who fetched it.

    PowerDNS Recursor 4.8 itself answers SERVFAIL to names two labels below an opt-out span, so one is left out.
    """
    names = [f"_25._tcp.mx.{case.domain}" for case in SITUATIONS if case.domain != "nowhere.test"]
    words = {name: _word(_ask(world, name, "TLSA", resolver)) for name in names}
    assert words == {name: _word(_ask(world, name, "TLSA")) for name in names}
    assert set(words.values()) == {"secure", "denied", "insecure", "failed"}


def _ask(world: World, name: str, rdtype: str, resolver: str = "unbound") -> Lookup:
    return lookup_sync(name, rdtype, resolver=str(world.resolvers[resolver]), trust_anchor=world.roots.anchor)
