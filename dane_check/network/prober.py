"""One SMTP session with one address, from the connection to the served chain, and a polite end after it.

The answer is ready when the server's Finished is verified (D-24). What follows, the second EHLO, its reply
and QUIT, is a courtesy: it travels in a task of its own, bounded in octets and time, and changes no answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final

from dane_check.errors import UsageError
from dane_check.limits import SessionLimits
from dane_check.network.replies import NotAReply, ReplyReader
from dane_check.network.starttls import READ_OCTETS, Cleared, Dialogue, Ended
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
_COURTESIES_KEPT: Final = 256  # replies nobody has asked for are forgotten beyond this, so a survey stays small
_LONGEST_NAME: Final = 253

_Courtesy = Coroutine[None, None, SmtpReply | None]


class SmtpProber:
    """The live `Prober` over any `Dialer`. Close it with `aclose`, or the last QUITs go unsaid."""

    def __init__(
        self, dialer: Dialer, limits: SessionLimits | None = None, *, courtesy_seconds: float = _COURTESY_SECONDS
    ) -> None:
        self._dialer = dialer
        self._limits = limits or SessionLimits()
        self._courtesy_seconds = courtesy_seconds
        self._under_way: set[asyncio.Task[SmtpReply | None]] = set()
        self._courtesies: OrderedDict[ProbeRequest, asyncio.Task[SmtpReply | None]] = OrderedDict()

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        """The chain served to `request`, or the failure.

        Never raises for anything the network does. Raises UsageError, before any packet, for a request that
        cannot be spoken: a protocol other than "smtp", no nameable key type, or a `helo` that is not one word.
        """
        _refuse_unspeakable(request)
        if not _sendable(request.server_name):
            return _not_connected(Fault.LOCAL, "the name cannot be sent as SNI")
        deadline = asyncio.get_running_loop().time() + self._limits.session_seconds
        stream = await self._connect(request, deadline)
        if isinstance(stream, DialFailure):
            return _not_connected(stream.fault, stream.detail)
        courtesy: _Courtesy | None = None
        try:
            outcome, courtesy = await self._hold(stream, request, deadline)
        finally:
            if courtesy is None:
                await stream.close()
        if courtesy is not None:
            self._start(request, courtesy, keep=isinstance(outcome, ServedChain))
        return outcome

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        """The reply to the EHLO under TLS of the last session held for `request`.

        Waits while that session's courtesies last, about a second. None where the server stayed silent, spoke
        no SMTP, or no such session is remembered. Each reply is handed out once.
        """
        courtesy = self._courtesies.pop(request, None)
        if courtesy is None:
            return None
        await asyncio.wait({courtesy})
        return None if courtesy.cancelled() else courtesy.result()

    async def aclose(self) -> None:
        """Waits about a second for the courtesies still under way, then drops them."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._courtesy_seconds)
        left = list(self._under_way)
        for courtesy in left:
            courtesy.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._courtesies.clear()

    async def _connect(self, request: ProbeRequest, deadline: float) -> ByteStream | DialFailure:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._dialer.open(request.address, request.port)
        except TimeoutError:
            return DialFailure(Fault.TIMEOUT, f"session limit of {self._limits.session_seconds:g} s")

    async def _hold(
        self, stream: ByteStream, request: ProbeRequest, deadline: float
    ) -> tuple[ProbeOutcome, _Courtesy | None]:
        match await Dialogue(stream, request.helo, self._limits, deadline).run():
            case Ended(failure, polite):
                return failure, self._quit(stream) if polite else None
            case Cleared(smtp):
                return await self._secure(stream, request, deadline, smtp)

    async def _secure(
        self, stream: ByteStream, request: ProbeRequest, deadline: float, smtp: SmtpFacts
    ) -> tuple[ProbeOutcome, _Courtesy | None]:
        # OpenSSL is slow to import, and many a check ends before TLS.
        from dane_check.network.handshake import NotShaken, TlsChannel

        channel = TlsChannel(stream, request.server_name, request.key_types, self._limits)
        shaken = await channel.shake_hands(deadline)
        if isinstance(shaken, NotShaken):
            refusal, fault, detail = shaken.refusal, shaken.fault, shaken.detail
            return HandshakeFailure(Stage.HANDSHAKE, refusal, fault, None, detail, smtp, shaken.alert), None
        served = ServedChain(shaken.certificates, shaken.key_type, shaken.tls, smtp)
        return served, self._greet_again(channel, request.helo)

    def _start(self, request: ProbeRequest, courtesy: _Courtesy, *, keep: bool) -> None:
        task = asyncio.get_running_loop().create_task(courtesy)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        if keep:
            self._courtesies[request] = task
            self._courtesies.move_to_end(request)
            while len(self._courtesies) > _COURTESIES_KEPT:
                self._courtesies.popitem(last=False)

    async def _greet_again(self, channel: TlsChannel, helo: str) -> SmtpReply | None:
        """EHLO with our Finished, its reply, QUIT (RFC 3207 §4.2: what was said in clear is forgotten)."""
        reply = None
        try:
            with contextlib.suppress(TimeoutError, StreamBroken):
                async with asyncio.timeout(self._courtesy_seconds):
                    await channel.write(b"EHLO " + helo.encode("ascii") + b"\r\n")
                    reply = await self._reply(channel)
                    await channel.write(b"QUIT\r\n")
                    await channel.read()
        finally:
            await channel.close()
        return reply

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
