"""A rehearsal as text and as JSON. Its words are *would be*; what was taken for granted is said beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from dane_check.rehearsal.candidates import CandidateChain, Plan
from dane_check.rehearsal.outcome import Expectation, HostRehearsal, Rehearsal, Switch, Would
from dane_check.report.bounded import Allowance
from dane_check.report.json import certificate_to_json, document, dumped, finding_to_json, host_to_json, moment
from dane_check.report.styled import Line, Style, Styled, render, visible
from dane_check.report.text import TextOptions, endpoint_lines
from dane_check.report.troubles import BROKEN, EVERYTHING, host_trouble_lines
from dane_check.report.words import counted, key_names
from dane_check.report.words import moment as shown_moment

_STYLE: Final = {Would.BE_PROTECTED: Style.GOOD, Would.BE_BROKEN: Style.BAD}
_MET: Final = {True: ("met", Style.GOOD), False: ("not met", Style.BAD), None: ("cannot tell", Style.WARN)}


def rehearsal_to_text(rehearsed: Rehearsal, options: TextOptions) -> str:
    """The report; whoever rehearses wants to hear everything, so that findings without consequence are shown too."""
    return render(_lines(rehearsed, options), options.colour)


def _lines(rehearsed: Rehearsal, options: TextOptions) -> Iterator[Line]:
    if not options.quiet:
        yield _header(rehearsed)
    for host in rehearsed.hosts:
        if not options.quiet or host.would is not Would.BE_PROTECTED or rehearsed.reason:
            yield from _host(rehearsed, host, options)
    if rehearsed.switch and not options.quiet:
        yield _switch(rehearsed.switch)
    yield _closing(rehearsed)


def _header(rehearsed: Rehearsal) -> Line:
    plan = rehearsed.plan
    records = "published records" if plan.records is None else counted(len(plan.records), "candidate record")
    chains = ", ".join(f"{chain.source} ({key_names([chain.key_type])})" for chain in plan.chains)
    against = f"against {chains}" if chains else "against the servers"
    offline = ", nobody asked" if plan.offline else ""
    return (Styled("rehearsal", Style.BOLD), f": {records} {against}{offline}, {counted(len(plan.hosts), 'mail host')}")


def _host(rehearsed: Rehearsal, host: HostRehearsal, options: TextOptions) -> Iterator[Line]:
    style = _STYLE.get(host.would, Style.WARN)
    why = f" ({host.verdict.reason})" if host.verdict.reason else ""
    yield (f"  {host.host}:{rehearsed.plan.port}  ", Styled(host.would.value, style), why)
    if host.assumed and not options.quiet:
        yield (f"    {host.assumed}",)
    if rehearsed.plan.chains and not rehearsed.plan.offline and not options.quiet:
        yield ("    the candidate chains are taken as served at every address; nobody was connected to",)
    yield from endpoint_lines(host.verdict, options)
    shown = BROKEN if options.quiet else EVERYTHING
    for line in host_trouble_lines(replace(host.verdict, findings=host.findings), shown, "    "):
        yield _reworded(line, rehearsed.plan)
    for one in host.expectations:
        word, met_style = _MET[one.met]
        yield (f"    expected a matching {one.scheme} record: ", Styled(word, met_style))


def _reworded(line: Line, plan: Plan) -> Line:
    """A line of a comparison; what is a candidate must not be called published or served."""
    first = line[0]
    if isinstance(first, str) and plan.records is not None and first.lstrip().startswith("published  "):
        return (first.replace("published", "candidate", 1), *line[1:])
    if isinstance(first, str) and plan.chains and first.lstrip().startswith("served   "):
        return (first.replace("served  ", "to serve", 1), *line[1:])
    return line


def _switch(switch: Switch) -> Line:
    when = f", so not before {shown_moment(switch.not_before)} if they are published now" if switch.not_before else ""
    return (f"  a key that needs these records may be switched to {switch.seconds} seconds after them{when}",)


def _closing(rehearsed: Rehearsal) -> Line:
    word = rehearsed.would.value.replace("-", " ").upper()
    style = Style.BAD if rehearsed.exit_status == 1 else _STYLE.get(rehearsed.would, Style.WARN)
    why = f" ({rehearsed.reason})" if rehearsed.reason else ""
    return (Styled(word, style), f"{why}  {rehearsed.sentence}  [exit status {rehearsed.exit_status}]")


def rehearsal_to_json(rehearsed: Rehearsal) -> str:
    """The document of kind `rehearsal`."""
    plan = rehearsed.plan
    return dumped(
        document(
            "rehearsal",
            now=moment(rehearsed.now),
            would=rehearsed.would.value,
            exit_status=rehearsed.exit_status,
            reason=rehearsed.reason,
            sentence=visible(rehearsed.sentence),
            offline=plan.offline,
            port=plan.port,
            domains=[visible(domain) for domain in plan.domains],
            records=plan.records and [visible(record.to_text()) for record in plan.records],
            previous=plan.previous and [visible(record.to_text()) for record in plan.previous],
            ttl=plan.ttl,
            chains=[_chain(rehearsed, index, chain) for index, chain in enumerate(plan.chains)],
            switch=rehearsed.switch and _switch_to_json(rehearsed.switch),
            hosts=[_host_to_json(host) for host in rehearsed.hosts],
        )
    )


def _chain(rehearsed: Rehearsal, index: int, chain: CandidateChain) -> dict[str, Any]:
    allowance = Allowance()
    certificates = [certificate_to_json(one, allowance) for one in rehearsed.certificates[index]]
    return {
        "source": visible(chain.source),
        "key_type": chain.key_type.value,
        "remarks": [visible(remark) for remark in chain.remarks],
        "certificates": certificates,
    }


def _switch_to_json(switch: Switch) -> dict[str, Any]:
    return {"seconds": switch.seconds, "not_before": switch.not_before and moment(switch.not_before)}


def _host_to_json(host: HostRehearsal) -> dict[str, Any]:
    """As in a check, with the words of a rehearsal in place of the verdict's."""
    judged = host_to_json(host.verdict)
    del judged["verdict"], judged["preference"], judged["findings"]
    return {
        "host": judged.pop("host"),
        "would": host.would.value,
        "exit_status": host.exit_status,
        "assumed": host.assumed and visible(host.assumed),
        "ttl": host.ttl,
        "expectations": [_expectation(one) for one in host.expectations],
        **judged,
        "findings": [finding_to_json(one) for one in host.findings],
    }


def _expectation(one: Expectation) -> dict[str, Any]:
    return {"scheme": str(one.scheme), "met": one.met}
