"""L-21, threats T-25: whoever sends us there, a mail server meets a few sessions at once and a few a minute."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from dane_check import Checker, DomainCheck, Settings
from dane_check.check.domain import check_domain
from dane_check.check.gate import Gate, Ledger, network_of
from dane_check.check.session import Probes, Session
from dane_check.dnssec.lookup import Lookup
from dane_check.limits import DEFAULT, UNHURRIED, DomainLimits, Limits, RunLimits
from dane_check.ports import Fault, Heard, NoReply, ProbeOutcome, ProbeRequest, Question, Server
from tests.check.test_flow import ALERT, DOMAIN, HOST, V4, chain, ee, good_answers, published
from tests.check.virtual_time import START, VirtualTime
from tests.lookups import Answers, nodata, secure

_MINUTE = 60.0


class Busy:
    """A `Prober` whose sessions take `seconds`, and that notes when they begin and how many there are at once."""

    def __init__(self, time: VirtualTime, seconds: float = 0.5) -> None:
        self._time = time
        self._seconds = seconds
        self._open: Counter[str] = Counter()
        self.begun: list[tuple[float, str]] = []
        self.peak = 0

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        self._open[request.address] += 1
        self.peak = max(self.peak, self._open[request.address])
        self.begun.append((self._time.monotonic(), request.address))
        await asyncio.sleep(self._seconds)
        self._open[request.address] -= 1
        return ALERT if len(request.key_types) < 4 else chain()

    def most_a_minute(self) -> int:
        moments = sorted(moment for moment, _ in self.begun)
        return max(sum(first <= one < first + _MINUTE for one in moments) for first in moments)


def domain_of(number: int) -> dict[tuple[str, str], Lookup]:
    """A domain whose mail host, a name of its own, is the one address that all share."""
    domain, host = f"d{number}.example.test", f"mx.d{number}.example.test"
    return {
        (domain, "MX"): secure(f"10 {host}."),
        (host, "A"): secure(V4),
        (host, "AAAA"): nodata(),
        (f"_25._tcp.{host}", "TLSA"): published(ee()),
    }


def session_of(time: VirtualTime, prober: Busy, answers: Answers, limits: Limits = DEFAULT) -> Session:
    probes = Probes(prober, Gate(limits.run, time), None, time.monotonic)
    return Session(Settings(limits=limits), START, lambda: answers, probes, "probe.example.net", time.monotonic)


def test_five_hundred_domains_on_one_address_are_a_trickle() -> None:
    """T-25: peak 2, no more than 6 a minute, and every domain is judged as if it had been alone."""
    time = VirtualTime()
    prober = Busy(time)
    table: dict[tuple[str, str], Lookup] = {}
    for number in range(500):
        table |= domain_of(number)
    session = session_of(time, prober, Answers(table))

    async def survey() -> list[DomainCheck]:
        at_once = asyncio.Semaphore(50)

        async def one(number: int) -> DomainCheck:
            async with at_once:
                return await check_domain(session, f"d{number}.example.test")

        return await asyncio.gather(*(one(number) for number in range(500)))

    checks = time.run(survey())
    assert len(prober.begun) == 1000
    assert (prober.peak, prober.most_a_minute()) == (2, 6)
    assert {check.verdict.exit_status for check in checks} == {0}
    assert not any(check.verdict.reason == "limit" for check in checks)
    assert max(check.timings.get("waiting", 0) for check in checks) > DEFAULT.domain.seconds


def test_a_network_has_a_rate_of_its_own() -> None:
    """L-21: 30 a minute for all addresses of one /24 together."""
    time = VirtualTime()
    prober = Busy(time, 0)
    gate = Gate(RunLimits(), time)

    async def visit(address: str) -> None:
        async with gate.session(address):
            await prober.probe(ProbeRequest(address, 25, None))

    async def all_of_them() -> None:
        await asyncio.gather(*(visit(f"192.0.2.{number}") for number in range(1, 101)))

    time.run(all_of_them())
    assert len(prober.begun) == 100
    assert prober.most_a_minute() == 30
    assert time.monotonic() < 4 * _MINUTE


def test_one_domain_does_not_wait_for_its_own_sessions() -> None:
    """L-19 and L-21: two hosts at one address, with three sessions each, pass at once."""
    time = VirtualTime()
    gate = Gate(RunLimits(), time)

    async def six() -> None:
        for _ in range(6):
            async with gate.session(V4):
                pass

    time.run(six())
    assert time.monotonic() == 0


def test_a_lifted_rate_lets_everybody_through_two_at_a_time() -> None:
    """The lab's limits: nobody is burdened there."""
    time = VirtualTime()
    prober = Busy(time, 1)
    gate = Gate(UNHURRIED, time)

    async def visit() -> None:
        async with gate.session(V4):
            await prober.probe(ProbeRequest(V4, 25, None))

    async def forty() -> None:
        await asyncio.gather(*(visit() for _ in range(40)))

    time.run(forty())
    assert (prober.peak, time.monotonic()) == (2, 20.0)


class TestLedger:
    """The judgement behind the gate: a value that is told the time."""

    def test_the_seventh_waits_for_the_first_to_be_a_minute_old(self) -> None:
        """L-21."""
        ledger = Ledger(RunLimits())
        for second in range(6):
            assert ledger.due(V4, second) == second
            ledger.begin(V4, second)
        assert ledger.due(V4, 6) == 60
        ledger.begin(V4, 60)
        assert ledger.due(V4, 60) == 61

    @pytest.mark.parametrize(
        ("one", "other", "shared"),
        [
            ("192.0.2.1", "192.0.2.254", True),
            ("192.0.2.1", "192.0.3.1", False),
            ("2001:db8:1::1", "2001:db8:1:ffff::1", True),
            ("2001:db8:1::1", "2001:db8:2::1", False),
            ("no address", "no address either", False),
        ],
    )
    def test_neighbours_share_a_network(self, one: str, other: str, shared: bool) -> None:
        """L-21: /24 and /48."""
        assert (network_of(one) == network_of(other)) is shared


class TestWaiting:
    """DESIGN §4: waiting at a politeness gate is charged to no limit."""

    def test_the_deadline_of_a_domain_stands_still_meanwhile(self) -> None:
        """L-20: ninety seconds at the gate do not make a domain with a minute's deadline undetermined."""
        time = VirtualTime()
        prober = Busy(time, 0.1)
        limits = replace(DEFAULT, domain=replace(DomainLimits(), seconds=5.0))
        session = session_of(time, prober, Answers(good_answers()), limits)

        async def after_others() -> DomainCheck:
            for number in range(6):
                await session.probe(ProbeRequest(V4, 25, f"other{number}.test"))
            return await check_domain(session, DOMAIN)

        check = time.run(after_others())
        assert (check.verdict.word.value, check.verdict.exit_status) == ("protected", 0)
        assert check.timings["waiting"] > 50

    def test_what_is_slow_itself_is_charged(self) -> None:
        """L-20: waiting at the gate buys no time for a server that does not answer."""
        time = VirtualTime()
        prober = Busy(time, 30)
        limits = replace(DEFAULT, domain=replace(DomainLimits(), seconds=5.0))
        session = session_of(time, prober, Answers(good_answers()), limits)
        check = time.run(check_domain(session, DOMAIN))
        assert (check.verdict.exit_status, check.verdict.reason) == (4, "limit")

    def test_nobody_stands_in_line_for_those_who_have_left(self) -> None:
        """A session that its last customer gave up before it began is never held."""
        time = VirtualTime()
        prober = Busy(time)
        session = session_of(time, prober, Answers({}))

        async def impatient() -> None:
            for number in range(6):
                await session.probe(ProbeRequest(V4, 25, f"other{number}.test"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await session.probe(ProbeRequest(V4, 25, "late.test"))
            await asyncio.sleep(200)

        time.run(impatient())
        assert len(prober.begun) == 6
        assert session.probes.held(V4) == 6


def test_recorded_and_other_checks_of_a_run_share_one_gate() -> None:
    """L-21: the rate is that of the Checker, whatever it is asked to keep."""

    class Mute:
        async def ask(self, question: Question, server: Server) -> Heard:
            return NoReply(Fault.TIMEOUT)

    time = VirtualTime()
    prober = Busy(time)

    async def both() -> None:
        settings = Settings(resolver="127.0.0.1:9", now=START)
        async with Checker(settings, dns=Mute(), prober=prober, clock=time) as checker:
            plain, recorded = await checker._run(record=False), await checker._run(record=True)
            for number in range(4):
                await plain.session.probe(ProbeRequest(V4, 25, f"a{number}.test"))
                await recorded.session.probe(ProbeRequest(V4, 25, f"b{number}.test"))

    time.run(both())
    assert prober.most_a_minute() == 6


def test_repetitions_are_held_to_the_rate_as_well() -> None:
    """L-19, L-21: `repeat` is the one way to more than three sessions, and the gate's rate stands."""
    time = VirtualTime()
    prober = Busy(time)
    session = session_of(time, prober, Answers(good_answers()))
    session = replace(session, settings=replace(session.settings, repeat=10))
    check = time.run(check_domain(session, DOMAIN))
    assert len(prober.begun) == 20
    assert (prober.peak, prober.most_a_minute()) == (1, 6)
    assert (check.verdict.exit_status, check.verdict.hosts[0].host) == (0, HOST)
    assert check.verdict.hosts[0].endpoints[0].sessions == 10
