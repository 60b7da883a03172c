"""Lines with styles, and the only place that writes a terminal's control sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_ESCAPED = {point: f"\\x{point:02x}" for point in (*range(0x20), *range(0x7F, 0xA0))}
_ESCAPED |= {
    point: f"\\u{{{point:x}}}"
    for point in (
        0x061C,
        0x200E,
        0x200F,
        0x2028,
        0x2029,
        0xFEFF,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    )
}


class Style(StrEnum):
    """What a piece of text means to the eye; the values are SGR parameters (ECMA-48 §8.3.117)."""

    GOOD = "32"
    BAD = "31"
    WARN = "33"
    DIM = "2"
    BOLD = "1"


@dataclass(frozen=True, slots=True)
class Styled:
    """A piece of text with a style."""

    text: str
    style: Style


Part = str | Styled
Line = tuple[Part, ...]


def visible(text: str) -> str:
    """`text` without anything that steers a terminal; text that `names.safe` has seen comes back unchanged.

    It is for what is printable by its origin (names in presentation form, words, digests). Text as the network
    sent it needs `names.safe`, which also makes the escaping unambiguous and bounds the length.
    """
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPED)


def render(lines: Iterable[Line], colour: bool) -> str:
    """The lines as text, each ended by a newline; no control character but our own colours can be in it."""
    return "".join("".join(_piece(part, colour) for part in line).rstrip() + "\n" for line in lines)


def _piece(part: Part, colour: bool) -> str:
    if isinstance(part, str):
        return visible(part)
    shown = visible(part.text)
    return f"\x1b[{part.style.value}m{shown}\x1b[0m" if colour and shown else shown
