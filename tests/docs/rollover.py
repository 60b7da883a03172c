"""Runs the commands of the transcripts in README.md and docs/rollover.md anew: python -m tests.docs.rollover.

A transcript is a `console` block that begins with `$ dane-check rollover`. The commands run in the lab: renewed.pem has
a new key, same-key.pem the one in use, in-use.pem is what mx.no-match.test serves, and next.pem has the key that the
second record of mx.rollover-two-records.test names.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dane_check.cli import main
from tests.rehearsal.made import chain, pem

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "rollover.md")
_BLOCK = re.compile(
    r"^```console\n(\$ dane-check rollover (?:[^\n]*\\\n)*[^\n]*\n)(.*?)^```$", re.MULTILINE | re.DOTALL
)
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}Z)?)?")


def transcripts(document: Path) -> list[tuple[str, str]]:
    """Each command of a document, and what is printed below it."""
    return _BLOCK.findall(document.read_text(encoding="utf-8"))


def _files() -> dict[str, str]:
    now = datetime.now(UTC)
    host, other, two = "mx.ee-matches.test", "mx.no-match.test", "mx.rollover-two-records.test"
    return {
        "renewed.pem": pem(chain("new", names=(host,), at=now)),
        "same-key.pem": pem(chain(f"{host} mx 0", names=(host,), at=now - timedelta(days=1))),
        "in-use.pem": pem(chain(f"{other} mx 0", names=(other,), at=now)),
        "next.pem": pem(chain("nobody", names=(two,), at=now)),
    }


def played(command: str) -> str:
    """What the command prints."""
    arguments = shlex.split(command.replace("\\\n", ""))[2:]
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(out):
        for name, text in _files().items():
            Path(name).write_text(text, encoding="ascii")
        status = main(arguments)
    assert status in {0, 1, 3, 4}
    assert "-q" in arguments or out.getvalue().endswith(f"[exit status {status}]\n")
    return out.getvalue()


def comparable(printed: str) -> str:
    """What is printed, without the dates of the day."""
    return _DATE.sub("DATE", printed)


def rewrite(document: Path) -> None:
    """Puts what the commands print today into the document; where nothing but dates differs, nothing is changed."""

    def again(block: re.Match[str]) -> str:
        printed = played(block[1])
        return block[0] if comparable(printed) == comparable(block[2]) else f"```console\n{block[1]}{printed}```"

    text = document.read_text(encoding="utf-8")
    document.write_text(_BLOCK.sub(again, text), encoding="utf-8")


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    for one in DOCUMENTS:
        rewrite(one)
