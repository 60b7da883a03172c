"""Where everything of a running lab is, and the port objects that lead there; also as JSON for other processes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dane_check.errors import UsageError
from dane_check.ports import (
    ByteStream,
    Dialer,
    DialFailure,
    DnsTransport,
    Fault,
    Heard,
    NoReply,
    Question,
    Server,
)

SCHEMA = 1
SMTP = 25


@dataclass(frozen=True, slots=True)
class LabClock:
    """The lab's moment: `now` stands still, monotonic time goes on."""

    moment: datetime

    def now(self) -> datetime:
        """The moment all signatures and certificates of the lab are made around."""
        return self.moment

    def monotonic(self) -> float:
        """Real seconds."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class LabMap:
    """A running lab, seen from a client.

    resolver, resolvers -- the common resolver, and those of domains that have one of their own.
    trust_anchor -- DS texts of the root zone. now -- the moment of the lab.
    endpoints -- where port 25 of each address of the lab's DNS really is; None never answers.
    """

    resolver: Server
    trust_anchor: tuple[str, ...]
    now: datetime
    endpoints: Mapping[str, Server | None] = field(default_factory=dict)
    resolvers: Mapping[str, Server] = field(default_factory=dict)

    @property
    def clock(self) -> LabClock:
        """A clock that stands at `now`."""
        return LabClock(self.now)

    def resolver_of(self, domain: str) -> Server:
        """The resolver to ask about a domain."""
        return self.resolvers.get(domain.rstrip(".").lower(), self.resolver)

    def dialer(self, inner: Dialer) -> LabDialer:
        """A dialer that reaches port 25 of the lab's addresses through `inner`, and nothing else."""
        return LabDialer(inner, self.endpoints)

    def transport(self, inner: DnsTransport) -> LabTransport:
        """A transport that asks the lab's resolvers through `inner`, and nobody else."""
        return LabTransport(inner, self.resolver, frozenset(self.resolvers.values()))


class LabDialer:
    """Leads the addresses of the lab's DNS to loopback. Time-outs are told at once: nobody waits in the lab."""

    def __init__(self, inner: Dialer, endpoints: Mapping[str, Server | None]) -> None:
        self._inner = inner
        self._endpoints = endpoints

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        """A stream to the server that stands for `address`, or why there is none."""
        if port != SMTP or address not in self._endpoints:
            return DialFailure(Fault.UNREACHABLE, "not an address of the lab")
        there = self._endpoints[address]
        if there is None:
            return DialFailure(Fault.TIMEOUT, "a black hole of the lab")
        return await self._inner.open(there.address, there.port)


class LabTransport:
    """Asks the lab's resolvers only; any other server's questions go to the common one.

    silent -- tells, inside the lab's own process, which questions get no reply, so that nobody need wait.
    """

    def __init__(
        self,
        inner: DnsTransport,
        resolver: Server,
        others: frozenset[Server] = frozenset(),
        silent: Callable[[Question, Server], bool] | None = None,
    ) -> None:
        self._inner = inner
        self._resolver = resolver
        self._others = others
        self._silent = silent

    async def ask(self, question: Question, server: Server) -> Heard:
        """The lab's reply."""
        chosen = server if server in self._others else self._resolver
        if self._silent and self._silent(question, chosen):
            return NoReply(Fault.TIMEOUT, "the lab stays silent")
        return await self._inner.ask(question, chosen)


def write_map(lab: LabMap) -> str:
    """The map as JSON text."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "kind": "lab-map",
            "now": lab.now.isoformat(),
            "resolver": _pair(lab.resolver),
            "trust_anchor": list(lab.trust_anchor),
            "resolvers": {domain: _pair(server) for domain, server in lab.resolvers.items()},
            "endpoints": {a: server and _pair(server) for a, server in lab.endpoints.items()},
        },
        indent=1,
    )


def read_map(text: str) -> LabMap:
    """The map of a JSON text. Raises `UsageError` if it is none."""
    try:
        table = json.loads(text)
        if table["schema"] != SCHEMA or table["kind"] != "lab-map":
            raise UsageError(f"the lab map has schema {table['schema']!r}; this version reads {SCHEMA}")
        return LabMap(
            resolver=_server(table["resolver"]),
            trust_anchor=tuple(str(anchor) for anchor in table["trust_anchor"]),
            now=_aware(table["now"]),
            endpoints={a: pair and _server(pair) for a, pair in table["endpoints"].items()},
            resolvers={domain: _server(pair) for domain, pair in table["resolvers"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"this is not a lab map: {error!r}") from None


def _pair(server: Server) -> list[str | int]:
    return [server.address, server.port]


def _server(pair: Any) -> Server:
    address, port = pair
    return Server(str(address), int(port))


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("now has no time zone")
    return moment
