"""Threats T-8: a TLSA answer that has grown old by the time of a session is asked for again, and judged by anew."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from dane_check import Checker, DomainCheck, Settings, replay
from dane_check.check.freshness import Answered
from dane_check.dnssec.lookup import Lookup, Secure
from dane_check.evidence.file import from_text, to_text
from dane_check.lab import Scenario
from dane_check.lab.memory import MemoryLab
from dane_check.lab.scenario import read_scenario
from dane_check.limits import DEFAULT, RunLimits
from dane_check.policy.base_domain import opportunistic
from dane_check.policy.verdict import EndpointResult, EndpointVerdict, HostWord
from dane_check.ports import Heard, KeyType, Question, Server
from dane_check.report.json import check_to_json
from dane_check.report.text import TextOptions, check_to_text
from tests.check.virtual_time import START, VirtualTime
from tests.lookups import PROOF, insecure, nodata, tlsa_records

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
