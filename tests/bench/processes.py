"""What a process and all that it started have used, read from /proc."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

_TICK = os.sysconf("SC_CLK_TCK")
_EVERY = 0.2  # seconds between two looks


@dataclass(frozen=True)
class Used:
    """What a command and all that it started used.

    wall, cpu -- seconds from its start to its end, and of the processor. largest -- MiB that the largest of its
    processes ever had resident. together -- MiB that all of them were seen to have at once, shared pages counted once.
    """

    wall: float
    cpu: float
    largest: float
    together: float


def run(command: Sequence[str], environ: Mapping[str, str], output: Path) -> Used:
    """One command to its end, its output kept; what its children used is counted when they are waited for."""
    begun = perf_counter()
    with output.open("wb") as out:
        process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        taken = perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    return Used(taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, watch.end())


def family(pid: int) -> list[int]:
    """The process and everything it started, as far as it is still there."""
    found, position = [pid], 0
    while position < len(found):
        try:
            for task in Path(f"/proc/{found[position]}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            pass  # it has ended meanwhile
        position += 1
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of one process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


class _Watch:
    """Looks at the memory of a family every now and then."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._over = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            self._peak = max(self._peak, sum(map(_share, family(self._pid))))

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return self._peak


def _share(pid: int) -> float:
    """MiB of its own, and its part of what it shares (PSS); nothing where the process has ended meanwhile."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
