"""What is loaded while the world is waited for (docs/architecture.md, "What is loaded when")."""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import Final

_ROUNDS: Final = 8  # of the event loop: what was to be asked has left by then


async def loaded(*modules: str) -> None:
    """Returns when these modules are loaded, in this order: at once where they are, else after what is to be asked.

    The loop has a turn between two of them. A thread would not be quicker: it and the loop would wait for each other.
    """
    missing = [name for name in modules if name not in sys.modules]
    if missing:
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
    for name in missing:
        importlib.import_module(name)
        await asyncio.sleep(0)
