"""Trouble with questions: what a resolver, or the path to it, can do to one reply."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import dns.name

from dane_check.ports import DnsTransport, Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Malformed, Message, read
from dane_check.wire.octets import NameReader

_HEADER = 12
_MOST_OCTETS = 65535
_EMPTY_RECORD = b"\0" + (1).to_bytes(2) + (1).to_bytes(2) + bytes(6)  # the root's name, A, IN, no RDATA
_PROOFS = frozenset({46, 47, 50})  # RRSIG, NSEC, NSEC3
_FOREVER = 1e6  # seconds: longer than any lookup
_PRIVATE_TYPE = 65400  # RFC 6895 §3.1: private use, so nobody reads it


class DnsTrouble(StrEnum):
    """What can happen to one question; "at" is the fault's `octet` and `mask`."""

    DROP = "drop"  # NoReply(TIMEOUT), at once
    DELAY = "delay"  # `seconds` later
    TRUNCATE = "truncate"  # only the first half of the reply's octets
    DUPLICATE = "duplicate"  # the question arrives twice, and the second reply is the one heard
    REORDER = "reorder"  # after the next reply to any other question, or `seconds` later
    CORRUPT = "corrupt"  # bits of the reply flipped, at `octet`
    RESET = "reset"  # NoReply(RESET)
    SLOW_LORIS = "slow-loris"  # one octet each `seconds`
    HALF_OPEN = "half-open"  # the question is taken, and nothing ever follows
    ENDLESS = "endless"  # as many further records as 64 KiB hold
    SERVFAIL = "servfail"  # an empty reply with this rcode
    EMPTY = "empty"  # NOERROR and nothing in it: records and proofs withheld
    STRIP = "strip"  # RRSIG, NSEC and NSEC3 made into records of a type nobody knows


@dataclass(frozen=True, slots=True)
class DnsFault:
    """Trouble with questions.

    nth -- counted from 1 over the questions of `rdtype` at `name`; None: each of them. None for those two: any.
    octet, mask -- where bits are flipped, counted from 0 and from the end if negative, and which.
    """

    trouble: DnsTrouble
    nth: int | None = None
    rdtype: int | None = None
    name: dns.name.Name | None = None
    seconds: float = 0
    octet: int = 0
    mask: int = 1

    def concerns(self, question: Question) -> bool:
        """Whether the question is one of those counted."""
        return self.rdtype in (None, question.rdtype) and self.name in (None, question.name)


class FaultyTransport:
    """Any transport with a plan of trouble; of several faults that apply the first one happens."""

    def __init__(self, inner: DnsTransport, plan: Iterable[DnsFault]) -> None:
        self._inner = inner
        self._plan = tuple(plan)
        self._counts = [0] * len(self._plan)
        self._passing = asyncio.Event()

    async def ask(self, question: Question, server: Server) -> Heard:
        """What is heard, spoiled as planned."""
        fault = self._due(question)
        heard = await (self._inner.ask(question, server) if fault is None else self._spoiled(question, server, fault))
        self._passing.set()
        return heard

    def _due(self, question: Question) -> DnsFault | None:
        due = None
        for index, fault in enumerate(self._plan):
            if fault.concerns(question):
                self._counts[index] += 1
                if due is None and fault.nth in (None, self._counts[index]):
                    due = fault
        return due

    async def _spoiled(self, question: Question, server: Server, fault: DnsFault) -> Heard:
        if fault.trouble is DnsTrouble.DROP:
            return NoReply(Fault.TIMEOUT, "dropped by plan")
        if fault.trouble is DnsTrouble.RESET:
            return NoReply(Fault.RESET, "reset by plan")
        if fault.trouble is DnsTrouble.HALF_OPEN:
            await asyncio.sleep(_FOREVER)
        heard = await self._inner.ask(question, server)
        match fault.trouble:
            case DnsTrouble.DELAY:
                await asyncio.sleep(fault.seconds)
            case DnsTrouble.SLOW_LORIS:
                await asyncio.sleep(fault.seconds * (len(heard.octets) if isinstance(heard, Message) else 1))
            case DnsTrouble.REORDER:
                await self._let_another_pass(fault.seconds)
            case DnsTrouble.DUPLICATE:
                return await self._inner.ask(question, server)
        return heard if isinstance(heard, NoReply) else _answering(question, _changed(heard, fault))

    async def _let_another_pass(self, seconds: float) -> None:
        self._passing.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._passing.wait()


def _changed(heard: Message, fault: DnsFault) -> Heard:
    octets = heard.octets
    match fault.trouble:
        case DnsTrouble.SERVFAIL:
            return _reread(_bare(octets, 2))
        case DnsTrouble.EMPTY:
            return _reread(_bare(octets, 0))
        case DnsTrouble.TRUNCATE:
            return _reread(octets[: len(octets) // 2])
        case DnsTrouble.CORRUPT:
            at = fault.octet % len(octets)
            return _reread(octets[:at] + bytes([octets[at] ^ fault.mask]) + octets[at + 1 :])
        case DnsTrouble.ENDLESS:
            return _reread(_flooded(octets))
        case DnsTrouble.STRIP:
            return _reread(_stripped(octets))
    return heard


def _answering(question: Question, heard: Heard) -> Heard:
    """No transport hands on a reply to another question (RFC 5452 §9.1)."""
    if isinstance(heard, Message) and heard.question != (question.name, question.rdtype):
        return NoReply(Fault.MALFORMED, "not the answer to this question")
    return heard


def _question_end(octets: bytes) -> int:
    end = _HEADER
    while octets[end]:
        end += 1 + octets[end]
    return end + 5


def _bare(octets: bytes, rcode: int) -> bytes:
    """The header with that rcode and the question, nothing else (RFC 1035 §4.1.1)."""
    flags = (int.from_bytes(octets[2:4]) & 0xFFF0) | rcode
    counts = (1).to_bytes(2) + bytes(6)
    return octets[:2] + flags.to_bytes(2) + counts + octets[_HEADER : _question_end(octets)]


def _flooded(octets: bytes) -> bytes:
    more = (_MOST_OCTETS - len(octets)) // len(_EMPTY_RECORD)
    additional = int.from_bytes(octets[10:12]) + more
    return octets[:10] + additional.to_bytes(2) + octets[_HEADER:] + _EMPTY_RECORD * more


def _stripped(octets: bytes) -> bytes:
    """The types are overwritten where they stand, for taking octets out would break compressed names."""
    spoiled, names, offset = bytearray(octets), NameReader(octets), _question_end(octets)
    for _ in range(int.from_bytes(octets[6:8]) + int.from_bytes(octets[8:10])):
        _, at = names.read(offset, len(octets))
        if int.from_bytes(octets[at : at + 2]) in _PROOFS:
            spoiled[at : at + 2] = _PRIVATE_TYPE.to_bytes(2)
        offset = at + 10 + int.from_bytes(octets[at + 8 : at + 10])
    return bytes(spoiled)


def _reread(octets: bytes) -> Heard:
    """What a transport would make of these octets."""
    try:
        heard = read(octets)
    except Malformed as error:
        return NoReply(Fault.MALFORMED, str(error))
    return NoReply(Fault.TRUNCATED, "by plan") if heard.truncated else heard
