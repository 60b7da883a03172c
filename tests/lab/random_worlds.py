"""Random mail domains, drawn from a seed: described in plain values, and written in the lab's scenario format."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TypeVar

_T = TypeVar("_T")

BEHAVIOURS = {
    "good": "",
    "no-starttls": 'capabilities = ["PIPELINING"]',
    "refused": 'starttls = "454 4.7.0 TLS not available"',
    "injection": 'inject = "250 2.0.0 injected\\r\\n"',
    "tls-1.0": 'tls = ["1.0", "1.1"]',
    "garbage": 'garbage = "no TLS here\\r\\n"',
    "reset": 'resets = "handshake"',
    "busy": 'greeting = "421 4.3.2 shutting down"',
    "closed": 'port = "closed"',
}
RECORDS = ((3, 1, 1), (3, 1, 1), (3, 0, 1), (3, 1, 2), (3, 1, 0), (2, 1, 1), (2, 1, 2), (1, 1, 1))


@dataclass(frozen=True, slots=True)
class Zone:
    """state -- signed, unsigned, expired (all its signatures), wrong-ds."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Server:
    """keys -- a certificate of each. names -- whose name is in them: host, domain, other."""

    name: str
    behaviour: str = "good"
    keys: tuple[str, ...] = ("ecdsa",)
    root_served: bool = False
    names: str = "host"
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One TLSA record. of -- SERVER/KEY for a leaf, or ca (always served), ta (the root), wrong."""

    usage: int
    selector: int
    matching: int
    of: str
    short: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """What a host has in one family. fault -- of the lookup, data or denial; empty for none."""

    server: Server | None
    fault: str


@dataclass(frozen=True, slots=True)
class Host:
    """wild -- its records come from a wildcard, so that opt-out can make each answer insecure."""

    name: str
    zone: Zone
    wild: bool
    preference: int
    addresses: tuple[Address, Address]  # A, AAAA
    tlsa: tuple[Record, ...]
    tlsa_fault: str


@dataclass(frozen=True, slots=True)
class World:
    """One mail domain, and how it is asked about. implicit -- no MX records; the only host is the domain."""

    seed: int
    domain: str
    zone: Zone
    mx_fault: str
    implicit: bool
    null_mx: bool
    hosts: tuple[Host, ...]
    options: frozenset[str]  # of strict, require_dane, no-connect, no-ipv4, no-ipv6, audit, twice, not-early, down:HOST


def draw(seed: int) -> World:
    """The world of this seed; most of what can be wrong in it is rare, so that much of it is reached."""
    random = Random(seed)
    domain = f"world-{seed}.test"
    zone = Zone(domain, _mostly(random, "signed", 0.8, ("unsigned", "unsigned", "unsigned", "expired", "wrong-ds")))
    implicit = random.random() < 0.12
    count = 1 if implicit else random.choice((1, 1, 1, 2, 2, 3))
    hosts = tuple(_host(random, number, zone, implicit=implicit) for number in range(1, count + 1))
    return World(
        seed,
        domain,
        zone,
        _mostly(random, "", 0.95, _faults(zone, wild=False)),
        implicit,
        not implicit and random.random() < 0.06,
        hosts,
        _options(random),
    )


def _options(random: Random) -> frozenset[str]:
    chosen = {"strict": 0.25, "require_dane": 0.1, "no-connect": 0.07}
    family = _mostly(random, "", 0.92, ("no-ipv4", "no-ipv6"))
    return frozenset([o for o, chance in chosen.items() if random.random() < chance] + ([family] if family else []))


def _mostly(random: Random, usual: _T, chance: float, others: tuple[_T, ...]) -> _T:
    return usual if random.random() < chance else random.choice(others)


def _faults(zone: Zone, *, wild: bool) -> tuple[str, ...]:
    failing = ("servfail", "drop", "refused", "truncate")
    if zone.state == "unsigned":  # nothing there can be forged so that it shows
        return failing
    return (*failing, "bad-signature", "expired", "unsigned", *(("opt-out",) * 10 if wild else ()))


def _host(random: Random, number: int, domain: Zone, *, implicit: bool) -> Host:
    zone = domain
    if not implicit and random.random() < 0.7:
        state = _mostly(random, "signed", 0.85, ("unsigned", "unsigned", "expired", "wrong-ds"))
        zone = Zone(f"h{number}-{domain.name}", state)
    wild = zone is not domain and zone.state == "signed" and random.random() < 0.4
    # The lab has two RSA keys, and takes the one or the other by the length of the label.
    servers = tuple(_server(random, f"s{number}{letter}") for letter in ("a", "bb"))
    if random.random() < 0.4:
        servers = (servers[0], servers[0])
    families = random.choices(((0,), (1,), (0, 1), ()), (4, 1, 5, 0.6))[0]
    usual = 0.75 if wild else 0.9  # only there can one family be insecure and the other not
    addresses = tuple(
        Address(servers[i] if i in families else None, _mostly(random, "", usual, _faults(zone, wild=wild)))
        for i in (0, 1)
    )
    return Host(
        zone.name if implicit else f"mx{number}.{zone.name}",
        zone,
        wild,
        random.choice((0, 10, 10, 20)),
        (addresses[0], addresses[1]),
        _tlsa(random, servers),
        _mostly(random, "", 0.88, _faults(zone, wild=wild)),
    )


def _server(random: Random, name: str) -> Server:
    return Server(
        name,
        _mostly(random, "good", 0.8, tuple(BEHAVIOURS)),
        random.choice((("ecdsa",), ("ecdsa",), ("rsa",), ("ecdsa", "rsa"))),
        random.random() < 0.5,
        _mostly(random, "host", 0.8, ("domain", "other")),
        random.random() < 0.1,
    )


def _tlsa(random: Random, servers: tuple[Server, ...]) -> tuple[Record, ...]:
    kind = random.random()
    if kind < 0.1:
        return ()
    records = []
    if kind < 0.6:  # one that covers everything, so that protected domains are not rare
        form = random.choice(((3, 1, 1), (3, 0, 1), (3, 1, 2)))
        records = [Record(*form, of) for of in _leaves(servers)]
        if random.random() < 0.3:
            records = [Record(2, 1, 1, random.choice(("ca", "ta")))]
    if not records or random.random() < 0.5:
        records += [_record(random, servers) for _ in range(random.choice((1, 1, 2, 3)))]
    return tuple(dict.fromkeys(records))


def _record(random: Random, servers: tuple[Server, ...]) -> Record:
    usage, selector, matching = random.choice(RECORDS)
    of = ("ca", "ta", "wrong") if usage == 2 else (*_leaves(servers), *_leaves(servers), "wrong")
    return Record(usage, selector, matching, random.choice(of), matching > 0 and random.random() < 0.15)


def _leaves(servers: tuple[Server, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{server.name}/{key}" for server in servers for key in server.keys))


def scenario_text(world: World, expect: str) -> str:
    """The world as a scenario file; `expect` is the lines of its last table."""
    options = [f"{name} = true" for name in ("strict", "require_dane") if name in world.options]
    options += [f"{name[3:]} = false" for name in ("no-connect", "no-ipv4", "no-ipv6") if name in world.options]
    zones = {world.zone.name: world.zone} | {host.zone.name: host.zone for host in world.hosts}
    return "\n".join(
        [
            f'id = "world-{world.seed}"\ndomain = "{world.domain}"\nsays = "A random world."\nrule = []\n',
            *(_zone_text(world, zone) for zone in zones.values()),
            *(_servers_text(world, host) for host in world.hosts),
            '[[server]]\nname = "idle"\nhost = "idle.test"\n',  # {ca}, {ta} and {wrong} need one to be of
            *(["[options]", *options, ""] if options else []),
            f"[expect]\n{expect}\n",
        ]
    )


def _zone_text(world: World, zone: Zone) -> str:
    records, faults = [], []
    if zone == world.zone:
        if not world.implicit:
            records += [f"@ MX {host.preference} {host.name}." for host in world.hosts]
            records += ["@ MX 0 ."] if world.null_mx else []
        faults += [f"@ MX {world.mx_fault}"] if world.mx_fault else []
    wild = False
    for host in (host for host in world.hosts if host.zone == zone):
        wild |= host.wild
        records += _records(host)
        faults += _host_faults(host)
    if zone.state == "expired":
        faults.append("any any expired")
    lines = [f'[[zone]]\nname = "{zone.name}"']
    lines += ["signed = false"] if zone.state == "unsigned" else []
    lines += ['ds = "wrong"'] if zone.state == "wrong-ds" else []
    lines += ['denial = "nsec3"'] if wild else []
    lines += ['records = """', *records, '"""', f"faults = {faults}\n"]
    return "\n".join(lines)


def _records(host: Host) -> list[str]:
    owner, below = ("*", "*") if host.wild else (f"{host.name}.", f"_25._tcp.{host.name}.")
    pairs = zip(("A", "AAAA"), host.addresses, strict=True)
    found = [f"{owner} {family} {{{at.server.name}.{family}}}" for family, at in pairs if at.server]
    return found + [f"{below} TLSA {r.usage} {r.selector} {r.matching} {_data(r)}" for r in host.tlsa]


def _data(record: Record) -> str:
    server, _, key = record.of.partition("/")
    cut = "!31" if record.short else ""
    if key:
        return f"{{{server}.ee-{key}{cut}}}"
    return f"{{{server}{cut}}}"


def _host_faults(host: Host) -> list[str]:
    pairs = zip(("A", "AAAA"), host.addresses, strict=True)
    found = [f"{host.name}. {family} {address.fault}" for family, address in pairs if address.fault]
    return found + ([f"_25._tcp.{host.name}. TLSA {host.tlsa_fault}"] if host.tlsa_fault else [])


def _servers_text(world: World, host: Host) -> str:
    named = {r.of.partition("/")[0] for r in host.tlsa} - {"ca", "ta", "wrong"}
    asked = {address.server for address in host.addresses if address.server}
    spare = {Server(name, keys=("ecdsa", "rsa")) for name in named - {server.name for server in asked}}
    ordered = sorted(asked | spare, key=lambda server: server.name)
    return "".join(_server_text(world, host, server) for server in ordered)


def _server_text(world: World, host: Host, server: Server) -> str:
    name = {"host": host.name, "domain": world.domain, "other": "other.test"}[server.names]
    text = f'[[server]]\nname = "{server.name}"\nhost = "{host.name}"\n{BEHAVIOURS[server.behaviour]}\n'
    for key in server.keys:
        text += f'[[server.certificate]]\nkey = "{key}"\nnames = ["{name}"]\n'
        text += 'leaf = "expired"\n' if server.expired else ""
        text += 'serve = ["leaf", "intermediate", "root"]\n' if server.root_served else ""
    return text + "\n"
