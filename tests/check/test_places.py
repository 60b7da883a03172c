"""A place kept for the second session with an address: taken or given back, and no session left open for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dane_check.check.gate import Gate
from dane_check.check.session import Probes
from dane_check.limits import RunLimits
from dane_check.ports import KeyType, ProbeOutcome, ProbeRequest, SmtpReply
from tests.check.test_flow import ALERT
from tests.check.virtual_time import VirtualTime

ONE = ProbeRequest("192.0.2.1", 25, "mx.one.test", helo="probe.example.test")
OTHER = replace(ONE, server_name="mx.other.test")
RSA = frozenset({KeyType.RSA})


class Beside:
    """A live prober whose second sessions come up by themselves; `open` counts those that wait for somebody."""

    def __init__(self) -> None:
        self.open = 0

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        if KeyType.UNKNOWN not in request.key_types:
            self.open = max(0, self.open - 1)
        await asyncio.sleep(1)
        return ALERT

    def will_follow(self, request: ProbeRequest) -> None:
        self.open += 1

    def let_go(self, request: ProbeRequest) -> None:
        self.open = 0

    async def after_tls(self, request: ProbeRequest) -> SmtpReply | None:
        return None


async def first(probes: Probes, request: ProbeRequest) -> None:
    try:
        await probes.probe(request, followed=True)
    finally:
        probes.let_go(request)


async def both(probes: Probes, request: ProbeRequest) -> None:
    try:
        await probes.probe(request, followed=True)
        await probes.probe(replace(request, key_types=RSA))
    finally:
        probes.let_go(request)


@pytest.mark.parametrize("second", [first, both])
def test_two_hosts_at_one_address_leave_nothing_open_behind_them(second: object) -> None:
    """The place kept for one host may be taken by the first session of another: its own session is ended then."""
    time = VirtualTime()
    live = Beside()
    gate = Gate(RunLimits(), time)
    probes = Probes(live, gate, live, time.monotonic)

    async def run() -> int:
        await asyncio.gather(first(probes, ONE), second(probes, OTHER))  # type: ignore[operator]
        async with asyncio.timeout(1), gate.session(ONE.address), gate.session(ONE.address):  # every slot is free
            return live.open

    assert time.run(run()) == 0


def test_a_place_that_nobody_came_for_is_given_back() -> None:
    """L-21: at once two sessions with an address may begin again."""
    time = VirtualTime()
    live = Beside()
    gate = Gate(RunLimits(), time)
    probes = Probes(live, gate, live, time.monotonic)

    async def run() -> None:
        await first(probes, ONE)
        async with asyncio.timeout(1), gate.session(ONE.address), gate.session(ONE.address):
            pass

    time.run(run())
    assert live.open == 0
