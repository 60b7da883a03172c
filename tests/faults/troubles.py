"""Every fault of the matrix at one step: what is done there, and what that does to the step."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

import dns.name

from dane_check.lab.faults import CONNECTION, DnsFault, DnsTrouble, StreamFault, StreamTrouble
from dane_check.ports import Heard, Question
from dane_check.wire.message import Message
from dane_check.wire.octets import NameReader

from .classes import Effect

_DELAY = 2.0  # seconds: less than any limit
_FIRST_FLIGHT = 3  # the turn after our ClientHello
_DRIP = 10.0  # seconds an octet: threats T-18


class Role(Enum):
    """What a turn of a session is for."""

    CONNECTION = "connection"
    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    TLS = "TLS"
    ALERT = "TLS alert"
    AFTER = "after TLS"


@dataclass(frozen=True, slots=True)
class DnsTroubled:
    """One fault at one question."""

    name: str
    fault: DnsFault
    effect: Effect


@dataclass(frozen=True, slots=True)
class StreamTroubled:
    """One fault at one turn."""

    name: str
    fault: StreamFault
    effect: Effect


def role_of(turn: int, said: bytes) -> Role:
    """What a turn is, by its own octets: SMTP replies in clear, then TLS records by their type."""
    if turn == 0:
        return Role.GREETING
    if said[:1] in (b"\x14", b"\x16"):
        return Role.TLS
    if said[:1] == b"\x15":
        return Role.ALERT
    if said[:1] == b"\x17":
        return Role.AFTER
    return Role.EHLO if said.startswith(b"250") else Role.STARTTLS


# --- questions ---------------------------------------------------------------------------------------

_PROOFS = frozenset({46, 47, 50})
_NSECS = frozenset({47, 50})
_RRSIG = 46
_WITHHOLDING = (
    DnsTrouble.DROP,
    DnsTrouble.TRUNCATE,
    DnsTrouble.RESET,
    DnsTrouble.SLOW_LORIS,
    DnsTrouble.HALF_OPEN,
    DnsTrouble.ENDLESS,
    DnsTrouble.SERVFAIL,
)


def at_question(question: Question, heard: Heard, *, signed: bool) -> Iterator[DnsTroubled]:
    """All of them; `nth` is left open."""
    assert isinstance(heard, Message)
    changed = Effect.CHANGED if signed else Effect.UNSIGNED
    proofs = any(record.rdtype in _PROOFS for record in heard.answer + heard.authority)

    def one(trouble: DnsTrouble, effect: Effect, seconds: float = 0) -> DnsTroubled:
        fault = DnsFault(trouble, rdtype=question.rdtype, name=question.name, seconds=seconds)
        return DnsTroubled(trouble.value, fault, effect)

    yield one(DnsTrouble.DELAY, Effect.NONE, _DELAY)
    yield one(DnsTrouble.DUPLICATE, Effect.NONE)
    yield one(DnsTrouble.REORDER, Effect.NONE, _DELAY)
    for trouble in _WITHHOLDING:
        yield one(trouble, Effect.WITHHELD, _DRIP)
    yield one(DnsTrouble.EMPTY, changed)
    yield one(DnsTrouble.STRIP, Effect.CHANGED if proofs else Effect.NONE)
    for where, octet, mask, effect in _places(heard, changed):
        fault = DnsFault(DnsTrouble.CORRUPT, rdtype=question.rdtype, name=question.name, octet=octet, mask=mask)
        yield DnsTroubled(f"corrupt {where}", fault, effect)


def _places(heard: Message, changed: Effect) -> Iterator[tuple[str, int, int, Effect]]:
    """Octets of a message that mean something, the bits to flip there, and what that does."""
    header = Effect.UNSIGNED if changed is Effect.UNSIGNED else Effect.ADDED
    yield "rcode", 3, 3, header  # NOERROR becomes NXDOMAIN
    yield "count", 7, 1, header
    yield "TC", 2, 2, Effect.WITHHELD
    yield "question", 13, 1, Effect.WITHHELD
    first = _first(heard)
    places = {"record": first, "signature": _signature(heard, first) if first else None}
    for where, record in places.items():
        if record is not None:
            yield where, record.end - 1, 1, changed


@dataclass(frozen=True, slots=True)
class _Placed:
    """A record, and the offset behind its RDATA."""

    owner: dns.name.Name
    rdtype: int
    covers: int
    end: int


def _records(octets: bytes) -> Iterator[_Placed]:
    """Those of the answer and the authority."""
    names = NameReader(octets)
    offset = names.read(12, len(octets))[1] + 4
    for _ in range(int.from_bytes(octets[6:8]) + int.from_bytes(octets[8:10])):
        owner, at = names.read(offset, len(octets))
        offset = at + 10 + int.from_bytes(octets[at + 8 : at + 10])
        yield _Placed(owner, int.from_bytes(octets[at : at + 2]), int.from_bytes(octets[at + 10 : at + 12]), offset)


def _first(heard: Message) -> _Placed | None:
    """The record that answers, or the first of the proof that there is none."""
    records = list(_records(heard.octets))
    return next(iter((*records[: len(heard.answer)], *(one for one in records if one.rdtype in _NSECS))), None)


def _signature(heard: Message, first: _Placed) -> _Placed | None:
    of = (one for one in _records(heard.octets) if one.rdtype == _RRSIG and one.owner == first.owner)
    return next((one for one in of if one.covers == first.rdtype), None)


# --- turns -------------------------------------------------------------------------------------------


# The rows of requirements §19.4 that a first session may end in, by the turn that was spoiled. A greeting said twice is
# taken for the reply to EHLO, that one said twice for the reply to STARTTLS.
_ROWS = {
    Role.CONNECTION: {"unreachable"},  # S4-A01
    Role.GREETING: {"unreachable", "smtp-refused", "protocol-error"},  # S4-A02, D-28
    Role.EHLO: {"unreachable", "smtp-refused", "protocol-error", "no-starttls"},  # S4-A03 … S4-A04
    Role.STARTTLS: {"unreachable", "protocol-error", "starttls-refused", "starttls-injection"},  # S4-A05, S4-A06
    Role.TLS: {"tls-failed"},  # S4-A07, S4-A08
}
_ROWS_OF_TWICE = {Role.GREETING: {"no-starttls"}, Role.EHLO: {"starttls-refused"}}


def results_of(role: Role, fault: StreamFault, *, first: bool) -> frozenset[str]:
    """What may be said of an address where a turn was spoiled; of a further type only one thing (S4-A22)."""
    if not first:
        return frozenset({"not-tested"})
    twice = _ROWS_OF_TWICE.get(role, set()) if fault.trouble is StreamTrouble.DUPLICATE else set()
    return frozenset(_ROWS.get(role, set()) | twice)


def at_connection(address: str) -> Iterator[StreamTroubled]:
    """What can happen before anything is said."""
    effects = {
        StreamTrouble.REFUSE: Effect.WITHHELD,
        StreamTrouble.DROP: Effect.WITHHELD,
        StreamTrouble.RESET: Effect.WITHHELD,
        StreamTrouble.DELAY: Effect.NONE,
    }
    for trouble, effect in effects.items():
        fault = StreamFault(trouble, address=address, turn=CONNECTION, seconds=_DELAY)
        yield StreamTroubled(trouble.value, fault, effect)


def at_turn(address: str, turn: int, said: bytes, oversized: Callable[[], ssl.SSLContext]) -> Iterator[StreamTroubled]:
    """What can happen to one turn of the server's."""
    role = role_of(turn, said)
    after = role is Role.AFTER

    def one(
        trouble: StreamTrouble, effect: Effect, name: str = "", octet: int | None = None, mask: int = 1
    ) -> StreamTroubled:
        seconds = _DRIP if trouble is StreamTrouble.SLOW_LORIS else _DELAY
        fault = StreamFault(trouble, None, address, turn, octet, mask, seconds, oversized)
        return StreamTroubled(name or trouble.value, fault, Effect.NONE if after else effect)

    yield one(StreamTrouble.DELAY, Effect.NONE)
    for trouble in (StreamTrouble.DROP, StreamTrouble.RESET, StreamTrouble.SLOW_LORIS, StreamTrouble.HALF_OPEN):
        yield one(trouble, Effect.WITHHELD)
    yield one(StreamTrouble.RESET, Effect.WITHHELD, "reset halfway", len(said) // 2)
    yield one(StreamTrouble.TRUNCATE, Effect.CUT)
    yield one(StreamTrouble.TRUNCATE, Effect.CUT, "truncate to nothing", 0)
    yield one(StreamTrouble.DUPLICATE, Effect.ADDED if role in (Role.TLS, Role.ALERT) else Effect.CHANGED)
    yield one(StreamTrouble.REORDER, Effect.CHANGED)
    yield one(StreamTrouble.ENDLESS, Effect.CHANGED)
    for where, octet, mask, effect in _octets(role, said):
        yield one(StreamTrouble.CORRUPT, effect, f"corrupt {where}", octet, mask)
    if role is Role.TLS and turn == _FIRST_FLIGHT:
        yield one(StreamTrouble.OVERSIZED, Effect.WITHHELD)


def _octets(role: Role, said: bytes) -> Iterator[tuple[str, int, int, Effect]]:
    """Octets of a turn, the bits to flip there, and what that does."""
    match role:
        case Role.GREETING:
            yield "code", 0, 1, Effect.CHANGED  # 320
            yield "text", 6, 1, Effect.NONE
        case Role.EHLO:
            yield "code", 0, 1, Effect.CHANGED  # 350 and 250 in one reply
            yield "keyword", said.index(b"STARTTLS") + 2, 1, Effect.CHANGED
            yield "text", 6, 1, Effect.NONE
        case Role.STARTTLS:
            yield "code", 2, 1, Effect.CHANGED  # 221
            yield "text", 6, 1, Effect.NONE
        case Role.TLS:
            for where, octet in (("record type", 0), ("start", 5), ("middle", len(said) // 2), ("end", -1)):
                yield where, octet, 1, Effect.CHANGED
        case Role.ALERT:
            yield "record type", 0, 1, Effect.CHANGED
            yield "number", -1, 1, Effect.NONE  # still an alert
        case Role.AFTER:
            yield "middle", len(said) // 2, 1, Effect.NONE
        case Role.CONNECTION:
            raise AssertionError("a connection has no octets")
