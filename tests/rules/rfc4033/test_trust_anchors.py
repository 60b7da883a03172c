"""RFC 4033 §5, RFC 5011, RFC 9718: where chains begin (requirements §14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import dns.name
import dns.rdatatype as rrtype
import dns.rrset
import pytest

from dane_check.dnssec.anchor_text import parse_trust_anchors
from dane_check.dnssec.anchors import TrustAnchors
from dane_check.dnssec.keys import Ds, Key
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Secure
from dane_check.errors import UsageError
from tests.dnssec.recursive import Recursive, replaced, unsigned
from tests.dnssec.world import IN, N, SigningKey, World, example, zone

KSK_2017 = (
    "257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlN"
    "Vz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eN"
    "buv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8sub"
    "X2Nn6UwNR1AkUTV74bU="
)
KSK_2024 = (
    "257 3 8 AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICM"
    "QMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3e"
    "j2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH"
    "9Z9GNUUeayffKC73PYc="
)
NOW_2026 = datetime(2026, 11, 22, tzinfo=UTC)


class TestBuiltIn:
    @pytest.mark.parametrize(("dnskey", "tag"), [(KSK_2017, 20326), (KSK_2024, 38696)])
    def test_the_digests_are_those_of_the_published_keys(self, dnskey: str, tag: int) -> None:
        """ROOT-a, ROOT-b: recomputed from the DNSKEY."""
        published = parse_trust_anchors(f". IN DNSKEY {dnskey}").anchors[0].entry
        built_in = {one.key_tag: one.entry for one in TrustAnchors.root().anchors}[tag]
        assert isinstance(published, Key)
        assert isinstance(built_in, Ds)
        assert built_in.could_name(published)
        assert built_in.names(dns.name.root, published)

    @pytest.mark.parametrize(("dnskey", "revoked_tag"), [(KSK_2017, 20454), (KSK_2024, 38824)])
    def test_a_revoked_key_shows_another_tag(self, dnskey: str, revoked_tag: int) -> None:
        """ROOT-c, ROOT-e: with REVOKE set the keys' tags are these, and neither may vouch for anything."""
        published = parse_trust_anchors(f". IN DNSKEY {dnskey}").anchors[0].entry
        assert isinstance(published, Key)
        revoked = replace(published, flags=published.flags | 0x0080)
        assert (revoked.tag, revoked.signs_zones) == (revoked_tag, False)

    def test_both_are_trusted_today(self) -> None:
        """ROOT-d."""
        entry = TrustAnchors.root().entry(dns.name.root, NOW_2026)
        assert entry is not None
        assert {ds.key_tag for ds in entry.ds} == {20326, 38696}
        assert TrustAnchors.root().built_in

    def test_an_old_list_is_stale(self) -> None:
        """ROOT-j: after 18 months; anchors of the operator's own are never stale."""
        assert not TrustAnchors.root().is_stale(datetime(2028, 5, 1, tzinfo=UTC))
        assert TrustAnchors.root().is_stale(datetime(2028, 7, 1, tzinfo=UTC))
        assert not parse_trust_anchors(f". DNSKEY {KSK_2024}").is_stale(datetime(2038, 1, 1, tzinfo=UTC))


class TestParsing:
    def test_ds_and_dnskey_at_any_name_with_or_without_ttl_and_class(self) -> None:
        """ROOT-f: what drill, dig and unbound-anchor print."""
        text = f"""
        ; a comment
        . 172800 IN DS 20326 8 2 ( E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC6834
                                   57104237C7F8EC8D ) ; joined
        Example.ORG. DNSKEY {KSK_2024}
        test DS 1 13 2 {"00" * 32}
        """
        anchors = parse_trust_anchors(text).anchors
        assert [str(one.zone).lower() for one in anchors] == [".", "example.org.", "test."]
        assert [one.key_tag for one in anchors] == [20326, 38696, 1]

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("", "no DS or DNSKEY"),
            ("; nothing", "no DS or DNSKEY"),
            (". IN A 192.0.2.1", "line 1"),
            ("\n. IN DS 1 8 2 xyz", "line 2"),
            (". IN DS 1 8 2 ( 00", "line 1"),
            (". IN DS 1 8 2 00 )", "line 1"),
            (f". IN DNSKEY {KSK_2017.replace('257', '1', 1)}", "line 1"),
            (f". IN DNSKEY {KSK_2017.replace('257', '385', 1)}", "line 1"),
            ("<TrustAnchor>", "line 1"),
            ("<!DOCTYPE x [<!ENTITY a 'b'>]><TrustAnchor/>", "document type"),
            ("<TrustAnchor><KeyDigest/></TrustAnchor>", "KeyDigest 1"),
        ],
    )
    def test_mistakes_are_usage_errors_with_a_line(self, text: str, word: str) -> None:
        """The caller's mistake, told before any packet leaves."""
        with pytest.raises(UsageError, match=word):
            parse_trust_anchors(text)

    def test_root_anchors_xml_with_its_dates(self) -> None:
        """ROOT-g: validFrom and validUntil are honoured; an expired entry is ignored."""
        digests = {one.key_tag: one.entry for one in TrustAnchors.root().anchors}
        entries = "".join(
            f'<KeyDigest id="K{tag}" validFrom="{start}"{end}><KeyTag>{tag}</KeyTag><Algorithm>8</Algorithm>'
            f"<DigestType>2</DigestType><Digest>{digests[tag].digest.hex()}</Digest>{key}</KeyDigest>"  # type: ignore[union-attr]
            for tag, start, end, key in (
                (20326, "2017-02-02T00:00:00+00:00", ' validUntil="2020-01-01T00:00:00+00:00"', ""),
                (38696, "2024-07-18T00:00:00Z", "", f"<PublicKey>{KSK_2024.split()[3]}</PublicKey><Flags>257</Flags>"),
            )
        )
        anchors = parse_trust_anchors(f'<?xml version="1.0"?><TrustAnchor><Zone>.</Zone>{entries}</TrustAnchor>')
        for when, expected in ((NOW_2026, {38696}), (datetime(2018, 1, 1, tzinfo=UTC), {20326})):
            entry = anchors.entry(dns.name.root, when)
            assert entry is not None
            assert {ds.key_tag for ds in entry.ds} == expected
        assert anchors.entry(dns.name.root, datetime(2022, 1, 1, tzinfo=UTC)) is None

    def test_a_digest_that_is_not_that_of_its_public_key_is_refused(self) -> None:
        """ROOT-g: both are checked."""
        text = (
            "<TrustAnchor><Zone>.</Zone><KeyDigest><KeyTag>38696</KeyTag><Algorithm>8</Algorithm><DigestType>2"
            f"</DigestType><Digest>{'00' * 32}</Digest><PublicKey>{KSK_2024.split()[3]}</PublicKey>"
            "</KeyDigest></TrustAnchor>"
        )
        with pytest.raises(UsageError, match="not that of its public key"):
            parse_trust_anchors(text)


class TestRoot:
    """T-10, W-39, ROOT-d, ROOT-e: two keys stand for KSK-2017 and KSK-2024."""

    OLD, NEW, STRANGER = SigningKey(1), SigningKey(2), SigningKey(3)

    def look_up(self, keys: tuple[SigningKey, ...], signers: tuple[SigningKey, ...]) -> Lookup:
        world = World(keys=(self.OLD, self.NEW))
        world.add("org.", "mx A 192.0.2.1")
        anchors = world.anchor()
        root = zone(world, ".")
        made = dns.rrset.RRset(dns.name.root, IN, rrtype.DNSKEY)
        for key in keys:
            made.add(key.dnskey, 3600)
        sigs = dns.rrset.RRset(dns.name.root, IN, rrtype.RRSIG, rrtype.DNSKEY)
        for key in signers:
            sigs.add(root.sign(made, key)[0], 3600)
        root.keys = tuple(key for key in keys if not key.flags & 0x80)
        return Recursive(world).bend(".", "DNSKEY", replaced([made, sigs])).lookup("mx.org.", "A", anchors=anchors)

    def test_signed_by_either_or_both(self) -> None:
        """ROOT-d: any trusted, unrevoked anchor key may sign."""
        both = (self.OLD, self.NEW)
        for keys, signers in ((both, both), (both, (self.OLD,)), (both, (self.NEW,)), ((self.NEW,), (self.NEW,))):
            assert isinstance(self.look_up(keys, signers), Secure)

    def test_signed_by_neither_is_trouble_of_the_anchor(self) -> None:
        """ROOT-h, ROOT-i: a key that is not in the list is never learnt; the fault is named apart."""
        lookup = self.look_up((self.STRANGER,), (self.STRANGER,))
        assert isinstance(lookup, Bogus)
        assert (lookup.why.cause, lookup.why.zone) == (Cause.ROOT_FAILURE, ".")

    def test_a_revoked_key_makes_nothing_trusted(self) -> None:
        """ROOT-e: signed only by the revoked key is a failure; signed by the new one as well is fine."""
        revoked = SigningKey(1, flags=257 | 0x80)
        keys = (revoked, self.NEW)
        alone = self.look_up(keys, (revoked,))
        assert isinstance(alone, Bogus)
        assert alone.why.cause is Cause.ROOT_FAILURE
        assert isinstance(self.look_up(keys, (revoked, self.NEW)), Secure)

    def test_a_key_that_is_also_shown_revoked_is_no_anchor(self) -> None:
        """RFC 5011 §2.1: the same key without the flag does not help."""
        revoked = SigningKey(1, flags=257 | 0x80)
        assert isinstance(self.look_up((self.OLD, revoked), (self.OLD, revoked)), Bogus)


class TestScope:
    def test_without_an_anchor_above_a_name_is_insecure(self) -> None:
        """R4035-5-b, R7672-2.1.1-c: what RFC 4033 calls indeterminate."""
        world = example()
        lookup = Recursive(world).lookup("mx.example.org.", "A", anchors=world.anchor("child.example.org."))
        assert isinstance(lookup, Insecure)
        assert (lookup.kind, lookup.why.cause) == ("data", Cause.NO_ANCHOR)

    def test_an_anchor_may_stand_at_any_name(self) -> None:
        """Nothing above it is asked."""
        world = example()
        recursive = Recursive(world)
        assert isinstance(recursive.lookup("mx.example.org.", "A", anchors=world.anchor("example.org.")), Secure)
        assert all(question.name.is_subdomain(N("example.org.")) for question in recursive.asked)

    def test_a_signature_from_above_the_anchor_does_not_make_insecure(self) -> None:
        """Naming an unanchored ancestor as signer must not lead out of the chain (T-5)."""
        world = example()
        made = dns.rrset.from_text("mx.example.org.", 60, "IN", "A", "192.0.2.66")
        forged = replaced([made, zone(world, "org.").sign(made)])
        lookup = (
            Recursive(world)
            .bend("mx.example.org.", "A", forged)
            .lookup("mx.example.org.", "A", anchors=world.anchor("example.org."))
        )
        assert isinstance(lookup, Bogus)

    def test_dnskey_anchors_count_like_ds(self) -> None:
        """The key itself as anchor."""
        world = example()
        key = zone(world).keys[0].dnskey.to_text()
        assert isinstance(
            Recursive(world).lookup("mx.example.org.", "A", anchors=[f"example.org. DNSKEY {key}"]), Secure
        )


class TestStrippingResolver:
    def test_a_resolver_without_signatures_is_named_and_nothing_is_concluded(self) -> None:
        """R7672-2.1.1-e: indeterminate, never bogus and never insecure."""
        for name, rdtype in (("mx.example.org.", "A"), ("gone.example.org.", "A"), ("host.plain.example.org.", "A")):
            lookup = Recursive(example(), stripping=True).lookup(name, rdtype)
            assert isinstance(lookup, Indeterminate)
            assert lookup.why.cause is Cause.NO_DNSSEC

    def test_one_unsigned_key_set_among_signed_replies_is_bogus(self) -> None:
        """Where the answer has signatures, the resolver passes them on."""
        lookup = Recursive(example()).bend(".", "DNSKEY", unsigned(rrtype.DNSKEY)).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.ROOT_FAILURE
