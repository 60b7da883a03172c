"""RFC 7671 §5.3 and §5.4: usages 0 and 1 need the trust store as well; SMTP has neither (RFC 7672 §3.1.3)."""

from __future__ import annotations

import pytest

from dane_check.tlsa.match import Outcome, Reason, RecordState
from tests.pki import EXPIRED, make_ca, make_leaf
from tests.tlsa.chains import judge, record, wrong

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)
CHAIN = [LEAF, ISSUER]


class TestTrustStore:
    """A match and a path to a trusted root: both, or nothing."""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [({"valid": EXPIRED}, Reason.EXPIRED), ({"dns_names": ["other.test"]}, Reason.NAME)],
    )
    def test_dates_and_names_of_the_leaf_count(self, changes, reason) -> None:
        """R7671-5.3-a: §5.3: PKIX-EE is a match on top of ordinary validation."""
        leaf = make_leaf(issuer=ISSUER, **changes)
        report = judge([record((1, 1, 1), leaf)], [leaf, ISSUER], service="generic", roots=[ROOT.der])
        assert report.reason is reason

    def test_an_expired_root_is_no_root(self) -> None:
        """The store does not make an expired certificate valid."""
        root = make_ca("Old root", valid=EXPIRED)
        leaf = make_leaf(issuer=root)
        report = judge([record((1, 1, 1), leaf)], [leaf], service="generic", roots=[root.der])
        assert report.reason is Reason.EXPIRED

    def test_an_intermediate_in_the_store_does_not_end_the_path(self) -> None:
        """R7671-5.4-a: §5.4: it is extended past a trusted certificate that is not self-signed."""
        published = record((0, 1, 1), ROOT)
        both = judge([published], CHAIN, service="generic", roots=[ISSUER.der, ROOT.der])
        assert (both.outcome, both.depth, both.records[0].served_index) == (Outcome.AUTHENTICATED, 2, None)
        alone = judge([published], CHAIN, service="generic", roots=[ISSUER.der])
        assert alone.reason is Reason.UNTRUSTED

    def test_a_root_of_the_store_can_be_the_match(self) -> None:
        """Usage 0 names a CA of the path, wherever that CA was found."""
        report = judge([record((0, 0, 1), ROOT)], CHAIN, service="generic", roots=[ROOT.der])
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, 2)

    def test_a_twin_of_a_root_is_not_trusted(self) -> None:
        """A self-signed certificate with the name of a root and another key is an impostor."""
        twin = make_ca("Root", key=make_ca("Other").key)
        leaf = make_leaf(issuer=twin)
        report = judge([record((1, 1, 1), leaf)], [leaf, twin], service="generic", roots=[ROOT.der])
        assert report.outcome is Outcome.FAILED

    def test_a_self_signed_leaf_in_the_store_is_its_own_root(self) -> None:
        """Trusting a server's certificate itself is ordinary validation."""
        leaf = make_leaf()
        report = judge([record((1, 1, 1), leaf)], [leaf], service="generic", roots=[leaf.der])
        assert report.outcome is Outcome.AUTHENTICATED


class TestSmtp:
    """RFC 7672 §3.1.3: between mail servers usages 0 and 1 are unusable, and never read as 2 and 3."""

    @pytest.mark.parametrize(("numbers", "made"), [((1, 1, 1), LEAF), ((0, 1, 1), ISSUER)])
    def test_a_record_that_would_match_is_not_used(self, numbers, made) -> None:
        """R7671-4-a, R7672-3.1.3-b: Not even beside a trust store in which everything verifies."""
        report = judge([record(numbers, made)], CHAIN, roots=[ROOT.der])
        assert report.outcome is Outcome.NO_USABLE_TLSA
        assert report.records[0].state is RecordState.UNUSABLE

    def test_it_does_not_rescue_a_set(self) -> None:
        """R7672-3.2-a: The usable record misses, so the set does."""
        report = judge([record((1, 1, 1), LEAF), wrong((3, 1, 1))], CHAIN, roots=[ROOT.der])
        assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.NO_MATCH)
