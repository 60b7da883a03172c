"""The dated plan of a key change: publish, wait two TTLs, switch, check, remove (RFC 7671 §8, RFC 7672 §4).

A pure function of what is, what is to come, and the moment. It is never more certain than its input: where a lookup
failed there is no plan, and a host without DNSSEC has no part in it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from dane_check.policy.service import SMTP_PORT
from dane_check.rehearsal.candidates import CandidateChain
from dane_check.rehearsal.publisher import earliest_switch, seconds_to_wait
from dane_check.rehearsal.rollover.edits import Change, Edit, HostPlan, plan_host
from dane_check.rehearsal.rollover.naming import refused_until
from dane_check.rehearsal.rollover.situation import HostState, Next, RolloverState, Standing
from dane_check.tlsa.record import CertificateUsage


class Act(StrEnum):
    """What is to be done in one step."""

    PUBLISH = "publish"
    WAIT = "wait"
    SWITCH = "switch"
    CHECK = "check"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Step:
    """One step, not to be done before `not_before` (None beyond the end of the calendar).

    edits -- of the zones, with the lines of records that come and go.
    commands -- to run before the step; all must exit with 0. After a CHECK nothing else is to be done.
    """

    act: Act
    not_before: datetime | None
    says: str
    edits: tuple[Edit, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RolloverPlan:
    """The steps, in their order, for all hosts together.

    changes -- what is changed, of all hosts. broken -- hosts that senders refuse already.
    exit_status -- 0 a plan, or nothing to do; 1 senders refuse a host already; 3 no host is in a signed zone; 4 cannot
        tell.
    """

    state: RolloverState
    next: Next
    now: datetime
    steps: tuple[Step, ...]
    exit_status: int
    sentence: str
    changes: tuple[Change, ...] = ()
    broken: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def plan_rollover(state: RolloverState, next: Next, now: datetime) -> RolloverPlan:
    """The plan that leads from `state` to `next`, dated from `now`.

    Raises UsageError where what is wanted cannot be made of what is given, or no order of steps is safe.
    """
    troubles = [*state.troubles, *_unknown(state.hosts)]
    if troubles:
        return _without_steps(state, next, now, 4, "No plan is safe while this is not known.", troubles)
    if not state.hosts:
        return _without_steps(state, next, now, 4, _NOBODY, ())
    signed = [host for host in state.hosts if host.standing is not Standing.INSECURE]
    unsigned = [
        f"{host.where}: {host.why}; TLSA records there protect nobody" for host in state.hosts if host not in signed
    ]
    if not signed:
        return _without_steps(state, next, now, 3, "No host is in a signed zone: sign the zones first.", unsigned)
    plans = [plan_host(host, next, now) for host in signed]
    return RolloverPlan(
        state,
        next,
        now,
        _steps(plans, next, now),
        1 if any(plan.broken for plan in plans) else 0,
        _sentence(plans, now),
        tuple(dict.fromkeys(change for plan in plans for change in plan.changes)),
        tuple(plan.host.where for plan in plans if plan.broken),
        (*state.remarks, *unsigned, *(remark for plan in plans for remark in (*plan.remarks, *_of_host(plan, now)))),
    )


_NOBODY: Final = "No mail host is known that this certificate covers: name its hosts with --name."


def _without_steps(
    state: RolloverState, goal: Next, now: datetime, status: int, sentence: str, remarks: Iterable[str]
) -> RolloverPlan:
    return RolloverPlan(state, goal, now, (), status, sentence, remarks=(*state.remarks, *dict.fromkeys(remarks)))


def _unknown(hosts: Iterable[HostState]) -> Iterable[str]:
    """Why the plan cannot be made: a failed lookup, or a server that could not be asked for what it serves."""
    for host in hosts:
        if host.standing is Standing.UNKNOWN:
            yield f"{host.where}: {host.why}"
        elif host.standing is not Standing.INSECURE and not host.served and host.unreached:
            yield f"{host.where} did not show what it serves: {'; '.join(host.unreached)}"


def _of_host(plan: HostPlan, now: datetime) -> Iterable[str]:
    """What is worth knowing beside the steps."""
    host = plan.host
    yield from host.unreached
    yield from host.sweep_troubles
    yield from (one.trouble for one in host.servers if one.trouble)
    if host.negative_ttl is not None:
        yield f"resolvers may remember for {host.negative_ttl} seconds that {host.owner} has no records"
    if plan.broken and plan.before:  # a switch back to what the records name would end it at once
        yield f"senders refuse {host.where} until what they hold of its records runs out{_until(plan, now)}"


def _until(plan: HostPlan, now: datetime) -> str:
    """When the last cache has dropped what it holds, once the records below are published."""
    try:
        end = now + timedelta(seconds=plan.host.ttl or plan.ttl)
    except OverflowError:
        return ""
    return f", so until {end:%Y-%m-%d %H:%M} UTC at the latest, if they are published now"


# --- steps -------------------------------------------------------------------------------------------------


def _steps(plans: Sequence[HostPlan], goal: Next, now: datetime) -> tuple[Step, ...]:
    steps = [*_edits([plan.before for plan in plans], now)]
    switching = [plan for plan in plans if plan.switch]
    if switching:
        moment = _switch_moment(plans, now)
        if moment is None or moment > now:
            steps.append(Step(Act.WAIT, moment, _waiting(plans)))
        steps.append(_switch(plans, goal, _later(moment, now)))
    else:
        moment = now
    tail = _edits([plan.after for plan in plans], _later(moment, _too_early(plans, now) or now))
    if switching or steps or tail:
        says = _CHECK if tail else _LAST_CHECK
        steps.append(Step(Act.CHECK, _later(moment, now), says, commands=tuple(map(_check, plans))))
    return (*steps, *tail)


_SWITCH: Final = "Let the servers serve the next chain, on every host and address, and reload them."
_CHECK: Final = "Check every host; go on only when each is dane-ok."
_LAST_CHECK: Final = "Check every host; each must be dane-ok."


_UNSEEN: Final = (
    " The guard says yes once it has seen the records for two TTLs, or takes your word for it with --published-at."
)


def _switch(plans: Sequence[HostPlan], goal: Next, moment: datetime | None) -> Step:
    """Nothing stands before a switch that mends what is broken already."""
    if any(plan.broken for plan in plans):
        return Step(Act.SWITCH, moment, _SWITCH)
    unseen = any(plan.switch and not plan.wait and plan.since is None for plan in plans)
    return Step(Act.SWITCH, moment, _SWITCH + (_UNSEEN if unseen else ""), commands=(_guard(plans, goal),))


def _too_early(plans: Sequence[HostPlan], now: datetime) -> datetime | None:
    """Until when senders may refuse what is served already, because it went into service too early."""
    ends = [refused_until(plan.host, now) for plan in plans if not plan.broken and not plan.switch]
    return max((one for one in ends if one is not None), default=None)


def _later(moment: datetime | None, now: datetime) -> datetime | None:
    return None if moment is None else max(moment, now)


def _switch_moment(plans: Sequence[HostPlan], now: datetime) -> datetime | None:
    """When the last host may switch: two TTLs after its records stood everywhere (R7671-8.1-a)."""
    moments = [now]
    for plan in plans:
        if plan.wait and not plan.broken:
            earliest = earliest_switch(plan.since or now, plan.ttl)
            if earliest is None:
                return None
            moments.append(earliest)
    return max(moments)


def _waiting(plans: Sequence[HostPlan]) -> str:
    waiting = [plan for plan in plans if plan.wait and not plan.broken]
    longest = max(waiting, key=lambda plan: plan.ttl)
    since = "that" if all(plan.since is None for plan in waiting) else "the records were first seen on the last server"
    return f"Wait until {seconds_to_wait(longest.ttl)} seconds (2 x {longest.ttl}) after {since}."


def _edits(of_hosts: Sequence[Sequence[Edit]], moment: datetime | None) -> list[Step]:
    """The first edits of all hosts in one step, their second ones in the next."""
    steps = []
    for number in range(max(map(len, of_hosts), default=0)):
        edits = tuple(edits[number] for edits in of_hosts if len(edits) > number)
        act = Act.PUBLISH if any(one.add for one in edits) else Act.REMOVE
        steps.append(Step(act, moment, _says(act, edits), edits, tuple(map(_preflight, edits))))
    return steps


def _says(act: Act, edits: Sequence[Edit]) -> str:
    why = " and ".join(dict.fromkeys(one.why for one in edits))
    if act is Act.PUBLISH:
        other = [one for one in edits if one.host.ttl is not None and one.ttl != one.host.ttl]
        ttl = f" The whole set gets the TTL {other[0].ttl}." if other else ""
        return f"Publish on every authoritative server: {why}.{ttl}"
    issuers = any(getattr(record, "usage", None) == CertificateUsage.DANE_TA for one in edits for record in one.remove)
    more = " Keep the record of an issuer while any server still serves a certificate from it." if issuers else ""
    return f"Remove {why}.{more}"


def _preflight(edit: Edit) -> str:
    """Would senders authenticate what is served with the whole set after the edit?"""
    records = [word for record in edit.after for word in ("--tlsa", shlex.quote(record.to_text()))]
    return " ".join(["dane-check preflight", *_names([edit.host]), *records])


def _guard(plans: Sequence[HostPlan], goal: Next) -> str:
    files = [one.source for one in goal.holders if isinstance(one, CandidateChain)] or ["NEXT-CHAIN.pem"]
    chains = [word for file in files for word in ("--chain", shlex.quote(file))]
    return " ".join(["dane-check rollover --may-switch", *_names([plan.host for plan in plans]), *chains])


def _names(hosts: Sequence[HostState]) -> list[str]:
    names = [word for host in dict.fromkeys(one.host for one in hosts) for word in ("--name", host)]
    ports = dict.fromkeys(host.port for host in hosts)
    if set(ports) == {SMTP_PORT}:
        return names
    return [*names, *(word for port in ports for word in ("--port", str(port)))]


def _check(plan: HostPlan) -> str:
    return f"dane-check --host {plan.host.where}"


def _sentence(plans: Sequence[HostPlan], now: datetime) -> str:
    broken = [plan for plan in plans if plan.broken]
    if any(not plan.switch and plan.before for plan in broken):
        return (
            "The switch came before its record, and senders refuse mail: if the previous key is still at hand, serve "
            "it again at once; else publish the record below now."
        )
    if any(plan.switch and not plan.before for plan in broken):
        return "Senders refuse what is served now, and the records name the next chain: switch at once."
    if broken:
        return "Senders refuse what is served now: publish the records below at once."
    early = _too_early(plans, now)
    if early is not None:
        return (
            f"The switch came too early: until {early:%Y-%m-%d %H:%M} UTC senders may hold records that do not name "
            "what is served, and refuse mail; if the previous key is still at hand, serve it again at once."
        )
    edits = any(plan.before or plan.after for plan in plans)
    if not edits and not any(plan.switch for plan in plans):
        return "The next chain is served, and the records name it."
    if not edits and not any(plan.wait for plan in plans):
        return "No record has to change: those that name the chain in use name the next one as well."
    if not any(plan.switch for plan in plans):
        return "The next chain is served already; only records change."
    if any(plan.before for plan in plans):
        removal = ", then remove what names nothing any more" if any(plan.after for plan in plans) else ""
        return f"Publish first, switch two TTLs later{removal}."
    if _switch_moment(plans, now) == now:
        return "The records are in place: switch now."
    return "The records are published: switch when they have been so for two TTLs."
