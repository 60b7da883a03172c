"""Requirements §19: every row is a situation of the lab, the worked cases come to what they say, and so do reports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dane_check.findings import Code
from dane_check.lab import Scenario, load_scenarios
from tests.docs.conformance import COMPLETE, ROOT
from tests.findings.test_catalogue import TLSRPT

EVIDENCE = ROOT / "fixtures" / "evidence"
LINES = (ROOT / "docs" / "requirements.md").read_text("utf-8").splitlines()
SCENARIOS = load_scenarios()
WORDS = "PROTECTED|PARTIAL|UNPROTECTED|BROKEN|UNDETERMINED|NOT-APPLICABLE"


def tables() -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of §19 with their cells by column."""
    columns: list[str] = []
    for line in LINES[LINES.index(next(one for one in LINES if one.startswith("## 19."))) :]:
        if line.startswith("## 20."):
            return
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] in {"#", "case"}:
            columns = cells
        elif re.fullmatch(r"(S\d|W)-[A-Z]?\d+[a-d]*", cells[0]) and len(cells) == len(columns):
            yield cells[0], dict(zip(columns, cells, strict=True))


ROWS = dict(tables())
WORKED = {row: cells for row, cells in ROWS.items() if row.startswith("W-")}


def playing(row: str) -> list[Scenario]:
    return [one for one in SCENARIOS if row in one.rule]


def recorded(scenario: Scenario) -> dict[str, Any]:
    return json.loads((EVIDENCE / f"{scenario.id}.verdict.json").read_text("utf-8"))


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(one)


def unplayable(row: str) -> bool:
    """A literal has no zone; what is no name is refused first; stub mode is void; Python's ssl has no anonymous TLS."""
    return row in {"S1-01", "S1-02", "S2-12", "S4-A18"}


def test_every_row_is_there() -> None:
    """A table whose shape changed would otherwise count as played."""
    assert len(WORKED) == 48
    assert len(ROWS) == sum(bool(re.match(r"\| (S\d|W)-", line)) for line in LINES)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_a_situation(row: str) -> None:
    """Each stage row and each worked case is played from start to end, but for those that cannot be."""
    assert bool(playing(row)) is not unplayable(row)


@pytest.mark.parametrize("case", WORKED)
class TestWorkedCases:
    """§19.6: the words of the table are those of the verdicts, no more and no fewer."""

    def test_the_verdicts_are_those_of_the_table(self, case: str) -> None:
        """Word and exit status of every variant."""
        said = re.findall(rf"({WORDS}) (\d)", WORKED[case]["expect"])
        assert {(word.lower(), int(status)) for word, status in said} == {
            (verdict["verdict"], verdict["exit_status"]) for verdict in map(recorded, playing(case))
        }

    def test_the_words_beside_them_are_said(self, case: str) -> None:
        """Host words, results, reasons, findings and TLSRPT words in backticks are somewhere in the verdicts."""
        wanted = {word.lower() for word in re.findall(r"`([A-Za-z0-9-]+)`", WORKED[case]["expect"])} - {"--strict"}
        said = {text for one in playing(case) for text in (*strings(recorded(one)), *one.expect.findings)}
        assert wanted <= said

    def test_where_nothing_may_be_connected_to_nothing_is(self, case: str) -> None:
        """`no TCP`, `no TLSA query` and `no further query` are limits of the scenario."""
        expect = WORKED[case]["expect"]
        for one in playing(case):
            failed = one.expect.verdict.value in {"broken", "undetermined"}
            assert "no TCP" not in expect or not failed or one.expect.connections == 0
            assert not re.search("no (TLSA|further) query", expect) or one.expect.tlsa_questions == 0

    def test_the_server_name_is_the_one_of_the_table(self, case: str) -> None:
        """`SNI = final` and `SNI = mx` are the only values seen."""
        if name := re.search(r"SNI = (\w+)", WORKED[case]["expect"]):
            assert {sni.partition(".")[0] for one in playing(case) for sni in one.expect.sni} == {name[1]}


REPORTED = {row: cells for row, cells in ROWS.items() if row[:2] in ("S3", "S4") and playing(row)}


def allowed(row: str) -> set[str]:
    """The TLSRPT words a row allows; those it takes over from another row included."""
    cell = next(text for column, text in REPORTED[row].items() if column.startswith("TLSRPT"))
    words = set(re.findall(r"`([a-z-]+)`", cell)) & TLSRPT
    return words | {word for other in re.findall(r"as (S4-\w+)", cell) for word in allowed(other)}


def has_column(row: str) -> bool:
    return any(column.startswith("TLSRPT") for column in REPORTED[row])


@pytest.mark.parametrize("row", [row for row in REPORTED if has_column(row) and row not in {"S4-A20", "S4-A22"}])
def test_what_a_sender_would_report(row: str) -> None:
    """The TLSRPT column of stages 3 and 4: a word of the row or of another row of the scenario, or none where none."""
    for one in playing(row):
        rows = [other for other in one.rule if other in REPORTED and has_column(other)]
        said = {host["tlsrpt"] for host in recorded(one)["hosts"]} - {None}
        assert said <= {word for other in rows for word in allowed(other)}, one.id


FINDING = re.compile(r"(?:finding|info|infos|warn|error|diagnostic)(?: \([a-z]+\))? `([a-z0-9-]+)`")


def test_findings_are_called_by_their_codes() -> None:
    """A reader of the requirements finds the same word in the program."""
    section, unknown = 0, set()
    for line in LINES:
        if heading := re.match(r"## (\d+)\.", line):
            section = int(heading[1])
        if section in COMPLETE:
            unknown |= set(FINDING.findall(line)) - {str(code) for code in Code}
    assert unknown == set()


def test_the_recordings_are_those_of_the_scenarios() -> None:
    """What is compared above is what `make fixtures` last wrote, one verdict for each scenario."""
    assert {path.name for path in EVIDENCE.glob("*.verdict.json")} == {f"{one.id}.verdict.json" for one in SCENARIOS}
