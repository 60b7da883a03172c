"""RFC 7671 §9: of several digests for one usage and selector only the strongest counts."""

from __future__ import annotations

import pytest

from dane_check.tlsa.match import Note, Outcome, RecordState
from dane_check.tlsa.record import TlsaRecord
from tests.pki import make_ca, make_leaf
from tests.tlsa.chains import judge, record, wrong

ROOT = make_ca("Root")
LEAF = make_leaf(issuer=ROOT)
CHAIN = [LEAF, ROOT]
GOOD = record((3, 1, 1), LEAF)
STRONGER = wrong((3, 1, 2))
IGNORED = RecordState.IGNORED_DIGEST_AGILITY


class TestAgility:
    """A key that matches a weaker digest alone is not accepted (decision A-7)."""

    @pytest.mark.parametrize("turn", [1, -1])
    def test_a_weaker_digest_is_ignored(self, turn: int) -> None:
        """R7671-9-b, -9-d, -9-e: The stronger one misses, so the set does; the weaker one's match is told."""
        report = judge([GOOD, STRONGER][::turn], CHAIN)
        assert report.outcome is Outcome.FAILED
        assert report.agility_only
        assert {one.state for one in report.records} == {IGNORED, RecordState.USABLE}
        assert next(one for one in report.records if one.state is IGNORED).alone is Outcome.AUTHENTICATED

    def test_an_unusable_record_displaces_nothing(self) -> None:
        """R7671-9-a: Unusable records are gone before the strongest is chosen."""
        for bad in (TlsaRecord(3, 1, 2, bytes(63)), TlsaRecord(3, 1, 3, bytes(64))):
            assert judge([GOOD, bad], CHAIN).outcome is Outcome.AUTHENTICATED

    def test_full_data_is_never_ignored(self) -> None:
        """R7671-9-c: Full(0) is no digest."""
        report = judge([record((3, 1, 0), LEAF), STRONGER], CHAIN)
        assert report.outcome is Outcome.AUTHENTICATED
        assert Note.AGILITY_ONLY_WEAKER_MATCHES not in report.notes

    @pytest.mark.parametrize("good", [record((3, 0, 1), LEAF), record((2, 1, 1), ROOT)])
    def test_another_selector_or_usage_is_another_set(self, good: TlsaRecord) -> None:
        """R7671-9-f: Agility stays within one usage and one selector."""
        report = judge([good, STRONGER], CHAIN)
        assert report.outcome is Outcome.AUTHENTICATED
        assert IGNORED not in {one.state for one in report.records}

    def test_several_of_the_strongest_all_count(self) -> None:
        """R7671-9-b: The strongest digest may stand for several keys."""
        report = judge([STRONGER, record((3, 1, 2), LEAF), wrong((3, 1, 1))], CHAIN)
        assert (report.outcome, report.matched) == (Outcome.AUTHENTICATED, 1)

    def test_it_holds_for_trust_anchors(self) -> None:
        """R7671-9-b: §9 does not tell usages apart."""
        report = judge([record((2, 0, 1), ROOT), wrong((2, 0, 2))], CHAIN)
        assert report.outcome is Outcome.FAILED
        assert report.agility_only
        assert not report.ta_missing
