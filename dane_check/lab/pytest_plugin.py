"""Pytest fixtures for other people's tests: a lab that runs beside them (docs/lab.md).

Switch them on with `pytest_plugins = ["dane_check.lab.pytest_plugin"]` in the top conftest.py.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from dane_check.lab.lab import Lab
from dane_check.lab.scenario import Scenario, load_scenarios

_SECONDS = 30


@pytest.fixture(scope="session")
def dane_lab_scenarios() -> tuple[Scenario, ...]:
    """The scenarios `dane_lab` plays; override it to play your own."""
    return load_scenarios()


@pytest.fixture(scope="session")
def dane_lab(dane_lab_scenarios: tuple[Scenario, ...]) -> Iterator[Lab]:
    """A running lab, in an event loop of its own thread: any test can talk to it, with or without asyncio."""
    with running(Lab(dane_lab_scenarios)) as lab:
        yield lab


@contextmanager
def running(lab: Lab) -> Iterator[Lab]:
    """A lab that runs in a thread of its own until the end of the block."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def play() -> None:
        over = asyncio.Event()
        async with lab:
            started.set_result((asyncio.get_running_loop(), over))
            await over.wait()

    def work() -> None:
        try:
            asyncio.run(play())
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=work, name="dane-lab", daemon=True)
    thread.start()
    loop, over = started.result(_SECONDS)
    try:
        yield lab
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(_SECONDS)
