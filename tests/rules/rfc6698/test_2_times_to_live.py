"""RFC 6698 §2: nothing is special about the TTL of a TLSA record."""

from __future__ import annotations

import asyncio

import dns.message
import pytest

from dane_check.dnssec.lookup import Secure
from dane_check.lab import load_scenarios
from tests.dnssec.recursive import Recursive
from tests.dnssec.world import World
from tests.lab.checking import play

OWNER = "_25._tcp.mx.org."


def lasting(seconds: int):
    """A reply whose sets all have this TTL."""

    def bend(reply: dns.message.Message) -> dns.message.Message:
        for rrset in (*reply.answer, *reply.authority):
            rrset.ttl = seconds
        return reply

    return bend


@pytest.mark.parametrize(("received", "kept"), [(0, 0), (60, 60), (3600, 3600), (86400, 3600)])
def test_the_ttl_is_the_received_one_and_at_most_the_signed_one(received: int, kept: int) -> None:
    """R6698-2-b: ordinary rules: 0 is a TTL, and none outlives what was signed (R4035-5.3.3)."""
    world = World()
    world.add("org.", f"{OWNER} TLSA 3 1 1 {'ab' * 32}")
    found = Recursive(world).bend(OWNER, "TLSA", lasting(received)).lookup(OWNER, "TLSA")
    assert isinstance(found, Secure)
    assert [record.ttl for record in found.records] == [kept]


def test_the_report_shows_it() -> None:
    """R6698-2-b: a record that lives a day is told to live a day."""
    scenario = next(one for one in load_scenarios() if one.id == "ttls-of-a-day-and-none")
    (host,) = asyncio.run(play(scenario)).check.verdict.hosts
    assert [record.ttl for record in host.tlsa] == [86400]
