"""Where the TLSA records of a service stand (RFC 6698 §3), and which records a service may use."""

from __future__ import annotations

import re

SMTP_PORT = 25
_ESCAPE = re.compile(r"\\(?:[0-9]{3}|.)")
_MAX_WIRE_OCTETS = 255
_LONGEST_SHOWN = 140  # characters: a SHA2-512 record has 134


def tlsa_owner(base_domain: str, port: int = SMTP_PORT) -> str | None:
    """`_<port>._tcp.<base domain>`; None where that is too long for a domain name (R6698-3-e)."""
    owner = f"_{port}._tcp.{base_domain}"
    unescaped = _ESCAPE.sub("x", owner)  # an escape stands for one octet
    return owner if len(unescaped) + 2 <= _MAX_WIRE_OCTETS else None


def shown_record(text: str) -> str:
    """A TLSA record in a sentence: in full where it holds a digest, with its middle left out where it holds more."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:80]}…{text[-16:]}"
