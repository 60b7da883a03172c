"""What is loaded while the world is waited for (docs/architecture.md, "What is loaded when")."""

from __future__ import annotations

import asyncio
import importlib
import sys


async def loaded(*modules: str) -> None:
    """Returns when these modules are loaded: at once where they are, else a thread does it and answers are heard."""
    missing = [name for name in modules if name not in sys.modules]
    if missing:
        await asyncio.to_thread(load, *missing)


def load(*modules: str) -> None:
    """Loads these modules, in this order."""
    for name in modules:
        importlib.import_module(name)
