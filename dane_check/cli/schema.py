"""`dane-check schema`: the JSON Schema of what the program prints."""

from __future__ import annotations

from typing import Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.output import write
from dane_check.errors import UsageError
from dane_check.names import safe

Kind = Annotated[
    str, typer.Argument(metavar="KIND", help="check, lookup, doctor, rehearsal, rollover, evidence or tlsa.")
]


@guarded
def schema(kind: Kind = "check") -> int:
    """Print the JSON Schema (2020-12) of one kind of document."""
    from dane_check.report.schemas import KINDS, schema_text

    if kind not in KINDS:
        raise UsageError(f"there is no schema {safe(kind, 40)}; choose one of {', '.join(KINDS)}")
    write(schema_text(kind))
    return 0
