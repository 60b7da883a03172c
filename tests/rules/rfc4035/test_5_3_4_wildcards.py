"""RFC 4035 §5.3.4: an answer made from a wildcard needs the proof that nothing closer exists."""

from __future__ import annotations

import dns.rdatatype as rrtype
import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Secure
from tests.dnssec.recursive import Recursive, replaced, unsigned, without
from tests.dnssec.world import N, Nsec3Params, World, example, renamed, zone

BOTH = pytest.mark.parametrize("nsec3", [None, Nsec3Params(salt=b"\7")], ids=["nsec", "nsec3"])


def replay(world: World, name: str, source: str, *denials: str) -> Recursive:
    """The wildcard's records under another name, with the true denial records of these names beside them."""
    own = zone(world)
    wild = own.sets[N(source), rrtype.A]
    answer = renamed([wild, own.sign(wild)], name)
    authority = [one for denied in denials for one in own.at(N(denied))]
    return Recursive(world).bend(name, "A", replaced(answer, authority))


@BOTH
def test_an_expanded_answer_with_its_proof_is_secure(nsec3: Nsec3Params | None) -> None:
    """The Labels field names the wildcard; the proof covers the next closer name (R4035-5.3.2-b, -5.3.4-a)."""
    lookup = Recursive(example(nsec3=nsec3)).lookup("y.w.example.org.", "A")
    assert isinstance(lookup, Secure)
    assert lookup.wildcard


@BOTH
def test_an_expanded_answer_without_proof_is_bogus(nsec3: Nsec3Params | None) -> None:
    """The positive records alone could stand at any name of the zone."""
    lookup = (
        Recursive(example(nsec3=nsec3))
        .bend("y.w.example.org.", "A", without(rrtype.NSEC, rrtype.NSEC3))
        .lookup("y.w.example.org.", "A")
    )
    assert isinstance(lookup, Bogus)
    assert lookup.why.cause is Cause.WILDCARD_UNPROVEN


@BOTH
def test_an_unsigned_proof_is_no_proof(nsec3: Nsec3Params | None) -> None:
    """The denial record must verify like any other."""
    lookup = (
        Recursive(example(nsec3=nsec3))
        .bend("y.w.example.org.", "A", unsigned(rrtype.NSEC, rrtype.NSEC3))
        .lookup("y.w.example.org.", "A")
    )
    assert isinstance(lookup, Bogus)


@BOTH
def test_a_replay_at_an_existing_name_is_bogus(nsec3: Nsec3Params | None) -> None:
    """x.w exists: its own NSEC matches, nothing covers it."""
    lookup = replay(example(nsec3=nsec3), "x.w.example.org.", "*.w.example.org.", "x.w.example.org.").lookup(
        "x.w.example.org.", "A"
    )
    assert isinstance(lookup, Bogus)


@BOTH
def test_a_replay_below_a_closer_name_is_bogus(nsec3: Nsec3Params | None) -> None:
    """y.deep.w is covered, but its closest encloser is the empty non-terminal deep.w, not w."""
    world = example(nsec3=nsec3)
    lookup = replay(world, "y.deep.w.example.org.", "*.w.example.org.", "y.deep.w.example.org.").lookup(
        "y.deep.w.example.org.", "A"
    )
    assert isinstance(lookup, Bogus)


def test_the_wildcard_itself_needs_no_proof() -> None:
    """Asked by its own name, with the asterisk, nothing was expanded."""
    lookup = Recursive(example()).lookup("*.w.example.org.", "A")
    assert isinstance(lookup, Secure)
    assert not lookup.wildcard


@BOTH
def test_a_wildcard_alias_needs_its_proof_at_each_hop(nsec3: Nsec3Params | None) -> None:
    """R6672-b: a wildcard-expanded CNAME is an answer like any other."""
    world = example(nsec3=nsec3)
    zone(world).put("*.c CNAME host")
    recursive = Recursive(world)
    good = recursive.lookup("y.c.example.org.", "A")
    assert isinstance(good, Secure)
    assert good.aliases[0].status == "secure"
    bad = recursive.bend("y.c.example.org.", "A", without(rrtype.NSEC, rrtype.NSEC3)).lookup("y.c.example.org.", "A")
    assert isinstance(bad, Bogus)
    assert bad.why.cause is Cause.WILDCARD_UNPROVEN
