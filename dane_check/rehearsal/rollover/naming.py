"""Which records name which chain: made, compared and sorted for a rollover. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from dane_check.errors import UsageError
from dane_check.rehearsal.candidates import CandidateChain, Record
from dane_check.rehearsal.rollover.situation import AtServer, Holder, HostState, octets_of
from dane_check.tlsa.generate import Numbers, records_for
from dane_check.tlsa.match import Outcome, match
from dane_check.tlsa.record import CertificateUsage, TlsaRecord, UsableRecord, usable


def usable_ones(records: Iterable[Record]) -> tuple[TlsaRecord, ...]:
    """Those that a mail sender can use, each once."""
    sorted_out = (usable(one, "smtp") for one in records)
    return tuple(dict.fromkeys(one.record for one in sorted_out if isinstance(one, UsableRecord)))


def numbers_of(record: TlsaRecord) -> Numbers:
    """Usage, selector and matching type of a usable record."""
    return Numbers.of(record.usage, record.selector, record.matching_type)


def combinations(records: Iterable[TlsaRecord]) -> tuple[Numbers, ...]:
    """The combinations of numbers in use (RFC 7671 §8), in their order."""
    return tuple(dict.fromkeys(map(numbers_of, records)))


def shown(numbers: Numbers) -> str:
    """`3 1 1`."""
    return f"{numbers.usage:d} {numbers.selector:d} {numbers.matching_type:d}"


def made(holder: Holder, numbers: Numbers, names: Sequence[str], now: datetime) -> TlsaRecord | None:
    """The record with these numbers that authenticates the holder; None where there can be none."""
    try:
        (found,) = records_for(octets_of(holder), (numbers,))
    except UsageError:
        return None
    return found.record if is_named((found.record,), holder, names, now) else None


def is_named(records: Sequence[Record], holder: Holder, names: Sequence[str], now: datetime) -> bool:
    """Whether senders with this set would authenticate the holder; of a key alone DANE-EE(3) on the key is judged."""
    if not records:
        return False
    if isinstance(holder, CandidateChain):
        return match(records, holder.certificates, names, now=now).outcome is Outcome.AUTHENTICATED
    return any(one in records for one in _of_key(holder, records))


def refused_until(host: HostState, now: datetime) -> datetime | None:
    """Until when caches may hold sets that were seen before and do not name what is served; None where none may."""
    ends = [_named_everywhere(host, server, chain, now) for server in host.servers for chain in host.served]
    return max((one for one in ends if one is not None and one > now), default=None)


def _named_everywhere(host: HostState, server: AtServer, chain: CandidateChain, now: datetime) -> datetime | None:
    """One TTL after the first sight of a record that names the chain, where a set without it was seen before."""
    times = [one.since for one in server.records if is_named((one.record,), chain, host.names, now)]
    known = [one for one in times if one is not None]
    if not known or len(known) < len(times):
        return None
    before = [one.record for one in server.records if one.since is not None and one.since < min(known)]
    before += [one.record for one in server.gone]
    if not before or is_named(before, chain, host.names, now):
        return None
    try:
        return min(known) + timedelta(seconds=server.longest_ttl)
    except OverflowError:
        return None


def _of_key(holder: Holder, records: Sequence[Record]) -> Iterable[TlsaRecord]:
    for numbers in combinations(usable_ones(records)):
        if numbers.usage is CertificateUsage.DANE_EE and numbers.selector:
            yield from (one.record for one in records_for(octets_of(holder), (numbers,)))


def naming(
    records: Iterable[TlsaRecord], holder: Holder, names: Sequence[str], now: datetime
) -> tuple[TlsaRecord, ...]:
    """Those of the records that authenticate the holder each by itself."""
    return tuple(one for one in records if is_named((one,), holder, names, now))


def lacking(
    records: Sequence[TlsaRecord],
    wanted: Sequence[Numbers],
    holders: Sequence[Holder],
    names: Sequence[str],
    now: datetime,
) -> tuple[TlsaRecord, ...] | None:
    """What must be added so that every combination names every holder (R7671-8.4-a); None where that cannot be."""
    added: list[TlsaRecord] = []
    for holder in holders:
        there = combinations(naming(records, holder, names, now))
        for numbers in wanted:
            if numbers in there:
                continue
            record = made(holder, numbers, names, now)
            if record is None:
                return None
            added.append(record)
    return tuple(dict.fromkeys(one for one in added if one not in records))


def same_key(one: Holder, other: Holder) -> bool:
    """Whether two leaves have one key."""
    return _key(one) == _key(other)


def _key(holder: Holder) -> bytes | None:
    from dane_check.tlsa.certificate import Certificate

    return Certificate(holder.certificates[0]).spki if isinstance(holder, CandidateChain) else holder.spki
