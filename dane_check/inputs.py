"""What a run is given: resolvers, trust anchors, files, questions. Read once, before any packet is sent."""

from __future__ import annotations

import base64
import socket
from datetime import datetime
from pathlib import Path
from typing import Final

from dane_check.dnssec.anchors import Anchor, TrustAnchors
from dane_check.dnssec.keys import Ds
from dane_check.errors import UsageError
from dane_check.names import safe
from dane_check.ports import Server
from dane_check.settings import Settings

_RESOLV_CONF: Final = Path("/etc/resolv.conf")


def servers_of(resolver: str, *, given_transport: bool) -> tuple[Server, ...]:
    """The resolvers to ask, in order. Raises UsageError."""
    from dane_check.network.servers import parse_server, system_resolvers

    if resolver != "system":
        return (parse_server(resolver),)
    if given_transport:  # whoever brings a transport knows where it leads
        return (Server("127.0.0.1"),)
    found = system_resolvers(read_text(_RESOLV_CONF, "resolver configuration"))
    if not found:
        raise UsageError(f"{_RESOLV_CONF} names no resolver; give one with --resolver ADDRESS")
    return found


def anchors_of(settings: Settings, now: datetime) -> tuple[TrustAnchors, tuple[str, ...]]:
    """The trust anchors chosen, and those in force at `now` in presentation form. Raises UsageError."""
    given = settings.trust_anchor
    if given is None:
        return _with_texts(TrustAnchors.root(), now)
    from dane_check.dnssec.anchor_text import parse_trust_anchors

    if isinstance(given, tuple) or (isinstance(given, str) and _is_anchor_text(given)):
        anchors = parse_trust_anchors(given)
    else:
        anchors = parse_trust_anchors(read_text(Path(given), "trust anchor file", settings.limits.input.file_octets))
    return _with_texts(anchors, now)


def _with_texts(anchors: TrustAnchors, now: datetime) -> tuple[TrustAnchors, tuple[str, ...]]:
    return anchors, tuple(_anchor_text(anchor) for anchor in anchors.anchors if anchor.valid_at(now))


def _anchor_text(anchor: Anchor) -> str:
    entry = anchor.entry
    if isinstance(entry, Ds):
        return f"{anchor.zone} DS {entry.key_tag} {entry.algorithm} {entry.digest_type} {entry.digest.hex()}"
    material = base64.b64encode(entry.material).decode("ascii")
    return f"{anchor.zone} DNSKEY {entry.flags} {entry.protocol} {entry.algorithm} {material}"


def _is_anchor_text(given: str) -> bool:
    """A record and not a path: no file is called `. IN DS 20326 8 2 …`."""
    fields = given.upper().split()
    return "DS" in fields[:4] or "DNSKEY" in fields[:4]


def read_text(path: Path, what: str, most: int = 64 * 1024 * 1024) -> str:
    """A text file of at most `most` octets, whole. Raises UsageError with one sentence."""
    try:
        if not path.is_file() and not path.is_fifo():
            raise UsageError(f"the {what} {safe(str(path))} does not exist or is no regular file; check the path")
        with path.open("rb") as file:
            octets = file.read(most + 1)
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise UsageError(f"the {what} {safe(str(path))} cannot be read: {reason}") from None
    if len(octets) > most:
        raise UsageError(f"the {what} {safe(str(path))} is larger than {most} octets")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"the {what} {safe(str(path))} is not text in UTF-8") from None


def question_of(name: str, rdtype: str | int) -> tuple[str, str]:
    """Any name and any type, as the resolver wants them. Raises UsageError for what is neither."""
    import dns.exception
    import dns.name
    import dns.rdatatype

    if not name.strip():
        raise UsageError("no name given; type one such as _25._tcp.mx.example.org, or . for the root")
    try:
        owner = dns.name.from_text(name, idna_codec=dns.name.IDNA_2008_Practical).to_text(omit_final_dot=True)
    except (dns.exception.DNSException, UnicodeError, ValueError):
        raise UsageError(f"{safe(name, 80)} is no domain name; type one such as _25._tcp.mx.example.org") from None
    try:
        number = dns.rdatatype.RdataType.make(rdtype)
    except (dns.exception.DNSException, ValueError, TypeError):
        raise UsageError(f"{safe(str(rdtype), 40)} is no record type; type one such as TLSA, MX or TYPE52") from None
    if number == 0 or (dns.rdatatype.is_metatype(number) and number != dns.rdatatype.ANY):
        raise UsageError(f"{dns.rdatatype.to_text(number)} is no type that zones hold; ask for one such as TLSA or MX")
    return owner, dns.rdatatype.to_text(number)


def own_name() -> str:
    """This machine's name for EHLO; an address literal where it has none (RFC 5321 §4.1.3)."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() and not any(c.isspace() for c in name) else "[127.0.0.1]"
