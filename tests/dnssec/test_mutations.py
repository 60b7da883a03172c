"""Replies mutated octet by octet and at random: no exception, no unbounded work, and never other data as secure."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import dns.name
import dns.rdatatype as rrtype
import dns.rrset
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dane_check.dnssec import nsec3
from dane_check.dnssec.absence import deny, gather, no_closer_match
from dane_check.dnssec.anchor_text import parse_trust_anchors
from dane_check.dnssec.budget import Budget, Spent, Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.denial import Denied, TypeBitmap
from dane_check.dnssec.keys import Key, ZoneKeys
from dane_check.dnssec.lookup import Lookup
from dane_check.dnssec.resolver import ValidatingResolver
from dane_check.dnssec.signature import Verified
from dane_check.limits import DnsLimits
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Malformed, Message, read
from tests.dnssec.recursive import Recursive
from tests.dnssec.world import NOW, N, Nsec3Params, World, zone
from tests.dnssec.world import example as calm_world

CORPUS = Path(__file__).parents[2] / "fixtures" / "dnssec-corpus"
LOOKUPS = (
    ("_25._tcp.mx.example.org.", "TLSA"),
    ("nix.example.org.", "A"),
    ("y.w.example.org.", "A"),
    ("x.dname.example.org.", "A"),
    ("host.plain.example.org.", "A"),
    ("child.example.org.", "DS"),
)
KINDS: dict[str, Nsec3Params | None] = {"nsec": None, "nsec3": Nsec3Params(salt=b"\5")}
_MOST_QUESTIONS, _MOST_SIGNATURES, _MOST_HASHES = 60, 128, 48 * 12


@cache
def world(kind: str) -> World:
    return calm_world(nsec3=KINDS[kind])


class Octets:
    """A transport of recorded octets, one reply of which may be changed; whatever was not recorded is silence."""

    def __init__(self, replies: dict[Question, bytes]) -> None:
        self.replies = replies

    async def ask(self, question: Question, server: Server) -> Heard:
        octets = self.replies.get(question)
        if octets is None:
            return NoReply(Fault.TIMEOUT)
        try:
            return read(octets)
        except Malformed as trouble:
            return NoReply(Fault.MALFORMED, str(trouble))


def resolved(kind: str, replies: dict[Question, bytes], one: tuple[str, str]) -> tuple[Lookup, Budget]:
    anchors = parse_trust_anchors(world(kind).anchor())
    view = ValidatingResolver(Octets(replies), [Server("192.0.2.53")], anchors, now=NOW).for_domain()
    return asyncio.run(view.lookup(*one)), view.budget


@cache
def recorded(kind: str, one: tuple[str, str]) -> dict[Question, bytes]:
    """Every reply of a calm lookup."""
    recursive = Recursive(world(kind))
    recursive.lookup(*one)
    asked = dict.fromkeys(recursive.asked)
    return {q: world(kind).answer(q.name, q.rdtype).to_wire(max_size=65535) for q in asked}


@cache
def calm(kind: str, one: tuple[str, str]) -> Lookup:
    return resolved(kind, recorded(kind, one), one)[0]


def told(lookup: Lookup) -> object:
    """What must be the calm one's where both are secure: data without regard to order, TTL and the case of names."""
    records = sorted((record.owner.lower(), record.rdtype, record.wire.lower()) for record in lookup.records)
    aliases = [(hop.owner.lower(), hop.target.lower(), hop.via) for hop in lookup.aliases]
    return lookup.kind, records, aliases


def sound(kind: str, one: tuple[str, str], lookup: Lookup, budget: Budget) -> None:
    """What holds for any mutated world."""
    true = calm(kind, one)
    assert lookup.status in {"secure", "insecure", "bogus", "indeterminate"}
    if lookup.status == "secure":
        assert true.status == "secure"
        assert told(lookup) == told(true)
    if lookup.status == "insecure":
        assert true.status == "insecure"
    assert lookup.why is None or lookup.why.sentence.isprintable()
    assert budget.questions <= _MOST_QUESTIONS
    assert budget.signatures <= _MOST_SIGNATURES
    assert budget.names_hashed <= _MOST_HASHES


def mutated(kind: str, one: tuple[str, str], question: Question, octets: bytes) -> None:
    lookup, budget = resolved(kind, recorded(kind, one) | {question: octets}, one)
    sound(kind, one, lookup, budget)


def places(kind: str) -> list[tuple[tuple[str, str], Question]]:
    return [(one, question) for one in LOOKUPS for question in recorded(kind, one)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", range(4))
def test_any_octet_of_any_reply_changed(kind: str, part: int) -> None:
    """One bit of every reply of six calm lookups: a sample of the octets; all with DANE_CHECK_EXHAUSTIVE=1."""
    for number, (one, question) in enumerate(places(kind)):
        octets = recorded(kind, one)[question]
        start, step = (part, 4) if os.environ.get("DANE_CHECK_EXHAUSTIVE") else ((number * 13 + part * 40) % 160, 160)
        for place in range(start, len(octets), step):
            changed_octets = bytearray(octets)
            changed_octets[place] ^= 1 << (place % 8)
            mutated(kind, one, question, bytes(changed_octets))


MUTATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 4095), st.integers(0, 255)),
        st.tuples(st.just("cut"), st.integers(0, 4095), st.integers(1, 40)),
        st.tuples(st.just("double"), st.integers(0, 4095), st.integers(1, 40)),
        st.tuples(st.just("zero"), st.integers(0, 4095), st.integers(1, 40)),
    ),
    min_size=1,
    max_size=6,
)


def changed(octets: bytes, mutations: list[tuple[str, int, int]]) -> bytes:
    found = bytearray(octets)
    for what, at, value in mutations:
        place = at % max(len(found), 1)
        match what:
            case "set":
                found[place : place + 1] = bytes([value])
            case "cut":
                del found[place : place + value]
            case "double":
                found[place:place] = found[place : place + value]
            case _:
                found[place : place + value] = bytes(len(found[place : place + value]))
    return bytes(found)


FUZZ = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@FUZZ
@given(st.sampled_from(sorted(KINDS)), st.integers(0, 1000), MUTATIONS)
def test_a_reply_mutated_at_random(kind: str, place: int, mutations: list[tuple[str, int, int]]) -> None:
    """Octets set, cut, doubled and blanked anywhere in one reply of a lookup."""
    every = places(kind)
    one, question = every[place % len(every)]
    mutated(kind, one, question, changed(recorded(kind, one)[question], mutations))


@FUZZ
@given(st.sampled_from(sorted(KINDS)), st.sampled_from(LOOKUPS), st.integers(0, 1000), st.integers(0, 1000))
def test_replies_exchanged_among_questions(kind: str, one: tuple[str, str], of: int, by: int) -> None:
    """A true reply to one question given to another: each is signed, none may pass for the other."""
    every = {question: octets for other in LOOKUPS for question, octets in recorded(kind, other).items()}
    questions = sorted(every, key=str)
    mine = sorted(recorded(kind, one), key=str)
    mutated(kind, one, mine[of % len(mine)], every[questions[by % len(questions)]])


@settings(FUZZ, max_examples=500)
@given(st.one_of(st.binary(max_size=400), st.builds(bytes.__add__, st.just(b"\0\0\x81\x80"), st.binary(max_size=400))))
@example(b"")
@example(b"\0\0\x81\x80\0\0\0\1\0\0\0\0\xc0\x0c")
def test_any_octets_are_a_message_or_malformed(octets: bytes) -> None:
    """T-16: the reader raises Malformed and nothing else."""
    with contextlib.suppress(Malformed):
        assert isinstance(read(octets), Message)


@settings(FUZZ, max_examples=500)
@given(st.binary(max_size=80))
def test_any_octets_are_a_type_bitmap_or_none(octets: bytes) -> None:
    """RFC 4034 §4.1.2: and its types are at most 65536."""
    found = TypeBitmap.from_octets(octets)
    assert found is None or all(0 <= one <= 65535 for one in found.types)


NAMES = st.lists(st.sampled_from(["mx", "w", "*", "deep", "_25", "_tcp", "e", "plain", "child", "zz"]), max_size=6).map(
    lambda labels: N(".".join([*labels, "example.org."]))
)
CHOICES = st.lists(st.integers(0, 100), min_size=1, max_size=6)
TYPES = st.sampled_from([rrtype.A, rrtype.DS, rrtype.TLSA, rrtype.MX, rrtype.CNAME, rrtype.SOA, rrtype.NS, rrtype.ANY])


@cache
def denial_records(kind: str) -> list[list[dns.rrset.RRset]]:
    """Denial records of the zone, each with its signature."""
    own = zone(world(kind))
    names = sorted(own.names() | {N("zz.example.org."), N("a.example.org."), N("q.w.example.org.")})
    return [own.at(name) for name in names]


@FUZZ
@given(
    st.sampled_from(sorted(KINDS)), st.lists(st.integers(0, 100), min_size=1, max_size=6), NAMES, TYPES, st.booleans()
)
def test_no_choice_of_true_records_denies_what_exists(
    kind: str, chosen: list[int], name: dns.name.Name, rdtype: int, nxdomain: bool
) -> None:
    """Whatever true denial records a reply puts together: what exists is never denied, nor is work unbounded."""
    own = zone(world(kind))
    records = denial_records(kind)
    reply = world(kind).answer(N("gone.example.org."), rrtype.A)
    reply.answer, reply.authority = [], []
    for place in chosen:
        World._extend(reply.authority, records[place % len(records)])
    message = read(reply.to_wire(max_size=65535))
    keys = tuple(key for one in own.keys if (key := Key.from_rdata(one.dnskey.to_wire())))
    budget = Budget(DnsLimits())
    tally = Tally(budget, Criteria.of(NOW, DnsLimits(), 50, False))
    try:
        denials = gather(message, ZoneKeys(own.origin, keys), tally)
        found = deny(name, rdtype, denials, tally, nxdomain=nxdomain)
        closer = no_closer_match(name, name.parent(), denials, tally) if name != own.origin else None
    except Spent:
        return
    assert budget.names_hashed <= 48
    if isinstance(found, Denied) and found.unauthenticated is None:
        assert not truly(own, name, rdtype)
        assert found.kind != "nxdomain" or name not in own.names()
    if isinstance(closer, Denied) and closer.unauthenticated is None:
        assert name not in own.names()


def truly(own: Any, name: dns.name.Name, rdtype: int) -> bool:
    """Whether the zone itself, and not one below it, has such a record at that very name."""
    cut = any(own.is_cut(above) for above in (name, *_above(name)))
    here = {kind for owner, kind in own.sets if owner == name}
    if rdtype == rrtype.ANY:
        return bool(here) and not cut
    if rdtype == rrtype.DS:
        return rdtype in here
    return not cut and (rdtype in here or rrtype.CNAME in here)


def _above(name: dns.name.Name) -> list[dns.name.Name]:
    found = []
    while name != dns.name.root:
        name = name.parent()
        found.append(name)
    return found


@FUZZ
@given(st.binary(max_size=120), st.binary(min_size=1, max_size=40))
def test_any_octets_are_an_nsec3_or_ignored(rdata: bytes, label: bytes) -> None:
    """RFC 5155 §8.1, §8.2: whatever the RDATA and the owner's label."""
    owner = dns.name.Name((label, b"example", b"org", b""))
    verified = Verified(None, None, None, owner, None, 0)  # type: ignore[arg-type]
    found = nsec3.Nsec3.from_verified(N("example.org."), verified, rdata)
    assert found is None or len(found.next) == len(found.hash) == 20


# --- what was found once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_the_corpus_comes_to_what_it_came_to(path: Path) -> None:
    """Hostile replies as octets, and what they came to when they were recorded (fixtures/README.md)."""
    case = json.loads(path.read_text())
    replies = {
        Question(N(name), rrtype.from_text(kind)): bytes.fromhex(octets) for name, kind, octets in case["replies"]
    }
    anchors = parse_trust_anchors(case["anchors"])
    view = ValidatingResolver(Octets(replies), [Server("192.0.2.53")], anchors, now=case["now"]).for_domain()
    lookup = asyncio.run(view.lookup(case["name"], case["type"]))
    assert [lookup.status, lookup.kind, lookup.why and lookup.why.cause.value] == case["expected"]
    assert view.budget.questions <= _MOST_QUESTIONS
    assert view.budget.signatures <= _MOST_SIGNATURES


def test_the_corpus_is_there() -> None:
    """An empty folder would pass every case."""
    assert len(list(CORPUS.glob("*.json"))) >= 60
