"""May the switch be made now? The question a deploy hook asks, answered from values. Pure.

Yes only if every server already holds a set that names what is to come, if senders that hold any set of the last two
TTLs would accept it too, and if DANE holds afterwards as a rehearsal judges it. Doubt is no yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dane_check.names import safe
from dane_check.policy.fold import exit_of_many
from dane_check.rehearsal.candidates import CandidateChain
from dane_check.rehearsal.publisher import earliest_switch
from dane_check.rehearsal.rollover.edits import staying
from dane_check.rehearsal.rollover.naming import is_named
from dane_check.rehearsal.rollover.situation import AtServer, HostState, Next, RolloverState, Seen, Standing


class Answer(StrEnum):
    """The answer of the guard."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, for one host; `not_before` is when that alone would no longer stand in the way, where time mends it."""

    answer: Answer
    where: str
    says: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer for all hosts together.

    not_before -- the earliest moment of a yes, where nothing but time is lacking.
    """

    answer: Answer
    exit_status: int
    sentence: str
    reasons: tuple[Reason, ...] = ()
    not_before: datetime | None = None
    hosts: tuple[str, ...] = ()


_STATUS = {Answer.YES: 0, Answer.NO: 1, Answer.CANNOT_TELL: 4}


def may_switch(
    state: RolloverState,
    next: Next,
    now: datetime,
    *,
    rehearsed: Mapping[str, int],
    published_at: datetime | None = None,
) -> Permission:
    """Whether the chains of `next` may be served now.

    rehearsed -- the exit status of a rehearsal of each host (`HostState.where`) with what it is going to serve.
    published_at -- since when every server has had the records, by the word of the operator; it ages what is there,
        and nothing that is not.
    """
    reasons = [Reason(Answer.CANNOT_TELL, "", trouble) for trouble in state.troubles]
    if not state.hosts:
        says = "no mail host that this certificate covers is known; name its hosts with --name, or mail domains"
        reasons.append(Reason(Answer.CANNOT_TELL, "", says))
    for host in state.hosts:
        reasons += _of_host(host, next, now, rehearsed.get(host.where, 4), published_at)
    return _folded(state, reasons)


def _folded(state: RolloverState, reasons: Sequence[Reason]) -> Permission:
    hosts = tuple(host.where for host in state.hosts)
    if not reasons:
        return Permission(
            Answer.YES, 0, f"the switch may be made: {_listed(hosts)} will stay authenticated", hosts=hosts
        )
    status = exit_of_many(_STATUS[one.answer] for one in reasons)
    answer = Answer.NO if status == 1 else Answer.CANNOT_TELL
    first = _first(one for one in reasons if one.answer is answer)
    moments = [one.not_before for one in reasons]
    known = [one for one in moments if one is not None]
    when = max(known) if len(known) == len(moments) else None
    return Permission(answer, status, _sentence(first, len(reasons), when), tuple(reasons), when, hosts)


def _first(reasons: Iterable[Reason]) -> Reason:
    """The first reason; those that time does not mend come before the others."""
    return min(reasons, key=lambda one: one.not_before is not None)


def _sentence(first: Reason, count: int, when: datetime | None) -> str:
    others = f" (and {count - 1} more)" if count > 1 else ""
    said = f"{first.where}: {first.says}" if first.where else first.says
    return f"{said}{others}; not before {shown(when)}" if when is not None else f"{said}{others}"


def shown(when: datetime) -> str:
    """`2026-03-01T14:00:00Z`; a second that has begun counts as a whole one, so that the moment is never too early."""
    whole = when.astimezone(UTC)
    if whole.microsecond:
        whole = whole.replace(microsecond=0) + timedelta(seconds=1)
    return f"{whole:%Y-%m-%dT%H:%M:%SZ}"


def _listed(hosts: Sequence[str]) -> str:
    return ", ".join(hosts) if len(hosts) <= 3 else f"{', '.join(hosts[:3])} and {len(hosts) - 3} more"


def _of_host(
    host: HostState, goal: Next, now: datetime, rehearsed: int, published_at: datetime | None
) -> Iterator[Reason]:
    stopped = _without_records(host)
    if stopped is not None:
        yield stopped
        return
    for trouble in (*host.sweep_troubles, *(one.trouble for one in host.servers if one.trouble), *_unseen(host)):
        yield Reason(Answer.CANNOT_TELL, host.where, trouble)
    if not host.servers and not host.sweep_troubles:
        yield Reason(Answer.CANNOT_TELL, host.where, "no authoritative server was asked")
    found = [
        reason for server in host.servers if not server.trouble for reason in _at(host, server, goal, now, published_at)
    ]
    yield from found
    if not found:
        yield from _rehearsed(host, rehearsed)


def _unseen(host: HostState) -> tuple[str, ...]:
    """Why nothing is known of what the host serves; one address that showed its chains will do."""
    return () if host.served else host.unreached


def _without_records(host: HostState) -> Reason | None:
    match host.standing:
        case Standing.SECURE:
            return None
        case Standing.UNKNOWN:
            return Reason(Answer.CANNOT_TELL, host.where, host.why)
        case Standing.ABSENT:
            return Reason(Answer.NO, host.where, "it has no TLSA record; publish one that names the new certificate")
        case Standing.INSECURE:
            return Reason(Answer.NO, host.where, f"{host.why}; TLSA records there protect nobody")


def _at(
    host: HostState, server: AtServer, goal: Next, now: datetime, published_at: datetime | None
) -> Iterator[Reason]:
    """Every chain that is to be served, against what the server holds, and what it held."""
    for chain in (*goal.chains, *(one for one in staying(host, goal) if isinstance(one, CandidateChain))):
        if not is_named([one.record for one in server.records], chain, host.names, now):
            what = f"names {safe(chain.source, 100)}; publish it there, and wait two TTLs"
            yield Reason(Answer.NO, host.where, f"no record at {server.server} {what}")
            continue
        aged = [_aged(one, published_at) for one in server.records]
        moment = _named_for_good(host, server, aged, chain, now)
        if moment is None or moment > now:
            says = f"the record at {server.server} was not yet there for two TTLs ({2 * server.longest_ttl} seconds)"
            yield Reason(Answer.NO, host.where, says, moment)


def _aged(one: Seen, published_at: datetime | None) -> Seen:
    if published_at is None or (one.since is not None and one.since < published_at):
        return one
    return Seen(one.record, published_at, one.ttl)


def _named_for_good(
    host: HostState, server: AtServer, records: Sequence[Seen], chain: CandidateChain, now: datetime
) -> datetime | None:
    """The first moment from which every set that a cache may hold names the chain; None beyond the calendar.

    Such a set holds all that is old enough, and of what came or went since, nobody knows what together. At worst it
    holds whatever names something else, which digest agility may put in the place of what is old, and nothing more
    that names the chain.
    """
    ttl = server.longest_ttl
    ripe = {one.record: earliest_switch(one.since or now, ttl) for one in records}
    moments = sorted({one for one in (*ripe.values(), *(gone.until for gone in server.gone)) if one and one > now})
    for moment in (now, *moments):
        old = [record for record, when in ripe.items() if when is not None and when <= moment]
        gone = [one.record for one in server.gone if one.until > moment]
        others = [one for one in (*ripe, *gone) if one not in old and not is_named((one,), chain, host.names, now)]
        if is_named(old, chain, host.names, now) and is_named([*old, *others], chain, host.names, now):
            return moment
    return None


def _rehearsed(host: HostState, status: int) -> Iterator[Reason]:
    if status == 1:
        says = "senders would refuse it, or a rule for publishers is not kept; see dane-check preflight"
        yield Reason(Answer.NO, host.where, says)
    elif status == 3:
        yield Reason(
            Answer.NO, host.where, "DANE would protect it in part only, or not at all; see dane-check preflight"
        )
    elif status != 0:
        yield Reason(
            Answer.CANNOT_TELL, host.where, "what senders would do could not be told; see dane-check preflight"
        )
