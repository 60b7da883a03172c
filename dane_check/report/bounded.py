"""How much text from the network one host may take up in a report."""

from __future__ import annotations

from collections.abc import Iterable

from dane_check.limits import DEFAULT
from dane_check.names import safe


class Allowance:
    """The characters of one host that are left (L-23). A cut shows as "…", here as in `names.safe`."""

    def __init__(self, characters: int = DEFAULT.input.host_text_characters) -> None:
        self._left = characters

    def text(self, raw: str | bytes) -> str:
        """`raw` made safe to show, as long as there is room for it."""
        shown = safe(raw, min(DEFAULT.input.text_characters, max(self._left, 1)))
        self._left -= len(shown)
        return shown

    def texts(self, raw: Iterable[str | bytes]) -> list[str]:
        """Each of `raw` made safe; a last "…" stands for those there was no room for."""
        shown: list[str] = []
        for one in raw:
            if self._left <= 0:
                return [*shown, "…"]
            shown.append(self.text(one))
        return shown
