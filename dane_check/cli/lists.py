"""Lists of domains as people keep them: comments, CRLF, a BOM, blank lines, the same name twice."""

from __future__ import annotations

from dataclasses import dataclass

from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, InputLimits
from dane_check.names import is_address_literal, parse_domain

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that names no domain. `number` counts from 1; `why` is one sentence, safe to show."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class DomainList:
    """The names in the order they came, each once, and the lines that could not be used."""

    names: tuple[str, ...]
    bad: tuple[BadLine, ...] = ()


def destination(typed: str) -> str:
    """A domain as an A-label name, or an address literal as it is (S1-01). Raises UsageError."""
    return typed.strip() if is_address_literal(typed) else parse_domain(typed)


def read_list(octets: bytes, limits: InputLimits = DEFAULT.input) -> DomainList:
    """The domains of a list, a name a line; `#` starts a comment.

    Raises UsageError if the whole cannot be a list: too large (L-22), or UTF-16.
    """
    if len(octets) > limits.list_octets:
        raise UsageError(f"the list is larger than {limits.list_octets >> 20} MiB; split it")
    if octets.startswith(_UTF16) or b"\x00" in octets[:4]:
        raise UsageError("the list is UTF-16; save it as UTF-8")
    lines = octets.removeprefix(b"\xef\xbb\xbf").splitlines()
    if len(lines) > limits.list_lines:
        raise UsageError(f"the list has more than {limits.list_lines} lines; split it")
    return _read_lines(lines, limits.line_octets)


def _read_lines(lines: list[bytes], most_octets: int) -> DomainList:
    names: dict[str, None] = {}
    bad: list[BadLine] = []
    for number, line in enumerate(lines, start=1):
        try:
            name = _name_in(line, most_octets)
        except UsageError as error:
            bad.append(BadLine(number, str(error)))
            continue
        if name is not None:
            names[name] = None
    return DomainList(tuple(names), tuple(bad))


def _name_in(line: bytes, most_octets: int) -> str | None:
    if len(line) > most_octets:
        raise UsageError(f"longer than {most_octets} octets")
    try:
        text = line.decode("utf-8").partition("#")[0].strip()
    except UnicodeDecodeError:
        raise UsageError("not UTF-8") from None
    return destination(text) if text else None
