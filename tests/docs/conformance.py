"""Writes docs/conformance.md: which tests and lab scenarios show each row of docs/requirements.md (`make docs`).

A test speaks for a row by naming it in a docstring: its own, its class's or its module's, or in the ids of its
parameters. `R4035-5.3.2-a, -b` and `R4035-5.3.2-a, -5.3.4-a` name two rows, `S2-04 … S2-06` all between.

Rows that bind somebody else, or that a decision made void, stand in not_ours.toml, each with its reason.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dane_check.lab import load_scenarios

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "conformance.md"
SECTIONS = (*range(2, 15), 19)
COMPLETE = tuple(section for section in SECTIONS if section != 10)  # where every row is shown, or not ours
NOT_OURS = Path(__file__).with_name("not_ours.toml")
_TESTS = ROOT / "tests"
_ROW = re.compile(r"\| ([A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9.]+)+)( †)? \| ")
_HEADING = re.compile(r"## (\d+)\. (.*)")
_ID = r"[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*)+"
_NAMED = re.compile(rf"({_ID})((?:(?:, | and )-[A-Za-z0-9.-]*[A-Za-z0-9])*)(?: … ({_ID}))?")
_REST = re.compile(r"-([A-Za-z0-9.-]*[A-Za-z0-9])")


@dataclass(frozen=True)
class Row:
    """One row of the requirements; `part` is the column of that name where the table has it."""

    id: str
    section: int
    part: str
    text: str


def rows(text: str) -> tuple[list[Row], dict[int, str]]:
    """The rows of the sections that are tested, in their order, and the sections' headings."""
    found: list[Row] = []
    headings: dict[int, str] = {}
    section, columns = 0, list[str]()
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            section = int(heading[1])
            headings[section] = heading[2]
        if section not in SECTIONS:
            continue
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[0] in {"id", "#", "row", "case"}:
            columns = cells
        if row := _ROW.match(line):
            part = cells[columns.index("part")] if "part" in columns and len(cells) == len(columns) else ""
            found.append(Row(row[1], section, part, cells[1]))
    return found, headings


def named(text: str, order: Mapping[str, int]) -> Iterator[str]:
    """The rows that a text names, in full, by their endings, or by a range."""
    ids = list(order)
    for match in _NAMED.finditer(text):
        first, endings, last = match.groups()
        group = [first]
        for ending in _REST.findall(endings):
            group.append(_ended(first, ending, order))
        if last and first in order and last in order:
            group += ids[order[first] : order[last] + 1]
        yield from (one for one in group if one in order)


def _ended(first: str, ending: str, order: Mapping[str, int]) -> str:
    """`R4035-5.3.2-a` and `b` or `5.3.4-a`: the longest beginning that makes a row of it."""
    parts = first.split("-")
    whole = ("-".join((*parts[:keep], ending)) for keep in range(len(parts) - 1, 0, -1))
    return next((one for one in whole if one in order), "")


def texts(path: Path) -> Iterator[str]:
    """What a test module says of itself."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _constants(node.decorator_list)
        if isinstance(node, ast.Assign):
            yield from _constants([node.value])


def _constants(nodes: Iterable[ast.AST]) -> Iterator[str]:
    inside = (one for node in nodes for one in ast.walk(node))
    return (one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str))


def witnesses(order: Mapping[str, int]) -> dict[str, list[str]]:
    """By row: links to the test modules, then the lab scenarios."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(_TESTS.rglob("test_*.py")):
        spoken = {one for text in texts(path) for one in named(text, order)}
        short = path.relative_to(_TESTS).as_posix()
        for row in spoken:
            found[row].append(f"[{short}](../tests/{short})")
    for scenario in load_scenarios():
        for row in {one for text in scenario.rule for one in named(text, order)}:
            found[row].append(f"`{scenario.id}`")
    return found


def not_ours() -> dict[str, str]:
    """By row: why no test of ours can show it."""
    return {row: str(reason) for row, reason in tomllib.loads(NOT_OURS.read_text("utf-8")).items()}


@dataclass(frozen=True)
class Table:
    """Every row with what shows it, or with why nothing of ours does."""

    rows: tuple[Row, ...]
    headings: Mapping[int, str]
    shown: Mapping[str, Sequence[str]]
    not_ours: Mapping[str, str]

    @property
    def gaps(self) -> tuple[Row, ...]:
        """Rows with neither."""
        return tuple(row for row in self.rows if not self.shown.get(row.id) and row.id not in self.not_ours)

    def count(self, section: int | None = None) -> str:
        """`m of n shown, k not ours` in one section or in all."""
        own = [row.id for row in self.rows if section in (None, row.section)]
        others = sum(row in self.not_ours for row in own)
        said = f"{sum(bool(self.shown.get(row)) for row in own)} of {len(own) - others} shown"
        return f"{said}, {others} not ours (each with its reason)" if others else said

    def cell(self, row: str) -> str:
        """What stands beside a row."""
        reason = self.not_ours.get(row)
        return f"not ours: {reason}" if reason else ", ".join(self.shown.get(row, ())) or "–"


def table() -> Table:
    """The rows of docs/requirements.md as tests, scenarios and not_ours.toml have them now."""
    every, headings = rows((ROOT / "docs" / "requirements.md").read_text())
    order = {row.id: place for place, row in enumerate(every)}
    return Table(tuple(every), headings, witnesses(order), not_ours())


def document() -> str:
    """The whole of docs/conformance.md."""
    found = table()
    parts = [_HEAD.format(count=found.count())]
    for section in SECTIONS:
        own = [row for row in found.rows if row.section == section]
        parts.append(f"## §{section} {found.headings[section]}\n")
        parts.append(f"{found.count(section)}.\n")
        parts.append("| row | shown by |\n|---|---|")
        parts += [f"| {row.id} | {found.cell(row.id)} |" for row in own]
        parts.append("")
    parts.append(_GAPS)
    parts += [f"| {row.id} | {row.part or '–'} | {_shortened(row.text)} |" for row in found.gaps]
    return "\n".join(parts) + "\n"


def _shortened(text: str, most: int = 110) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + " …"


_HEAD = """# Conformance

Which tests and which lab scenarios (`in code letters`) name each row of [requirements.md](requirements.md).
Written by `make docs`; not to be edited. A row counts as shown when a test names it: whether the test is a good one
is for its reader to judge. Rows that bind somebody else, or that a decision made void, are *not ours*.

{count}. In §2–§9, §11–§14 and §19 a row that is neither fails the tests.
"""

_GAPS = """## What nothing shows

Rows of §10, which is about the neighbours of DANE for mail: most belong to parts that are not built (reports by
TLSRPT, MTA-STS, SRV), some are shown by tests that do not name them.

| row | part | |
|---|---|---|"""


def main() -> None:
    """Writes the file anew."""
    TARGET.write_text(document())
    sys.stdout.write(f"{TARGET.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    main()
