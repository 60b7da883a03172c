"""Writes docs/stories.md: what happens to operators, played in the lab (`make docs`)."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

from tests.docs.playing import START, Played, played, shown
from tests.docs.tales import keys, zones

TARGET = Path(__file__).parents[2] / "docs" / "stories.md"
STORIES = (*keys.STORIES, *zones.STORIES)


@cache
def tale(title: str) -> Played:
    """The story that is called so, played once."""
    return played(next(one for one in STORIES if one.title == title))


def document() -> str:
    """The whole of docs/stories.md."""
    titles = [one.title for one in STORIES]
    return "\n".join([_HEAD, *map(_link, titles), "", *(_told(tale(title)) for title in titles)])


def _link(title: str) -> str:
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -")
    return f"- [{title}](#{kept.replace(' ', '-')})"


def _told(told: Played) -> str:
    return "\n".join([f"## {told.story.title}\n", f"{_wrapped(told.story.situation)}\n", *_steps(told)])


def _steps(told: Played) -> Iterator[str]:
    for step, heard in told.steps:
        moment = START + timedelta(minutes=step.minutes)
        yield _wrapped(f"**{moment:%a %H:%M}.** {step.says}") + "\n"
        yield "```console\n" + "".join(map(shown, heard)) + "```\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


_HEAD = f"""# Stories

What happens to people who run mail servers, from the first command to the last. The domain is `example.org`, its mail
host `mx.example.org`, the TTL of every record an hour, and it is {START:%A}, {START:%-d %B %Y}; times are UTC.

The stories are played in the embedded lab, in which a day takes a second: between two steps the zone, the servers and
the clock are changed, and nothing else. What the commands print is what they print. The test that plays them wants each
exit status, each finding, and at the end of each story `protected`. Written by `make docs`; not to be edited.
"""


def main() -> None:
    """Writes the file anew."""
    TARGET.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} written\n")


if __name__ == "__main__":
    main()
