"""One SMTP session with one address, from the connection to the served chain, and a polite end after it.

The answer is ready when the server's Finished is verified (D-24). What follows, the second EHLO, its reply
and QUIT, is a courtesy: it travels in a task of its own, bounded in octets and time, and changes no answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dane_check.errors import UsageError
from dane_check.limits import SessionLimits
from dane_check.network.replies import NotAReply, ReplyReader
from dane_check.network.starttls import READ_OCTETS, Cleared, Dialogue, Ended, readable_at_once
from dane_check.ports import (
    NAMED_KEY_TYPES,
    ByteStream,
    Dialer,
    DialFailure,
    Fault,
    HandshakeFailure,
    ProbeOutcome,
    ProbeRequest,
    Refusal,
    ServedChain,
    SmtpFacts,
    SmtpReply,
    Stage,
    StreamBroken,
)

if TYPE_CHECKING:
    from dane_check.network.handshake import TlsChannel

_COURTESY_SECONDS: Final = 1.0  # D-24
_REPLIES_KEPT: Final = 256  # replies nobody has asked for are forgotten beyond this, so a survey stays small
_LONGEST_NAME: Final = 253


_Line = tuple[str, int, str]
"""Address, port and EHLO name: what is said before the client chooses what to offer."""

# What a session that waited may come to because it waited, and not because of what was offered in it.
_NOT_AN_ANSWER: Final = frozenset({Refusal.TLS_BROKEN_OFF, Refusal.TLS_GARBAGE})


@dataclass(frozen=True, slots=True)
class _Up:
    """A session at its 220. `deadline` is that of the whole session, by the clock of the loop."""

    stream: ByteStream
    smtp: SmtpFacts
    deadline: float


class SmtpProber:
    """The live `Prober` over any `Dialer`. Close it with `aclose`, or the last QUITs go unsaid."""

    def __init__(
        self, dialer: Dialer, limits: SessionLimits | None = None, *, courtesy_seconds: float = _COURTESY_SECONDS
    ) -> None:
        self._dialer = dialer
        self._limits = limits or SessionLimits()
        self._courtesy_seconds = courtesy_seconds
        self._under_way: set[asyncio.Task[None]] = set()
        self._followed: set[_Line] = set()
        self._spares: dict[_Line, asyncio.Task[_Up | HandshakeFailure]] = {}
        self._replies: OrderedDict[ProbeRequest, asyncio.Future[SmtpReply | None]] = OrderedDict()

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        """The chain served to `request`, or the failure.

        Never raises for anything the network does. Raises UsageError, before any packet, for a request that
        cannot be spoken: a protocol other than "smtp", no nameable key type, or a `helo` that is not one word.
        """
        _refuse_unspeakable(request)
        if not _sendable(request.server_name):
            return _not_connected(Fault.LOCAL, "the name cannot be sent as SNI")
        spare = self._spares.pop(_line(request), None)
        if spare is not None and (outcome := await self._finished(spare, request)) is not None:
            return outcome
        up = await self._bring_up(request, connected=lambda: self._begin_spare(request))
        return up if isinstance(up, HandshakeFailure) else await self._secure(up, request)

    def will_follow(self, request: ProbeRequest) -> None:
        """Says, before `probe(request)`, that another session with the same address and port comes right after it.

        As soon as the first one is connected, the other is brought up to its 220 beside it, and waits there.
        """
        self._followed.add(_line(request))

    def let_go(self, request: ProbeRequest) -> None:
        """Ends the session that waits at that address and port, if one does: it is not wanted."""
        self._followed.discard(_line(request))
        spare = self._spares.pop(_line(request), None)
        if spare is not None:
            self._start(self._part(spare))

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        """The reply to the EHLO under TLS of the last session held for `request`.

        Waits for it about a second. None where the server stayed silent, spoke no SMTP, or no such session is
        remembered. Each reply is handed out once.
        """
        reply = self._replies.pop(request, None)
        return await reply if reply is not None else None

    async def aclose(self) -> None:
        """Waits about a second for the courtesies still under way, then drops them."""
        while self._spares:
            self._start(self._part(self._spares.popitem()[1]))
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._courtesy_seconds)
        left = list(self._under_way)
        for courtesy in left:
            courtesy.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._replies.clear()

    def _begin_spare(self, request: ProbeRequest) -> None:
        line = _line(request)
        if line in self._followed:
            self._followed.discard(line)
            self._spares[line] = asyncio.get_running_loop().create_task(self._bring_up(request))

    async def _bring_up(
        self, request: ProbeRequest, connected: Callable[[], None] = lambda: None
    ) -> _Up | HandshakeFailure:
        """A session at its 220, where the client speaks next. Closes the connection whenever it ends otherwise."""
        deadline = asyncio.get_running_loop().time() + self._limits.session_seconds
        stream = await self._connect(request, deadline)
        if isinstance(stream, DialFailure):
            return _not_connected(stream.fault, stream.detail)
        connected()
        kept = False
        try:
            match await Dialogue(stream, request.helo, self._limits, deadline).run():
                case Ended(failure, polite):
                    if polite:
                        kept = True
                        self._start(self._quit(stream))
                    return failure
                case Cleared(smtp):
                    kept = True
                    return _Up(stream, smtp, deadline)
        finally:
            if not kept:
                await stream.close()

    async def _finished(
        self, spare: asyncio.Task[_Up | HandshakeFailure], request: ProbeRequest
    ) -> ProbeOutcome | None:
        """What comes of a session that waited; None where its end may be for the waiting, and a fresh one says more."""
        up = await spare
        if isinstance(up, HandshakeFailure):
            return up if up.fault is Fault.TIMEOUT else None  # it has had all the time that a session has
        if not await _is_quiet(up.stream):
            return None
        outcome = await self._secure(up, request)
        return None if isinstance(outcome, HandshakeFailure) and outcome.refusal in _NOT_AN_ANSWER else outcome

    async def _connect(self, request: ProbeRequest, deadline: float) -> ByteStream | DialFailure:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._dialer.open(request.address, request.port)
        except TimeoutError:
            return DialFailure(Fault.TIMEOUT, f"session limit of {self._limits.session_seconds:g} s")

    async def _secure(self, up: _Up, request: ProbeRequest) -> ProbeOutcome:
        # OpenSSL is slow to import, and many a check ends before TLS.
        from dane_check.network.handshake import NotShaken, TlsChannel

        shaken: object = None
        try:
            channel = TlsChannel(up.stream, request.server_name, request.key_types, self._limits)
            shaken = await channel.shake_hands(up.deadline)
            if isinstance(shaken, NotShaken):
                refusal, fault, detail = shaken.refusal, shaken.fault, shaken.detail
                return HandshakeFailure(Stage.HANDSHAKE, refusal, fault, None, detail, up.smtp, shaken.alert)
        finally:
            if shaken is None or isinstance(shaken, NotShaken):
                await up.stream.close()
        self._start(self._greet_again(channel, request.helo, self._reply_to(request)))
        return ServedChain(shaken.certificates, shaken.key_type, shaken.tls, up.smtp)

    async def _part(self, spare: asyncio.Task[_Up | HandshakeFailure]) -> None:
        """The end of a session that was brought up for nothing."""
        if not spare.done():
            spare.cancel()
            await asyncio.gather(spare, return_exceptions=True)
        elif isinstance(up := spare.result(), _Up):
            await self._quit(up.stream)

    def _start(self, courtesy: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(courtesy)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _reply_to(self, request: ProbeRequest) -> asyncio.Future[SmtpReply | None]:
        """Where the reply to the EHLO under TLS is going to be."""
        reply = self._replies[request] = asyncio.get_running_loop().create_future()
        self._replies.move_to_end(request)
        while len(self._replies) > _REPLIES_KEPT:
            self._replies.popitem(last=False)
        return reply

    async def _greet_again(self, channel: TlsChannel, helo: str, heard: asyncio.Future[SmtpReply | None]) -> None:
        """EHLO with our Finished, its reply, QUIT (RFC 3207 §4.2: what was said in clear is forgotten)."""
        try:
            with contextlib.suppress(TimeoutError, StreamBroken):
                async with asyncio.timeout(self._courtesy_seconds):
                    await channel.write(b"EHLO " + helo.encode("ascii") + b"\r\n")
                    _tell(heard, await self._reply(channel))
                    await channel.write(b"QUIT\r\n")
                    await channel.read()
        finally:
            _tell(heard, None)
            await channel.close()

    async def _reply(self, channel: TlsChannel) -> SmtpReply | None:
        reader = ReplyReader(self._limits)
        while (reply := reader.next_reply()) is None:
            octets = await channel.read()
            if not octets:
                return None
            reader.feed(octets)
        return None if isinstance(reply, NotAReply) else reply

    async def _quit(self, stream: ByteStream) -> None:
        try:
            with contextlib.suppress(TimeoutError, StreamBroken):
                async with asyncio.timeout(self._courtesy_seconds):
                    await stream.write(b"QUIT\r\n")
                    await stream.read(READ_OCTETS)
        finally:
            await stream.close()


async def _is_quiet(stream: ByteStream) -> bool:
    """Whether a session that waited for us heard nothing meanwhile; closed where it did, for that answers nothing.

    Rule 5 of the dialogue goes on until our ClientHello: an alert from before it would else pass for the answer.
    """
    if not await readable_at_once(stream):
        return True
    await stream.close()
    return False


def _tell(reply: asyncio.Future[SmtpReply | None], heard: SmtpReply | None) -> None:
    """Whoever waits for it is told once; the one who waited may be gone."""
    if not reply.done():
        reply.set_result(heard)


def _line(request: ProbeRequest) -> _Line:
    return request.address, request.port, request.helo


def _refuse_unspeakable(request: ProbeRequest) -> None:
    if request.protocol != "smtp":
        raise UsageError(f"protocol {request.protocol!r} cannot be probed; the one there is is 'smtp'")
    if not request.key_types & NAMED_KEY_TYPES:
        raise UsageError("no certificate type is asked for; give one or more of rsa, ecdsa, eddsa")
    if not request.helo or not _is_one_word(request.helo):
        raise UsageError(f"the EHLO name {request.helo[:80]!r} is not one word of ASCII; give a host name")


def _sendable(server_name: str | None) -> bool:
    """Whether OpenSSL would send it; longer names it drops without a word, and NUL would cut it short."""
    return server_name is None or (0 < len(server_name) <= _LONGEST_NAME and _is_one_word(server_name))


def _is_one_word(text: str) -> bool:
    return all("!" <= character <= "~" for character in text)


def _not_connected(fault: Fault, detail: str) -> HandshakeFailure:
    reserved = fault is Fault.RESERVED
    refusal = Refusal.RESERVED_ADDRESS if reserved else Refusal.NOT_CONNECTED
    return HandshakeFailure(Stage.CONNECT, refusal, fault, detail=detail)
