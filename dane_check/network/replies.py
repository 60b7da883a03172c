"""SMTP replies out of octets (RFC 5321 §4.2), without IO: strict on the code, lenient on the text."""

from __future__ import annotations

from dataclasses import dataclass

from dane_check.limits import SessionLimits
from dane_check.ports import Fault, SmtpReply

_TLS_RECORD_TYPES = frozenset({20, 21, 22, 23})


@dataclass(frozen=True, slots=True)
class NotAReply:
    """The octets are not SMTP, or more than the limits allow (L-15). Nothing after them can be trusted."""

    fault: Fault
    detail: str


class ReplyReader:
    """Collects octets and cuts replies from them; `unread` is what came after the last reply."""

    def __init__(self, limits: SessionLimits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._code = 0
        self._octets = 0

    @property
    def unread(self) -> bytes:
        """Octets received and not yet part of a reply."""
        return bytes(self._buffer)

    def feed(self, octets: bytes) -> None:
        """Takes what was read from the stream."""
        self._buffer += octets
        self._octets += len(octets)

    def next_reply(self) -> SmtpReply | NotAReply | None:
        """The next whole reply; None where more octets are needed."""
        if self._octets > self._limits.plaintext_octets:
            return NotAReply(Fault.TOO_LARGE, f"more than {self._limits.plaintext_octets} octets before TLS")
        while (line := self._next_line()) is not None:
            if isinstance(line, NotAReply):
                return line
            trouble = self._take(line)
            if trouble is not None:
                return trouble
            if line[3:4] != b"-":
                return self._finish()
        return None

    def _next_line(self) -> bytes | NotAReply | None:
        end = self._buffer.find(b"\n")
        length = len(self._buffer) if end < 0 else end + 1
        if length > self._limits.line_octets:
            return NotAReply(Fault.TOO_LARGE, f"a line longer than {self._limits.line_octets} octets")
        if end < 0:
            return self._not_smtp(bytes(self._buffer[:3]))
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        # Bare LF is taken as the end of a line, as Postfix does: refusing it would call working servers broken.
        return line.removesuffix(b"\r")

    def _take(self, line: bytes) -> NotAReply | None:
        trouble = self._not_smtp(line[:3]) or _short(line)
        if trouble is not None:
            return trouble
        code = int(line[:3])
        if self._lines and code != self._code:
            return NotAReply(Fault.MALFORMED, f"codes {self._code} and {code} in one reply")
        if len(self._lines) == self._limits.lines_per_reply:
            return NotAReply(Fault.TOO_LARGE, f"more than {self._limits.lines_per_reply} lines in one reply")
        self._code = code
        self._lines.append(line[4:])
        return None

    def _finish(self) -> SmtpReply:
        reply = SmtpReply(self._code, tuple(self._lines))
        self._lines.clear()
        return reply

    @staticmethod
    def _not_smtp(start: bytes) -> NotAReply | None:
        """Trouble visible in the first three octets already, so that nobody waits for a line that never ends."""
        if start[:1] and start[0] in _TLS_RECORD_TYPES and start[1:2] in (b"", b"\x03"):
            return NotAReply(Fault.MALFORMED, "the server speaks TLS before STARTTLS")
        if any(octet not in b"0123456789" for octet in start) or (start and start[0] not in b"2345"):
            return NotAReply(Fault.MALFORMED, "no SMTP reply code")
        return None


def _short(line: bytes) -> NotAReply | None:
    if len(line) < 3:
        return NotAReply(Fault.MALFORMED, "no SMTP reply code")
    if line[3:4] not in (b"", b" ", b"-"):
        return NotAReply(Fault.MALFORMED, "neither space nor hyphen after the reply code")
    return None
