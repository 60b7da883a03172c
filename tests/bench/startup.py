"""What it costs to start: small commands and imports, and how many modules each of them loads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measuring import DANE_CHECK, Run, Tool, cpu, environment, in_turn, table, wall

RUNS = 11
OURS = "dane_check"
_PYTHON = "python -c pass"


@dataclass(frozen=True)
class Found:
    """Runs by command, and modules imported by package; packages of the standard library together, as `stdlib`."""

    runs: dict[str, list[Run]]
    imports: dict[str, Counter[str]]


def _own() -> list[Tool]:
    from dane_check import __version__

    return [
        Tool("dane-check --version", (DANE_CHECK, "--version"), __version__),
        Tool("dane-check --help", (DANE_CHECK, "--help"), "EXAMPLES"),
        Tool("dane-check explain tlsa-mismatch", (DANE_CHECK, "explain", "tlsa-mismatch"), "tlsa-mismatch"),
        Tool("python -c 'import dane_check'", (sys.executable, "-c", "import dane_check; print('there')"), "there"),
        Tool(
            "python -c 'from dane_check import Checker'",
            (sys.executable, "-c", "from dane_check import Checker; print('there')"),
            "there",
        ),
        Tool(_PYTHON, (sys.executable, "-c", "print('there')"), "there"),
    ]


def _peers() -> list[Tool]:
    """Each says something of itself and ends."""
    wanted = (
        Tool("posttls-finger (usage)", ("posttls-finger",), "usage"),
        Tool("delv -v", ("delv", "-v"), "delv"),
        Tool("openssl version", ("openssl", "version"), "OpenSSL"),
    )
    return [tool for tool in wanted if shutil.which(tool.command[0])]


def measure() -> Found:
    """Medians of interleaved runs, and one run each that counts imports."""
    with TemporaryDirectory() as folder:
        environ = environment(Path(folder))
        runs = in_turn([*_own(), *_peers()], environ, RUNS)
        return Found(runs, {tool.name: imports(tool.command, environ) for tool in _own()})


def imports(command: Sequence[str], environ: Mapping[str, str]) -> Counter[str]:
    """How many modules of each package a command imports."""
    python = command if command[0] == sys.executable else (sys.executable, *command)
    done = subprocess.run(
        [python[0], "-X", "importtime", *python[1:]],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:") and "|" in line)
    names = [line.rpartition("|")[2].strip() for line in lines]
    packages = (name.partition(".")[0] for name in names if name != "imported package")
    return Counter(_kind(package) for package in packages)


def _kind(package: str) -> str:
    known = sys.stdlib_module_names | {"site", "sitecustomize", "usercustomize", "org"}  # `copy` looks for Jython's org
    return "stdlib" if package in known or package.startswith(("_", "encodings")) else package


def document(found: Found) -> str:
    """The section of docs/performance.md."""
    head = ["command", "median", "CPU", f"modules of {OURS}", "of other packages", "of the standard library"]
    rows = [
        [f"`{name}`", f"{wall(runs):.0f} ms", f"{cpu(runs):.0f} ms", *_modules(found.imports.get(name))]
        for name, runs in found.runs.items()
    ]
    return f"""## Start-up

Whole processes, {RUNS} runs each, in turn. The modules are counted with `-X importtime`; what Python loads for itself
stands in the row of `{_PYTHON}`. The peers are compiled, and here only say who they are.

{table(head, rows)}"""


def _modules(counts: Counter[str] | None) -> list[str]:
    if counts is None:
        return ["", "", ""]
    others = {package: count for package, count in counts.items() if package not in (OURS, "stdlib")}
    named = ", ".join(f"{package} {count}" for package, count in sorted(others.items()))
    return [str(counts[OURS]), named or "none", str(counts["stdlib"])]
