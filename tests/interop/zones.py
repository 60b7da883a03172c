"""Zones as text, signed with the ldns tools, and broken on purpose after signing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .daemon import run


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone of the private world, in relative names, and what is wrong with it.

    records -- one record a line: owner, type and rdata. SOA, NS and their addresses are added.
    signer -- "ldns", "knot" (knotd keeps the zone signed), "knot-online" (knotd signs each answer) or None.
    ds -- what the parent publishes: "right", "wrong" (a digest of nothing), "unknown" (algorithm 200), or None.
    expired -- the type whose signatures were made for a month long past.
    changed -- the type whose rdata was altered after signing.
    served -- False: the parent delegates to a server that knows nothing of this zone.
    """

    origin: str
    records: str
    signer: str | None = "ldns"
    ds: str | None = "right"
    nsec3: bool = False
    iterations: int = 0
    opt_out: bool = False
    expired: str | None = None
    changed: str | None = None
    served: bool = True

    @property
    def by_knot(self) -> bool:
        return self.signer in {"knot", "knot-online"}

    def text(self, server: str) -> str:
        """The unsigned zone file, served at this address."""
        return (
            f"$ORIGIN {self.origin}\n$TTL 300\n"
            "@ IN SOA ns hostmaster 1 3600 600 86400 300\n"
            f"@ IN NS ns\nns IN A {server}\n" + "\n".join(_absolute_type(line) for line in self.records.splitlines())
        ) + "\n"


def _absolute_type(line: str) -> str:
    owner, _, rest = line.strip().partition(" ")
    return f"{owner} IN {rest}" if owner else ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed zone file, and the DS RDATA that leads to it."""

    file: Path
    ds: str


def sign(zone: Zone, server: str, folder: Path, algorithm: str = "ECDSAP256SHA256") -> Signed:
    """Signs with one new key (key-signing and zone-signing in one) and then breaks what should be broken."""
    plain = folder / f"{zone.origin}zone"
    plain.write_text(zone.text(server))
    key = run(["ldns-keygen", "-a", algorithm, "-b", "2048", "-k", zone.origin], folder).strip()
    lines = _signzone(zone, plain, key, datetime.now(UTC))
    if zone.expired is not None:
        stale = _signzone(zone, plain, key, datetime.now(UTC) - timedelta(days=60))
        lines = _with_signatures_of(zone.expired, lines, stale)
    if zone.changed is not None:
        lines = [_altered(line, zone.changed) for line in lines]
    signed = folder / f"{zone.origin}signed"
    signed.write_text("\n".join(lines) + "\n")
    return Signed(signed, _ds(key, folder))


def _signzone(zone: Zone, plain: Path, key: str, around: datetime) -> list[str]:
    """The lines of the zone signed from a day before `around` until three weeks after."""
    output = plain.with_suffix(".ldns")
    times = ["-i", _stamp(around - timedelta(days=1)), "-e", _stamp(around + timedelta(days=21))]
    denial = ["-n", "-t", str(zone.iterations)] if zone.nsec3 else []
    opt_out = ["-p"] if zone.opt_out else []
    run(["ldns-signzone", *times, *denial, *opt_out, "-f", str(output), str(plain), key], plain.parent)
    return output.read_text().splitlines()


def _stamp(when: datetime) -> str:
    return when.strftime("%Y%m%d%H%M%S")


def _ds(key: str, folder: Path) -> str:
    record = run(["ldns-key2ds", "-n", "-2", f"{key}.key"], folder)
    return record.split("DS", 1)[1].strip()


def _with_signatures_of(rdtype: str, lines: list[str], others: list[str]) -> list[str]:
    """`lines`, but with the signatures over `rdtype` taken from `others`."""
    marker = f"\tRRSIG\t{rdtype} "
    kept = [line for line in lines if marker not in line]
    return kept + [line for line in others if marker in line]


def _altered(line: str, rdtype: str) -> str:
    """The record with its last octet changed, if it is of this type; its signature no longer fits."""
    if f"\tIN\t{rdtype}\t" not in line:
        return line
    return re.sub(r"[0-9a-f]{2}$", lambda tail: f"{int(tail.group(), 16) ^ 1:02x}", line)
