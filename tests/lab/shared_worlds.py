"""Two random mail domains that share their hosts, and one run that is asked about both, in any order and again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from random import Random

from dane_check import Checker, DomainCheck, Settings
from dane_check.lab.memory import MemoryLab
from dane_check.lab.scenario import read_scenario
from dane_check.limits import DEFAULT, UNHURRIED
from tests.check.virtual_time import START, VirtualTime
from tests.lab.random_worlds import Host, Server, World, Zone, draw, scenario_text

STATES = ("signed", "signed", "signed", "signed", "unsigned", "expired", "wrong-ds")
MX_FAULTS = ("",) * 30 + ("servfail", "bad-signature", "refused")


@dataclass(frozen=True, slots=True)
class Shared:
    """order -- the domains as they are asked about. together -- whether all at once. hurried -- whether L-21 binds."""

    one: World
    other: World
    order: tuple[World, ...]
    together: bool
    hurried: bool


def draw_shared(seed: int) -> Shared:
    """The two domains of this seed."""
    random = Random(f"shared {seed}")
    one = draw(seed)
    one = replace(one, options=one.options | _more_options(random, one))
    other = _other(random, one)
    order = random.choice(([one, other], [one, other, one, other], [one, one, other], [other, one, other]))
    random.shuffle(order)
    return Shared(one, other, tuple(order), random.random() < 0.6, random.random() < 0.4)


def _more_options(random: Random, world: World) -> set[str]:
    chances = {"audit": 0.1, "twice": 0.15, "not-early": 0.15, f"down:{random.choice(world.hosts).name}": 0.1}
    return {option for option, chance in chances.items() if random.random() < chance}


def _other(random: Random, one: World) -> World:
    """Another domain with some of the hosts; names that were those of the first domain are nobody's here."""
    zone = Zone(f"other-{one.seed}.test", random.choice(STATES))
    hosts = [host for host in one.hosts if random.random() < 0.85] or [one.hosts[0]]
    # The host of a domain without MX records has the domain's own name.
    strange = "host" if one.implicit else "other"
    return replace(
        one,
        domain=zone.name,
        zone=zone,
        mx_fault=random.choice(MX_FAULTS) if zone.state == "signed" else "",
        implicit=False,
        null_mx=random.random() < 0.06,
        hosts=tuple(_seen_from_there(random, host, strange) for host in hosts),
    )


def _seen_from_there(random: Random, host: Host, strange: str) -> Host:
    def renamed(server: Server | None) -> Server | None:
        return replace(server, names=strange) if server is not None and server.names == "domain" else server

    a, aaaa = (replace(address, server=renamed(address.server)) for address in host.addresses)
    return replace(host, preference=random.choice((0, 10, 20)), addresses=(a, aaaa))


def text_of(shared: Shared) -> str:
    """Both as one scenario."""
    text, other = scenario_text(shared.one, 'verdict = "protected"\nexit = 0'), shared.other
    records = [f"@ MX {host.preference} {host.name}." for host in other.hosts] + ["@ MX 0 ."] * other.null_mx
    faults = [f"@ MX {other.mx_fault}"] * bool(other.mx_fault) + ["any any expired"] * (other.zone.state == "expired")
    lines = [
        f'[[zone]]\nname = "{other.zone.name}"',
        *(["signed = false"] if other.zone.state == "unsigned" else []),
        *(['ds = "wrong"'] if other.zone.state == "wrong-ds" else []),
        *('records = """', *records, '"""'),
        f"faults = {faults}\n\n",
    ]
    return text.replace("[[server]]", "\n".join(lines) + "[[server]]", 1)


def play(shared: Shared, *, record: bool = False) -> list[DomainCheck]:
    """The checks, in the order asked, in a world whose time leaps over every wait."""
    time = VirtualTime()
    lab = MemoryLab(read_scenario(text_of(shared)), START)
    options = shared.one.options
    settings = Settings(
        resolver=str(lab.resolver),
        trust_anchor=lab.trust_anchor,
        allow_reserved=True,
        strict="strict" in options,
        require_dane="require_dane" in options,
        audit="audit" in options,
        connect="no-connect" not in options,
        ipv4="no-ipv4" not in options,
        ipv6="no-ipv6" not in options,
        early_tlsa="not-early" not in options,
        repeat=2 if "twice" in options else 1,
        down=tuple(option.removeprefix("down:") for option in options if option.startswith("down:")),
        limits=DEFAULT if shared.hurried else replace(DEFAULT, run=UNHURRIED),
    )

    async def run() -> list[DomainCheck]:
        async with Checker(settings, dns=lab, dialer=lab, clock=time) as checker:
            asked = [checker.domain(world.domain, record=record) for world in shared.order]
            found = await asyncio.gather(*asked) if shared.together else [await one for one in asked]
        await lab.aclose()
        return found

    return time.run(run())
