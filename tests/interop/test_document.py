"""docs/interop.md shows the situations as they are; needs no servers."""

from __future__ import annotations

from pathlib import Path

from .differences import DELV, POSTTLS_FINGER, Difference
from .plan import Situation
from .situations import SITUATIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "interop.md"


def _row(case: Situation) -> str:
    results = ", ".join(sorted(case.results)) or "–"
    return f"| {case.rule} | `{case.domain}` | {case.first_sentence} | {case.verdict}, {case.exit_status} | {results} |"


def test_the_table_in_the_document_is_the_table_of_the_tests() -> None:
    """Each situation has its row, in order, and the document has no other."""
    rows = [line for line in DOCUMENT.read_text().splitlines() if ".test` |" in line and not line.startswith("| `")]
    expected = [_row(case) for case in SITUATIONS]
    assert rows == expected, "the table should read:\n" + "\n".join(expected)


def _differences(differences: dict[str, Difference]) -> list[str]:
    return [f"| `{domain}` | {one.theirs} | {one.ours} | {one.why} |" for domain, one in differences.items()]


def test_the_differences_in_the_document_are_those_of_the_tests() -> None:
    """Each explained difference has its row, delv's before those of posttls-finger, and the document has no other."""
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `") and ".test` |" in line]
    expected = _differences(DELV) + _differences(POSTTLS_FINGER)
    assert rows == expected, "the tables should read:\n" + "\n".join(expected)
