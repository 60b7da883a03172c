"""The world a command asks: the live network, the lab started for this run, or a lab that runs elsewhere here."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from dane_check.cli.files import read_text
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, UNHURRIED
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.api import Checker
    from dane_check.check.gate import Doorkeeper, Gate
    from dane_check.lab import LabMap, LabTransport, Scenario
    from dane_check.ports import Server
    from dane_check.survey.brief import Brief
    from dane_check.survey.element import Rendering


@contextlib.asynccontextmanager
async def opened(
    settings: Settings,
    in_lab: bool,
    lab_map: str | None,
    names: Sequence[str] = (),
    doorkeeper: Doorkeeper | None = None,
) -> AsyncIterator[Checker]:
    """An open `Checker` over the world that was chosen, to be asked about `names`. Raises UsageError first."""
    if in_lab and lab_map:
        raise UsageError("--lab starts a lab of its own; leave out --lab-map, or --lab")
    if in_lab:
        world = _own_lab(settings, names, doorkeeper)
    elif lab_map:
        world = _other_lab(settings, lab_map, names, doorkeeper)
    else:
        world = _live(settings, doorkeeper)
    async with world as checker:
        yield checker


def brief(settings: Settings, rendering: Rendering, lab_map: str | None, names: Sequence[str]) -> Brief:
    """The same world for processes that judge: the live network, or a lab that runs elsewhere. Raises UsageError."""
    from dane_check.survey.brief import Brief

    if not lab_map:
        return Brief(settings, rendering)
    lab = _map_in(lab_map)
    return Brief(_settings_of(settings, lab, names), rendering, lab)


def gate(settings: Settings, in_lab: bool, lab_map: str | None) -> Gate:
    """The politeness that this world wants, for several `Checker`s to share."""
    from dane_check.check.gate import Gate
    from dane_check.live import SystemClock

    return Gate(UNHURRIED if in_lab or lab_map else settings.limits.run, SystemClock())


@contextlib.asynccontextmanager
async def _live(settings: Settings, doorkeeper: Doorkeeper | None) -> AsyncIterator[Checker]:
    from dane_check.api import Checker

    async with Checker(settings, doorkeeper=doorkeeper) as checker:
        yield checker


@contextlib.asynccontextmanager
async def _own_lab(settings: Settings, names: Sequence[str], doorkeeper: Doorkeeper | None) -> AsyncIterator[Checker]:
    from dane_check.lab import Lab
    from dane_check.network.dns import UdpTransport

    async with Lab(_scenarios(names)) as lab:
        transport = lab.transport(UdpTransport(settings.limits.dns))
        async with _in_lab(settings, lab.map, transport, names, doorkeeper) as checker:
            yield checker


@contextlib.asynccontextmanager
async def _other_lab(
    settings: Settings, path: str, names: Sequence[str], doorkeeper: Doorkeeper | None
) -> AsyncIterator[Checker]:
    from dane_check.network.dns import UdpTransport

    lab = _map_in(path)
    transport = lab.transport(UdpTransport(settings.limits.dns))
    async with _in_lab(settings, lab, transport, names, doorkeeper) as checker:
        yield checker


@contextlib.asynccontextmanager
async def _in_lab(
    settings: Settings, lab: LabMap, transport: LabTransport, names: Sequence[str], doorkeeper: Doorkeeper | None
) -> AsyncIterator[Checker]:
    from dane_check.api import Checker
    from dane_check.network.dialer import TcpDialer

    chosen = _settings_of(settings, lab, names)
    dialer = lab.dialer(TcpDialer(settings.limits.session))
    async with Checker(chosen, dns=transport, dialer=dialer, doorkeeper=doorkeeper) as checker:
        yield checker


def _map_in(path: str) -> LabMap:
    from dane_check.lab import read_map

    return read_map(read_text(path, DEFAULT.input.file_octets))


def _settings_of(settings: Settings, lab: LabMap, names: Sequence[str]) -> Settings:
    return dataclasses.replace(
        settings,
        resolver=str(_resolver(lab, names)),
        trust_anchor=settings.trust_anchor or lab.trust_anchor,
        now=settings.now or lab.now,
        allow_reserved=True,  # the lab hands out documentation addresses, and its dialer leads nowhere else
        limits=dataclasses.replace(settings.limits, run=UNHURRIED),  # nobody is burdened there
    )


def _scenarios(names: Sequence[str]) -> Sequence[Scenario]:
    """Those that `names` are about; all of them where nothing is named."""
    from dane_check.lab import load_scenarios

    found = [_scenario_of(name) for name in names]
    for name, scenario in zip(names, found, strict=True):
        if scenario is None:
            raise UsageError(f"{name} is no domain of the lab; see dane-check lab list")
    return tuple({one.id: one for one in found if one is not None}.values()) or load_scenarios()


def _scenario_of(name: str) -> Scenario | None:
    from dane_check.lab import load_scenarios

    within = (one for one in load_scenarios() if any(_within(name, zone) for zone in _zones(one)))
    return next(within, None)


def _zones(scenario: Scenario) -> set[str]:
    return {scenario.domain} | {zone.name for zone in scenario.zone if zone.name}


def _within(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def _resolver(lab: LabMap, names: Sequence[str]) -> Server:
    """The resolver of the scenarios that `names` are about; some have one of their own."""
    if not lab.resolvers:
        return lab.resolver
    scenarios = [_scenario_of(name) for name in names]
    servers = {lab.resolver_of(one.domain) for one in scenarios if one is not None} or {lab.resolver}
    if len(servers) > 1:
        raise UsageError("these domains of the lab are asked through different resolvers; check them one at a time")
    return servers.pop()
