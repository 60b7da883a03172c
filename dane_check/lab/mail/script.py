"""What a scripted SMTP server says and does, and what it noted about a session."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Port(StrEnum):
    """What becomes of a connection attempt."""

    OPEN = "open"
    CLOSED = "closed"  # TCP RST
    BLACKHOLE = "blackhole"  # no answer to the SYN


class At(StrEnum):
    """Where a session is cut or falls silent: instead of this reply, or of the TLS server's first flight."""

    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"


class TlsVersion(StrEnum):
    """TLS versions a server can be held to."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"
    V1_3 = "1.3"


MODERN = (TlsVersion.V1_2, TlsVersion.V1_3)
CAPABILITIES = ("PIPELINING", "8BITMIME", "STARTTLS")


@dataclass(frozen=True, slots=True)
class Script:
    """One server's part. Texts are whole replies, lines divided by a line feed; None gives the usual one.

    capabilities -- the EHLO keywords; ehlo -- a reply in place of all of them.
    inject -- octets sent in the same segment after the 220 to STARTTLS.
    ehlo_after_tls -- the reply to the second EHLO.
    alternates -- one of the certificates for each session in turn, as a farm behind one address does it.
    tls -- versions accepted; garbage -- octets that are not TLS in place of the ServerHello.
    closes, resets, silent -- where the session ends in an orderly way, by RST, or without another word.
    seconds -- waited before every reply.
    """

    greeting: str | None = None
    capabilities: tuple[str, ...] = CAPABILITIES
    ehlo: str | None = None
    helo: str | None = None
    starttls: str | None = None
    inject: str = ""
    ehlo_after_tls: str | None = None
    tls: tuple[TlsVersion, ...] = MODERN
    alternates: bool = False
    garbage: str = ""
    closes: At | None = None
    resets: At | None = None
    silent: At | None = None
    seconds: float = 0
    port: Port = Port.OPEN


@dataclass(frozen=True, slots=True)
class Session:
    """What one connection brought.

    server, address -- the name in the scenario, and the address of the DNS.
    commands -- lines as sent, without CRLF, those after the handshake included.
    sni -- the name sent in the ClientHello, or None; tls -- the version negotiated, None without a handshake.
    """

    server: str
    address: str
    commands: tuple[str, ...]
    sni: str | None
    tls: str | None


@dataclass(slots=True)
class Notes:
    """The notes of a session that is still going on."""

    server: str
    address: str
    commands: list[str] = field(default_factory=list)
    sni: str | None = None
    tls: str | None = None

    def session(self) -> Session:
        """The notes so far, frozen."""
        return Session(self.server, self.address, tuple(self.commands), self.sni, self.tls)
