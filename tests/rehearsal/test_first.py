"""PF-g: the first records of a mail domain: ready or not, what stands in the way, and the exact lines."""

from __future__ import annotations

import asyncio

import pytest

from dane_check import Checker, Rehearsal, Settings
from dane_check.findings import Code
from dane_check.lab import Lab, Scenario, load_scenarios, read_scenario
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from dane_check.rehearsal.outcome import Readiness
from dane_check.rehearsal.plan import plan
from dane_check.report.rehearsal import rehearsal_to_text
from dane_check.report.text import TextOptions
from tests.rehearsal.made import codes

WITHOUT_RECORDS = """
id = "first-records"
domain = "first-records.test"
says = "Two addresses with keys of their own, the first with certificates of two types."
rule = ["PF-b"]

[[zone]]
records = \"\"\"
@            MX   10 mx
mx           A    {one.A}
mx           AAAA {two.AAAA}
\"\"\"

[[server]]
name = "one"
host = "mx.first-records.test"
[[server.certificate]]
key = "ecdsa"
[[server.certificate]]
key = "rsa"

[[server]]
name = "two"
host = "mx.first-records.test"

[expect]
verdict = "unprotected"
exit = 3
"""


def first(scenario: Scenario, **settings: bool) -> Rehearsal:
    """What is said of the first records of the scenario's domain."""

    async def act() -> Rehearsal:
        async with Lab([scenario]) as lab:
            chosen = Settings(
                resolver=str(lab.resolver_of(scenario.domain)),
                trust_anchor=lab.trust_anchor,
                now=lab.clock.now(),
                allow_reserved=True,
                **settings,
            )
            transport, dialer = lab.transport(UdpTransport(chosen.limits.dns)), lab.dialer(TcpDialer())
            async with Checker(chosen, dns=transport, dialer=dialer, clock=lab.clock) as checker:
                return await checker.rehearse(plan(mail=[scenario.domain]))

    return asyncio.run(act())


def of(domain: str, **settings: bool) -> Rehearsal:
    return first(next(one for one in load_scenarios() if one.domain == domain), **settings)


@pytest.mark.parametrize(
    ("domain", "readiness", "status"),
    [
        ("no-tlsa.test", Readiness.READY, 0),
        ("ee-matches.test", Readiness.READY, 0),
        ("second-mx-without-tlsa.test", Readiness.READY, 0),
        ("unsigned.test", Readiness.NOT_READY, 1),
        ("insecure-mx-good-host.test", Readiness.NOT_READY, 1),
        ("no-tlsa-no-starttls.test", Readiness.NOT_READY, 1),
        ("no-tlsa-starttls-refused.test", Readiness.NOT_READY, 1),
        ("no-match.test", Readiness.NOT_READY, 1),
        ("mx-bogus.test", Readiness.NOT_READY, 1),
        ("no-tlsa-and-closed.test", Readiness.CANNOT_TELL, 4),
        ("mx-servfail.test", Readiness.CANNOT_TELL, 4),
        ("null-mx.test", Readiness.NOT_APPLICABLE, 5),
        ("no-such-domain.test", Readiness.NOT_APPLICABLE, 5),
    ],
)
def test_what_stands_in_the_way_decides(domain: str, readiness: Readiness, status: int) -> None:
    """D-43: 0 ready, 1 not ready, 4 where that cannot be told, 5 where there is nothing to protect."""
    found = of(domain)
    assert (found.readiness, found.exit_status) == (readiness, status)


@pytest.mark.parametrize(
    ("domain", "code"),
    [
        ("unsigned.test", Code.ADDR_INSECURE),
        ("insecure-mx-good-host.test", Code.MX_INSECURE),
        ("no-tlsa-no-starttls.test", Code.STARTTLS_MISSING),
        ("mx-bogus.test", Code.MX_BOGUS),
        ("no-tlsa-and-closed.test", Code.SMTP_CONNECT_REFUSED),
    ],
)
def test_each_obstacle_is_told(domain: str, code: Code) -> None:
    """And that there are no records yet is none of them."""
    assert code in codes(of(domain))
    assert Code.TLSA_ABSENT not in codes(of(domain))


def test_there_is_a_line_for_every_key_at_every_address() -> None:
    """PF-c, PF-d: of each certificate type, and of each server with a key of its own."""
    found = first(read_scenario(WITHOUT_RECORDS))
    (host,) = found.hosts
    assert found.readiness is Readiness.READY
    assert len(set(host.lines)) == 3
    assert all(line.startswith("_25._tcp.mx.first-records.test. IN TLSA 3 1 1 ") for line in host.lines)
    assert {one.matched for one in host.verdict.endpoints} == {line.partition("TLSA ")[2] for line in host.lines}


def test_the_lines_stand_in_the_report() -> None:
    """As they are to be copied."""
    found = of("no-tlsa.test")
    text = rehearsal_to_text(found, TextOptions())
    assert f"publish    {found.hosts[0].lines[0]}\n" in text
    assert text.endswith("READY  " + found.sentence + "  [exit status 0]\n")


def test_the_next_key_is_not_spoken_of_before_the_first_record_is_there() -> None:
    """One thing at a time; the closing sentence says what to do before a key changes."""
    found = of("no-tlsa.test")
    assert Code.ROLLOVER_NONE not in codes(found)
    assert found.sentence.endswith("ask dane-check rollover.")


def test_a_domain_that_has_records_is_judged_by_them() -> None:
    """Nothing is to be published for the first time, and it is said; so is that the next key has no record."""
    found = of("ee-matches.test")
    assert Code.ROLLOVER_NONE in codes(found)
    assert found.hosts[0].lines == ()
    assert "There are records already" in found.sentence


def test_an_unsigned_domain_gets_its_lines_for_later() -> None:
    """What stands in the way comes first, and the records are the same afterwards."""
    assert of("unsigned.test").hosts[0].lines


def test_without_connections_it_cannot_be_told() -> None:
    """--no-connect: nobody knows what is served."""
    found = of("no-tlsa.test", connect=False)
    assert (found.readiness, found.hosts[0].lines) == (Readiness.CANNOT_TELL, ())


@pytest.mark.parametrize("beside", ["", "@ MX 20 good\ngood A {A}\n"], ids=["alone", "beside another"])
def test_a_host_that_exists_by_a_wildcard_only_is_not_ready(beside: str) -> None:
    """RFC 4592 §2.2.1: its first TLSA record would take its addresses away, however well the others fare."""
    world = read_scenario(
        f"""
id = "by-wildcard"
domain = "by-wildcard.test"
says = "A mail host whose addresses stand at a wildcard."
rule = []
[[zone]]
records = \"\"\"
@ MX 10 mx
* A {{A}}
{beside}\"\"\"
[[server]]
[expect]
verdict = "unprotected"
exit = 3
"""
    )
    found = first(world)
    assert (found.readiness, found.exit_status) == (Readiness.NOT_READY, 1)
    assert Code.TLSA_HOST_WILDCARD_SHADOW in codes(found)
