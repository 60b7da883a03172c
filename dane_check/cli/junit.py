"""The file of `--junit`: it replaces a report of ours, and nothing else that may stand in its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Annotated, Final

from dane_check.cli.files import check_target, save, shown_path
from dane_check.cli.options import option
from dane_check.errors import UsageError

Junit = Annotated[
    str | None,
    option("--junit", metavar="FILE", explains="Write a JUnit report to FILE as well; it replaces an older one."),
]
_OURS: Final = b'<testsuites name="dane-check"'
_WITHIN: Final = 200  # octets from the start


def check_junit(path: str | None) -> None:
    """Raises UsageError if no report can be written to `path`; asked before the first packet, not after the last."""
    if path is None:
        return
    check_target(path, force=True)
    if os.path.lexists(path) and not _is_ours(path):
        raise UsageError(f"{shown_path(path)} exists and is no report of --junit; name another file")


def write_junit(path: str | None, report: Callable[[], str]) -> None:
    """The report, which is made only if a file is named. Raises OutputFailed."""
    if path is not None:
        save(path, report(), force=True)


def _is_ours(path: str) -> bool:
    """Whether the regular file there, no link to one, is a report of ours."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return stat.S_ISREG(os.fstat(file.fileno()).st_mode) and _OURS in file.read(_WITHIN)
    except OSError:
        return False
