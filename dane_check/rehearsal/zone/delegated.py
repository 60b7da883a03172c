"""Below a delegation of a candidate zone: the world's answers, worth what the new DS records leave of them. Pure.

What the world proves today is proven by the DS records that are published. Without them nothing would prove it; and
whether the keys of the zone below match others, only that zone could tell.
"""

from __future__ import annotations

from dataclasses import replace

import dns.name

from dane_check.dnssec.lookup import AliasHop, Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, Why
from dane_check.names import plain


def as_delegated(found: Lookup, cut: dns.name.Name, ds: Lookup, published: Lookup | None) -> Lookup:
    """What the world's answer to a question below `cut` comes to once the candidate zone is published.

    ds -- the DS records that the candidate has for the delegation, validated as far as it brings signatures.
    published -- those of the world; None where `ds` has no records.
    """
    if isinstance(found, Bogus | Indeterminate):
        return found
    if isinstance(ds, Bogus | Indeterminate):
        return replace(ds, aliases=())
    zone = plain(str(cut))
    if not isinstance(ds, Secure):
        return _unsigned(found, cut, zone)
    if published is not None and {one.wire for one in published.records} == {one.wire for one in ds.records}:
        return found
    sentence = f"the DS records of {zone} change; whether the zone validates by the new ones cannot be told from here"
    return Indeterminate(Why(Cause.INCOMPLETE, sentence, zone=zone, record=f"{zone} DS"))


def _unsigned(found: Lookup, cut: dns.name.Name, zone: str) -> Lookup:
    aliases = tuple(_unsigned_hop(hop, cut) for hop in found.aliases)
    if isinstance(found, Insecure):
        return replace(found, aliases=aliases)
    assert found.kind is not None, "failures have been passed over"
    why = Why(
        Cause.UNSIGNED_DELEGATION, f"{zone} would be delegated without a DS record that counts", zone, f"{zone} DS"
    )
    return Insecure(found.kind, found.records, why, found.proof, aliases)


def _unsigned_hop(hop: AliasHop, cut: dns.name.Name) -> AliasHop:
    is_below = dns.name.from_text(hop.owner).is_subdomain(cut)
    return replace(hop, status="insecure") if is_below and hop.status == "secure" else hop
