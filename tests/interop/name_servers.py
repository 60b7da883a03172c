"""Authoritative name servers: NSD for zones signed beforehand, Knot DNS for zones it signs by itself."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path

from .daemon import Daemon, answers_dns, run


def nsd(folder: Path, address: str, zones: dict[str, Path]) -> Daemon:
    """NSD, authoritative for zone files that were signed beforehand."""
    folder.mkdir()
    config = folder / "nsd.conf"
    config.write_text(
        f"""server:
    ip-address: {address}@53
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    zonelistfile: "{folder}/zone.list"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    cookie-secret-file: "{folder}/cookies"
    server-count: 1
    ipv4-edns-size: 4096
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
"""
        + "".join(f'zone:\n    name: "{name}"\n    zonefile: "{file}"\n' for name, file in zones.items())
    )
    return Daemon(
        f"nsd at {address}",
        ["nsd", "-d", "-c", str(config)],
        folder / "nsd.log",
        answers_dns(address, next(iter(zones))),
    )


@dataclass(frozen=True, slots=True)
class TsigKey:
    """A shared key for updates: its name, algorithm, and secret in base64."""

    name: str
    algorithm: str
    secret: str


UPDATE_KEY = TsigKey("update-key", "hmac-sha256", base64.b64encode(secrets.token_bytes(32)).decode())


@dataclass(frozen=True, slots=True)
class KnotZone:
    """A zone that knotd signs by itself: from its file, or each answer as it goes out (`online`).

    updates -- whoever has `UPDATE_KEY` may change it (RFC 2136); knotd signs what changes.
    """

    file: Path
    online: bool = False
    nsec3: bool = False
    updates: bool = False


def knot_config(folder: Path, address: str, zones: dict[str, KnotZone]) -> Path:
    """The folder and configuration of one knotd; `keymgr` works on the same file before knotd starts."""
    (folder / "db").mkdir(parents=True)
    config = folder / "knot.conf"
    text = f"""server:
    listen: {address}@53
    rundir: "{folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}/db"
key:
  - id: {UPDATE_KEY.name}
    algorithm: {UPDATE_KEY.algorithm}
    secret: {UPDATE_KEY.secret}
acl:
  - id: updates
    key: {UPDATE_KEY.name}
    action: update
log:
  - target: stderr
    any: info
policy:
  - id: nsec
    algorithm: ecdsap256sha256
    single-type-signing: on
  - id: nsec3
    algorithm: ecdsap256sha256
    single-type-signing: on
    nsec3: on
    nsec3-iterations: 0
mod-onlinesign:
  - id: online
    policy: nsec
zone:
"""
    for name, zone in zones.items():
        text += f'  - domain: {name}\n    file: "{zone.file}"\n    zonefile-sync: -1\n'
        text += "    acl: updates\n" if zone.updates else "    journal-content: none\n"
        if zone.online:
            text += "    module: mod-onlinesign/online\n"
        else:
            text += f"    dnssec-signing: on\n    dnssec-policy: {'nsec3' if zone.nsec3 else 'nsec'}\n"
    config.write_text(text)
    return config


def knot_ds(config: Path, zone: str) -> str:
    """Makes the zone's key before knotd starts and returns the SHA-256 DS RDATA the parent must publish."""
    keymgr = ["keymgr", "-c", str(config), zone]
    run([*keymgr, "generate", "algorithm=13", "ksk=yes", "zsk=yes"])
    lines = run([*keymgr, "ds"]).splitlines()
    return next(rdata for _, rdata in (line.split(" DS ", 1) for line in lines) if rdata.split()[2] == "2")


def knotd(config: Path, address: str, zones: list[str]) -> Daemon:
    """Knot DNS with the configuration of `knot_config`; ready once every zone is signed."""
    ready = [answers_dns(address, zone, "DNSKEY") for zone in zones]
    return Daemon(
        f"knotd at {address}",
        ["knotd", "-c", str(config)],
        config.parent / "knot.log",
        lambda: all(one() for one in ready),
    )
