"""The judgement of one step of an answer by the keys of its zone: data, an alias, or an absence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec import alias
from dane_check.dnssec.absence import deny, gather, no_closer_match
from dane_check.dnssec.budget import Tally
from dane_check.dnssec.denial import Denied
from dane_check.dnssec.keys import ZoneKeys
from dane_check.dnssec.lookup import Cause, Record
from dane_check.dnssec.rrset import RRset, type_text
from dane_check.dnssec.signature import Refused, Verified, verify
from dane_check.wire.message import Message, ResourceRecord

_NXDOMAIN = 3


@dataclass(frozen=True, slots=True)
class Held:
    """An RRset that is true. `shown` proves that a wildcard answer was due; `doubt` makes it insecure (D-14)."""

    verified: Verified
    shown: tuple[Verified, ...] = ()
    doubt: Cause | None = None


def judge_data(rrset: RRset, message: Message, zone: ZoneKeys, tally: Tally) -> Held | Refused:
    """Whether `zone` vouches for an RRset of the answer section. Raises `Spent`."""
    result = verify(rrset, zone, tally)
    if isinstance(result, Refused) or result.encloser is None:
        return result if isinstance(result, Refused) else Held(result)
    denials = gather(message, zone, tally)
    shown = no_closer_match(rrset.owner, result.encloser, denials, tally)
    return shown if isinstance(shown, Refused) else Held(result, shown.used, shown.unauthenticated)


def judge_alias(found: alias.Alias, message: Message, zone: ZoneKeys, tally: Tally) -> Held | Refused:
    """Whether `zone` vouches for an alias, and the alias says what it should. Raises `Spent`."""
    held = judge_data(found.source, message, zone, tally)
    if isinstance(held, Refused):
        return held
    if found.via == "DNAME" and held.verified.encloser is not None:
        return alias.expanded_dname(found)
    return alias.inconsistency(found) or held


def judge_absence(name: dns.name.Name, rdtype: int, message: Message, zone: ZoneKeys, tally: Tally) -> Denied | Refused:
    """Whether `zone` proves that there is no such record. Raises `Spent`."""
    denials = gather(message, zone, tally)
    return deny(name, rdtype, denials, tally, nxdomain=message.rcode == _NXDOMAIN)


def signers(rrset: RRset) -> set[dns.name.Name]:
    """Who signed an RRset, by its own word."""
    return {signature.signer for signature in rrset.signatures}


def records_of(rrset: RRset, ttl: int) -> tuple[Record, ...]:
    """The records of an RRset as callers get them."""
    owner, mnemonic = str(rrset.owner), type_text(rrset.rdtype)
    return tuple(Record(owner, ttl, one.rdata, presentation(one), mnemonic) for one in rrset.records)


def rrsigs_at(name: dns.name.Name, section: Iterable[ResourceRecord]) -> tuple[Record, ...]:
    """RRSIG records themselves, which nothing signs."""
    found = (one for one in section if one.rdtype == rrtype.RRSIG and one.owner == name)
    return tuple(Record(str(name), one.ttl, one.rdata, presentation(one), "RRSIG") for one in found)


def presentation(record: ResourceRecord) -> str:
    """RDATA in presentation form; TLSA as RFC 6698 §2.2 has it, what cannot be read as RFC 3597 §5 has it."""
    if record.rdtype == rrtype.TLSA and len(record.rdata) > 3:
        usage, selector, matching_type = record.rdata[:3]
        return f"{usage} {selector} {matching_type} {record.rdata[3:].hex()}"
    if (parsed := record.parsed) is not None:
        return parsed.to_text()
    return f"\\# {len(record.rdata)} {record.rdata.hex()}".rstrip()
