"""Zones as text, signed with the ldns tools, and broken on purpose after signing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .daemon import run

_SHORT_TLSA = re.compile(r"TLSA\t(\d) (\d)\s*$")  # two octets; ldns signs them, and writes what NSD cannot read


@dataclass(frozen=True, slots=True)
class Servers:
    """The addresses of the authoritative servers of the world."""

    root: str
    tld: str
    leaves: str
    knot: str
    second: str
    front: str
    dropping: str
    dropping_unsigned: str


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone of the private world, in relative names, and what is wrong with it.

    records -- one record a line: owner, type and rdata. SOA, NS and their addresses are added.
    signer -- "ldns", "knot" (knotd keeps the zone signed), "knot-online" (knotd signs each answer) or None.
    ds -- what the parent publishes: "right", "wrong" (a digest of nothing), "unknown" (algorithm 200), or None.
    algorithm -- of the keys, as ldns-keygen spells it; bits -- their size, where it may vary.
    digest -- the digest type of the DS record.
    expired -- the type whose signatures were made for a month long past; "*" for every one.
    changed -- the type whose rdata was altered after signing.
    stripped -- the type whose signatures were taken away.
    undenied -- the owner, relative, whose NSEC record was taken away after signing.
    served -- False: the parent delegates to a server that knows nothing of this zone.
    delegated -- False: another zone delegates to it by hand.
    fronted -- the parent delegates to the front, which mistreats some questions: at its address "front", or at
        "dropping" where some get no answer, for resolvers soon take a server that was silent for dead.
    updates -- a key may change it (knotd only).
    ttl -- of every record, the denials included; 0 keeps them out of every cache.
    second -- what is wrong with the second of two name servers: "unsigned", "expired", "older", or "refused".
    older_records -- what the second server still has, where it is "older"; well signed.
    """

    origin: str
    records: str
    signer: str | None = "ldns"
    ds: str | None = "right"
    nsec3: bool = False
    iterations: int = 0
    opt_out: bool = False
    algorithm: str = "ECDSAP256SHA256"
    bits: int = 2048
    digest: int = 2
    expired: str | None = None
    changed: str | None = None
    stripped: str | None = None
    undenied: str | None = None
    served: bool = True
    delegated: bool = True
    fronted: str | None = None
    updates: bool = False
    ttl: int = 300
    second: str | None = None
    older_records: str = ""

    @property
    def by_knot(self) -> bool:
        return self.signer in {"knot", "knot-online"}

    def text(self, servers: Servers, records: str | None = None, serial: int = 2) -> str:
        """The unsigned zone file, with the name servers of this zone among those of the world."""
        lines = (self.records if records is None else records).splitlines()
        return (
            f"$ORIGIN {self.origin}\n$TTL {self.ttl}\n"
            f"@ IN SOA ns hostmaster {serial} 3600 600 86400 {self.ttl}\n"
            + "".join(f"@ IN NS {name}\n{name} IN A {address}\n" for name, address in self.served_by(servers))
            + "\n".join(_absolute_type(line) for line in lines)
        ) + "\n"

    def served_by(self, servers: Servers) -> list[tuple[str, str]]:
        """The zone's name servers: names, relative to the zone, and addresses."""
        first = servers.knot if self.by_knot else getattr(servers, self.fronted) if self.fronted else servers.leaves
        return [("ns", first), *([("ns2", servers.second)] if self.second else [])]


def _absolute_type(line: str) -> str:
    owner, _, rest = line.strip().partition(" ")
    return f"{owner} IN {rest}" if owner else ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed zone file, the DS RDATA that leads to it, and what the second server has, if it has anything."""

    file: Path
    ds: str
    second: Path | None = None


def sign(zone: Zone, servers: Servers, folder: Path) -> Signed:
    """Signs with one new key (key-signing and zone-signing in one) and then breaks what should be broken."""
    now = datetime.now(UTC)
    past = now - timedelta(days=60)
    plain = folder / f"{zone.origin}zone"
    plain.write_text(zone.text(servers))
    key = run(["ldns-keygen", "-a", zone.algorithm, "-b", str(zone.bits), "-k", zone.origin], folder).strip()
    lines = _signzone(zone, plain, key, now)
    if zone.expired is not None:
        lines = _with_signatures_of(zone.expired, lines, _signzone(zone, plain, key, past))
    signed = folder / f"{zone.origin}signed"
    signed.write_text("\n".join(_broken(zone, lines)) + "\n")
    return Signed(signed, _ds(key, folder, zone.digest), _second(zone, servers, plain, key))


def _broken(zone: Zone, lines: list[str]) -> list[str]:
    """The lines of the zone with what should be wrong in them."""
    if zone.changed is not None:
        lines = [_altered(line, zone.changed) for line in lines]
    if zone.stripped is not None:
        lines = [line for line in lines if f"\tRRSIG\t{zone.stripped} " not in line]
    if zone.undenied is not None:
        owner = f"{zone.undenied}.{zone.origin}\t"
        lines = [line for line in lines if not (line.startswith(owner) and ("\tNSEC\t" in line or "\tNSEC " in line))]
    return [_SHORT_TLSA.sub(r"TYPE52\t\\# 2 0\g<1>0\g<2>", line) for line in lines]


def _second(zone: Zone, servers: Servers, plain: Path, key: str) -> Path | None:
    """The zone file of the second of two servers; None where it has none."""
    file = plain.with_suffix(".second")
    match zone.second:
        case "unsigned":
            file.write_text(plain.read_text())
        case "expired":
            file.write_text("\n".join(_signzone(zone, plain, key, datetime.now(UTC) - timedelta(days=60))) + "\n")
        case "older":
            old = plain.with_suffix(".older")
            old.write_text(zone.text(servers, zone.older_records, serial=1))
            file.write_text("\n".join(_signzone(zone, old, key, datetime.now(UTC))) + "\n")
        case _:
            return None
    return file


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


def _ds(key: str, folder: Path, digest: int) -> str:
    record = run(["ldns-key2ds", "-n", f"-{digest}", f"{key}.key"], folder)
    return record.split("DS", 1)[1].strip()


def _with_signatures_of(rdtype: str, lines: list[str], others: list[str]) -> list[str]:
    """`lines`, but with the signatures over `rdtype` taken from `others`."""
    marker = "\tRRSIG\t" if rdtype == "*" else f"\tRRSIG\t{rdtype} "
    kept = [line for line in lines if marker not in line]
    return kept + [line for line in others if marker in line]


def _altered(line: str, rdtype: str) -> str:
    """The record with its last octet changed, if it is of this type; its signature no longer fits."""
    if f"\tIN\t{rdtype}\t" not in line:
        return line
    return re.sub(r"[0-9a-f]{2}$", lambda tail: f"{int(tail.group(), 16) ^ 1:02x}", line)
