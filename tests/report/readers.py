"""Strict readers of formats whose own tools are no Python libraries: what they do not know, they refuse."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from xml.etree import ElementTree

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


@dataclass(frozen=True)
class JunitCase:
    """One test case as a program that shows results sees it; `outcome` is empty where it passed."""

    classname: str
    name: str
    outcome: str
    message: str
    text: str


_OUTCOMES = ("failure", "error", "skipped")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def read_junit(text: str) -> list[JunitCase]:
    """The cases of a JUnit document: elements, attributes and counts as every reader of them expects; or ValueError."""
    if not text.isascii() or "<!" in text:
        raise ValueError("neither other characters nor declarations have a place in it")
    root = ElementTree.fromstring(text)
    if root.tag != "testsuites" or set(root.attrib) != {"name", "tests", *_COUNTS}:
        raise ValueError("no testsuites with their counts")
    cases = [case for suite in root for case in _junit_suite(suite)]
    _agree(root, cases)
    places = [(case.classname, case.name) for case in cases]
    if len(set(places)) != len(places):
        raise ValueError("two cases of one name")
    return cases


_COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _junit_suite(suite: ElementTree.Element) -> list[JunitCase]:
    if suite.tag != "testsuite" or not {"name", "tests", *_COUNTS} <= set(suite.attrib) <= {
        "name",
        "tests",
        *_COUNTS,
        "timestamp",
    }:
        raise ValueError(f"no testsuite: {suite.tag} {suite.attrib}")
    if not _STAMP.fullmatch(suite.get("timestamp", "2026-03-01T12:00:00")):
        raise ValueError("no timestamp")
    cases = [_junit_case(case) for case in suite]
    _agree(suite, cases)
    return cases


def _agree(element: ElementTree.Element, cases: list[JunitCase]) -> None:
    counted = {count: sum(case.outcome == outcome for case in cases) for count, outcome in _COUNTS.items()}
    said = {count: int(element.attrib[count]) for count in ("tests", *_COUNTS)}
    if said != {"tests": len(cases), **counted}:
        raise ValueError(f"{said} are not the counts")


def _junit_case(case: ElementTree.Element) -> JunitCase:
    if case.tag != "testcase" or set(case.attrib) != {"classname", "name"} or not all(case.attrib.values()):
        raise ValueError(f"no testcase: {case.tag} {case.attrib}")
    tags = [child.tag for child in case]
    said = [tag for tag in tags if tag in _OUTCOMES]
    if tags not in (said, [*said, "system-out"]) or len(said) > 1:
        raise ValueError(f"{tags} in one testcase")
    told = case.find(said[0]) if said else None
    if told is not None and set(told.attrib) != {"message"} | ({"type"} if said != ["skipped"] else set()):
        raise ValueError(f"{told.attrib} of a {told.tag}")
    if any(len(child) for child in case):
        raise ValueError("elements within text")
    texts = "\n".join(child.text or "" for child in case)
    message = "" if told is None else told.attrib["message"]
    return JunitCase(case.attrib["classname"], case.attrib["name"], said[0] if said else "", message, texts)
