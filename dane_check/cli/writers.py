"""Several verdicts, one after the other, in the form that was asked for. Pure: they return what is to be printed."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from dane_check.check.outcome import DomainCheck
from dane_check.policy.verdict import DomainWord
from dane_check.report.json import SCHEMA, check_to_json, check_to_line, dumped
from dane_check.report.text import TextOptions, check_to_text
from dane_check.report.words import counted


class Writer(Protocol):
    """Turns verdicts into output as they become ready."""

    def add(self, check: DomainCheck) -> str:
        """What to print for one more verdict."""
        ...

    def end(self, status: int) -> str:
        """What to print when all are in; `status` is the exit status of the whole."""
        ...


class TextWriter:
    """A report each, and one line about all of them where there were several."""

    def __init__(self, options: TextOptions) -> None:
        self._options = options
        self._words: Counter[DomainWord] = Counter()

    def add(self, check: DomainCheck) -> str:
        """The report, set off by an empty line from the one before."""
        gap = "\n" if self._words and not self._options.quiet else ""
        self._words[check.verdict.word] += 1
        return gap + check_to_text(check, self._options)

    def end(self, status: int) -> str:
        """`3 domains: 2 protected, 1 broken`; nothing for a single one."""
        total = self._words.total()
        if total < 2:
            return ""
        words = ", ".join(f"{self._words[word]} {word.value}" for word in DomainWord if self._words[word])
        return f"\n{counted(total, 'domain')}: {words}  [exit status {status}]\n"


class JsonWriter:
    """One document, written piece by piece: a million verdicts need not be held at once."""

    def __init__(self) -> None:
        self._begun = False

    def add(self, check: DomainCheck) -> str:
        """The next element of `domains`."""
        element = dumped(check_to_json(check)).replace("\n", "\n    ")
        return f"{self._separator()}    {element}"

    def end(self, status: int) -> str:
        """The end of the document."""
        begun = self._begun
        return f"{'' if begun else self._separator()}{chr(10) if begun else ''}  ]\n}}\n"

    def _separator(self) -> str:
        if self._begun:
            return ",\n"
        self._begun = True
        return f'{{\n  "schema": {SCHEMA},\n  "kind": "check",\n  "domains": [\n'


class JsonLinesWriter:
    """One object a line."""

    def add(self, check: DomainCheck) -> str:
        """The line."""
        return check_to_line(check) + "\n"

    def end(self, status: int) -> str:
        """Nothing: every line stands by itself."""
        return ""


def writer_for(options: TextOptions, as_json: bool, as_lines: bool) -> Writer:
    """The writer for the form that was asked for."""
    if as_lines:
        return JsonLinesWriter()
    return JsonWriter() if as_json else TextWriter(options)
