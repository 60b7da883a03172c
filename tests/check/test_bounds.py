"""L-24: what a run keeps beside answers is bounded as well, in numbers of entries."""

from __future__ import annotations

import asyncio

from dane_check.check.gate import Gate, Ledger
from dane_check.check.outgoing import note
from dane_check.check.session import Outgoing
from dane_check.findings import About, Code, finding
from dane_check.limits import UNHURRIED, DnsLimits, RunLimits
from dane_check.network.dns import UdpTransport
from dane_check.policy.verdict import DomainVerdict, DomainWord, EndpointResult, EndpointVerdict, HostVerdict, HostWord
from dane_check.ports import Fault, NoReply, Question, Server
from tests.check.virtual_time import VirtualTime
from tests.dnssec.world import N

MANY = 300


def test_the_ledger_forgets_what_no_longer_matters() -> None:
    """A minute after its last session an address is as one never seen; within it the rate holds."""
    ledger = Ledger(RunLimits())
    for number in range(MANY):
        ledger.begin(f"198.51.{number}.1", float(number))
    assert ledger.due("198.51.299.1", 299.0) == 299.0
    assert len(ledger._begun) <= 2 * 60  # an address and its network for each session of the last minute


def test_no_slots_are_kept_for_addresses_where_nobody_is() -> None:
    """The gate knows the addresses that have sessions or wait for them, and no others."""
    time = VirtualTime()
    gate = Gate(UNHURRIED, time)

    async def visit(address: str) -> None:
        async with gate.session(address):
            await asyncio.sleep(1)

    async def in_turn() -> int:
        await asyncio.gather(*(visit("192.0.2.1") for _ in range(3)), visit("192.0.2.2"))
        assert len(gate._slots) == 0
        place = await gate.at_once("192.0.2.3")
        assert place is not None
        held = len(gate._slots)
        place()
        return held

    assert time.run(in_turn()) == 1
    assert len(gate._slots) == 0


def test_no_gate_is_kept_for_servers_nobody_asks() -> None:
    """Name servers asked once leave nothing behind."""
    transport = UdpTransport(DnsLimits(try_seconds=0.01, lookup_seconds=0.01, tries=1))

    async def ask() -> list[object]:
        question = Question(N("example.org."), 1)
        return [await transport.ask(question, Server("127.0.0.1", port)) for port in (1, 2, 3)]

    assert all(isinstance(heard, NoReply) and heard.fault is not Fault.LOCAL for heard in asyncio.run(ask()))
    assert len(transport._gates) == 0


def silent(number: int, network: str = "192.0.2") -> DomainVerdict:
    """A domain whose one host lets port 25 time out; hosts of one network are neighbours."""
    host, address = f"mx{number}.example.org", f"{network}.{number % 250}"
    endpoint = EndpointVerdict(address, 25, None, EndpointResult.UNREACHABLE, HostWord.UNREACHABLE)
    said = finding(Code.SMTP_CONNECT_TIMEOUT, About("example.org", host, address), detail="10 s")
    verdict = HostVerdict(host, 10, HostWord.UNREACHABLE, endpoints=(endpoint,), findings=(said,))
    return DomainVerdict(f"d{number}.example.org", DomainWord.UNDETERMINED, 4, True, None, (verdict,))


def test_silent_hosts_are_remembered_only_as_far_as_they_can_tell_anything() -> None:
    """However many hosts of one network are silent, the next one elsewhere still shows that port 25 is closed."""
    outgoing = Outgoing()
    assert not any(note(outgoing, silent(number)) for number in range(MANY))
    assert 0 < len(outgoing.silent) <= 32
    assert [one.code for one in note(outgoing, silent(MANY, "198.51.100"))] == [Code.ENV_PORT25_BLOCKED]
