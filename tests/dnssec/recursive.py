"""A recursive resolver over a `World`, whose replies a test may bend.

`Recursive(world)` is a `DnsTransport`; `recursive.bend("mx.example.org.", "A", without(rrtype.RRSIG))` changes
what it says to one question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import dns.message
import dns.rcode
import dns.rdatatype as rrtype

from dane_check.dnssec.anchor_text import parse_trust_anchors
from dane_check.dnssec.lookup import Lookup
from dane_check.dnssec.resolver import ValidatingResolver
from dane_check.limits import DnsLimits
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Malformed, read
from tests.dnssec.world import NOW, N, Name, RRset, World

Bend = Callable[[dns.message.Message], dns.message.Message | NoReply]


class Recursive:
    """A `DnsTransport` over a world. `asked` has every question in order, `together` the most in flight at once."""

    def __init__(self, world: World, *, stripping: bool = False) -> None:
        self.world = world
        self.asked: list[Question] = []
        self.servers: list[Server] = []
        self.flights: list[set[str]] = []
        self._bends: dict[Question, list[Bend]] = {}
        self._stripping = stripping

    def bend(self, name: str, rdtype: str, *bends: Bend) -> Recursive:
        """How replies to a question are changed: the first reply by the first, later ones by the last given."""
        self._bends[Question(N(name), rrtype.from_text(rdtype))] = list(bends)
        return self

    def bent(self, name: Name, rdtype: int) -> dns.message.Message | NoReply:
        """The next reply to a question."""
        reply = self.world.answer(name, rdtype)
        bends = self._bends.get(Question(name, rdtype), [])
        if not bends:
            return reply
        return (bends.pop(0) if len(bends) > 1 else bends[0])(reply)

    async def ask(self, question: Question, server: Server) -> Heard:
        self.asked.append(question)
        self.servers.append(server)
        await asyncio.sleep(0)
        reply = self.bent(question.name, question.rdtype)
        if isinstance(reply, NoReply):
            return reply
        if self._stripping:
            reply = without(rrtype.RRSIG, rrtype.NSEC, rrtype.NSEC3)(reply)
        try:
            return read(reply.to_wire(max_size=65535))
        except Malformed as trouble:
            return NoReply(Fault.MALFORMED, str(trouble))

    def resolver(self, anchors: Iterable[str] | None = None, servers: int = 1, **options: object) -> ValidatingResolver:
        options = {"now": NOW, "limits": DnsLimits(), "nsec3_iterations": 50, "allow_sha1": False, **options}
        return ValidatingResolver(
            self,
            [Server(f"192.0.2.{number}") for number in range(1, servers + 1)],
            parse_trust_anchors(self.world.anchor() if anchors is None else anchors),
            **options,
        )

    def lookup(self, name: str, rdtype: str, **options: object) -> Lookup:
        return asyncio.run(self.resolver(**options).lookup(name, rdtype))


# --- ways to bend a reply ------------------------------------------------------------------------------


def as_it_is(reply: dns.message.Message) -> dns.message.Message:
    return reply


def silence(reply: dns.message.Message) -> NoReply:
    return NoReply(Fault.TIMEOUT)


def servfail(reply: dns.message.Message) -> dns.message.Message:
    reply.answer, reply.authority = [], []
    reply.set_rcode(dns.rcode.SERVFAIL)
    return reply


def with_rcode(rcode: int) -> Bend:
    def bend(reply: dns.message.Message) -> dns.message.Message:
        reply.set_rcode(rcode)
        return reply

    return bend


def without(*types: int) -> Bend:
    """Records of these types are missing; an RRSIG goes with what it covers."""

    def bend(reply: dns.message.Message) -> dns.message.Message:
        for section in (reply.answer, reply.authority):
            section[:] = [s for s in section if s.rdtype not in types and s.covers not in types]
        return reply

    return bend


def unsigned(*types: int) -> Bend:
    """The signatures over these types are missing."""

    def bend(reply: dns.message.Message) -> dns.message.Message:
        for section in (reply.answer, reply.authority):
            section[:] = [s for s in section if s.covers not in types]
        return reply

    return bend


def replaced(answer: Iterable[RRset] = (), authority: Iterable[RRset] = (), rcode: int = 0) -> Bend:
    def bend(reply: dns.message.Message) -> dns.message.Message:
        reply.answer, reply.authority = list(answer), list(authority)
        reply.set_rcode(rcode)
        return reply

    return bend


def adding(answer: Iterable[RRset] = (), authority: Iterable[RRset] = ()) -> Bend:
    def bend(reply: dns.message.Message) -> dns.message.Message:
        reply.answer += list(answer)
        reply.authority += list(authority)
        return reply

    return bend
