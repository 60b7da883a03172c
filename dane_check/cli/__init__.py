"""The command `dane-check`. A command's body is parse, api, report, exit; everything heavy is imported inside it."""

from __future__ import annotations

from dane_check.cli.main import main, program

__all__ = ["main", "program"]
