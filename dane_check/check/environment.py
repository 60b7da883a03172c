"""Is it us? What this machine can judge at all: its resolver, its trust anchors, port 25, IPv6, its libraries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from dane_check.check.outcome import DomainCheck
from dane_check.dnssec.anchors import ROOT_AS_OF, TrustAnchors
from dane_check.dnssec.lookup import Lookup
from dane_check.policy.verdict import EndpointResult, EndpointVerdict


class Ability(StrEnum):
    """Whether something works from here."""

    WORKS = "works"
    FAILS = "fails"
    NOT_TRIED = "not-tried"


@dataclass(frozen=True, slots=True)
class Tried:
    """One ability of this machine, and what showed it; `because` is safe to show."""

    ability: Ability
    because: str


@dataclass(frozen=True, slots=True)
class EnvironmentReport:
    """What a check made here and now could rely on.

    resolver -- as it was asked for; servers -- the addresses behind it.
    anchors -- the trust anchors in force, as text.
    anchors_of -- the day the built-in ones were last compared with IANA's, where that is long ago (ROOT-j).
    versions -- of this program and of the libraries that judge.
    dnssec -- whether a signed answer can be validated through the resolver.
    port25, ipv6 -- tried at the MX hosts of domains the caller named, never at anyone else's.
    """

    now: datetime
    resolver: str
    servers: tuple[str, ...]
    anchors: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    dnssec: Tried
    port25: Tried
    ipv6: Tried
    anchors_of: datetime | None = None

    @property
    def exit_status(self) -> int:
        """0, or 4 where this machine cannot judge."""
        return 4 if Ability.FAILS in {self.dnssec.ability, self.port25.ability, self.ipv6.ability} else 0


def old_anchors(built_in: bool, now: datetime) -> datetime | None:
    """The day of the built-in anchors, where they are in force and have grown old."""
    return ROOT_AS_OF if built_in and TrustAnchors.root().is_stale(now) else None


def judge_dnssec(anchor_keys: Lookup) -> Tried:
    """Whether the trust anchor's own key set, as it came through the resolver, validates."""
    if anchor_keys.status == "secure":
        return Tried(Ability.WORKS, "the trust anchor's own keys validate")
    why = anchor_keys.why.sentence if anchor_keys.why else anchor_keys.status
    return Tried(Ability.FAILS, why)


def judge_port25(checks: Iterable[DomainCheck]) -> Tried:
    """Whether any mail server could be talked to on port 25; one is proof, silence of all is suspicion enough."""
    return _judge_connections([one for one in _endpoints(checks) if one.port == 25], "mail server")


def judge_ipv6(checks: Iterable[DomainCheck]) -> Tried:
    """Whether any mail server could be talked to over IPv6."""
    return _judge_connections([one for one in _endpoints(checks) if ":" in one.address], "mail server over IPv6")


def _endpoints(checks: Iterable[DomainCheck]) -> Iterable[EndpointVerdict]:
    tried = (one for check in checks for host in check.verdict.hosts for one in host.endpoints)
    return [one for one in tried if one.result is not EndpointResult.SKIPPED]


def _judge_connections(endpoints: list[EndpointVerdict], what: str) -> Tried:
    addresses = {one.address for one in endpoints}
    reached = {one.address for one in endpoints if one.result is not EndpointResult.UNREACHABLE}
    if not addresses:
        return Tried(Ability.NOT_TRIED, "name domains whose mail servers may be tried")
    if reached:
        return Tried(Ability.WORKS, f"{len(reached)} of {len(addresses)} addresses answered")
    details = "; ".join(sorted({one.detail for one in endpoints if one.detail}))
    return Tried(Ability.FAILS, f"no {what} answered at {len(addresses)} addresses{f': {details}' if details else ''}")


def versions() -> tuple[tuple[str, str], ...]:
    """This program and the libraries that judge, with the OpenSSL they are linked to."""
    import platform

    from OpenSSL import SSL

    from dane_check import __version__

    packages = tuple((name, _version(name)) for name in ("dnspython", "cryptography", "pyOpenSSL", "typer", "idna"))
    linked = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode("ascii", "backslashreplace")
    return (
        ("dane_check", __version__),
        ("Python", platform.python_version()),
        *packages,
        ("OpenSSL", linked.removeprefix("OpenSSL ")),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
