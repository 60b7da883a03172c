"""A program that holds a `Checker`: each line of its input is a domain, each of its output the milliseconds it took.

`python -m tests.bench.warm RESOLVER ANCHORS`
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from dane_check import Checker, Settings


async def answer(resolver: str, anchors: str) -> None:
    """Until the input ends."""
    trusted = tuple(Path(anchors).read_text().splitlines())
    settings = Settings(resolver=resolver, trust_anchor=trusted, allow_reserved=True)
    async with Checker(settings) as checker:
        while domain := (await asyncio.to_thread(sys.stdin.readline)).strip():
            begun, spent = time.perf_counter(), time.process_time()
            check = await checker.domain(domain)
            wall, cpu = time.perf_counter() - begun, time.process_time() - spent
            print(f"{check.verdict.word} {1000 * wall} {1000 * cpu}", flush=True)


if __name__ == "__main__":
    asyncio.run(answer(*sys.argv[1:]))
