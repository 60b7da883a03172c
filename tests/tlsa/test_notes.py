"""What a report says beside its outcome."""

from __future__ import annotations

import pytest
from cryptography import x509

from dane_check.tlsa.der import BIT_STRING, encode
from dane_check.tlsa.match import Note, Outcome, Reason
from tests.pki import HOST, assemble, make_ca, make_leaf, sequence, with_patch
from tests.tlsa.chains import judge, record, wrong

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)


def test_an_orderly_chain_needs_no_words() -> None:
    """A valid leaf of the right name, its issuers in order, and a record that matches."""
    assert judge([record((3, 1, 1), LEAF), record((2, 1, 1), ROOT)], [LEAF, ISSUER, ROOT]).notes == frozenset()


@pytest.mark.parametrize(
    ("leaf", "note"),
    [
        (make_leaf(issuer=ISSUER, dns_names=["other.test"]), Note.LEAF_NAME_MISMATCH),
        (make_leaf(HOST, issuer=ISSUER, dns_names=None), Note.CN_ONLY_NAME),
        (make_leaf(), Note.SELF_SIGNED_LEAF),
    ],
)
def test_what_other_clients_would_mind_in_the_leaf(leaf, note) -> None:
    """DANE-EE authenticates it; the note is for those who look at more."""
    report = judge([record((3, 1, 1), leaf)], [leaf])
    assert report.outcome is Outcome.AUTHENTICATED
    assert report.notes == {note}


@pytest.mark.parametrize(
    ("chain", "notes"),
    [
        ([LEAF, ROOT, ISSUER], {Note.CHAIN_OUT_OF_ORDER}),
        ([LEAF, ISSUER, make_ca("Elsewhere")], {Note.SUPERFLUOUS_CERTIFICATES}),
        ([LEAF, ISSUER, ISSUER], {Note.SUPERFLUOUS_CERTIFICATES}),
        ([LEAF, ISSUER, b"junk"], {Note.SUPERFLUOUS_CERTIFICATES, Note.UNPARSABLE_CERTIFICATE}),
    ],
)
def test_what_is_wrong_with_the_chain_as_served(chain, notes) -> None:
    """RFC 8446 §4.4.2: clients put up with it, and some do not."""
    report = judge([record((2, 1, 1), ISSUER)], chain)
    assert (report.outcome, report.notes) == (Outcome.AUTHENTICATED, notes)


def test_a_next_anchor_is_not_called_missing_while_another_matches() -> None:
    """RFC 7672 §4: the record for the next key stands beside the current one."""
    report = judge([record((2, 1, 1), ROOT), wrong((2, 1, 1))], [LEAF, ISSUER, ROOT])
    assert report.notes == frozenset()


class TestExplanation:
    """A failed set is explained by the record that came closest."""

    def test_a_path_that_fails_says_more_than_a_record_that_misses(self) -> None:
        """S4-A11 before S4-A15: the anchor was found, only the name is wrong."""
        leaf = make_leaf(issuer=ISSUER, dns_names=["other.test"])
        report = judge([wrong((3, 1, 1)), record((2, 1, 1), ISSUER)], [leaf, ISSUER])
        assert report.reason is Reason.NAME
        assert [one.reason for one in report.records] == [Reason.NO_MATCH, Reason.NAME]

    def test_names_are_blamed_only_where_the_path_holds(self) -> None:
        """A forged leaf with another name is forged, not misnamed."""
        forged = make_leaf(issuer=ISSUER, signing_key=ROOT.key, dns_names=["other.test"])
        assert judge([record((2, 1, 1), ISSUER)], [forged, ISSUER]).reason is Reason.SIGNATURE


class TestKeysThatNoSenderTakes:
    """Decision A-15: the leaf's key is looked at before any record."""

    @pytest.mark.parametrize(
        "algorithm",
        [
            bytes.fromhex("06072a8648ce3d020106052b81040006"),  # secp112r1
            bytes.fromhex("06042a030405"),  # nobody's
        ],
    )
    def test_weak_curves_and_unknown_keys(self, algorithm: bytes) -> None:
        """Whatever OpenSSL cannot decode counts as too weak there, and here."""
        spki = sequence(sequence(algorithm), encode(BIT_STRING, b"\0\4", bytes(28)))
        leaf = assemble(spki=spki)
        assert judge([record((3, 1, 1), leaf)], [leaf]).reason is Reason.WEAK_CRYPTO


@pytest.mark.parametrize("oid", ["2.5.29.31", "1.3.6.1.5.5.7.1.7"])
def test_an_extension_that_openssl_cannot_decode_keeps_a_ca_out(oid: str) -> None:
    """Distribution points and address blocks: we do not read them, OpenSSL does."""
    junk = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")
    issuer = make_ca("Issuer", issuer=ROOT, more=[(junk, False)])
    chain = [make_leaf(issuer=issuer), issuer, ROOT]
    assert judge([record((2, 1, 1), issuer)], chain).reason is Reason.NO_MATCH


def test_an_issuer_with_a_malformed_extension_issues_nothing() -> None:
    """OpenSSL leaves it out of every path; so would every sender."""
    broken = with_patch(ISSUER.der, bytes.fromhex("0603551d0e041604"), bytes.fromhex("0603551d0e041605"))
    report = judge([record((2, 1, 1), broken)], [LEAF, broken, ROOT])
    assert report.reason is Reason.NO_MATCH
