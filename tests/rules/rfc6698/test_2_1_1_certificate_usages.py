"""RFC 6698 §2.1.1: what each of the four usages compares, and what else it asks for."""

from __future__ import annotations

import pytest

from dane_check.tlsa.match import Outcome, Reason
from tests.pki import make_ca, make_leaf
from tests.tlsa.chains import judge, record

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)
CHAIN = [LEAF, ISSUER, ROOT]


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching_type", [0, 1, 2])
class TestUsages:
    """R6698-6-a, R6698-2.1.3-a: Every selector and matching type means the same under every usage."""

    @pytest.mark.parametrize("anchor", [ISSUER, ROOT])
    def test_pkix_ta_is_an_issuer_below_a_trusted_root(self, selector, matching_type, anchor) -> None:
        """R6698-2.1.1-a: Usage 0: the path passes PKIX and contains a CA that the record names."""
        published = record((0, selector, matching_type), anchor)
        trusted = judge([published], CHAIN, service="generic", roots=[ROOT.der])
        assert (trusted.outcome, trusted.depth) == (Outcome.AUTHENTICATED, CHAIN.index(anchor))
        assert judge([published], CHAIN, service="generic").reason is Reason.UNTRUSTED

    def test_pkix_ee_is_the_leaf_below_a_trusted_root(self, selector, matching_type) -> None:
        """R6698-2.1.1-b: Usage 1: the leaf is named and its path passes PKIX."""
        published = record((1, selector, matching_type), LEAF)
        trusted = judge([published], CHAIN, service="generic", roots=[ROOT.der])
        assert (trusted.outcome, trusted.depth) == (Outcome.AUTHENTICATED, 0)
        assert judge([published], CHAIN, service="generic").reason is Reason.UNTRUSTED

    @pytest.mark.parametrize("anchor", [ISSUER, ROOT])
    def test_dane_ta_is_an_issuer_on_the_path(self, selector, matching_type, anchor) -> None:
        """R6698-2.1.1-c: Usage 2: a path leads to the certificate that the record names; no other trust is needed."""
        report = judge([record((2, selector, matching_type), anchor)], CHAIN)
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, CHAIN.index(anchor))

    def test_dane_ee_is_the_leaf(self, selector, matching_type) -> None:
        """R6698-2.1.1-d: Usage 3: the leaf is named, and that is all."""
        report = judge([record((3, selector, matching_type), LEAF)], [LEAF])
        assert (report.outcome, report.depth) == (Outcome.AUTHENTICATED, 0)

    @pytest.mark.parametrize("usage", [1, 3])
    def test_an_end_entity_record_names_no_issuer(self, usage, selector, matching_type) -> None:
        """Usages 1 and 3 look at the leaf alone."""
        published = record((usage, selector, matching_type), ISSUER)
        report = judge([published], CHAIN, service="generic", roots=[ROOT.der])
        assert report.reason is Reason.NO_MATCH

    @pytest.mark.parametrize("usage", [0, 2])
    def test_an_anchor_record_names_no_leaf(self, usage, selector, matching_type) -> None:
        """Usages 0 and 2 look at issuers alone."""
        published = record((usage, selector, matching_type), LEAF)
        report = judge([published], CHAIN, service="generic", roots=[ROOT.der])
        assert report.reason is Reason.NO_MATCH


@pytest.mark.parametrize("usage", [2, 3])
def test_a_bare_key_in_place_of_a_certificate_is_none(usage: int) -> None:
    """R6698-2.1.1-e: usages describe PKIX certificates; a raw public key is compared with nothing."""
    report = judge([record((usage, 1, 1), LEAF), record((usage, 1, 0), LEAF)], [LEAF.spki])
    assert report.outcome is Outcome.FAILED
