"""What is printed, where, and whether in colour. Colour is for people at a terminal who did not refuse it."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from collections.abc import Mapping
from typing import NoReturn, TextIO


class OutputFailed(Exception):
    """The output could not be written; the message says where and why. Results are lost, so the exit status is 70."""


def write(text: str) -> None:
    """`text` to standard output, at once. Raises BrokenPipeError when nobody reads any more, else OutputFailed."""
    if sys.stdout is None:  # the process was started without one
        raise OutputFailed("there is no standard output to write to")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise OutputFailed(f"cannot write to standard output: {error}") from error


def complain(sentence: str) -> None:
    """One line to standard error, with the program's name in front; what it quotes cannot steer the terminal."""
    from dane_check.report.styled import visible

    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):  # nobody can be told, and the exit status must say what it says all the same
        sys.stderr.write(f"dane-check: {visible(sentence)}\n")
        sys.stderr.flush()


def prepare() -> None:
    """Lets characters that the terminal's encoding lacks come out as escapes rather than end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def abandon() -> None:
    """Standard output is gone: what is still buffered goes nowhere, so that the interpreter can end in peace."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def leave(status: int) -> NoReturn:
    """Ends the process with `status`: what was registered for its end is run, what is buffered is written, no more.

    A command has closed all it opened when it returns. To free object by object what the system frees at once takes
    longer than to judge a domain at hand.
    """
    if sys.flags.inspect or sys.getprofile() or sys.gettrace():  # somebody wants to look around
        sys.exit(status)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # told before, where it was a command's output
            stream.flush()
    os._exit(status)


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """FORCE_COLOR decides, then NO_COLOR, then whether `stream` is a terminal that has colours."""
    if environ.get("FORCE_COLOR"):
        return True
    if environ.get("NO_COLOR"):
        return False
    return stream.isatty() and environ.get("TERM") != "dumb"


def colour() -> bool:
    """Whether standard output gets colours in this run."""
    return sys.stdout is not None and wants_colour(sys.stdout, os.environ)
