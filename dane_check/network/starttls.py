"""The SMTP dialogue up to TLS: rules first, then the machine, then the driver that feeds it.

Rule 1. The server speaks first; any 2xx greeting is welcome, as senders take it (RFC 5321 §3.1).
Rule 2. EHLO first. HELO only where EHLO is refused, and then merely to tell "no EHLO" from "no service":
        without EHLO there is no STARTTLS (RFC 5321 §4.1.1.1, requirements S4-A03, S4-A03b).
Rule 3. STARTTLS only where the keyword stands in the EHLO reply, whole and alone (RFC 3207 §4).
Rule 4. Only 220 means go; every other code is a refusal (RFC 3207 §4).
Rule 5. Whatever the server said after the line of the 220 and before our ClientHello is an attack or a
        fault (RFC 3207 §6, CVE-2011-0411): the session ends there.
Rule 6. No mail is ever sent: MAIL, RCPT and DATA do not exist here.
"""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from dane_check.limits import SessionLimits
from dane_check.network.replies import NotAReply, ReplyReader
from dane_check.ports import (
    ByteStream,
    Fault,
    HandshakeFailure,
    Refusal,
    SmtpFacts,
    SmtpReply,
    Stage,
    StreamBroken,
)

READ_OCTETS = 4096
_KEYWORD = b"STARTTLS"


class Phase(Enum):
    """Whose reply we are waiting for."""

    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"

    @property
    def stage(self) -> Stage:
        """The stage a failure in this phase is reported under."""
        return Stage.EHLO if self is Phase.HELO else Stage(self.value)


@dataclass(frozen=True, slots=True)
class Send:
    """Say `octets`, then wait for the reply of `phase`."""

    octets: bytes
    phase: Phase


@dataclass(frozen=True, slots=True)
class Go:
    """The 220 to STARTTLS is in: TLS may start."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The dialogue ends without TLS. `polite`: the two sides still understand each other, so QUIT is due."""

    refusal: Refusal
    polite: bool = True
    detail: str = ""


Step = Send | Go | Stop


def after(phase: Phase, reply: SmtpReply, helo: str) -> Step:
    """What follows on `reply` (rules 1 to 4)."""
    match phase:
        case Phase.GREETING:
            return Send(b"EHLO " + helo.encode("ascii") + b"\r\n", Phase.EHLO) if _welcome(reply) else _greeted(reply)
        case Phase.EHLO:
            return _after_ehlo(reply, helo)
        case Phase.HELO:
            return Stop(Refusal.NO_EHLO) if _welcome(reply) else Stop(Refusal.EHLO_REJECTED, reply.code != 421)
        case Phase.STARTTLS:
            return Go() if reply.code == 220 else Stop(Refusal.STARTTLS_REFUSED, reply.code != 421)
    assert_never(phase)


def _welcome(reply: SmtpReply) -> bool:
    return 200 <= reply.code <= 299


def _greeted(reply: SmtpReply) -> Stop:
    if reply.code < 400:
        return Stop(Refusal.PROTOCOL_ERROR)
    return Stop(Refusal.GREETING_REJECTED, reply.code != 421)


def _after_ehlo(reply: SmtpReply, helo: str) -> Step:
    if reply.code == 421:
        return Stop(Refusal.EHLO_REJECTED, polite=False)
    if not _welcome(reply):
        return Send(b"HELO " + helo.encode("ascii") + b"\r\n", Phase.HELO)
    if _KEYWORD in keywords(reply):
        return Send(b"STARTTLS\r\n", Phase.STARTTLS)
    mangled = next((keyword for keyword in keywords(reply) if is_mangled(keyword)), None)
    if mangled is None:
        return Stop(Refusal.NO_STARTTLS)
    return Stop(Refusal.STARTTLS_MANGLED, detail=mangled.decode("ascii", "backslashreplace"))


def keywords(ehlo: SmtpReply) -> tuple[bytes, ...]:
    """The EHLO keywords in upper case, without parameters; the first line is the server's name and none of them."""
    words = (line.replace(b"\t", b" ").replace(b"=", b" ").strip(b" ").split(b" ", 1)[0] for line in ehlo.lines[1:])
    return tuple(word.upper() for word in words if word)


def is_mangled(keyword: bytes) -> bool:
    """Whether a middlebox seems to have overwritten STARTTLS: XXXXXXXA, STARTTLSX, XTARTTLS …"""
    if keyword == _KEYWORD:
        return False
    if _KEYWORD in keyword or (len(keyword) >= 7 and not keyword[:-1].strip(b"X")):
        return True
    changed = sum(a != b for a, b in zip(keyword, _KEYWORD, strict=False))
    return len(keyword) == len(_KEYWORD) and changed <= 2


@dataclass(frozen=True, slots=True)
class Cleared:
    """The server said 220 and nothing more; the next octets on the stream are TLS."""

    smtp: SmtpFacts


@dataclass(frozen=True, slots=True)
class Ended:
    """The dialogue ended before TLS. `polite`: QUIT may be said."""

    failure: HandshakeFailure
    polite: bool


class Dialogue:
    """Drives the machine over a stream. `deadline` is a moment of the running loop's clock (L-14)."""

    def __init__(self, stream: ByteStream, helo: str, limits: SessionLimits, deadline: float) -> None:
        self._stream = stream
        self._helo = helo
        self._limits = limits
        self._deadline = deadline
        self._reader = ReplyReader(limits)
        self._phase = Phase.GREETING
        self._smtp = SmtpFacts()

    async def run(self) -> Cleared | Ended:
        """Speaks until TLS may start or cannot. Never raises for anything the network does."""
        to_say = b""
        while True:
            reply = await self._exchange(to_say)
            if isinstance(reply, HandshakeFailure):
                return Ended(reply, polite=False)
            self._note(reply)
            match after(self._phase, reply, self._helo):
                case Send(to_say, phase):
                    self._phase = phase
                case Stop(refusal, polite, detail):
                    return Ended(self._failure(refusal, reply=reply, detail=detail), polite)
                case Go():
                    return await self._go()

    async def _exchange(self, to_say: bytes) -> SmtpReply | HandshakeFailure:
        limits = self._limits
        seconds = limits.greeting_seconds if self._phase is Phase.GREETING else limits.reply_seconds
        moment = min(self._deadline, asyncio.get_running_loop().time() + seconds)
        try:
            async with asyncio.timeout_at(moment):
                if to_say:
                    await self._stream.write(to_say)
                return await self._reply()
        except TimeoutError:
            return self._failure(Refusal.BROKEN_OFF, Fault.TIMEOUT)
        except StreamBroken as broken:
            return self._failure(Refusal.BROKEN_OFF, broken.fault, detail=broken.detail)

    async def _reply(self) -> SmtpReply | HandshakeFailure:
        while True:
            match self._reader.next_reply():
                case SmtpReply() as reply:
                    return reply
                case NotAReply(fault, detail):
                    return self._failure(Refusal.PROTOCOL_ERROR, fault, detail=detail)
                case None:
                    octets = await self._stream.read(READ_OCTETS)
            if not octets:
                return self._closed()
            self._reader.feed(octets)

    def _closed(self) -> HandshakeFailure:
        if self._phase is Phase.GREETING:
            return self._failure(Refusal.GREETING_REJECTED, Fault.CLOSED, detail="closed before the greeting")
        return self._failure(Refusal.BROKEN_OFF, Fault.CLOSED)

    async def _go(self) -> Cleared | Ended:
        injected = self._reader.unread or await readable_at_once(self._stream)
        if not injected:
            return Cleared(self._smtp)
        detail = f"{len(injected)} or more octets between the 220 and TLS"
        return Ended(self._failure(Refusal.STARTTLS_INJECTION, detail=detail), polite=False)

    def _note(self, reply: SmtpReply) -> None:
        match self._phase:
            case Phase.GREETING:
                self._smtp = dataclasses.replace(self._smtp, greeting=reply)
            case Phase.EHLO:
                self._smtp = dataclasses.replace(self._smtp, ehlo=reply)
            case Phase.STARTTLS:
                self._smtp = dataclasses.replace(self._smtp, starttls=reply)
            case Phase.HELO:
                pass  # its code is the failure's reply; nothing else about it matters
            case _:
                assert_never(self._phase)

    def _failure(
        self, refusal: Refusal, fault: Fault | None = None, *, reply: SmtpReply | None = None, detail: str = ""
    ) -> HandshakeFailure:
        return HandshakeFailure(self._phase.stage, refusal, fault, reply, detail, self._smtp)


async def readable_at_once(stream: ByteStream) -> bytes:
    """What is readable without waiting: octets sent before they could answer our ClientHello."""
    try:
        async with asyncio.timeout(0):
            return await stream.read(READ_OCTETS)
    except (TimeoutError, StreamBroken):
        return b""  # a broken stream shows itself again, and is named, in the handshake
