"""What a mail server serves, for records to be made of it: asked as a check would ask, and judged by nobody."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from dane_check.check.session import Session
from dane_check.findings import About
from dane_check.policy.address_plan import Reachable, address_plan
from dane_check.policy.addresses import reserved
from dane_check.policy.endpoint import what_happened
from dane_check.ports import NAMED_KEY_TYPES, Fault, HandshakeFailure, ProbeRequest, Refusal, ServedChain, Stage


@dataclass(frozen=True, slots=True)
class Served:
    """The different chains of one host, and what stood in the way of others.

    vouched -- whether every address was proven by DNSSEC; where not, anybody may have answered.
    """

    chains: tuple[tuple[bytes, ...], ...]
    troubles: tuple[str, ...]
    vouched: bool


async def served_chains(session: Session, host: str, port: int) -> Served:
    """Every address of `host`, with each certificate type; chains with one leaf are one."""
    source = session.lookups()
    a, aaaa = await asyncio.gather(source.lookup(host, "A"), source.lookup(host, "AAAA"))
    plan = address_plan(About(host=host), a, aaaa, in_mx=False)
    if not isinstance(plan, Reachable):
        return Served((), (f"{host} has no address that can be used",), False)
    most = session.settings.limits.domain.addresses_per_family
    addresses = [address for family in plan.families for address in family.addresses[:most]]
    outcomes = await asyncio.gather(*(_at(session, host, address, port) for address in addresses))
    served = [one.certificates for found in outcomes for one in found if isinstance(one, ServedChain)]
    chains = {chain[0]: chain for chain in reversed(served) if chain}
    troubles = [
        f"{address}: {what_happened(one)}"
        for address, found in zip(addresses, outcomes, strict=True)
        for one in found[:1]
        if isinstance(one, HandshakeFailure)
    ]
    vouched = all(found.status == "secure" for found in (a, aaaa) if found.kind == "data")
    return Served(tuple(reversed(chains.values())), tuple(troubles), vouched)


async def _at(session: Session, host: str, address: str, port: int) -> list[ServedChain | HandshakeFailure]:
    """One address: a session that offers everything, then others for the types not seen (L-19)."""
    block = None if session.settings.allow_reserved else reserved(address)
    if block:  # threats T-23
        return [HandshakeFailure(Stage.CONNECT, Refusal.RESERVED_ADDRESS, Fault.RESERVED, detail=block)]
    request = ProbeRequest(address, port, host, helo=session.helo)
    found = [await session.probe(request)]
    offered = NAMED_KEY_TYPES
    for _ in range(1, session.settings.limits.domain.handshakes_per_address):
        last = found[-1]
        if isinstance(last, HandshakeFailure) or not offered - {last.key_type}:
            break
        offered -= {last.key_type}
        found.append(await session.probe(replace(request, key_types=offered)))
    return found
