"""The transcripts in README.md and docs/preflight.md are what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from dane_check.cli import main
from tests.rehearsal.made import chain, pem

ROOT = Path(__file__).parents[2]
PROMPT = "$ dane-check preflight "
_BLOCKS = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DATES = re.compile(r"\b\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?\b")


def transcripts(document: str) -> list[tuple[str, str]]:
    """Each command of a document and what is printed below it."""
    blocks = _BLOCKS.findall((ROOT / document).read_text(encoding="utf-8"))
    ours = [block.replace("\\\n", "") for block in blocks if block.startswith(PROMPT)]
    return [(command, printed) for command, _, printed in (block.partition("\n") for block in ours)]


TRANSCRIPTS = [*transcripts("README.md"), *transcripts("docs/preflight.md")]


@pytest.mark.parametrize(("command", "printed"), TRANSCRIPTS, ids=lambda one: one[len(PROMPT) :][:40])
def test_a_transcript_is_what_is_printed(
    command: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the letter; in the lab, whose clock is that of the day, but for dates."""
    (tmp_path / "fullchain.pem").write_text(pem(chain("old")), encoding="ascii")
    (tmp_path / "renewed.pem").write_text(pem(chain("new")), encoding="ascii")
    monkeypatch.chdir(tmp_path)
    status = main(shlex.split(command)[2:])
    out = capsys.readouterr().out
    assert out.endswith(f"[exit status {status}]\n")
    if "--lab" in command:
        out, printed = _DATES.sub("DATE", out), _DATES.sub("DATE", printed)
    assert out == printed


def test_there_are_transcripts() -> None:
    """One in the README, three in the document."""
    assert len(TRANSCRIPTS) == 4
