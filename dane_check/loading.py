"""What is loaded while the world is waited for (docs/architecture.md, "What is loaded when")."""

from __future__ import annotations

import asyncio
import importlib
import sys
from threading import Lock

_ONE_AT_A_TIME = Lock()  # two threads that load take turns at the interpreter, and both come late


async def loaded(*modules: str) -> None:
    """Returns when these modules are loaded: at once where they are, else a thread does it and answers are heard."""
    missing = [name for name in modules if name not in sys.modules]
    if missing:
        await asyncio.to_thread(load, *missing)


def load(*modules: str) -> None:
    """Loads these modules, in this order."""
    with _ONE_AT_A_TIME:
        for name in modules:
            importlib.import_module(name)
