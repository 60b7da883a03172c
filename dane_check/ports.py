"""The lower seam: the four things the program asks of the world, and the values they speak in.

Everything that touches the world stands behind `DnsTransport`, `Dialer`, `Prober` and `Clock`. The live
network, the embedded lab and recorded evidence implement them; faults, delays and the recorder wrap them.
Trouble is a value here (`NoReply`, `DialFailure`, `HandshakeFailure`), so that nobody can mistake it for an
answer. The one exception is `StreamBroken`: reading and writing has no other way to say it.

Certificates are DER octets in this room; what they mean is the business of `tlsa`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import dns.name
import dns.rdatatype

from dane_check.wire.message import Message


class Fault(StrEnum):
    """What went wrong between us and the other side; one word per cause, translated from errno once."""

    TIMEOUT = "timeout"
    REFUSED = "refused"  # TCP RST on connect, or ICMP port unreachable
    UNREACHABLE = "unreachable"  # no route to host or network
    NO_FAMILY = "no-family"  # this machine has no such address family (no IPv6)
    RESET = "reset"
    CLOSED = "closed"  # end of stream where more was due
    MALFORMED = "malformed"  # octets that are not the protocol
    TOO_LARGE = "too-large"  # a limit of limits.py
    TRUNCATED = "truncated"  # TC=1 over UDP and TCP failed
    RESERVED = "reserved"  # special-purpose address, not allowed (threats T-23)
    NOT_RECORDED = "not-recorded"  # replay: the evidence holds no answer to this
    LOCAL = "local"  # the machine itself: no descriptors, no permission


# --- DNS ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """One question of class IN, sent with DO and CD set. Names compare without regard to case.

    recursive -- whether RD is set: False asks an authoritative server for what it holds itself.
    """

    name: dns.name.Name
    rdtype: int
    recursive: bool = True

    def __str__(self) -> str:
        return f"{self.name} {dns.rdatatype.to_text(dns.rdatatype.RdataType.make(self.rdtype))}"


@dataclass(frozen=True, slots=True)
class Server:
    """A name server or recursive resolver: an IP address literal and a port."""

    address: str
    port: int = 53

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class NoReply:
    """No usable DNS message came back, and why. Never to be read as "no such record"."""

    fault: Fault
    detail: str = ""  # a few words for people; never parsed


Heard = Message | NoReply


class DnsTransport(Protocol):
    """Puts one question to one server and returns what was heard, tries and TCP fallback included.

    Never raises for anything the network does. The message returned has the question asked; its rcode
    may be anything.
    """

    async def ask(self, question: Question, server: Server) -> Heard:
        """The reply to `question` from `server`, or why there is none."""
        ...


# --- streams -----------------------------------------------------------------------------------------


class StreamBroken(Exception):
    """A stream ended in a way other than an orderly end of file."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, slots=True)
class DialFailure:
    """No connection, and why."""

    fault: Fault
    detail: str = ""


class ByteStream(Protocol):
    """A connected TCP stream. Deadlines are the caller's (asyncio.timeout)."""

    async def read(self, octets: int) -> bytes:
        """At most `octets` octets; empty at the orderly end. Raises `StreamBroken`."""
        ...

    async def write(self, data: bytes) -> None:
        """Sends all of `data`. Raises `StreamBroken`."""
        ...

    async def close(self) -> None:
        """Closes both directions; never raises and never waits for the peer."""
        ...


class Dialer(Protocol):
    """Opens TCP connections to exactly the address given; no names are resolved here."""

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        """A stream to `address`, an IP literal, or why there is none. Never raises."""
        ...


# --- SMTP and TLS ------------------------------------------------------------------------------------


class KeyType(StrEnum):
    """The certificate types a client can ask for (requirements S4-A22)."""

    RSA = "rsa"
    ECDSA = "ecdsa"
    EDDSA = "eddsa"
    UNKNOWN = "unknown"  # any other: served, but not one that can be asked for alone


class Stage(StrEnum):
    """How far a session came; a failure names the stage it happened in."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"


class Refusal(StrEnum):
    """Why there is no served chain; each word is one row of requirements §19.4."""

    NOT_CONNECTED = "not-connected"  # S4-A01; the fault says how
    RESERVED_ADDRESS = "reserved-address"  # S4-A01b
    GREETING_REJECTED = "greeting-rejected"  # S4-A02: 4xx/5xx, or closed before the greeting
    EHLO_REJECTED = "ehlo-rejected"  # S4-A03b: 421, or EHLO and HELO both refused
    NO_EHLO = "no-ehlo"  # S4-A03: only HELO works
    NO_STARTTLS = "no-starttls"  # S4-A04
    STARTTLS_MANGLED = "starttls-mangled"  # S4-A04: the keyword was overwritten on the way
    STARTTLS_REFUSED = "starttls-refused"  # S4-A05
    STARTTLS_INJECTION = "starttls-injection"  # S4-A06
    PROTOCOL_ERROR = "protocol-error"  # not SMTP, or beyond L-15
    BROKEN_OFF = "broken-off"  # time-out, reset or end of stream between greeting and the 220
    TLS_ALERT = "tls-alert"  # S4-A07: alert, version or cipher mismatch
    TLS_GARBAGE = "tls-garbage"  # S4-A07: octets that are not TLS, or a chain beyond L-17
    TLS_BROKEN_OFF = "tls-broken-off"  # S4-A08: time-out, reset or end of stream during the handshake


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """One reply as it came: code, and the text of each line as octets without CRLF and code."""

    code: int
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SmtpFacts:
    """What the server said in clear, and (after TLS) what it said last; None where it did not come to that."""

    greeting: SmtpReply | None = None
    ehlo: SmtpReply | None = None
    starttls: SmtpReply | None = None
    ehlo_after_tls: SmtpReply | None = None


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was negotiated; names as OpenSSL prints them."""

    protocol: str  # "TLSv1.3"
    cipher: str
    group: str | None


NAMED_KEY_TYPES: frozenset[KeyType] = frozenset({KeyType.RSA, KeyType.ECDSA, KeyType.EDDSA})
ALL_KEY_TYPES: frozenset[KeyType] = NAMED_KEY_TYPES | {KeyType.UNKNOWN}


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """One session with one address: SMTP greeting, EHLO, STARTTLS, TLS handshake, QUIT. No mail is ever sent.

    address, port -- exactly what is connected to.
    server_name -- the SNI value, an A-label name without a trailing dot; None sends no SNI.
    key_types -- the certificate types offered. With UNKNOWN among them everything the library knows is offered,
        as in a first handshake; without it exactly these.
    helo -- the name given in EHLO.
    """

    address: str
    port: int
    server_name: str | None
    key_types: frozenset[KeyType] = ALL_KEY_TYPES
    helo: str = "localhost"
    protocol: str = "smtp"


@dataclass(frozen=True, slots=True)
class ServedChain:
    """A finished handshake (the server's Finished was verified) and what was served in it.

    certificates -- DER octets in the order served, the server's own first; empty if it sent none.
    key_type -- that of the first certificate.
    """

    certificates: tuple[bytes, ...]
    key_type: KeyType
    tls: TlsFacts
    smtp: SmtpFacts = field(default_factory=SmtpFacts)


@dataclass(frozen=True, slots=True)
class HandshakeFailure:
    """No chain was served, and why.

    stage, refusal -- how far it came, and the row of requirements §19.4.
    fault -- the transport's word where the transport failed.
    reply -- the SMTP reply that refused, where there was one.
    detail -- a few words for people (alert name, limit); never parsed.
    alert -- the number of the TLS alert that the server ended the handshake with, where it did.
    """

    stage: Stage
    refusal: Refusal
    fault: Fault | None = None
    reply: SmtpReply | None = None
    detail: str = ""
    smtp: SmtpFacts = field(default_factory=SmtpFacts)
    alert: int | None = None


ProbeOutcome = ServedChain | HandshakeFailure


class Prober(Protocol):
    """Holds one session as asked and reports what happened; it never judges and never raises for the network."""

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        """The chain served to `request`, or the failure."""
        ...


# --- time --------------------------------------------------------------------------------------------


class Clock(Protocol):
    """The only source of time. Judgements take `now` as an argument and never see a clock."""

    def now(self) -> datetime:
        """The moment verdicts are about: aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds for measuring and for deadlines; the zero means nothing."""
        ...
