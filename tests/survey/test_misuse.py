"""What cannot be: one line and exit 2, before any packet (threats T-30)."""

from __future__ import annotations

from pathlib import Path

import pytest

from dane_check.cli import main

LIST = "list"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--workers", "0", "--input", LIST],
        ["--workers", "65", "--input", LIST],
        ["--workers", "many", "--input", LIST],
        ["--workers", "2", "--lab", "--input", LIST],
        ["--workers", "2", "--host", "mx.example.test"],
        ["--workers", "2", "--evidence", "new", "--input", LIST],
        ["--resume", "new", "--junit", "report.xml", "--input", LIST],
        ["--resume", ".", "--input", LIST],
        ["--resume", "none/run.journal", "--input", LIST],
        ["--resume", LIST, "--input", LIST],
        ["--resume", "", "--input", LIST],
        ["--input", "none"],
        ["--input", "."],
        ["--input", "empty"],
        ["--input", "comments"],
        ["--input", "utf16"],
        ["--workers", "2", "--resolver", "no such", "--input", LIST],
        ["--workers", "2", "--lab-map", "none", "--input", LIST],
    ],
    ids=" ".join,
)
def test_it_is_one_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """T-30: and the list is as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DANE_CHECK_RESOLVER", "127.0.0.1:9")
    Path(LIST).write_text("one.test\ntwo.test\n")
    Path("empty").touch()
    Path("comments").write_bytes(b"\xef\xbb\xbf# nothing\r\n\r\n")
    Path("utf16").write_bytes("one.test".encode("utf-16"))
    status = main(["domain", *arguments])
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("dane-check: ")
    assert Path(LIST).read_text() == "one.test\ntwo.test\n"
