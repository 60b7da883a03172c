"""RFC 9276 §3.2: too many NSEC3 iterations make insecure what rests on them, and nothing else (D-10, W-34)."""

from __future__ import annotations

import asyncio

import dns.rdatatype as rrtype
import pytest

from dane_check.dnssec import budget
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Secure
from dane_check.limits import DEFAULT
from tests.counted import counted_calls
from tests.dnssec.recursive import Recursive, replaced
from tests.dnssec.world import N, Nsec3Params, SigningKey, World, example, rrset, zone

TLSA = "_25._tcp.mx.example.org."


def iterated(iterations: int) -> World:
    return example(nsec3=Nsec3Params(iterations))


@pytest.mark.parametrize(
    ("iterations", "expected"), [(0, "secure"), (1, "secure"), (50, "secure"), (51, "insecure"), (2500, "insecure")]
)
def test_a_denial_is_judged_by_its_iterations(iterations: int, expected: str) -> None:
    """R9276-3.2-a: 50 is the last that counts."""
    lookup = Recursive(iterated(iterations)).lookup("_25._tcp.host.example.org.", "TLSA")
    assert (lookup.status, lookup.kind) == (expected, "nxdomain")
    assert {link.nsec3_iterations for link in lookup.proof.links if "NSEC3" in link.rrset} == {iterations}
    assert lookup.why is None or f"with {iterations} NSEC3 iterations, where 50 are accepted" in lookup.why.sentence


def test_so_is_a_ds_denial() -> None:
    """The sentence has the numbers."""
    lookup = Recursive(iterated(51)).lookup("host.plain.example.org.", "A")
    assert lookup.why is not None
    assert lookup.why.sentence.endswith("with 51 NSEC3 iterations, where 50 are accepted at most")


def test_the_reason_is_told_by_its_word_and_is_the_same_far_beyond() -> None:
    """R9276-3.2-c, R9276-4-a: cause `nsec3-iterations`, and no second limit above which such an answer would fail."""
    for iterations in (51, 150, 2500):
        lookup = Recursive(iterated(iterations)).lookup("gone.example.org.", "A")
        assert isinstance(lookup, Insecure)
        assert lookup.why.cause is Cause.NSEC3_ITERATIONS


def test_the_limit_can_be_raised() -> None:
    """D-10: 150 by option."""
    lookup = Recursive(iterated(51)).lookup("gone.example.org.", "A", nsec3_iterations=150)
    assert lookup.status == "secure"


def test_a_positive_answer_stays_secure() -> None:
    """W-34 (a): the TLSA record is signed, and no NSEC3 is needed for it."""
    assert isinstance(Recursive(iterated(51)).lookup(TLSA, "TLSA"), Secure)


def test_a_wildcard_answer_rests_on_its_proof() -> None:
    """R9276-3.2-a names wildcard proofs too."""
    lookup = Recursive(iterated(51)).lookup("y.w.example.org.", "A")
    assert isinstance(lookup, Insecure)
    assert (lookup.kind, lookup.why.cause) == ("data", Cause.NSEC3_ITERATIONS)


def test_a_ds_denial_over_the_cap_makes_the_child_insecure() -> None:
    """W-34 (c)."""
    lookup = Recursive(iterated(51)).lookup("host.plain.example.org.", "A")
    assert isinstance(lookup, Insecure)
    assert lookup.why.cause is Cause.NSEC3_ITERATIONS


def test_inside_the_zone_such_a_denial_decides_nothing() -> None:
    """ZC-a: a signed child below an empty non-terminal is reached, and secure."""
    world = World()
    world.add("org.", nsec3=Nsec3Params(51))
    world.add("a.b.org.", "host A 192.0.2.1")
    assert isinstance(Recursive(world).lookup("host.a.b.org.", "A"), Secure)
    forged = replaced([rrset("host.b.org.", "A", "192.0.2.66")])
    assert isinstance(Recursive(world).bend("host.b.org.", "A", forged).lookup("host.b.org.", "A"), Insecure)


def test_a_forged_record_is_bogus_not_insecure() -> None:
    """R9276-3.2-b: the signature is verified before anything is called insecure."""
    world = iterated(1)
    own = zone(world)
    made = own.make_nsec3("0" * 32, "1" * 32, {rrtype.A}, iterations=65535)[0]
    sigs = own.sign(made, SigningKey(820))
    name = "gone.example.org."
    lookup = Recursive(world).bend(name, "A", replaced(authority=[made, sigs], rcode=3)).lookup(name, "A")
    assert isinstance(lookup, Bogus)


def test_beyond_the_cap_nothing_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """T-14: 65535 iterations cost no hash at all, on a referral as on an answer."""
    world = iterated(1)
    own = zone(world)
    made = own.make_nsec3("0" * 32, "1" * 32, {rrtype.A}, iterations=65535)
    hashed: list[object] = []
    monkeypatch.setattr(budget, "_nsec3_hash", lambda *args: hashed.append(args) or bytes(20))
    for name, rdtype in (("gone.example.org.", "A"), ("plain.example.org.", "DS")):
        lookup = Recursive(world).bend(name, rdtype, replaced(authority=made, rcode=3)).lookup(name, rdtype)
        assert isinstance(lookup, Insecure)
    assert hashed == []


def test_a_name_of_many_labels_costs_a_bounded_number_of_hashes() -> None:
    """T-14, L-10: 50 iterations and a name of 120 labels: at most 48 names, then indeterminate."""
    name = "a." * 118 + "example.org."
    recursive = Recursive(iterated(50))
    authority = zone(recursive.world).nsec3_at(N("example.org."))
    recursive.bend(name, "A", replaced(authority=authority, rcode=3))
    view = recursive.resolver().for_domain()
    with counted_calls() as calls:
        lookup = asyncio.run(view.lookup(name, "A"))
    assert isinstance(lookup, Indeterminate)
    assert lookup.why.cause is Cause.LIMIT
    assert calls["_nsec3_hash"] == view.budget.names_hashed == DEFAULT.dns.nsec3_names_hashed
    assert view.budget.hash_rounds == DEFAULT.dns.nsec3_names_hashed * 51
