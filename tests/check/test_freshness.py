"""Threats T-8: a TLSA answer that has grown old by the time of a session is asked for again, and judged by anew."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dane_check import Checker, DomainCheck, Settings, replay
from dane_check.check.freshness import Answered, Freshest
from dane_check.check.session import DomainLookups
from dane_check.dnssec.lookup import Lookup, Secure
from dane_check.evidence.file import from_text, to_text
from dane_check.evidence.record import Renewal
from dane_check.lab import Scenario
from dane_check.lab.memory import MemoryLab
from dane_check.lab.scenario import read_scenario
from dane_check.limits import DEFAULT, RunLimits
from dane_check.policy.base_domain import Requirement, opportunistic
from dane_check.policy.verdict import EndpointResult, EndpointVerdict, HostWord
from dane_check.ports import Heard, KeyType, ProbeRequest, Question, Server
from dane_check.report.json import check_to_json
from dane_check.report.text import TextOptions, check_to_text
from tests.check.virtual_time import START, VirtualTime
from tests.lookups import PROOF, Answers, insecure, nodata, tlsa_records

DOMAIN = "late.test"
ONE_A_MINUTE = replace(DEFAULT, run=RunLimits(address_sessions_per_minute=1))
ECDSA = "_25._tcp.mx  {ttl} TLSA 3 1 1 {{ee-ecdsa}}"
RSA = "_25._tcp.mx  {ttl} TLSA 3 1 1 {{ee-rsa}}"
SERVFAIL = "_25._tcp.mx TLSA servfail"


def zone(*records: str, ttl: int = 30, fault: str = "") -> Scenario:
    """A host with two certificates, and these TLSA records for them."""
    lines = "\n".join(record.format(ttl=ttl) for record in records)
    return read_scenario(f'''
id = "late"
domain = "{DOMAIN}"
says = "The second session is held a minute after the first."
rule = []
[[zone]]
records = """
@  MX 10 mx
mx A {{A}}
{lines}
"""
faults = [{f'"{fault}"' if fault else ""}]
[[server]]
[[server.certificate]]
key = "ecdsa"
[[server.certificate]]
key = "rsa"
[expect]
verdict = "protected"
exit = 0
''')


class Changing:
    """A `DnsTransport` whose world becomes another after half a minute; `asked` holds what it was asked, and when."""

    def __init__(self, time: VirtualTime, before: MemoryLab, after: MemoryLab) -> None:
        self._time = time
        self._labs = before, after
        self.asked: list[tuple[str, float]] = []

    async def ask(self, question: Question, server: Server) -> Heard:
        now = self._time.monotonic()
        self.asked.append((str(question), now))
        return await self._labs[now > 30].ask(question, server)


def checked(before: Scenario, after: Scenario) -> tuple[DomainCheck, Changing]:
    """The check of a domain that changes while the second session waits at the gate."""
    time = VirtualTime()
    lab = MemoryLab(before, START)
    dns = Changing(time, lab, MemoryLab(after, START))
    settings = Settings(
        resolver=str(lab.resolver), trust_anchor=lab.trust_anchor, allow_reserved=True, limits=ONE_A_MINUTE
    )

    async def run() -> DomainCheck:
        async with Checker(settings, dns=dns, dialer=lab, clock=time) as checker:
            check = await checker.domain(DOMAIN, record=True)
        await lab.aclose()
        return check

    return time.run(run()), dns


def again(check: DomainCheck) -> DomainCheck:
    """The check judged once more from its evidence, by way of a file."""
    assert check.evidence is not None
    (replayed,) = asyncio.run(replay(from_text(to_text(check.evidence))))
    return replayed


def endpoint(check: DomainCheck, key_type: KeyType) -> EndpointVerdict:
    (found,) = (one for one in check.verdict.hosts[0].endpoints if one.key_type is key_type)
    return found


def test_an_answer_past_its_ttl_is_asked_for_again() -> None:
    """The records still name what is served; both times stand in every report."""
    check, dns = checked(zone(ECDSA, RSA), zone(ECDSA, RSA))
    assert check.verdict.exit_status == 0
    assert endpoint(check, KeyType.ECDSA).renewed is None
    renewed = endpoint(check, KeyType.RSA).renewed
    assert renewed is not None
    assert timedelta(seconds=59) < renewed[1] - renewed[0] < timedelta(seconds=62)
    assert check_to_json(check)["hosts"][0]["endpoints"][1]["tlsa_looked_up"] == [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:01:00Z",
    ]
    assert "and again at 2026-03-01 12:01 UTC" in check_to_text(check, TextOptions(verbose=True))
    assert [moment > 30 for question, moment in dns.asked if question.endswith(" TLSA")] == [False, True]
    assert again(check).verdict == check.verdict


def test_the_address_is_never_asked_for_again() -> None:
    """T-8: the connection goes to the address that was looked up; no second A question, whatever it would bring."""
    _, dns = checked(zone(ECDSA, RSA), zone(ECDSA, RSA))
    assert [question for question, _ in dns.asked].count(f"mx.{DOMAIN}. A") == 1


def test_a_record_withdrawn_meanwhile_no_longer_counts() -> None:
    """A sender that connected then would refuse that certificate; the first session stands as it was."""
    check, _ = checked(zone(ECDSA, RSA), zone(ECDSA))
    assert (check.verdict.exit_status, endpoint(check, KeyType.ECDSA).result) == (1, EndpointResult.AUTHENTICATED)
    assert endpoint(check, KeyType.RSA).result is EndpointResult.MISMATCH
    assert again(check).verdict == check.verdict


def test_a_record_published_meanwhile_counts() -> None:
    """The other way round: no false alarm about a certificate whose record was on its way."""
    check, _ = checked(zone(ECDSA), zone(ECDSA, RSA))
    assert endpoint(check, KeyType.RSA).result is EndpointResult.AUTHENTICATED
    assert again(check).verdict == check.verdict


def test_a_lookup_that_fails_by_then_leaves_it_open() -> None:
    """S3-07: never protected by an answer that could not be had again."""
    check, _ = checked(zone(ECDSA, RSA), zone(ECDSA, RSA, fault=SERVFAIL))
    assert (check.verdict.exit_status, check.verdict.hosts[0].word) == (4, HostWord.DNS_ERROR)
    assert again(check).verdict == check.verdict


def test_an_answer_that_is_young_enough_is_not_asked_for_again() -> None:
    """A minute at the gate is within the hundred seconds, and an hour's TTL is not over."""
    check, dns = checked(zone(ECDSA, RSA, ttl=3600), zone(ECDSA, ttl=3600))
    assert check.verdict.exit_status == 0
    assert [question.endswith(" TLSA") for question, _ in dns.asked].count(True) == 1


def good_for(answer: Lookup) -> float | None:
    return Answered(opportunistic("x", ()), answer).good_for(START)


def published(ttl: int, expires_in: float | None = None) -> Secure:
    records = tuple(replace(one, ttl=ttl) for one in tlsa_records(b"\x03\x01\x01\x00"))
    if expires_in is None:
        return Secure(records, PROOF)
    from dane_check.dnssec.lookup import Link, Proof, SignedBy

    signed = SignedBy("test.", 1, "ECDSAP256SHA256", START, START + timedelta(seconds=expires_in))
    return Secure(records, Proof((Link("test.", "test. TLSA", "", signed),)))


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (published(3600), 100),
        (published(60), 60),
        (published(0), 1),
        (published(3600, 40), 40),
        (published(3600, -5), 1),
        (nodata(), None),
        (insecure("x"), None),
    ],
)
def test_how_long_an_answer_is_good(answer: Lookup, seconds: float | None) -> None:
    """T-8: a hundred seconds, its TTL, its signatures: whichever ends first; an absence does not age."""
    assert good_for(answer) == seconds


class Hand:
    """`Moments` whose time is set by hand, and the answers that come when TLSA is asked for again."""

    recorded: Mapping[tuple[ProbeRequest, int], Renewal] | None = None

    def __init__(self, *answers: Lookup) -> None:
        self.now = 0.0
        self.noted: list[Renewal] = []
        self._answers = list(answers)

    def seconds(self) -> float:
        return self.now

    def at(self, seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    def lookups(self, moment: datetime) -> DomainLookups:
        return Answers({})

    def note(self, renewal: Renewal) -> None:
        self.noted.append(renewal)

    async def again(self, source: DomainLookups) -> Answered:
        return answered(self._answers.pop(0))


def answered(answer: Lookup) -> Answered:
    return Answered(opportunistic(f"ttl {answer.records[0].ttl}", ()), answer)


async def by(fresh: Freshest, turn: int, began: float | None) -> str | None:
    found, _ = await fresh.for_session(ProbeRequest("192.0.2.1", 25, "mx.test"), turn, began)
    assert isinstance(found, Requirement)
    return found.reason


def test_a_session_is_judged_by_the_answer_of_its_own_time_whenever_it_is_judged() -> None:
    """T-8, D-39: other sessions stand, also those that are judged after an answer was renewed for a later one."""
    hand = Hand(published(70), published(80))
    fresh = Freshest(hand, answered(published(60)), 0.0, hand.again)

    async def run() -> list[str | None]:
        hand.now = 61.5
        late = await by(fresh, 1, 61.0)
        hand.now = 140.0
        return [
            late,
            await by(fresh, 0, 59.0),
            await by(fresh, 2, 61.2),
            await by(fresh, 3, 131.0),
            await by(fresh, 4, 135.0),
        ]

    assert asyncio.run(run()) == ["ttl 70", "ttl 60", "ttl 70", "ttl 70", "ttl 80"]
    assert [(one.turn, one.again) for one in hand.noted] == [
        (1, START + timedelta(seconds=61)),
        (2, START + timedelta(seconds=61)),
        (3, START + timedelta(seconds=61)),
        (4, START + timedelta(seconds=140)),
    ]


def test_sessions_that_come_late_together_are_judged_by_one_answer() -> None:
    """One question for all of them, whoever asks first."""
    hand = Hand(published(70))
    fresh = Freshest(hand, answered(published(60)), 0.0, hand.again)

    async def run() -> list[str | None]:
        hand.now = 64.0
        return list(await asyncio.gather(by(fresh, 0, 61.0), by(fresh, 1, 63.0), by(fresh, 2, 62.0)))

    assert asyncio.run(run()) == ["ttl 70"] * 3


def test_short_ttls_cannot_make_us_ask_for_ever_nor_old_answers_count() -> None:
    """After eight times a TTL of nothing is a reason no more; a hundred seconds and the end of a signature are."""
    hand = Hand(*[published(0)] * 7, published(0, 30), published(1), published(2))
    fresh = Freshest(hand, answered(published(0)), 0.0, hand.again)

    async def run() -> list[str | None]:
        found = []
        for turn, began in enumerate([2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 25.0, 31.0, 120.0, 140.0]):
            hand.now = began
            found.append(await by(fresh, turn, began))
        return found

    assert asyncio.run(run()) == [*["ttl 0"] * 9, "ttl 1", "ttl 1", "ttl 2"]
    assert len({one.again for one in hand.noted}) == 10


def test_a_session_of_which_nobody_knows_when_it_began_counts_as_the_latest() -> None:
    """What is not known must not make an old answer young."""
    hand = Hand(published(70))
    fresh = Freshest(hand, answered(published(60)), 0.0, hand.again)
    hand.now = 61.5
    assert asyncio.run(by(fresh, 0, None)) == "ttl 70"
