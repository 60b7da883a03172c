"""Every attack of the threat model on validation: the exact status, its cause, and the work it could cause."""

from __future__ import annotations

import asyncio

import dns.rdatatype as rrtype
import pytest

from dane_check.dnssec.lookup import Lookup
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Malformed, Message, read
from tests.dnssec.attacks import ATTACKS, TLSA, Attack
from tests.dnssec.lockstep import Failing, Later
from tests.dnssec.recursive import Recursive
from tests.dnssec.world import N, example

SERVFAIL = Message(b"", 0, 2, False, None, (), ())
EMPTY = Message(b"", 0, 0, False, None, (), ())

# attack: (threat, status, cause, (questions, signatures verified, names hashed, hash rounds, DS digests))
TABLE: dict[str, tuple[str, str, str | None, tuple[int, int, int, int, int]]] = {
    "foreign-signer": ("T-3", "bogus", "signer-wrong", (10, 8, 0, 0, 3)),
    "parent-signs-child-data": ("T-3", "bogus", "signer-wrong", (8, 7, 0, 0, 2)),
    "child-signs-parent-data": ("T-3", "bogus", "signer-wrong", (10, 8, 0, 0, 3)),
    "labels-below-the-signers": ("T-3", "bogus", "signature-invalid", (10, 8, 0, 0, 3)),
    "labels-above-the-owners": ("T-3", "bogus", "signature-invalid", (10, 8, 0, 0, 3)),
    "unlinked-dnskey": ("T-3", "bogus", "key-missing", (8, 4, 0, 0, 4)),
    "unlinked-dnskey-in-place-of-the-true-one": ("T-3", "bogus", "key-missing", (8, 4, 0, 0, 2)),
    "forged-ds-with-a-key-that-fits": ("T-3", "bogus", "signer-wrong", (8, 3, 0, 0, 2)),
    "forged-ds-of-an-unknown-algorithm": ("T-3", "bogus", "signature-missing", (8, 3, 0, 0, 2)),
    "parent-wildcard-below-a-cut": ("T-3", "bogus", "wildcard-unproven", (10, 14, 0, 0, 3)),
    "wildcard-replayed-at-a-name-that-exists": ("T-3", "bogus", "wildcard-unproven", (10, 11, 0, 0, 3)),
    "one-octet-changed": ("T-3", "bogus", "signature-invalid", (10, 10, 0, 0, 3)),
    "ancestor-nsec": ("T-4", "bogus", "denial-invalid", (8, 8, 0, 0, 3)),
    "parents-nsec-denies-childs-data": ("T-4", "bogus", "denial-invalid", (8, 9, 0, 0, 4)),
    "expanded-wildcard-nsec": ("T-4", "bogus", "denial-invalid", (10, 9, 0, 0, 3)),
    "next-name-out-of-the-zone": ("T-4", "bogus", "denial-invalid", (8, 10, 0, 0, 3)),
    "apex-nsec-below-the-apex": ("T-4", "bogus", "denial-invalid", (8, 10, 0, 0, 3)),
    "dname-nsec-denies-names-below": ("T-4", "bogus", "denial-invalid", (10, 8, 0, 0, 3)),
    "child-side-nsec3-denies-ds": ("T-4", "bogus", "denial-invalid", (7, 7, 1, 1, 3)),
    "parents-nsec3-denies-childs-data": ("T-4", "bogus", "denial-invalid", (8, 9, 1, 1, 4)),
    "opt-out-as-denial": ("T-4", "insecure", "opt-out", (8, 7, 3, 3, 3)),
    "opt-out-denies-a-signed-delegation": ("T-4", "bogus", "denial-invalid", (10, 9, 1, 1, 3)),
    "ds-nodata-from-the-child": ("T-4", "bogus", "denial-missing", (10, 5, 0, 0, 3)),
    "sibling-ds-in-an-answer": ("T-4", "bogus", "signature-invalid", (10, 7, 0, 0, 3)),
    "nsec3-of-another-zone": ("T-4", "bogus", "denial-missing", (8, 6, 1, 1, 3)),
    "nsec3-of-a-child-zone": ("T-4", "bogus", "denial-missing", (8, 8, 1, 1, 3)),
    "half-nsec-half-nsec3": ("T-4", "bogus", "denial-invalid", (8, 11, 5, 5, 3)),
    "nsec3-of-two-salts": ("T-4", "bogus", "denial-invalid", (8, 10, 1, 1, 3)),
    "ad-on-forged-data": ("T-1", "bogus", "signature-missing", (10, 8, 0, 0, 3)),
    "signatures-stripped": ("T-5", "bogus", "signature-missing", (10, 8, 0, 0, 3)),
    "tlsa-replaced-by-servfail": ("T-5", "indeterminate", "rcode", (8, 0, 0, 0, 0)),
    "tlsa-replaced-by-a-bare-nxdomain": ("T-5", "bogus", "denial-missing", (10, 8, 0, 0, 3)),
    "nxdomain-said-of-data": ("T-2", "secure", None, (8, 6, 0, 0, 3)),
    "denial-of-a-delegation-stripped": ("T-5", "bogus", "denial-missing", (10, 5, 0, 0, 3)),
    "answer-to-another-question": ("T-2", "bogus", "denial-missing", (10, 8, 0, 0, 3)),
    "truncated-for-good": ("T-5", "indeterminate", "transport", (8, 0, 0, 0, 0)),
    "forged-cname-beside-its-dname": ("T-2", "bogus", "alias-invalid", (10, 8, 0, 0, 3)),
    "tlsa-for-another-name-in-the-answer": ("T-2", "secure", None, (8, 6, 0, 0, 3)),
    "clock-before-everything": ("T-9", "bogus", "trust-anchor-problem", (8, 0, 0, 0, 2)),
    "clock-after-everything": ("T-9", "bogus", "trust-anchor-problem", (8, 0, 0, 0, 2)),
    "replay-of-an-expired-set": ("T-9", "bogus", "signature-expired", (10, 8, 0, 0, 3)),
    "signature-that-ends-before-it-begins": ("T-9", "bogus", "signature-invalid", (10, 8, 0, 0, 3)),
    "root-signed-by-an-unknown-key": ("T-10", "bogus", "trust-anchor-problem", (8, 0, 0, 0, 0)),
    "colliding-keys-times-signatures": ("T-13", "bogus", "limit", (10, 12, 0, 0, 3)),
    "colliding-keys-over-the-key-set": ("T-13", "bogus", "limit", (8, 4, 0, 0, 6)),
    "many-failing-signatures-over-the-key-set": ("T-13", "bogus", "limit", (8, 12, 0, 0, 3)),
    "many-failing-signatures-of-a-good-key": ("T-13", "bogus", "limit", (10, 16, 0, 0, 3)),
    "many-sets-that-fail": ("T-13", "bogus", "limit", (8, 23, 0, 0, 3)),
    "many-stray-signatures": ("T-13", "secure", None, (8, 6, 0, 0, 3)),
    "many-keys-that-no-ds-names": ("T-13", "secure", None, (8, 6, 0, 0, 3)),
    "more-keys-than-are-looked-at": ("T-13", "indeterminate", "limit", (8, 4, 0, 0, 2)),
    "one-ds-and-many-keys-of-its-tag": ("T-13", "bogus", "limit", (6, 2, 0, 0, 5)),
    "many-ds-and-many-keys-of-their-tag": ("T-13", "bogus", "limit", (6, 2, 0, 0, 5)),
    "more-ds-than-are-looked-at": ("T-13", "indeterminate", "limit", (6, 2, 0, 0, 1)),
    "iterations-65535": ("T-14", "insecure", "nsec3-iterations", (8, 6, 0, 0, 3)),
    "iterations-65535-forged": ("T-14", "bogus", "key-missing", (8, 6, 1, 2, 3)),
    "iterations-65535-on-a-referral": ("T-14", "insecure", "nsec3-iterations", (10, 6, 0, 0, 3)),
    "many-closest-enclosers": ("T-14", "indeterminate", "limit", (16, 6, 48, 2448, 3)),
    "many-closest-enclosers-and-a-long-salt": ("T-14", "indeterminate", "limit", (16, 6, 48, 2448, 3)),
    "proof-padded-with-records": ("T-14", "indeterminate", "limit", (8, 21, 2, 2, 3)),
    "alias-loop": ("T-15", "bogus", "alias-loop", (6, 6, 0, 0, 2)),
    "alias-loop-in-an-unsigned-zone": ("T-15", "indeterminate", "alias-loop", (6, 2, 0, 0, 1)),
    "alias-chain-of-twelve": ("T-15", "indeterminate", "alias-limit", (6, 15, 0, 0, 2)),
    "dname-that-grows": ("T-15", "indeterminate", "rcode", (6, 7, 0, 0, 2)),
    "tlsa-set-of-65": ("T-15", "indeterminate", "limit", (8, 0, 0, 0, 0)),
    "message-of-1001-records": ("T-15", "indeterminate", "transport", (8, 0, 0, 0, 0)),
}


def run(attack: Attack) -> tuple[Lookup, tuple[int, int, int, int, int]]:
    view = attack.recursive.resolver(**attack.options).for_domain()
    lookup = asyncio.run(view.lookup(attack.name, attack.rdtype))
    done = view.budget
    return lookup, (done.questions, done.signatures, done.names_hashed, done.hash_rounds, done.digests)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_comes_to_its_status_at_its_price(name: str) -> None:
    """T-1 … T-5, T-9, T-10, T-13 … T-15: never secure with what was forged, and no more work than was bounded."""
    _, status, cause, work = TABLE[name]
    lookup, done = run(ATTACKS[name]())
    assert (lookup.status, lookup.why and lookup.why.cause.value) == (status, cause)
    assert done == work


@pytest.mark.parametrize("name", ATTACKS)
def test_the_order_of_packets_changes_neither_status_nor_bounds(name: str) -> None:
    """The same where every early reply comes after all the others: only what was needed less may differ."""
    attack = ATTACKS[name]()
    resolver = attack.recursive.resolver(**attack.options)
    resolver._questions._transport = Later(attack.recursive, lambda q: q.rdtype in {rrtype.DS, rrtype.DNSKEY})
    view = resolver.for_domain()
    lookup = asyncio.run(view.lookup(attack.name, attack.rdtype))
    _, status, cause, (_, signatures, hashed, rounds, digests) = TABLE[name]
    assert (lookup.status, lookup.why and lookup.why.cause.value) == (status, cause)
    done = view.budget
    assert done.signatures <= signatures
    assert (done.names_hashed, done.hash_rounds) <= (hashed, rounds)
    assert done.digests <= digests


def in_the_sky(place: int) -> bytes:
    """Reply octets whose only answer record plays one compression trick."""
    tricks = (
        b"\xc0\x0c",  # a pointer at the question's name: honest
        b"\xc0\x21",  # at itself
        b"\xc0\xff",  # forwards, beyond the end
        b"\x3f" + b"a" * 63 + b"\xc0\x0c",  # a long label before a pointer: honest too
        b"\x80\x0c",  # a reserved kind of label
        b"\x40\x0c",
    )
    question = N("mx.example.org.").to_wire() + b"\0\1\0\1"
    record = tricks[place] + b"\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1"
    return b"\0\0\x81\x80\0\1\0\1\0\0\0\0" + question + record


@pytest.mark.parametrize(("place", "read_at_all"), list(enumerate([True, False, False, True, False, False])))
def test_compression_tricks_come_to_nothing(place: int, read_at_all: bool) -> None:
    """T-16: a message that cannot be walked is no reply; one that can be is unsigned and so bogus, at no cost."""

    class Tricky(Recursive):
        async def ask(self, question: Question, server: Server) -> Heard:
            if question != Question(N("mx.example.org."), rrtype.A):
                return await super().ask(question, server)
            try:
                return read(in_the_sky(place))
            except Malformed as trouble:
                return NoReply(Fault.MALFORMED, str(trouble))

    view = Tricky(example()).resolver().for_domain()
    lookup = asyncio.run(view.lookup("mx.example.org.", "A"))
    assert lookup.status == ("bogus" if read_at_all else "indeterminate")
    assert view.budget.signatures <= 8


def test_a_pointer_chain_of_a_whole_message_is_read_in_no_time() -> None:
    """T-16: 4000 records whose names are each a pointer to the one before: beyond L-6, and cheap to refuse."""
    header = b"\0\0\x81\x80\0\0" + (4000).to_bytes(2, "big") + b"\0\0\0\0"
    records, last = [b"\0" + b"\0\1\0\1\0\0\0\1\0\0"], 12
    for _ in range(3999):
        records.append((0xC000 | last).to_bytes(2, "big") + b"\0\1\0\1\0\0\0\1\0\0")
    with pytest.raises(Malformed):
        read(header + b"".join(records))


def calm_questions() -> list[str]:
    recursive = Recursive(example())
    recursive.lookup(TLSA, "TLSA")
    return [str(question) for question in recursive.asked]


NEEDED = {". DNSKEY", "org. DS", "org. DNSKEY", "example.org. DS", "example.org. DNSKEY", f"{TLSA} TLSA"}


@pytest.mark.parametrize("failure", ["drop", "servfail", "empty"])
@pytest.mark.parametrize("once", [True, False], ids=["once", "always"])
@pytest.mark.parametrize("question", calm_questions())
def test_no_position_of_the_chain_can_be_dropped(question: str, once: bool, failure: str) -> None:
    """T-5, D-25: dropped once the calm answer or a failure; dropped for good a failure, if it was needed at all."""
    replies = {"drop": NoReply(Fault.TIMEOUT), "servfail": SERVFAIL, "empty": EMPTY}
    recursive = Recursive(example())
    resolver = recursive.resolver()
    resolver._questions._transport = Failing(recursive, lambda q: str(q) == question, replies[failure], once=once)
    lookup = asyncio.run(resolver.lookup(TLSA, "TLSA"))
    if question in NEEDED and not once:
        assert lookup.status == ("bogus" if failure == "empty" else "indeterminate")
    elif question == f"{TLSA} TLSA" and failure != "empty":
        assert lookup.status in {"secure", "indeterminate"}
    else:
        assert lookup.status == "secure"


def test_every_attack_has_its_row() -> None:
    """And every row its attack."""
    assert list(TABLE) == list(ATTACKS)
