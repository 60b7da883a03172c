"""Whether one cell keeps the promise of its class."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from dane_check.lab.faults import ErraticDialer, ErraticTransport, FaultyDialer, FaultyTransport
from dane_check.policy.verdict import DomainVerdict

from .cells import Cell, addresses_of
from .classes import Class, allowed
from .grounds import GROUNDS, Ground, Policy, scenario_of
from .playing import Played, calm, play

_GOOD = frozenset({"dane-ok", "dane-ok-insecure-mx", "tls-only"})
_SECONDS = 120.0 + 1.0 + 1.0  # L-20, the diagnostics after it, and the last QUIT


def violations_by_chance(scenario: str, seed: int, rate: float) -> list[str]:
    """What a run breaks in which each question and each turn may meet trouble."""
    ran = play(
        scenario,
        lambda inner: ErraticTransport(inner, seed, rate, seconds=1),
        lambda inner: ErraticDialer(inner, seed, rate, seconds=1),
    )
    verdict = ran.result.check.verdict
    found = list(ran.uncaught)
    if verdict.exit_status == 0 and calm(scenario).played.check.verdict.exit_status != 0:
        found.append("exit 0")
    if wrong := {host.host for host in verdict.hosts if host.word == "no-dane"} & _with_records(scenario):
        found.append(f"{sorted(wrong)} are said to have no TLSA record")
    if ran.seconds > _SECONDS:
        found.append(f"took {ran.seconds:.0f} s")
    return found


def violations(cell: Cell) -> list[str]:
    """What the cell breaks; empty if it keeps all."""
    ran = play(
        cell.scenario,
        lambda inner: FaultyTransport(inner, cell.dns) if cell.dns else inner,
        lambda inner: FaultyDialer(inner, cell.streams) if cell.streams else inner,
    )
    found = [*ran.uncaught, *_of_verdict(cell, ran.result), *_of_connections(cell, ran.result)]
    found += _of_endpoints(cell, ran.result) if cell.address and cell.rests else ()
    if ran.seconds > _SECONDS:
        found.append(f"took {ran.seconds:.0f} s")
    return found


def _of_verdict(cell: Cell, played: Played) -> Iterator[str]:
    before, verdict = calm(cell.scenario).played.check.verdict, played.check.verdict
    if verdict.word not in set(allowed(cell.kind, before.word)):
        yield f"verdict {verdict.word} after {before.word}"
    if verdict.exit_status == 0 and (cell.kind not in _MAY_PASS or before.exit_status != 0):
        yield "exit 0"
    if cell.kind is Class.CALM:
        owed_nothing = cell.address if cell.address and not cell.rests else None
        found, expected = _shape(verdict, owed_nothing), _shape(before, owed_nothing)
        if found != expected:
            yield f"not the calm verdict: {found} for {expected}"
    for host in verdict.hosts:
        if host.host in cell.concerned and host.word in _GOOD and cell.kind is not Class.ONE_FAMILY:
            yield f"{host.host} is {host.word}"
        if host.host in _with_records(cell.scenario) and host.word == "no-dane":
            yield f"{host.host} is said to have no TLSA record"


_MAY_PASS = frozenset({Class.CALM, Class.TRANSIENT, Class.TRANSIENT_OCTETS, Class.UNVOUCHED})


def _shape(verdict: DomainVerdict, but: str | None) -> object:
    """The verdict to its endpoints, without those at the address `but`: how a session went on which nothing rests."""
    hosts = tuple(
        (
            str(host.host),
            str(host.word),
            tuple((one.address, str(one.key_type), str(one.result)) for one in host.endpoints if one.address != but),
        )
        for host in verdict.hosts
    )
    return str(verdict.word), verdict.exit_status, verdict.complete, hosts


def _of_endpoints(cell: Cell, played: Played) -> Iterator[str]:
    """S4-A01 … S4-A08, S4-A22: what is said of the address is what the turn allows, and breaks only by its row."""
    said = _results(played.check.verdict, cell.address) - _results(
        calm(cell.scenario).played.check.verdict, cell.address
    )
    results = {result for _, result in said}
    if wrong := results - cell.results:
        yield f"{cell.address} is {sorted(wrong)}"
    worse = played.check.verdict.word == "broken" != calm(cell.scenario).played.check.verdict.word
    if worse and not results & _BREAKING:
        yield f"broken, with {cell.address} {sorted(results)}"


_BREAKING = frozenset({"no-starttls", "starttls-refused", "starttls-injection", "tls-failed"})


def _results(verdict: DomainVerdict, address: str | None) -> set[tuple[str, str]]:
    endpoints = (one for host in verdict.hosts for one in host.endpoints if one.address == address)
    return {(str(one.key_type), one.result.value) for one in endpoints}


def _of_connections(cell: Cell, played: Played) -> Iterator[str]:
    """T-5: nobody connects where a lookup failed."""
    dialled = set(played.dialled)
    if wrong := dialled & cell.forbidden:
        yield f"connected to {sorted(wrong)}, where a lookup failed"
    ground = ground_of(cell.scenario)
    named = {host.name.replace("@", scenario_of(cell.scenario).domain): host for host in ground.hosts}
    for host in played.check.verdict.hosts:
        if host.word in ("dns-error", "dns-bogus") and not host.endpoints and host.host in named:
            wrong = dialled & set(addresses_of(ground, named[host.host]))
            if wrong:
                yield f"connected to {sorted(wrong)} of {host.host}, which is {host.word}"


@cache
def ground_of(scenario: str) -> Ground:
    """The ground of a scenario."""
    return next(one for one in GROUNDS if one.scenario == scenario)


@cache
def _with_records(scenario: str) -> frozenset[str]:
    """The hosts that have TLSA records."""
    domain = scenario_of(scenario).domain
    hosts = ground_of(scenario).hosts
    return frozenset(host.name.replace("@", domain) for host in hosts if host.policy is not Policy.OPPORTUNISTIC)
