"""The transcripts in README.md and docs/preflight.md are what the command prints."""

from __future__ import annotations

import pytest

from tests.docs.preflight import DOCUMENTS, comparable, played, transcripts

TRANSCRIPTS = [one for document in DOCUMENTS for one in transcripts(document)]


@pytest.mark.parametrize("place", range(4))
def test_a_transcript_is_what_is_printed(place: int) -> None:
    """To the letter; `make docs` writes it anew. One stands in the README, three in the document."""
    assert len(TRANSCRIPTS) == 4
    command, printed = TRANSCRIPTS[place]
    assert comparable(command, printed) == comparable(command, played(command))
