"""`dane-check explain`: the catalogue at a shell."""

from __future__ import annotations

import pytest

from dane_check.cli import main
from dane_check.findings import CATALOGUE, Code

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_explained(code: Code, capsys: Capture) -> None:
    """Sentence, severities, remedy, source and the word of TLSRPT."""
    assert main(["explain", code]) == 0
    text, entry = capsys.readouterr().out, CATALOGUE[code]
    assert text.startswith(f"{code}: {', '.join(entry.severities)}\n")
    for part in (entry.says, entry.source, entry.when, entry.tlsrpt or "nothing is reported"):
        assert part in text
    assert entry.remedy.rstrip(": ") in text


def test_without_a_code_all_are_listed(capsys: Capture) -> None:
    """A line each, every one of them once."""
    assert main(["explain"]) == 0
    assert sorted(line.split()[0] for line in capsys.readouterr().out.splitlines()) == sorted(Code)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("tlsa-mismach", "did you mean tlsa-mismatch"),
        ("mismatch", "did you mean"),
        ("qqqqqqqqqqqq", "lists them all"),
        ("\x1b[31m", "there is no finding"),
    ],
)
def test_an_unknown_code_is_a_usage_error_with_what_is_near(typed: str, words: str, capsys: Capture) -> None:
    """Exit 2 and one line."""
    assert main(["explain", typed]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert "\x1b" not in said


def test_capitals_and_blanks_are_forgiven(capsys: Capture) -> None:
    """A code copied from a report."""
    assert main(["explain", " TLSA-Mismatch "]) == 0
    assert capsys.readouterr().out.startswith("tlsa-mismatch: outage\n")
