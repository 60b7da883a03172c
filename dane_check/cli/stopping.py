"""Told to stop: by Ctrl-C, or by SIGTERM from a service manager. Both end alike, but for the exit status."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

from dane_check.cli.exits import INTERRUPTED, TERMINATED, Terminated


class Stopping:
    """SIGTERM cancels the task that heeds it, as `asyncio.run` does with Ctrl-C.

    status -- the exit status of a run that was stopped.
    """

    def __init__(self) -> None:
        self._terminated = False

    @property
    def status(self) -> int:
        """What it comes to."""
        return TERMINATED if self._terminated else INTERRUPTED

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        """Within the block; to be entered in the task that is to end."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop() -> None:
            self._terminated = True
            task.cancel()

        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # elsewhere, or not the main thread
            loop.add_signal_handler(signal.SIGTERM, stop)
        try:
            yield
        finally:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(signal.SIGTERM)

    def told(self) -> None:
        """Raises Terminated where it was SIGTERM."""
        if self._terminated:
            raise Terminated
