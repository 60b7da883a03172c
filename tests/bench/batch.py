"""Surveys: lists of domains by the command, in one process and in several, beside many posttls-fingers at a time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Literal

from tests.bench.measuring import DANE_CHECK, environment, table
from tests.bench.processes import Used, cpu_seconds, family, run
from tests.bench.tools import finger_command

RUNS = 3
WORKERS = 4
AT_ONCE = 64  # posttls-fingers at a time
SERVERS = 2  # processes that play the world
RESOLVER = "127.0.53.53"

Group = Literal["distinct", "shared"]
How = Literal["1 process", "4 workers", "posttls-finger"]
OURS: tuple[How, How] = ("1 process", "4 workers")


@dataclass(frozen=True)
class Plan:
    """A list of domains, the delay in milliseconds, by what means, and how often."""

    group: Group
    domains: int
    delay: int
    hows: tuple[How, ...]
    runs: int = 1


@dataclass(frozen=True)
class Surveyed:
    """One run: what it used, the sessions that were held, and what the servers used, in all and the busiest of them."""

    used: Used
    sessions: int
    servers_cpu: float
    busiest: float


Found = dict[tuple[Plan, How], list[Surveyed]]


def plans(*, long: bool) -> list[Plan]:
    """What is measured; `long` adds lists that take minutes."""
    every: tuple[How, ...] = (*OURS, "posttls-finger")
    short = [Plan("distinct", 1_000, delay, every, RUNS) for delay in (0, 20)]
    short += [Plan("shared", 1_000, delay, OURS, RUNS) for delay in (0, 20)]
    short.append(Plan("shared", 10_000, 20, OURS))
    return [*short, Plan("distinct", 10_000, 20, OURS), Plan("shared", 100_000, 20, OURS)] if long else short


@dataclass(frozen=True)
class Crowd:
    """A crowd that is up."""

    process: subprocess.Popen[str]
    map_file: Path

    def sessions(self) -> int:
        """So far."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def cpu(self) -> list[float]:
        """Seconds, of each of its processes so far."""
        return [cpu_seconds(pid) for pid in family(self.process.pid)]


@contextmanager
def crowd(folder: Path, plan: Plan, environ: Mapping[str, str], *, real_ports: bool) -> Iterator[Crowd]:
    """The world of a plan; at port 53 and 25 for posttls-finger, which knows no others."""
    map_file = folder / "crowd.json"
    command = [sys.executable, "-m", "tests.bench.crowd", "--map", str(map_file), "--processes", str(SERVERS)]
    command += ["--delay", str(plan.delay), "--domains", str(plan.domains if plan.group == "distinct" else 0)]
    command += ["--real-ports"] if real_ports else []
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("the crowd did not start")
            yield Crowd(process, map_file)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def measure(*, real_ports: bool, long: bool) -> Found:
    """All plans. Without real ports there is no posttls-finger."""
    found: Found = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        environ = environment(folder)
        finger = finger_command(RESOLVER, folder) if real_ports and shutil.which("xargs") else []
        _compile(folder, environ, real_ports=real_ports)
        for plan in plans(long=long):
            hows = [how for how in plan.hows if how != "posttls-finger" or finger]
            with crowd(folder, plan, environ, real_ports=real_ports) as there:
                for _ in range(plan.runs):
                    for how in hows:
                        took = _survey(there, plan, how, finger, folder, environ)
                        found.setdefault((plan, how), []).append(took)
    return found


def _compile(folder: Path, environ: Mapping[str, str], *, real_ports: bool) -> None:
    plan = Plan("distinct", 8, 0, OURS)
    with crowd(folder, plan, environ, real_ports=real_ports) as there:
        for how in plan.hows:
            _survey(there, plan, how, [], folder, environ)


def _survey(
    there: Crowd, plan: Plan, how: How, finger: list[str], folder: Path, environ: Mapping[str, str]
) -> Surveyed:
    domains = folder / "domains"
    domains.write_text("".join(f"d{number}.{plan.group}.test\n" for number in range(plan.domains)))
    if how == "posttls-finger":
        command = ["xargs", "-a", str(domains), "-P", str(AT_ONCE), "-n", "1", *finger]
    else:
        workers = ["--workers", str(WORKERS)] if how == "4 workers" else []
        command = [DANE_CHECK, "domain", "--input", str(domains), "--jsonl", "--lab-map", str(there.map_file), *workers]
    sessions, before = there.sessions(), there.cpu()
    used = run(command, environ, folder / "said")
    spent = [after - earlier for after, earlier in zip(there.cpu(), before, strict=True)]
    good = _protected(folder / "said", how)
    if good != plan.domains:
        said = (folder / "said").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{how}: {good} of {plan.domains} {plan.group} domains are protected: {said}")
    return Surveyed(used, there.sessions() - sessions, sum(spent), max(spent))


def _protected(said: Path, how: How) -> int:
    with said.open(errors="replace") as lines:
        if how == "posttls-finger":
            return sum("Verified TLS connection established" in line for line in lines)
        return sum(json.loads(line)["verdict"] == "protected" for line in lines if line.startswith("{"))


def document(found: Found) -> str:
    """The section of docs/performance.md."""
    head = ["domains", "delay", "by", "domains per second", "CPU per domain", "largest process", "all processes"]
    head += ["sessions", "servers' CPU", "busiest server"]
    rows = [[*_what(plan, how), *_cells(plan, runs)] for (plan, how), runs in found.items()]
    return f"""## Lists of domains

`dane-check domain --input FILE --jsonl`, whole processes with their start, every verdict *protected*. Each domain has
a signed zone of its own. A *distinct* one has a mail host with an address of its own too; the host of a *shared* one is
one of a hundred. The rate limits for mail servers are lifted, as always in the lab.

The world is made up as it is asked for (`tests/bench/crowd.py`), by {SERVERS} processes on the same {os.cpu_count()}
cores. *Servers' CPU* is theirs for each domain, and *busiest server* how busy the busier of them was, so that nobody
takes their limit for ours. *Largest process* is its peak resident memory, *all processes* the highest sum that was
seen, with pages that several share counted once.

`posttls-finger` is started once for each domain by `xargs -P {AT_ONCE}`. It validates nothing and holds one session
with each host where `dane-check` holds two, one for each type of certificate; it shares nothing, and leaves no
document. Medians of {RUNS} runs for lists of 1,000 domains; longer lists once.

{table(head, rows)}"""


def _what(plan: Plan, how: How) -> list[str]:
    return [f"{plan.domains:,} {plan.group}", f"{plan.delay} ms", how]


def _cells(plan: Plan, runs: list[Surveyed]) -> list[str]:
    return [
        f"{plan.domains / median(one.used.wall for one in runs):.0f}",
        f"{1000 * median(one.used.cpu for one in runs) / plan.domains:.1f} ms",
        f"{median(one.used.largest for one in runs):.0f} MiB",
        f"{median(one.used.together for one in runs):.0f} MiB",
        f"{median(one.sessions for one in runs):.0f}",
        f"{1000 * median(one.servers_cpu for one in runs) / plan.domains:.1f} ms",
        f"{100 * median(one.busiest / one.used.wall for one in runs):.0f} %",
    ]
