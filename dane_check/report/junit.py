"""Rehearsals and checks as JUnit XML, for whatever shows test results.

An address with one type of certificate is a test case, and so is a host, an expectation, and the verdict on the whole.
The last one fails or errs wherever the exit status is not 0, so that no report looks better than the command's ending:
failures are what senders refuse or what stays unprotected, errors what could not be told, skipped what was left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from xml.etree import ElementTree

from dane_check.check.outcome import DomainCheck
from dane_check.findings import Finding, Severity, remedy, sentence
from dane_check.policy.verdict import DomainVerdict, EndpointResult, EndpointVerdict, HostWord
from dane_check.rehearsal.outcome import Expectation, HostRehearsal, MailRehearsal, Rehearsal
from dane_check.rehearsal.publisher import is_weighty
from dane_check.report.styled import visible
from dane_check.report.troubles import EVERYTHING, ordered
from dane_check.report.words import key_names

_GRAVE: Final = frozenset({Severity.OUTAGE, Severity.PARTIAL, Severity.UNPROTECTED, Severity.INCONCLUSIVE})
_RULES: Final = "the rules for publishers"
_LONGEST: Final = 2000  # characters of one line; hostile text is cut before, this bounds what is joined of it
# What XML 1.0 §2.2 has no way to write, beyond what `visible` has escaped already.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Outcome(StrEnum):
    """What became of a test case; the values are the elements that say so."""

    PASSED = ""
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. kind -- the finer word; because -- one sentence; body -- lines below; aside -- other findings."""

    name: str
    outcome: Outcome
    kind: str = ""
    because: str = ""
    body: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """The test cases of one host or one domain."""

    name: str
    cases: tuple[Case, ...]
    now: datetime | None = None


_OF_STATUS: Final = {
    0: Outcome.PASSED,
    1: Outcome.FAILURE,
    3: Outcome.FAILURE,
    4: Outcome.ERROR,
    5: Outcome.SKIPPED,
}
_OF_WORD: Final = {
    HostWord.DANE_OK: Outcome.PASSED,
    HostWord.DANE_OK_INSECURE_MX: Outcome.PASSED,  # this address is well; the verdict's own case is not
    HostWord.TLS_ONLY: Outcome.FAILURE,
    HostWord.NO_DANE: Outcome.FAILURE,
    HostWord.DANE_FAIL: Outcome.FAILURE,
    HostWord.DNS_BOGUS: Outcome.FAILURE,
    HostWord.DNS_ERROR: Outcome.ERROR,
    HostWord.UNREACHABLE: Outcome.ERROR,
    HostWord.NO_ADDRESS: Outcome.SKIPPED,
    HostWord.NOT_APPLICABLE: Outcome.SKIPPED,
}
_LEFT_OUT: Final = frozenset({EndpointResult.SKIPPED, EndpointResult.NOT_TESTED})
_MET: Final = {True: Outcome.PASSED, False: Outcome.FAILURE, None: Outcome.ERROR}


def rehearsal_to_junit(rehearsed: Rehearsal) -> str:
    """A rehearsal: a suite for each host and each mail domain, and one for the whole."""
    now, is_first = rehearsed.now, rehearsed.plan.is_first
    suites = [Suite(_place(host), tuple(_of_rehearsed(host, is_first)), now) for host in rehearsed.hosts]
    suites += [Suite(one.domain, (_of_mail(one),), now) for one in rehearsed.mail]
    return _document([*suites, Suite("preflight", (_of_whole(rehearsed),), now)])


def _place(host: HostRehearsal) -> str:
    return f"{host.host} for {host.domain}" if host.domain else host.host


def _of_mail(one: MailRehearsal) -> Case:
    outcome = _OF_STATUS.get(one.exit_status, Outcome.ERROR)
    return _of_host("the mail domain", outcome, one.would.value, one.reason, one.findings)


def _of_whole(rehearsed: Rehearsal) -> Case:
    """What the exit status says, and what was noticed of a zone file."""
    outcome = _OF_STATUS.get(rehearsed.exit_status, Outcome.ERROR)
    kind = rehearsed.reason or (rehearsed.readiness or rehearsed.would).value
    return Case("the whole", outcome, kind, rehearsed.sentence, *_told(rehearsed.remarks))


def checks_to_junit(checks: Iterable[DomainCheck], exit_status: int) -> str:
    """Checks of domains, or of hosts as configured relays: a suite for each, and one for the exit status of all."""
    suites = [Suite(check.verdict.domain, tuple(_of_domain(check.verdict)), check.now) for check in checks]
    outcome = _OF_STATUS.get(exit_status, Outcome.ERROR)
    whole = Case("the whole", outcome, "exit-status", f"exit status {exit_status}")
    return _document([*suites, Suite("dane-check", (whole,))])


def _of_rehearsed(host: HostRehearsal, is_first: bool) -> Iterator[Case]:
    yield from _of_endpoints(host.verdict.endpoints, "")
    yield from (_of_expectation(one) for one in host.expectations)
    outcome = _OF_STATUS.get(host.exit_status, Outcome.ERROR)
    case = _of_host("the host", outcome, host.would.value, host.verdict.reason, host.findings)
    yield replace(case, aside=(*case.aside, *_steps(host)))
    if not is_first:
        yield _of_rules(host)


def _steps(host: HostRehearsal) -> Iterator[str]:
    """In which order records and chain may change, what is to be published, and what becomes of the next keys."""
    for one in host.moments:
        yield f"order  {one.address} port {one.port} {key_names([one.key_type])}: {one.order}"
    for line in (*host.lines, *(planned.line for planned in host.planned if planned.line)):
        yield f"publish  {line}"
    for planned in host.planned:
        yield f"next key  {planned.source}: {planned.fate}"


def _of_rules(host: HostRehearsal) -> Case:
    """Sets that authenticate today, and must not be published all the same."""
    broken = [one for one in host.findings if is_weighty(one)]
    if not broken:
        return Case(_RULES, Outcome.PASSED)
    because = sentence(broken[0])
    return Case(
        _RULES, Outcome.FAILURE, broken[0].code.value, because, tuple(line for one in broken for line in _lines(one))
    )


def _of_expectation(one: Expectation) -> Case:
    because = "" if one.met else "no usable record of it matches" if one.met is False else "that could not be told"
    return Case(f"a matching {one.scheme} record", _MET[one.met], "expectation", because)


def _of_domain(verdict: DomainVerdict) -> Iterator[Case]:
    for host in verdict.hosts:
        yield from _of_endpoints(host.endpoints, f"{host.host} ")
        yield _of_host(host.host, _OF_WORD[host.word], host.word.value, host.reason, host.findings)
    outcome = _OF_STATUS.get(verdict.exit_status, Outcome.ERROR)
    grave, aside = _told(verdict.findings)
    yield Case("the verdict", outcome, verdict.reason or verdict.word.value, verdict.sentence, grave, aside)


def _of_endpoints(endpoints: Sequence[EndpointVerdict], before: str) -> Iterator[Case]:
    """One case an address and certificate type; a type that is not offered there does not exist."""
    for one in endpoints:
        if one.result is EndpointResult.NOT_OFFERED:
            continue
        outcome = Outcome.SKIPPED if one.result in _LEFT_OUT else _OF_WORD[one.word]
        name = f"{before}{one.address} port {one.port} {key_names([one.key_type])}".rstrip()
        yield Case(name, outcome, one.result.value, _why(one))


def _why(endpoint: EndpointVerdict) -> str:
    reason = f" ({endpoint.reason})" if endpoint.reason and endpoint.reason != endpoint.result.value else ""
    return f"{endpoint.result}{reason}{f': {endpoint.detail}' if endpoint.detail else ''}"


def _of_host(name: str, outcome: Outcome, word: str, reason: str | None, findings: Sequence[Finding]) -> Case:
    grave, aside = _told(findings)
    return Case(name, outcome, word, f"{word} ({reason})" if reason else word, grave, aside)


def _told(findings: Sequence[Finding]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The findings that weigh, and the others, worst first."""
    shown = ordered(findings, EVERYTHING)
    grave = tuple(line for one in shown if one.severity in _GRAVE for line in _lines(one))
    return grave, tuple(line for one in shown if one.severity not in _GRAVE for line in _lines(one))


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity}  {finding.code}"
    yield f"  {sentence(finding)}"
    if remedy(finding):
        yield f"  do  {remedy(finding)}"


def _document(suites: Sequence[Suite]) -> str:
    root = ElementTree.Element("testsuites", {"name": "dane-check"})
    _count(root, [case for suite in suites for case in suite.cases])
    seen: Counter[tuple[str, str]] = Counter()
    for suite in suites:
        _suite(root, suite, seen)
    ElementTree.indent(root)
    octets: bytes = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)
    return octets.decode("ascii") + "\n"


def _count(element: ElementTree.Element, cases: Sequence[Case]) -> None:
    element.set("tests", str(len(cases)))
    for attribute, outcome in (
        ("failures", Outcome.FAILURE),
        ("errors", Outcome.ERROR),
        ("skipped", Outcome.SKIPPED),
    ):
        element.set(attribute, str(sum(case.outcome is outcome for case in cases)))


def _suite(root: ElementTree.Element, suite: Suite, seen: Counter[tuple[str, str]]) -> None:
    """One suite; readers take cases of one name for one case, so that a second of its name gets a number."""
    place = _safe(suite.name)
    element = ElementTree.SubElement(root, "testsuite", {"name": place})
    _count(element, suite.cases)
    if suite.now is not None:
        element.set("timestamp", f"{suite.now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}")
    for case in suite.cases:
        name = _safe(case.name)
        seen[place, name] += 1
        number = f" ({seen[place, name]})" if seen[place, name] > 1 else ""
        _case(ElementTree.SubElement(element, "testcase", {"classname": place, "name": name + number}), case)


def _case(element: ElementTree.Element, case: Case) -> None:
    if case.outcome is not Outcome.PASSED:
        said = {"message": _safe(case.because or case.kind)}
        if case.outcome is not Outcome.SKIPPED:
            said["type"] = _safe(case.kind)
        told = ElementTree.SubElement(element, case.outcome.value, said)
        if case.body:
            told.text = _text(case.body)
    aside = case.aside if case.outcome is not Outcome.PASSED else (*case.body, *case.aside)
    if aside:
        ElementTree.SubElement(element, "system-out").text = _text(aside)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(_safe(line) for line in lines)


def _safe(text: str) -> str:
    """One line that XML can hold, and that steers nobody who prints it."""
    shown = _NO_XML.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", visible(text))
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
