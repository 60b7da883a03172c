"""RFC 7671 §5.2.3: a key in full, without certificate, that signed the topmost one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from dane_check.tlsa.match import Note, Outcome, Reason
from tests.pki import (
    EXPIRED,
    HOST,
    assemble,
    ed25519_key,
    key_usage,
    make_ca,
    make_leaf,
    rsa_key,
    subject_alt_name,
    with_patch,
)
from tests.tlsa.chains import judge, record

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)
BARE = (2, 1, 0)
PSS_SHA256 = bytes.fromhex(
    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d"
    "06096086480165030402010500a203020120"
)


class TestBareKeys:
    """R7671-5.2.3-a: The key is tried on the last certificate of the path, when no certificate of the path has it."""

    @pytest.mark.parametrize(("signer", "chain"), [(ROOT, [LEAF, ISSUER]), (ISSUER, [LEAF])])
    def test_the_signer_of_the_topmost_certificate_authenticates(self, signer, chain) -> None:
        """`depth` is that of the certificate it signed; that its own is not served is told."""
        report = judge([record(BARE, signer)], chain)
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, len(chain) - 1)
        assert report.records[0].served_index is None
        assert report.notes >= {Note.TA_BARE_KEY, Note.TA_NOT_SERVED}

    def test_the_signer_of_another_certificate_does_not(self) -> None:
        """The issuer is served, so the topmost is the issuer, and its signer is wanted."""
        report = judge([record(BARE, make_ca("Elsewhere"))], [LEAF, ISSUER])
        assert (report.reason, report.ta_missing) == (Reason.NO_MATCH, False)

    @pytest.mark.parametrize("key", [ed25519_key("root"), rsa_key()])
    def test_every_kind_of_key_is_tried(self, key) -> None:
        """Not ECDSA alone."""
        root = make_ca("Other root", key=key)
        assert judge([record(BARE, root)], [make_leaf(issuer=root)]).outcome is Outcome.AUTHENTICATED

    def test_an_rsa_pss_signature_is_verified(self) -> None:
        """RFC 4055: padding and digests stand in the parameters."""
        root = make_ca("PSS root", key=rsa_key())
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        leaf = assemble(
            spki=LEAF.spki,
            signer=root,
            algorithm=PSS_SHA256,
            extensions=subject_alt_name(HOST.encode()),
            signed_with=lambda signed: rsa_key().sign(signed, pss, hashes.SHA256()),
        )
        assert judge([record(BARE, root)], [leaf]).outcome is Outcome.AUTHENTICATED
        assert judge([record((2, 1, 1), root)], [leaf, root]).outcome is Outcome.AUTHENTICATED

    def test_the_algorithm_is_stated_twice_and_must_agree(self) -> None:
        """RFC 5280 §4.1.1.2: the signed statement is the one that counts."""
        leaf = assemble(
            spki=LEAF.spki,
            signer=ROOT,
            extensions=subject_alt_name(HOST.encode()),
            inner_algorithm=bytes.fromhex("300a06082a8648ce3d040303"),
        )
        assert judge([record(BARE, ROOT)], [leaf]).reason is Reason.NO_MATCH

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"valid": EXPIRED}, Reason.EXPIRED),
            ({"dns_names": ["other.test"]}, Reason.NAME),
            ({"usage": key_usage("key_cert_sign")}, Reason.PURPOSE),
        ],
    )
    def test_the_rest_of_the_path_must_hold(self, changes, reason) -> None:
        """The topmost certificate is unexpired, then the rest and the names are validated."""
        assert judge([record(BARE, ISSUER)], [make_leaf(issuer=ISSUER, **changes)]).reason is reason

    def test_an_expired_top_is_refused(self) -> None:
        """Dates of the certificate that the key signed count, CA or not."""
        old = make_ca("Old issuer", issuer=ROOT, valid=EXPIRED)
        assert judge([record(BARE, ROOT)], [make_leaf(issuer=old), old]).reason is Reason.EXPIRED

    def test_a_served_certificate_with_the_key_decides(self) -> None:
        """Decision A-13: it is matched as a certificate, and refused as one."""
        no_ca = make_ca("No CA", ca=False)
        leaf = make_leaf(issuer=no_ca)
        assert judge([record(BARE, no_ca)], [leaf, no_ca]).reason is Reason.NOT_A_CA
        assert judge([record(BARE, no_ca)], [leaf]).outcome is Outcome.AUTHENTICATED

    def test_the_key_of_a_self_signed_leaf_is_accepted(self) -> None:
        """Decision A-8: it signed the topmost certificate, which is the leaf."""
        leaf = make_leaf()
        report = judge([record(BARE, leaf)], [leaf])
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, 0)
        assert Note.TA_BARE_KEY in report.notes

    def test_the_key_of_a_leaf_that_another_signed_is_not(self) -> None:
        """The leaf's own key vouches for nothing that it did not sign."""
        assert judge([record(BARE, LEAF)], [LEAF]).reason is Reason.NO_MATCH

    def test_a_leaf_that_says_self_signed_and_is_not_is_refused(self) -> None:
        """Names do not make a signature."""
        leaf = make_leaf(signing_key=ISSUER.key)
        assert judge([record(BARE, leaf)], [leaf]).reason is Reason.NO_MATCH

    def test_parameters_that_openssl_ignores_are_ignored(self) -> None:
        """An RSA key beside odd parameters is still the key that signed, as senders with OpenSSL decode it."""
        root = make_ca("RSA root", key=rsa_key())
        odd = with_patch(root.spki, bytes.fromhex("0101010500"), bytes.fromhex("0101011500"))
        report = judge([f"2 1 0 {odd.hex()}"], [make_leaf(issuer=root)])
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, 0)
