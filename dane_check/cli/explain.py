"""`dane-check explain`: what a finding means, from the same catalogue that wrote it."""

from __future__ import annotations

from typing import Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.output import write
from dane_check.errors import UsageError
from dane_check.names import safe

EXAMPLES = """\
EXAMPLES

\b
  dane-check explain                      every code, with its severities
  dane-check explain tlsa-mismatch
"""

Wanted = Annotated[
    str | None, typer.Argument(metavar="CODE", help="The code of a finding, such as tlsa-mismatch.", show_default=False)
]


@guarded
def explain(code: Wanted = None) -> int:
    """Explain the finding CODE: what it says, how bad it is, what to do, and where the rule stands."""
    from dane_check.findings import Code
    from dane_check.report.catalogue import code_to_text, codes_to_text

    if code is None:
        write(codes_to_text())
        return 0
    typed = code.strip().lower()
    if typed not in set(Code):
        raise UsageError(f"there is no finding {safe(code, 60)}; {_nearest(typed)}")
    write(code_to_text(Code(typed)))
    return 0


def _nearest(typed: str) -> str:
    import difflib

    from dane_check.findings import Code

    near = difflib.get_close_matches(typed[:80], [str(one) for one in Code], n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else "dane-check explain lists them all"
