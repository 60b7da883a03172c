"""`python -m tests.docs.limits`: plays the worlds of tests/hostile, and writes docs/limits.md."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from tests.hostile.worlds import WORLDS, Measured, played

DOCUMENT = Path(__file__).parents[2] / "docs" / "limits.md"

_HEAD = """# Limits, and what they hold to

Whatever the network sends is bounded, and a limit that is hit is told: it never makes a domain protected, and never
reads as "no TLSA". The limits themselves stand in [requirements.md](requirements.md) §24 and in
[`limits.py`](../dane_check/limits.py). Below are worlds that were made to exhaust memory and processor, each played in
a process of its own, the world's own making, Python and all libraries included. `tests/hostile/test_numbers.py` holds
each of them to 256 MiB (L-24), to its outcome, and to the work that the limits allow; no test asserts a time.

Written by `make bench`. Machine: {cores} cores, {machine}, Python {python}, linked with {openssl}.

| world | outcome | peak memory | CPU | work |
|---|---|---:|---:|---|
"""


def to_markdown(measured: dict[str, Measured]) -> str:
    """The whole document."""
    from OpenSSL import SSL

    head = _HEAD.format(
        cores=os.cpu_count(),
        machine=platform.machine(),
        python=platform.python_version(),
        openssl=SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode(),
    )
    return head + "".join(_row(name, took) for name, took in measured.items())


def _row(name: str, took: Measured) -> str:
    says = (WORLDS[name].__doc__ or "").split("\n")[0].removesuffix(".")
    work = ", ".join(f"{kind} {count}" for kind, count in took.work.items() if count)
    peak = f"{took.peak_kib / 1024:.0f} MiB"
    return f"| {says} (`{name}`) | {took.outcome} | {peak} | {took.cpu_seconds:.1f} s | {work} |\n"


if __name__ == "__main__":
    DOCUMENT.write_text(to_markdown({name: played(name) for name in WORLDS}), "utf-8")
    print(f"{DOCUMENT} written")
