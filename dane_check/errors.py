"""The caller's mistakes. Trouble of the world is never an exception: it is a value with a reason."""

from __future__ import annotations


class DaneCheckError(Exception):
    """Root of everything this package raises on purpose."""


class UsageError(DaneCheckError):
    """The caller asked for something that cannot be done; raised before any packet is sent.

    The message is one sentence that says what is wrong and what to do instead. The command prints it
    and exits with status 2.
    """
