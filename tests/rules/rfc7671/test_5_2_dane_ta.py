"""RFC 7671 §5.2: a verified path from the leaf to the named certificate, valid, and for the right name."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from dane_check.tlsa.match import Note, Outcome, Reason
from tests.pki import (
    END,
    EPOCH,
    EXPIRED,
    HOST,
    NOT_YET,
    NOW,
    assemble,
    distinguished,
    ec_key,
    key_usage,
    make,
    make_ca,
    make_leaf,
    rsa_key,
    subject_alt_name,
)
from tests.tlsa.chains import judge, record

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
DIGESTS = [(2, 0, 1), (2, 0, 2), (2, 1, 1), (2, 1, 2)]


def constrained(*permitted: str) -> list[tuple[x509.ExtensionType, bool]]:
    return [(x509.NameConstraints([x509.DNSName(name) for name in permitted], None), True)]


class TestAnchor:
    """Any issuer on the path can be the anchor, and only an issuer on the path."""

    @pytest.mark.parametrize("numbers", DIGESTS)
    def test_an_intermediate_is_enough(self, numbers) -> None:
        """R7671-5.2-d: The path ends where the record matches; the root need be neither served nor trusted."""
        report = judge([record(numbers, ISSUER)], [LEAF, ISSUER])
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, 1)

    @pytest.mark.parametrize("ca", [True, False])
    @pytest.mark.parametrize("numbers", [*DIGESTS, (2, 0, 0)])
    def test_the_leaf_is_never_its_own_anchor(self, numbers, ca) -> None:
        """R7671-5.2-h: Decision A-2: a self-signed leaf is refused, as senders do; a CA's leaf all the more."""
        usage = key_usage("digital_signature", "key_cert_sign")
        for leaf in (make_leaf(ca=ca, usage=usage), make_leaf(ca=ca, usage=usage, issuer=ROOT)):
            report = judge([record(numbers, leaf)], [leaf])
            assert report.reason is Reason.NO_MATCH
            assert Note.TA_MATCHES_LEAF_ONLY in report.notes

    @pytest.mark.parametrize("numbers", DIGESTS)
    def test_a_matching_certificate_off_the_path_proves_nothing(self, numbers) -> None:
        """R7671-5.2-e: Anybody can append somebody's CA to his own chain."""
        forged = make_leaf(issuer=make_ca("Forger"))
        report = judge([record(numbers, ISSUER)], [forged, make_ca("Forger"), ISSUER, ROOT])
        assert report.reason is Reason.NO_MATCH
        assert Note.TA_OFF_PATH in report.notes
        assert not report.ta_missing

    def test_naming_the_anchor_as_issuer_is_not_being_issued_by_it(self) -> None:
        """A leaf that claims the anchor's name and key identifier needs its signature too."""
        forged = make_leaf(issuer=ISSUER, signing_key=ec_key("forger"))
        assert judge([record((2, 1, 1), ISSUER)], [forged, ISSUER]).reason is Reason.SIGNATURE

    def test_the_order_as_served_is_not_trusted(self) -> None:
        """R7671-5.2-j: RFC 8446 §4.4.2: after the leaf they may come in any order."""
        report = judge([record((2, 1, 1), ROOT)], [LEAF, ROOT, ISSUER])
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, 2)
        assert report.records[0].served_index == 1
        assert Note.CHAIN_OUT_OF_ORDER in report.notes

    def test_a_broken_signature_of_a_root_on_itself_does_not_matter(self) -> None:
        """The record makes the anchor, not its own signature (RFC 5280 §6.1.1)."""
        broken = make_ca("Broken", signing_key=ec_key("somebody"))
        leaf = make_leaf(issuer=broken)
        assert judge([record((2, 1, 1), broken)], [leaf, broken]).outcome is Outcome.AUTHENTICATED


class TestPath:
    """RFC 5280 §6.1 for every certificate from the leaf to the anchor, the anchor's constraints included."""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"valid": EXPIRED}, Reason.EXPIRED),
            ({"valid": NOT_YET}, Reason.NOT_YET_VALID),
            ({"purposes": [ExtendedKeyUsageOID.CLIENT_AUTH]}, Reason.PURPOSE),
            ({"purposes": [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]}, Reason.PURPOSE),
            ({"usage": key_usage("key_cert_sign")}, Reason.PURPOSE),
            ({"more": [(UNKNOWN, True)]}, Reason.CRITICAL_EXTENSION),
            ({"dns_names": ["other.test"]}, Reason.NAME),
        ],
    )
    def test_the_leaf(self, changes, reason) -> None:
        """R7671-5.2-f, -5.2-i: Dates, purposes, critical extensions and names of the leaf count under usage 2."""
        report = judge([record((2, 1, 1), ISSUER)], [make_leaf(issuer=ISSUER, **changes), ISSUER])
        assert (report.outcome, report.reason) == (Outcome.FAILED, reason)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"valid": EXPIRED}, Reason.EXPIRED),
            ({"valid": NOT_YET}, Reason.NOT_YET_VALID),
            ({"ca": False}, Reason.NOT_A_CA),
            ({"ca": None}, Reason.NOT_A_CA),
            ({"usage": key_usage("crl_sign")}, Reason.NOT_A_CA),
            ({"purposes": [ExtendedKeyUsageOID.CLIENT_AUTH]}, Reason.PURPOSE),
            ({"more": [(UNKNOWN, True)]}, Reason.CRITICAL_EXTENSION),
            ({"more": constrained("other.test")}, Reason.NAME_CONSTRAINTS),
            ({"signing_key": ec_key("forger")}, Reason.SIGNATURE),
            ({"key": rsa_key(512)}, Reason.WEAK_CRYPTO),
        ],
    )
    def test_an_intermediate_below_the_anchor(self, changes, reason) -> None:
        """R7671-5.2-f: An issuer must be one, must be valid, and must allow what is below it."""
        issuer = make_ca("Issuer", **{"issuer": ROOT, **changes})
        chain = [make_leaf(issuer=issuer), issuer, ROOT]
        report = judge([record((2, 0, 1), ROOT)], chain)
        assert (report.outcome, report.reason) == (Outcome.FAILED, reason)

    def test_the_path_length_of_the_anchor_counts(self) -> None:
        """R7671-5.2.1-b, R7672-3.1.2-c: an anchor that allows no CA below it has one below it."""
        root = make_ca("Short root", path_length=0)
        issuer = make_ca("Issuer", issuer=root)
        chain = [make_leaf(issuer=issuer), issuer, root]
        assert judge([record((2, 1, 1), root)], chain).reason is Reason.PATH_LENGTH
        assert judge([record((2, 1, 1), issuer)], chain).outcome is Outcome.AUTHENTICATED

    def test_a_self_issued_ca_does_not_count_towards_it(self) -> None:
        """RFC 5280 §4.2.1.9: a CA that renews its own key is not one more CA."""
        root = make_ca("Renewing root", key=ec_key("before"), path_length=1)
        renewed = make_ca("Renewing root", key=ec_key("after"), issuer=root, serial=3)
        issuer = make_ca("Issuer", issuer=renewed)
        chain = [make_leaf(issuer=issuer), issuer, renewed, root]
        report = judge([record((2, 1, 1), root)], chain)
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, 3)

    def test_only_the_anchor_may_be_a_ca_without_saying_so(self) -> None:
        """Without basicConstraints a key usage is enough at the top, as for senders, and nowhere else."""
        root = make_ca("Old style root", ca=None)
        chain = [make_leaf(issuer=root), root]
        assert judge([record((2, 1, 1), root)], chain).outcome is Outcome.AUTHENTICATED

    @pytest.mark.parametrize("oid", ["1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"])
    def test_server_gated_crypto_stands_for_server_authentication(self, oid: str) -> None:
        """Two purposes of the 1990s still count for OpenSSL."""
        issuer = make_ca("Gated issuer", issuer=ROOT, purposes=[x509.ObjectIdentifier(oid)])
        chain = [make_leaf(issuer=issuer), issuer]
        assert judge([record((2, 1, 1), issuer)], chain).outcome is Outcome.AUTHENTICATED

    @pytest.mark.parametrize(
        ("permitted", "outcome"), [("example.test", Outcome.AUTHENTICATED), ("other.test", Outcome.FAILED)]
    )
    def test_the_name_constraints_of_the_anchor_count(self, permitted, outcome) -> None:
        """R7671-5.2.1-b, R7672-3.1.2-c: what the anchor permits is honoured even under selector 1."""
        root = make_ca("Constrained", more=constrained(permitted))
        report = judge([record((2, 1, 1), root)], [make_leaf(issuer=root), root])
        assert report.outcome is outcome

    def test_a_digest_that_senders_refuse_breaks_the_path(self) -> None:
        """Decision A-11: a SHA-1 signature below the anchor is `weak-crypto`."""
        leaf = assemble(
            spki=LEAF.spki,
            signer=ISSUER,
            extensions=subject_alt_name(HOST.encode()),
            algorithm=bytes.fromhex("300906072a8648ce3d0401"),
        )
        assert judge([record((2, 1, 1), ISSUER)], [leaf, ISSUER]).reason is Reason.WEAK_CRYPTO

    @pytest.mark.parametrize("names", [[], ["other.test"]])
    def test_without_an_acceptable_name_nobody_is_authenticated(self, names) -> None:
        """R7671-5.2-b, R7671-10.2-b, R7672-3.2.2-a: §5.2: the name check is required; no name given is no name
        found."""
        report = judge([record((2, 1, 1), ISSUER)], [LEAF, ISSUER], names=names)
        assert report.reason is Reason.NAME
        assert report.records[0].depth == 1

    def test_any_reference_name_will_do(self) -> None:
        """R7672-3.2.2-b: RFC 7672 §3.2.2: base domain or next-hop domain."""
        report = judge([record((2, 1, 1), ISSUER)], [LEAF, ISSUER], names=["a.test", HOST])
        assert report.outcome is Outcome.AUTHENTICATED


class TestDates:
    """R7671-5.2-g: Decision A-6: an anchor's own dates count where it is self-signed, as for senders with OpenSSL."""

    @pytest.mark.parametrize(
        ("valid", "reason", "note"),
        [
            (EXPIRED, Reason.EXPIRED, Note.TA_ANCHOR_EXPIRED),
            (NOT_YET, Reason.NOT_YET_VALID, Note.TA_ANCHOR_NOT_YET_VALID),
        ],
    )
    def test_those_of_a_root_count(self, valid, reason, note) -> None:
        """A root outside its dates is refused."""
        root = make_ca("Old root", valid=valid)
        report = judge([record((2, 1, 1), root)], [make_leaf(issuer=root), root])
        assert report.reason is reason
        assert note in report.notes

    @pytest.mark.parametrize(
        ("valid", "note"), [(EXPIRED, Note.TA_ANCHOR_EXPIRED), (NOT_YET, Note.TA_ANCHOR_NOT_YET_VALID)]
    )
    def test_those_of_an_intermediate_do_not(self, valid, note) -> None:
        """An intermediate outside its dates still anchors, and the operator is told."""
        issuer = make_ca("Old issuer", issuer=ROOT, valid=valid)
        report = judge([record((2, 1, 1), issuer)], [make_leaf(issuer=issuer), issuer])
        assert report.outcome is Outcome.AUTHENTICATED
        assert note in report.notes

    @pytest.mark.parametrize(
        ("valid", "outcome"),
        [
            ((EPOCH, NOW), Outcome.AUTHENTICATED),
            ((NOW, END), Outcome.AUTHENTICATED),
            ((EPOCH, NOW.replace(second=0, hour=11, minute=59)), Outcome.FAILED),
        ],
    )
    def test_both_ends_belong_to_the_validity(self, valid, outcome) -> None:
        """Decision A-10: the second of notAfter is still valid (RFC 5280 §4.1.2.5)."""
        leaf = make_leaf(issuer=ISSUER, valid=valid)
        assert judge([record((2, 1, 1), ISSUER)], [leaf, ISSUER]).outcome is outcome

    def test_a_valid_twin_of_an_expired_issuer_is_preferred(self) -> None:
        """Of two certificates for one issuer, the one that is valid now makes the path."""
        old = make_ca("Issuer", issuer=ROOT, key=ISSUER.key, valid=EXPIRED, serial=7)
        report = judge([record((2, 0, 1), ROOT)], [LEAF, old, ISSUER, ROOT])
        assert report.outcome is Outcome.AUTHENTICATED
        assert Note.SUPERFLUOUS_CERTIFICATES in report.notes


class TestCrossSigns:
    """Decision A-12: never further than senders look; but say what another order would do."""

    OLD = make_ca("Old root")
    NEW = make_ca("New root")
    BY_OLD = make_ca("Issuer", issuer=OLD, key=ISSUER.key, serial=1)
    BY_NEW = make_ca("Issuer", issuer=NEW, key=ISSUER.key, serial=2)

    def test_the_first_issuer_decides(self) -> None:
        """The path follows the first cross-certificate; the root of the other is not found."""
        chain = [LEAF, self.BY_OLD, self.BY_NEW, self.OLD, self.NEW]
        assert judge([record((2, 1, 1), self.OLD)], chain).outcome is Outcome.AUTHENTICATED
        report = judge([record((2, 1, 1), self.NEW)], chain)
        assert report.reason is Reason.NO_MATCH
        assert Note.CROSS_SIGN_ORDER in report.notes
        assert not report.ta_missing

    def test_a_self_signed_certificate_ends_the_path(self) -> None:
        """Another CA of the same name is not its issuer."""
        root = make("Twin", key=ec_key("one"), ca=True, key_identifiers=False, serial=1)
        twin = make("Twin", key=ec_key("two"), ca=True, key_identifiers=False, serial=2)
        leaf = make_leaf(issuer=root, key_identifiers=False)
        assert judge([record((2, 0, 1), twin)], [leaf, root, twin]).reason is Reason.NO_MATCH

    def test_a_ca_that_changed_its_key_under_its_name_is_followed(self) -> None:
        """New root key signed by the old one, without key identifiers: two certificates of one name."""
        old = make("Changing root", key=ec_key("old"), ca=True, key_identifiers=False)
        new = make("Changing root", key=ec_key("new"), issuer=old, ca=True, key_identifiers=False, serial=5)
        issuer = make("Below", issuer=new, ca=True, key_identifiers=False)
        leaf = make_leaf(issuer=issuer, key_identifiers=False)
        report = judge([record((2, 0, 1), new)], [leaf, issuer, new, old])
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, 2)

    @pytest.mark.parametrize(
        ("more", "reason"),
        [
            ([], None),
            ([(UNKNOWN, True)], Reason.CRITICAL_EXTENSION),
            (constrained("example.test"), Reason.SIGNATURE),
        ],
    )
    def test_a_path_that_openssl_would_shorten_is_judged_whole(self, more, reason) -> None:
        """The anchor could have issued the leaf by its name; what stands between still counts.

        Name constraints on such a path are beyond us, and so it is refused.
        """
        old = make_ca("Changing root", key=ec_key("old"))
        new = make_ca("Changing root", key=ec_key("new"), issuer=old, serial=5, more=more)
        leaf = make_leaf(issuer=new, key_identifiers=False)
        assert judge([record((2, 0, 1), old)], [leaf, new, old]).reason is reason

    def test_a_shortcut_hides_no_fault(self) -> None:
        """Both certificates have one key, so the shorter path would hold; it is not the path built."""
        root = make_ca("Same key", key=ec_key("same"), key_identifiers=False)
        between = make_ca(
            "Same key",
            key=ec_key("same"),
            issuer=root,
            authority_key_of=ISSUER,
            serial=6,
            more=[(UNKNOWN, True)],
        )
        leaf = make_leaf(issuer=root, key_identifiers=False)
        report = judge([record((2, 0, 1), root)], [leaf, between, root])
        assert report.reason is Reason.CRITICAL_EXTENSION

    def test_an_issuer_is_found_by_its_name_however_it_is_spelled(self) -> None:
        """RFC 5280 §7.1: letter case and blanks do not part names."""
        issuer_name = distinguished("  ISSUER ")
        leaf = make_leaf(issuer=ISSUER, issuer_name=issuer_name)
        assert judge([record((2, 1, 1), ISSUER)], [leaf, ISSUER]).outcome is Outcome.AUTHENTICATED

    def test_a_key_identifier_that_differs_parts_them(self) -> None:
        """RFC 5280 §4.2.1.1: the identifier tells keys of one CA apart."""
        leaf = make_leaf(issuer=ISSUER, authority_key_of=make_ca("Somebody"))
        assert judge([record((2, 1, 1), ISSUER)], [leaf, ISSUER]).reason is Reason.NO_MATCH
