"""RFC 7671 §5.2.2: an anchor named by its digest must be served; a certificate in full may be in DNS alone."""

from __future__ import annotations

import pytest

from dane_check.tlsa.match import Note, Outcome, Reason
from tests.pki import EXPIRED, make_ca, make_leaf
from tests.tlsa.chains import judge, record, wrong

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)
DIGESTS = [(2, 0, 1), (2, 0, 2), (2, 1, 1), (2, 1, 2)]


@pytest.mark.parametrize("numbers", DIGESTS)
class TestDigests:
    """R7671-5.2.2-c: Nobody can build a path to a certificate of which he has the digest alone."""

    def test_a_served_anchor_is_matched_where_it_stands(self, numbers) -> None:
        """The digest is compared with every issuer on the path."""
        report = judge([record(numbers, ROOT)], [LEAF, ISSUER, ROOT])
        assert (report.outcome, report.depth, report.records[0].served_index) == (Outcome.AUTHENTICATED, 2, 2)

    @pytest.mark.parametrize(("anchor", "chain"), [(ROOT, [LEAF, ISSUER]), (ISSUER, [LEAF])])
    def test_an_anchor_left_out_of_the_chain_is_missing(self, numbers, anchor, chain) -> None:
        """S4-A14, R7671-5.2-a, R7672-3.1.2-a: only digests of anchors are published and no anchor is served."""
        report = judge([record(numbers, anchor)], chain)
        assert report.reason is Reason.NO_MATCH
        assert report.ta_missing
        assert Note.TA_NOT_SERVED in report.notes

    def test_beside_another_usable_record_nothing_is_missing(self, numbers) -> None:
        """S4-A15: with an end-entity record that misses as well, it is a mismatch."""
        report = judge([record(numbers, ROOT), wrong((3, 1, 1))], [LEAF, ISSUER])
        assert report.reason is Reason.NO_MATCH
        assert not report.ta_missing

    def test_a_trust_store_does_not_help(self, numbers) -> None:
        """R7671-5.2.2-a: §5.2.2: only served certificates, and those in the records, are used for usage 2."""
        report = judge([record(numbers, ROOT)], [LEAF, ISSUER], service="generic", roots=[ROOT.der])
        assert report.outcome is Outcome.FAILED


class TestFullCertificates:
    """`2 0 0`: the record brings the anchor along."""

    @pytest.mark.parametrize(("anchor", "chain"), [(ROOT, [LEAF, ISSUER]), (ISSUER, [LEAF])])
    def test_an_anchor_in_dns_alone_is_found(self, anchor, chain) -> None:
        """R7671-5.2.2-b, -5.2-a: Verification must work where the anchor appears in DNS only; that it is not served is
        told."""
        report = judge([record((2, 0, 0), anchor)], chain)
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, len(chain))
        assert report.records[0].served_index is None
        assert Note.TA_NOT_SERVED in report.notes

    @pytest.mark.parametrize(("anchor", "place"), [(ISSUER, 1), (ROOT, 2)])
    def test_an_anchor_that_is_served_as_well_is_not_called_missing(self, anchor, place) -> None:
        """R7671-5.2-a: the record brings it along, and there it stands in the chain."""
        report = judge([record((2, 0, 0), anchor)], [LEAF, ISSUER, ROOT])
        assert (report.outcome, report.records[0].served_index) == (Outcome.AUTHENTICATED, place)
        assert Note.TA_NOT_SERVED not in report.notes

    def test_its_dates_count_as_those_of_a_served_one(self) -> None:
        """An expired root is refused wherever it comes from."""
        root = make_ca("Old root", valid=EXPIRED)
        assert judge([record((2, 0, 0), root)], [make_leaf(issuer=root)]).reason is Reason.EXPIRED

    def test_it_helps_no_other_record(self) -> None:
        """Each record is judged alone: a digest does not match what another record brings."""
        report = judge([record((2, 0, 0), ROOT), record((2, 0, 1), ROOT)], [LEAF, ISSUER])
        assert [one.alone for one in report.records] == [Outcome.AUTHENTICATED, Outcome.FAILED]

    def test_a_certificate_that_issued_nothing_here_is_no_anchor(self) -> None:
        """In hand is not on the path."""
        assert judge([record((2, 0, 0), make_ca("Elsewhere"))], [LEAF, ISSUER]).reason is Reason.NO_MATCH
