"""A rollover plan, and the guard's answer, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from dane_check.rehearsal.candidates import CandidateChain
from dane_check.rehearsal.rollover.edits import Edit
from dane_check.rehearsal.rollover.guard import Answer, Permission
from dane_check.rehearsal.rollover.guard import shown as to_the_second
from dane_check.rehearsal.rollover.plan import Act, RolloverPlan, Step
from dane_check.rehearsal.rollover.situation import AtServer, Holder, HostState, Next, RolloverState, Standing
from dane_check.report.json import document, dumped, moment
from dane_check.report.options import TextOptions
from dane_check.report.styled import Line, Style, Styled, render, visible
from dane_check.report.words import counted, key_names, shortened

_STATUS_STYLE: Final = {0: Style.GOOD, 1: Style.BAD}
_ANSWERS: Final = {Answer.YES: "YES", Answer.NO: "NO", Answer.CANNOT_TELL: "CANNOT TELL"}
_TODAY: Final = {
    Standing.ABSENT: "no TLSA record",
    Standing.INSECURE: "not signed",
    Standing.UNKNOWN: "cannot tell",
}


def plan_to_text(plan: RolloverPlan, options: TextOptions) -> str:
    """The plan, step by step."""
    return render(_plan_lines(plan, options), options.colour)


def permission_to_text(permission: Permission, options: TextOptions) -> str:
    """The answer in one line; its reasons above it, unless `quiet` or there is one only."""
    return render(_permission_lines(permission, options), options.colour)


def _plan_lines(plan: RolloverPlan, options: TextOptions) -> Iterator[Line]:
    if not options.quiet:
        yield _header(plan)
        for host in plan.state.hosts:
            yield _host(host, options)
    for number, step in enumerate(plan.steps, start=1):
        yield from _step(number, step, plan.now)
    if not options.quiet:
        for remark in plan.remarks:
            yield (f"  note: {remark}",)
    yield _closing(plan)


def _header(plan: RolloverPlan) -> Line:
    what = ", ".join(change.value for change in plan.changes)
    coming = ", ".join(f"{one.source} ({key_names([one.key_type])})" for one in plan.next.holders)
    hosts = counted(len(plan.state.hosts), "mail host")
    return (Styled("rollover", Style.BOLD), f" to {coming} on {hosts}{f': {what}' if what else ''}")


def _host(host: HostState, options: TextOptions) -> Line:
    today = _TODAY.get(host.standing) or ", ".join(
        record.to_text() if options.verbose else shortened(record.to_text()) for record in host.published
    )
    ttl = f", TTL {host.ttl}" if host.ttl is not None else ""
    servers = f", on {counted(len(host.servers), 'server')}" if host.servers else ""
    serves = f"; serves {key_names([one.key_type for one in host.served])}" if host.served else ""
    return (f"  {host.host}:{host.port}  {today}{ttl}{servers}{serves}",)


def _step(number: int, step: Step, now: datetime) -> Iterator[Line]:
    yield (f"  {number}. ", Styled(step.act.value, Style.BOLD), f"  {_when(step, now)}")
    yield (f"     {step.says}",)
    for edit in step.edits:
        yield from ((f"     add     {edit.line(record)}",) for record in edit.add)
        yield from ((f"     remove  {edit.old_line(record)}",) for record in edit.remove)
    for command in step.commands:
        yield (f"     {'run' if step.act is Act.CHECK else 'first':<8}{command}",)


def _when(step: Step, now: datetime) -> str:
    if step.not_before is None:
        return "beyond the end of the calendar"
    if step.act is Act.WAIT:
        return f"until {to_the_second(step.not_before)}"
    return "now" if step.not_before <= now else f"not before {to_the_second(step.not_before)}"


def _closing(plan: RolloverPlan) -> Line:
    word = "BROKEN" if plan.broken else "PLAN" if plan.steps else "NO PLAN" if plan.exit_status else "NOTHING TO DO"
    style = _STATUS_STYLE.get(plan.exit_status, Style.WARN)
    return (Styled(word, style), f"  {plan.sentence}  [exit status {plan.exit_status}]")


def _permission_lines(permission: Permission, options: TextOptions) -> Iterator[Line]:
    if not options.quiet and len(permission.reasons) > 1:
        for reason in permission.reasons:
            where = f"{reason.where}: " if reason.where else ""
            when = f"; not before {to_the_second(reason.not_before)}" if reason.not_before else ""
            yield (f"  {where}{reason.says}{when}",)
    style = _STATUS_STYLE.get(permission.exit_status, Style.WARN)
    status = "" if options.quiet else f"  [exit status {permission.exit_status}]"
    yield (Styled(_ANSWERS[permission.answer], style), f"  {permission.sentence}{status}")


# --- JSON --------------------------------------------------------------------------------------------------


def plan_to_json(plan: RolloverPlan) -> str:
    """The document of kind `rollover`, with a plan."""
    return _document(
        plan.state,
        plan.next,
        plan.now,
        plan.exit_status,
        plan.sentence,
        plan={
            "changes": [change.value for change in plan.changes],
            "broken": [visible(where) for where in plan.broken],
            "steps": [_step_to_json(step) for step in plan.steps],
            "remarks": [visible(remark) for remark in plan.remarks],
        },
        may_switch=None,
    )


def permission_to_json(permission: Permission, state: RolloverState, goal: Next, now: datetime) -> str:
    """The document of kind `rollover`, with the guard's answer."""
    reasons = [
        {
            "answer": reason.answer.value,
            "host": visible(reason.where) or None,
            "sentence": visible(reason.says),
            "not_before": reason.not_before and to_the_second(reason.not_before),
        }
        for reason in permission.reasons
    ]
    not_before = permission.not_before and to_the_second(permission.not_before)
    answer = {"answer": permission.answer.value, "not_before": not_before, "reasons": reasons}
    return _document(state, goal, now, permission.exit_status, permission.sentence, plan=None, may_switch=answer)


def _document(
    state: RolloverState,
    goal: Next,
    now: datetime,
    status: int,
    sentence: str,
    plan: dict[str, Any] | None,
    may_switch: dict[str, Any] | None,
) -> str:
    return dumped(
        document(
            "rollover",
            now=moment(now),
            exit_status=status,
            sentence=visible(sentence),
            next=[_holder(one) for one in goal.holders],
            hosts=[_host_to_json(host) for host in state.hosts],
            plan=plan,
            may_switch=may_switch,
        )
    )


def _holder(holder: Holder) -> dict[str, Any]:
    kind = "chain" if isinstance(holder, CandidateChain) else "key"
    return {"source": visible(holder.source), "kind": kind, "key_type": holder.key_type.value}


def _host_to_json(host: HostState) -> dict[str, Any]:
    return {
        "host": visible(host.host),
        "port": host.port,
        "owner": visible(host.owner),
        "standing": host.standing.value,
        "why": visible(host.why) or None,
        "records": [visible(record.to_text()) for record in host.published],
        "ttl": host.ttl,
        "negative_ttl": host.negative_ttl,
        "expires": host.expires and moment(host.expires),
        "serves": [chain.key_type.value for chain in host.served],
        "servers": [_server(server) for server in host.servers],
        "troubles": [visible(one) for one in (*host.sweep_troubles, *host.unreached)],
    }


def _server(server: AtServer) -> dict[str, Any]:
    return {
        "server": visible(server.server),
        "trouble": visible(server.trouble) or None,
        "ttl": server.ttl,
        "records": [
            {"record": visible(one.record.to_text()), "first_seen": one.since and moment(one.since)}
            for one in server.records
        ],
        "cached": [visible(one.record.to_text()) for one in server.gone],
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "act": step.act.value,
        "not_before": step.not_before and to_the_second(step.not_before),
        "sentence": visible(step.says),
        "edits": [_edit(edit) for edit in step.edits],
        "commands": [visible(command) for command in step.commands],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "owner": visible(edit.host.owner),
        "ttl": edit.ttl,
        "add": [visible(edit.line(record)) for record in edit.add],
        "remove": [visible(edit.old_line(record)) for record in edit.remove],
        "after": [visible(edit.line(record)) for record in edit.after],
    }
