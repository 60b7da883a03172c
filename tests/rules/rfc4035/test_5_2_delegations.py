"""RFC 4035 §5.2: from a DS set to the keys of a zone."""

from __future__ import annotations

import dns.rdatatype as rrtype
import dns.rrset
import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Secure
from tests.dnssec.recursive import Recursive, adding, replaced, servfail, unsigned, without
from tests.dnssec.world import IN, N, SigningKey, World, example, rrset, zone


def with_ds(*ds: str, keys: tuple[SigningKey, ...] = (SigningKey(500),)) -> World:
    """example.org. with DS records of the test's making; `{good}` is the true one of the first key."""
    world = World()
    world.add("org.")
    made = world.add("example.org.", "mx A 192.0.2.1", keys=keys, ds=())
    good = world.ds_texts(made)[0]
    for text in ds:
        zone(world, "org.").put(f"example.org. DS {text.format(good=good, tag=keys[0].tag)}")
    return world


def keys_of(world: World, *keys: SigningKey, signed_by: tuple[SigningKey, ...]) -> list[dns.rrset.RRset]:
    """A DNSKEY answer for example.org. with these keys, signed by those."""
    made = dns.rrset.RRset(N("example.org."), IN, rrtype.DNSKEY)
    for key in keys:
        made.add(key.dnskey, 3600)
    sigs = dns.rrset.RRset(made.name, IN, rrtype.RRSIG, rrtype.DNSKEY)
    for key in signed_by:
        sigs.add(zone(world).sign(made, key)[0], 3600)
    return [made, sigs]


class TestChain:
    def test_every_link_is_authenticated_and_told(self) -> None:
        """The proof names anchor, DS and DNSKEY of each zone down to the answer (R4035-5-a)."""
        lookup = Recursive(example()).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Secure)
        assert [link.rrset for link in lookup.proof.links] == [
            ". trust anchor",
            ". DNSKEY",
            "org. DS",
            "org. DNSKEY",
            "example.org. DS",
            "example.org. DNSKEY",
            "mx.example.org. A",
        ]
        assert [link.ds_digests for link in lookup.proof.links if link.rrset.endswith("DS")] == [(2,), (2,)]

    def test_a_forged_ds_with_a_matching_child_key_is_bogus(self) -> None:
        """The DS set must hold by the parent's keys, however well it fits the child's (R4035-5.2-a)."""
        world = example()
        forger = SigningKey(900)
        made = rrset("example.org.", "DS", world.ds_texts(zone(world))[0])
        lookup = (
            Recursive(world)
            .bend("example.org.", "DS", replaced([made, zone(world, "org.").sign(made, forger)]))
            .lookup("mx.example.org.", "A")
        )
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.KEY_MISSING
        assert lookup.why.zone == "org."

    def test_a_key_set_signed_only_by_an_unlinked_key_is_bogus(self) -> None:
        """Presence in the DNSKEY set makes no key trusted; the DS-matched one must sign it (R4035-5.2-c)."""
        world, other = example(), SigningKey(901)
        own = zone(world).keys[0]
        lookup = (
            Recursive(world)
            .bend("example.org.", "DNSKEY", replaced(keys_of(world, own, other, signed_by=(other,))))
            .lookup("mx.example.org.", "A")
        )
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.KEY_MISSING

    def test_a_zone_key_without_sep_flag_will_do(self) -> None:
        """A single key with flags 256 and a DS is as good as any (R4035-5.2-d)."""
        assert isinstance(
            Recursive(with_ds("{good}", keys=(SigningKey(500, flags=256),))).lookup("mx.example.org.", "A"), Secure
        )

    @pytest.mark.parametrize("flags", [0, 1, 257 | 0x80])
    def test_a_key_that_is_no_zone_key_or_is_revoked_vouches_for_nothing(self, flags: int) -> None:
        """Zone flag set and REVOKE clear (R4035-5.2-b, R4035-5.3.1-f)."""
        lookup = Recursive(with_ds("{good}", keys=(SigningKey(500, flags=flags),))).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.KEY_MISSING

    def test_a_ds_whose_digest_differs_is_bogus(self) -> None:
        """The tag fits and the digest does not."""
        lookup = Recursive(with_ds("{tag} 15 2 " + "00" * 32)).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.DS_MISMATCH

    def test_a_zone_named_by_a_ds_must_have_keys(self) -> None:
        """No DNSKEY behind a DS is bogus, not insecure."""
        lookup = (
            Recursive(example()).bend("example.org.", "DNSKEY", without(rrtype.DNSKEY)).lookup("mx.example.org.", "A")
        )
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.KEY_MISSING

    @pytest.mark.parametrize("rdtype", ["DS", "DNSKEY"])
    def test_a_link_that_cannot_be_had_makes_the_answer_indeterminate(self, rdtype: str) -> None:
        """RFC 4035 §4.3 as RFC 7672 §2.1.1 reads it: a failure, never insecure."""
        lookup = Recursive(example()).bend("example.org.", rdtype, servfail).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Indeterminate)
        assert (lookup.why.cause, lookup.why.rcode) == (Cause.RCODE, "SERVFAIL")


class TestUnusableDs:
    @pytest.mark.parametrize(
        "ds",
        [
            ("{tag} 18 2 " + "00" * 32,),
            ("{tag} 15 99 " + "00" * 32,),
            ("{tag} 18 2 " + "00" * 32, "{tag} 15 99 " + "00" * 32),
            ("{tag} 15 2 " + "00" * 31,),
            ("{tag} 15 3 " + "00" * 32,),
            ("{tag} 253 2 " + "00" * 32,),
            ("{tag} 3 1 " + "00" * 20,),
        ],
        ids=["algorithm", "digest", "pair", "length", "gost", "private", "dsa"],
    )
    def test_without_a_supported_pair_the_zone_is_insecure(self, ds: tuple[str, ...]) -> None:
        """Support is judged per record, algorithm and digest together (R4035-5.2-e, -h, R6840-5.2-a, ALG-a)."""
        generic = tuple(f"\\# {4 + len(t.split()[3]) // 2} {_hex(t, SigningKey(500).tag)}" for t in ds)
        lookup = Recursive(with_ds(*generic)).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Insecure)
        assert (lookup.kind, lookup.why.cause) == ("data", Cause.UNSUPPORTED_ALGORITHM)

    def test_one_usable_ds_beside_unknown_ones_decides(self) -> None:
        """Unknown numbers are normal and change nothing."""
        other = f"\\# 36 {_hex('{tag} 18 2 ' + '00' * 32, 7)}"
        assert isinstance(Recursive(with_ds("{good}", other)).lookup("mx.example.org.", "A"), Secure)


class TestNoDs:
    def test_no_ds_and_no_proof_is_bogus(self) -> None:
        """R4035-5.2-g: never insecure."""
        lookup = (
            Recursive(example())
            .bend("plain.example.org.", "DS", without(rrtype.NSEC))
            .lookup("host.plain.example.org.", "A")
        )
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.DENIAL_MISSING

    def test_a_proven_absence_at_a_cut_is_insecure(self) -> None:
        """NSEC at the cut with NS set and DS and SOA clear (R4035-5.2-f)."""
        lookup = Recursive(example()).lookup("host.plain.example.org.", "A")
        assert isinstance(lookup, Insecure)
        assert (lookup.kind, lookup.why.cause) == ("data", Cause.UNSIGNED_DELEGATION)
        assert lookup.proof.links[-1].rrset == "plain.example.org. NSEC"

    def test_the_childs_own_denial_proves_nothing(self) -> None:
        """A DS question belongs to the parent; the apex NSEC of the child has SOA set (R4035-3.1.4.1-a)."""
        world = example()
        child = zone(world, "child.example.org.")
        lookup = (
            Recursive(world)
            .bend("child.example.org.", "DS", replaced(authority=child.nsec(child.origin)))
            .lookup("host.child.example.org.", "A")
        )
        assert isinstance(lookup, Bogus)

    def test_the_parents_keys_over_an_apex_nsec_prove_no_delegation(self) -> None:
        """With the SOA bit the record is no parent's record, whoever signed it (R4035-5.2-f)."""
        world = example()
        own = zone(world)
        forged = own.make_nsec(N("child.example.org."), N("z.example.org."), {rrtype.NS, rrtype.SOA, rrtype.RRSIG})
        lookup = (
            Recursive(world)
            .bend("child.example.org.", "DS", replaced(authority=forged))
            .lookup("host.child.example.org.", "A")
        )
        assert isinstance(lookup, Bogus)

    def test_a_denial_without_the_ns_bit_is_no_insecure_delegation(self) -> None:
        """R6840-4.4-a: no cut there, so that unsigned data below is bogus."""
        world = example()
        own = zone(world)
        forged = own.make_nsec(N("plain.example.org."), N("w.example.org."), {rrtype.A, rrtype.RRSIG, rrtype.NSEC})
        recursive = Recursive(world).bend("plain.example.org.", "DS", replaced(authority=forged))
        for below in ("host.plain.example.org.",):
            recursive.bend(below, "DS", replaced(authority=own.nsec(N(below))))
        lookup = recursive.lookup("host.plain.example.org.", "A")
        assert isinstance(lookup, Bogus)

    def test_parent_and_child_records_of_one_owner_are_not_merged(self) -> None:
        """R4035-5.3.2-c: both in one reply, the parent's still proves."""
        world = example()
        parent = zone(world)
        ghost = SigningKey(902)
        plain = zone(world, "plain.example.org.")
        childs = plain.make_nsec(plain.origin, plain.origin, {rrtype.NS, rrtype.SOA})[:1]
        sig = parent.sign(childs[0], ghost)
        sig_by_child = dns.rrset.RRset(sig.name, IN, rrtype.RRSIG, rrtype.NSEC)
        sig_by_child.add(sig[0].replace(signer=plain.origin), 3600)
        lookup = (
            Recursive(world)
            .bend("plain.example.org.", "DS", adding(authority=[*childs, sig_by_child]))
            .lookup("host.plain.example.org.", "A")
        )
        assert isinstance(lookup, Insecure)


class TestDsAnswers:
    def test_ds_itself_is_judged_by_the_parent(self) -> None:
        """lookup of DS: secure at a signed child, securely denied at an unsigned one, at a host, and at the root."""
        recursive = Recursive(example())
        assert isinstance(recursive.lookup("child.example.org.", "DS"), Secure)
        for name in ("plain.example.org.", "mx.example.org.", "."):
            lookup = recursive.lookup(name, "DS")
            assert (lookup.status, lookup.kind) == ("secure", "nodata")

    def test_a_ds_signed_by_its_own_owner_is_bogus(self) -> None:
        """R4035-5.3.1-h: the signer of DS is a proper ancestor."""
        world = example()
        child = zone(world, "child.example.org.")
        made = rrset("child.example.org.", "DS", world.ds_texts(child)[0])
        lookup = (
            Recursive(world)
            .bend("child.example.org.", "DS", replaced([made, child.sign(made)]))
            .lookup("child.example.org.", "DS")
        )
        assert isinstance(lookup, Bogus)

    def test_an_unsigned_ds_is_bogus(self) -> None:
        """A DS set without signature in a signed parent."""
        lookup = (
            Recursive(example())
            .bend("child.example.org.", "DS", unsigned(rrtype.DS))
            .lookup("host.child.example.org.", "A")
        )
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.SIGNATURE_MISSING


def _hex(text: str, tag: int) -> str:
    """DS RDATA as octets, for numbers dnspython's own parser refuses."""
    _, algorithm, digest_type, digest = text.split()
    return f"{tag:04x}{int(algorithm):02x}{int(digest_type):02x}{digest}"
