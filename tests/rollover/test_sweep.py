"""Every authoritative server is asked for what it holds, and none is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dane_check import Checker
from dane_check.check.sweep import Sweeper, Swept
from dane_check.dnssec.lookup import Secure, SecureDenial
from dane_check.lab.memory import MemoryLab
from dane_check.ports import Fault, Heard, Question, Server
from dane_check.wire.message import Message
from tests.rollover.made import NEW, record
from tests.rollover.world import FIRST, MX, SECOND, Apart, lab, run, tlsa

OWNER = f"_25._tcp.{MX}"
BOTH = tlsa("3 1 1 {ee}", record("3 1 1", NEW))
ONE = tlsa("3 1 1 {ee}")


def swept(world: MemoryLab, changed: dict[str, Any] | None = None, name: str = OWNER, **more: Any) -> Swept:
    transport = Apart(world, changed or {})

    async def act(checker: Checker) -> Swept:
        inner = await checker._run(record=False)
        return await Sweeper(transport, inner.views(), more.get("allow_reserved", True)).sweep(name, "TLSA")

    found = run(world, act, transport)
    assert more.get("allow_reserved", True) is bool(transport.asked)
    return found


def counts(found: Swept) -> list[int | str]:
    """How many records each server holds, or its trouble."""
    return [len(one.found.records) if one.found else one.trouble for one in found.answers]


def test_every_server_of_the_zone_is_asked() -> None:
    """Those that the zone itself names, at port 53, without recursion."""
    found = swept(lab(BOTH))
    assert found.zones == ("roll.test",)
    assert [one.server for one in found.answers] == [f"ns.test [{FIRST}]", f"ns2.roll.test [{SECOND}]"]
    assert counts(found) == [2, 2]
    assert all(isinstance(one.found, Secure) for one in found.answers)


def test_a_server_that_lags_behind_is_seen() -> None:
    """The resolver gives the new set, and one server the old one; both are signed and true."""
    assert counts(swept(lab(BOTH), {SECOND: lab(ONE)})) == [2, 1]


def test_a_server_that_has_no_record_yet_proves_it() -> None:
    """A denial, validated like everything else."""
    found = swept(lab(ONE), {SECOND: lab("")})
    assert isinstance(found.answers[1].found, SecureDenial)


def test_the_original_ttl_of_the_signature_counts() -> None:
    """R4035-5.3.3: whatever TTL the answer says, caches may go by the signed one."""

    def shorter(heard: Heard) -> Heard:
        assert isinstance(heard, Message)
        return replace(heard, answer=tuple(replace(one, ttl=5) for one in heard.answer))

    assert [one.ttl for one in swept(lab(ONE), {SECOND: shorter}).answers] == [3600, 3600]


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.REFUSED, Fault.NO_FAMILY])
def test_a_server_that_does_not_answer_is_no_answer(fault: Fault) -> None:
    """Not even where this machine has no way to it, unless the same server answered elsewhere."""
    found = swept(lab(ONE), {SECOND: fault})
    assert found.answers[1].found is None
    assert "did not answer" in found.answers[1].trouble


def test_an_address_without_a_way_is_passed_over_where_its_server_answered() -> None:
    """No IPv6 here: the server's other address will do."""
    world = lab(ONE + "ns2 AAAA 2001:db8::53\n")
    found = swept(world, {"2001:db8::53": Fault.NO_FAMILY})
    assert found.passed_over == ("ns2.roll.test [2001:db8::53]",)
    assert counts(found) == [1, 1]
    silent = swept(world, {"2001:db8::53": Fault.TIMEOUT})
    assert silent.passed_over == ()
    assert [one.found is None for one in silent.answers] == [False, True, False]


def _forged(heard: Heard) -> Heard:
    assert isinstance(heard, Message)
    changed = tuple(
        replace(one, rdata=one.rdata[:-1] + bytes([one.rdata[-1] ^ 1])) if one.rdtype == 52 else one
        for one in heard.answer
    )
    return replace(heard, answer=changed)


def _lame(heard: Heard) -> Heard:
    assert isinstance(heard, Message)
    return replace(heard, octets=heard.octets[:2] + bytes([heard.octets[2] & ~0x04]) + heard.octets[3:])


def _unsigned(heard: Heard) -> Heard:
    assert isinstance(heard, Message)
    return replace(heard, answer=tuple(one for one in heard.answer if one.rdtype == 52))


def _empty(heard: Heard) -> Heard:
    assert isinstance(heard, Message)
    return replace(heard, answer=(), authority=())


def _refused(heard: Heard) -> Heard:
    assert isinstance(heard, Message)
    return replace(heard, rcode=5, answer=(), authority=())


@pytest.mark.parametrize("spoil", [_forged, _lame, _unsigned, _empty, _refused])
def test_what_does_not_validate_is_no_answer(spoil: Callable[[Heard], Heard]) -> None:
    """Forged, from a server without the zone, without signatures, without a proof, or refused."""
    found = swept(lab(ONE), {SECOND: spoil})
    assert found.answers[1].found is None
    assert found.answers[1].trouble


def test_an_unsigned_zone_is_trouble() -> None:
    """Nothing in it could be believed."""
    world = lab("", more='[[zone]]\nname = "plain.roll.test"\nsigned = false\nrecords = "_25._tcp.mx TLSA 3 1 1 {ee}"')
    found = swept_without_asking(world, "_25._tcp.mx.plain.roll.test")
    assert (found.answers, len(found.troubles)) == ((), 1)
    assert "not signed" in found.troubles[0]


def swept_without_asking(world: MemoryLab, name: str) -> Swept:
    async def act(checker: Checker) -> Swept:
        inner = await checker._run(record=False)
        return await Sweeper(world, inner.views(), True).sweep(name, "TLSA")

    return run(world, act)


def test_an_alias_is_asked_of_the_servers_of_both_zones() -> None:
    """Caches hold the alias and its target apart, so both count."""
    more = '[[zone]]\nname = "shared.roll.test"\nrecords = "ta TLSA 3 1 1 {ee}"'
    found = swept(lab("_25._tcp.mx CNAME ta.shared.roll.test.\n", more))
    assert found.zones == ("roll.test", "shared.roll.test")
    assert set(counts(found)) == {1}


def test_reserved_addresses_are_left_alone_unless_allowed() -> None:
    """Threats T-23: a zone must not lead us into private networks."""
    found = swept(lab(ONE), allow_reserved=False)
    assert all(one.found is None and "reserved" in one.trouble for one in found.answers)


def test_too_many_servers_are_said() -> None:
    """A bound that is hit is reported."""
    many = "".join(f"@ NS ns{number}\nns{number} A 203.0.113.{number}\n" for number in range(100, 116))
    found = swept(lab(ONE + many))
    assert any("18 name servers" in one for one in found.troubles)


def test_a_server_without_an_address_is_trouble() -> None:
    """Somebody may know it by other means."""
    found = swept(lab(ONE + "@ NS ns3\n"))
    assert found.troubles == ("the name server ns3.roll.test has no address",)


class Terse:
    """Two name servers that follow no alias for whoever asks; the second one has an older zone."""

    def __init__(self, now: MemoryLab, older: MemoryLab) -> None:
        self._labs = {FIRST: now, SECOND: older}
        self._now = now

    async def ask(self, question: Question, server: Server) -> Heard:
        heard = await self._labs.get(server.address, self._now).ask(question, server)
        if question.recursive or not isinstance(heard, Message):
            return heard
        return replace(heard, answer=tuple(one for one in heard.answer if one.owner == question.name))


@pytest.mark.parametrize("older", [tlsa("3 1 1 {ee}", owner="ta"), ""], ids=["fewer records", "none"])
def test_what_stands_behind_an_alias_is_that_of_the_server_asked(older: str) -> None:
    """A server that holds the alias and its target, and names the one only, lags behind all the same."""
    alias = "_25._tcp.mx CNAME ta\n"
    both = lab(alias + tlsa("3 1 1 {ee}", record("3 1 1", NEW), owner="ta"))
    transport = Terse(both, lab(alias + older))

    async def act(checker: Checker) -> Swept:
        inner = await checker._run(record=False)
        return await Sweeper(transport, inner.views(), True).sweep(OWNER, "TLSA")

    found = run(both, act, transport)  # type: ignore[arg-type]
    assert counts(found) == [2, len(older.splitlines())]


def test_a_server_without_the_alias_is_seen_although_it_has_the_target() -> None:
    """Senders that ask it find nothing, whatever stands where the alias would lead."""
    target = tlsa("3 1 1 {ee}", owner="ta")
    both = lab("_25._tcp.mx CNAME ta\n" + target)
    transport = Terse(both, lab(target))

    async def act(checker: Checker) -> Swept:
        inner = await checker._run(record=False)
        return await Sweeper(transport, inner.views(), True).sweep(OWNER, "TLSA")

    found = run(both, act, transport)  # type: ignore[arg-type]
    assert counts(found) == [1, 0]
