"""What the README promises is what the command has."""

from __future__ import annotations

import re
from pathlib import Path

from typer.main import get_command

from dane_check.cli.app import COMMANDS, app_with

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def options() -> set[str]:
    """Every option of every command."""
    group = get_command(app_with(*COMMANDS))
    commands = [group, *group.commands.values(), *group.commands["lab"].commands.values()]  # type: ignore[attr-defined]
    return {name for command in commands for one in command.params for name in one.opts} | {"-h", "--help"}


def test_every_option_the_readme_names_exists() -> None:
    """An option that was renamed must be renamed there as well."""
    commands = " ".join(re.findall(r"`([^`]*)`", README) + re.findall(r"^    dane-check .*$", README, re.MULTILINE))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", commands))
    assert named - options() == set()
    assert len(named) >= 5


def test_every_command_is_in_the_readme() -> None:
    """A command nobody is told of might as well not exist."""
    assert {command for command in COMMANDS if f"dane-check {command}" not in README} <= {"domain"}
