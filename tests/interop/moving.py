"""A signed zone that changes while it is watched: Knot with dynamic updates, a secondary that lags, a resolver."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .daemon import Daemon, DidNotStart, answers_dns, run

ZONE = "roll.test"
MX = f"mx.{ZONE}"
OWNER = f"_25._tcp.{MX}"
TTL = 2  # seconds: two of them pass quickly
PROGRAMS = ("keymgr", "knotd", "knotc", "unbound", "nsupdate", "setpriv")
EXECUTABLE = Path(sys.executable).with_name("dane-check")


@dataclass(frozen=True, slots=True)
class MovingWorld:
    """Where everything is. `host`: the address of the mail host, at which nothing listens yet."""

    folder: Path
    primary: str
    secondary: str
    resolver: str
    host: str
    anchor: Path

    def update(self, *changes: str) -> None:
        """Changes the zone on its primary: `add NAME TTL TYPE …`, `delete NAME TYPE …`."""
        lines = [f"server {self.primary}", f"zone {ZONE}.", *(f"update {change}" for change in changes), "send", ""]
        done = subprocess.run(
            ["nsupdate", "-t", "10"], input="\n".join(lines), capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr

    def transfer(self) -> None:
        """Lets the secondary catch up, and waits until it has."""
        run(["knotc", "-b", "-t", "20", "-c", str(self.folder / "secondary" / "knot.conf"), "zone-refresh", ZONE])

    @property
    def options(self) -> tuple[str, ...]:
        """What makes dane-check ask this world and no other."""
        return ("--resolver", self.resolver, "--trust-anchor", str(self.anchor), "--allow-reserved")


def world_forgets() -> None:
    """Waits until resolvers have dropped what they hold; they count in whole seconds."""
    time.sleep(TTL + 1)


def missing(*more: str) -> list[str]:
    """Programs that are not there."""
    return [program for program in (*PROGRAMS, *more) if shutil.which(program) is None]


@contextmanager
def moving_world() -> Iterator[MovingWorld]:
    """Builds and starts everything, and leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="dane-check-moving-"))
    folder.chmod(0o755)
    prefix = _free_prefix()
    world = MovingWorld(folder, f"{prefix}.1", f"{prefix}.2", f"{prefix}.53", f"{prefix}.25", folder / "root.anchor")
    daemons = _daemons(world)
    try:
        for daemon in daemons:
            daemon.start()
            daemon.wait_until_ready()
        yield world
    finally:
        for daemon in reversed(daemons):
            daemon.stop()
        shutil.rmtree(folder)


def _free_prefix() -> str:
    for _ in range(50):
        prefix = f"127.{random.randint(10, 250)}.{random.randint(1, 250)}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((f"{prefix}.53", 53))
            except OSError:
                continue
            return prefix
    raise DidNotStart("port 53 cannot be bound on loopback")


def _daemons(world: MovingWorld) -> list[Daemon]:
    """The primary signs root, TLD and zone; the secondary has the zone only, and asks for it when it is told to."""
    primary = _folder(world.folder / "primary")
    config = primary / "knot.conf"
    config.write_text(_primary_config(world, primary))
    ds = {zone: _ds(config, zone) for zone in (".", "test", ZONE)}
    for zone, text in _zones(world, ds).items():
        (primary / f"{zone.strip('.') or 'root'}.zone").write_text(text)
    world.anchor.write_text(f". IN DS {ds['.']}\n")
    secondary = _folder(world.folder / "secondary")
    (secondary / "knot.conf").write_text(_secondary_config(world, secondary))
    return [
        _knotd(primary, world.primary, [".", "test", ZONE]),
        _knotd(secondary, world.secondary, [ZONE]),
        _unbound(world),
    ]


def _folder(path: Path) -> Path:
    (path / "db").mkdir(parents=True)
    return path


def _server(folder: Path, address: str) -> str:
    return f"""server:
    listen: {address}@53
    rundir: "{folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}/db"
log:
  - target: stderr
    any: info
"""


def _primary_config(world: MovingWorld, folder: Path) -> str:
    zones = "".join(
        f'  - domain: {zone}\n    file: "{folder}/{zone.strip(".") or "root"}.zone"\n    zonefile-sync: -1\n'
        "    dnssec-signing: on\n    dnssec-policy: one\n    acl: all\n"
        for zone in (".", "test", ZONE)
    )
    return (
        _server(folder, world.primary)
        + "acl:\n  - id: all\n    address: 127.0.0.0/8\n    action: [update, transfer]\n"
        + "policy:\n  - id: one\n    algorithm: ecdsap256sha256\n    single-type-signing: on\n"
        + f"zone:\n{zones}"
    )


def _secondary_config(world: MovingWorld, folder: Path) -> str:
    return (
        _server(folder, world.secondary)
        + f"remote:\n  - id: primary\n    address: {world.primary}@53\n    via: {world.secondary}\n"
        + f'zone:\n  - domain: {ZONE}\n    master: primary\n    file: "{folder}/zone"\n    zonefile-sync: -1\n'
    )


def _ds(config: Path, zone: str) -> str:
    keymgr = ["keymgr", "-c", str(config), zone]
    run([*keymgr, "generate", "algorithm=13", "ksk=yes", "zsk=yes"])
    lines = run([*keymgr, "ds"]).splitlines()
    return next(rdata for _, rdata in (one.split(" DS ", 1) for one in lines) if rdata.split()[2] == "2")


def _zones(world: MovingWorld, ds: dict[str, str]) -> dict[str, str]:
    def soa(ns: str) -> str:
        return f"@ 300 IN SOA {ns} hostmaster.test. 1 3600 600 86400 {TTL}\n"

    return {
        ".": soa("a.root.test.")
        + f"@ 300 IN NS a.root.test.\na.root.test. 300 IN A {world.primary}\n"
        + f"test. 300 IN NS a.root.test.\ntest. 300 IN DS {ds['test']}\n",
        "test": soa("a.root.test.")
        + f"@ 300 IN NS a.root.test.\na.root.test. 300 IN A {world.primary}\n"
        + f"roll.test. 300 IN NS ns1.roll.test.\nroll.test. 300 IN NS ns2.roll.test.\nroll.test. 300 IN DS {ds[ZONE]}\n"
        + f"ns1.roll.test. 300 IN A {world.primary}\nns2.roll.test. 300 IN A {world.secondary}\n",
        ZONE: soa("ns1.roll.test.")
        + f"@ {TTL} IN NS ns1.roll.test.\n@ {TTL} IN NS ns2.roll.test.\n@ 300 IN MX 10 {MX}.\n"
        + f"ns1 300 IN A {world.primary}\nns2 300 IN A {world.secondary}\nmx 300 IN A {world.host}\n",
    }


def _knotd(folder: Path, address: str, zones: list[str]) -> Daemon:
    ready = [answers_dns(address, zone, "DNSKEY") for zone in zones]
    return Daemon(
        f"knotd at {address}",
        ["knotd", "-c", str(folder / "knot.conf")],
        folder / "knot.log",
        lambda: all(one() for one in ready),
    )


def _unbound(world: MovingWorld) -> Daemon:
    folder = _folder(world.folder / "unbound")
    (folder / "root.hints").write_text(f". 3600 IN NS a.root.test.\na.root.test. 3600 IN A {world.primary}\n")
    (folder / "unbound.conf").write_text(
        f"""server:
    interface: {world.resolver}
    access-control: 127.0.0.0/8 allow
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: "{folder}/unbound.pid"
    use-syslog: no
    logfile: ""
    num-threads: 1
    do-ip6: no
    do-not-query-localhost: no
    root-hints: "{folder}/root.hints"
    trust-anchor-file: "{world.anchor}"
    local-zone: "test." nodefault
    module-config: "validator iterator"
remote-control:
    control-enable: no
"""
    )
    return Daemon(
        "unbound beside the moving zone",
        ["unbound", "-d", "-c", str(folder / "unbound.conf")],
        folder / "unbound.log",
        answers_dns(world.resolver, f"{ZONE}.", "MX"),
    )
