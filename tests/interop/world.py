"""The private DNS and mail world: a signed root, `test.`, a zone for each situation, four resolvers, one Postfix."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .daemon import Daemon, DidNotStart
from .exim import binary, exim
from .mail_servers import Listener, postfix
from .name_servers import KnotZone, knot_config, knot_ds, knotd, nsd
from .resolvers import RESOLVERS, At, Roots
from .situations import SITUATIONS, Plan
from .zones import Zone, sign

DS_OF_NOTHING = f"1 13 2 {'00' * 32}"
DS_OF_ALGORITHM_200 = f"1 200 2 {'00' * 32}"


@dataclass(frozen=True, slots=True)
class World:
    """What a test needs to know: where to ask, what to trust, where the logs are."""

    folder: Path
    resolvers: dict[str, At]
    roots: Roots
    mail_servers: dict[str, tuple[Listener, ...]]
    daemons: tuple[Daemon, ...]

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
        world = build(folder, free_prefix())
        with _running(world):
            yield world
    finally:
        shutil.rmtree(folder)
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _running(world: World) -> Iterator[None]:
    try:
        for daemon in world.daemons:
            daemon.start()
        for daemon in world.daemons:
            daemon.wait_until_ready()
        yield
    finally:
        for daemon in reversed(world.daemons):
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
    """A port of 127.0.0.1 that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def build(folder: Path, prefix: str) -> World:
    """Writes every key, certificate, zone and configuration; starts nothing."""
    root, tld, leaves, knot = (f"{prefix}.{host}" for host in (1, 2, 3, 4))
    resolvers = {name: At(f"{prefix}.{host}") for host, name in enumerate(RESOLVERS, 53)}
    resolvers["bind"] = At("127.0.0.1", free_port())  # named listens only on addresses an interface has
    plan = Plan(prefix, _subfolder(folder, "certificates"))
    mail_servers = {situation.domain: plan.build(situation) for situation in SITUATIONS}
    zones = _subfolder(folder, "zones")

    delegations, files, knot_zones = _children(plan.zones, zones, leaves, knot)
    config = knot_config(folder / "knot", knot, knot_zones)
    delegations += [line for origin in knot_zones for line in _delegation(origin, knot, knot_ds(config, origin))]
    test = sign(Zone("test.", "\n".join(delegations), nsec3=True, opt_out=True), tld, zones)
    top = Zone(".", f"test NS ns.test.\nns.test. A {tld}\ntest DS {test.ds}")
    signed_root = sign(top, root, zones, "RSASHA256")
    anchor = folder / "root.anchor"
    anchor.write_text(f". IN DS {signed_root.ds}\n")
    roots = Roots(root, signed_root.ds, anchor)

    daemons = (
        nsd(folder / "nsd-root", root, {".": signed_root.file}),
        nsd(folder / "nsd-test", tld, {"test.": test.file}),
        nsd(folder / "nsd-leaves", leaves, files),
        knotd(config, knot, list(knot_zones)),
        postfix(folder / "postfix", plan.listeners, plan.lookout),
        *([exim(folder / "exim", program, plan.by_exim)] if (program := binary()) else []),
        *(RESOLVERS[name](folder / name, at, roots) for name, at in resolvers.items()),
    )
    return World(folder, resolvers, roots, mail_servers, daemons)


def _subfolder(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir()
    return path


def _children(
    zones: list[Zone], folder: Path, leaves: str, knot: str
) -> tuple[list[str], dict[str, Path], dict[str, KnotZone]]:
    """What `test.` says of its children, the zone files for NSD, and those that knotd signs."""
    delegations: list[str] = []
    files: dict[str, Path] = {}
    knot_zones: dict[str, KnotZone] = {}
    for zone in zones:
        if zone.by_knot:
            file = folder / f"{zone.origin}zone"
            file.write_text(zone.text(knot))
            knot_zones[zone.origin] = KnotZone(file, zone.signer == "knot-online", zone.nsec3)
            continue
        file, ds = _written(zone, folder, leaves)
        delegations += _delegation(zone.origin, leaves, _published(zone, ds))
        if zone.served:
            files[zone.origin] = file
    return delegations, files, knot_zones


def _written(zone: Zone, folder: Path, server: str) -> tuple[Path, str | None]:
    if zone.signer is None:
        file = folder / f"{zone.origin}zone"
        file.write_text(zone.text(server))
        return file, None
    signed = sign(zone, server, folder)
    return signed.file, signed.ds


def _published(zone: Zone, ds: str | None) -> str | None:
    """The DS RDATA the parent publishes for this zone."""
    return {"right": ds, "wrong": DS_OF_NOTHING, "unknown": DS_OF_ALGORITHM_200, None: None}[zone.ds]


def _delegation(origin: str, server: str, ds: str | None) -> list[str]:
    return [f"{origin} NS ns.{origin}", f"ns.{origin} A {server}", *([f"{origin} DS {ds}"] if ds else [])]
