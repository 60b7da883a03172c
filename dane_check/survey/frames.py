"""What a survey and its workers say to each other, and how it travels through the pipes between them.

Frames are pickled: both ends are this program, and nobody else holds the pipes.
"""

from __future__ import annotations

import asyncio
import pickle
import struct
from dataclasses import dataclass
from typing import Final

from dane_check.ports import ProbeOutcome, ProbeRequest, SmtpReply
from dane_check.survey.element import Element, Lost

_LENGTH: Final = struct.Struct("!I")

Errand = tuple[ProbeRequest, int]
"""One session: what is asked for, and which repetition of it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """From a worker: it can judge."""


@dataclass(frozen=True, slots=True)
class Check:
    """To a worker: judge this domain."""

    name: str


@dataclass(frozen=True, slots=True)
class Checked:
    """From a worker: what came of a domain."""

    result: Element | Lost


@dataclass(frozen=True, slots=True)
class MayI:
    """From a worker: may this session begin, or has somebody held it? `ticket` is the worker's number for it."""

    ticket: int
    errand: Errand


@dataclass(frozen=True, slots=True)
class GoAhead:
    """To a worker: the session may begin; or `outcome`, as another held it."""

    ticket: int
    outcome: ProbeOutcome | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """From a worker: what came of the session; None if it gave up, also before it was let begin."""

    ticket: int
    outcome: ProbeOutcome | None


@dataclass(frozen=True, slots=True)
class AfterTls:
    """Both ways: the reply to EHLO under TLS in the session of `request`; asked for with `told` False."""

    request: ProbeRequest
    told: bool = False
    reply: SmtpReply | None = None


Frame = Ready | Check | Checked | MayI | GoAhead | Held | AfterTls


def packed(value: object) -> bytes:
    """The octets of one frame."""
    octets = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(octets)) + octets


async def unpacked(reader: asyncio.StreamReader) -> object:
    """The next frame; None when the other end is gone."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return pickle.loads(await reader.readexactly(length))  # noqa: S301 - see the head of this file
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
