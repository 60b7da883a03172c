"""`python -m tests.bench`: measures, prints, and writes docs/performance.md."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from tests.bench import matching, peers, validation

TARGET = Path(__file__).parents[2] / "docs" / "performance.md"

_HEAD = """# Performance

Written by `make bench`; medians of {runs} runs, all from one run of the benchmark. No test asserts a time.

Machine: {cores} cores, {machine}, Python {python}, linked with {openssl}.

## A validated lookup, by the algorithm of its zone

`{hosts}` different TLSA lookups one after the other in one zone, replies from memory, the zone's keys known: reading
the message, checking one signature, building the proof. "From nothing" is the first lookup of a run: three zones'
keys and two DS sets as well (the zones above are ECDSAP256SHA256 in every row).

| zone | lookups per second | CPU per lookup | CPU from nothing |
|---|---:|---:|---:|"""

_PEERS = """
## One cold lookup as a command

`{name} {rdtype}`, three zones from the root down, asked of `dane-check lab serve` with the delay given before each
reply; the start of the process is included, Python's modules being compiled already.

| command | {delays} |
|---|{rules}|"""


def document(costs: list[validation.Cost], matches: list[matching.Cost], times: list[peers.Time]) -> str:
    """The whole of docs/performance.md."""
    from OpenSSL import SSL

    lines = [
        _HEAD.format(
            runs=validation.RUNS,
            cores=os.cpu_count(),
            machine=platform.machine(),
            python=platform.python_version(),
            openssl=SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode(),
            hosts=validation.HOSTS,
        )
    ]
    for cost in costs:
        lines.append(f"| {cost.algorithm} | {cost.per_second:.0f} | {cost.cpu_ms:.2f} ms | {cost.cold_cpu_ms:.1f} ms |")
    lines += ["", matching.table(matches).rstrip()]
    delays = " | ".join(f"{delay} ms" for delay in peers.DELAYS)
    rules = "|".join("---:" for _ in peers.DELAYS)
    lines.append(_PEERS.format(name=peers.NAME, rdtype=peers.RDTYPE, delays=delays, rules=rules))
    for one in times:
        cells = " | ".join(
            "not installed" if one.milliseconds is None else f"{one.milliseconds[delay]:.0f} ms"
            for delay in peers.DELAYS
        )
        lines.append(f"| `{one.name}` | {cells} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures everything and writes the file anew."""
    text = document(validation.measure(), matching.measure(), peers.measure())
    TARGET.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
