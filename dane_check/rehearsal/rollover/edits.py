"""One host of a rollover: what to change in its TLSA set before and after the switch (RFC 7671 §8, RFC 7672 §4). Pure.

The one rule behind all of it: every combination of usage, selector and matching type that senders can see, in the zone
or in a cache, names the chain in use at that moment (RFC 7671 §8.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from dane_check.errors import UsageError
from dane_check.rehearsal.candidates import CandidateChain, Record
from dane_check.rehearsal.rollover.naming import (
    combinations,
    is_named,
    lacking,
    made,
    naming,
    numbers_of,
    same_key,
    shown,
    usable_ones,
)
from dane_check.rehearsal.rollover.situation import DEFAULT_TTL, Holder, HostState, Next
from dane_check.tlsa.generate import Numbers
from dane_check.tlsa.record import CertificateUsage, MatchingType, TlsaRecord


class Change(StrEnum):
    """What is changed."""

    FIRST = "first-records"
    KEY = "key"
    CERTIFICATE = "certificate"  # the key stays
    ISSUER = "issuer"
    EE_TO_TA = "ee-to-ta"
    TA_TO_EE = "ta-to-ee"
    PARAMETERS = "parameters"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one TLSA set: records that come, records that go, and the whole set afterwards.

    ttl -- seconds, of the whole set afterwards. why -- what it is for, in a few words.
    """

    host: HostState
    add: tuple[Record, ...]
    remove: tuple[Record, ...]
    after: tuple[Record, ...]
    ttl: int
    why: str = ""

    def line(self, record: Record) -> str:
        """A record that comes or stays as a line of a zone file (RFC 1035 §5.1, RFC 6698 §2.2)."""
        return f"{self.host.owner}. {self.ttl} IN TLSA {record.to_text()}"

    def old_line(self, record: Record) -> str:
        """A record that goes, as it stands there now."""
        stands = self.host.ttl is not None and record in self.host.published
        return f"{self.host.owner}. {self.host.ttl if stands else self.ttl} IN TLSA {record.to_text()}"


@dataclass(frozen=True, slots=True)
class HostPlan:
    """What one host needs.

    before, after -- edits on either side of the switch, in their order.
    wait -- whether senders may hold a set that does not name the next chain, so that the switch must wait.
    since -- when the last server got what the next chain rests on; None where that lies ahead, or is not known.
    switch -- whether something else is to be served than now.
    broken -- whether senders refuse the host already.
    """

    host: HostState
    before: tuple[Edit, ...] = ()
    after: tuple[Edit, ...] = ()
    wait: bool = False
    since: datetime | None = None
    switch: bool = False
    broken: bool = False
    changes: tuple[Change, ...] = ()
    remarks: tuple[str, ...] = ()
    ttl: int = DEFAULT_TTL


@dataclass(slots=True)
class _Editor:
    """The set of one host while it is edited, in memory."""

    host: HostState
    goal: Next
    now: datetime
    records: list[Record] = field(default_factory=list)
    current: tuple[CandidateChain, ...] = ()
    coming: tuple[Holder, ...] = ()

    def __post_init__(self) -> None:
        self.records = list(self.host.published)
        self.current = self.host.served
        self.coming = _served_after(self.host.served, self.goal.holders)

    @property
    def ttl(self) -> int:
        return self.goal.ttl if self.goal.ttl is not None else self.host.ttl or DEFAULT_TTL

    @property
    def usable(self) -> tuple[TlsaRecord, ...]:
        return usable_ones(self.records)

    def lacks(self, wanted: Sequence[Numbers], holders: Sequence[Holder]) -> tuple[TlsaRecord, ...] | None:
        return lacking(self.usable, wanted, holders, self.host.names, self.now)

    def names(self, holder: Holder, records: Sequence[Record] | None = None) -> bool:
        return is_named(self.records if records is None else records, holder, self.host.names, self.now)

    def is_whole(self, records: Sequence[TlsaRecord]) -> bool:
        """Whether every combination of a set names everything that is to come."""
        return lacking(records, combinations(records), self.coming, self.host.names, self.now) == ()

    def naming(self, holders: Sequence[Holder]) -> set[TlsaRecord]:
        return {one for holder in holders for one in naming(self.usable, holder, self.host.names, self.now)}

    def edit(self, add: Sequence[Record], remove: Sequence[Record], why: str) -> tuple[Edit, ...]:
        """Nothing where there is nothing to change."""
        if not add and not remove:
            return ()
        self.records = [one for one in (*self.records, *add) if one not in remove]
        return (Edit(self.host, tuple(add), tuple(remove), tuple(self.records), self.ttl, why),)


def _served_after(current: Sequence[Holder], coming: Sequence[Holder]) -> tuple[Holder, ...]:
    """A server with one certificate gets the next one in its place; of several, those of other key types stay."""
    if len(current) == 1 and len(coming) == 1:
        return tuple(coming)
    kinds = {one.key_type for one in coming}
    return (*coming, *(one for one in current if one.key_type not in kinds))


def staying(host: HostState, goal: Next) -> tuple[Holder, ...]:
    """What the host goes on serving beside what is to come."""
    return tuple(one for one in _served_after(host.served, goal.holders) if one not in goal.holders)


def plan_host(host: HostState, goal: Next, now: datetime) -> HostPlan:
    """What one host with a secure or absent set needs. Raises UsageError where no order of steps is safe."""
    work = _Editor(host, goal, now)
    old = combinations(work.usable)
    wanted = goal.schemes or old or (Numbers(),)
    _refuse_what_cannot_be_made(work, wanted)
    if not old:
        return _first(work, wanted)
    if any(not work.names(one) for one in work.current):
        return _broken(work, old, wanted)
    return _in_order(work, old, wanted)


def _refuse_what_cannot_be_made(work: _Editor, wanted: Sequence[Numbers]) -> None:
    for holder in work.goal.holders:
        for numbers in wanted:
            if not work.names(holder) and made(holder, numbers, work.host.names, work.now) is None:
                raise UsageError(
                    f"no {shown(numbers)} record of {work.host.where} can name {holder.source}; give the whole chain, "
                    "or other records with --scheme"
                )


_GONE: Final = "the records that name nothing that is served any more"


def _first(work: _Editor, wanted: Sequence[Numbers]) -> HostPlan:
    """No usable record yet: nobody can be refused, so records may name what is served, and what is to come."""
    switch = _needs_switch(work)
    add = work.lacks(wanted, (*work.current, *work.coming)) if work.current else None
    if add is not None:
        before = work.edit(add, (), "the first records")
        after = work.edit((), _retired(work), _GONE) if switch else ()
        return _done(work, HostPlan(work.host, before, after, wait=switch, switch=switch), (Change.FIRST,))
    after = work.edit(work.lacks(wanted, work.coming) or (), (), "the first records")
    remark = f"records that name what {work.host.where} serves now could not be made, so the first ones come after"
    plan = HostPlan(work.host, (), after, switch=switch, remarks=(remark,))
    return _done(work, plan, (Change.FIRST,))


def _broken(work: _Editor, old: Sequence[Numbers], wanted: Sequence[Numbers]) -> HostPlan:
    """Senders refuse what is served: whatever names it, or is named, is as urgent as can be."""
    switch = _needs_switch(work)
    if all(work.names(one) for one in work.coming):
        return _done(work, HostPlan(work.host, switch=switch, broken=True), (Change.KEY,))
    add = work.lacks(old, (*work.current, *work.coming))
    if add is None:
        add = work.lacks(wanted, (*work.current, *work.coming)) or work.lacks(wanted, work.coming) or ()
    before = work.edit(add, (), "the records that name what is served, and the next chain")
    after = work.edit((), _idle(work) if not switch else (), "the records that name nothing that is served")
    return _done(work, HostPlan(work.host, before, after, switch=switch, broken=True), (Change.KEY,))


def _in_order(work: _Editor, old: Sequence[Numbers], wanted: Sequence[Numbers]) -> HostPlan:
    """The key and the numbers, one after the other (R7671-8.1-b)."""
    switch, changes = _needs_switch(work), _changes(work, old, wanted)
    seen, in_use = _resting_on(work), _in_use(work)
    before: tuple[Edit, ...] = ()
    after: tuple[Edit, ...] = ()
    key_first = set(old) != set(wanted) and (
        (Change.EE_TO_TA in changes and Change.CERTIFICATE not in changes and switch)
        or not work.current
        or work.lacks(wanted, work.current) is None
    )
    if set(old) != set(wanted) and not key_first:
        before += _parameters(work, wanted, work.current)
    combos = old if key_first else wanted
    add = work.lacks(combos, work.coming)
    if add is None:
        raise UsageError(
            f"no order of steps is safe for {work.host.where}: its records cannot name the next chain, and "
            f"{', '.join(map(shown, wanted))} cannot name what it serves; change to 3-1-1 first, with --scheme 3-1-1"
        )
    before += work.edit(add, (), "the records that name the next chain")
    after += work.edit((), _retired(work), _GONE)
    if key_first:
        after += _parameters(work, wanted, work.coming)
    since = None if before else seen
    # Every set that was ever published on the way may be in a cache when the switch comes.
    on_the_way = [usable_ones(edit.after) for edit in before[:-1]]
    wait = switch and not (in_use and all(work.is_whole(held) for held in on_the_way))
    return _done(work, HostPlan(work.host, before, after, wait, since, switch), changes)


def _parameters(work: _Editor, wanted: Sequence[Numbers], chains: Sequence[Holder]) -> tuple[Edit, ...]:
    """New numbers for the chain in use, then the old ones away: both sets name it (R7671-8.1-c, R7671-8.3-a)."""
    add = work.lacks(wanted, chains) or ()
    new = {(one.usage, one.selector) for one in wanted if one not in combinations(work.usable)}
    named = work.naming((*chains, *work.coming))
    # Of a digest alone no other digest can be made, and agility would put it aside (R7671-8.3-a, R7671-9-b).
    lost = [one for one in work.usable if (one.usage, one.selector) in new and one not in named]
    edits = work.edit(add, lost, "records with the wanted numbers, for the chain in use")
    gone = [one for one in work.usable if numbers_of(one) not in wanted]
    return edits + work.edit((), gone, "the records with numbers that are wanted no more")


def _retired(work: _Editor) -> tuple[Record, ...]:
    """Records that name what is served now and nothing that is to come; once it is in use, whatever is idle."""
    coming = work.naming(work.coming)
    if not _needs_switch(work):
        return _idle(work)
    return tuple(one for one in work.usable if one in work.naming(work.current) and one not in coming)


def _idle(work: _Editor) -> tuple[Record, ...]:
    """Records that name nothing, where everything that they could name was seen."""
    if work.host.alias or work.host.unreached or not work.current:
        return ()
    named = work.naming((*work.current, *work.coming))
    return tuple(one for one in work.usable if one not in named)


def _needs_switch(work: _Editor) -> bool:
    """Whether anything that is to come is not served yet."""
    return not all(any(_is_served(work, one, served) for served in work.current) for one in work.coming)


def _is_served(work: _Editor, coming: Holder, served: CandidateChain) -> bool:
    """The same leaf, named by the same records; of a key alone, the same key."""
    if not isinstance(coming, CandidateChain):
        return same_key(coming, served)
    same_leaf = coming.certificates[0] == served.certificates[0]
    return same_leaf and work.naming((coming,)) == work.naming((served,))


def _in_use(work: _Editor) -> bool:
    """Whether each record that names what is to come names what is served as well: then nothing changes for senders."""
    current = work.naming(work.current)
    return all(work.names(one) and work.naming((one,)) <= current for one in work.coming) and all(
        work.naming((one,)) <= work.naming(work.coming) for one in work.current
    )


def _resting_on(work: _Editor) -> datetime | None:
    """When the last server got the last record that names what is to come; None where nobody saw it."""
    wanted, times = work.naming(work.coming), list[datetime | None]()
    for server in work.host.servers:
        held = {one.record: one.since for one in server.records}
        times += [held.get(record) for record in wanted]
    known = [one for one in times if one is not None]
    return max(known) if known and len(known) == len(times) else None


def _changes(work: _Editor, old: Sequence[Numbers], wanted: Sequence[Numbers]) -> tuple[Change, ...]:
    found: list[Change] = []
    if _needs_switch(work):
        keeps = all(any(same_key(one, served) for served in work.current) for one in work.coming)
        found.append(Change.CERTIFICATE if keeps else Change.KEY)
    before, after = ({one.usage for one in numbers} for numbers in (old, wanted))
    ta, ee = CertificateUsage.DANE_TA, CertificateUsage.DANE_EE
    if before == after == {ta} and any(not work.names(one) for one in work.coming):
        found.append(Change.ISSUER)
    if ee in before and after == {ta}:
        found.append(Change.EE_TO_TA)
    elif ta in before and after == {ee}:
        found.append(Change.TA_TO_EE)
    elif set(old) != set(wanted):
        found.append(Change.DIGEST if _kinds(old) == _kinds(wanted) else Change.PARAMETERS)
    return tuple(found)


def _kinds(numbers: Sequence[Numbers]) -> set[tuple[int, int]]:
    return {(one.usage, one.selector) for one in numbers if one.matching_type is not MatchingType.FULL}


def _done(work: _Editor, plan: HostPlan, changes: Sequence[Change]) -> HostPlan:
    """With what all plans have: the TTL to wait for, and what is left over."""
    named = {*work.naming((*work.current, *work.coming))}
    left = [one for one in work.usable if one not in named and work.current]
    remarks = (*plan.remarks, *_remarks(work))
    if left:
        texts = "; ".join(one.to_text() for one in left)
        remarks += (f"records of {work.host.where} name neither what is served nor the next chain: {texts}",)
    longest = max(
        work.ttl, work.host.ttl or 0, work.host.negative_ttl or 0, *(one.longest_ttl for one in work.host.servers), 0
    )
    return replace(plan, changes=tuple(changes), remarks=remarks, ttl=longest)


def _remarks(work: _Editor) -> tuple[str, ...]:
    """What the plan cannot see."""
    host, found = work.host, list[str]()
    if host.alias:
        found.append(f"{host.alias} is an alias: other hosts may share the records of {host.owner}; name them all")
    if not host.served:
        found.append(
            f"{host.where} was not asked what it serves; plan again after the switch for what is to be removed"
        )
    return tuple(found)
