"""The private DNS and mail world: a signed root, `test.`, a zone for each situation, four resolvers, one Postfix."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .crooked import crooked
from .daemon import Daemon, DidNotStart
from .exim import binary, exim
from .front import front, heard_by
from .mail_servers import Listener, postfix
from .name_servers import KnotZone, knot_config, knot_ds, knotd, nsd
from .plan import Plan
from .private_network import private_network
from .resolvers import RESOLVERS, At, Roots
from .situations import SITUATIONS
from .updates import Updatable, plan_updatable
from .zones import Servers, Signed, Zone, sign

NO_NAMESPACE = "this machine refuses network namespaces, and loopback has one IPv6 address only"
DS_OF_NOTHING = f"1 13 2 {'00' * 32}"
DS_OF_ALGORITHM_200 = f"1 200 2 {'00' * 32}"


@dataclass(frozen=True, slots=True)
class World:
    """What a test needs to know: where to ask, what to trust, where the logs are.

    prefix -- the first three octets of the addresses in use; 40 to 49 are free for servers of a test's own.
    updatable -- the one zone that tests may change.
    ipv6 -- whether there are IPv6 addresses, which takes a network namespace.
    """

    folder: Path
    resolvers: dict[str, At]
    roots: Roots
    mail_servers: dict[str, tuple[Listener, ...]]
    daemons: tuple[Daemon, ...]
    prefix: str
    ipv6: bool
    updatable: Updatable

    def questions_at_the_front(self) -> set[tuple[str, str]]:
        """What resolvers asked the front so far: names and types."""
        lines = heard_by(self.folder / "front").read_text().splitlines()
        return {(name, rdtype) for name, rdtype in (line.split() for line in lines)}

    def connections_to(self, domain: str) -> list[str]:
        """The lines of the mail log that tell of a connection to a mail server of this domain."""
        names = tuple(f" {listener.log_name}/" for listener in self.mail_servers[domain])
        return [
            line
            for line in self.mail_log().splitlines()
            if "connect from" in line and any(name in line for name in names)
        ]

    def mail_log(self) -> str:
        """What Postfix wrote so far."""
        return (self.folder / "postfix" / "mail.log").read_text(errors="replace")

    def last_words(self) -> str:
        """The end of every server's log."""
        return "\n".join(daemon.last_words(15) for daemon in self.daemons)


@contextmanager
def running_world() -> Iterator[World]:
    """Builds and starts everything, waits until it answers, and leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="dane-check-interop-"))
    folder.chmod(0o755)  # Postfix looks into it with rights of its own user
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # being ended must not skip the cleaning up
    try:
        with private_network() as ipv6:
            world = build(folder, free_prefix(), ipv6)
            with running(*world.daemons):
                yield world
    finally:
        shutil.rmtree(folder)
        signal.signal(signal.SIGTERM, before)


@contextmanager
def running(*daemons: Daemon) -> Iterator[None]:
    """All of these at work, and all of them ended afterwards."""
    try:
        for daemon in daemons:
            daemon.start()
        for daemon in daemons:
            daemon.wait_until_ready()
        yield
    finally:
        for daemon in reversed(daemons):
            daemon.stop()


def free_prefix() -> str:
    """The first three octets of a loopback network that nobody uses for DNS yet."""
    for _ in range(50):
        prefix = f"127.{random.randint(10, 250)}.{random.randint(1, 250)}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((f"{prefix}.53", 53))
            except OSError as trouble:
                refusal = trouble
            else:
                return prefix
    raise DidNotStart(f"port 53 cannot be bound on loopback: {refusal}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, neither over UDP nor over TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as streams:
            datagrams.bind(("127.0.0.1", 0))
            port = int(datagrams.getsockname()[1])
            try:
                streams.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def build(folder: Path, prefix: str, ipv6: bool) -> World:
    """Writes every key, certificate, zone and configuration; starts nothing."""
    servers = Servers(*(f"{prefix}.{host}" for host in range(1, 9)))
    resolvers = {name: At(f"{prefix}.{host}") for host, name in enumerate(RESOLVERS, 53)}
    resolvers["bind"] = At("127.0.0.1", free_port())  # named listens only on addresses an interface has
    plan = Plan(prefix, _subfolder(folder, "certificates"))
    mail_servers = {situation.domain: plan.build(situation) for situation in SITUATIONS}
    updatable = plan_updatable(plan, servers.knot)
    children = _children(plan.zones, _subfolder(folder, "zones"), servers)
    config = knot_config(folder / "knot", servers.knot, children.by_knot)
    test, root = _parents(plan, children, config, servers, folder / "zones")
    roots = Roots(servers.root, root.ds, folder / "root.anchor")
    roots.anchor.write_text(f". IN DS {root.ds}\n")
    listeners = [one for one in plan.listeners if ipv6 or ":" not in one.address]

    daemons = (
        nsd(folder / "nsd-root", servers.root, {".": root.file}),
        nsd(folder / "nsd-test", servers.tld, {"test.": test.file}),
        nsd(folder / "nsd-leaves", servers.leaves, children.files),
        nsd(folder / "nsd-second", servers.second, children.second),
        front(
            folder / "front",
            [servers.front, servers.dropping, servers.dropping_unsigned],
            servers.leaves,
            plan.faults,
            next(iter(children.files)),
        ),
        knotd(config, servers.knot, list(children.by_knot)),
        postfix(folder / "postfix", listeners, plan.lookout),
        crooked(folder / "crooked", plan.crooked, plan.crooked_lookout),
        *([exim(folder / "exim", program, plan.by_exim)] if (program := binary()) else []),
        *(RESOLVERS[name](folder / name, at, roots) for name, at in resolvers.items()),
    )
    return World(folder, resolvers, roots, mail_servers, daemons, prefix, ipv6, updatable)


def _subfolder(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir()
    return path


@dataclass(frozen=True, slots=True)
class Children:
    """What `test.` says of its children, and where each is served.

    files, second -- zone files by origin, for the NSD of most zones and for the second server of some.
    by_knot -- the zones that knotd signs by itself; their DS records are known only after its keys are made.
    """

    delegations: list[str]
    files: dict[str, Path]
    second: dict[str, Path]
    by_knot: dict[str, KnotZone]


def _children(zones: list[Zone], folder: Path, servers: Servers) -> Children:
    children = Children([], {}, {}, {})
    for zone in zones:
        file = folder / f"{zone.origin}zone"
        file.write_text(zone.text(servers))
        if zone.by_knot:
            children.by_knot[zone.origin] = KnotZone(file, zone.signer == "knot-online", zone.nsec3, zone.updates)
            continue
        signed = sign(zone, servers, folder) if zone.signer else None
        if zone.delegated:
            children.delegations.extend(_delegation(zone, servers, _published(zone, signed.ds if signed else None)))
        if zone.served:
            children.files[zone.origin] = signed.file if signed else file
        if signed and signed.second:
            children.second[zone.origin] = signed.second
    return children


def _parents(plan: Plan, children: Children, knot: Path, servers: Servers, folder: Path) -> tuple[Signed, Signed]:
    """`test.` with a delegation for every child, and the root above it."""
    lines = [*children.delegations, *plan.parent_records]
    for zone in plan.zones:
        if zone.by_knot:
            lines += _delegation(zone, servers, knot_ds(knot, zone.origin))
    tld = Zone("test.", "\n".join(lines), nsec3=True, opt_out=True)
    test = sign(tld, replace(servers, leaves=servers.tld), folder)
    top = Zone(".", f"test NS ns.test.\nns.test. A {servers.tld}\ntest DS {test.ds}", algorithm="RSASHA256")
    return test, sign(top, replace(servers, leaves=servers.root), folder)


def _published(zone: Zone, ds: str | None) -> str | None:
    """The DS RDATA the parent publishes for this zone."""
    return {"right": ds, "wrong": DS_OF_NOTHING, "unknown": DS_OF_ALGORITHM_200, None: None}[zone.ds]


def _delegation(zone: Zone, servers: Servers, ds: str | None) -> list[str]:
    names = [(f"{name}.{zone.origin}", address) for name, address in zone.served_by(servers)]
    return [
        *(f"{zone.origin} NS {name}" for name, _ in names),
        *(f"{name} A {address}" for name, address in names),
        *([f"{zone.origin} DS {ds}"] if ds else []),
    ]
