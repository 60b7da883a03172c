"""Runs the commands of the transcripts in README.md and docs/preflight.md anew: python -m tests.docs.preflight.

A transcript is a `console` block that begins with `$ dane-check preflight`. fullchain.pem is the chain in use,
renewed.pem one with another key.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tempfile
from pathlib import Path

from dane_check.cli import main
from tests.rehearsal.made import chain, pem

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "preflight.md")
_BLOCK = re.compile(
    r"^```console\n(\$ dane-check preflight (?:[^\n]*\\\n)*[^\n]*\n)(.*?)^```$", re.MULTILINE | re.DOTALL
)
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?\b")


def transcripts(document: Path) -> list[tuple[str, str]]:
    """Each command of a document, and what is printed below it."""
    return _BLOCK.findall(document.read_text(encoding="utf-8"))


def played(command: str) -> str:
    """What the command prints."""
    arguments = shlex.split(command.replace("\\\n", ""))[2:]
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(out):
        Path("fullchain.pem").write_text(pem(chain("old")), encoding="ascii")
        Path("renewed.pem").write_text(pem(chain("new")), encoding="ascii")
        status = main(arguments)
    assert out.getvalue().endswith(f"[exit status {status}]\n")
    return out.getvalue()


def comparable(command: str, printed: str) -> str:
    """What is printed; in the lab, whose clock is that of the day, without dates."""
    return _DATE.sub("DATE", printed) if "--lab" in command else printed


def rewrite(document: Path) -> None:
    """Puts what the commands print today into the document."""
    text = document.read_text(encoding="utf-8")
    again = _BLOCK.sub(lambda block: f"```console\n{block[1]}{played(block[1])}```", text)
    document.write_text(again, encoding="utf-8")


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    for one in DOCUMENTS:
        rewrite(one)
