"""CNAME and DNAME in an answer: which alias a name has there, and whether it says what its DNAME says (RFC 6672)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.lookup import Cause
from dane_check.dnssec.rrset import RRset
from dane_check.dnssec.signature import Refused
from dane_check.wire.octets import Malformed
from dane_check.wire.rdata import name_at


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias as the answer has it, nothing verified.

    source -- the RRset to verify: the CNAME, or the DNAME it was synthesised from.
    target -- where it leads; None where that name would be too long or cannot be read.
    claimed -- the target of the CNAME that came with a DNAME, if one did.
    """

    owner: dns.name.Name
    source: RRset
    via: Literal["CNAME", "DNAME"]
    target: dns.name.Name | None
    claimed: RRset | None = None


def at(name: dns.name.Name, sets: Mapping[tuple[dns.name.Name, int], RRset]) -> Alias | None:
    """The alias of `name` in an answer. An unsigned CNAME below a DNAME is what that DNAME makes of the name."""
    cname = sets.get((name, rrtype.CNAME))
    if cname is not None and cname.signatures:
        return Alias(name, cname, "CNAME", _target(cname))
    above = [s for (owner, rdtype), s in sets.items() if rdtype == rrtype.DNAME and _below(name, owner)]
    if above:
        dname = max(above, key=lambda rrset: len(rrset.owner))
        return Alias(name, dname, "DNAME", _substitute(name, dname), cname)
    return Alias(name, cname, "CNAME", _target(cname)) if cname is not None else None


def inconsistency(alias: Alias) -> Refused | None:
    """What makes the alias impossible even if its signature holds, or None."""
    if len(alias.source.records) > 1:
        return _invalid(f"{alias.source} has {len(alias.source.records)} records where one may be")
    if alias.claimed is None:
        return None
    if len(alias.claimed.records) > 1 or _target(alias.claimed) != alias.target:
        return _invalid(f"{alias.claimed} is not what {alias.source} makes of the name")
    return None


def expanded_dname(alias: Alias) -> Refused:
    """A DNAME made from a wildcard has no defined meaning (RFC 6672 §3.3)."""
    return _invalid(f"{alias.source} was made from a wildcard, which is refused")


def _invalid(sentence: str) -> Refused:
    return Refused(Cause.ALIAS_INVALID, sentence)


def _below(name: dns.name.Name, owner: dns.name.Name) -> bool:
    return name != owner and name.is_subdomain(owner)


def _target(rrset: RRset) -> dns.name.Name | None:
    try:
        return name_at(rrset.records[0].rdata, 0)[0]
    except Malformed:
        return None


def _substitute(name: dns.name.Name, dname: RRset) -> dns.name.Name | None:
    """The name with the DNAME's owner replaced by its target (RFC 6672 §2.3); None where the result is too long."""
    target = _target(dname)
    if target is None:
        return None
    try:
        return dns.name.Name(name.labels[: -len(dname.owner)] + target.labels)
    except dns.name.NameTooLong:
        return None
