"""Which findings a reader is shown, in which order, and as how many lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dane_check.findings import CATALOGUE, Code, Finding, Severity, remedy, sentence
from dane_check.policy.verdict import HostVerdict
from dane_check.report.comparison import Comparison, comparison_lines, comparisons, zone_line
from dane_check.report.styled import Line, Style, Styled
from dane_check.report.words import SEVERITY_STYLE, key_names

ALWAYS: Final = frozenset(Severity) - {Severity.HYGIENE, Severity.INFO}
BROKEN: Final = ALWAYS - {Severity.LATENT}
EVERYTHING: Final = frozenset(Severity)
_ORDER: Final = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Findings that say the same thing of several addresses; the first stands for all."""

    findings: tuple[Finding, ...]
    comparison: Comparison | None = None

    @property
    def also_at(self) -> tuple[str, ...]:
        """The other addresses."""
        first = self.findings[0].about
        others = dict.fromkeys(one.about.address for one in self.findings if one.about.address)
        return tuple(address for address in others if address != first.address)


def ordered(findings: Iterable[Finding], severities: frozenset[Severity], *, bare: bool | None = None) -> list[Finding]:
    """Those of the given severities, worst first; among equals, the one that says more.

    bare -- whether findings are kept that another one explains; None for wherever everything is shown.
    """
    known = tuple(findings)
    shown = [one for one in known if one.severity in severities]
    if not (severities == EVERYTHING if bare is None else bare):
        shown = [one for one in shown if not _said_better(one, known)]
    return sorted(shown, key=lambda one: (_ORDER[one.severity], -CATALOGUE[one.code].rank))


def _said_better(finding: Finding, known: Sequence[Finding]) -> bool:
    """A bare mismatch beside a finding that says why there is one at the same place."""
    where = finding.about.address
    beside = [one for one in known if where == (one.about.address or one.fact.get("address"))]
    if finding.code is Code.TLSA_TA_ROOT_NOT_SERVED:  # to serve an anchor that issued nothing of this would not help
        return any(one.code is Code.TLSA_STALE_TA for one in beside)
    rank = CATALOGUE[Code.TLSA_MISMATCH].rank
    return finding.code is Code.TLSA_MISMATCH and any(
        one.severity is Severity.OUTAGE and CATALOGUE[one.code].rank > rank for one in beside
    )


def grouped(findings: Sequence[Finding], explained: Sequence[Comparison] = ()) -> list[Trouble]:
    """The findings with equal ones joined; each comparison stands with the first finding it explains."""
    waiting = list(explained)
    groups: dict[tuple[object, ...], list[Finding]] = {}
    chosen: dict[tuple[object, ...], Comparison] = {}
    for one in findings:
        same = _sameness(one)
        groups.setdefault(same, []).append(one)
        fitting = next((comparison for comparison in waiting if _explains(comparison, one)), None)
        if fitting and same not in chosen:
            chosen[same] = fitting
            waiting.remove(fitting)
    return [Trouble(tuple(group), chosen.get(same)) for same, group in groups.items()]


def _explains(comparison: Comparison, finding: Finding) -> bool:
    if finding.about.address is None:
        return "suggested" in finding.fact or finding.code is Code.TLSA_ABSENT
    return comparison.concerns(finding.about.address, finding.about.key_type)


def host_trouble_lines(
    host: HostVerdict, severities: frozenset[Severity], indent: str, *, bare: bool | None = None
) -> Iterator[Line]:
    """The findings of a host, as of `ordered`, and whatever is to be compared there that none of them speaks of."""
    waiting = comparisons(host)
    troubles = grouped(ordered(host.findings, severities, bare=bare), waiting)
    for trouble in troubles:
        yield from trouble_lines(trouble, host, indent)
    for left in waiting:
        if left not in [trouble.comparison for trouble in troubles]:
            where = f"{left.first.address} {key_names([one.key_type for one in left.endpoints])}"
            yield (f"{indent}to be compared at {where.strip()}",)
            yield from comparison_lines(host, left, f"{indent}  ")


def _sameness(finding: Finding) -> tuple[object, ...]:
    address = finding.about.address or ""
    facts = tuple((name, value) for name, value in finding.facts if value != address and name != "address")
    return finding.code, finding.severity, finding.about.host, finding.about.record, facts


def trouble_lines(trouble: Trouble, host: HostVerdict | None, indent: str) -> Iterator[Line]:
    """Severity and code, the sentence, what is to be compared, what to do."""
    finding = trouble.findings[0]
    yield (
        indent,
        Styled(finding.severity.value, SEVERITY_STYLE.get(finding.severity, Style.WARN)),
        f"  {finding.code}",
    )
    also = f" (also {', '.join(trouble.also_at)})" if trouble.also_at else ""
    yield (f"{indent}  {sentence(finding)}{also}",)
    if host and trouble.comparison:
        yield from comparison_lines(host, trouble.comparison, f"{indent}  ")
    todo = _todo(finding, host, trouble.comparison)
    if todo:
        yield (f"{indent}  do         {todo}",)


def _todo(finding: Finding, host: HostVerdict | None, comparison: Comparison | None) -> str:
    text = remedy(finding).rstrip(": ")
    line = zone_line(host, comparison.first) if host and comparison else None
    if line is None or comparison is None or comparison.first.suggested is None:
        return text
    return text.replace(line, "the line above").replace(comparison.first.suggested, "the line above")
