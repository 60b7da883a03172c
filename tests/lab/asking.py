"""Questions to a lab with dnspython's own client, and what its records prove by dnspython's own arithmetic."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import dns.asyncquery
import dns.dnssec
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.message import Message
from dns.rdatatype import RdataType

from dane_check.lab import Lab, Scenario, read_scenario
from dane_check.ports import Server

T = TypeVar("T")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPECT = '\n[expect]\nverdict = "protected"\nexit = 0\n'


def scenario(text: str, domain: str = "one.test") -> Scenario:
    """A scenario of a few lines, where the expectation does not matter."""
    return read_scenario(f'id = "made-up"\ndomain = "{domain}"\nsays = "made up"\nrule = []\n{text}{EXPECT}')


def zone(records: str, more: str = "") -> Scenario:
    """A scenario of one zone, one.test, and one server, mx."""
    return scenario(f'[[zone]]\n{more}\nrecords = """\n{records}\n"""\n[[server]]\n')


def in_lab(scenario: Scenario, act: Callable[[Lab], Awaitable[T]], **options: float) -> T:
    """What `act` returns in a lab of this scenario, at a fixed moment."""

    async def run() -> T:
        async with Lab([scenario], now=NOW, **options) as lab:  # type: ignore[arg-type]
            return await act(lab)

    return asyncio.run(run())


def answers(scenario: Scenario, *questions: str) -> list[Message]:
    """The replies to questions like `mx.one.test A`."""

    async def act(lab: Lab) -> list[Message]:
        return [await ask(lab.resolver, question) for question in questions]

    return in_lab(scenario, act)


async def ask(server: Server, question: str, *, tcp: bool = False, dnssec: bool = True) -> Message:
    """One reply; times out after ten seconds."""
    name, rdtype = question.split()
    query = dns.message.make_query(name, rdtype, want_dnssec=dnssec, payload=1232)
    query.flags |= dns.flags.CD
    if tcp:
        return await dns.asyncquery.tcp(query, server.address, 10, server.port)
    return await dns.asyncquery.udp(query, server.address, 10, server.port)


def find(section: list[dns.rrset.RRset], name: str, rdtype: str, covers: str = "NONE") -> dns.rrset.RRset | None:
    """One RRset of a section, or None."""
    for rrset in section:
        wanted = (dns.name.from_text(name), dns.rdatatype.from_text(rdtype), dns.rdatatype.from_text(covers))
        if (rrset.name, rrset.rdtype, rrset.covers) == wanted:
            return rrset
    return None


def verified(section: list[dns.rrset.RRset], keys: Message, zone_name: str, at: datetime = NOW) -> set[str]:
    """The `owner TYPE` of RRsets with a good signature by the zone's keys; raises if one has a bad one."""
    origin = dns.name.from_text(zone_name)
    dnskey = find(keys.answer, zone_name, "DNSKEY")
    good = set()
    for rrset in section:
        rdtype = RdataType(rrset.rdtype)
        rrsig = find(section, rrset.name.to_text(), "RRSIG", rdtype.name)
        if rdtype != RdataType.RRSIG and rrsig is not None and rrsig[0].signer == origin:
            dns.dnssec.validate(rrset, rrsig, {origin: dnskey}, now=at.timestamp())
            good.add(f"{rrset.name} {rdtype.name}")
    return good
