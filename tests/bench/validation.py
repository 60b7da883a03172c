"""What a validated lookup costs by the algorithm of its zone: octets from memory, no network."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median

from dane_check.dnssec.anchor_text import parse_trust_anchors
from dane_check.dnssec.resolver import ValidatingResolver
from dane_check.lab import Lab
from dane_check.lab.scenario import Scenario, read_scenario
from dane_check.network.dns import UdpTransport
from dane_check.ports import Heard, Question, Server
from dane_check.wire.message import Message, read
from tests.bench.measuring import table

ALGORITHMS = {8: "RSASHA256, 2048 bits", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519"}
HOSTS = 200
RUNS = 7
_DOMAIN = "bench.test"


@dataclass(frozen=True)
class Cost:
    """One algorithm. Lookups a second and CPU milliseconds a lookup, in a known zone; CPU milliseconds from nothing."""

    algorithm: str
    per_second: float
    cpu_ms: float
    cold_cpu_ms: float


class Memory:
    """A transport of replies heard before; the first time each is asked of the lab. Octets are read anew each time."""

    def __init__(self, lab: Lab) -> None:
        self._inner = lab.transport(UdpTransport())
        self._server = lab.resolver_of(_DOMAIN)
        self._octets: dict[Question, bytes] = {}

    async def ask(self, question: Question, server: Server) -> Heard:
        if question not in self._octets:
            heard = await self._inner.ask(question, self._server)
            assert isinstance(heard, Message)
            self._octets[question] = heard.octets
        return read(self._octets[question])


def _scenario(algorithm: int) -> Scenario:
    records = "\n".join(f"_25._tcp.h{n} TLSA 3 1 1 {n:064x}" for n in range(HOSTS))
    head = f'id = "bench"\ndomain = "{_DOMAIN}"\nsays = "made up"\nrule = []\n'
    zone = f'[[zone]]\nalgorithm = {algorithm}\nrecords = """\n{records}\n"""\n'
    return read_scenario(f'{head}{zone}[expect]\nverdict = "protected"\nexit = 0\n')


async def _measure(algorithm: int) -> Cost:
    async with Lab([_scenario(algorithm)]) as lab:
        memory, now = Memory(lab), lab.clock.now()
        anchors = parse_trust_anchors(lab.trust_anchor)

        def resolver() -> ValidatingResolver:
            return ValidatingResolver(memory, [Server("192.0.2.53")], anchors, now=now)

        async def all_hosts(one: ValidatingResolver) -> None:
            for number in range(HOSTS):
                found = await one.lookup(f"_25._tcp.h{number}.{_DOMAIN}.", "TLSA")
                assert found.status == "secure"

        await all_hosts(resolver())  # fills the memory, loads the libraries
        walls, cpus, colds = [], [], []
        for _ in range(RUNS):
            one, cpu = resolver(), time.process_time()
            await one.lookup(f"{_DOMAIN}.", "SOA")
            colds.append(time.process_time() - cpu)
            wall, cpu = time.perf_counter(), time.process_time()
            await all_hosts(one)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        return Cost(
            ALGORITHMS[algorithm],
            HOSTS / median(walls),
            1000 * median(cpus) / HOSTS,
            1000 * median(colds),
        )


def measure() -> list[Cost]:
    """Medians of several runs for each algorithm."""
    return [asyncio.run(_measure(algorithm)) for algorithm in ALGORITHMS]


def document(costs: list[Cost]) -> str:
    """The section of docs/performance.md."""
    head = ["zone", "lookups per second", "CPU per lookup", "CPU from nothing"]
    rows = [
        [one.algorithm, f"{one.per_second:.0f}", f"{one.cpu_ms:.2f} ms", f"{one.cold_cpu_ms:.1f} ms"] for one in costs
    ]
    return f"""## A validated lookup, by the algorithm of its zone

{HOSTS} different TLSA lookups one after the other in one zone, replies from memory, the zone's keys known: reading the
message, checking one signature, building the proof. "From nothing" is the first lookup of a run: three zones' keys and
two DS sets as well (the zones above are ECDSAP256SHA256 in every row). Medians of {RUNS} runs.

{table(head, rows)}"""
