"""Where the TLSA records of a service stand (RFC 6698 §3), and which records a service may use."""

from __future__ import annotations

import re

SMTP_PORT = 25
_ESCAPE = re.compile(r"\\(?:[0-9]{3}|.)")
_MAX_WIRE_OCTETS = 255


def tlsa_owner(base_domain: str, port: int = SMTP_PORT) -> str | None:
    """`_<port>._tcp.<base domain>`; None where that is too long for a domain name (R6698-3-e)."""
    owner = f"_{port}._tcp.{base_domain}"
    unescaped = _ESCAPE.sub("x", owner)  # an escape stands for one octet
    return owner if len(unescaped) + 2 <= _MAX_WIRE_OCTETS else None
