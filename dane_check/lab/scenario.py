"""Scenarios: one situation each, as a TOML file that reads like its description (docs/lab.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources

from dane_check.errors import UsageError
from dane_check.lab import tables
from dane_check.lab.certificates import Defect, Role
from dane_check.lab.dns_world.world import DsKind
from dane_check.lab.dns_world.zone import DenialKind
from dane_check.lab.keys import KeyKind
from dane_check.lab.mail.script import Script


class Verdict(StrEnum):
    """The domain verdicts of requirements §1.3; the lab's own copy, for it must not know the judges."""

    PROTECTED = "protected"
    PARTIAL = "partial"
    UNPROTECTED = "unprotected"
    BROKEN = "broken"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not-applicable"


class RootKey(StrEnum):
    """By which generation of root keys a resolver's root zone is signed; the lab's anchor knows two."""

    FIRST = "first"
    SECOND = "second"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ZoneTable:
    """`[[zone]]`: one zone. name -- the scenario's domain if left out; iterations, salt -- of NSEC3;
    weak_key -- RSA keys of 768 bits, with algorithm 8."""

    name: str = ""
    records: str = ""
    signed: bool = True
    algorithm: int = 13
    weak_key: bool = False
    ds: DsKind = DsKind.GOOD
    denial: DenialKind = DenialKind.NSEC
    iterations: int = 0
    salt: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateTable:
    """`[[server.certificate]]`: one chain a server can present. names -- the server's host if left out;
    issuer -- the name of an intermediate of its own."""

    key: KeyKind = KeyKind.ECDSA
    names: tuple[str, ...] = ()
    leaf: tuple[Defect, ...] = ()
    intermediate: tuple[Defect, ...] = ()
    root: tuple[Defect, ...] = ()
    serve: tuple[Role, ...] = (Role.LEAF, Role.INTERMEDIATE)
    sni: str | None = None
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class ServerTable(Script):
    """`[[server]]`: one mail server. name -- what placeholders call it; host -- NAME.DOMAIN if left out."""

    name: str = "mx"
    host: str = ""
    certificate: tuple[CertificateTable, ...] = (CertificateTable(),)


@dataclass(frozen=True, slots=True)
class ResolverTable:
    """`[resolver]`: a resolver of its own for this scenario, where the common one will not do."""

    root_key: RootKey = RootKey.FIRST
    strips: bool = False
    authenticates: bool = False
    silent: bool = False
    rcode: int | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """`[options]`: how the check is asked for; the names and meanings of `Settings`."""

    ipv4: bool = True
    ipv6: bool = True
    connect: bool = True
    down: tuple[str, ...] = ()
    repeat: int = 1
    require_dane: bool = False
    strict: bool = False
    audit: bool = False
    nsec3_iterations: int = 50


@dataclass(frozen=True, slots=True)
class Expect:
    """`[expect]`: what a right check comes to.

    hosts -- host verdicts by host name. endpoints -- results by `server`, by `server.A` or `server.AAAA`,
    and with `/rsa` or `/ecdsa` where certificate types differ. findings, absent -- codes that must be there,
    and codes that must not. connections, tlsa_questions -- how many are allowed, None for any.
    sni -- the values that must have been seen, all of them and no other.
    """

    verdict: Verdict
    exit: int
    hosts: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    connections: int | None = None
    tlsa_questions: int | None = None
    sni: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation: zones, servers, and what a check must say about `domain`."""

    id: str
    domain: str
    says: str
    rule: tuple[str, ...]
    expect: Expect
    zone: tuple[ZoneTable, ...] = ()
    server: tuple[ServerTable, ...] = ()
    resolver: ResolverTable | None = None
    options: Options = field(default_factory=Options)


def read_scenario(text: str, where: str = "scenario") -> Scenario:
    """The scenario of one TOML text. Raises `UsageError` with `where`, the table and the key."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: not TOML: {error}") from None
    return tables.read(Scenario, table, where)


@cache
def load_scenarios() -> tuple[Scenario, ...]:
    """The scenarios that come with the package, by id. Raises `UsageError` if two have one id or domain."""
    folder = resources.files(__package__ or "dane_check.lab") / "scenarios"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    scenarios = tuple(read_scenario(f.read_text("utf-8"), f.name) for f in files)
    check_distinct(scenarios)
    return tuple(sorted(scenarios, key=lambda scenario: scenario.id))


def check_distinct(scenarios: tuple[Scenario, ...]) -> None:
    """Raises `UsageError` where two scenarios claim the same id or domain."""
    seen: dict[str, str] = {}
    for scenario in scenarios:
        for claim in (f"id {scenario.id}", f"domain {scenario.domain}"):
            if claim in seen:
                raise UsageError(f"scenarios {seen[claim]} and {scenario.id} both claim {claim}")
            seen[claim] = scenario.id
