"""The lab as a whole: ready quickly, found through its map, served to others, lent to other people's tests."""

from __future__ import annotations

import asyncio
import os
import socket
import time

import dns.message
import dns.query
import pytest

from dane_check.errors import UsageError
from dane_check.lab import Lab, LabMap, load_scenarios, read_map, serve, write_map
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from dane_check.ports import Question
from dane_check.wire.message import Message
from tests.lab.asking import NOW, ask, in_lab, scenario, zone

HOST = "@ MX 10 mx\nmx A {A}\nmx AAAA {AAAA}\n_25._tcp.mx TLSA 3 1 1 {ee}"


def test_all_scenarios_fit_into_one_world(record_property: object) -> None:
    """Every scenario of the package is played at once; the time it takes to start is reported, not judged."""

    async def act() -> tuple[float, int]:
        before = time.perf_counter()
        async with Lab() as lab:
            took = time.perf_counter() - before
            for one in lab.scenarios:
                if one.resolver is None:
                    await ask(lab.resolver, f"{one.domain} TXT")
            return took, len(lab.scenarios)

    seconds, count = asyncio.run(act())
    record_property("start_seconds", round(seconds, 3))  # type: ignore[operator]
    assert count == len(load_scenarios())


def test_the_map_survives_its_text() -> None:
    """What is read from the JSON is the map that was written."""

    async def act(lab: Lab) -> LabMap:
        return lab.map

    lab_map = in_lab(zone(HOST), act)
    again = read_map(write_map(lab_map))
    assert again == lab_map
    assert again.clock.now() == NOW


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2, "kind": "lab-map"}', '{"schema": 1, "kind": "x"}'])
def test_what_is_no_map_is_refused(text: str) -> None:
    """A file that is something else is the caller's mistake."""
    with pytest.raises(UsageError, match="lab map"):
        read_map(text)


def test_a_map_leads_to_the_lab() -> None:
    """Through the map alone another client reaches resolver and servers; other servers are not asked."""

    async def act(lab: Lab) -> tuple[object, bytes]:
        found = read_map(write_map(lab.map))
        question = Question(dns.name.from_text("one.test"), dns.rdatatype.MX)
        stranger = type(found.resolver)("192.0.2.250", 53)
        heard = await found.transport(UdpTransport()).ask(question, stranger)
        stream = await found.dialer(TcpDialer()).open("192.0.2.1", 25)
        greeting = await stream.read(100)  # type: ignore[union-attr]
        await stream.close()  # type: ignore[union-attr]
        return heard, greeting

    heard, greeting = in_lab(zone(HOST), act)
    assert isinstance(heard, Message)
    assert greeting.startswith(b"220 mx.one.test")


def test_scenarios_with_a_resolver_of_their_own() -> None:
    """A scenario that strips signatures does so at its own resolver, and the common one stays whole."""
    text = scenario('[[zone]]\nrecords = "mx A 192.0.2.7"\n[resolver]\nstrips = true\nauthenticates = true\n')

    async def act(lab: Lab) -> tuple[dns.message.Message, dns.message.Message]:
        assert lab.resolver_of("ONE.test.") != lab.resolver
        assert lab.resolver_of("else.test") == lab.resolver
        return await ask(lab.resolver_of("one.test"), "mx.one.test A"), await ask(lab.resolver, "mx.one.test A")

    stripped, whole = in_lab(text, act)
    assert (len(stripped.answer), len(whole.answer)) == (1, 2)
    assert stripped.flags & dns.flags.AD
    assert not whole.flags & dns.flags.AD


def test_what_the_lab_does_not_know_is_refused() -> None:
    """Asking what was seen of a domain that is in no scenario is the caller's mistake."""

    async def act(lab: Lab) -> None:
        with pytest.raises(UsageError, match="no scenario"):
            lab.seen("else.test")

    in_lab(zone(HOST), act)


def test_serving_ends_when_told() -> None:
    """`serve` calls back once the lab is up, and closes everything when the event is set."""

    async def act() -> tuple[bool, bool]:
        until, labs = asyncio.Event(), []

        def ready(lab: Lab) -> None:
            labs.append((lab, lab.resolver))
            until.set()

        await serve([zone(HOST)], now=NOW, ready=ready, until=until)
        ((lab, server),) = labs
        with pytest.raises(UsageError):
            _ = lab.resolver
        return len(labs) == 1, free(server.address, server.port)

    assert asyncio.run(act()) == (True, True)


def free(address: str, port: int) -> bool:
    """Whether a TCP port can be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.bind((address, port)) is None


def test_real_ports() -> None:
    """With root the zones have loopback addresses, port 53 and 25, and only one host can have IPv6."""
    if os.geteuid() != 0:
        pytest.skip("ports below 1024 need root")

    async def act() -> tuple[LabMap, str, tuple[str, ...]]:
        other = scenario('[[zone]]\nrecords = "mx AAAA {AAAA}"\n[[server]]\n', "two.test")
        other = type(other)(**{**{f: getattr(other, f) for f in other.__dataclass_fields__}, "id": "second"})
        async with Lab([zone(HOST), other], now=NOW, real_ports=True) as lab:
            reply = await ask(lab.resolver, "mx.one.test A")
            return lab.map, reply.answer[0][0].to_text(), lab.left_out

    try:
        lab_map, address, left_out = asyncio.run(act())
    except UsageError as error:
        pytest.skip(f"this machine does not give the ports: {error}")
    assert (str(lab_map.resolver), left_out) == ("127.0.53.53:53", ("second",))
    assert lab_map.endpoints[address] == type(lab_map.resolver)("127.25.0.1", 25)
    assert lab_map.endpoints["::1"] == type(lab_map.resolver)("::1", 25)


class TestFixture:
    """The pytest plugin lends a running lab to tests without asyncio."""

    def test_a_plain_test_can_ask_the_lab(self, dane_lab: Lab) -> None:
        """The lab runs in a thread of its own."""
        query = dns.message.make_query("ee-matches.test", "MX")
        reply = dns.query.udp(query, dane_lab.resolver.address, 2, dane_lab.resolver.port)
        assert reply.answer[0][0].to_text() == "10 mx.ee-matches.test."
        assert [str(asked) for asked in dane_lab.asked("ee-matches.test")] == ["ee-matches.test. MX"]
