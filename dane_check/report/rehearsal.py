"""A rehearsal as text. Its words are *would be*; what was taken for granted is said beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from dane_check.names import safe
from dane_check.policy.verdict import LookupView
from dane_check.rehearsal.candidates import CandidateChain
from dane_check.rehearsal.moments import EndpointMoments, Fate, Order
from dane_check.rehearsal.outcome import HostRehearsal, MailRehearsal, PlannedFate, Readiness, Rehearsal, Switch, Would
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.zone.text import ZoneFile
from dane_check.report.details import chain_lines, lookup_lines, sender_lines
from dane_check.report.styled import Line, Style, Styled, render
from dane_check.report.text import TextOptions, endpoint_lines
from dane_check.report.troubles import BROKEN, EVERYTHING, grouped, host_trouble_lines, ordered, trouble_lines
from dane_check.report.words import answer, counted, key_names
from dane_check.report.words import moment as shown_moment

_STYLE: Final = {Would.BE_PROTECTED: Style.GOOD, Would.BE_BROKEN: Style.BAD}
_READY_STYLE: Final = {Readiness.READY: Style.GOOD, Readiness.NOT_READY: Style.BAD}
_MET: Final = {True: ("met", Style.GOOD), False: ("not met", Style.BAD), None: ("cannot tell", Style.WARN)}
_FATE_STYLE: Final = {Fate.AUTHENTICATES: Style.GOOD, Fate.REFUSES: Style.BAD}
_FATES: Final = {
    Fate.AUTHENTICATES: "authenticated",
    Fate.REFUSES: "refused",
    Fate.UNAUTHENTICATED: "delivered unauthenticated",
    Fate.NOT_SERVED: "not served",
    Fate.CANNOT_TELL: "cannot tell",
}
_ORDERS: Final = {
    Order.ANY_ORDER: "records and chain may change in any order",
    Order.RECORDS_FIRST: "publish first, and deploy the chain when no cache holds the old records any more",
    Order.CHAIN_FIRST: "deploy the chain first, and publish then",
    Order.NEVER: "whichever changes first, senders refuse: do it in two changes",
    Order.CANNOT_TELL: "in which order to change them cannot be told",
}


def rehearsal_to_text(rehearsed: Rehearsal, options: TextOptions) -> str:
    """The report; whoever rehearses wants to hear everything, so that findings without consequence are shown too."""
    return render(_lines(rehearsed, options), options.colour)


def _lines(rehearsed: Rehearsal, options: TextOptions) -> Iterator[Line]:
    links_shown: set[str] = set()
    if not options.quiet:
        yield _header(rehearsed)
    shown = BROKEN if options.quiet else EVERYTHING
    for trouble in grouped(ordered(rehearsed.remarks, shown)):
        yield from trouble_lines(trouble, None, "  ")
    for mail in rehearsed.mail:
        yield from _mail(mail, links_shown, options)
    for host in rehearsed.hosts:
        if not options.quiet or host.would is not Would.BE_PROTECTED or rehearsed.reason:
            yield from _host(rehearsed, host, links_shown, options)
    if rehearsed.switch and not options.quiet:
        yield _switch(rehearsed.switch)
    yield _closing(rehearsed)


def _header(rehearsed: Rehearsal) -> Line:
    plan = rehearsed.plan
    hosts = counted(len({host.host for host in rehearsed.hosts}), "mail host")
    if plan.is_first:
        return (Styled("first records", Style.BOLD), f": {', '.join(plan.mail)}, {hosts}")
    chains = ", ".join(map(_chain, plan.chains))
    against = f"against {chains}" if chains else "without a chain" if plan.offline else "against the servers"
    keys = "".join(f", next {key.source} ({key_names([key.key_type])})" for key in plan.planned)
    offline = ", nobody asked" if plan.offline else ""
    return (Styled("rehearsal", Style.BOLD), f": {_records(plan)} {against}{keys}{offline}, {hosts}")


def _records(plan: Plan) -> str:
    if plan.zone is not None:
        return f"the zone {plan.zone.name} of {_file(plan.zone)}" + (
            f" in place of {_file(plan.old_zone)}" if plan.old_zone is not None else ""
        )
    if plan.sets or plan.old_sets:
        count = sum(len(one.records) for one in plan.sets)
        return f"{counted(count, 'candidate record')} of {counted(len(plan.sets), 'name')}"
    return "published records" if plan.records is None else counted(len(plan.records), "candidate record")


def _file(file: ZoneFile) -> str:
    return safe(file.source, 200) + (" (signed)" if file.is_signed else "")


def _chain(chain: CandidateChain) -> str:
    whose = f"{chain.host} " if chain.host else ""
    return f"{whose}{chain.source} ({key_names([chain.key_type])})"


# --- mail domains --------------------------------------------------------------------------------------


def _mail(mail: MailRehearsal, links_shown: set[str], options: TextOptions) -> Iterator[Line]:
    if options.quiet and mail.would is Would.BE_PROTECTED:
        return
    why = f" ({mail.reason})" if mail.reason else ""
    mx = f"  MX {answer(mail.mx)}" if mail.mx else ""
    hosts = f", {counted(len(mail.hosts), 'host')}" if mail.hosts else ""
    yield (Styled(mail.domain, Style.BOLD), "  ", Styled(mail.would.value, _style(mail.would)), f"{why}{mx}{hosts}")
    for trouble in grouped(ordered(mail.findings, BROKEN if options.quiet else EVERYTHING)):
        yield from trouble_lines(trouble, None, "  ")
    if mail.mx is not None and not options.quiet:
        yield from _lookups((mail.mx,), links_shown, options, "  ")


def _style(would: Would) -> Style:
    return _STYLE.get(would, Style.WARN)


# --- hosts ---------------------------------------------------------------------------------------------


def _host(rehearsed: Rehearsal, host: HostRehearsal, links_shown: set[str], options: TextOptions) -> Iterator[Line]:
    plan, loud = rehearsed.plan, not options.quiet
    yield _host_line(plan, host)
    if host.assumed and loud:
        yield (f"    {host.assumed}",)
    if plan.chains_of(host.host) and not plan.offline and loud:
        yield ("    the candidate chains are taken as served at every address",)
    yield from endpoint_lines(host.verdict, options)
    yield from _moments(host.moments, unasked=plan.offline and not plan.serving)
    shown = BROKEN if options.quiet else EVERYTHING
    told = replace(host.verdict, findings=host.findings)
    for line in host_trouble_lines(told, shown, "    ", bare=options.verbose):
        yield _reworded(line, plan)
    yield from _rest(host)
    if (options.explain or options.verbose) and loud:
        yield from sender_lines(host.verdict, "    ", everyone=options.explain)
        yield from _lookups(host.verdict.lookups, links_shown, options, "    ")


def _host_line(plan: Plan, host: HostRehearsal) -> Line:
    why = f" ({host.verdict.reason})" if host.verdict.reason else ""
    served = f"  for {host.domain}" if host.domain and len(plan.mail) > 1 else ""
    return (f"  {host.host}:{plan.port}  ", Styled(host.would.value, _style(host.would)), f"{why}{served}")


def _rest(host: HostRehearsal) -> Iterator[Line]:
    """Keys to come, expectations, and the lines to publish."""
    for planned in host.planned:
        yield from _planned(planned)
    for one in host.expectations:
        word, met_style = _MET[one.met]
        yield (f"    expected a matching {one.scheme} record: ", Styled(word, met_style))
    for text in host.lines:
        yield (f"    publish    {text}",)


def _planned(planned: PlannedFate) -> Iterator[Line]:
    style = _FATE_STYLE.get(planned.fate, Style.WARN)
    named = f" by {planned.record}" if planned.record else ""
    told = (f"    next key   {planned.source} ({key_names([planned.key_type])}) would be ",)
    yield (*told, Styled(_FATES[planned.fate], style), named)
    if planned.line and planned.fate is not Fate.REFUSES:  # there the finding has it
        yield (f"    publish    {planned.line}",)


def _moments(moments: Sequence[EndpointMoments], *, unasked: bool) -> Iterator[Line]:
    """Places that fare alike are told together; a past of which nothing is known is not told at all.

    unasked -- nobody said what is served now, and nobody was asked.
    """
    groups: dict[tuple[object, ...], list[EndpointMoments]] = {}
    for one in moments:
        fates = (one.before, *(combination.fate for combination in one.overlap))
        if one.order is not Order.NO_CHANGE and set(fates) != {Fate.CANNOT_TELL}:
            groups.setdefault((one.before, one.overlap, one.after, one.order), []).append(one)
    for group in groups.values():
        first = group[0]
        where = ", ".join(f"{one.address} {key_names([one.key_type])}".strip() for one in group)
        yield (f"    over time  {where}",)
        yield (*_fate("before the change", first.before),)
        for combination in first.overlap if len(first.overlap) > 1 else ():
            yield (*_fate(f"{combination.records} records, {combination.chain} chain", combination.fate),)
        yield (*_fate("after the change", first.after),)
        if first.order in _ORDERS and first.after is not Fate.REFUSES:
            yield (f"      order      {_ORDERS[first.order]}",)
            if unasked:
                yield ("                 but nobody said what is served now; give it with --old-chain, changed or not",)


def _fate(when: str, fate: Fate) -> Line:
    return (f"      {when:<22}  ", Styled(_FATES[fate], _FATE_STYLE.get(fate, Style.WARN)))


def _lookups(lookups: Sequence[LookupView], shown: set[str], options: TextOptions, indent: str) -> Iterator[Line]:
    for lookup in lookups:
        if options.explain:
            yield from chain_lines(lookup, shown, indent)
        elif options.verbose:
            yield from lookup_lines(lookup, indent)


def _reworded(line: Line, plan: Plan) -> Line:
    """A line of a comparison; what is a candidate must not be called published or served."""
    first = line[0]
    if isinstance(first, str) and plan.replaces_records and first.lstrip().startswith("published  "):
        return (first.replace("published", "candidate", 1), *line[1:])
    if isinstance(first, str) and plan.chains and first.lstrip().startswith("served   "):
        return (first.replace("served  ", "to serve", 1), *line[1:])
    return line


def _switch(switch: Switch) -> Line:
    when = f": not before {shown_moment(switch.not_before)} if that is now" if switch.not_before else ""
    return (f"  switch to a key that needs these records {switch.seconds} seconds after publishing them{when}",)


def _closing(rehearsed: Rehearsal) -> Line:
    if rehearsed.readiness is not None:
        word, style = rehearsed.readiness.value, _READY_STYLE.get(rehearsed.readiness, Style.WARN)
    else:
        word, style = rehearsed.would.value, Style.BAD if rehearsed.exit_status == 1 else _style(rehearsed.would)
    why = f" ({rehearsed.reason})" if rehearsed.reason else ""
    shown = Styled(word.replace("-", " ").upper(), style)
    return (shown, f"{why}  {rehearsed.sentence}  [exit status {rehearsed.exit_status}]")
