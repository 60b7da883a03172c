"""The stories of docs/stories.md come out as they are told."""

from __future__ import annotations

import re

import pytest

from tests.docs import stories
from tests.docs.playing import Played
from tests.docs.tales.keys import JUST_RIGHT

_FIRST = re.compile(r"^ {5}(?:first|run) +(.*)$", re.MULTILINE)


@pytest.fixture(params=[one.title for one in stories.STORIES])
def told(request: pytest.FixtureRequest) -> Played:
    """Each story, played."""
    return stories.tale(request.param)


def test_every_step_comes_to_what_is_told(told: Played) -> None:
    """Each command has its exit status, and finds what it must and nothing else."""
    heard = [one for _, of_step in told.steps for one in of_step]
    assert [(one.typed.line, one.exit, one.codes) for one in heard] == [
        (one.typed.line, one.typed.exit, one.typed.codes) for one in heard
    ]


def test_the_end_is_protected(told: Played) -> None:
    """The last check of every story finds the domain protected, and nothing is done to the world after it."""
    checks = [(step, one) for step, heard in told.steps for one in heard if one.typed.line == "dane-check example.org"]
    step, last = checks[-1]
    assert last.exit == 0
    assert last.printed.splitlines()[-1].startswith("PROTECTED  example.org:")
    assert all(later.world is None for later, _ in told.steps[told.story.steps.index(step) + 1 :])


def test_what_a_plan_wants_to_be_run_first_can_be_run() -> None:
    """In the story that goes by the plan every command of the plan is typed as it stands there, and exits with 0."""
    heard = [one for _, of_step in stories.tale(JUST_RIGHT.title).steps for one in of_step]
    wanted = _FIRST.findall(heard[0].printed)
    assert len(wanted) == 4
    assert set(wanted) <= {one.typed.line for one in heard if one.exit == 0}


def test_the_document_is_up_to_date() -> None:
    """`make docs` was run after the last change of what the commands print."""
    assert stories.TARGET.read_text(encoding="utf-8") == stories.document()
