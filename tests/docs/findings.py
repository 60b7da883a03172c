"""Writes docs/findings.md from the catalogue: python -m tests.docs.findings; a test holds it up to date."""

from __future__ import annotations

from pathlib import Path

from dane_check.report.catalogue import codes_to_markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "findings.md"

if __name__ == "__main__":
    DOCUMENT.write_text(codes_to_markdown(), encoding="utf-8")
