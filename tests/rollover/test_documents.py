"""The transcripts in README.md and docs/rollover.md are what the command prints, and what the recipes name exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from dane_check.cli.app import app_with
from tests.docs.rollover import DOCUMENTS, ROOT, comparable, played, transcripts

RECIPES = ROOT / "docs" / "recipes"
TRANSCRIPTS = [one for document in DOCUMENTS for one in transcripts(document)]


@pytest.mark.parametrize("place", range(len(TRANSCRIPTS)))
def test_a_transcript_is_what_is_printed(place: int) -> None:
    """But for the dates of the day; `make docs` writes it anew."""
    command, printed = TRANSCRIPTS[place]
    assert comparable(printed) == comparable(played(command))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_transcript_is_found(document: Path) -> None:
    """A block that no pattern finds is never compared."""
    assert len(transcripts(document)) == document.read_text(encoding="utf-8").count("$ dane-check rollover") > 0


def test_the_example_for_programs_compiles() -> None:
    """What is shown, works."""
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "rollover.md").read_text(), re.DOTALL)
    compile(block, "rollover.md", "exec")


def test_every_option_the_documents_name_exists() -> None:
    """An option that was renamed must be renamed there as well."""
    from typer.main import get_command

    group = get_command(app_with("rollover", "preflight", "domain"))
    known = {name for command in group.commands.values() for one in command.params for name in one.opts}  # type: ignore[attr-defined]
    texts = [(ROOT / "docs" / "rollover.md").read_text(), (RECIPES / "dane-deploy").read_text()]
    lines = [
        line for text in texts for line in re.findall(r"dane-check [^`\n]*|\$\{DANE_CHECK[^\n]*|`(--[^`]*)`", text)
    ]
    named = {name for line in lines for name in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", line)}
    assert named - known == set()
    assert texts[1].count("rollover -q") == 2


def test_every_recipe_is_listed_with_whether_it_is_tested() -> None:
    """Whoever follows one must know."""
    index = (RECIPES / "README.md").read_text()
    for recipe in RECIPES.glob("*.md"):
        if recipe.name == "README.md":
            continue
        assert f"({recipe.name})" in index
        says = recipe.read_text().splitlines()[2]
        assert "ntested" in says or "*Tested:" in says


def test_the_script_is_sh() -> None:
    """As every system has it."""
    script = RECIPES / "dane-deploy"
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    assert script.stat().st_mode & 0o111
