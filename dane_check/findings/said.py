"""A finding made and said by the book: severity and sentence come from the catalogue."""

from __future__ import annotations

from dane_check.findings.catalogue import CATALOGUE
from dane_check.findings.code import Code
from dane_check.findings.finding import About, Finding, Severity


class _Facts(dict[str, str]):
    """Facts of a template; one that is missing shows as its name, for a report must never fail on a sentence."""

    def __missing__(self, key: str) -> str:
        return f"({key})"


def finding(code: Code, about: About, severity: Severity | None = None, **facts: object) -> Finding:
    """A finding of `code`, with the usual severity of the catalogue unless one is given that it allows."""
    allowed = CATALOGUE[code].severities
    chosen = severity or allowed[0]
    if chosen not in allowed:
        raise ValueError(f"{code} never has severity {chosen}")
    return Finding(code, chosen, about, tuple((name, str(value)) for name, value in facts.items()))


def _filled(template: str, about: Finding) -> str:
    known = {"about": str(about.about), "domain": about.about.domain or "", "host": about.about.host or ""}
    known |= {"address": about.about.address or "", "record": about.about.record or ""}
    return template.format_map(_Facts(known | dict(about.facts)))


def sentence(what: Finding) -> str:
    """One plain sentence for people."""
    return _filled(CATALOGUE[what.code].says, what)


def remedy(what: Finding) -> str:
    """What to do about it; empty where nothing is to be done."""
    return _filled(CATALOGUE[what.code].remedy, what)
