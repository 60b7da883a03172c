"""What the measurements were made on, and the network they were made in."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.tools import versions
from tests.interop.private_network import private_network


def described(danetool: str | None) -> str:
    """Processor, versions, and how busy the machine was before anything was measured."""
    from OpenSSL import SSL

    openssl = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()
    load = "" if _load() is None else f" Load when it began: {_load():.1f}."
    peers = ", ".join(versions(danetool)) or "none is installed"
    return f"""Machine: {os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.machine()}, Python
{platform.python_version()}, linked with {openssl}.{load}

Beside it: {peers}.
"""


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")


@contextmanager
def network() -> Iterator[bool]:
    """One of our own, where ports 53 and 25 are free and all of 10.0.0.0/8 is local; False where that is refused."""
    with private_network() as there:
        if there:
            subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo"], check=True)
        yield there
