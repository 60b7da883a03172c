"""The lab as a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from dane_check.lab.lab import Lab
from dane_check.lab.scenario import Scenario


async def serve(
    scenarios: Iterable[Scenario] | None = None,
    *,
    now: datetime | None = None,
    delay: float = 0,
    real_ports: bool = False,
    authenticates: bool = False,
    ready: Callable[[Lab], None] = lambda _lab: None,
    until: asyncio.Event | None = None,
) -> None:
    """Keeps a lab up until `until` is set or the task is cancelled; the arguments are those of `Lab`.

    ready -- called once with the running lab: the place to print its resolver and trust anchor, and to
    store `write_map(lab.map)` where a client finds it. Raises `UsageError` if a port cannot be had.
    """
    async with Lab(scenarios, now=now, delay=delay, real_ports=real_ports, authenticates=authenticates) as lab:
        ready(lab)
        await (until or asyncio.Event()).wait()
