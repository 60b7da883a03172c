"""How many flights a verdict costs over a warm recursive resolver: rounds of questions under way together (D-12)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import dns.rdatatype as rrtype
import pytest

from dane_check import Checker, DomainCheck, Settings
from dane_check.check import diagnostics
from dane_check.dnssec.lookup import Lookup
from dane_check.limits import DnsLimits
from dane_check.ports import (
    DnsTransport,
    Fault,
    HandshakeFailure,
    NoReply,
    ProbeOutcome,
    ProbeRequest,
    Question,
    Refusal,
    Stage,
)
from dane_check.wire.message import Message
from tests.dnssec.lockstep import Failing, Later, LockStep, same
from tests.dnssec.recursive import Recursive, unsigned
from tests.dnssec.world import NOW, N, Nsec3Params, World

TLSA = f"TLSA 3 1 1 {'ab' * 32}"
EARLY = frozenset({rrtype.DS, rrtype.DNSKEY})
SERVFAIL = Message(b"", 0, 2, False, None, (), ())


def host(name: str) -> str:
    return f"{name} A 192.0.2.1\n{name} AAAA 2001:db8::1\n_25._tcp.{name} {TLSA}"


def net(**options: object) -> World:
    """Mail domains of several kinds under org., mail hosts under net."""
    world = World()
    for tld in ("org.", "net."):
        world.add(tld, **options)
    world.add("own.org.", f"@ MX 10 mx\n@ MX 20 mx2\n{host('mx')}\n{host('mx2')}", **options)
    world.add("none.org.", "@ MX 10 mx\nmx A 192.0.2.1", **options)
    world.add("empty.org.", "@ A 192.0.2.1", **options)
    world.add("hosted.org.", "@ MX 10 a.mailer.net.\n@ MX 20 b.other.net.\n@ MX 30 c.third.net.", **options)
    world.add("alias.org.", "@ MX 10 mx\nmx CNAME a.mailer.net.", **options)
    world.add("near.org.", f"@ MX 10 mx\nmx CNAME host\n{host('host')}", **options)
    world.add("away.org.", "@ MX 10 gate.plain.net.", **options)
    world.add("shy.org.", "@ MX 10 mx\nmx A 192.0.2.1\n_25._tcp.mx CNAME _25._tcp.a.mailer.net.", **options)
    world.add("deep.org.", f"@ MX 10 mx.a.b.c.d\n{host('mx.a.b.c.d')}", **options)
    world.add("cut.org.", "@ MX 10 mx.mail", **options)
    world.add("mail.cut.org.", host("mx"), **options)
    world.add("mailer.net.", host("a"), **options)
    world.add("other.net.", host("b"), **options)
    world.add("third.net.", host("c"), **options)
    world.add("plain.net.", "gate A 192.0.2.1", signed=False)
    world.add("unsigned.org.", "@ MX 10 mx\nmx A 192.0.2.1", signed=False)
    return world


class NobodyHome:
    """A `Prober` for which nobody answers, at once."""

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        return HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.REFUSED)


@dataclass
class Told:
    """What a check came to, and its flights."""

    check: DomainCheck
    rounds: list[list[str]]


async def no_questions(*_: object) -> tuple[()]:
    return ()


@pytest.fixture(autouse=True)
def verdict_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked after the verdict to explain it is no part of its flights."""
    monkeypatch.setattr(diagnostics, "diagnose", no_questions)


def check(*domains: str, inner: DnsTransport | None = None, world: World | None = None) -> list[Told]:
    """Domains checked one after the other in one run; the flights of each."""
    world = world or net()
    steps = LockStep(inner or Recursive(world))

    async def run() -> list[Told]:
        told = []
        settings = Settings(
            now=datetime.fromtimestamp(NOW, UTC),
            trust_anchor=tuple(world.anchor()),
            allow_reserved=True,
            resolver="192.0.2.53",
        )
        async with Checker(settings, dns=steps, prober=NobodyHome()) as checker:
            for domain in domains:
                begun = len(steps.rounds)
                checked = await checker.domain(domain)
                told.append(Told(checked, steps.rounds[begun:]))
        return told

    return asyncio.run(run())


LOOKUPS = [
    ("own.org.", "MX", 1),
    ("mx.own.org.", "A", 1),
    ("mx.own.org.", "TXT", 1),
    ("_25._tcp.mx.own.org.", "TLSA", 1),
    ("_25._tcp.mx.none.org.", "TLSA", 1),
    ("a.b.c.d.e.own.org.", "A", 1),
    ("mx.a.b.c.d.deep.org.", "A", 1),
    ("_25._tcp.mx.mail.cut.org.", "TLSA", 1),
    ("mx.unsigned.org.", "A", 1),
    ("_25._tcp.mx.unsigned.org.", "TLSA", 1),
    ("gate.plain.net.", "AAAA", 1),
    ("near.org.", "DS", 1),
    ("mx.near.org.", "A", 1),
    ("mx.alias.org.", "A", 2),
    ("_25._tcp.mx.shy.org.", "TLSA", 2),
    ("nothing.", "A", 1),
]
DENIALS = [None, Nsec3Params(), Nsec3Params(opt_out=True)]


def look_up(name: str, rdtype: str, inner: DnsTransport, recursive: Recursive) -> tuple[Lookup, list[list[str]]]:
    steps = LockStep(inner)
    resolver = recursive.resolver()
    resolver._questions._transport = steps
    return asyncio.run(resolver.lookup(name, rdtype)), steps.rounds


def early_for(name: str, rdtype: str) -> Callable[[Question], bool]:
    """The questions that are asked before anybody needs them: not the one that was put."""
    own = Question(N(name), rrtype.from_text(rdtype))
    return lambda question: question.rdtype in EARLY and question != own


def asked_twice(failing: Failing, rounds: list[list[str]]) -> list[str]:
    """What failed and was then needed."""
    asked = [question for one in rounds for question in one]
    return [str(question) for question in failing.failed if asked.count(str(question)) > 1]


@pytest.mark.parametrize("nsec3", DENIALS, ids=["nsec", "nsec3", "opt-out"])
@pytest.mark.parametrize(("name", "rdtype", "most"), LOOKUPS)
def test_a_lookup_costs_one_flight_and_one_more_for_an_alias(
    name: str, rdtype: str, most: int, nsec3: Nsec3Params | None
) -> None:
    """With nothing known here, the question and the whole chain above it leave together."""
    recursive = Recursive(net(nsec3=nsec3))
    lookup, rounds = look_up(name, rdtype, recursive, recursive)
    assert lookup.kind is not None
    assert len(rounds) <= most


@pytest.mark.parametrize(("name", "rdtype", "most"), LOOKUPS)
def test_failures_at_names_that_are_no_cut_cost_nothing(name: str, rdtype: str, most: int) -> None:
    """A resolver that answers SERVFAIL to DS and DNSKEY at names that are no cut: the same answer, the same flights."""
    world = net()
    recursive = Recursive(world)
    failing = Failing(recursive, lambda q: q.rdtype in EARLY and q.name not in world.zones, SERVFAIL)
    lookup, rounds = look_up(name, rdtype, failing, recursive)
    assert same(lookup, recursive.lookup(name, rdtype))
    assert len(rounds) <= most


@pytest.mark.parametrize("failure", [SERVFAIL, NoReply(Fault.TIMEOUT)], ids=["servfail", "timeout"])
@pytest.mark.parametrize(("name", "rdtype", "most"), LOOKUPS)
def test_early_questions_that_fail_once_cost_a_flight_each(
    name: str, rdtype: str, most: int, failure: Message | NoReply
) -> None:
    """Every DS and DNSKEY fails when first asked: the same answer, one flight more for each that was needed."""
    recursive = Recursive(net())
    failing = Failing(recursive, early_for(name, rdtype), failure, once=True)
    lookup, rounds = look_up(name, rdtype, failing, recursive)
    assert same(lookup, recursive.lookup(name, rdtype))
    assert len(rounds) <= most + len(asked_twice(failing, rounds))


@pytest.mark.parametrize(("name", "rdtype", "most"), LOOKUPS)
def test_an_early_failure_that_comes_after_the_answer_counts_for_nothing(name: str, rdtype: str, most: int) -> None:
    """Who waits for a question asked early and sees it fail asks it anew: which packet came first decides nothing."""
    recursive = Recursive(net())
    early = early_for(name, rdtype)
    failing = Failing(recursive, early, SERVFAIL, once=True)
    resolver = recursive.resolver()
    resolver._questions._transport = Later(failing, early)
    assert same(asyncio.run(resolver.lookup(name, rdtype)), recursive.lookup(name, rdtype))


def test_many_who_guess_do_not_spoil_what_one_needs() -> None:
    """Sixteen lookups at once, whose early questions all fail late and once: none of them minds."""
    recursive = Recursive(net())
    names = ["own.org.", "near.org.", "alias.org.", "deep.org."] * 4

    def early(question: Question) -> bool:
        return question.rdtype in EARLY

    resolver = recursive.resolver()
    resolver._questions._transport = Later(Failing(recursive, early, SERVFAIL, once=True), early)

    async def run() -> list[Lookup]:
        return list(await asyncio.gather(*(resolver.lookup(name, "MX") for name in names)))

    assert {lookup.status for lookup in asyncio.run(run())} == {"secure"}


DOMAINS = [
    ("own.org", 2),
    ("none.org", 2),
    ("empty.org", 2),
    ("near.org", 3),
    ("deep.org", 2),
    ("unsigned.org", 3),
    ("hosted.org", 3),
    ("away.org", 3),
    ("cut.org", 3),
    ("shy.org", 3),
    ("alias.org", 4),
    ("gone.org", 1),
]


@pytest.mark.parametrize(("domain", "most"), DOMAINS)
def test_a_whole_domain_costs_two_flights_or_three(domain: str, most: int) -> None:
    """MX; addresses, with TLSA beside them where the zone is proven, after them elsewhere; an alias one more."""
    (told,) = check(domain)
    assert len(told.rounds) <= most, told.rounds
    assert not any(len(one) != len(set(one)) for one in told.rounds)


@pytest.mark.parametrize(("domain", "most"), DOMAINS)
def test_failures_where_no_cut_is_change_nothing_for_a_domain(domain: str, most: int) -> None:
    """SERVFAIL to DS and DNSKEY at names that are no cut: verdict and flights stay."""
    world = net()
    failing = Failing(Recursive(world), lambda q: q.rdtype in EARLY and q.name not in world.zones, SERVFAIL)
    (calm,), (told,) = check(domain, world=world), check(domain, world=world, inner=failing)
    assert told.check.verdict == calm.check.verdict
    assert len(told.rounds) <= most


@pytest.mark.parametrize(("domain", "most"), DOMAINS)
def test_early_failures_delay_a_domain_and_change_nothing(domain: str, most: int) -> None:
    """Every DS and DNSKEY fails when first asked: the same verdict, one flight more for each that was needed."""
    world = net()
    failing = Failing(Recursive(world), lambda q: q.rdtype in EARLY, SERVFAIL, once=True)
    (calm,), (told,) = check(domain, world=world), check(domain, world=world, inner=failing)
    assert told.check.verdict == calm.check.verdict
    assert len(told.rounds) <= most + len(asked_twice(failing, told.rounds))


def test_a_second_domain_asks_nothing_above_it_again() -> None:
    """Under a top-level domain that is known: DS and DNSKEY of the domain itself, and no question twice in the run."""
    first, second, third = check("own.org", "deep.org", "hosted.org")
    assert (len(first.rounds), len(second.rounds), len(third.rounds)) == (2, 2, 3)
    later = [question for told in (second, third) for one in told.rounds for question in one]
    assert not {". DNSKEY", "org. DS", "org. DNSKEY"} & set(later)
    assert {"deep.org. MX", "deep.org. DS", "deep.org. DNSKEY"} == set(second.rounds[0])
    everything = [question for told in (first, second, third) for one in told.rounds for question in one]
    assert len(everything) == len(set(everything))


def test_after_a_name_that_does_not_exist_a_domain_costs_no_more() -> None:
    """A top-level domain that has denied a name is still one that only leads on."""
    _, second = check("gone.org", "deep.org")
    assert len(second.rounds) == 2


def test_signatures_stripped_below_a_known_zone_cost_one_more_flight_each_way() -> None:
    """The walk to a name that fails asks for all that is left of the way at once."""
    recursive = Recursive(net()).bend("_25._tcp.mx.own.org.", "TLSA", unsigned(rrtype.TLSA))
    lookup, rounds = look_up("_25._tcp.mx.own.org.", "TLSA", recursive, recursive)
    assert lookup.status == "bogus"
    assert len(rounds) <= 3  # the question and the chain; the rest of the way; the question once more


def test_half_of_the_questions_is_kept_for_what_is_needed() -> None:
    """L-2: guesses stop at half of a domain's questions, so that they never cost a verdict."""
    world = World()
    world.add("org.", "\n".join(f"h{n}.a.b.c.d A 192.0.2.1" for n in range(40)))
    recursive = Recursive(world)
    view = recursive.resolver(limits=DnsLimits(questions_per_domain=60)).for_domain()

    async def run() -> list[str]:
        return [lookup.status for lookup in [await view.lookup(f"h{n}.a.b.c.d.org.", "A") for n in range(40)]]

    assert set(asyncio.run(run())) == {"secure"}
    assert view.budget.questions <= 60
