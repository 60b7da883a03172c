"""A scenario made real as values: zone plans with every placeholder filled, and servers with addresses and chains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from ipaddress import ip_address

import dns.name
from dns.rdatatype import RdataType

from dane_check.errors import UsageError
from dane_check.lab import records
from dane_check.lab.addresses import RESOLVER, Family, NoAddressLeft, Pool
from dane_check.lab.certificates import Authority, Chain, ChainPlan, Issued, Role
from dane_check.lab.dns_world import flaws
from dane_check.lab.dns_world.denial import Hashing
from dane_check.lab.dns_world.world import ZonePlan, ZoneRecord
from dane_check.lab.dns_world.zone import TTL
from dane_check.lab.mail.script import Script
from dane_check.lab.mail.tls import Presented
from dane_check.lab.scenario import CertificateTable, Scenario, ServerTable, ZoneTable

TLD = "test"
_ROLES = {"ee": Role.LEAF, "ca": Role.INTERMEDIATE, "ta": Role.ROOT}


@dataclass(frozen=True, slots=True)
class PlacedServer:
    """A mail server at one address of the DNS."""

    name: str
    host: str
    address: str
    script: Script
    presented: tuple[Presented, ...]


@dataclass(frozen=True, slots=True)
class Staged:
    """One scenario, ready to be played."""

    scenario: Scenario
    zones: tuple[ZonePlan, ...]
    servers: tuple[PlacedServer, ...]

    def holds(self, name: dns.name.Name) -> bool:
        """Whether a DNS name lies in this scenario's zones."""
        return any(name.is_subdomain(zone.origin) for zone in self.zones)


@dataclass(frozen=True, slots=True)
class Stage:
    """All scenarios that found a place, and the ids of those that did not."""

    staged: tuple[Staged, ...]
    left_out: tuple[str, ...]


def stage(scenarios: Iterable[Scenario], now: datetime, *, loopback: bool = False) -> Stage:
    """The scenarios with addresses, certificates and records. Raises `UsageError` for what cannot be built."""
    authority, pool = Authority(now), Pool(loopback=loopback)
    staged, left_out = [], []
    for scenario in scenarios:
        try:
            staged.append(_staged(scenario, authority, pool))
        except NoAddressLeft:
            left_out.append(scenario.id)
        except UsageError as error:
            raise UsageError(f"scenario {scenario.id}: {error}") from None
    return Stage(tuple(staged), tuple(left_out))


def foundations() -> tuple[ZonePlan, ZonePlan]:
    """The root zone and the TLD, both signed."""
    origin = dns.name.from_text(TLD)
    name_server = ZoneRecord(dns.name.Name((b"ns", *origin.labels)), TTL, RdataType.A, _packed(RESOLVER))
    return ZonePlan(dns.name.root), ZonePlan(origin, (name_server,))


def _packed(address: str) -> bytes:
    return ip_address(address).packed


def _staged(scenario: Scenario, authority: Authority, pool: Pool) -> Staged:
    cast = _Cast(scenario.server, scenario.domain, authority, pool)
    zones = tuple(_zone(table, scenario.domain, cast) for table in scenario.zone)
    return Staged(scenario, zones, cast.placed())


def _zone(table: ZoneTable, domain: str, cast: _Cast) -> ZonePlan:
    origin = dns.name.from_text(table.name or domain)
    salt = bytes.fromhex(table.salt)
    opt_out = table.denial.value.endswith("opt-out")
    return ZonePlan(
        origin,
        records.records(table.records, origin, cast),
        signed=table.signed,
        algorithm=table.algorithm,
        weak_key=table.weak_key,
        denial=table.denial,
        hashing=Hashing(table.iterations, salt, opt_out),
        ds=table.ds,
        flaws=tuple(flaws.read(line, origin) for line in table.faults),
    )


class _Cast:
    """The servers of one scenario, who get their chains at once and addresses when a record asks for one."""

    def __init__(self, tables: tuple[ServerTable, ...], domain: str, authority: Authority, pool: Pool) -> None:
        self._tables = {table.name: table for table in tables}
        if len(self._tables) != len(tables):
            raise UsageError("two servers have one name")
        self._hosts = {t.name: t.host or f"{t.name}.{domain}" for t in tables}
        self._authority = authority
        self._pool = pool
        self._addresses: dict[tuple[str, Family], str] = {}
        self._chains = {t.name: [self._chain(t, c) for c in t.certificate] for t in tables}

    def address(self, server: str | None, family: Family) -> str:
        """The address of a server, allotted now if it has none."""
        key = (self._table(server).name, family)
        if key not in self._addresses:
            self._addresses[key] = self._pool.take(family)
        return self._addresses[key]

    def certificate(self, server: str | None, thing: str) -> Issued | None:
        """The certificate a placeholder names."""
        if thing == "empty":
            return None
        if thing == "wrong":
            return self._authority.chain(ChainPlan(("nobody.invalid",)), "nobody").leaf
        table = self._table(server)
        for certificate, chain in zip(table.certificate, self._chains[table.name], strict=True):
            if thing in _ROLES:
                return chain.of(_ROLES[thing])
            if thing == f"ee-{certificate.key}":
                return chain.leaf
        raise UsageError(f"server {table.name!r} has no certificate {thing!r}")

    def placed(self) -> tuple[PlacedServer, ...]:
        """Every server once per address it was given."""
        return tuple(
            PlacedServer(name, self._hosts[name], address, _script(table), self._presented(table))
            for (name, _family), address in self._addresses.items()
            for table in (self._tables[name],)
        )

    def _presented(self, table: ServerTable) -> tuple[Presented, ...]:
        chains = zip(self._chains[table.name], table.certificate, strict=True)
        return tuple(Presented(chain, certificate.sni) for chain, certificate in chains)

    def _chain(self, table: ServerTable, certificate: CertificateTable) -> Chain:
        host = self._hosts[table.name]
        plan = ChainPlan(
            certificate.names or (host,),
            certificate.key,
            frozenset(certificate.leaf),
            frozenset(certificate.intermediate),
            frozenset(certificate.root),
            certificate.serve,
            certificate.issuer,
        )
        return self._authority.chain(plan, f"{host} {table.name} {table.certificate.index(certificate)}")

    def _table(self, server: str | None) -> ServerTable:
        name = next(iter(self._tables), "") if server is None else server
        if name not in self._tables:
            raise UsageError(f"a record speaks of server {name!r}, which the scenario does not have")
        return self._tables[name]


def _script(table: ServerTable) -> Script:
    return Script(**{field.name: getattr(table, field.name) for field in fields(Script)})
