"""Runs the commands of the transcripts in README.md and docs/preflight.md anew: python -m tests.docs.preflight.

A transcript is a `console` block that begins with `$ dane-check preflight`. fullchain.pem is the chain in use,
renewed.pem one with another key, next.key the key after that; old.db is a zone as it is, and the other zones what may
come of it.
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
from dane_check.cli.exits import USAGE
from tests.rehearsal.made import NOW, chain, pem, record
from tests.rehearsal.zones import HEAD, ds_of, keys_of, signed

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "preflight.md")
_BLOCK = re.compile(
    r"^```console\n(\$ dane-check preflight (?:[^\n]*\\\n)*[^\n]*\n)(.*?)^```$", re.MULTILINE | re.DOTALL
)
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?\b")


def transcripts(document: Path) -> list[tuple[str, str]]:
    """Each command of a document, and what is printed below it."""
    return _BLOCK.findall(document.read_text(encoding="utf-8"))


def _zone(*records: str, owner: str = "_25._tcp.mx") -> str:
    return HEAD + "@ MX 10 mx\nmx A 192.0.2.1\n" + "".join(f"{owner} TLSA {one}\n" for one in records)


def _files() -> dict[str, bytes]:
    """What lies in the folder in which the commands are run."""
    old, new = (record("3 1 1", chain(label)) for label in ("old", "new"))
    texts = {
        "fullchain.pem": pem(chain("old")),
        "renewed.pem": pem(chain("new")),
        "old.db": _zone(old),
        "new.db": _zone(old, new),
        "typo.db": _zone(old, owner="_25._tcp.mx.example.org"),
        "signed.db": signed(_zone(old), keys_of(at=NOW)),
        "broken.db": _zone(old).replace("192.0.2.1", "192.0.2"),
        "dsset": ds_of(keys_of(at=NOW)),
    }
    keys = {"next.key": chain("next").leaf.key_pem()}
    return {name: text.encode("ascii") for name, text in texts.items()} | keys


def _unquoted(word: str) -> str:
    """$(cat FILE), as the shell would have it."""
    found = re.fullmatch(r"\$\(cat (\S+)\)", word)
    return Path(found[1]).read_text(encoding="ascii") if found else word


def played(command: str) -> str:
    """What the command prints."""
    arguments = shlex.split(command.replace("\\\n", ""))[2:]
    out = io.StringIO()
    streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(out)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), streams[0], streams[1]:
        for name, octets in _files().items():
            Path(name).write_bytes(octets)
            Path(name).chmod(0o600)
        status = main([_unquoted(word) for word in arguments])
    assert status == USAGE or out.getvalue().endswith(f"[exit status {status}]\n")
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
