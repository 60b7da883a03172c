"""RFC 4035 §5.4: what NSEC records prove, and what they do not."""

from __future__ import annotations

import dns.rcode
import dns.rdatatype as rrtype

from dane_check.dnssec.lookup import Bogus, Cause, Lookup, SecureDenial
from tests.dnssec.recursive import Recursive, replaced, unsigned, with_rcode, without
from tests.dnssec.world import N, SigningKey, World, example, renamed, zone

NAME = "nix.example.org."


def proof(world: World, *records: object, name: str = NAME, rdtype: str = "A", rcode: int = 3) -> Lookup:
    """The answer to a question whose reply holds these denial records and nothing else."""
    authority = [one for made in records for one in made]  # type: ignore[attr-defined]
    return Recursive(world).bend(name, rdtype, replaced(authority=authority, rcode=rcode)).lookup(name, rdtype)


class TestNodata:
    def test_an_existing_name_without_the_type(self) -> None:
        """R4035-5.4-a: the NSEC of the name, type and CNAME clear."""
        lookup = Recursive(example()).lookup("mx.example.org.", "AAAA")
        assert (lookup.status, lookup.kind) == ("secure", "nodata")

    def test_an_empty_non_terminal(self) -> None:
        """`_tcp.mx` exists because `_25._tcp.mx` does: nodata, also for DS."""
        for rdtype in ("A", "DS", "TLSA"):
            lookup = Recursive(example()).lookup("_tcp.mx.example.org.", rdtype)
            assert (lookup.status, lookup.kind) == ("secure", "nodata")

    def test_a_wildcard_without_the_type(self) -> None:
        """R4035-5.4-c: NSEC of the wildcard, and one that covers the name."""
        lookup = Recursive(example()).lookup("y.w.example.org.", "AAAA")
        assert (lookup.status, lookup.kind) == ("secure", "nodata")

    def test_a_type_that_is_listed_is_not_denied(self) -> None:
        """The record proves that the type exists."""
        world = example()
        assert isinstance(proof(world, zone(world).nsec(N("mx.example.org.")), name="mx.example.org.", rcode=0), Bogus)

    def test_an_alias_is_not_denied(self) -> None:
        """R6840-4.3-a: the CNAME bit must be clear too."""
        world = example()
        made = zone(world).nsec(N("alias.example.org."))
        assert isinstance(proof(world, made, name="alias.example.org.", rcode=0), Bogus)

    def test_the_parents_record_at_a_cut_denies_only_ds(self) -> None:
        """R6840-4.1-a: it neither denies MX at the child's apex nor any name below it."""
        world = example()
        made = zone(world).nsec(N("child.example.org."))
        for name, rcode in (("child.example.org.", 0), ("gone.child.example.org.", 3)):
            assert isinstance(proof(world, made, name=name, rdtype="MX", rcode=rcode), Bogus)

    def test_the_parents_record_at_an_unsigned_cut_makes_nothing_secure(self) -> None:
        """R6840-4.1-a: what plain.example.org. lacks is for its own, unsigned, zone to say."""
        world = example()
        made = zone(world).nsec(N("plain.example.org."))
        lookup = proof(world, made, name="plain.example.org.", rdtype="MX", rcode=0)
        assert (lookup.status, lookup.kind) == ("insecure", "nodata")

    def test_a_dname_says_nothing_of_names_below_but_of_other_types_at_its_owner(self) -> None:
        """R6840-4.1-a, last part."""
        world = example()
        made = zone(world).nsec(N("dname.example.org."))
        at_owner = proof(world, made, name="dname.example.org.", rcode=0)
        assert (at_owner.status, at_owner.kind) == ("secure", "nodata")
        assert isinstance(proof(world, made, name="y.dname.example.org."), Bogus)

    def test_bits_for_nsec_and_rrsig_are_ignored(self) -> None:
        """R6840-4.2-a: a record without them proves as well."""
        world = example()
        made = zone(world).make_nsec(N("mx.example.org."), N("w.example.org."), {rrtype.A})
        assert isinstance(proof(world, made, name="mx.example.org.", rdtype="AAAA", rcode=0), SecureDenial)


class TestNxdomain:
    def test_name_and_wildcard_are_both_covered(self) -> None:
        """R4035-5.4-b."""
        lookup = Recursive(example()).lookup(NAME, "A")
        assert (lookup.status, lookup.kind) == ("secure", "nxdomain")

    def test_without_the_wildcards_denial_nothing_is_proven(self) -> None:
        """The name is covered, `*.example.org.` is not."""
        world = example()
        assert isinstance(proof(world, zone(world).nsec(N(NAME))), Bogus)

    def test_a_record_that_covers_another_name_proves_nothing(self) -> None:
        """Both records are true, neither speaks of the name."""
        world = example()
        assert isinstance(proof(world, zone(world).nsec(N("a.example.org."))), Bogus)

    def test_no_record_at_all_is_bogus(self) -> None:
        """A bare NXDOMAIN from a signed zone."""
        lookup = Recursive(example()).bend(NAME, "A", without(rrtype.NSEC)).lookup(NAME, "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.DENIAL_MISSING

    def test_unsigned_denials_are_bogus(self) -> None:
        """The reason is that of the signature."""
        lookup = Recursive(example()).bend(NAME, "A", unsigned(rrtype.NSEC)).lookup(NAME, "A")
        assert isinstance(lookup, Bogus)

    def test_the_last_record_wraps_to_the_apex(self) -> None:
        """Its next name is the apex: every later name of the zone is covered."""
        lookup = Recursive(example()).lookup("zzz.example.org.", "A")
        assert (lookup.status, lookup.kind) == ("secure", "nxdomain")

    def test_minimally_covering_records_are_as_good(self) -> None:
        """R4470-a: white lies."""
        world = example()
        own = zone(world)
        about = own.make_nsec(N("niw\\255.example.org."), N("nix\\000.example.org."), {rrtype.NSEC})
        wild = own.make_nsec(N("\\041.example.org."), N("+.example.org."), {rrtype.NSEC})
        assert isinstance(proof(world, about, wild), SecureDenial)


class TestRcode:
    def test_nxdomain_with_a_nodata_proof_is_nodata(self) -> None:
        """R4035-5.4-f: the rcode is not signed; an empty non-terminal is at most nodata."""
        for name in ("mx.example.org.", "_tcp.mx.example.org.", "y.w.example.org."):
            lookup = Recursive(example()).bend(name, "AAAA", with_rcode(dns.rcode.NXDOMAIN)).lookup(name, "AAAA")
            assert (lookup.status, lookup.kind) == ("secure", "nodata")

    def test_noerror_with_an_nxdomain_proof_proves_nothing(self) -> None:
        """R4035-5.4-f, the other way round."""
        lookup = Recursive(example()).bend(NAME, "A", with_rcode(0)).lookup(NAME, "A")
        assert isinstance(lookup, Bogus)

    def test_compact_denial_is_nxdomain(self) -> None:
        """R9824-a: NOERROR, a matching NSEC with NXNAME set."""
        world = example()
        made = zone(world).make_nsec(N(NAME), N("\\000." + NAME), {rrtype.RRSIG, rrtype.NSEC, 128})
        lookup = proof(world, made, rcode=0)
        assert isinstance(lookup, SecureDenial)
        assert (lookup.kind, lookup.compact) == ("nxdomain", True)


class TestReplays:
    def test_a_record_expanded_from_a_wildcard_is_no_record_of_that_name(self) -> None:
        """R4035-5.4-d, CVE-2017-15105: it counts under the name that was signed, `*.w`."""
        world = example()
        own = zone(world)
        wild = renamed(own.nsec(N("*.w.example.org.")), "x.w.example.org.")
        assert isinstance(proof(world, wild, name="x.w.example.org.", rdtype="MX", rcode=0), Bogus)

    def test_a_next_name_outside_the_zone_proves_nothing(self) -> None:
        """R4035-5.4-e, BIND CVE-2026-13321."""
        world = example()
        made = zone(world).make_nsec(N("a.example.org."), N("zzz.org."), {rrtype.A, rrtype.NSEC})
        wild = zone(world).nsec(N("*.example.org."))
        assert isinstance(proof(world, made, wild), Bogus)

    def test_an_apex_record_below_the_apex_proves_nothing(self) -> None:
        """R4035-5.3.1-h: SOA set, owner not the zone."""
        world = example()
        made = zone(world).make_nsec(N("a.example.org."), N("z.example.org."), {rrtype.SOA, rrtype.NS})
        wild = zone(world).nsec(N("*.example.org."))
        assert isinstance(proof(world, made, wild), Bogus)

    def test_a_denial_by_an_ancestor_zone_is_bogus(self) -> None:
        """org. covers nothing inside example.org. (T-4)."""
        world = example()
        made = zone(world, "org.").nsec(N("example.org."))
        assert isinstance(proof(world, made, name="mx.example.org.", rdtype="MX"), Bogus)

    def test_a_denial_by_a_foreign_key_is_bogus(self) -> None:
        """The zone's name, another's key."""
        world = example()
        own = zone(world)
        made = own.nsec(N(NAME))[0]
        assert isinstance(proof(world, [made, own.sign(made, SigningKey(811))]), Bogus)
