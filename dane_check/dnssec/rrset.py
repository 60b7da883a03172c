"""RRsets and the signatures over them, as octets: nothing is verified here (RFC 4034 §3, §6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import dns.name
import dns.rdatatype

from dane_check.wire.message import ResourceRecord
from dane_check.wire.octets import Malformed
from dane_check.wire.rdata import name_at

_SIGNER_AT = 18  # octets of RRSIG RDATA before the signer's name


@dataclass(frozen=True, slots=True)
class Signature:
    """One RRSIG as received (RFC 4034 §3.1); times are 32-bit serial numbers, `ttl` is that of the RRSIG itself."""

    type_covered: int
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    key_tag: int
    signer: dns.name.Name
    octets: bytes
    head: bytes  # the RDATA before the signer's name, which is signed as it stands
    ttl: int

    @classmethod
    def from_record(cls, record: ResourceRecord) -> Self | None:
        """The signature in `record`, or None where its RDATA is none."""
        rdata = record.rdata
        try:
            signer, after = name_at(rdata, _SIGNER_AT)
        except Malformed:
            return None
        return cls(
            type_covered=int.from_bytes(rdata[0:2], "big"),
            algorithm=rdata[2],
            labels=rdata[3],
            original_ttl=int.from_bytes(rdata[4:8], "big"),
            expiration=int.from_bytes(rdata[8:12], "big"),
            inception=int.from_bytes(rdata[12:16], "big"),
            key_tag=int.from_bytes(rdata[16:18], "big"),
            signer=signer,
            octets=rdata[after:],
            head=rdata[:_SIGNER_AT],
            ttl=record.ttl,
        )


@dataclass(frozen=True, slots=True)
class RRset:
    """The records of one owner and type in one section, each RDATA once, and every signature said to be over them.

    ttl -- the lowest received, seconds.
    """

    owner: dns.name.Name
    rdtype: int
    ttl: int
    records: tuple[ResourceRecord, ...]
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        return f"{self.owner} {type_text(self.rdtype)}"


def rrsets(section: Iterable[ResourceRecord]) -> dict[tuple[dns.name.Name, int], RRset]:
    """The RRsets of a section by owner and type, in the order first met. RRSIGs alone make no RRset."""
    records: dict[tuple[dns.name.Name, int], dict[bytes, ResourceRecord]] = {}
    signatures: dict[tuple[dns.name.Name, int], dict[Signature, None]] = {}
    for record in section:
        if record.rdtype != dns.rdatatype.RRSIG:
            records.setdefault((record.owner, record.rdtype), {}).setdefault(record.rdata, record)
        elif (signature := Signature.from_record(record)) is not None:
            signatures.setdefault((record.owner, signature.type_covered), {})[signature] = None
    return {
        key: RRset(*key, min(r.ttl for r in found.values()), tuple(found.values()), tuple(signatures.get(key, ())))
        for key, found in records.items()
    }


def nsec3_iterations(rrset: RRset) -> int | None:
    """The most iterations among NSEC3 records (RFC 5155 §3.1.3); None for any other type."""
    if rrset.rdtype != dns.rdatatype.NSEC3:
        return None
    return max(int.from_bytes(record.rdata[2:4], "big") for record in rrset.records)


def nsec3_salted(rrset: RRset) -> bool:
    """Whether an NSEC3 record has a salt (RFC 5155 §3.1.5); False for any other type."""
    is_nsec3 = rrset.rdtype == dns.rdatatype.NSEC3
    return is_nsec3 and any(len(record.rdata) > 4 and record.rdata[4] for record in rrset.records)


@lru_cache(maxsize=256)
def type_text(rdtype: int) -> str:
    """The mnemonic of a type, or TYPEn."""
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype))
