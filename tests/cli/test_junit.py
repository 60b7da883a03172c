"""`--junit FILE`: the same outcome as a report that CI shows, in a file that replaces nothing but its like."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from dane_check.cli import main
from tests.rehearsal.made import HOST, chain, pem, record
from tests.report.readers import read_junit

Capture = pytest.CaptureFixture[str]
OLD, NEW = chain("old"), chain("new")
EE_OLD, EE_NEW = record("3 1 1", OLD), record("3 1 1", NEW)


@pytest.fixture
def offline(tmp_path: Path) -> list[str]:
    """A rehearsal of the new chain that asks nobody."""
    (tmp_path / "fullchain.pem").write_text(pem(NEW), encoding="ascii")
    at = ["--at", "2026-03-01T12:00:00Z", "--name", HOST]
    return ["preflight", "--offline", *at, "--chain", str(tmp_path / "fullchain.pem")]


@pytest.mark.parametrize(
    ("tlsa", "status", "outcome"), [(EE_NEW, 0, ""), (EE_OLD, 1, "failure"), ("3 1 1 ab", 3, "failure")]
)
@pytest.mark.parametrize("form", [[], ["--json"], ["-q"]])
def test_the_report_says_what_the_exit_status_says(
    tmp_path: Path, capsys: Capture, offline: list[str], tlsa: str, status: int, outcome: str, form: list[str]
) -> None:
    """And what is printed is the same with it and without."""
    file = tmp_path / "report.xml"
    assert main([*offline, "--tlsa", tlsa, *form]) == status
    plain = capsys.readouterr()
    assert main([*offline, "--tlsa", tlsa, *form, "--junit", str(file)]) == status
    assert capsys.readouterr() == plain
    assert read_junit(file.read_text(encoding="ascii"))[-1].outcome == outcome


@pytest.mark.parametrize(
    ("names", "status", "outcomes"),
    [
        (["ee-matches.test"], 0, {"ee-matches.test": ""}),
        (["ee-matches.test", "no-match.test"], 1, {"ee-matches.test": "", "no-match.test": "failure"}),
        (["--host", "mx.ee-matches.test"], 0, {"mx.ee-matches.test": ""}),
    ],
)
def test_checks_of_domains_have_the_same_report(
    tmp_path: Path, names: list[str], status: int, outcomes: dict[str, str]
) -> None:
    """Each domain with its verdict, and the exit status of all."""
    file = tmp_path / "report.xml"
    assert main(["domain", "--lab", *names, "--junit", str(file)]) == status
    cases = read_junit(file.read_text(encoding="ascii"))
    assert {case.classname: case.outcome for case in cases if case.name == "the verdict"} == outcomes
    assert (cases[-1].name, cases[-1].outcome) == ("the whole", "failure" if status else "")


def test_a_name_that_could_not_be_read_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A list with a bad line ends in 2, and its report in an error."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"ee-matches.test\na b@\n")))
    file = tmp_path / "report.xml"
    assert main(["domain", "--lab", "-", "--junit", str(file)]) == 2
    assert read_junit(file.read_text(encoding="ascii"))[-1].outcome == "error"


def test_an_older_report_is_replaced(tmp_path: Path, offline: list[str]) -> None:
    """CI runs more than once in one folder."""
    file = tmp_path / "report.xml"
    assert main([*offline, "--tlsa", EE_OLD, "--junit", str(file)]) == 1
    assert main([*offline, "--tlsa", EE_NEW, "--junit", str(file)]) == 0
    assert {case.outcome for case in read_junit(file.read_text(encoding="ascii"))} == {""}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["fullchain.pem", "report.xml"]


def test_any_other_file_is_left_alone(tmp_path: Path, capsys: Capture, offline: list[str]) -> None:
    """A slip of the hand must not cost a zone."""
    zone = tmp_path / "example.org.zone"
    zone.write_text("$TTL 3600\n", encoding="ascii")
    link = tmp_path / "link.xml"
    link.symlink_to(zone)
    for file in (zone, link):
        assert main([*offline, "--tlsa", EE_NEW, "--junit", str(file)]) == 2
        assert "is no report of --junit" in capsys.readouterr().err
    assert zone.read_text(encoding="ascii") == "$TTL 3600\n"


@pytest.mark.parametrize(
    ("file", "words"), [("", "no file is named"), ("{}", "is a directory"), ("{}/none/x", "no directory")]
)
def test_a_place_that_cannot_be_written(
    tmp_path: Path, capsys: Capture, offline: list[str], file: str, words: str
) -> None:
    """Exit 2 and one line, before anything is judged."""
    assert main([*offline, "--tlsa", EE_NEW, "--junit", file.replace("{}", str(tmp_path))]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err
