"""Strict readers of formats whose own tools are no Python libraries: what they do not know, they refuse."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from dane_check.tlsa.record import MalformedTlsa, TlsaRecord, parse_text

Record = TlsaRecord | MalformedTlsa

_COMMAND = re.compile(
    r"update (?:(?P<delete>delete) (?P<gone>\S+)|add (?P<owner>\S+) (?P<ttl>\d{1,10}))"
    r" IN (?P<kind>TLSA|TYPE52) (?P<rdata>[^;]+)"
)
_EXTEND = re.compile(r'D_EXTEND\("([a-z0-9._-]+)",\n((?:.*\n)*?)\);\n')
_CALL = re.compile(r'  TLSA\(("[^"\\]+"), (\d+), (\d+), (\d+), "([0-9a-f]+)"(?:, TTL\((\d+)\))?\)')
_COMMENT = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True)
class Change:
    """One command: what is to be there with a TTL, or with None is to go."""

    owner: str
    ttl: int | None
    record: Record


@dataclass(frozen=True)
class Message:
    """What is sent at once; `zone` is None where nsupdate is to find it."""

    zone: str | None
    changes: tuple[Change, ...]


def read_nsupdate(text: str) -> list[Message]:
    """The messages in a text for nsupdate(1); raises ValueError."""
    assert text.isascii()
    messages: list[Message] = []
    changes: list[Change] = []
    zone: str | None = None
    for line in _lines(text):
        if line.startswith("; ") and _COMMENT.fullmatch(line):
            continue
        if line == "send" and changes:
            messages.append(Message(zone, tuple(changes)))
            changes.clear()
        elif line.startswith("zone ") and line.endswith(".") and zone is None and not messages:
            zone = line.removeprefix("zone ")
        else:
            changes.append(_change(line))
    if changes:
        raise ValueError("something is never sent")
    return messages


def _change(line: str) -> Change:
    found = _COMMAND.fullmatch(line)
    if found is None:
        raise ValueError(f"nsupdate does not know {line!r}")
    owner = found["gone"] or found["owner"]
    if not owner.endswith(".") or (found["kind"] == "TYPE52") != found["rdata"].startswith("\\#"):
        raise ValueError(f"not what was meant: {line!r}")
    return Change(owner, None if found["delete"] else int(found["ttl"]), parse_text(found["rdata"]))


def read_dnscontrol(text: str) -> tuple[str, list[tuple[str, int | None, TlsaRecord]]]:
    """The zone of one D_EXTEND statement, and label, TTL and record of each call in it; raises ValueError."""
    assert text.isascii()
    statement = _EXTEND.fullmatch(text)
    if statement is None:
        raise ValueError("no D_EXTEND statement")
    lines = [line for line in _lines(statement[2]) if not (line.startswith("  // ") and _COMMENT.fullmatch(line))]
    calls = []
    for number, line in enumerate(lines, start=1):
        last = number == len(lines)
        call = _CALL.fullmatch(line if last else line.removesuffix(","))
        if call is None or (not last and not line.endswith(",")):
            raise ValueError(f"DNSControl does not know {line!r}")
        record = TlsaRecord(int(call[2]), int(call[3]), int(call[4]), bytes.fromhex(call[5]))
        calls.append((json.loads(call[1]), None if call[6] is None else int(call[6]), record))
    return statement[1], calls


def _lines(text: str) -> list[str]:
    """Only a line feed ends a line; anything else that some program takes for one is refused."""
    lines = text.split("\n")
    if lines.pop() != "" or lines != text.splitlines():
        raise ValueError("line ends that are none")
    return lines
