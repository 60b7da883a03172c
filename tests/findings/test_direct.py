"""Findings that no situation of the lab can show, made where they are made."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dane_check import Checker, Settings
from dane_check.check.domain import clock_trouble
from dane_check.dnssec.lookup import Link, Proof, Secure, SignedBy
from dane_check.findings import About, Code, Severity, finding, sentence
from dane_check.lab import Lab, load_scenarios
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from dane_check.policy.authentication import judge_chain
from dane_check.policy.base_domain import Duty, Requirement
from dane_check.policy.endpoint import Circumstances
from dane_check.policy.environment import our_own_trouble
from dane_check.policy.expiry import expiry_findings
from dane_check.policy.host import Group, host_verdict
from dane_check.policy.verdict import EndpointResult, EndpointVerdict, HostVerdict, HostWord
from dane_check.ports import KeyType, ServedChain, TlsFacts
from dane_check.tlsa.record import TlsaRecord

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ABOUT = About("example.test", "mx.example.test", "192.0.2.1")
TLS = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None)


def unreached(host: str, address: str, reason: str | None = None) -> HostVerdict:
    """A host whose one address did not answer."""
    result, word = EndpointResult.UNREACHABLE, HostWord.UNREACHABLE
    endpoint = EndpointVerdict(address, 25, None, result, word, reason)
    about = About("example.test", host, address)
    silent = () if reason else (finding(Code.SMTP_CONNECT_TIMEOUT, about, port=25),)
    return HostVerdict(host, 10, word, endpoints=(endpoint,), findings=silent)


def test_a_clock_that_cannot_be_right() -> None:
    """D-23: nothing is judged by it, and the sentence says what it shows."""
    check = clock_trouble("example.test", datetime(2001, 1, 1, tzinfo=UTC))
    (found,) = check.verdict.findings
    assert (found.code, found.severity, check.verdict.exit_status) == (Code.ENV_CLOCK, Severity.INCONCLUSIVE, 4)
    assert "2001-01-01" in sentence(found)


def test_a_machine_without_ipv6() -> None:
    """D-17: said once for the domain, and ours, not theirs."""
    hosts = [unreached("mx.example.test", "2001:db8::1", "no-family")]
    assert [one.code for one in our_own_trouble(About("example.test"), hosts)] == [Code.ENV_NO_IPV6]


def test_a_network_that_lets_no_mail_out() -> None:
    """Two hosts or more that all time out; one alone may be down."""
    hosts = [unreached("mx1.example.test", "192.0.2.1"), unreached("mx2.example.test", "198.51.100.1")]
    assert Code.ENV_PORT25_BLOCKED in {one.code for one in our_own_trouble(About("example.test"), hosts)}
    assert our_own_trouble(About("example.test"), hosts[:1]) == ()


def judged(requirement: Requirement, *certificates: bytes):
    circumstances = Circumstances(
        ABOUT, "192.0.2.1", 25, requirement, "mx.example.test", True, True, ("mx.example.test",), (), NOW
    )
    return judge_chain(circumstances, ServedChain(certificates, KeyType.UNKNOWN, TLS))


def test_a_server_without_a_certificate() -> None:
    """S4-A18, R7671-10.1.2-c: an anonymous suite authenticates nobody."""
    requirement = Requirement(Duty.AUTHENTICATE, "mx.example.test", (TlsaRecord(3, 1, 1, bytes(32)),), (60,))
    found = judged(requirement)
    assert (found.verdict.result, found.verdict.word) == (EndpointResult.MISMATCH, HostWord.DANE_FAIL)
    assert [one.code for one in found.findings] == [Code.TLS_NO_CERTIFICATE]


def test_a_record_without_data() -> None:
    """RFC 6698 §2.1.4; the wire cannot hold it apart from a malformed one, a program's values can."""
    requirement = Requirement(Duty.ENCRYPT, "mx.example.test", (TlsaRecord(3, 1, 1, b""),), (60,))
    group = Group(requirement, (judged(requirement),))
    about = replace(ABOUT, address=None)
    verdict = host_verdict(about, 10, [group], floor=None, findings=(), lookups=(), complete=True)
    assert {one.code for one in verdict.findings} == {Code.TLSA_DATA_EMPTY, Code.TLSA_ALL_UNUSABLE}


@pytest.mark.parametrize(
    ("left", "severity"),
    [(timedelta(days=4), None), (timedelta(days=2), Severity.HYGIENE), (timedelta(hours=20), Severity.LATENT)],
)
def test_a_signature_that_runs_out(left: timedelta, severity: Severity | None) -> None:
    """R7671-11-a: in three days, or in one."""
    signed = SignedBy("example.test.", 1, "ECDSAP256SHA256", NOW - timedelta(days=20), NOW + left)
    answer = Secure((), Proof((Link("example.test.", "example.test. MX", "is signed", signed),)))
    found = expiry_findings(About("example.test"), [("example.test", "MX", answer)], NOW)
    assert [(one.code, one.severity) for one in found] == ([(Code.TLSA_RRSIG_EXPIRING, severity)] if severity else [])


async def relay(port: int) -> set[Code]:
    """What is found about a host of the lab as a relay on this port."""
    scenario = next(one for one in load_scenarios() if one.id == "ee-matches")
    async with Lab([scenario]) as lab:
        settings = Settings(resolver=str(lab.resolver), trust_anchor=lab.trust_anchor, allow_reserved=True)
        dns, dialer = lab.transport(UdpTransport()), lab.dialer(TcpDialer())
        async with Checker(settings, dns=dns, dialer=dialer, clock=lab.clock) as checker:
            check = await checker.host("mx.ee-matches.test", port)
    return {one.code for one in check.verdict.all_findings}


def test_a_port_that_is_not_the_one_of_the_rules() -> None:
    """R7672-3.1.3-c, R7672-7-a: other ports are judged by analogy, and the report says so."""
    assert Code.PORT_BY_ANALOGY in asyncio.run(relay(587))
    assert Code.PORT_BY_ANALOGY not in asyncio.run(relay(25))
