"""Plays the walk-through of docs/zone-repository and the examples of docs/records.md in a copy of the repository.

Writes both anew: python -m tests.docs.zone_repository. Below each heading the repository is as it was. Commands are run
by a shell, `dane-check` among them.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from dane_check.cli import main
from tests.pki import distinguished
from tests.rehearsal.made import HOST, chain, pem, record

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "zone-repository"
TARGETS = (EXAMPLE / "README.md", ROOT / "docs" / "records.md")
AT = "2026-03-01"
_PARTS = re.compile(r"(?=^## )", re.MULTILINE)
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def environment(**more: str) -> dict[str, str]:
    """What commands are run in: the commands of this checkout first, no colours, and nobody to ask."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {name: value for name, value in os.environ.items() if not name.startswith("DANE_CHECK_")}
    return {**own, "PATH": path, "NO_COLOR": "1", "DANE_CHECK_RESOLVER": "127.0.0.1:9", "DANE_CHECK_AT": AT, **more}


def copied(folder: str | Path) -> Path:
    """A copy of the example in `folder`."""
    return Path(shutil.copytree(EXAMPLE, Path(folder) / "zones", ignore=shutil.ignore_patterns("README.md")))


def run(command: str, folder: Path, env: Mapping[str, str]) -> str:
    """What one line prints, errors included; the command itself runs here where no shell is needed."""
    if command.startswith("dane-check ") and ">" not in command:
        with (
            contextlib.chdir(folder),
            mock.patch.dict(os.environ, env, clear=True),
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(out),
        ):
            main(shlex.split(command)[1:])
        return out.getvalue()
    finished = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=dict(env), capture_output=True, text=True, check=False
    )
    return finished.stdout + finished.stderr


def document(target: Path) -> str:
    """The document with what its commands print today."""
    return "".join(_played(part) for part in _PARTS.split(target.read_text(encoding="utf-8")))


def _played(part: str) -> str:
    env = environment()
    with tempfile.TemporaryDirectory() as temporary:
        folder = copied(temporary)

        def play(block: re.Match[str]) -> str:
            commands = [line for line in block[1].splitlines() if line.startswith("$ ")]
            return "```console\n" + "".join(f"{one}\n{run(one[2:], folder, env)}" for one in commands) + "```"

        return _BLOCK.sub(play, part)


def files() -> dict[str, str]:
    """The files of the example that are made: certificates, a request, and the record of the zone."""
    old, new = chain("old"), chain("new")
    key = load_pem_private_key(new.leaf.key_pem(), None)
    request = x509.CertificateSigningRequestBuilder().subject_name(distinguished(HOST))
    signed = request.sign(key, hashes.SHA256(), ecdsa_deterministic=True)  # type: ignore[arg-type]
    return {
        "certs/mx.pem": pem(old),
        "changes/renewed.pem": pem(new),
        "changes/next.csr": signed.public_bytes(Encoding.PEM).decode("ascii"),
    }


def tlsa_of(zone: str) -> list[str]:
    """The RDATA of the TLSA records in the zone."""
    return [line.partition(" TLSA ")[2].partition(" ;")[0].strip() for line in zone.splitlines() if " TLSA " in line]


CURRENT = record("3 1 1", chain("old"))

if __name__ == "__main__":
    for name, text in files().items():
        (EXAMPLE / name).write_text(text, encoding="ascii")
    for target in TARGETS:
        target.write_text(document(target), encoding="utf-8")
