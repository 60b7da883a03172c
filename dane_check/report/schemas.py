"""The JSON Schemas of every document this program writes."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Final

KINDS: Final = ("check", "lookup", "doctor", "rehearsal", "rollover", "evidence", "tlsa")

# Parts that look the same in two kinds of document are written down once; what is printed is whole all the same.
_BORROWED: Final = {
    "rehearsal": (
        "check",
        (
            *("moment", "lookup", "link", "signature", "finding"),
            *("record", "certificate", "reply", "smtp", "endpoint", "sender"),
        ),
    ),
    "lookup": ("check", ("link", "signature")),
}


def schema_text(kind: str) -> str:
    """The JSON Schema (2020-12) of documents of `kind`, one of KINDS, as text.

    Raises KeyError for any other kind.
    """
    if kind not in KINDS:
        raise KeyError(kind)
    text = _file(kind)
    if kind not in _BORROWED:
        return text
    lender, parts = _BORROWED[kind]
    shapes = json.loads(_file(lender))["$defs"]
    schema = json.loads(text)
    schema["$defs"] |= {part: shapes[part] for part in parts}
    return json.dumps(schema, indent=2) + "\n"


def _file(kind: str) -> str:
    return files("dane_check.report").joinpath("schema", f"{kind}.schema.json").read_text(encoding="ascii")
