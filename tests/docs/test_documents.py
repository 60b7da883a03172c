"""Documents that are written by programs are what the programs write."""

from __future__ import annotations

import pytest

from tests.docs import conformance, explain, faults

ORDER = {
    row.id: place
    for place, row in enumerate(conformance.rows((conformance.ROOT / "docs/requirements.md").read_text())[0])
}


def test_the_conformance_table_is_up_to_date() -> None:
    """`make docs` was run after the last test or scenario that names a row."""
    assert conformance.TARGET.read_text() == conformance.document()


def test_the_worked_examples_are_up_to_date() -> None:
    """`make docs` was run after the last change of what `--explain` shows."""
    assert explain.TARGET.read_text() == explain.document()


def test_the_counts_of_the_fault_matrix_are_up_to_date() -> None:
    """`make docs` was run after the last change of its scenarios, its faults, or what a check asks."""
    assert faults.TARGET.read_text() == faults.document()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("R4035-5.3.2-a: words", ["R4035-5.3.2-a"]),
        ("R4035-5.3.2-a, -b and -5.3.4-a", ["R4035-5.3.2-a", "R4035-5.3.2-b", "R4035-5.3.4-a"]),
        ("(ZC-a). ALG-c, L-11", ["ZC-a", "ALG-c"]),
        ("S2-06 … S2-06d", ["S2-06", "S2-06", "S2-06b", "S2-06c", "S2-06d"]),
        ("R4035-99-z, UTF-8", []),
    ],
)
def test_rows_are_found_in_words(text: str, rows: list[str]) -> None:
    """In full, by their endings, and by ranges; what is no row is nothing."""
    assert list(conformance.named(text, ORDER)) == rows


def test_every_section_has_rows() -> None:
    """A table whose shape changed would otherwise count as shown."""
    every, _ = conformance.rows((conformance.ROOT / "docs/requirements.md").read_text())
    assert {row.section for row in every} == set(conformance.SECTIONS)
    assert len(ORDER) == len(every)
