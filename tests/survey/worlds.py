"""Processes that tests of surveys run: a world to be surveyed, and the command itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds: far more than anything here takes


def environment(**more: str) -> dict[str, str]:
    """No option of whoever runs the tests, and no resolver of this machine."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("DANE_CHECK_")}
    return {**bare, "DANE_CHECK_RESOLVER": "127.0.0.1:9", **more}


@dataclass(frozen=True)
class World:
    """A world that runs in another process."""

    map_file: Path
    process: subprocess.Popen[str]

    def sessions(self) -> int:
        """How many sessions the mail servers of a crowd have seen."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def started(arguments: Sequence[str], map_file: Path, ready: str) -> Iterator[World]:
    """`python -m ARGUMENTS`, from the line that says it is ready to the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments, "--map", str(map_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    )
    try:
        assert process.stdout is not None
        assert any(ready in line for line in process.stdout), "it ended before it was ready"
        yield World(map_file, process)
    finally:
        process.kill()
        process.communicate()


def command(world: World, *arguments: str) -> list[str]:
    """`dane-check domain ARGUMENTS` in that world."""
    return [sys.executable, "-m", "dane_check", "domain", "--lab-map", str(world.map_file), *arguments]


def survey(world: World, names: Sequence[str], *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command over a list of names, to its end."""
    return subprocess.run(
        [*command(world, *arguments), "-"],
        input="\n".join(names),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
        **options,
    )


def begun(world: World, names: Sequence[str], *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """The command over a list of names, under way."""
    process = subprocess.Popen(
        [*command(world, *arguments), "-"],
        stdin=subprocess.PIPE,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        **options,
    )
    assert process.stdin is not None
    process.stdin.write("\n".join(names))
    process.stdin.close()
    process.stdin = None
    return process


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line of its output, when it comes."""
    assert process.stdout is not None
    return process.stdout.readline()


def rest(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What else it prints, and what it says on standard error (little), to its end."""
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        found = process.stdout.read(), process.stderr.read()
    process.wait(PATIENCE)
    return found


def plain(line: str) -> dict[str, Any]:
    """A line without what no two runs have in common."""
    element: dict[str, Any] = json.loads(line)
    del element["timings"]
    return element


def by_domain(output: str) -> dict[str, dict[str, Any]]:
    """The lines of an output; each domain is there once."""
    elements = [plain(line) for line in output.splitlines()]
    found = {one["domain"]: one for one in elements}
    assert len(found) == len(elements), "a domain is there twice"
    return found


def children(pid: int) -> list[int]:
    """The processes that a process has started, and that have not been reaped."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return sorted(found)


def is_running(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Any) -> None:
    """Waits for what is about to come true."""
    last = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < last, "it never came true"
        time.sleep(0.005)
