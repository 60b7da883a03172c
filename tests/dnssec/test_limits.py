"""What validation may cost, and what a spent limit means (threats T-13 … T-15; D-13; L-1 … L-10)."""

from __future__ import annotations

import asyncio

import dns.rdatatype as rrtype
import pytest

from dane_check.dnssec import signature
from dane_check.dnssec.arithmetic import Verification
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Lookup, Secure
from dane_check.limits import DnsLimits
from dane_check.ports import Heard, Question, Server
from tests.counted import counted_calls
from tests.dnssec.keytrap import colliding, junk_signatures, with_extra_keys
from tests.dnssec.recursive import Recursive, replaced
from tests.dnssec.world import N, SigningKey, World, example, rrset, zone

# Calls of functions, C ones included, in a lookup of 60 keys and 60 signatures; 81 000 were seen.
MOST_CALLS = 160_000


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every signature computation, by algorithm."""
    done: list[int] = []
    true = signature.verify_octets

    def count(algorithm: int, *args: bytes) -> Verification:
        done.append(algorithm)
        return true(algorithm, *args)

    monkeypatch.setattr(signature, "verify_octets", count)
    return done


class TestKeyTrap:
    def test_colliding_keys_times_junk_signatures(self, verifications: list[int]) -> None:
        """T-13: 60 keys of one tag × 60 signatures cost no more than eight, and are bogus by the limit."""
        world = example()
        recursive = with_extra_keys(world, colliding(60, 4711))
        made = rrset("mx.example.org.", "A", "192.0.2.66")
        recursive.bend("mx.example.org.", "A", replaced([made, junk_signatures(world, made, 60, 4711)]))
        with counted_calls() as calls:
            lookup = recursive.lookup("mx.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.LIMIT
        assert calls.total() <= MOST_CALLS, calls.most_common(9)
        chain = 5  # DNSKEY and DS of the root, org. and example.org.
        assert len(verifications) <= chain + 8

    def test_two_keys_of_one_tag_are_both_tried(self) -> None:
        """R4035-5.3.1-g: collisions happen honestly."""
        world = example()
        own = zone(world)
        recursive = with_extra_keys(world, colliding(3, own.keys[0].tag))
        assert isinstance(recursive.lookup("mx.example.org.", "A"), Secure)

    def test_nine_junk_signatures_of_a_good_key_are_the_limit(self, verifications: list[int]) -> None:
        """L-8: eight for one RRset, even if the ninth were good."""
        world = example()
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        sigs = junk_signatures(world, made, 8)
        answer = [made, sigs, zone(world).sign(made)]
        lookup = Recursive(world).bend("mx.example.org.", "A", replaced(answer)).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.LIMIT
        assert len(verifications) == 5 + 8 + 1  # the chain, the limit, and the proof that no cut lies below

    def test_sixteen_failures_for_one_question_are_the_end(self, verifications: list[int]) -> None:
        """L-8: over several sets of one answer; bogus by D-13, and nothing more is computed."""
        world = example()
        own = zone(world)
        denials = []
        for number in range(12):
            made = own.make_nsec(N(f"a{number}.example.org."), N("zz.example.org."), {rrtype.A})[0]
            denials += [made, junk_signatures(world, made, 2)]
        name = "gone.example.org."
        bend = replaced(authority=denials, rcode=3)
        lookup = Recursive(world).bend(name, "A", bend).lookup(name, "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.LIMIT
        assert len(verifications) == 5 + 16 + 2  # the chain, the limit, and the proof that no cut lies below

    def test_ds_digests_are_bounded(self) -> None:
        """L-9: more mismatches for one DS than four are not tried."""
        world = World()
        org = world.add("org.", "mx A 192.0.2.1", ds=())
        zone(world, ".").put(f"org. DS 4711 15 2 {'00' * 32}")
        for key in colliding(9, 4711):
            zone(world, "org.").put(f"@ DNSKEY {key.to_text()}")  # type: ignore[attr-defined]
        lookup = Recursive(world).lookup("mx.org.", "A")
        assert isinstance(lookup, Bogus)
        assert (lookup.why.cause, org.origin) == (Cause.LIMIT, N("org."))

    def test_too_many_keys_prove_nothing(self) -> None:
        """L-9: an over-large set is indeterminate (D-13)."""
        world = example()
        lookup = with_extra_keys(world, [SigningKey(2000 + n).dnskey for n in range(64)]).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Indeterminate)
        assert lookup.why.cause is Cause.LIMIT


class TestTotals:
    def test_signatures_for_one_question(self) -> None:
        """L-8: a total proves nothing: indeterminate."""
        limits = DnsLimits(signatures_per_question=1)
        lookup = Recursive(example()).lookup("gone.example.org.", "A", limits=limits)
        assert isinstance(lookup, Indeterminate)
        assert lookup.why.cause is Cause.LIMIT

    def test_signatures_for_one_domain(self) -> None:
        """The chain of one lookup takes six; the domain may have five."""
        lookup = Recursive(example()).lookup("mx.example.org.", "A", limits=DnsLimits(signatures_per_domain=5))
        assert isinstance(lookup, Indeterminate)

    def test_questions_for_one_domain_are_never_reset(self) -> None:
        """T-15, L-2: a web of aliases costs 300 questions and no more, however many lookups it is spread over."""
        world = World()
        world.add("org.", "\n".join(f"a{n} CNAME a{n}.x.y.z.q{n}" for n in range(100)))
        recursive = Recursive(world)
        view = recursive.resolver().for_domain()

        async def run() -> list[Lookup]:
            return list(await asyncio.gather(*(view.lookup(f"a{n}.org.", "A") for n in range(400))))

        lookups = asyncio.run(run())
        assert len(recursive.asked) <= 300
        assert any(isinstance(one, Indeterminate) and one.why.cause is Cause.LIMIT for one in lookups)
        assert all(isinstance(one, Indeterminate) or one.kind == "nxdomain" for one in lookups)

    def test_another_domain_is_not_charged(self) -> None:
        """The total is a domain's, and what is known costs nothing."""
        recursive = Recursive(example())
        resolver = recursive.resolver(limits=DnsLimits(questions_per_domain=8))

        async def run() -> list[str]:
            greedy = resolver.for_domain()
            first = [(await greedy.lookup(f"n{n}.example.org.", "A")).status for n in range(6)]
            second = await resolver.for_domain().lookup("mx.example.org.", "A")
            return [*first, second.status]

        statuses = asyncio.run(run())
        assert "indeterminate" in statuses[:6]
        assert statuses[6] == "secure"

    def test_denial_records_beyond_the_limit_are_not_read(self) -> None:
        """L-10: sixteen for one message, then indeterminate."""
        world = example()
        own = zone(world)
        strays = [one for n in range(16) for one in own.make_nsec(N(f"a{n}.example.org."), N("b.example.org."), {1})]
        name = "nix.example.org."
        true = world.answer(N(name), rrtype.A).authority
        lookup = Recursive(world).bend(name, "A", replaced(authority=[*strays, *true], rcode=3)).lookup(name, "A")
        assert isinstance(lookup, Indeterminate)
        assert lookup.why.cause is Cause.LIMIT

    def test_more_tlsa_records_than_the_limit(self) -> None:
        """L-7: 64 are read, 65 are a failure."""
        world = example()
        for n in range(64):
            zone(world).put(f"_25._tcp.host TLSA 3 1 1 {n:064x}")
        name = "_25._tcp.host.example.org."
        assert isinstance(Recursive(world).lookup(name, "TLSA"), Secure)
        zone(world).put(f"_25._tcp.host TLSA 3 1 1 {64:064x}")
        lookup = Recursive(world).lookup(name, "TLSA")
        assert isinstance(lookup, Indeterminate)
        assert lookup.why.cause is Cause.LIMIT


class Sleeper:
    """A transport that never answers one question."""

    def __init__(self, inner: Recursive, silent: Question) -> None:
        self._inner, self._silent = inner, silent

    async def ask(self, question: Question, server: Server) -> Heard:
        if question == self._silent:
            await asyncio.Event().wait()
        return await self._inner.ask(question, server)


def test_a_lookup_has_a_deadline() -> None:
    """L-1: one lookup with all that it needs; then indeterminate by time-out."""
    recursive = Recursive(example())
    resolver = recursive.resolver(limits=DnsLimits(lookup_seconds=0.05))
    resolver._questions._transport = Sleeper(recursive, Question(N("example.org."), rrtype.DNSKEY))
    lookup = asyncio.run(resolver.lookup("mx.example.org.", "A"))
    assert isinstance(lookup, Indeterminate)
    assert (lookup.why.cause, lookup.why.fault) == (Cause.TRANSPORT, "timeout")
