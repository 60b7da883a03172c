"""The scenarios of the matrix, and what each verdict rests on: written by hand from the rules, and from nothing else.

What is written here is never taken from a run: a question that the engine asks and that stands nowhere here is one
on which nothing rests.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from dane_check.lab import Scenario, load_scenarios, read_scenario


class Policy(StrEnum):
    """What a sender owes a host (docs/requirements.md §19.3)."""

    AUTHENTICATE = "A"
    ENCRYPT = "E"
    OPPORTUNISTIC = "O"


@dataclass(frozen=True, slots=True)
class Host:
    """One MX host. `@` in names stands for the domain of the scenario.

    name -- the MX host, which the addresses are asked of. servers -- the names its servers have in the scenario.
    lookups -- questions without which nobody may connect to it: TLSA, and the zones of its names and records.
    """

    name: str
    policy: Policy
    lookups: tuple[str, ...]
    servers: tuple[str, ...] = ("mx",)


@dataclass(frozen=True, slots=True)
class Ground:
    """What one scenario's verdict rests on.

    destination -- questions without which nothing may be connected to at all: MX, and the zones down to it.
    unsigned -- those of all the questions whose answers are not signed, so that nothing vouches for their octets.
    """

    scenario: str
    destination: tuple[str, ...]
    hosts: tuple[Host, ...] = ()
    unsigned: tuple[str, ...] = ()


_ABOVE: Final = (". DNSKEY", "test. DS", "test. DNSKEY")
_SIGNED: Final = ("@. MX", *_ABOVE, "@. DS", "@. DNSKEY")


def _zone(name: str) -> tuple[str, str]:
    return f"{name}. DS", f"{name}. DNSKEY"


_A, _E, _O = Policy
_TLSA: Final = ("_25._tcp.mx.@. TLSA",)
_MX: Final = Host("mx.@", _A, _TLSA)

GROUNDS: Final = (
    Ground("ee-matches", _SIGNED, (_MX,)),
    Ground("no-match", _SIGNED, (_MX,)),
    Ground(
        "insecure-mx-good-host",
        ("@. MX", *_ABOVE, "@. DS"),
        (Host("mx.host-of-@", _A, ("_25._tcp.mx.host-of-@. TLSA", *_zone("host-of-@"))),),
        unsigned=("@. MX",),
    ),
    Ground("no-tlsa", _SIGNED, (Host("mx.@", _O, _TLSA),)),
    Ground("tlsa-alias", _SIGNED, (Host("mx.@", _A, (*_TLSA, *_zone("shared-by-@"))),)),
    Ground(
        "first-mx-fails",
        _SIGNED,
        (
            Host("mx1.@", _A, ("_25._tcp.mx1.@. TLSA",), ("mx1",)),
            Host("mx2.@", _A, ("_25._tcp.mx2.@. TLSA",), ("mx2",)),
        ),
    ),
    Ground(
        "second-mx-without-tlsa",
        _SIGNED,
        (
            Host("mx1.@", _A, ("_25._tcp.mx1.@. TLSA",), ("mx1",)),
            Host("mx2.@", _O, ("_25._tcp.mx2.@. TLSA",), ("mx2",)),
        ),
    ),
    Ground("dual-certificates", _SIGNED, (_MX,)),
    Ground("implicit-mx", _SIGNED, (Host("@", _A, ("_25._tcp.@. TLSA",)),)),
    Ground("ta-served", _SIGNED, (_MX,)),
    Ground("both-families", _SIGNED, (Host("mx.@", _A, _TLSA, ("one", "two")),)),
    Ground("digest-too-short", _SIGNED, (Host("mx.@", _E, _TLSA),)),
    Ground("null-mx", _SIGNED),
)

# A host with an address of either family, one of which speaks TLS 1.2: two flights of the server's before it is up.
_BOTH_FAMILIES: Final = """
id = "both-families"
domain = "both-families.test"
says = "The host has addresses of both families; the server at one of them speaks TLS 1.2 only."
rule = ["S4-A20"]

[[zone]]
records = '''
@            MX   10 mx
mx           A    {one.A}
mx           AAAA {two.AAAA}
_25._tcp.mx  TLSA 3 1 1 {one.ee}
_25._tcp.mx  TLSA 3 1 1 {two.ee}
'''

[[server]]
name = "one"
host = "mx.both-families.test"
tls = ["1.2"]

[[server]]
name = "two"
host = "mx.both-families.test"

[expect]
verdict = "protected"
exit = 0
"""


@cache
def scenario_of(name: str) -> Scenario:
    """The scenario of a ground."""
    if name == "both-families":
        return read_scenario(_BOTH_FAMILIES)
    return next(one for one in load_scenarios() if one.id == name)
