"""RFC 4035 §5.3: which signatures hold, and why the others do not."""

from __future__ import annotations

import random

import dns.rdatatype as rrtype
import dns.rrset
import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Lookup, Secure
from tests.dnssec.recursive import Recursive, adding, as_it_is, replaced, unsigned
from tests.dnssec.world import DAY, IN, NOW, N, SigningKey, World, example, rrset, zone

TLSA = "_25._tcp.mx.example.org."


def cause(lookup: Lookup) -> Cause:
    assert isinstance(lookup, Bogus)
    return lookup.why.cause


def signed_anew(world: World, **changes: object) -> Lookup:
    """mx.example.org. A with a signature of the zone's own key in which fields were changed before signing."""
    made = rrset("mx.example.org.", "A", "192.0.2.1")
    return told(world, [made, resigned(world, made, **changes)])


def resigned(world: World, made: dns.rrset.RRset, **changes: object) -> dns.rrset.RRset:
    """A true signature over false fields: the arithmetic holds, so that only the check of the field can refuse."""
    own = zone(world)
    template = own.sign(made)[0].replace(signature=b"", **changes)
    data = dns.dnssec._make_rrsig_signature_data(made, template)
    sigs = dns.rrset.RRset(made.name, IN, rrtype.RRSIG, made.rdtype)
    sigs.add(template.replace(signature=own.keys[0].private.sign(data)), 3600)
    return sigs


def told(world: World, answer: list[dns.rrset.RRset], name: str = "mx.example.org.", rdtype: str = "A") -> Lookup:
    return Recursive(world).bend(name, rdtype, replaced(answer)).lookup(name, rdtype)


class TestFreeChecks:
    def test_a_signature_by_another_zone_is_bogus_even_if_that_zone_is_signed(self) -> None:
        """R4035-5.3.1-b: the attacker's own valid zone signs the victim's TLSA (T-3)."""
        world = example()
        evil = world.add("evil.org.")
        made = rrset(TLSA, "TLSA", "3 1 1 " + "00" * 32)
        assert cause(told(world, [made, evil.sign(made)], TLSA, "TLSA")) is Cause.SIGNER_WRONG

    def test_a_signature_by_the_parent_zone_is_bogus(self) -> None:
        """The zone that holds the record is example.org., not org., though org. is secure too."""
        world = example()
        made = rrset("mx.example.org.", "A", "192.0.2.66")
        assert cause(told(world, [made, zone(world, "org.").sign(made)])) is Cause.SIGNER_WRONG

    @pytest.mark.parametrize("labels", [0, 1, 4, 255])
    def test_labels_below_the_signers_or_above_the_owners_are_refused(self, labels: int) -> None:
        """R4035-5.3.1-d, the class of BIND CVE-2026-11721 and Unbound CVE-2026-44690."""
        world = example()
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        true = zone(world).sign(made)
        sigs = dns.rrset.RRset(true.name, IN, rrtype.RRSIG, made.rdtype)
        sigs.add(true[0].replace(labels=labels), 3600)
        assert cause(told(world, [made, sigs])) is Cause.SIGNATURE_INVALID

    def test_labels_below_the_signers_are_refused_even_if_the_arithmetic_holds(self) -> None:
        """A record signed as `*.org.` by example.org. must not pass for mx.example.org."""
        world = example()
        wild = rrset("*.org.", "A", "192.0.2.1")
        sigs = resigned(world, wild)
        assert sigs[0].labels == 1
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        sigs.name = made.name
        assert cause(told(world, [made, sigs])) is Cause.SIGNATURE_INVALID

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"expiration": NOW - 1, "inception": NOW - DAY}, Cause.SIGNATURE_EXPIRED),
            ({"expiration": NOW + DAY, "inception": NOW + 1}, Cause.SIGNATURE_NOT_YET_VALID),
            ({"expiration": NOW - DAY, "inception": NOW + DAY}, Cause.SIGNATURE_INVALID),
        ],
    )
    def test_times_are_kept_to_the_second(self, changes: dict[str, int], expected: Cause) -> None:
        """R4035-5.3.1-e: no skew, and an inception after the expiration is invalid."""
        assert cause(signed_anew(example(), **changes)) is expected

    @pytest.mark.parametrize("changes", [{"expiration": NOW}, {"inception": NOW}])
    def test_both_ends_belong_to_the_validity(self, changes: dict[str, int]) -> None:
        """inception ≤ now ≤ expiration."""
        assert isinstance(signed_anew(example(), **changes), Secure)

    def test_times_wrap_around_in_2106(self) -> None:
        """R4035-5.3.1-e: serial arithmetic (RFC 1982): a signature across 2^32 seconds holds on both sides."""
        late = 2**32
        world = World(inception=late - DAY, expiration=DAY)
        world.add("org.", "mx A 192.0.2.1", inception=late - DAY, expiration=DAY)
        for now in (late - 10, late + 10):
            assert isinstance(Recursive(world).lookup("mx.org.", "A", now=now), Secure)
        assert isinstance(Recursive(world).lookup("mx.org.", "A", now=late + DAY + 1), Bogus)

    def test_the_sentence_says_where_unbounds_allowance_would_pass(self) -> None:
        """An hour late is bogus here, and the reader is told why others may still see it."""
        near = signed_anew(example(), expiration=NOW - 60, inception=NOW - 10 * DAY)
        far = signed_anew(example(), expiration=NOW - 5 * DAY, inception=NOW - 10 * DAY)
        assert isinstance(near, Bogus)
        assert isinstance(far, Bogus)
        assert "Unbound" in near.why.sentence
        assert "Unbound" not in far.why.sentence
        assert "mx.example.org. A by example.org. key" in far.why.sentence
        assert "expired on 2027-01-10 08:00 UTC" in far.why.sentence

    @pytest.mark.parametrize("rdtype", ["SOA", "NS", "DNSKEY"])
    def test_apex_types_are_signed_by_their_owner(self, rdtype: str) -> None:
        """R4035-5.3.1-h: no zone signs SOA, NS or DNSKEY below its apex."""
        world = example()
        rdata = {"SOA": "a. b. 1 2 3 4 5", "NS": "ns.", "DNSKEY": SigningKey(9).dnskey.to_text()}[rdtype]
        made = rrset("mx.example.org.", rdtype, rdata)
        assert cause(told(world, [made, zone(world).sign(made)], "mx.example.org.", rdtype)) is Cause.SIGNER_WRONG

    def test_no_signature_in_a_signed_zone_is_bogus(self) -> None:
        """ZC-b: RRSIGs stripped."""
        lookup = Recursive(example()).bend("mx.example.org.", "A", unsigned(rrtype.A)).lookup("mx.example.org.", "A")
        assert cause(lookup) is Cause.SIGNATURE_MISSING

    def test_a_signature_over_another_type_does_not_count(self) -> None:
        """R4035-5.3.1-c: type covered."""
        world = example()
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        other = zone(world).sign(rrset("mx.example.org.", "AAAA", "2001:db8::1"))
        assert cause(told(world, [made, other])) is Cause.SIGNATURE_MISSING

    def test_a_protocol_other_than_three_makes_no_key(self) -> None:
        """R4035-5.3.1-f, for a zone signing key beside a good one."""
        world, odd = example(), SigningKey(77, flags=256, protocol=2)
        own = zone(world)
        keyset = dns.rrset.RRset(own.origin, IN, rrtype.DNSKEY)
        keyset.add(own.keys[0].dnskey, 3600)
        keyset.add(odd.dnskey, 3600)
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        lookup = (
            Recursive(world)
            .bend("example.org.", "DNSKEY", replaced([keyset, own.sign(keyset)]))
            .bend("mx.example.org.", "A", replaced([made, own.sign(made, odd)]))
            .lookup("mx.example.org.", "A")
        )
        assert cause(lookup) is Cause.KEY_MISSING


class TestSignedData:
    def test_order_case_and_ttl_do_not_matter(self) -> None:
        """R4035-5.3.2-a, R4034-6.2-a, -6.3-a: shuffled, upper-cased MX targets and owner, a lower TTL."""
        world = example()
        made = rrset("example.org.", "MX", *(f"{n} mx{n}.example.org." for n in range(300, 0, -17)))
        sigs = zone(world).sign(made)
        texts = [f"{rdata.preference} MX{rdata.preference}.Example.ORG." for rdata in made]
        random.Random(7).shuffle(texts)
        shown = rrset("EXAMPLE.org.", "MX", *texts, ttl=60)
        sigs.ttl = 50
        lookup = told(world, [shown, sigs], "example.org.", "MX")
        assert isinstance(lookup, Secure)
        assert {record.ttl for record in lookup.records} == {50}

    def test_a_doubled_record_is_one_record(self) -> None:
        """Duplicates are removed before anything is signed or verified (RFC 4034 §6.3)."""
        world = example()
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        lookup = told(world, [made, made, zone(world).sign(made)])
        assert isinstance(lookup, Secure)
        assert len(lookup.records) == 1

    def test_a_changed_record_does_not_verify(self) -> None:
        """One bit of the address."""
        world = example()
        sigs = zone(world).sign(rrset("mx.example.org.", "A", "192.0.2.1"))
        assert cause(told(world, [rrset("mx.example.org.", "A", "192.0.2.3"), sigs])) is Cause.SIGNATURE_INVALID

    @pytest.mark.parametrize("octets", ["", "03", "0301", "030101", "030101" + "ab" * 31, "030101" + "ab" * 33])
    def test_malformed_tlsa_is_validated_over_its_octets(self, octets: str) -> None:
        """R6698-2.1-b, -c, T-17: the set stays secure, and the record is handed on as it came."""
        world = example()
        zone(world).put(f"_25._tcp.mx TLSA \\# {len(octets) // 2} {octets}")
        lookup = Recursive(world).lookup(TLSA, "TLSA")
        assert isinstance(lookup, Secure)
        assert bytes.fromhex(octets) in {record.wire for record in lookup.records}
        assert len(lookup.records) == 2


class TestTtl:
    @pytest.mark.parametrize(
        ("rrset_ttl", "sig_ttl", "original", "left", "expected"),
        [(10, 99, 99, 99, 10), (99, 10, 99, 99, 10), (99, 99, 10, 99, 10), (99, 99, 99, 10, 10)],
    )
    def test_the_least_of_four_bounds(
        self, rrset_ttl: int, sig_ttl: int, original: int, left: int, expected: int
    ) -> None:
        """R4035-5.3.3-a: TTL received, that of the RRSIG, the original one, and what is left of the signature."""
        world = example()
        made = rrset("mx.example.org.", "A", "192.0.2.1", ttl=original)
        sigs = zone(world).sign(made, expiration=NOW + left)
        made.ttl, sigs.ttl = rrset_ttl, sig_ttl
        lookup = told(world, [made, sigs])
        assert isinstance(lookup, Secure)
        assert lookup.records[0].ttl == expected


class TestSeveralSignatures:
    def test_one_good_signature_is_enough(self) -> None:
        """R6840-5.4-a: a broken one beside it changes nothing."""
        world = example()
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        good = zone(world).sign(made)
        bad = dns.rrset.RRset(good.name, IN, rrtype.RRSIG, made.rdtype)
        bad.add(good[0].replace(signature=bytes(64)), 3600)
        assert isinstance(told(world, [made, bad, good]), Secure)

    def test_stray_signatures_neither_fail_the_set_nor_count(self) -> None:
        """R6840-5.12-a: twenty by keys that are not in the DNSKEY set."""
        world = example()
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        strays = [zone(world).sign(made, SigningKey(600 + n)) for n in range(20)]
        assert isinstance(told(world, [made, *strays, zone(world).sign(made)]), Secure)

    def test_signatures_that_disagree_on_the_wildcard_are_bogus(self) -> None:
        """R4035-5.3.4-b: Labels 3 and 2 over one set."""
        world = example()
        made = rrset("y.w.example.org.", "A", "192.0.2.3")
        wild = zone(world).sign(rrset("*.w.example.org.", "A", "192.0.2.3"))
        wild.name = made.name
        answer = [made, zone(world).sign(made), wild]
        assert cause(told(world, answer, "y.w.example.org.")) is Cause.SIGNATURE_INVALID


class TestOtherRecords:
    def test_records_of_other_names_are_ignored(self) -> None:
        """R2181-5.4.1-a: a forged TLSA for another name in the answer neither counts nor harms."""
        stray = rrset("_25._tcp.other.example.org.", "TLSA", "3 1 1 " + "00" * 32)
        lookup = Recursive(example()).bend(TLSA, "TLSA", adding([stray])).lookup(TLSA, "TLSA")
        assert isinstance(lookup, Secure)
        assert [record.owner for record in lookup.records] == [TLSA]

    def test_any_is_as_strong_as_its_weakest_set(self) -> None:
        """All sets of the name are judged."""
        recursive = Recursive(example())
        assert recursive.lookup("example.org.", "ANY").status == "secure"
        assert (
            recursive.bend("example.org.", "ANY", unsigned(rrtype.MX)).lookup("example.org.", "ANY").status == "bogus"
        )

    def test_rrsig_itself_is_never_validated(self) -> None:
        """Nothing signs signatures: insecure, whatever the zone."""
        lookup = Recursive(example()).bend("mx.example.org.", "RRSIG", as_it_is).lookup("mx.example.org.", "RRSIG")
        assert (lookup.status, lookup.why and lookup.why.cause) == ("insecure", Cause.NOT_VALIDATED)
        world = example()
        sig = zone(world).sign(rrset("mx.example.org.", "A", "192.0.2.1"))
        shown = told(world, [sig], "mx.example.org.", "RRSIG")
        assert (shown.kind, len(shown.records)) == ("data", 1)
        assert N("mx.example.org.") == N(shown.records[0].owner)
