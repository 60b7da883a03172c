"""RFC 6840 §4 and §5: what the earlier texts left open."""

from __future__ import annotations

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.denial import TypeBitmap
from dane_check.dnssec.lookup import Bogus, Cause, Insecure, Secure, SecureDenial
from dane_check.dnssec.rrset import rrsets
from dane_check.dnssec.signature import signed_data
from dane_check.wire.message import ResourceRecord
from tests.dnssec.recursive import Recursive, replaced
from tests.dnssec.world import N, Nsec3Params, World, example, zone


def test_the_next_name_of_nsec_is_signed_in_its_own_case() -> None:
    """R4034-6.2-a, §5.1: NSEC is off the list of types whose names are lower-cased."""
    world = example()
    made = zone(world).make_nsec(N("Mx.example.org."), N("W.Example.org."), {rrtype.A})
    records = [ResourceRecord(s.name, s.rdtype, 60, r.to_wire()) for s in made for r in s]
    rrset = rrsets(records)[N("mx.example.org."), rrtype.NSEC]
    data = signed_data(rrset, rrset.signatures[0])
    assert b"\x01W\x07Example" in data
    assert b"\x02mx\x07example" in data


def test_a_mixed_case_denial_verifies() -> None:
    """The same, through a lookup."""
    world = example()
    made = zone(world).make_nsec(N("mx.example.org."), N("W.Example.org."), {rrtype.A})
    bend = replaced(authority=made)
    lookup = Recursive(world).bend("mx.example.org.", "AAAA", bend).lookup("mx.example.org.", "AAAA")
    assert isinstance(lookup, SecureDenial)


def test_an_empty_nsec3_bitmap_is_an_empty_non_terminal() -> None:
    """R6840-4.2-a, §6.4."""
    world = example(nsec3=Nsec3Params())
    lookup = Recursive(world).lookup("_tcp.mx.example.org.", "TLSA")
    assert (lookup.status, lookup.kind) == ("secure", "nodata")
    assert TypeBitmap.from_octets(b"") == TypeBitmap(frozenset())


def test_bitmaps_that_are_none_are_refused() -> None:
    """Windows out of order, empty, too long or cut off; TYPE65535 and trailing zeros are read."""
    for octets in (b"\0", b"\0\0", b"\0\x21" + bytes(33), b"\0\2\1", b"\1\1\1\0\1\1", b"\0\1\1\0\1\1"):
        assert TypeBitmap.from_octets(octets) is None
    assert TypeBitmap.from_octets(b"\0\2\x40\0") == TypeBitmap(frozenset({1}))
    assert TypeBitmap.from_octets(b"\xff\x20" + bytes(31) + b"\1") == TypeBitmap(frozenset({65535}))


def test_the_closest_enclosing_anchor_counts() -> None:
    """R6840-5.10-a: a broken closer anchor is not rescued by a good one further up."""
    world = example()
    wrong = f"example.org. DS 1 15 2 {'00' * 32}"
    lookup = Recursive(world).lookup("mx.example.org.", "A", anchors=[*world.anchor(), wrong])
    assert isinstance(lookup, Bogus)
    assert (lookup.why.cause, lookup.why.zone) == (Cause.ROOT_FAILURE, "example.org.")
    assert isinstance(Recursive(world).lookup("org.", "NS", anchors=[*world.anchor(), wrong]), Secure)


def test_an_insecure_delegation_needs_the_ns_bit_in_nsec3_too() -> None:
    """R6840-4.4-a: NS clear is no cut, so that the parent's zone goes on and unsigned data is bogus."""
    world = example(nsec3=Nsec3Params())
    own = zone(world)
    made = own.make_nsec3(own.hash(N("plain.example.org.")), "0" * 32, {rrtype.TXT})
    recursive = Recursive(world).bend("plain.example.org.", "DS", replaced(authority=made))
    assert isinstance(recursive.lookup("host.plain.example.org.", "A"), Bogus)


def test_any_is_denied_only_where_there_is_nothing() -> None:
    """R6840-4.2-a: a record that lists a type does not deny ANY."""
    world = example()
    own = zone(world)
    listed = replaced(authority=own.nsec(N("mx.example.org.")))
    assert isinstance(Recursive(world).bend("mx.example.org.", "ANY", listed).lookup("mx.example.org.", "ANY"), Bogus)
    empty = Recursive(world).lookup("_tcp.mx.example.org.", "ANY")
    assert (empty.status, empty.kind) == ("secure", "nodata")


def test_a_zone_below_its_unsigned_parent_zone_is_found_by_the_walk() -> None:
    """§4.1 and ZC-a together: two cuts, the second unsigned, are both seen."""
    world = World()
    world.add("org.")
    world.add("a.org.", "x A 192.0.2.1")
    world.add("b.a.org.", "x A 192.0.2.2", signed=False)
    world.add("c.b.a.org.", "x A 192.0.2.3")
    statuses = [Recursive(world).lookup(f"x.{name}", "A") for name in ("a.org.", "b.a.org.", "c.b.a.org.")]
    assert [type(one) for one in statuses] == [Secure, Insecure, Insecure]
    assert dns.name.from_text("b.a.org.").to_text() in statuses[2].proof.links[-1].rrset
