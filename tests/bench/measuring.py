"""How things are measured: whole processes in turn, so that what disturbs one disturbs all."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

DANE_CHECK = str(Path(sys.executable).with_name("dane-check"))


@dataclass(frozen=True)
class Tool:
    """A command, and words of its output that say it did what it was asked for."""

    name: str
    command: tuple[str, ...]
    proof: str


@dataclass(frozen=True)
class Run:
    """One run of a command, milliseconds: from its start to its end, and of the processor."""

    wall: float
    cpu: float


def environment(folder: Path) -> dict[str, str]:
    """One in which Python keeps compiled modules, as it does where a package is installed, and asks nobody by default.

    folder -- where they are kept, apart from all others: the first run of a command fills it and is not to count.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), "DANE_CHECK_RESOLVER": "127.0.0.1:9"}


def once(tool: Tool, environ: Mapping[str, str]) -> Run:
    """One run. Raises RuntimeError with the tool's output where the proof is not in it."""
    before, begun = _cpu_of_children(), time.perf_counter()
    said = subprocess.run(
        tool.command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )
    taken, spent = time.perf_counter() - begun, _cpu_of_children() - before
    if tool.proof not in said.stdout + said.stderr:
        raise RuntimeError(f"{tool.name} did not do what it was asked for: {said.stdout}{said.stderr}")
    return Run(1000 * taken, 1000 * spent)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def in_turn(tools: Sequence[Tool], environ: Mapping[str, str], runs: int) -> dict[str, list[Run]]:
    """So many runs of each by name, after one that does not count; every round begins with another tool."""
    for tool in tools:
        once(tool, environ)
    found: dict[str, list[Run]] = {tool.name: [] for tool in tools}
    for number in range(runs):
        first = number % len(tools)
        for tool in (*tools[first:], *tools[:first]):
            found[tool.name].append(once(tool, environ))
    return found


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of runs in the same round."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The same as text, with the quartiles."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return f"{median_ratio(ours, theirs):.2f} ({low:.2f}–{high:.2f})"


def wall(runs: Sequence[Run]) -> float:
    """Median, milliseconds."""
    return median(run.wall for run in runs)


def cpu(runs: Sequence[Run]) -> float:
    """Median, milliseconds."""
    return median(run.cpu for run in runs)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; the first column to the left, the others to the right."""
    lines = [list(head), ["---", *("---:" for _ in head[1:])], *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).replace(" --- ", "---").replace(" ---: ", "---:")
