"""Every option that can change a verdict, `now` included, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike
from typing import Final

from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, Limits
from dane_check.names import parse_domain

MOST_REPEATS: Final = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """How a check is to be made. All defaults are what an operator at a shell would want.

    resolver -- "system" (the name servers of /etc/resolv.conf), or `ADDRESS[:PORT]`, `[v6]:PORT`.
    trust_anchor -- None for the built-in IANA root keys; else a file's path, or DS/DNSKEY texts, at any name.
    now -- the moment the verdict is about (aware); None for the clock at the start of the check.
    certificates_at -- the moment that certificate dates are judged at (aware); None for `now` (D-23).
    ipv4, ipv6 -- families to connect to; both are always looked up (D-18).
    down -- MX hosts that are known to be down: neither looked up nor connected to, and never counted as good (D-18).
    helo -- the name given in EHLO; None for this machine's own name.
    timeout -- seconds for one mail session (L-14), None for the default.
    connect -- False judges DNS alone (`--no-connect`); what was left out is `skipped`.
    require_dane -- no usable TLSA is a failure (R7672-2.2-f).
    strict -- latent findings count as well (D-20).
    audit -- the exit statuses 1 and 4 are lowered to 3; the verdicts stay what they are (D-8).
    repeat -- sessions with each address and certificate type, 1 to 10: finds servers that serve several chains.
    allow_reserved -- special-purpose addresses may be contacted (labs; threats T-23).
    nsec3_iterations, allow_sha1 -- validator policy (D-10, D-11).
    early_tlsa -- TLSA may be asked beside the addresses where the zone is proven signed (D-12).
    """

    resolver: str = "system"
    trust_anchor: str | PathLike[str] | tuple[str, ...] | None = None
    now: datetime | None = None
    certificates_at: datetime | None = None
    ipv4: bool = True
    ipv6: bool = True
    helo: str | None = None
    timeout: float | None = None
    connect: bool = True
    down: tuple[str, ...] = ()
    repeat: int = 1
    require_dane: bool = False
    strict: bool = False
    audit: bool = False
    allow_reserved: bool = False
    nsec3_iterations: int = 50
    allow_sha1: bool = False
    early_tlsa: bool = True
    limits: Limits = field(default=DEFAULT)

    def __post_init__(self) -> None:
        if self.now is not None and self.now.tzinfo is None:
            raise UsageError("now has no time zone; give an aware datetime such as datetime.now(timezone.utc)")
        if self.certificates_at is not None and self.certificates_at.tzinfo is None:
            raise UsageError("certificates_at has no time zone; give an aware datetime")
        if not 1 <= self.repeat <= MOST_REPEATS:
            raise UsageError(f"repeat is not between 1 and {MOST_REPEATS}")
        object.__setattr__(self, "down", tuple(dict.fromkeys(parse_domain(name) for name in self.down)))
        if not self.ipv4 and not self.ipv6:
            raise UsageError("IPv4 and IPv6 are both switched off; leave one of them on")
        if self.helo is not None and not _is_helo(self.helo):
            raise UsageError("helo is not one word of printable ASCII; give a host name or an address literal")
        if self.timeout is not None and not 0 < self.timeout <= 600:
            raise UsageError("timeout is not between 0 and 600 seconds")
        if not 0 <= self.nsec3_iterations <= 2500:
            raise UsageError("nsec3_iterations is not between 0 and 2500")


def _is_helo(name: str) -> bool:
    """RFC 5321 §4.1.1.1: one argument, so that nothing else can be said with it."""
    return 0 < len(name) <= 255 and all("!" <= character <= "~" for character in name)
