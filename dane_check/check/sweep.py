"""One name asked of every authoritative server of its zone, so that a server that lags behind is seen.

No answer is believed because of who gave it: each is validated with the keys of its zone as they were proven in this
run. Addresses of name servers need not be signed for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import dns.exception
import dns.name
import dns.rdatatype as rrtype

from dane_check.check.session import DomainLookups
from dane_check.dnssec.lookup import Bogus, Indeterminate, Insecure, Lookup, Secure
from dane_check.names import plain, safe
from dane_check.policy.addresses import reserved
from dane_check.ports import DnsTransport, Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Message

DNS_PORT: Final = 53
_MOST_SERVERS: Final = 16  # names; the root has 13
_MOST_ADDRESSES: Final = 4  # of one server and family
_MOST_LABELS: Final = 16  # looked at for a zone cut, from the name upwards
_NO_WAY: Final = frozenset({Fault.NO_FAMILY, Fault.UNREACHABLE})


class ServerLookups(DomainLookups, Protocol):
    """Validated lookups that can also judge what another server replied."""

    async def judge(self, name: str, rdtype: str, reply: Message) -> Lookup:
        """What `reply` comes to as the answer to this question."""
        ...


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What one authoritative server holds, or why that is not known.

    server -- its name and address, "ns1.example.org [192.0.2.53]".
    found -- the validated answer; None where there is none, and `trouble` says why.
    ttl -- seconds, the greatest of the records and of what their signatures say caches may keep them for.
    """

    server: str
    found: Lookup | None
    trouble: str = ""
    ttl: int = 0


@dataclass(frozen=True, slots=True)
class Swept:
    """All servers of all zones that have a say: that of the name, and of each alias it leads to.

    zones -- the origins, the name's own first.
    answers -- one for each address; those this machine has no way to are left out where the same server answered at
        another address, and named in `passed_over`.
    troubles -- why servers could not even be found; empty where all were asked.
    """

    zones: tuple[str, ...]
    answers: tuple[ServerAnswer, ...]
    troubles: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Asks authoritative servers: `transport` brings the octets, `source` knows the keys."""

    transport: DnsTransport
    source: ServerLookups
    allow_reserved: bool = False

    async def sweep(self, name: str, rdtype: str) -> Swept:
        """The answers of every server to one question; never raises for the network."""
        found = await self.source.lookup(name, rdtype)
        names = (name, *(hop.target for hop in found.aliases))
        parts = await asyncio.gather(*(self._sweep_one(plain(one), rdtype) for one in dict.fromkeys(names)))
        answers: dict[str, list[ServerAnswer]] = {}
        for part in parts:
            for answer in part.answers:
                answers.setdefault(answer.server, []).append(answer)
        return Swept(
            tuple(dict.fromkeys(zone for part in parts for zone in part.zones)),
            tuple(_of_one_server(answers[key]) for key in sorted(answers)),
            tuple(dict.fromkeys(one for part in parts for one in part.troubles)),
            tuple(sorted({one for part in parts for one in part.passed_over})),
        )

    async def _sweep_one(self, name: str, rdtype: str) -> Swept:
        zone, servers = await self._servers_of(name)
        if isinstance(servers, str):
            return Swept((zone,) if zone else (), (), (servers,))
        swept = await asyncio.gather(*(self._ask_server(name, rdtype, server) for server in servers[:_MOST_SERVERS]))
        troubles = [trouble for one in swept for trouble in one.troubles]
        if len(servers) > _MOST_SERVERS:
            troubles.append(f"{zone} has {len(servers)} name servers; {_MOST_SERVERS} were asked")
        return Swept(
            (zone,),
            tuple(answer for one in swept for answer in one.answers),
            tuple(troubles),
            tuple(left for one in swept for left in one.passed_over),
        )

    async def _servers_of(self, name: str) -> tuple[str, Sequence[str] | str]:
        """The zone that holds `name`, and its name servers; or why they are not known."""
        above = _upwards(name)
        answers = await asyncio.gather(*(self.source.lookup(one, "NS") for one in above))
        for zone, answer in zip(above, answers, strict=True):
            match answer:
                case Secure(records=records, aliases=()):
                    return zone, tuple(dict.fromkeys(plain(record.text) for record in records))
                case Insecure(kind="data", aliases=(), why=why):
                    return zone, f"the zone {zone} is not signed: {why.sentence}"
                case Bogus(aliases=(), why=why) | Indeterminate(aliases=(), why=why):
                    return "", f"the name servers of {name} could not be found: {why.sentence}"
        return "", f"the name servers of {name} could not be found"

    async def _ask_server(self, name: str, rdtype: str, server: str) -> Swept:
        """Every address of one name server."""
        addresses, troubles = await self._addresses(server)
        answers = await asyncio.gather(*(self._ask(name, rdtype, server, one) for one in addresses))
        heard = [answer for answer, _ in answers]
        answered = any(answer.found is not None for answer in heard)
        passed = [answer.server for answer, fault in answers if answered and fault in _NO_WAY]
        kept = tuple(answer for answer in heard if answer.server not in passed)
        if not addresses and not troubles:
            troubles = (f"the name server {safe(server, 100)} has no address",)
        return Swept((), kept, troubles, tuple(passed))

    async def _addresses(self, server: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The addresses of a name server, and why more of them could not be had."""
        found = await asyncio.gather(self.source.lookup(server, "A"), self.source.lookup(server, "AAAA"))
        troubles = [
            f"the addresses of the name server {safe(server, 100)} could not be had: {one.why.sentence}"
            for one in found
            if isinstance(one, Bogus | Indeterminate)
        ]
        addresses: list[str] = []
        for answer in found:
            texts = tuple(record.text for record in answer.records)
            addresses += texts[:_MOST_ADDRESSES]
            if len(texts) > _MOST_ADDRESSES:
                troubles.append(f"the name server {safe(server, 100)} has more than {_MOST_ADDRESSES} addresses")
        return tuple(addresses), tuple(troubles)

    async def _ask(self, name: str, rdtype: str, server: str, address: str) -> tuple[ServerAnswer, Fault | None]:
        shown = f"{safe(server, 100)} [{safe(address, 60)}]"
        question = Question(dns.name.from_text(name), rrtype.from_text(rdtype), recursive=False)
        heard = await self._hear(question, address)
        if isinstance(heard, NoReply):
            detail = f" ({safe(heard.detail, 80)})" if heard.detail else ""
            return ServerAnswer(shown, None, f"{shown} did not answer: {heard.fault.value}{detail}"), heard.fault
        if not heard.authoritative:
            return ServerAnswer(shown, None, f"{shown} does not hold the zone of {name}"), None
        found = await self.source.judge(name, rdtype, heard)
        if isinstance(found, Bogus | Indeterminate):
            return ServerAnswer(shown, None, f"the answer of {shown} does not hold: {found.why.sentence}"), None
        return ServerAnswer(shown, found, ttl=_longest(found, heard, question.rdtype)), None

    async def _hear(self, question: Question, address: str) -> Heard:
        block = _block(address)
        if block is not None and not self.allow_reserved:  # threats T-23
            return NoReply(Fault.RESERVED, block)
        heard = await self.transport.ask(question, Server(address, DNS_PORT))
        return heard if not isinstance(heard, Message) or not heard.truncated else NoReply(Fault.TRUNCATED)


def _of_one_server(answers: Sequence[ServerAnswer]) -> ServerAnswer:
    """What a server comes to that was asked about a name, and then about each alias: the worst, else the last.

    The answer at an alias may rest on what others hold at its end; the one at the end is the server's own.
    """
    worst = min(reversed(answers), key=_promise)
    return replace(worst, ttl=max(one.ttl for one in answers))


def _promise(answer: ServerAnswer) -> int:
    if answer.found is None:
        return 0
    return 2 if isinstance(answer.found, Secure) else 1


def _upwards(name: str) -> tuple[str, ...]:
    """The name and those above it, without the root."""
    try:
        labels = dns.name.from_text(name).labels[:-1]
    except dns.exception.DNSException:
        return ()
    above = (dns.name.Name((*labels[start:], b"")) for start in range(len(labels)))
    return tuple(plain(one.to_text()) for one in above)[:_MOST_LABELS]


def _block(address: str) -> str | None:
    try:
        return reserved(address)
    except ValueError:
        return "no address"


def _longest(found: Lookup, heard: Message, rdtype: int) -> int:
    """R4035-5.3.3: caches go by the TTL and by what the signature says it was at first; the greater is the safe one."""
    wanted = rdtype.to_bytes(2, "big")
    signatures = (one.rdata for one in heard.answer if one.rdtype == rrtype.RRSIG and one.rdata[:2] == wanted)
    signed = (int.from_bytes(rdata[4:8], "big") for rdata in signatures)  # RFC 4034 §3.1.4
    return max([*(record.ttl for record in found.records), *signed], default=0)
