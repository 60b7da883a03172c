"""The records of a scenario's zone, with what stands in braces filled in.

{A} {AAAA}          the address of the scenario's first server; {mx2.A} that of server mx2
{ee} {ca} {ta}      data of a TLSA record that names the leaf, the intermediate, the root; the selector and
                    matching type are those of the record it stands in
{wrong}             the same of a certificate nobody serves
{empty}             the same of no octets at all
{ee-rsa}            the leaf with that kind of key, where a server has several
{ee:cert:sha512}    with a selector and matching type of its own; beside `cert` and `spki` there is the wrong input
                    `pem`, the text of the certificate
{ee!31}             cut to so many octets
{ee~2}              with so many hexadecimal digits mistyped
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdatatype import RdataType

from dane_check.errors import UsageError
from dane_check.lab.certificates import Issued
from dane_check.lab.dns_world.world import ZoneRecord
from dane_check.lab.dns_world.zone import TTL

Family = Literal["A", "AAAA"]
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PARTS = re.compile(
    r"(?:(?P<server>[\w-]+)\.)?(?P<thing>[\w-]+)"
    r"(?::(?P<selector>cert|spki|pem):(?P<matching>full|sha256|sha512))?(?:!(?P<octets>\d+))?(?:~(?P<digits>\d+))?"
)
_MATCHING = {"0": "full", "1": "sha256", "2": "sha512"}


class Known(Protocol):
    """What placeholders can be filled from."""

    def address(self, server: str | None, family: Family) -> str:
        """The server's address; None is the first server. Raises `UsageError` for an unknown one."""
        ...

    def certificate(self, server: str | None, thing: str) -> Issued | None:
        """The certificate called so; None for `empty`. Raises `UsageError` for an unknown one."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One record as written: owner, TTL in seconds, type, and the text of its RDATA."""

    owner: str
    ttl: int
    rdtype: RdataType
    rdata: str


def records(text: str, origin: dns.name.Name, known: Known) -> tuple[ZoneRecord, ...]:
    """The records of a zone's text; empty lines and lines that open with `;` are left out."""
    return tuple(_record(line, origin, known) for line in lines(text))


def lines(text: str) -> Iterable[Line]:
    """The lines of a zone's text. Raises `UsageError` for one that is not OWNER [TTL] TYPE RDATA."""
    for raw in text.splitlines():
        words = raw.split()
        if words and not words[0].startswith(";"):
            yield _line(words, raw)


def _line(words: list[str], raw: str) -> Line:
    owner, *rest = words
    ttl = int(rest.pop(0)) if rest and rest[0].isdigit() else TTL
    try:
        rdtype = RdataType(dns.rdatatype.from_text(rest.pop(0)))
    except (IndexError, dns.exception.DNSException, ValueError):
        raise UsageError(f"record {raw.strip()!r} is not OWNER [TTL] TYPE RDATA") from None
    return Line(owner, ttl, rdtype, " ".join(rest))


def _record(line: Line, origin: dns.name.Name, known: Known) -> ZoneRecord:
    filled = _PLACEHOLDER.sub(lambda match: _fill(match[1], line, known), line.rdata)
    try:
        owner = origin if line.owner == "@" else dns.name.from_text(line.owner, origin)
        return ZoneRecord(owner, line.ttl, line.rdtype, _octets(line.rdtype, filled, origin))
    except (dns.exception.DNSException, ValueError) as error:
        raise UsageError(f"record {line.owner} {line.rdtype.name} {filled}: {error}") from None


def _octets(rdtype: RdataType, text: str, origin: dns.name.Name) -> bytes:
    """RDATA; TLSA is put together by hand, for dnspython refuses the malformed ones."""
    if text.startswith("\\#"):
        return bytes.fromhex(text.split(None, 2)[2].replace(" ", ""))
    if rdtype == RdataType.TLSA:
        usage, selector, matching, *data = text.split()
        return bytes([int(usage), int(selector), int(matching)]) + bytes.fromhex("".join(data))
    octets = dns.rdata.from_text(dns.rdataclass.IN, rdtype, text, origin, relativize=False).to_wire()
    assert octets is not None
    return octets


def _fill(placeholder: str, line: Line, known: Known) -> str:
    parts = _PARTS.fullmatch(placeholder)
    if parts is None:
        raise UsageError(f"placeholder {{{placeholder}}} is not [SERVER.]THING[:SELECTOR:MATCHING][!OCTETS][~DIGITS]")
    if parts["thing"] == "A":
        return known.address(parts["server"], "A")
    if parts["thing"] == "AAAA":
        return known.address(parts["server"], "AAAA")
    selector, matching = parts["selector"], parts["matching"]
    if selector is None:
        selector, matching = _by_record(line)
    issued = known.certificate(parts["server"], parts["thing"])
    data = association_data(issued, selector, matching)
    return _mistyped(data[: int(parts["octets"] or len(data))].hex(), int(parts["digits"] or 0))


def _mistyped(digits: str, count: int) -> str:
    """The first `count` digits each one too high."""
    return "".join(f"{(int(one, 16) + 1) % 16:x}" for one in digits[:count]) + digits[count:]


def _by_record(line: Line) -> tuple[str, str]:
    """Selector and matching type as the TLSA record says; SPKI and SHA-256 where it says something unknown."""
    words = line.rdata.split()
    if line.rdtype != RdataType.TLSA or len(words) < 4:
        return "spki", "sha256"
    return "cert" if words[1] == "0" else "spki", _MATCHING.get(words[2], "sha256")


def association_data(issued: Issued | None, selector: str, matching: str) -> bytes:
    """The octets a TLSA record needs to name this certificate (RFC 6698 §2.1); None stands for no octets."""
    selected = b"" if issued is None else _selected(issued, selector)
    if matching == "full":
        return selected
    return hashlib.new(matching, selected).digest()


def _selected(issued: Issued, selector: str) -> bytes:
    match selector:
        case "cert":
            return issued.der
        case "pem":
            return issued.pem()
    return issued.spki
