"""What a run shares: questions, zones and lookups, asked once and at the same time (DESIGN §5.2, D-12)."""

from __future__ import annotations

import asyncio
from collections import Counter

import dns.rdatatype as rrtype
import pytest

from dane_check.dnssec.budget import Budget, Spent
from dane_check.dnssec.flight import Flights
from dane_check.dnssec.lookup import Indeterminate, Lookup, Secure
from dane_check.errors import UsageError
from dane_check.limits import DnsLimits
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from tests.dnssec.lockstep import LockStep
from tests.dnssec.recursive import Recursive, servfail
from tests.dnssec.world import N, Nsec3Params, example, zone


def flights(recursive: Recursive, name: str, rdtype: str) -> tuple[Lookup, list[set[str]]]:
    resolver = recursive.resolver()
    steps = LockStep(recursive)
    resolver._questions._transport = steps
    return asyncio.run(resolver.lookup(name, rdtype)), [set(one) for one in steps.rounds]


class TestFlights:
    @pytest.mark.parametrize(
        ("name", "rdtype"),
        [("example.org.", "MX"), ("mx.example.org.", "A"), ("host.plain.example.org.", "A"), ("nix.example.org.", "A")],
    )
    def test_a_cold_chain_costs_one_flight(self, name: str, rdtype: str) -> None:
        """The question, and DNSKEY and DS of every label up to the anchor, leave together."""
        lookup, rounds = flights(Recursive(example()), name, rdtype)
        assert lookup.kind is not None
        assert len(rounds) == 1
        assert {f"{name} {rdtype}", ". DNSKEY", "org. DS", "org. DNSKEY", "example.org. DS"} <= rounds[0]

    def test_an_alias_into_another_zone_costs_one_more(self) -> None:
        """The target's chain is asked for at once too."""
        world = example()
        zone(world).put("out CNAME host.child.example.org.")
        lookup, rounds = flights(Recursive(world), "out.example.org.", "A")
        assert isinstance(lookup, Secure)
        assert len(rounds) <= 2

    def test_labels_with_an_underscore_are_not_asked_ahead(self) -> None:
        """They are hardly ever zone cuts."""
        _, rounds = flights(Recursive(example()), "_25._tcp.mx.example.org.", "TLSA")
        assert not any("_tcp" in question and "TLSA" not in question for question in rounds[0])

    def test_a_failed_speculation_was_never_asked(self) -> None:
        """It neither fails the lookup nor counts."""
        recursive = (
            Recursive(example()).bend("mx.example.org.", "DNSKEY", servfail).bend("mx.example.org.", "DS", servfail)
        )
        view = recursive.resolver().for_domain()
        assert isinstance(asyncio.run(view.lookup("mx.example.org.", "A")), Secure)
        assert view.budget.questions == len(recursive.asked) - 2

    def test_a_pending_speculation_does_not_delay(self) -> None:
        """A DS question below the signer that never ends is given up, and leaves no task behind."""
        recursive = Recursive(example())
        resolver = recursive.resolver()

        class Stuck:
            async def ask(self, question: Question, server: Server) -> Heard:
                if question.name == N("mx.example.org.") and question.rdtype != rrtype.A:
                    await asyncio.Event().wait()
                return await recursive.ask(question, server)

        resolver._questions._transport = Stuck()

        async def run() -> tuple[Lookup, int]:
            lookup = await asyncio.wait_for(resolver.lookup("mx.example.org.", "A"), 2)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return lookup, len(asyncio.all_tasks())

        lookup, tasks = asyncio.run(run())
        assert isinstance(lookup, Secure)
        assert tasks == 1


class TestSharing:
    def test_no_question_is_asked_twice_in_a_run(self) -> None:
        """Sixteen lookups at once, and again: every question leaves once."""
        recursive = Recursive(example())
        resolver = recursive.resolver()
        wanted = [
            (n, t) for n in ("mx.example.org.", "host.example.org.", "host.child.example.org.") for t in ("A", "AAAA")
        ]

        async def run() -> list[Lookup]:
            first = await asyncio.gather(*(resolver.lookup(*one) for one in wanted * 2))
            return [*first, *[await resolver.lookup(*one) for one in wanted]]

        assert {lookup.status for lookup in asyncio.run(run())} == {"secure"}
        assert max(Counter(recursive.asked).values()) == 1
        assert resolver.questions_asked == len(recursive.asked)

    def test_a_warm_zone_needs_the_question_alone(self) -> None:
        """Keys are validated once."""
        recursive = Recursive(example())
        resolver = recursive.resolver()

        async def run() -> int:
            await resolver.lookup("mx.example.org.", "A")
            before = len(recursive.asked)
            await resolver.lookup("host.example.org.", "A")
            return len(recursive.asked) - before

        assert asyncio.run(run()) == 1

    def test_a_failure_is_not_kept(self) -> None:
        """What could not be had is asked for again."""
        recursive = Recursive(example()).bend("example.org.", "DNSKEY", servfail, lambda reply: reply)
        resolver = recursive.resolver()

        async def run() -> list[str]:
            return [(await resolver.lookup("mx.example.org.", "A")).status for _ in range(2)]

        # The speculative question failed and was never asked, so that even the first lookup does not mind.
        assert asyncio.run(run()) == ["secure", "secure"]

    def test_a_cancelled_waiter_disturbs_no_other(self) -> None:
        """Two want the same; the one who asked first gives up."""
        resolver = Recursive(example()).resolver()

        async def run() -> Lookup:
            first = asyncio.create_task(resolver.lookup("mx.example.org.", "A"))
            second = asyncio.create_task(resolver.lookup("mx.example.org.", "A"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            first.cancel()
            return await second

        assert isinstance(asyncio.run(run()), Secure)

    def test_the_last_waiter_to_give_up_ends_the_work(self) -> None:
        """Nothing is left running for nobody."""
        resolver = Recursive(example()).resolver()

        async def run() -> int:
            task = asyncio.create_task(resolver.lookup("mx.example.org.", "A"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            for _ in range(5):
                await asyncio.sleep(0)
            return len(asyncio.all_tasks())

        assert asyncio.run(run()) == 1

    def test_work_that_another_could_not_pay_for_begins_anew(self) -> None:
        """A domain whose total ran out does not take the others with it."""
        flights_: Flights[str, str] = Flights(lambda result: True)
        poor, rich = Budget(DnsLimits(questions_per_domain=0)), Budget(DnsLimits())

        async def work(budget: Budget) -> str:
            await asyncio.sleep(0)
            budget.ask()
            return "done"

        async def run() -> list[object]:
            return await asyncio.gather(
                flights_.join("key", poor, lambda: work(poor)),
                flights_.join("key", rich, lambda: work(rich)),
                return_exceptions=True,
            )

        first, second = asyncio.run(run())
        assert isinstance(first, Spent)
        assert second == "done"


class TestProvenSigned:
    """D-12: TLSA may be asked early only where the zone is known to be signed."""

    def ask(self, recursive: Recursive, *lookups: tuple[str, str], about: str) -> bool:
        resolver = recursive.resolver()

        async def run() -> None:
            for one in lookups:
                await resolver.lookup(*one)

        asyncio.run(run())
        return resolver.zone_is_proven_signed(about)

    def test_a_zone_that_has_answered_counts(self) -> None:
        """After its MX set the hosts of example.org. are known to be signed."""
        assert self.ask(Recursive(example()), ("example.org.", "MX"), about="mx.example.org.")

    def test_nothing_is_known_before(self) -> None:
        """Neither at the start nor below a zone that was only passed on the way."""
        assert not self.ask(Recursive(example()), about="mx.example.org.")
        assert not self.ask(Recursive(example()), ("example.org.", "MX"), about="mx.other.org.")

    def test_an_insecure_cut_between_does_not_count(self) -> None:
        """plain.example.org. is known to be unsigned."""
        lookups = (("example.org.", "MX"), ("host.plain.example.org.", "A"))
        assert not self.ask(Recursive(example()), *lookups, about="host.plain.example.org.")

    def test_a_doubtful_one_does_not_count_either(self) -> None:
        """A DS denial over the iteration cap leaves open whether the child is signed."""
        world = example(nsec3=Nsec3Params(51))
        lookups = (("example.org.", "MX"), ("host.plain.example.org.", "A"))
        assert not self.ask(Recursive(world), *lookups, about="host.plain.example.org.")


class TestMisuse:
    @pytest.mark.parametrize(("name", "rdtype"), [("a..b", "A"), ("x" * 64 + ".org", "A"), ("example.org", "NOTYPE")])
    def test_names_and_types_that_are_none_are_usage_errors(self, name: str, rdtype: str) -> None:
        """Nothing leaves before that is known."""
        recursive = Recursive(example())
        with pytest.raises(UsageError):
            recursive.lookup(name, rdtype)
        assert recursive.asked == []

    def test_a_resolver_needs_a_server(self) -> None:
        """An empty list is the caller's mistake."""
        with pytest.raises(UsageError):
            Recursive(example()).resolver(servers=0)

    def test_a_missing_trailing_dot_changes_nothing(self) -> None:
        """Names are absolute: no search list, no ndots (R6698-3-d)."""
        assert isinstance(Recursive(example()).lookup("mx.example.org", "A"), Secure)

    def test_a_silent_network_is_a_value(self) -> None:
        """Every question fails: indeterminate."""

        class Dead(Recursive):
            async def ask(self, question: Question, server: Server) -> Heard:
                return NoReply(Fault.UNREACHABLE, "no route\x1b[2J")

        assert isinstance(Dead(example()).lookup("mx.example.org", "A"), Indeterminate)
