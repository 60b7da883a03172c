"""Several verdicts, one after the other, in the form that was asked for. Pure: they return what is to be printed."""

from __future__ import annotations

from collections import Counter
from typing import Final, Protocol, assert_never

from dane_check.survey.element import Element, Form, Rendering

_MOST_OF_A_VERDICT: Final = 5  # requirements §1.3; what lies above says that not all were judged


class Writer(Protocol):
    """Turns verdicts into output as they become ready."""

    def add(self, element: Element) -> str:
        """What to print for one more verdict."""
        ...

    def end(self, status: int) -> str:
        """What to print when all are in; `status` is the exit status of the whole."""
        ...


class TextWriter:
    """A report each, and one line about all of them where there were several."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._words: Counter[str] = Counter()

    def add(self, element: Element) -> str:
        """The report, set off by an empty line from the one before."""
        gap = "\n" if self._words and not self._quiet else ""
        self._words[element.word] += 1
        return gap + element.text

    def end(self, status: int) -> str:
        """`3 domains: 2 protected, 1 broken`; nothing for a single one, unless it was to be more."""
        from dane_check.report.words import counted

        total = self._words.total()
        if not total or (total == 1 and status <= _MOST_OF_A_VERDICT):
            return ""
        return f"\n{counted(total, 'domain')}: {shares(self._words)}  [exit status {status}]\n"


class JsonWriter:
    """One document, written piece by piece: a million verdicts need not be held at once."""

    def __init__(self) -> None:
        self._begun = False

    def add(self, element: Element) -> str:
        """The next element of `domains`."""
        indented = element.text.replace("\n", "\n    ")
        return f"{self._separator()}    {indented}"

    def end(self, status: int) -> str:
        """The end of the document."""
        begun = self._begun
        return f"{'' if begun else self._separator()}{chr(10) if begun else ''}  ]\n}}\n"

    def _separator(self) -> str:
        from dane_check.report.json import SCHEMA

        if self._begun:
            return ",\n"
        self._begun = True
        return f'{{\n  "schema": {SCHEMA},\n  "kind": "check",\n  "domains": [\n'


class JsonLinesWriter:
    """One object a line."""

    def add(self, element: Element) -> str:
        """The line."""
        return element.text + "\n"

    def end(self, status: int) -> str:
        """Nothing: every line stands by itself."""
        return ""


def writer_for(rendering: Rendering) -> Writer:
    """The writer for the form that was asked for."""
    match rendering.form:
        case Form.LINES:
            return JsonLinesWriter()
        case Form.JSON:
            return JsonWriter()
        case Form.TEXT:
            return TextWriter(rendering.options.quiet)
    assert_never(rendering.form)


def shares(words: Counter[str]) -> str:
    """`2 protected, 1 broken`, in the order of the verdicts (requirements §1.3)."""
    from dane_check.policy.verdict import DomainWord

    return ", ".join(f"{words[word.value]} {word.value}" for word in DomainWord if words[word.value])
