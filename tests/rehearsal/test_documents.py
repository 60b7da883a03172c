"""The transcripts in README.md and docs/preflight.md are what the command prints."""

from __future__ import annotations

import pytest

from tests.docs.preflight import DOCUMENTS, comparable, played, transcripts

TRANSCRIPTS = [one for document in DOCUMENTS for one in transcripts(document)]


@pytest.mark.parametrize("place", range(len(TRANSCRIPTS)))
def test_a_transcript_is_what_is_printed(place: int) -> None:
    """To the letter; `make docs` writes it anew."""
    command, printed = TRANSCRIPTS[place]
    assert comparable(command, printed) == comparable(command, played(command))


def test_both_documents_have_transcripts() -> None:
    """A block that no pattern finds is never compared."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert len(transcripts(document)) == text.count("$ dane-check preflight") > 0
