"""Keys to come: only DANE-EE(3) records on the SPKI can be judged, and a key without one is told before it is used."""

from __future__ import annotations

import pytest

from dane_check import Rehearsal, Settings, rehearse_sync
from dane_check.findings import Code
from dane_check.lab.keys import KeyKind
from dane_check.rehearsal.candidates import candidate_records
from dane_check.rehearsal.moments import Fate
from dane_check.rehearsal.outcome import Would
from dane_check.rehearsal.planned import planned_fate
from dane_check.rehearsal.rollover.situation import NextKey
from tests.rehearsal.made import HOST, NOW, chain, codes, pem, record

NOW_SERVED, NEXT = chain("old"), chain("next", KeyKind.RSA)
KEY = NextKey.of(NEXT.leaf.spki, "next.key")
OF_KEY, OF_SERVED = record("3 1 1", NEXT), record("3 1 1", NOW_SERVED)
SHA512 = record("3 1 2", NOW_SERVED)


@pytest.mark.parametrize(
    ("records", "fate"),
    [
        ([OF_KEY], Fate.AUTHENTICATES),
        ([OF_SERVED, OF_KEY], Fate.AUTHENTICATES),
        ([record("3 1 2", NEXT)], Fate.AUTHENTICATES),
        ([record("3 1 0", NEXT)], Fate.AUTHENTICATES),
        ([OF_SERVED], Fate.REFUSES),
        ([OF_KEY, SHA512], Fate.REFUSES),
        ([OF_SERVED, record("2 1 1", NOW_SERVED)], Fate.CANNOT_TELL),
        ([record("3 0 1", NOW_SERVED)], Fate.CANNOT_TELL),
        (["3 1 1 abcd"], Fate.UNAUTHENTICATED),
        ([record("1 1 1", NEXT)], Fate.UNAUTHENTICATED),
    ],
)
def test_r7672_4_a_a_key_needs_its_record_before_it_is_used(records: list[str], fate: Fate) -> None:
    """R7672-4-a: by usage 3, selector 1 and any matching type that digest agility leaves in force."""
    found = planned_fate(KEY, candidate_records(records, "tlsa"), f"_25._tcp.{HOST}")
    assert found.fate is fate
    assert (found.record is None) is (fate is not Fate.AUTHENTICATES)
    assert found.line == (None if found.record else f"_25._tcp.{HOST}. IN TLSA {OF_KEY}")


def play(*records: str) -> Rehearsal:
    """The records with the chain in use and the key to come."""
    settings = Settings(now=NOW)
    return rehearse_sync([HOST], tlsa=records, chains=[pem(NOW_SERVED)], keys=[KEY], offline=True, settings=settings)


def test_r7672_4_a_a_planned_key_without_its_record_is_a_finding_of_weight() -> None:
    """R7672-4-a, D-7: the set authenticates today, and the key change would break it."""
    found = play(OF_SERVED)
    assert (found.would, found.exit_status, found.reason) == (Would.BE_PROTECTED, 1, "publisher-rules")
    assert Code.ROLLOVER_NEXT_MISSING in codes(found)


def test_r7672_4_a_with_its_record_all_is_well() -> None:
    """R7672-4-a: two records, current and next."""
    found = play(OF_SERVED, OF_KEY)
    assert found.exit_status == 0
    assert [one.fate for one in found.hosts[0].planned] == [Fate.AUTHENTICATES]


def test_a_key_alone_is_enough_offline() -> None:
    """What is served is not known then, and nothing is claimed of it."""
    found = rehearse_sync([HOST], tlsa=[OF_KEY], keys=[NEXT.leaf.spki], offline=True, settings=Settings(now=NOW))
    assert (found.would, found.exit_status) == (Would.CANNOT_TELL, 4)
    assert [one.fate for one in found.hosts[0].planned] == [Fate.AUTHENTICATES]
