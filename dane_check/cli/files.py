"""Reading and writing files: regular ones, bounded, never followed through a link when written."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

from dane_check.cli.output import OutputFailed
from dane_check.errors import UsageError
from dane_check.names import safe

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def read_octets(path: str, most_octets: int) -> bytes:
    """What the regular file at `path` holds, or standard input for `-`. Raises UsageError (L-25)."""
    octets = _read_input(most_octets) if path == "-" else _read_file(path, most_octets)
    if len(octets) > most_octets:
        raise UsageError(f"{shown_path(path)} is larger than {most_octets >> 20} MiB; give another file")
    return octets


def read_text(path: str, most_octets: int) -> str:
    """As `read_octets`, in UTF-8 with or without a BOM. Raises UsageError."""
    try:
        return read_octets(path, most_octets).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{shown_path(path)} is no UTF-8 text; give another file") from None


def readable_by_others(path: str) -> bool:
    """Whether more than its owner may read the file at `path`."""
    try:
        return path != "-" and bool(stat.S_IMODE(os.stat(path).st_mode) & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _read_input(most_octets: int) -> bytes:
    if sys.stdin is None:
        raise UsageError("there is no standard input to read from; name a file")
    return sys.stdin.buffer.read(most_octets + 1)


def _read_file(path: str, most_octets: int) -> bytes:
    try:
        # O_NONBLOCK: opening a FIFO nobody writes to must not hang
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{shown_path(path)} is no regular file; give one, or - for standard input")
            return file.read(most_octets + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{shown_path(path)} cannot be read: {_why(error)}") from None


def check_target(path: str, force: bool) -> None:
    """Raises UsageError if `save` could not write to `path`; asked before the first packet, not after the last."""
    folder = os.path.dirname(path) or "."
    if not path:
        raise UsageError("no file is named to write to; name one")
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        there = None
    except (OSError, ValueError) as error:
        raise UsageError(f"{shown_path(path)} cannot be written: {_why(error)}") from None
    if there is not None and stat.S_ISDIR(there.st_mode):
        raise UsageError(f"{shown_path(path)} is a directory; name a file in it")
    if there is not None and not (stat.S_ISREG(there.st_mode) or stat.S_ISLNK(there.st_mode)):
        raise UsageError(f"{shown_path(path)} is no regular file; name another one")
    if there is not None and not force:
        raise UsageError(f"{shown_path(path)} exists; name another file, or replace it with --force")
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{shown_path(path)} cannot be written: there is no directory to write it into")


def save(path: str, text: str, force: bool) -> None:
    """Writes `text` to a new file of mode 0600; `force` replaces what is there in one step.

    A symbolic link at `path` is replaced, never followed. Raises OutputFailed; a file half written is taken away.
    """
    import secrets

    target = f"{path}.{secrets.token_hex(8)}" if force else path
    try:
        descriptor = os.open(target, _NEW, 0o600)
    except OSError as error:
        raise OutputFailed(f"cannot write {shown_path(path)}: {_why(error)}") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(target, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(target).unlink()
        raise OutputFailed(f"cannot write {shown_path(path)}: {_why(error)}") from error


def _why(error: OSError | ValueError) -> str:
    return safe(getattr(error, "strerror", None) or "that is no file name", 80)


def shown_path(path: str) -> str:
    """The path as messages name it."""
    return "standard input" if path == "-" else safe(path, 200)
