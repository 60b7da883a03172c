"""Each limit of L-1 … L-11 from both sides: what just fits changes nothing, one more is what D-13 says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import dns.dnssec
import dns.rdatatype as rrtype
import dns.rrset
import pytest

from dane_check.dnssec.lookup import Lookup
from dane_check.limits import DnsLimits
from dane_check.wire.message import Malformed, read
from tests.dnssec.keytrap import colliding, junk_signatures, with_extra_keys
from tests.dnssec.lockstep import Later
from tests.dnssec.recursive import Recursive, replaced
from tests.dnssec.world import IN, N, Nsec3Params, SigningKey, World, example, rrset, zone

MX = "mx.example.org."
SECURE, BOGUS, OPEN = "secure", "bogus limit", "indeterminate limit"


def word(lookup: Lookup) -> str:
    """`secure`; else the status and the cause."""
    return lookup.status if lookup.why is None else f"{lookup.status} {lookup.why.cause.value}"


def with_limits(name: str, rdtype: str, **limits: int) -> str:
    return word(Recursive(example()).lookup(name, rdtype, limits=DnsLimits(**limits)))


def aliases(count: int) -> str:
    world = World()
    world.add("org.", "\n".join(f"a{n} CNAME a{n + 1}" for n in range(count)) + f"\na{count} A 192.0.2.1")
    return word(Recursive(world).lookup("a0.org.", "A"))


def tlsa_records(count: int) -> str:
    world = example()
    for number in range(count):
        zone(world).put(f"_25._tcp.host TLSA 3 1 1 {number:064x}")
    return word(Recursive(world).lookup("_25._tcp.host.example.org.", "TLSA"))


def signatures_of_a_set(count: int) -> str:
    """All but the last one fail."""
    world = example()
    made = rrset(MX, "A", "192.0.2.1")
    answer = [made, junk_signatures(world, made, count - 1), zone(world).sign(made)]
    return word(Recursive(world).bend(MX, "A", replaced(answer)).lookup(MX, "A"))


def failures_of_a_question(count: int) -> str:
    """So many signatures over sets of no use fail before the true proof is reached."""
    world = example()
    own, name = zone(world), "gone.example.org."
    denials = []
    for number in range(0, count, 2):
        made = own.make_nsec(N(f"a{number}.example.org."), N("zz.example.org."), {rrtype.A})[0]
        denials += [made, junk_signatures(world, made, min(2, count - number))]
    true = world.answer(N(name), rrtype.A).authority
    bend = replaced(authority=[*denials, *true], rcode=3)
    return word(Recursive(world).bend(name, "A", bend).lookup(name, "A"))


def keys_of_one_tag(count: int) -> str:
    """None of them made the signature."""
    world = example()
    recursive = with_extra_keys(world, colliding(count, 4711))
    made = rrset(MX, "A", "192.0.2.66")
    return word(recursive.bend(MX, "A", replaced([made, junk_signatures(world, made, 1, 4711)])).lookup(MX, "A"))


def keys_in_a_set(count: int) -> str:
    extra = [SigningKey(2000 + n).dnskey for n in range(count - 1)]
    return word(with_extra_keys(example(), extra).lookup(MX, "A"))


def with_ds(ds: list[str], keys: list[object], *, true_one: bool = False) -> str:
    world = World()
    key = SigningKey(700)
    if true_one:
        ds = [*ds, dns.dnssec.make_ds(N("org."), key.dnskey, "SHA256").to_text()]
    org = world.add("org.", "mx A 192.0.2.1", keys=(key,), ds=tuple(ds))
    for one in keys:
        org.put(f"@ DNSKEY {one.to_text()}")  # type: ignore[attr-defined]
    return word(Recursive(world).lookup("mx.org.", "A"))


def ds_in_a_set(count: int) -> str:
    return with_ds([f"{n} 15 2 {'00' * 32}" for n in range(1, count)], [], true_one=True)


def mismatches_of_a_ds(count: int) -> str:
    return with_ds([f"4711 15 2 {'00' * 32}"], colliding(count, 4711))


def digests_of_a_zone(count: int) -> str:
    """Four keys of each tag, and one DS for each tag."""
    tags = [4711 + n for n in range((count + 3) // 4)]
    keys = [key for place, tag in enumerate(tags) for key in colliding(min(4, count - 4 * place), tag)]
    return with_ds([f"{tag} 15 2 {'00' * 32}" for tag in tags], keys)


def iterations(count: int) -> str:
    return word(Recursive(example(nsec3=Nsec3Params(count))).lookup("gone.example.org.", "A"))


def names_hashed(count: int) -> str:
    """The name and every ancestor up to the zone are hashed in search of an encloser, which is not there."""
    world = example(nsec3=Nsec3Params())
    own, name = zone(world), f"{'a.' * (count - 1)}example.org."
    bend = replaced(authority=own.nsec3_at(N("host.example.org.")), rcode=3)
    recursive = Recursive(world).bend(name, "A", bend)
    return word(recursive.lookup(name, "A", limits=DnsLimits(questions_per_domain=3000)))


def denial_records(count: int) -> str:
    """The true ones come last."""
    world = example()
    own, name = zone(world), "gone.example.org."
    true = world.answer(N(name), rrtype.A).authority
    needed = sum(one.rdtype == rrtype.NSEC for one in true)
    strays = [
        s for n in range(count - needed) for s in own.make_nsec(N(f"a{n}.example.org."), N("b.example.org."), {1})
    ]
    bend = replaced(authority=[*strays, *true], rcode=3)
    return word(Recursive(world).bend(name, "A", bend).lookup(name, "A"))


@pytest.mark.parametrize(
    ("measure", "most", "at_most", "beyond"),
    [
        (aliases, 11, SECURE, "indeterminate alias-limit"),  # L-3
        (tlsa_records, 64, SECURE, OPEN),  # L-7
        (signatures_of_a_set, 8, SECURE, BOGUS),  # L-8
        (failures_of_a_question, 15, SECURE, BOGUS),  # L-8: the sixteenth failure is the last
        (keys_of_one_tag, 4, "bogus signature-invalid", BOGUS),  # L-9
        (keys_in_a_set, 64, SECURE, OPEN),
        (ds_in_a_set, 32, SECURE, OPEN),
        (mismatches_of_a_ds, 4, "bogus ds-mismatch", BOGUS),
        (digests_of_a_zone, 16, "bogus ds-mismatch", BOGUS),
        (iterations, 50, SECURE, "insecure nsec3-iterations"),  # L-10
        (names_hashed, 48, "bogus denial-invalid", OPEN),
        (denial_records, 16, SECURE, OPEN),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_limit_from_both_sides(measure: Callable[[int], str], most: int, at_most: str, beyond: str) -> None:
    """L-3, L-7 … L-10, D-13: at the limit nothing changes, one more is bogus, indeterminate or insecure by its kind."""
    assert (measure(most), measure(most + 1)) == (at_most, beyond)


@pytest.mark.parametrize(
    ("limit", "name", "rdtype", "least"),
    [
        ("questions_per_domain", "_25._tcp.mx.example.org.", "TLSA", 6),  # L-2: the chain and the question
        ("signatures_per_domain", "_25._tcp.mx.example.org.", "TLSA", 6),  # L-8
        ("signatures_per_question", "gone.example.org.", "A", 2),  # L-8: two NSEC records
    ],
)
def test_a_total_from_both_sides(limit: str, name: str, rdtype: str, least: int) -> None:
    """L-2, L-8: what is just enough is enough, guesses included; one less proves nothing."""
    assert with_limits(name, rdtype, **{limit: least}) == SECURE
    assert with_limits(name, rdtype, **{limit: least - 1}) == OPEN


@pytest.mark.parametrize(("records", "fits"), [(1000, True), (1001, False)])
def test_records_of_a_message(records: int, fits: bool) -> None:
    """L-6: a thousand records are read, one more is no message."""
    record = b"\0\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1"
    octets = b"\0\0\x81\x80\0\0" + records.to_bytes(2, "big") + b"\0\0\0\0" + record * records
    if fits:
        assert len(read(octets).answer) == records
    else:
        with pytest.raises(Malformed):
            read(octets)


@pytest.mark.parametrize(("octets", "fits"), [(65535, True), (65536, False)])
def test_octets_of_a_message(octets: int, fits: bool) -> None:
    """L-6: what TCP can carry is read, one octet more is no message."""
    head = b"\0\0\x81\x80\0\0\0\1\0\0\0\0" + b"\0\0\x10\0\1\0\0\0\1"
    body = octets - len(head) - 2
    message = head + min(body, 65535).to_bytes(2, "big") + bytes(body)
    if fits:
        assert len(read(message).answer[0].rdata) == body
    else:
        with pytest.raises(Malformed):
            read(message)


def test_work_is_the_same_in_whatever_order_packets_come() -> None:
    """L-8, L-10: signatures and hashes are charged for what was judged, not for when it came."""
    done = set()
    for turns in (0, 1, 5, 30):
        recursive = Recursive(example(nsec3=Nsec3Params(3)))
        resolver = recursive.resolver()
        resolver._questions._transport = Later(recursive, lambda q: q.rdtype in {rrtype.DS, rrtype.DNSKEY}, turns)
        view = resolver.for_domain()
        assert asyncio.run(view.lookup("gone.example.org.", "A")).status == "secure"
        done.add((view.budget.signatures, view.budget.names_hashed, view.budget.hash_rounds, view.budget.digests))
    assert len(done) == 1


def test_a_total_is_never_reset() -> None:
    """L-2, L-8: over lookups one after the other, aliases and retries, what is left only shrinks, and then is gone."""
    view = Recursive(example()).resolver(limits=DnsLimits(signatures_per_domain=40)).for_domain()
    spent, words = [], []
    for number in range(40):
        words.append(word(asyncio.run(view.lookup(f"n{number}.example.org.", "A"))))
        spent.append(view.budget.signatures)
    assert spent == sorted(spent)
    assert spent[-1] == 40
    assert set(words) == {SECURE, OPEN}
    assert words == sorted(words, reverse=True)


def test_a_message_set_of_no_rrset_is_nothing() -> None:
    """An RRSIG set alone, however large, is no set and costs nothing."""
    world = example()
    made = rrset(MX, "A", "192.0.2.1")
    sigs: dns.rrset.RRset = junk_signatures(world, made, 500)
    assert (sigs.rdclass, len(sigs)) == (IN, 500)
    view = Recursive(world).bend(MX, "A", replaced([sigs])).resolver().for_domain()
    lookup = asyncio.run(view.lookup(MX, "A"))
    assert word(lookup) == "bogus denial-missing"
    assert view.budget.signatures <= 8
