"""What a random world ought to come to, by requirements §1.3, §7, §8, §19 and §21 read row by row.

Deliberately simple, and knowing nothing of the program: neither its words, nor how it gets there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.lab.random_worlds import Address, Host, Record, Server, World, Zone

WORST_FIRST = (
    ("dane-fail", 1),
    ("dns-bogus", 1),
    ("dns-error", 4),
    ("unreachable", 4),
    ("no-dane", 3),
    ("tls-only", 3),
    ("dane-ok-insecure-mx", 3),
    ("dane-ok", 0),
)
WORDS = tuple(word for word, _ in WORST_FIRST)
EXIT = dict(WORST_FIRST)


@dataclass(frozen=True, slots=True)
class Answer:
    """hosts -- word by host name; None where no rule says what is told about them."""

    verdict: str
    exit: int
    hosts: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A host's word; partial, latent -- whether a finding of that severity stands beside it.

    left_out -- whether an option kept us from an address that DANE would have had us connect to.
    """

    word: str
    partial: bool = False
    latent: bool = False
    left_out: bool = False


def judge(world: World) -> Answer:
    """What the exit status is lowered to by an audit (D-8); the rest as it is."""
    answer = judge_plainly(world)
    return replace(answer, exit=3) if "audit" in world.options and answer.exit in (1, 4) else answer


def judge_plainly(world: World) -> Answer:
    """Stage 1 (§19.1), and the fold of the hosts (§1.3)."""
    status = lookup(world.zone, world.mx_fault)
    if status == "bogus":  # S1-06
        return Answer("broken", 1, {})
    if status == "error":  # S1-08
        return Answer("undetermined", 4, {})
    if status == "insecure" and "require_dane" in world.options:  # S1-05
        return Answer("broken", 1, None)
    judged = {host.name: judge_host(world, host) for host in world.hosts}
    return Answer(*fold(world, status, list(judged.values())), {name: one.word for name, one in judged.items()})


def lookup(zone: Zone, fault: str) -> str:
    """The status of a lookup (§1.1): secure, insecure, bogus, error."""
    if fault in ("servfail", "drop", "refused", "truncate"):
        return "error"
    if zone.state == "unsigned":
        return "insecure"
    if zone.state in ("expired", "wrong-ds") or fault in ("bad-signature", "expired", "unsigned"):
        return "bogus"
    return "insecure" if fault == "opt-out" else "secure"  # D-14


def fold(world: World, mx: str, hosts: list[Judged]) -> tuple[str, int]:
    """The domain's word and exit status."""
    candidates = [host for host in hosts if host.word != "no-address"]
    exits = {EXIT[host.word] for host in candidates}
    if not candidates:  # S1-19, D-32
        return ("not-applicable", 5) if mx == "secure" else ("unprotected", 3)
    if 1 in exits:
        return "broken", 1
    if 4 in exits or any(host.left_out for host in hosts):  # D-18
        return "undetermined", 4
    if 3 in exits:
        if "require_dane" in world.options:  # D-33
            return "broken", 1
        good = any(host.word.startswith("dane-ok") for host in candidates)  # D-19
        return ("partial" if good else "unprotected"), 3
    strict = "strict" in world.options  # D-20, D-30
    if world.null_mx or any(host.partial for host in candidates):
        return "partial", 1 if strict else 3
    return "protected", 1 if strict and any(host.latent for host in candidates) else 0


def judge_host(world: World, host: Host) -> Judged:
    """Stage 2 (§19.2), without aliases."""
    if f"down:{host.name}" in world.options:  # D-18
        return Judged("unreachable", left_out=True)
    found = [(address, lookup(host.zone, address.fault)) for address in host.addresses]
    data = [status for address, status in found if address.server and status in ("secure", "insecure")]
    statuses = [status for _, status in found]
    if not data:
        for failed, word in (("bogus", "dns-bogus"), ("error", "dns-error"), ("insecure", "no-dane")):
            if failed in statuses:  # S2-04, S2-05, S2-03b
                return Judged(word)
        return Judged("no-address")  # S2-03
    judged = connect(world, host, found, policy(host) if "secure" in data else "O")
    if "error" in statuses:  # S2-06b, S2-06d
        return replace(judged, word=worst([judged.word, "dns-error"]))
    return replace(judged, partial=judged.partial or "bogus" in statuses)  # S2-06


def policy(host: Host) -> str:
    """Stage 3 (§19.3): A, E, O, or the word where it ends."""
    status = lookup(host.zone, host.tlsa_fault)
    if status in ("bogus", "error"):
        return {"bogus": "dns-bogus", "error": "dns-error"}[status]
    if status == "insecure" or not host.tlsa:
        return "O"
    return "A" if usable(host.tlsa) else "E"


def connect(world: World, host: Host, found: list[tuple[Address, str]], policy: str) -> Judged:
    """Stage 4 (§19.4) at every address that is known."""
    if policy.startswith("dns-"):
        return Judged(policy)
    if policy in ("O", "E") and "require_dane" in world.options:  # S3-11, S3-12
        return Judged("dane-fail")
    ends, left_out = [], False
    for (address, status), family in zip(found, ("no-ipv4", "no-ipv6"), strict=True):
        if address.server and status in ("secure", "insecure"):
            away = not world.options.isdisjoint(("no-connect", family))  # D-18
            left_out |= away
            ends.append(endpoint(world, host, address.server, status, policy, away=away))
    return together(ends, left_out=left_out)


def endpoint(world: World, host: Host, server: Server, status: str, policy: str, *, away: bool) -> Judged:
    """One address; status -- of the family it is in, away -- not connected to, by an option."""
    if policy == "O":  # S4-O01 … S4-O03
        return Judged("no-dane")
    if away or server.behaviour in ("closed", "busy", "reset"):
        return Judged("unreachable")  # S4-A01, A01b, A02, A08, S4-E03b, E04
    if server.behaviour != "good":  # S4-A04 … A07, S4-E02, E03
        return Judged("dane-fail")
    types = [authenticate(world, host, server, key) for key in server.keys] if policy == "A" else []
    types = types or [Judged("tls-only")]  # S4-E01
    return together([*types, Judged("no-dane")] if status == "insecure" else types)  # R7672-2.2.2-m


def authenticate(world: World, host: Host, server: Server, key: str) -> Judged:
    """One certificate against the usable records (§3, §4, §7, §8)."""
    secure_mx = lookup(world.zone, world.mx_fault) == "secure"
    records = usable(host.tlsa)
    matching = [r for r in records if matches(world, host, server, key, r, secure_mx)]
    kept = strongest(records)
    if not any(record in kept for record in matching):
        return Judged("dane-fail")
    combinations = {(r.usage, r.selector, r.matching) for r in records}
    stale = combinations - {(r.usage, r.selector, r.matching) for r in matching}  # R7671-8-a
    renewal = all((r.usage, r.selector) == (3, 0) for r in records)  # rollover-301-autorenew
    return Judged("dane-ok" if secure_mx else "dane-ok-insecure-mx", latent=bool(stale) or renewal)


def matches(world: World, host: Host, server: Server, key: str, record: Record, secure_mx: bool) -> bool:
    """Whether this record alone would authenticate this certificate."""
    if record.usage == 3:
        return record.of == f"{server.name}/{key}"
    names = {host.name, world.domain} if secure_mx else {host.name}  # R7672-3.2.2-b, -c
    named = {"host": host.name, "domain": world.domain, "other": "other.test"}[server.names]
    anchored = record.of == "ca" or (record.of == "ta" and server.root_served)
    return anchored and not server.expired and named in names


def usable(records: tuple[Record, ...]) -> list[Record]:
    """R7672-3.1.3-b, R6698-2.1-c: PKIX usages and digests of a wrong length are not."""
    return [record for record in records if record.usage in (2, 3) and not record.short]


def strongest(records: list[Record]) -> list[Record]:
    """R7671-9-b, -c: the strongest digest of each usage and selector, and all full data."""

    def best(record: Record) -> int:
        return max(r.matching for r in records if (r.usage, r.selector) == (record.usage, record.selector))

    return [record for record in records if record.matching in (0, best(record))]


def together(parts: list[Judged], *, left_out: bool = False) -> Judged:
    """Addresses, or certificate types, as one (S4-A20)."""
    word = worst([part.word for part in parts])
    return Judged(word, any(part.partial for part in parts), any(part.latent for part in parts), left_out)


def worst(words: list[str]) -> str:
    """The first of them in the order of §1.3."""
    return min(words, key=WORDS.index)
