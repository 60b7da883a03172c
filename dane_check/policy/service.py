"""Where the TLSA records of a service stand (RFC 6698 §3), and which records a service may use."""

from __future__ import annotations

SMTP_PORT = 25
_MAX_WIRE_OCTETS = 255


def tlsa_owner(base_domain: str, port: int = SMTP_PORT) -> str | None:
    """`_<port>._tcp.<base domain>`; None where that is too long for a domain name (R6698-3-e)."""
    owner = f"_{port}._tcp.{base_domain}"
    return owner if len(owner) + 2 <= _MAX_WIRE_OCTETS else None
