"""The lab itself: zones, resolver and mail servers, alive between `async with Lab() as lab` and its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import dns.name
import dns.rdatatype

from dane_check.errors import UsageError
from dane_check.lab.addresses import resolver_addresses
from dane_check.lab.dns_world.server import Asked, DnsServer, Manners
from dane_check.lab.dns_world.world import DnsWorld, root_keys
from dane_check.lab.mail.script import Port, Session
from dane_check.lab.mail.server import SmtpServer
from dane_check.lab.mail.tls import Credentials
from dane_check.lab.map import SMTP, LabClock, LabDialer, LabMap, LabTransport
from dane_check.lab.scenario import ResolverTable, RootKey, Scenario, check_distinct, load_scenarios
from dane_check.lab.stage import Staged, foundations, stage
from dane_check.ports import Dialer, DnsTransport, Question, Server


class Lab:
    """An embedded DNS world and its mail servers, on loopback.

    scenarios -- all of the package if None. now -- the moment everything is made around; the wall clock's
    if None. delay -- seconds before every DNS reply, SMTP reply and TLS flight, twice before a greeting.
    real_ports -- listens on port 53 and 25 of loopback addresses (root), so that any program can be used.
    authenticates -- the common resolver sets AD on what is secure by the way the lab's zones were made, for programs
    that leave validation to their resolver. It sets AD nowhere else, and validates nothing.

    Raises `UsageError` for a scenario that cannot be built, or if `now` has no time zone.
    """

    def __init__(
        self,
        scenarios: Iterable[Scenario] | None = None,
        *,
        now: datetime | None = None,
        delay: float = 0,
        real_ports: bool = False,
        authenticates: bool = False,
    ) -> None:
        moment = (now or datetime.now(UTC)).replace(microsecond=0)
        if moment.tzinfo is None:
            raise UsageError("the lab's now has no time zone")
        chosen = load_scenarios() if scenarios is None else tuple(scenarios)
        check_distinct(chosen)
        built = stage(chosen, moment, loopback=real_ports)
        self.left_out = built.left_out
        self.dns_log: list[Asked] = []
        self._now, self._delay, self._real_ports = moment, delay, real_ports
        self._authenticates = authenticates
        self._staged = {s.scenario.domain: s for s in built.staged}
        self._mail: dict[str, list[SmtpServer]] = {}
        self._dns: dict[Server, DnsServer] = {}
        self._map: LabMap | None = None
        self._running = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            self._map = await self._start()
        except OSError as error:
            await self._running.aclose()
            raise UsageError(f"the lab cannot listen: {error}; real ports need root and to be free") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._map = None
        await self._running.aclose()

    @property
    def map(self) -> LabMap:
        """Where everything is. Raises `UsageError` outside of `async with`."""
        if self._map is None:
            raise UsageError("the lab is not running; use it inside 'async with'")
        return self._map

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios that are played; those in `left_out` found no address."""
        return tuple(staged.scenario for staged in self._staged.values())

    @property
    def resolver(self) -> Server:
        """The common resolver; `resolver_of` knows the exceptions."""
        return self.map.resolver

    @property
    def trust_anchor(self) -> tuple[str, ...]:
        """DS texts of the lab's root zone: two generations of keys."""
        return self.map.trust_anchor

    @property
    def clock(self) -> LabClock:
        """A clock that stands at the lab's now."""
        return self.map.clock

    def resolver_of(self, domain: str) -> Server:
        """The resolver to ask about a domain: its scenario's own, or the common one."""
        return self.map.resolver_of(domain)

    def dialer(self, inner: Dialer) -> LabDialer:
        """A dialer that leads port 25 of the lab's addresses to the servers, through `inner`."""
        return self.map.dialer(inner)

    def transport(self, inner: DnsTransport) -> LabTransport:
        """A transport that asks the lab only, and need not wait where the lab stays silent."""
        return LabTransport(inner, self.resolver, frozenset(self._dns), self._stays_silent)

    def addresses(self, domain: str) -> dict[str, tuple[str, ...]]:
        """The DNS addresses of each server of a scenario, by the server's name."""
        placed = self._scenario(domain).servers
        return {s.name: tuple(p.address for p in placed if p.name == s.name) for s in placed}

    def seen(self, domain: str) -> tuple[Session, ...]:
        """What the mail servers of a scenario have seen so far, server by server, each in order."""
        servers = self._mail[self._scenario(domain).scenario.domain]
        return tuple(notes.session() for server in servers for notes in server.notes)

    def asked(self, domain: str) -> tuple[Asked, ...]:
        """The questions heard so far about names in a scenario's zones."""
        staged = self._scenario(domain)
        return tuple(asked for asked in self.dns_log if staged.holds(asked.name))

    def _scenario(self, domain: str) -> Staged:
        found = self._staged.get(domain.rstrip(".").lower())
        if found is None:
            raise UsageError(f"no scenario of the lab is about {domain!r}")
        return found

    def _stays_silent(self, question: Question, server: Server) -> bool:
        there = self._dns[server]
        rdtype = dns.rdatatype.RdataType.make(question.rdtype)
        silent = there.reply_to(question.name, rdtype).silent
        if silent:
            self.dns_log.append(Asked(question.name, rdtype))
        return silent

    async def _start(self) -> LabMap:
        addresses = resolver_addresses()
        vouching = Manners(vouches=self._authenticates)
        common = await self._start_resolver(addresses, self._staged.values(), vouching)
        own = {
            domain: await self._start_own(addresses, staged, staged.scenario.resolver)
            for domain, staged in self._staged.items()
            if staged.scenario.resolver is not None
        }
        endpoints: dict[str, Server | None] = {}
        for domain, staged in self._staged.items():
            endpoints.update(await self._start_mail(domain, staged))
        return LabMap(common, anchors(self._now), self._now, endpoints, own)

    async def _start_own(self, addresses: Iterator[str], staged: Staged, table: ResolverTable) -> Server:
        manners = Manners(table.strips, table.authenticates, table.silent, table.rcode)
        return await self._start_resolver(addresses, [staged], manners, table.root_key)

    async def _start_resolver(
        self, addresses: Iterator[str], staged: Iterable[Staged], manners: Manners, root: str = ResolverTable().root_key
    ) -> Server:
        zones = [*foundations(), *(zone for one in staged for zone in one.zones)]
        world = DnsWorld(zones, self._now, root)
        server = DnsServer(world, manners, self._delay, self.dns_log)
        where = (next(addresses), 53) if self._real_ports else ("127.0.0.1", 0)
        listening = await server.start(*where)
        self._running.push_async_callback(server.stop)
        self._dns[listening] = server
        return listening

    async def _start_mail(self, domain: str, staged: Staged) -> dict[str, Server | None]:
        servers = [
            SmtpServer(p.name, p.address, p.host, p.script, Credentials(p.presented, p.script), self._delay)
            for p in staged.servers
        ]
        self._mail[domain] = servers
        where = [await self._listen(server) for server in servers]
        return {server.address: there for server, there in zip(servers, where, strict=True)}

    async def _listen(self, server: SmtpServer) -> Server | None:
        address, port = (server.address, SMTP) if self._real_ports else ("127.0.0.1", 0)
        if server.script.port is Port.BLACKHOLE and not self._real_ports:
            return None
        chosen = await server.start(address, port)
        self._running.push_async_callback(server.stop)
        return Server(address, chosen)


def anchors(now: datetime) -> tuple[str, ...]:
    """DS texts of the lab's root: two generations of keys."""
    generations = (RootKey.FIRST, RootKey.SECOND)
    return tuple(f". IN DS {root_keys(now, key).ds()}" for key in generations)
