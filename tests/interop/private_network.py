"""A network of our own, with loopback only: IPv6 has one loopback address, and here we may add as many as we need."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

from .daemon import run

CLONE_NEWNET = 0x40000000
PREFIX6 = "fd44:616e:65"  # unique local: routed nowhere, and unreachable from outside the namespace anyhow
ADDRESSES6 = [f"{PREFIX6}::{number}" for number in (53, *range(100, 131))]


@contextmanager
def private_network() -> Iterator[bool]:
    """Moves this thread, and every process it starts, into a new network namespace; False where that is refused.

    On the way out the thread returns to the network it came from.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(CLONE_NEWNET) != 0:
            yield False
            return
        try:
            run(["ip", "link", "set", "lo", "up"])
            for address in ADDRESSES6:
                run(["ip", "-6", "address", "add", f"{address}/128", "dev", "lo", "nodad"])
            yield True
        finally:
            if libc.setns(before, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "there is no way back to the machine's own network")
    finally:
        os.close(before)
