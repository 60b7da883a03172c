"""RFC 7671 §8.2 and RFC 7672 §4: the order of steps, each rehearsed with the set that caches may hold still."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dane_check import Rehearsal, Settings, rehearse_sync
from dane_check.findings import Code
from dane_check.rehearsal.outcome import Would
from tests.pki import HOST, NOW, Made, make_ca, make_leaf
from tests.tlsa.chains import Numbers, record

OLD_CA, NEW_CA = make_ca("Old CA"), make_ca("New CA")
EE, TA = (3, 1, 1), (2, 1, 1)


def text(numbers: Numbers, made: Made) -> str:
    return record(numbers, made).to_text()


def step(published: list[str], chain: Sequence[Made], previous: list[str]) -> Rehearsal:
    """Publishing this set, in place of the previous one, while this chain is served."""
    served = [[one.der for one in chain]]
    return rehearse_sync(
        [HOST], tlsa=published, chains=served, previous=previous, offline=True, settings=Settings(now=NOW)
    )


class TestFromLeafToAnchor:
    """§8.2: from `3 1 1` of the old key over `3 1 1` of the new one to `2 1 1` of its issuer."""

    OLD = make_leaf("old", issuer=OLD_CA)
    NEW = make_leaf("new", issuer=NEW_CA)
    EE_OLD, EE_NEW, TA_NEW = text(EE, OLD), text(EE, NEW), text(TA, NEW_CA)

    @pytest.mark.parametrize(
        ("published", "chain", "previous"),
        [
            ([EE_OLD, EE_NEW], [OLD, OLD_CA], [EE_OLD]),
            ([EE_NEW, TA_NEW], [NEW, NEW_CA], [EE_OLD, EE_NEW]),
            ([TA_NEW], [NEW, NEW_CA], [EE_NEW, TA_NEW]),
        ],
        ids=["the new key beside the old", "the anchor when the old key is gone", "the anchor alone"],
    )
    def test_each_step_in_order_is_right(
        self, published: list[str], chain: Sequence[Made], previous: list[str]
    ) -> None:
        """R7671-8.2-a: no sender refuses at any moment, and the rehearsal has nothing against it."""
        found = step(published, chain, previous)
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 0)

    def test_the_anchor_beside_the_old_key_is_too_early(self) -> None:
        """R7671-8.2-a: its combination matches nothing that is served yet."""
        found = step([self.EE_OLD, self.TA_NEW], [self.OLD, OLD_CA], [self.EE_OLD])
        assert found.exit_status == 1
        assert Code.COMBO_WITHOUT_MATCH in {one.code for one in found.findings}

    def test_the_anchor_in_place_of_the_old_key_is_two_changes(self) -> None:
        """R7671-8.2-a: key and parameters at once leave no moment that is safe."""
        found = step([self.TA_NEW], [self.NEW, NEW_CA], [self.EE_OLD])
        assert found.exit_status == 1
        assert Code.TWO_CHANGES_AT_ONCE in {one.code for one in found.findings}


class TestAnchorRollover:
    """RFC 7672 §4: a new anchor is published before it signs, the old one removed when nothing needs it."""

    BY_OLD = (make_leaf("a", issuer=OLD_CA), OLD_CA)
    BY_NEW = (make_leaf("b", issuer=NEW_CA), NEW_CA)
    TA_OLD, TA_NEW = text(TA, OLD_CA), text(TA, NEW_CA)

    @pytest.mark.parametrize(
        ("published", "chain", "previous"),
        [
            ([TA_OLD, TA_NEW], BY_OLD, [TA_OLD]),
            ([TA_OLD, TA_NEW], BY_NEW, [TA_OLD, TA_NEW]),
            ([TA_NEW], BY_NEW, [TA_OLD, TA_NEW]),
        ],
        ids=["published before it signs", "both while both are served", "the old one last"],
    )
    def test_each_step_in_order_is_right(
        self, published: list[str], chain: Sequence[Made], previous: list[str]
    ) -> None:
        """R7672-4-c."""
        assert step(published, chain, previous).exit_status == 0

    def test_an_anchor_that_signs_before_caches_know_it_is_early(self) -> None:
        """R7672-4-c: the new anchor replaces the old one in the same moment as its certificates go into service."""
        found = step([self.TA_NEW], self.BY_NEW, [self.TA_OLD])
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 1)
        assert Code.ROLLOVER_GAP in {one.code for one in found.findings}

    def test_an_anchor_removed_before_its_last_certificate_is_missed(self) -> None:
        """R7672-4-c: a server that still has a certificate of the old CA is refused."""
        found = step([self.TA_NEW], self.BY_OLD, [self.TA_OLD, self.TA_NEW])
        assert (found.would, found.exit_status) == (Would.BE_BROKEN, 1)
