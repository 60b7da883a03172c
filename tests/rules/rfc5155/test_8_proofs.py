"""RFC 5155 §8: what NSEC3 records prove, and what they do not."""

from __future__ import annotations

from collections.abc import Iterable

import dns.rdatatype as rrtype
import dns.rrset
import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Insecure, Lookup, SecureDenial
from tests.dnssec.recursive import Recursive, replaced, without
from tests.dnssec.world import N, Nsec3Params, World, example, rrset, zone

NAME = "a.nix.example.org."
HASHED = Nsec3Params(iterations=1, salt=b"\xaa\xbb")


def hashed(**options: object) -> World:
    return example(nsec3=Nsec3Params(iterations=1, salt=b"\xaa\xbb", **options))


def proof(
    world: World, *records: Iterable[dns.rrset.RRset], name: str = NAME, rdtype: str = "A", rcode: int = 3
) -> Lookup:
    authority = [one for made in records for one in made]
    return Recursive(world).bend(name, rdtype, replaced(authority=authority, rcode=rcode)).lookup(name, rdtype)


def status(lookup: Lookup) -> tuple[str, str | None]:
    return lookup.status, lookup.kind


class TestNxdomain:
    def test_encloser_next_closer_and_wildcard(self) -> None:
        """R5155-8.4-a."""
        assert status(Recursive(hashed()).lookup(NAME, "A")) == ("secure", "nxdomain")

    @pytest.mark.parametrize("left_out", ["example.org.", "nix.example.org.", "*.example.org."])
    def test_each_of_the_three_is_needed(self, left_out: str) -> None:
        """Without the encloser's match, the next closer's cover or the wildcard's cover nothing is proven."""
        world = hashed()
        own = zone(world)
        parts = {one: own.nsec3_at(N(one)) for one in ("example.org.", "nix.example.org.", "*.example.org.")}
        missing = parts.pop(left_out)[0]
        assert all(missing != made[0] for made in parts.values()), "the records of this zone must be distinct"
        assert isinstance(proof(world, *parts.values()), Bogus)

    def test_an_encloser_at_a_cut_is_none(self) -> None:
        """R5155-8.3-a: a delegation proves nothing below it; nor does a DNAME."""
        world = hashed()
        own = zone(world)
        for above in ("plain.example.org.", "dname.example.org."):
            parts = (own.nsec3_at(N(one)) for one in (above, f"x.{above}", f"*.{above}"))
            lookup = proof(world, *parts, name=f"x.{above}")
            assert not isinstance(lookup, SecureDenial)

    def test_noerror_with_an_nxdomain_proof_proves_nothing(self) -> None:
        """R4035-5.4-f holds for NSEC3 as well."""
        world = hashed()
        parts = (zone(world).nsec3_at(N(one)) for one in ("example.org.", "nix.example.org.", "*.example.org."))
        assert isinstance(proof(world, *parts, rcode=0), Bogus)


class TestNodata:
    def test_match_without_the_type(self) -> None:
        """R5155-8.5-a; for an empty non-terminal the bitmap is empty."""
        for name in ("mx.example.org.", "_tcp.mx.example.org."):
            for rdtype in ("AAAA", "DS"):
                assert status(Recursive(hashed()).lookup(name, rdtype)) == ("secure", "nodata")

    def test_types_and_aliases_that_are_listed_are_not_denied(self) -> None:
        """Type bit and CNAME bit must be clear."""
        world = hashed()
        for name in ("mx.example.org.", "alias.example.org."):
            assert isinstance(proof(world, zone(world).nsec3_at(N(name)), name=name, rcode=0), Bogus)

    def test_wildcard_nodata(self) -> None:
        """R5155-8.7-a."""
        assert status(Recursive(hashed()).lookup("y.w.example.org.", "AAAA")) == ("secure", "nodata")

    def test_the_parents_record_at_a_cut_denies_only_ds(self) -> None:
        """R6840-4.1-a."""
        world = hashed()
        lookup = proof(
            world,
            zone(world).nsec3_at(N("child.example.org.")),
            name="child.example.org.",
            rdtype="MX",
            rcode=0,
        )
        assert isinstance(lookup, Bogus)


class TestDs:
    def test_a_match_with_ns_is_an_unsigned_delegation(self) -> None:
        """R5155-8.6-a: insecure below; the denial itself is secure."""
        assert isinstance(Recursive(hashed()).lookup("host.plain.example.org.", "A"), Insecure)
        assert status(Recursive(hashed()).lookup("plain.example.org.", "DS")) == ("secure", "nodata")

    def test_a_cover_with_opt_out_is_insecure(self) -> None:
        """No match, the next closer covered by an opt-out record."""
        world = hashed(opt_out=True, left_out=frozenset({"plain"}))
        below = Recursive(world).lookup("host.plain.example.org.", "A")
        assert isinstance(below, Insecure)
        assert below.why.cause is Cause.OPT_OUT
        assert status(Recursive(world).lookup("plain.example.org.", "DS")) == ("insecure", "nodata")

    def test_a_cover_without_opt_out_is_bogus(self) -> None:
        """The name would have to have a record of its own."""
        world = hashed(left_out=frozenset({"plain"}))
        own = zone(world)
        parts = [own.nsec3_at(N("example.org.")), own.nsec3_at(N("plain.example.org."))]
        assert isinstance(proof(world, *parts, name="plain.example.org.", rdtype="DS", rcode=0), Bogus)
        assert isinstance(Recursive(world).lookup("host.plain.example.org.", "A"), Bogus)

    def test_the_childs_apex_record_proves_nothing(self) -> None:
        """SOA set: a child's record, even where the parent signed it."""
        world = hashed()
        own = zone(world)
        made = own.make_nsec3(own.hash(N("child.example.org.")), "0" * 32, {rrtype.NS, rrtype.SOA})
        assert isinstance(proof(world, made, name="child.example.org.", rdtype="DS", rcode=0), Bogus)


class TestIgnoredRecords:
    @pytest.mark.parametrize(
        "odd", [{"algorithm": 2}, {"flags": 2}, {"flags": 3}], ids=["hash-algorithm", "flags-2", "flags-3"]
    )
    def test_unknown_algorithms_and_flags_are_ignored(self, odd: dict[str, int]) -> None:
        """R5155-8.1-a, -8.2-a: a reply with only such records proves nothing."""
        world = hashed()
        own = zone(world)
        made = own.make_nsec3(own.hash(N("mx.example.org.")), "0" * 32, {rrtype.A}, **odd)
        assert isinstance(proof(world, made, name="mx.example.org.", rdtype="AAAA", rcode=0), Bogus)

    def test_a_next_hash_of_another_length_is_ignored(self) -> None:
        """R5155-8-a: 19 octets."""
        world = hashed()
        own = zone(world)
        made = own.make_nsec3(own.hash(N("mx.example.org.")), "0" * 32, {rrtype.A})[0]
        short = dns.rrset.RRset(made.name, made.rdclass, made.rdtype)
        short.add(made[0].replace(next=bytes(19)), 3600)
        lookup = proof(world, [short, own.sign(short)], name="mx.example.org.", rdtype="AAAA", rcode=0)
        assert isinstance(lookup, Bogus)

    def test_records_of_different_chains_prove_nothing_together(self) -> None:
        """R5155-8.2-b: two salts."""
        world = hashed()
        own = zone(world)
        one = own.nsec3_at(N("mx.example.org."))
        other = own.make_nsec3("0" * 32, "1" * 32, {rrtype.A}, iterations=2)
        assert isinstance(proof(world, one, other, name="mx.example.org.", rdtype="AAAA", rcode=0), Bogus)

    def test_an_owner_two_labels_below_its_zone_is_no_record_of_that_zone(self) -> None:
        """R5155-7-b, BIND CVE-2026-10723: the signer is the owner less one label."""
        world = hashed()
        own = zone(world)
        digest = own.hash(N("mx.example.org."))
        made = own.make_nsec3(f"{digest}.sub", "0" * 32, {rrtype.A})
        assert isinstance(proof(world, made, name="mx.example.org.", rdtype="AAAA", rcode=0), Bogus)

    def test_half_of_each_kind_is_no_proof(self) -> None:
        """R5155-8-a: an NSEC for the name and an NSEC3 for the wildcard do not add up."""
        world = hashed()
        own = zone(world)
        half = own.nsec(N("nix.example.org."))
        lookup = proof(world, half, own.nsec3_at(N("*.example.org.")), name="nix.example.org.")
        assert isinstance(lookup, Bogus)

    def test_without_records_nothing_is_proven(self) -> None:
        """NSEC3 stripped."""
        lookup = Recursive(hashed()).bend(NAME, "A", without(rrtype.NSEC3)).lookup(NAME, "A")
        assert isinstance(lookup, Bogus)


class TestOptOut:
    """R5155-9.2-a, D-14: the flag counts on the record that covers the next closer name, and nowhere else."""

    def flagged(self, world: World, *flagged: str, plain: tuple[str, ...], match: tuple[str, ...] = ()) -> list[object]:
        own = zone(world)
        made = []
        for name in (*flagged, *plain):
            at = own.nsec3_at(N(name))[0]
            owner = at.name.labels[0].decode()
            types = {rrtype.A} if name in match else own.types(own._hashes[owner])
            made.append(own.make_nsec3(owner, at[0]._next_text(), types, flags=int(name in flagged)))
        return made

    @pytest.mark.parametrize(
        ("flag", "expected"),
        [("nix.example.org.", "insecure"), ("example.org.", "secure"), ("*.example.org.", "secure")],
        ids=["next-closer", "encloser", "wildcard"],
    )
    def test_nxdomain(self, flag: str, expected: str) -> None:
        """Insecure only by the next closer's flag."""
        world = hashed()
        names = {"example.org.", "nix.example.org.", "*.example.org."}
        parts = self.flagged(world, flag, plain=tuple(names - {flag}))
        lookup = proof(world, *parts)  # type: ignore[arg-type]
        assert status(lookup) == (expected, "nxdomain")

    @pytest.mark.parametrize(
        ("flag", "expected"),
        [("y.w.example.org.", "insecure"), ("w.example.org.", "secure"), ("*.w.example.org.", "secure")],
        ids=["next-closer", "encloser", "wildcard"],
    )
    def test_wildcard_nodata(self, flag: str, expected: str) -> None:
        """The same for the denial of a type at a wildcard."""
        world = hashed()
        names = {"w.example.org.", "y.w.example.org.", "*.w.example.org."}
        parts = self.flagged(world, flag, plain=tuple(names - {flag}))
        lookup = proof(world, *parts, name="y.w.example.org.", rdtype="AAAA", rcode=0)  # type: ignore[arg-type]
        assert status(lookup) == (expected, "nodata")

    def test_wildcard_answer(self) -> None:
        """W-35: with opt-out on the next closer a wildcard's TLSA is insecure, data all the same."""
        lookup = Recursive(hashed(opt_out=True)).lookup("y.w.example.org.", "A")
        assert status(lookup) == ("insecure", "data")
        assert isinstance(lookup, Insecure)
        assert lookup.why.cause is Cause.OPT_OUT

    def test_match(self) -> None:
        """On a matching record the flag has no effect."""
        assert status(Recursive(hashed(opt_out=True)).lookup("mx.example.org.", "AAAA")) == ("secure", "nodata")

    def test_a_broken_proof_of_the_spans_own_zone_is_bogus(self) -> None:
        """A denial that names the zone as its signer must hold; opt-out excuses only what is unsigned."""
        lookup = (
            Recursive(hashed(opt_out=True))
            .bend(NAME, "A", replaced(authority=zone(hashed(opt_out=True)).nsec3_at(N("mx.example.org.")), rcode=3))
            .lookup(NAME, "A")
        )
        assert isinstance(lookup, Bogus)

    def test_unsigned_data_in_the_span_is_insecure(self) -> None:
        """R5155-6-a: an unsigned delegation without a record of its own."""
        world = hashed(opt_out=True, left_out=frozenset({"plain"}))
        gone = Recursive(world).lookup("gone.plain.example.org.", "A")
        assert status(gone) == ("insecure", "nxdomain")

    def test_a_positive_answer_does_not_mind(self) -> None:
        """Signed data in an opt-out zone is as secure as any."""
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        assert made.name == N("mx.example.org.")
        assert Recursive(hashed(opt_out=True)).lookup("mx.example.org.", "A").status == "secure"
