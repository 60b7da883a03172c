"""`dane-check replay`: judge again, offline, what an earlier run heard."""

from __future__ import annotations

from typing import Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.files import read_text
from dane_check.cli.options import AsJson, AsJsonLines, Explain, Quiet, Verbose
from dane_check.cli.output import colour, write
from dane_check.limits import DEFAULT

EXAMPLES = """\
EXAMPLES

\b
  dane-check --evidence run.json example.org
  dane-check replay -v run.json               the same verdict, without a packet

The exit status is that of the check.
"""

File = Annotated[str, typer.Argument(metavar="FILE", help="A file written with --evidence; - is standard input.")]


@guarded
def replay(
    file: File,
    as_json: AsJson = False,
    as_lines: AsJsonLines = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    explain: Explain = False,
) -> int:
    """Judge again, offline, what a run with --evidence heard."""
    from dane_check.api import replay_sync
    from dane_check.cli.writers import writer_for
    from dane_check.evidence.file import from_text
    from dane_check.policy.fold import exit_of_many
    from dane_check.report.options import TextOptions
    from dane_check.survey.element import Form, Rendering

    checks = replay_sync(from_text(read_text(file, DEFAULT.input.evidence_octets)))
    form = Form.LINES if as_lines else Form.JSON if as_json else Form.TEXT
    rendering = Rendering(form, TextOptions(quiet=quiet, verbose=verbose, explain=explain, colour=colour()))
    writer = writer_for(rendering)
    statuses = [check.verdict.exit_status for check in checks]
    status = statuses[0] if len(statuses) == 1 else exit_of_many(statuses)
    for check in checks:
        write(writer.add(rendering.element(check.verdict.domain, check)))
    write(writer.end(status))
    return status
