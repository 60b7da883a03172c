"""One domain of a survey, judged and rendered: what travels between processes and is kept in a journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from dane_check.report.options import TextOptions

if TYPE_CHECKING:
    from dane_check.check.outcome import DomainCheck


class Form(StrEnum):
    """How each verdict is rendered."""

    TEXT = "text"
    JSON = "json"  # an element of `domains`, indented
    LINES = "jsonl"  # a line


@dataclass(frozen=True, slots=True)
class Element:
    """A verdict in words.

    name -- the domain as it was given. word, status -- of the verdict (requirements §1.3).
    text -- as rendered; what stands around several of them is the writer's.
    """

    name: str
    word: str
    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A domain that a bug of ours or a killed process left without a verdict; `why` is one safe sentence."""

    name: str
    why: str


class JournalFailed(Exception):
    """A result could not be kept; the message says where and why, and what to do."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """The form, and for text what it shows."""

    form: Form
    options: TextOptions = field(default=TextOptions())

    def element(self, name: str, check: DomainCheck) -> Element:
        """The check of `name`, rendered."""
        return Element(name, check.verdict.word.value, check.verdict.exit_status, self._text(check))

    def _text(self, check: DomainCheck) -> str:
        match self.form:
            case Form.TEXT:
                from dane_check.report.text import check_to_text

                return check_to_text(check, self.options)
            case Form.JSON:
                from dane_check.report.json import check_to_json, dumped

                return dumped(check_to_json(check))
            case Form.LINES:
                from dane_check.report.json import check_to_line

                return check_to_line(check)
        assert_never(self.form)
