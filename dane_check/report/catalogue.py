"""The catalogue of findings as people read it: one code, all codes, and docs/findings.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dane_check.findings import CATALOGUE, Code, Severity
from dane_check.findings.catalogue import AREAS
from dane_check.findings.finding import Diagnosis

MEANING: Final[Mapping[Severity, str]] = {
    Severity.OUTAGE: "senders that use DANE defer or return mail on this path",
    Severity.PARTIAL: "some addresses, certificate types, senders or resolvers fail",
    Severity.LATENT: "all is well now, and breaks at the next routine event",
    Severity.UNPROTECTED: "mail flows, and DANE does nothing for it here",
    Severity.INCONCLUSIVE: "it could not be told from here",
    Severity.HYGIENE: "no effect on delivery",
    Severity.INFO: "worth knowing, nothing to do",
}


def codes_to_text() -> str:
    """Every code with its severities, by area."""
    width = max(map(len, Code))
    return "".join(f"{code:<{width}}  {', '.join(CATALOGUE[code].severities)}\n" for _, area in AREAS for code in area)


def code_to_text(code: Code) -> str:
    """One entry; words in braces stand for the facts of a case."""
    entry = CATALOGUE[code]
    lines = [f"{code}: {', '.join(entry.severities)}", f"  says    {entry.says}"]
    lines += [f"  means   {severity}: {MEANING[severity]}" for severity in entry.severities]
    if entry.when:
        lines.append(f"  when    {entry.when}")
    lines.append(f"  do      {entry.remedy.rstrip(': ') or 'nothing'}")
    lines.append(f"  source  {entry.source}")
    lines.append(f"  TLSRPT  {entry.tlsrpt or 'nothing is reported for it'}")
    return "\n".join(lines) + "\n"


def codes_to_markdown() -> str:
    """docs/findings.md, whole."""
    return "\n".join(_document()) + "\n"


def _document() -> Iterator[str]:
    yield "# Findings"
    yield ""
    yield "Written by `make docs` from the catalogue in `dane_check/findings/`; not to be edited."
    yield "`dane-check explain CODE` says the same at a shell. Words in {braces} stand for the facts of a case."
    yield ""
    yield "A released code never changes its meaning and is never used again. The severities, worst first:"
    yield ""
    yield "| severity | means |"
    yield "|---|---|"
    for severity, meaning in MEANING.items():
        yield f"| {severity} | {meaning} |"
    yield ""
    yield "*outage* and *partial* keep a domain from being `protected`; *latent* counts with `--strict`. TLSRPT is the"
    yield "RFC 8460 result type under which senders report it."
    for title, area in AREAS:
        yield ""
        yield f"## {title}"
        for code in area:
            yield from _section(code, CATALOGUE[code])


def _section(code: Code, entry: Diagnosis) -> Iterator[str]:
    when = f" ({entry.when})" if entry.when else ""
    yield ""
    yield f"### `{code}`"
    yield ""
    yield f"*{', '.join(entry.severities)}*{when}. {_escaped(entry.says)}"
    yield ""
    if entry.remedy:
        yield f"**Do:** {_escaped(entry.remedy)}  "
    reported = f" TLSRPT: `{entry.tlsrpt}`." if entry.tlsrpt else ""
    yield f"**Source:** {entry.source}.{reported}"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_").replace("*", r"\*").replace("<", "&lt;")
