"""Every row of the requirements is shown by a test or a scenario, or has the reason why that is not ours to do."""

from __future__ import annotations

import re

import pytest

from tests.docs import conformance

TABLE = conformance.table()
IDS = {row.id for row in TABLE.rows}


@pytest.mark.parametrize("section", conformance.COMPLETE)
def test_every_row_is_shown_or_not_ours(section: int) -> None:
    """Rows of §10 alone may have neither; they are listed at the end of docs/conformance.md."""
    assert [row.id for row in TABLE.gaps if row.section == section] == []


@pytest.mark.parametrize("row", sorted(TABLE.not_ours))
def test_what_is_not_ours_is_a_row_that_nothing_shows(row: str) -> None:
    """What a test shows is ours, and leaves not_ours.toml."""
    assert row in IDS
    assert not TABLE.shown.get(row)


@pytest.mark.parametrize("row", sorted(TABLE.not_ours))
def test_every_reason_is_one_sentence(row: str) -> None:
    """For a reader who knows the row and not our history."""
    assert re.fullmatch(r"[A-Z].{20,}[^.]\.", TABLE.not_ours[row])


def test_a_row_without_witness_is_a_gap() -> None:
    """The check above would notice."""
    one, other = TABLE.rows[:2]
    lacking = conformance.Table((one, other), TABLE.headings, {one.id: ["a test"]}, {})
    assert [row.id for row in lacking.gaps] == [other.id]
    assert lacking.count() == "1 of 2 shown"
    excused = conformance.Table((one, other), TABLE.headings, {one.id: ["a test"]}, {other.id: "Why."})
    assert excused.gaps == ()
    assert excused.count() == "1 of 1 shown, 1 not ours (each with its reason)"
