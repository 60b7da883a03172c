"""What a text report shows; apart, so that a command can say it before a report is needed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How much is shown.

    quiet -- only what is broken, and the verdict line.
    verbose -- certificates, SMTP replies, lookups, and findings without consequence as well.
    explain -- the chain of trust of every lookup, and what each kind of sender does.
    """

    quiet: bool = False
    verbose: bool = False
    explain: bool = False
    colour: bool = False
