"""When each record was first seen on each authoritative server: a small file, and what it is worth.

The file is a convenience that must never say too much: whatever is wrong with it costs waiting time, never a sender.
Times in it are our own clock's; a time that lies ahead is worth nothing. One room for its values and its octets: the
rest of the house gets values.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dane_check.errors import DaneCheckError
from dane_check.names import safe
from dane_check.rehearsal.candidates import Record
from dane_check.rehearsal.publisher import earliest_switch
from dane_check.rehearsal.rollover.situation import AtServer, Gone, HostState, Seen
from dane_check.tlsa.record import parse_rdata

SCHEMA: Final = 1
KIND: Final = "rollover-state"
_MOST_OCTETS: Final = 8 * 1024 * 1024
_MOST_ENTRIES: Final = 20_000
_FORGOTTEN_AFTER: Final = timedelta(days=400)  # a record that stood longer than any TTL needs no exact age
_MOST_TTL: Final = 2**31 - 1
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class StateTrouble(DaneCheckError):
    """The file could not be read or written; one sentence."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One record at one server.

    first, last -- the first moment of an unbroken row of sightings, and the latest one.
    ttl -- the longest TTL that caches may go by still, in seconds.
    ttl_until -- until when they may, where the set has a shorter one by now; None while it has this one.
    data -- the RDATA, so that a set that is gone can still be judged.
    gone -- when it was first seen to be missing; None while it is there.
    """

    owner: str
    server: str
    data: bytes
    first: datetime
    last: datetime
    ttl: int
    ttl_until: datetime | None = None
    gone: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Owner, server, and the digest of the RDATA."""
        return self.owner, self.server, hashlib.sha256(self.data).hexdigest()

    @property
    def cached_until(self) -> datetime | None:
        """Until when caches may hold it although it is gone; None while it is there."""
        return None if self.gone is None else _cached_until(self.gone, self.ttl)


@dataclass(frozen=True, slots=True)
class Sightings:
    """All that was seen so far, by owner, server and record."""

    entries: Mapping[tuple[str, str, str], Sighting] = field(default_factory=dict)

    def of(self, owner: str, server: str) -> tuple[Sighting, ...]:
        """What was ever seen at one server."""
        return tuple(one for one in self.entries.values() if (one.owner, one.server) == (owner, server))

    def after(self, hosts: Iterable[HostState], now: datetime) -> Sightings:
        """With what the servers of these hosts hold at `now`. Servers that gave no answer change nothing."""
        entries = {key: one for key, one in self.entries.items() if now - (one.gone or one.last) < _FORGOTTEN_AFTER}
        for host in hosts:
            for server in host.servers:
                if not server.trouble:
                    _note(entries, host.owner, server, now)
        return Sightings(entries)

    def shown_in(self, host: HostState, now: datetime) -> HostState:
        """The host, with the first moment of every record at every server, and what caches may hold still."""
        servers = tuple(self._dated(host.owner, one, now) for one in host.servers)
        return replace(host, servers=(*servers, *self._former(host, now)))

    def _former(self, host: HostState, now: datetime) -> Iterator[AtServer]:
        """Servers that were asked a short while ago and are none any more: what they said may be in caches."""
        asked = {one.server for one in host.servers}
        if not asked:
            return
        former: dict[str, list[Sighting]] = {}
        for one in self.entries.values():
            if one.owner == host.owner and one.server not in asked:
                former.setdefault(one.server, []).append(one)
        for server, ones in former.items():
            ttl, last = max(one.ttl for one in ones), max(one.gone or one.last for one in ones)
            if now < _cached_until(last, ttl):
                says = f"{server} was a name server until a short while ago; caches may hold what it said"
                yield AtServer(server, ttl=ttl, trouble=says)

    def _dated(self, owner: str, server: AtServer, now: datetime) -> AtServer:
        known = {one.data: one for one in self.of(owner, server.server)}
        records = tuple(_dated(one.record, known.get(one.record.rdata), server.ttl) for one in server.records)
        held = {one.record.rdata for one in server.records}
        gone = tuple(
            Gone(parse_rdata(one.data), one.cached_until, one.ttl)
            for one in known.values()
            if one.data not in held and one.cached_until is not None and one.cached_until > now
        )
        return replace(server, records=records, gone=gone)


def _dated(record: Record, seen: Sighting | None, ttl: int) -> Seen:
    there = seen is not None and seen.gone is None
    return Seen(record, seen.first if seen and there else None, max(ttl, seen.ttl if seen else 0))


def _note(entries: dict[tuple[str, str, str], Sighting], owner: str, server: AtServer, now: datetime) -> None:
    held = {one.record.rdata for one in server.records}
    for key, one in tuple(entries.items()):
        if key[:2] == (owner, server.server) and one.data not in held and one.gone is None:
            entries[key] = replace(one, gone=now)
    for data in held:
        fresh = Sighting(owner, server.server, data, now, now, server.ttl)
        before = entries.get(fresh.key)
        entries[fresh.key] = fresh if before is None else _again(before, fresh)


def _again(before: Sighting, fresh: Sighting) -> Sighting:
    """Seen once more, or back again. Caches go by a longer TTL for as long as they may hold a set that had it."""
    now = fresh.first
    until = before.cached_until or before.ttl_until or _cached_until(now, before.ttl)
    kept = fresh if before.gone is not None else replace(before, last=now)
    if fresh.ttl < before.ttl and now < until:
        return replace(kept, ttl=before.ttl, ttl_until=until)
    return replace(kept, ttl=fresh.ttl, ttl_until=None)


def _cached_until(when: datetime, ttl: int) -> datetime:
    return earliest_switch(when, ttl) or datetime.max.replace(tzinfo=UTC)


# --- the file ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the file held; `remarks` say, a sentence each, what of it is not believed."""

    sightings: Sightings
    remarks: tuple[str, ...] = ()


def default_path(environ: Mapping[str, str], home: Path) -> Path:
    """Where the file stands unless another is named (XDG Base Directory Specification)."""
    base = environ.get("XDG_STATE_HOME", "")
    folder = Path(base) if os.path.isabs(base) else home / ".local" / "state"
    return folder / "dane-check" / "rollover.json"


def load(path: Path, now: datetime) -> Loaded:
    """The sightings in the file; none where there is no file yet.

    A file that is damaged, of another schema, or that others may write to is renamed aside, and nothing in it is
    believed. Times after `now` count as never seen. Raises StateTrouble where the file cannot be read or renamed.
    """
    try:
        octets, why = _read(path)
    except FileNotFoundError:
        return Loaded(Sightings())
    except OSError as error:
        raise StateTrouble(f"the state file {_shown(path)} cannot be read: {_why(error)}") from None
    if why is None:
        try:
            return _believable(_parsed(octets), now)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            why = "is damaged"
    aside = path.with_name(f"{path.name}.aside-{secrets.token_hex(4)}")
    try:
        path.rename(aside)
    except OSError as error:
        raise StateTrouble(f"the state file {_shown(path)} {why}, and cannot be set aside: {_why(error)}") from None
    remark = f"the state file {_shown(path)} {why}; it was set aside as {safe(aside.name, 100)}, and counts for nothing"
    return Loaded(Sightings(), (remark,))


def _read(path: Path) -> tuple[bytes, str | None]:
    """What the file holds, and why that is not to be believed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is no regular file")
        octets = file.read(_MOST_OCTETS + 1)
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return b"", "may be written to by others"
    return octets, "is too large" if len(octets) > _MOST_OCTETS else None


def _parsed(octets: bytes) -> Sightings:
    table = json.loads(octets.decode("ascii"))
    if table["schema"] != SCHEMA or table["kind"] != KIND or len(table["seen"]) > _MOST_ENTRIES:
        raise ValueError("not a state file of this schema")
    entries = [_entry(one) for one in table["seen"]]
    return Sightings({one.key: one for one in entries})


def _entry(table: Mapping[str, Any]) -> Sighting:
    owner, server, ttl = table["owner"], table["server"], table["ttl"]
    if not (isinstance(owner, str) and isinstance(server, str) and type(ttl) is int and 0 <= ttl <= _MOST_TTL):
        raise ValueError("an entry is damaged")
    data = bytes.fromhex(table["record"])
    if hashlib.sha256(data).hexdigest() != table["sha256"]:
        raise ValueError("a record does not have the digest beside it")
    first, last = _moment(table["first"]), _moment(table["last"])
    if first > last:
        raise ValueError("an entry ends before it begins")
    until, missing = (None if table[key] is None else _moment(table[key]) for key in ("ttl_until", "gone"))
    return Sighting(owner, server, data, first, last, ttl, until, missing)


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC)


def _believable(sightings: Sightings, now: datetime) -> Loaded:
    """Without entries from the future: the clock was wrong then, or is wrong now."""
    ahead = [key for key, one in sightings.entries.items() if max(one.last, one.gone or one.last) > now]
    if not ahead:
        return Loaded(sightings)
    kept = {key: one for key, one in sightings.entries.items() if key not in set(ahead)}
    remark = (
        f"the clock went back: {len(ahead)} of {len(sightings.entries)} notes of the state file lie ahead of it, and "
        "count for nothing"
    )
    return Loaded(Sightings(kept), (remark,))


def save(path: Path, sightings: Sightings) -> None:
    """Writes the file anew with mode 0600, in one step, after its folder where that is missing. Raises StateTrouble."""
    text = json.dumps({"schema": SCHEMA, "kind": KIND, "seen": [_table(one) for one in _newest(sightings)]}, indent=1)
    target = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(target, _NEW, 0o600), "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        target.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            target.unlink()
        raise StateTrouble(f"the state file {_shown(path)} cannot be written: {_why(error)}") from None


def _newest(sightings: Sightings) -> list[Sighting]:
    newest = sorted(sightings.entries.values(), key=lambda one: one.gone or one.last, reverse=True)[:_MOST_ENTRIES]
    return sorted(newest, key=lambda one: one.key)


def _table(one: Sighting) -> dict[str, Any]:
    return {
        "owner": one.owner,
        "server": one.server,
        "sha256": one.key[2],
        "record": one.data.hex(),
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "ttl": one.ttl,
        "ttl_until": one.ttl_until and one.ttl_until.isoformat(),
        "gone": one.gone and one.gone.isoformat(),
    }


def _shown(path: Path) -> str:
    return safe(str(path), 200)


def _why(error: OSError) -> str:
    return safe(error.strerror or str(error), 80)
