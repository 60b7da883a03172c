"""What is printed for one verdict after the other."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dane_check.check.outcome import DomainCheck
from dane_check.cli.writers import writer_for
from dane_check.report.json import check_to_line, checks_to_text
from dane_check.report.text import TextOptions, check_to_text
from dane_check.survey.element import Form, Rendering
from tests.report.examples import ALL, broken, healthy

CHECKS = [example() for example in ALL.values()]


def written(form: Form, checks: list[DomainCheck], status: int = 0, **shown: bool) -> str:
    rendering = Rendering(form, TextOptions(**shown))
    writer = writer_for(rendering)
    elements = [rendering.element(check.verdict.domain, check) for check in checks]
    return "".join(map(writer.add, elements)) + writer.end(status)


@pytest.mark.parametrize("count", [0, 1, 2, len(CHECKS)])
def test_the_json_document_written_in_pieces_is_the_document(count: int) -> None:
    """Written piece by piece or at once, it is the same document."""
    text = written(Form.JSON, CHECKS[:count])
    assert json.loads(text) == json.loads(checks_to_text(CHECKS[:count]))
    assert text.endswith("}\n")


def test_json_lines_are_one_object_each() -> None:
    """A line is a whole verdict."""
    assert written(Form.LINES, CHECKS) == "".join(check_to_line(check) + "\n" for check in CHECKS)


def test_a_single_text_report_is_the_report() -> None:
    """Nothing is added to a single report."""
    assert written(Form.TEXT, [broken()]) == check_to_text(broken())


def test_several_text_reports_are_set_apart_and_counted() -> None:
    """An empty line between reports, and one line about all of them."""
    text = written(Form.TEXT, [healthy(), broken(), healthy()], 1)
    assert text.endswith("\n\n3 domains: 2 protected, 1 broken  [exit status 1]\n")
    assert text.count("\n\n") == 3


def test_quiet_reports_follow_each_other_without_a_gap() -> None:
    """`-q` is for a log."""
    text = written(Form.TEXT, [healthy(), healthy()], quiet=True)
    assert [line[:9] for line in text.splitlines()] == ["PROTECTED", "PROTECTED", "", "2 domains"]


def test_evidence_never_stands_in_the_json() -> None:
    """What was heard is written by --evidence only."""
    from tests.evidence.samples import evidence

    check = replace(healthy(), evidence=evidence())
    assert check_to_line(check) == check_to_line(healthy())
