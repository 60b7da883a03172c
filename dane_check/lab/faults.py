"""Trouble on the way: wrappers at the ports that spoil the n-th question, or the n-th octet of a connection.

They know nothing of the lab and wrap any transport and any dialer, the live ones included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dane_check.ports import (
    ByteStream,
    Dialer,
    DialFailure,
    DnsTransport,
    Fault,
    Heard,
    NoReply,
    Question,
    Server,
    StreamBroken,
)
from dane_check.wire.message import Malformed, Message, read


class DnsTrouble(StrEnum):
    """What can happen to one question."""

    DROP = "drop"  # NoReply(TIMEOUT), at once
    DELAY = "delay"  # `seconds` later
    SERVFAIL = "servfail"  # an empty reply with this rcode
    CORRUPT = "corrupt"  # one bit of the reply flipped, at `octet`


class StreamTrouble(StrEnum):
    """What can happen to one connection."""

    REFUSE = "refuse"  # no connection
    RESET = "reset"  # StreamBroken(RESET) before octet `octet` is read
    CLOSE = "close"  # an orderly end before octet `octet`
    CORRUPT = "corrupt"  # one bit of octet `octet` flipped
    DELAY = "delay"  # `seconds` before octet `octet`


@dataclass(frozen=True, slots=True)
class DnsFault:
    """Trouble with questions. nth -- counted from 1 over those of `rdtype`; None: all, of any type."""

    trouble: DnsTrouble
    nth: int | None = None
    rdtype: int | None = None
    seconds: float = 0
    octet: int = 0


@dataclass(frozen=True, slots=True)
class StreamFault:
    """Trouble with connections. nth -- counted from 1, None for all. octet -- counted from 0 over what is read."""

    trouble: StreamTrouble
    nth: int | None = None
    octet: int = 0
    seconds: float = 0


class FaultyTransport:
    """Any transport with a plan of trouble; of several faults that apply the first one happens."""

    def __init__(self, inner: DnsTransport, plan: Iterable[DnsFault]) -> None:
        self._inner = inner
        self._plan = tuple(plan)
        self._counts = [0] * len(self._plan)

    async def ask(self, question: Question, server: Server) -> Heard:
        """What is heard, spoiled as planned."""
        fault = self._due(question)
        if fault is None:
            return await self._inner.ask(question, server)
        if fault.trouble is DnsTrouble.DROP:
            return NoReply(Fault.TIMEOUT, "dropped by plan")
        await asyncio.sleep(fault.seconds)
        return _spoiled(await self._inner.ask(question, server), fault)

    def _due(self, question: Question) -> DnsFault | None:
        due = None
        for index, fault in enumerate(self._plan):
            if fault.rdtype in (None, question.rdtype):
                self._counts[index] += 1
                if due is None and fault.nth in (None, self._counts[index]):
                    due = fault
        return due


class FaultyDialer:
    """Any dialer with a plan of trouble."""

    def __init__(self, inner: Dialer, plan: Iterable[StreamFault]) -> None:
        self._inner = inner
        self._plan = tuple(plan)
        self._count = 0

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        """A stream that breaks as planned, or why there is none."""
        self._count += 1
        due = [fault for fault in self._plan if fault.nth in (None, self._count)]
        if any(fault.trouble is StreamTrouble.REFUSE for fault in due):
            return DialFailure(Fault.REFUSED, "refused by plan")
        stream = await self._inner.open(address, port)
        for fault in due:
            if not isinstance(stream, DialFailure):
                stream = FaultyStream(stream, fault)
        return stream


class FaultyStream:
    """Any stream with one fault in what is read from it."""

    def __init__(self, inner: ByteStream, fault: StreamFault) -> None:
        self._inner = inner
        self._fault = fault
        self._read = 0
        self._ended = False

    async def read(self, octets: int) -> bytes:
        """What the inner stream reads, up to the fault and from there on spoiled. Raises StreamBroken."""
        before = self._fault.octet - self._read
        if before > 0 or self._ended:
            data = await self._inner.read(min(octets, before) if before > 0 else octets)
        else:
            data = await self._spoiled(octets)
        self._read += len(data)
        return data

    async def _spoiled(self, octets: int) -> bytes:
        match self._fault.trouble:
            case StreamTrouble.RESET:
                raise StreamBroken(Fault.RESET, "reset by plan")
            case StreamTrouble.CLOSE:
                return b""
            case StreamTrouble.CORRUPT:
                self._ended = True
                data = await self._inner.read(octets)
                return bytes([data[0] ^ 1]) + data[1:] if data else data
            case StreamTrouble.DELAY | StreamTrouble.REFUSE:
                self._ended = True
                await asyncio.sleep(self._fault.seconds)
                return await self._inner.read(octets)

    async def write(self, data: bytes) -> None:
        """Writes as the inner stream does."""
        await self._inner.write(data)

    async def close(self) -> None:
        """Closes the inner stream."""
        await self._inner.close()


def _spoiled(heard: Heard, fault: DnsFault) -> Heard:
    if isinstance(heard, NoReply):
        return heard
    match fault.trouble:
        case DnsTrouble.SERVFAIL:
            return _reread(_servfail(heard))
        case DnsTrouble.CORRUPT:
            at = fault.octet % len(heard.octets)
            octets = heard.octets
            return _reread(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])
    return heard


def _servfail(heard: Message) -> bytes:
    """The header with rcode 2 and the question, nothing else (RFC 1035 §4.1.1)."""
    end = 12
    while heard.octets[end]:
        end += 1 + heard.octets[end]
    flags = (int.from_bytes(heard.octets[2:4]) & 0xFFF0) | 2
    counts = (1).to_bytes(2) + bytes(6)
    return heard.octets[:2] + flags.to_bytes(2) + counts + heard.octets[12 : end + 5]


def _reread(octets: bytes) -> Heard:
    try:
        return read(octets)
    except Malformed as error:
        return NoReply(Fault.MALFORMED, str(error))
