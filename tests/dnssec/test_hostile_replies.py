"""Replies bent at random: whatever comes, a lookup is a value, and never secure with what nobody signed (T-2, T-16)."""

from __future__ import annotations

import asyncio
import random

import dns.edns
import dns.flags
import dns.message
import dns.rdata
import dns.rdatatype as rrtype
import dns.rrset
import pytest

from dane_check.dnssec.lookup import Bogus, Indeterminate, Lookup, Secure
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Malformed, read
from tests.dnssec.recursive import Recursive, replaced, servfail, unsigned
from tests.dnssec.world import IN, N, Nsec3Params, example, zone

LOOKUPS = (
    ("example.org.", "MX"),
    ("_25._tcp.mx.example.org.", "TLSA"),
    ("y.w.example.org.", "A"),
    ("nix.example.org.", "A"),
    ("x.dname.example.org.", "A"),
    ("plain.example.org.", "DS"),
)


class Bent(Recursive):
    """Flips octets of every reply's records now and then; the header, the question and the order of things stay."""

    def __init__(self, seed: int, nsec3: Nsec3Params | None) -> None:
        super().__init__(example(nsec3=nsec3))
        self._dice = random.Random(seed)
        self._octets: dict[Question, bytes] = {}

    async def ask(self, question: Question, server: Server) -> Heard:
        if question not in self._octets:
            reply = self.world.answer(question.name, question.rdtype)
            self._octets[question] = reply.to_wire(max_size=65535)
        octets = bytearray(self._octets[question])
        if self._dice.random() < 0.5:
            for _ in range(self._dice.randint(1, 3)):
                octets[self._dice.randrange(12, len(octets))] = self._dice.randrange(256)
        try:
            return read(bytes(octets))
        except Malformed as trouble:
            return NoReply(Fault.MALFORMED, str(trouble))


@pytest.mark.parametrize("nsec3", [None, Nsec3Params(salt=b"\5")], ids=["nsec", "nsec3"])
def test_bent_replies_never_become_secure_answers(nsec3: Nsec3Params | None) -> None:
    """300 seeded runs: each result is one of the five cases; a secure one has the true records or the true denial."""
    calm = Recursive(example(nsec3=nsec3))
    truth = {one: calm.lookup(*one) for one in LOOKUPS}
    bent = Bent(20261122, nsec3)
    seen = set()
    for number in range(300):
        one = LOOKUPS[number % len(LOOKUPS)]
        lookup = bent.lookup(*one)
        seen.add(lookup.status)
        if lookup.status == "secure":
            assert lookup.kind == truth[one].kind
            assert {record.wire.lower() for record in lookup.records} == {r.wire.lower() for r in truth[one].records}
        else:
            assert lookup.status != "insecure"
            assert lookup.why is not None
            assert lookup.why.sentence.isprintable()
    assert {"secure", "bogus"} <= seen


@pytest.mark.parametrize(
    ("rdtype", "octets"),
    [("DS", "000f"), ("DS", "00010f02"), ("DNSKEY", "0101"), ("NSEC", "ff"), ("NSEC3", "0100"), ("CNAME", "ff")],
)
def test_signed_records_of_too_few_octets_are_values_too(rdtype: str, octets: str) -> None:
    """A zone may sign what no parser reads; every lookup that meets it still comes to one of the five cases."""
    world = example()
    own = zone(world)
    made = dns.rrset.RRset(N("short.example.org."), IN, rrtype.from_text(rdtype))
    made.add(dns.rdata.GenericRdata(IN, made.rdtype, bytes.fromhex(octets)), 60)
    sets = [made, own.sign(made)]
    for bend in (replaced(sets), replaced(authority=sets), replaced(authority=sets, rcode=3)):
        recursive = Recursive(world)
        for wanted in ("A", "DS", "DNSKEY", rdtype):
            recursive.bend("short.example.org.", wanted, bend)
        for name in ("short.example.org.", "host.short.example.org."):
            for wanted in ("A", "DS", "ANY", rdtype):
                lookup = recursive.lookup(name, wanted)
                assert lookup.status in {"secure", "insecure", "bogus", "indeterminate"}
                assert lookup.kind != "data" or lookup.records


def test_the_ad_bit_changes_nothing() -> None:
    """T-1, W-40: AD=1 on forged, on unsigned and on good data."""

    def authenticated(reply: dns.message.Message) -> dns.message.Message:
        reply.flags |= dns.flags.AD
        return reply

    for name, bend, expected in (
        ("mx.example.org.", lambda r: unsigned(1)(authenticated(r)), "bogus"),
        ("host.plain.example.org.", authenticated, "insecure"),
        ("mx.example.org.", authenticated, "secure"),
    ):
        assert Recursive(example()).bend(name, "A", bend).lookup(name, "A").status == expected


def test_extended_errors_are_hints_and_nothing_more() -> None:
    """R8914-3-a, -3-b: SERVFAIL with EDE 6 stays indeterminate; the text is escaped."""

    def bend(reply: dns.message.Message) -> dns.message.Message:
        reply = servfail(reply)
        reply.use_edns(
            0, options=[dns.edns.GenericOption(15, b"\0\6evil \x1b[2J"), dns.edns.GenericOption(15, b"\x03\xe7")]
        )
        return reply

    lookup = Recursive(example()).bend("mx.example.org.", "A", bend).lookup("mx.example.org.", "A")
    assert isinstance(lookup, Indeterminate)
    assert lookup.why.hints[0].startswith("extended DNS error 6 (Dnssec bogus): evil \\x1b")
    assert "999" in lookup.why.hints[1]


def test_extended_errors_on_a_good_answer_do_not_spoil_it() -> None:
    """R8914-3-a the other way: EDE 6 on data that validates."""

    def bend(reply: dns.message.Message) -> dns.message.Message:
        reply.use_edns(0, options=[dns.edns.GenericOption(15, b"\0\6")])
        return reply

    assert isinstance(Recursive(example()).bend("mx.example.org.", "A", bend).lookup("mx.example.org.", "A"), Secure)


def test_the_sentence_names_zone_record_and_fault() -> None:
    """One plain sentence, and the same as separate words for programs."""
    lookup: Lookup = Recursive(example()).bend("mx.example.org.", "A", unsigned(1)).lookup("mx.example.org.", "A")
    assert isinstance(lookup, Bogus)
    assert lookup.why.sentence == "mx.example.org. A in the signed zone example.org. has no signature"
    assert (lookup.why.zone, lookup.why.record) == ("example.org.", "mx.example.org. A")
    assert [link.rrset for link in lookup.proof.links][-1] == "example.org. DNSKEY"


def test_the_proof_expires_with_its_first_signature() -> None:
    """Secure.expires is the least of the chain."""
    world = example(expiration=1_800_000_000 + 3600)
    lookup = asyncio.run(Recursive(world).resolver().lookup("host.child.example.org.", "A"))
    assert isinstance(lookup, Secure)
    assert lookup.expires is not None
    assert lookup.expires.timestamp() == 1_800_000_000 + 3600
