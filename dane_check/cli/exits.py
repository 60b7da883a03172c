"""The one place where an outcome becomes an exit status. No way out of a command ends in 1 but a verdict."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Final, ParamSpec

from dane_check.cli.output import OutputFailed, abandon, complain
from dane_check.errors import UsageError
from dane_check.names import safe

USAGE: Final = 2
INTERNAL: Final = 70
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141  # as a shell reports a program ended by SIGPIPE
TERMINATED: Final = 143  # as it reports one ended by SIGTERM

_Parameters = ParamSpec("_Parameters")


class Terminated(Exception):
    """SIGTERM was heeded: what was printed is whole, and nothing is running any more."""


class Escaped(Exception):
    """Carries whatever a command raised past Typer, which would end some of it with status 1."""

    def __init__(self, raised: BaseException) -> None:
        super().__init__(repr(raised))
        self.raised = raised


def guarded(command: Callable[_Parameters, int]) -> Callable[_Parameters, int]:
    """`command`, of which nothing but `Escaped` gets out."""

    @functools.wraps(command)
    def run(*args: _Parameters.args, **options: _Parameters.kwargs) -> int:
        try:
            return command(*args, **options)
        except BaseException as raised:  # a cancellation that got lost included
            raise Escaped(raised) from raised

    return run


def settled(act: Callable[[], int], verbose: bool) -> int:
    """The status `act` returns, or the one of what it raised (requirements §1.3)."""
    try:
        return act()
    except Escaped as escaped:
        return _status_of(escaped.raised, verbose)
    except SystemExit:
        raise  # Typer's own: a usage error or a finished --help
    except BaseException as raised:
        return _status_of(raised, verbose)


def _status_of(raised: BaseException, verbose: bool) -> int:
    match raised:
        case UsageError():
            complain(str(raised))
            return USAGE
        case KeyboardInterrupt():
            return INTERRUPTED
        case Terminated():
            return TERMINATED
        case BrokenPipeError():
            abandon()
            return PIPE_CLOSED
        case OutputFailed():
            complain(str(raised))
            return INTERNAL
    return _own_bug(raised, verbose)


def _own_bug(raised: BaseException, verbose: bool) -> int:
    if verbose:
        for line in "".join(traceback.format_exception(raised)).splitlines():
            complain(safe(line, 1000))  # it may quote what a server sent
    what = f"{type(raised).__name__}: {raised}".splitlines()[0]
    wanted = "this output" if verbose else "what the same command prints with -v"
    complain(f"internal error, nothing was judged ({safe(what, 200)}); please report it with {wanted}")
    return INTERNAL
