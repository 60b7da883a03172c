"""The commands, put together."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from dane_check import __version__
from dane_check.cli import doctor, domain, explain, lab, lookup, preflight, replay, schema, tlsa
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

app = typer.Typer(
    name="dane-check",
    help="Will mail to a domain be protected by DANE? If not, which link breaks, and what mends it?",
    epilog=_EXAMPLES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("domain", epilog=domain.EXAMPLES)(domain.domain)
app.command("lookup", epilog=lookup.EXAMPLES)(lookup.lookup)
app.command("preflight", epilog=preflight.EXAMPLES)(preflight.preflight)
app.command("replay", epilog=replay.EXAMPLES)(replay.replay)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.command("tlsa", epilog=tlsa.EXAMPLES)(tlsa.tlsa)
app.command("explain", epilog=explain.EXAMPLES)(explain.explain)
app.command("schema")(schema.schema)
app.add_typer(lab.app, name="lab")

COMMANDS: Final = frozenset({"domain", "lookup", "preflight", "tlsa", "replay", "doctor", "explain", "schema", "lab"})


def _version(asked: bool) -> None:
    if asked:
        write(f"dane-check {__version__}\n")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself."""
