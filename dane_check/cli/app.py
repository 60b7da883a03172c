"""The commands, put together; each is loaded only when it is the one that was typed."""

from __future__ import annotations

import importlib
from typing import Annotated, Final

import typer

from dane_check import __version__
from dane_check.cli.output import write

_EXAMPLES: Final = """\
EXAMPLES

\b
  dane-check example.org                       will mail to example.org be protected?
  dane-check --lab no-match.test               a domain of the embedded lab, off the Internet
  dane-check lookup --explain example.org MX   one lookup, and what makes it true
  dane-check tlsa cert.pem --host mx.test      the records to publish for a certificate
  dane-check explain tlsa-mismatch             what a finding means, and what to do about it
  dane-check doctor                            can this machine judge at all?

`dane-check example.org` means `dane-check domain example.org`; see dane-check domain --help.
"""

COMMANDS: Final = ("domain", "lookup", "preflight", "rollover", "replay", "doctor", "tlsa", "explain", "schema", "lab")
"""In the order of the help text. `dane_check.cli.NAME` holds the function NAME, or `app` where it is a group."""


def app_with(*commands: str) -> typer.Typer:
    """The program, with only these of its commands: the options of one take a while to read, those of all longer."""
    app = typer.Typer(
        name="dane-check",
        help="Will mail to a domain be protected by DANE? If not, which link breaks, and what mends it?",
        epilog=_EXAMPLES,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_program)
    for name in commands:
        module = importlib.import_module(f"dane_check.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name, epilog=getattr(module, "EXAMPLES", None))(getattr(module, name))
    return app


def _version(asked: bool) -> None:
    if asked:
        write(f"dane-check {__version__}\n")
        raise typer.Exit


def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself."""
