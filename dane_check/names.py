"""Names as people type them, and text from the network as people may see it.

Inside the program a domain name is text: A-labels, lower case, no trailing dot (the root is "."). What people
type becomes such a name here or a `UsageError`; what the network sends becomes printable here or not at all.
"""

from __future__ import annotations

import ipaddress
import re

import idna

from dane_check.errors import UsageError

_LDH_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_HOST_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")  # `_` is tolerated (R6698-3-c)
_MAX_NAME = 253  # presentation form without the trailing dot: 255 octets on the wire
_BIDI_AND_BREAKS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff"
)


def parse_domain(typed: str) -> str:
    """The absolute A-label name meant by `typed` (RFC 5891), lower case, without a trailing dot.

    Raises UsageError with one sentence that says what is wrong and what to type instead.
    """
    text = typed.strip()
    if not text:
        raise UsageError("no domain name given; type one such as example.org")
    shown = safe(text, 80)
    if "@" in text:
        raise UsageError(f"{shown} is a mail address; give the part after the @")
    if "/" in text or "://" in text:
        raise UsageError(f"{shown} is a URL; give the bare domain name")
    if is_address(text):
        raise UsageError(
            f"{shown} is an address; give a domain name, or the literal [{text.strip('[]')}] as mail would"
        )
    return _a_labels(text, shown)


def is_address_literal(typed: str) -> bool:
    """Whether `typed` is a destination such as [192.0.2.1] (RFC 5321 §4.1.3), to which DANE does not apply (S1-01)."""
    text = typed.strip()
    return text.startswith("[") and text.endswith("]") and is_address(text)


def _a_labels(text: str, shown: str) -> str:
    name = text[:-1] if text.endswith(".") else text
    if name.isascii():
        name = name.lower()
    else:
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise UsageError(f"{shown} is no valid internationalised name: {safe(str(error), 120)}") from None
    if len(name) > _MAX_NAME:
        raise UsageError(f"{shown} is longer than the {_MAX_NAME} characters a domain name may have")
    for label in name.split("."):
        if not _HOST_LABEL.match(label):
            wrong = safe(label, 64) or "an empty label"
            raise UsageError(f"{shown} is no domain name: {wrong} may hold letters, digits and inner hyphens only")
        if label.startswith("xn--"):
            _check_a_label(label, shown)
    return name


def _check_a_label(label: str, shown: str) -> None:
    try:
        idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        raise UsageError(f"{shown} is no valid internationalised name: {label} cannot be decoded") from None


def is_address(text: str) -> bool:
    """Whether `text` is an IP address, bracketed or not (RFC 5321 §4.1.3 literals included)."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    bare = bare.removeprefix("IPv6:").removeprefix("ipv6:")
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return True


def is_host_name(name: str) -> bool:
    """Whether an MX target can be a mail host at all (S1-20): two labels or more, each a host label, not localhost."""
    labels = name.rstrip(".").lower().split(".")
    if len(labels) < 2 or len(name) > _MAX_NAME or labels[-1].isdigit():
        return False
    return labels[-1] != "localhost" and all(_HOST_LABEL.match(label) for label in labels)


def is_ldh(name: str) -> bool:
    """Whether every label keeps to letters, digits and inner hyphens (RFC 952, 1123)."""
    return all(_LDH_LABEL.match(label) for label in name.rstrip(".").lower().split("."))


def plain(name: str) -> str:
    """A name as the program speaks of it: lower case, without the trailing dot (the root stays ".")."""
    return name.lower().rstrip(".") or "."


def safe(text: str | bytes, limit: int = 512) -> str:
    r"""`text` from the network so that no terminal, log or page can be steered by it (threats T-26; L-23).

    Control characters, line and paragraph separators, bidirectional controls and lone surrogates become
    `\xNN` or `\u{NNNN}`, a backslash becomes `\\`. At most `limit` characters come back; a cut shows as "…".
    """
    decoded = text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text
    escaped = "".join(_shown(character) for character in decoded[: limit + 1])
    return escaped if len(decoded) <= limit and len(escaped) <= limit else escaped[: max(limit - 1, 0)] + "…"


def _shown(character: str) -> str:
    point = ord(character)
    if 0xDC80 <= point <= 0xDCFF:  # an octet that was no UTF-8
        return f"\\x{point - 0xDC00:02x}"
    if point < 0x20 or 0x7F <= point <= 0x9F:
        return f"\\x{point:02x}"
    if character in _BIDI_AND_BREAKS or 0xD800 <= point <= 0xDFFF:
        return f"\\u{{{point:x}}}"
    return "\\\\" if character == "\\" else character
