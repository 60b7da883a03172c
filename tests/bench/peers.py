"""One cold lookup as a command, beside other validators' commands, over the lab as a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

NAME, RDTYPE = "_25._tcp.mx.ee-matches.test", "TLSA"
DELAYS = (0, 20)  # milliseconds before each reply
RUNS = 7


@dataclass(frozen=True)
class Peer:
    """A command that validates one lookup, and a word of its output that says it did."""

    name: str
    command: tuple[str, ...]
    proof: str


@dataclass(frozen=True)
class Time:
    """Milliseconds of one command by delay, median; None where it is not installed."""

    name: str
    milliseconds: dict[int, float] | None


@contextmanager
def _lab(delay: int) -> Iterator[tuple[str, list[str]]]:
    """The resolver's address and port, and the trust anchors, of a lab that is up."""
    command = [sys.executable, "-m", "dane_check", "lab", "serve", "--delay", str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        resolver, anchors = "", []
        for line in process.stdout:
            if line.startswith("resolver "):
                resolver = line.removeprefix("resolver ").strip()
            elif line.startswith("trust anchor "):
                anchors.append(line.removeprefix("trust anchor ").strip())
            else:
                break
        yield resolver, anchors
    finally:
        process.terminate()
        process.wait(10)


def _peers(resolver: str, anchors: list[str], folder: Path) -> list[Peer]:
    address, _, port = resolver.rpartition(":")
    (folder / "anchors").write_text("".join(f"{anchor}\n" for anchor in anchors))
    (folder / "unbound.conf").write_text(
        f'server:\n trust-anchor-file: "{folder}/anchors"\n do-not-query-localhost: no\n'
        f' local-zone: "test." transparent\nforward-zone:\n name: "."\n forward-addr: {address}@{port}\n'
    )
    _, tag, algorithm, digest_type, digest = anchors[0].rsplit(maxsplit=4)
    (folder / "anchor").write_text(f'trust-anchors {{ "." static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n')
    ours = (sys.executable, "-m", "dane_check", "lookup", "--resolver", resolver)
    delv = ("delv", f"@{address}", "-p", port, "-a", str(folder / "anchor"), "+root=.")
    unbound = ("unbound-host", "-v", "-D", "-C", str(folder / "unbound.conf"), "-t", RDTYPE)
    return [
        Peer("dane-check lookup", (*ours, "--trust-anchor", str(folder / "anchors"), NAME, RDTYPE), "SECURE"),
        Peer("delv", (*delv, NAME, RDTYPE), "fully validated"),
        Peer("unbound-host -D", (*unbound, NAME), "(secure)"),
    ]


def _compiled(folder: Path) -> dict[str, str]:
    """An environment in which Python keeps compiled modules, as it does where a package is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def _once(peer: Peer, environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    said = subprocess.run(peer.command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    taken = time.perf_counter() - begun
    if peer.proof not in said.stdout:
        raise SystemExit(f"{peer.name} did not validate {NAME}: {said.stdout}{said.stderr}")
    return 1000 * taken


def measure() -> list[Time]:
    """Each command RUNS times at each delay, in turn, so that what disturbs one disturbs all."""
    taken: dict[str, dict[int, float] | None] = {}
    for delay in DELAYS:
        with _lab(delay) as (resolver, anchors), TemporaryDirectory() as folder:
            peers = _peers(resolver, anchors, Path(folder))
            there = [peer for peer in peers if shutil.which(peer.command[0])]
            times: dict[str, list[float]] = {peer.name: [] for peer in there}
            environment = _compiled(Path(folder))
            for peer in there:
                _once(peer, environment)
            for _ in range(RUNS):
                for peer in there:
                    times[peer.name].append(_once(peer, environment))
            for peer in peers:
                found = taken.setdefault(peer.name, {} if peer in there else None)
                if found is not None:
                    found[delay] = median(times[peer.name])
    return [Time(name, found) for name, found in taken.items()]
