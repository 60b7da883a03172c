"""From the command line to an exit status."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Final, NoReturn, Protocol, runtime_checkable

from typer.main import get_command

from dane_check.cli.app import COMMANDS, app_with
from dane_check.cli.exits import PIPE_CLOSED, USAGE, settled
from dane_check.cli.output import abandon, complain, leave, prepare
from dane_check.names import safe

_FLAGS: Final = frozenset({"--lab", "--json", "--explain", "-q", "--quiet", "-v", "--verbose", "-4", "-6"})
_OF_THE_PROGRAM: Final = frozenset({"-h", "--help", "--version", "--install-completion", "--show-completion"})


@runtime_checkable
class _ShownByTyper(Protocol):
    """An error in what was typed, as Typer raises it; its class has no public name."""

    exit_code: int

    def format_message(self) -> str: ...


def program() -> NoReturn:
    """The process `dane-check`, from its command line to its end."""
    leave(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line `arguments`, or that of the process, and returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None and not sys.warnoptions:
        warnings.simplefilter("ignore")  # of use to developers, who ask for them with -W
    prepare()
    return settled(lambda: _run(given), verbose=_is_verbose(given))


def _run(given: list[str]) -> int:
    late = next((word for word in given if word not in _FLAGS), "")
    if late in COMMANDS and given[0] != late:
        complain(f"the command comes first: dane-check {late} {' '.join(given[: given.index(late)])} …")
        return USAGE
    arguments = with_default_command(given) or ["--help"]
    command = get_command(app_with(*_needed(arguments)))
    try:
        status = command.main(args=arguments, prog_name="dane-check", standalone_mode=False)
    except SystemExit:  # Typer's answer to a pipe that was closed while it printed a help text
        abandon()
        return PIPE_CLOSED
    except Exception as error:
        if not isinstance(error, _ShownByTyper):
            raise
        return _mistyped(error)
    return (status or 0) if given else USAGE


def with_default_command(given: list[str]) -> list[str]:
    """`dane-check example.org` means `dane-check domain example.org`."""
    if not given or given[0] in COMMANDS or given[0] in _OF_THE_PROGRAM:
        return given
    return ["domain", *given]


def _needed(arguments: list[str]) -> tuple[str, ...]:
    """The commands that have to be known: the one that is called, or all where the program itself is asked."""
    if arguments[0] not in COMMANDS or _completing():
        return COMMANDS
    return (arguments[0],)


def _completing() -> bool:
    """A shell asks what could follow; what was typed so far comes in the environment."""
    return "_DANE_CHECK_COMPLETE" in os.environ


def _mistyped(error: _ShownByTyper) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "dane-check"
    complain(f"{safe(' '.join(error.format_message().split()).rstrip('.'))}; see {path} --help")
    return USAGE


def _is_verbose(given: list[str]) -> bool:
    short = [one for one in given if one.startswith("-") and not one.startswith("--")]
    return "--verbose" in given or any("v" in one for one in short) or bool(os.environ.get("DANE_CHECK_VERBOSE"))
