"""The JSON Schemas of every document this program writes."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

KINDS: Final = ("check", "lookup", "doctor", "rehearsal", "evidence", "tlsa")


def schema_text(kind: str) -> str:
    """The JSON Schema (2020-12) of documents of `kind`, one of KINDS, as text.

    Raises KeyError for any other kind.
    """
    if kind not in KINDS:
        raise KeyError(kind)
    return files("dane_check.report").joinpath("schema", f"{kind}.schema.json").read_text(encoding="ascii")
