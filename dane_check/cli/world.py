"""The world a command asks: the live network, the lab started for this run, or a lab that runs elsewhere here."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from dane_check.cli.files import read_text
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.api import Checker
    from dane_check.lab import LabMap, LabTransport, Scenario
    from dane_check.ports import Server


@contextlib.asynccontextmanager
async def opened(
    settings: Settings, in_lab: bool, lab_map: str | None, names: Sequence[str] = ()
) -> AsyncIterator[Checker]:
    """An open `Checker` over the world that was chosen, to be asked about `names`. Raises UsageError first."""
    if in_lab and lab_map:
        raise UsageError("--lab starts a lab of its own; leave out --lab-map, or --lab")
    if in_lab:
        world = _own_lab(settings, names)
    elif lab_map:
        world = _other_lab(settings, lab_map, names)
    else:
        world = _live(settings)
    async with world as checker:
        yield checker


@contextlib.asynccontextmanager
async def _live(settings: Settings) -> AsyncIterator[Checker]:
    from dane_check.api import Checker

    async with Checker(settings) as checker:
        yield checker


@contextlib.asynccontextmanager
async def _own_lab(settings: Settings, names: Sequence[str]) -> AsyncIterator[Checker]:
    from dane_check.lab import Lab
    from dane_check.network.dns import UdpTransport

    async with Lab(_scenarios(names)) as lab:
        transport = lab.transport(UdpTransport(settings.limits.dns))
        async with _in_lab(settings, lab.map, transport, names) as checker:
            yield checker


@contextlib.asynccontextmanager
async def _other_lab(settings: Settings, path: str, names: Sequence[str]) -> AsyncIterator[Checker]:
    from dane_check.lab import read_map
    from dane_check.network.dns import UdpTransport

    lab = read_map(read_text(path, DEFAULT.input.file_octets))
    transport = lab.transport(UdpTransport(settings.limits.dns))
    async with _in_lab(settings, lab, transport, names) as checker:
        yield checker


@contextlib.asynccontextmanager
async def _in_lab(
    settings: Settings, lab: LabMap, transport: LabTransport, names: Sequence[str]
) -> AsyncIterator[Checker]:
    from dane_check.api import Checker
    from dane_check.network.dialer import TcpDialer

    chosen = dataclasses.replace(
        settings,
        resolver=str(_resolver(lab, names)),
        trust_anchor=settings.trust_anchor or lab.trust_anchor,
        now=settings.now or lab.now,
        allow_reserved=True,  # the lab hands out documentation addresses, and its dialer leads nowhere else
    )
    async with Checker(chosen, dns=transport, dialer=lab.dialer(TcpDialer(settings.limits.session))) as checker:
        yield checker


def _scenarios(names: Sequence[str]) -> Sequence[Scenario]:
    """Those that `names` are about; all of them where nothing is named."""
    from dane_check.lab import load_scenarios

    scenarios = load_scenarios()
    strange = [name for name in names if not any(_within(name, one.domain) for one in scenarios)]
    if strange:
        raise UsageError(f"{strange[0]} is no domain of the lab; see dane-check lab list")
    wanted = tuple(one for one in scenarios if any(_within(name, one.domain) for name in names))
    return wanted or scenarios


def _within(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def _resolver(lab: LabMap, names: Sequence[str]) -> Server:
    servers = list(dict.fromkeys(lab.resolver_of(name) for name in names)) or [lab.resolver]
    if len(servers) > 1:
        raise UsageError("these domains of the lab are asked through different resolvers; check them one at a time")
    return servers[0]
