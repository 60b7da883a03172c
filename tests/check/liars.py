"""A small signed world behind resolvers and clocks that are not well, and one mail server that is."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype as rrtype
import dns.rrset

from dane_check import Checker, Settings
from dane_check.check.outcome import DomainCheck
from dane_check.findings import Code
from dane_check.live import SystemClock
from dane_check.ports import (
    Fault,
    HandshakeFailure,
    KeyType,
    NoReply,
    ProbeOutcome,
    Prober,
    ProbeRequest,
    Question,
    ServedChain,
    TlsFacts,
)
from tests.dnssec.recursive import Recursive
from tests.dnssec.world import IN, NOW, World
from tests.pki import make_leaf

DOMAIN, HOST = "example.org", "mx.example.org"
START = datetime.fromtimestamp(NOW, UTC)
LEAF = make_leaf(HOST)
RECORD = f"3 1 1 {hashlib.sha256(LEAF.spki).hexdigest()}"
Reply = dns.message.Message | NoReply


def mail_world(address: str = "198.41.0.4", **of_root: object) -> World:
    """example.org. with one protected mail host, below a root that is made with `of_root`."""
    world = World(**of_root)
    world.add("org.")
    world.add("example.org.", f"@ MX 10 mx\nmx A {address}\n_25._tcp.mx TLSA {RECORD}")
    return world


class Resolver(Recursive):
    """A resolver that treats every reply as `habit` says: given the question and what is true."""

    def __init__(self, world: World, habit: Callable[[Question, dns.message.Message], Reply]) -> None:
        super().__init__(world)
        self.habit = habit

    def bent(self, name: dns.name.Name, rdtype: int) -> Reply:
        reply = super().bent(name, rdtype)
        return reply if isinstance(reply, NoReply) else self.habit(Question(name, rdtype), reply)


class MailServer:
    """A `Prober`: one certificate at every address, or one failure at those of `failing`."""

    def __init__(self, failing: dict[str, HandshakeFailure] | None = None) -> None:
        self.failing = failing or {}

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        if request.address in self.failing:
            return self.failing[request.address]
        return ServedChain((LEAF.der,), KeyType.ECDSA, TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None))


class Watch(SystemClock):
    """This machine's clock, wrong by so much."""

    def __init__(self, off: timedelta = timedelta()) -> None:
        self._now = START + off

    def now(self) -> datetime:
        return self._now


def checked(
    resolver: Recursive,
    *,
    name: str = DOMAIN,
    off: timedelta = timedelta(),
    given: bool = False,
    record: bool = False,
    prober: Prober | None = None,
    **settings: object,
) -> DomainCheck:
    """A whole check, `off` by the machine's clock, or by a moment that was given."""
    chosen: dict[str, object] = {"resolver": "192.0.2.53", "trust_anchor": tuple(resolver.world.anchor())} | settings
    if given:
        chosen["now"] = START + off

    async def run() -> DomainCheck:
        async with Checker(
            Settings(**chosen), dns=resolver, prober=prober or MailServer(), clock=Watch(off)
        ) as checker:
            return await checker.domain(name, record=record)

    return asyncio.run(run())


def codes(check: DomainCheck) -> set[Code]:
    """Every code of the verdict, and none of the diagnostics."""
    return {one.code for one in check.verdict.all_findings}


# --- habits ------------------------------------------------------------------------------------------


def honest(question: Question, reply: dns.message.Message) -> Reply:
    return reply


def _answer(reply: dns.message.Message, *sets: dns.rrset.RRset) -> dns.message.Message:
    reply.answer, reply.authority = list(sets), []
    reply.set_rcode(dns.rcode.NOERROR)
    return reply


def strips(question: Question, reply: dns.message.Message) -> Reply:
    """No signature, no denial record passes."""
    for section in (reply.answer, reply.authority):
        section[:] = [one for one in section if one.rdtype not in {rrtype.RRSIG, rrtype.NSEC, rrtype.NSEC3}]
    return reply


def answers_nonsense(question: Question, reply: dns.message.Message) -> Reply:
    """A captive portal: every name has its address, and nothing else."""
    sets = [dns.rrset.from_text(question.name, 60, "IN", "A", "192.0.2.66")] if question.rdtype == rrtype.A else []
    return _answer(reply, *sets)


def rewrites_absence(question: Question, reply: dns.message.Message) -> Reply:
    """What does not exist becomes the address of an advertisement."""
    if reply.rcode() != dns.rcode.NXDOMAIN:
        return reply
    address = question.rdtype == rrtype.A
    return _answer(reply, *([dns.rrset.from_text(question.name, 60, IN, "A", "192.0.2.66")] if address else []))


def denies_the_tld(question: Question, reply: dns.message.Message) -> Reply:
    """A local zone in place of a delegation: everything under org. is said not to exist."""
    if not question.name.is_subdomain(dns.name.from_text("org.")):
        return reply
    reply.answer, reply.authority = [], []
    reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply


def forges_addresses(question: Question, reply: dns.message.Message) -> Reply:
    """DNS64 that minds neither DO nor CD."""
    if question.rdtype != rrtype.AAAA:
        return reply
    return _answer(reply, dns.rrset.from_text(question.name, 60, IN, "AAAA", "64:ff9b::c000:242"))


def blocks(question: Question, reply: dns.message.Message) -> Reply:
    """A policy zone that alters the answers about one host, and says so."""
    if not question.name.is_subdomain(dns.name.from_text("mx.example.org.")) or question.rdtype == rrtype.DS:
        return reply
    reply.answer, reply.authority = [], []
    reply.set_rcode(dns.rcode.NXDOMAIN)
    reply.use_edns(edns=0, payload=1232, options=[dns.edns.EDEOption(dns.edns.EDECode.BLOCKED)])
    return reply


def spoils_the_root_keys(question: Question, reply: dns.message.Message) -> Reply:
    """The keys of the root come with a signature over something else."""
    if (question.name, question.rdtype) != (dns.name.root, rrtype.DNSKEY):
        return reply
    for one in reply.answer:
        if one.rdtype == rrtype.RRSIG:
            first = one[0]
            one.clear()
            one.add(first.replace(signature=bytes(len(first.signature))))
    return reply


def cuts_short(question: Question, reply: dns.message.Message) -> Reply:
    """Large answers are cut, and TCP is closed."""
    large = question.rdtype in {rrtype.TLSA, rrtype.DNSKEY}
    return NoReply(Fault.TRUNCATED, "over TCP timeout") if large else reply


def fails(question: Question, reply: dns.message.Message) -> Reply:
    """SERVFAIL for everything."""
    reply.answer, reply.authority = [], []
    reply.set_rcode(dns.rcode.SERVFAIL)
    return reply


def is_silent(question: Question, reply: dns.message.Message) -> Reply:
    return NoReply(Fault.TIMEOUT)


def redirects(question: Question, reply: dns.message.Message) -> Reply:
    """A local zone in place of one domain: every name in it has one address, and nothing else."""
    if not _in_local_zone(question):
        return reply
    sets = [dns.rrset.from_text(question.name, 300, IN, "A", "127.0.0.1")] if question.rdtype == rrtype.A else []
    return holds_the_zones(question, _answer(reply, *sets))


def denies(question: Question, reply: dns.message.Message) -> Reply:
    """A local zone in place of one domain: no name in it exists."""
    if not _in_local_zone(question):
        return reply
    _answer(reply).set_rcode(dns.rcode.NXDOMAIN)
    return holds_the_zones(question, reply)


def denies_tlsa(question: Question, reply: dns.message.Message) -> Reply:
    """A local zone in place of one TLSA record."""
    return denies(question, reply) if question.rdtype == rrtype.TLSA else reply


def holds_the_zones(question: Question, reply: dns.message.Message) -> Reply:
    """What a server says of its own zones, a copy or a local zone, carries AA."""
    reply.flags |= dns.flags.AA
    return reply


def _in_local_zone(question: Question) -> bool:
    """As Unbound has it: the DS records of a local zone are still the parent's."""
    name = question.name.parent() if question.rdtype == rrtype.DS and len(question.name) > 1 else question.name
    return name.is_subdomain(dns.name.from_text(DOMAIN))
