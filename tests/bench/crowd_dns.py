"""The DNS of a crowd: every zone, host and signature is made up when it is asked for."""

from __future__ import annotations

import hashlib
import socket
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

A, NS, SOA, MX, AAAA, DS, RRSIG, NSEC, DNSKEY, TLSA = 1, 2, 6, 15, 28, 43, 46, 47, 48, 52
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SHARED_HOSTS: Final = 100
TTL: Final = 3600
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
FROM, UNTIL = int(NOW.timestamp()) - 86400, int(NOW.timestamp()) + 30 * 86400

Name = tuple[bytes, ...]  # labels, the root's left out


def wire(name: Name) -> bytes:
    """A name, uncompressed."""
    return b"".join(bytes([len(label)]) + label for label in name) + b"\0"


@dataclass(frozen=True)
class Zone:
    """A signed zone with one key, derived from its name."""

    origin: Name

    @cached_property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The private key; everybody has it."""
        secret = int.from_bytes(hashlib.sha256(b"crowd " + wire(self.origin)).digest(), "big") % (ORDER - 1) + 1
        return ec.derive_private_key(secret, ec.SECP256R1())

    @cached_property
    def dnskey(self) -> bytes:
        """RDATA of the DNSKEY record: a key-signing key that signs everything."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return struct.pack("!HBB", 257, 3, 13) + point[1:]

    @cached_property
    def tag(self) -> int:
        """RFC 4034 appendix B."""
        total = sum(octet << 8 if place % 2 == 0 else octet for place, octet in enumerate(self.dnskey))
        return (total + (total >> 16)) & 0xFFFF

    @cached_property
    def ds(self) -> bytes:
        """RDATA of the DS record."""
        return struct.pack("!HBB", self.tag, 13, 2) + hashlib.sha256(wire(self.origin) + self.dnskey).digest()

    def signed(self, owner: Name, rdtype: int, rdatas: list[bytes]) -> tuple[bytes, int]:
        """The set and its RRSIG as octets of a section, and how many records they are (RFC 4034 §3.1.8.1)."""
        head = wire(owner) + struct.pack("!HHI", rdtype, 1, TTL)
        records = b"".join(head + struct.pack("!H", len(rdata)) + rdata for rdata in sorted(rdatas))
        start = struct.pack("!HBBIIIH", rdtype, 13, len(owner), TTL, UNTIL, FROM, self.tag) + wire(self.origin)
        r, s = decode_dss_signature(self.key.sign(start + records, ec.ECDSA(hashes.SHA256())))
        rrsig = start + r.to_bytes(32, "big") + s.to_bytes(32, "big")
        signature = wire(owner) + struct.pack("!HHIH", RRSIG, 1, TTL, len(rrsig)) + rrsig
        return records + signature, len(rdatas) + 1

    def denied(self, owner: Name, present: int) -> tuple[bytes, int]:
        """SOA and an NSEC record made for this very name: nothing there but `present`."""
        mail, serial = wire((b"hostmaster", b"test")), struct.pack("!IIIII", 1, 7200, 3600, 1209600, TTL)
        soa, first = self.signed(self.origin, SOA, [wire((b"ns", b"test")) + mail + serial])
        nsec, second = self.signed(owner, NSEC, [wire((b"\0", *owner)) + _bitmap(present, RRSIG, NSEC)])
        return soa + nsec, first + second


def _bitmap(*types: int) -> bytes:
    octets = bytearray(max(types) // 8 + 1)
    for rdtype in types:
        octets[rdtype // 8] |= 0x80 >> rdtype % 8
    return bytes([0, len(octets)]) + bytes(octets)


@lru_cache(maxsize=4096)
def zone(origin: Name) -> Zone:
    """The zone with this name; keys of the last few thousand are kept."""
    return Zone(origin)


def zone_of(name: Name) -> Zone:
    """Cuts are below the root, below `test.` and below the groups; hosts of `shared.test.` lie in `test.` groups."""
    depth = 3 if len(name) >= 3 and name[-3].startswith(b"d") else min(len(name), 2)
    return zone(name[len(name) - depth :])


class World:
    """What is at each name. `association` is the TLSA RDATA of all hosts."""

    def __init__(self, association: bytes) -> None:
        self._association = association

    def reply(self, query: bytes) -> bytes:
        """The reply of a resolver that was asked with DO."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].lower())
            at += 1 + query[at]
        name, rdtype = tuple(labels), struct.unpack_from("!H", query, at + 1)[0]
        (answer, answers), (authority, authorities) = self._sections(name, rdtype)
        head = query[:2] + struct.pack("!HHHHH", 0x81A0 | query[3] & 0x10, 1, answers, authorities, 1)
        opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)
        return head + query[12 : at + 5] + answer + authority + opt

    def _sections(self, name: Name, rdtype: int) -> tuple[tuple[bytes, int], tuple[bytes, int]]:
        nothing = (b"", 0)
        home = zone_of(name[1:] if rdtype == DS and name else name)
        found, present = self._records(name, rdtype)
        if found:
            return home.signed(name, rdtype, found), nothing
        return nothing, home.denied(name, present)

    def _records(self, name: Name, rdtype: int) -> tuple[list[bytes], int]:
        """The RDATA wanted, and a type that the name has otherwise."""
        apex = zone_of(name).origin == name
        if rdtype == DNSKEY and apex:
            return [zone(name).dnskey], NS
        if rdtype == DS and apex and name:
            return [zone(name).ds], NS
        if rdtype == MX and apex and len(name) == 3:
            return [struct.pack("!H", 10) + wire(host_of(name))], MX
        if name[:1] == (b"_25",):
            return ([self._association] if rdtype == TLSA else []), TLSA
        if name and name[0].startswith(b"mx"):
            return ([address_of(name)] if rdtype == A else []), A
        return [], MX


def host_of(domain: Name) -> Name:
    number = int(domain[0][1:])
    if domain[1] == b"distinct":
        return (b"mx", *domain)
    return (b"mx%d" % (number % SHARED_HOSTS), b"shared", b"test")


def address_of(host: Name) -> bytes:
    if host[1] == b"shared":
        return socket.inet_aton(f"10.0.0.{int(host[0][2:])}")
    number = int(host[1][1:])
    return bytes([10, 1 + (number >> 16), (number >> 8) & 255, number & 255])
