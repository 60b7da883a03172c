"""Is it us? What this machine can judge at all: clock, resolver, trust anchors, port 25, IPv6, libraries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from dane_check.check.outcome import DomainCheck
from dane_check.dnssec.anchors import ROOT_AS_OF, TrustAnchors
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Lookup, Why
from dane_check.findings import About, Code, finding, remedy
from dane_check.policy.clock import clock_suspect
from dane_check.policy.environment import of_this_side
from dane_check.policy.vantage import ours
from dane_check.policy.verdict import EndpointResult, EndpointVerdict
from dane_check.ports import Heard, NoReply


class Ability(StrEnum):
    """Whether something works from here."""

    WORKS = "works"
    FAILS = "fails"
    NOT_TRIED = "not-tried"


@dataclass(frozen=True, slots=True)
class Tried:
    """One ability of this machine, and what showed it; `because` is safe to show.

    todo -- the next step, as a sentence; empty where nothing is wrong.
    """

    ability: Ability
    because: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentReport:
    """What a check made here and now could rely on.

    resolver -- as it was asked for; servers -- the addresses behind it.
    anchors -- the trust anchors in force, as text.
    anchors_of -- the day the built-in ones were last compared with IANA's, where that is long ago (ROOT-j).
    versions -- of this program and of the libraries that judge.
    tried -- by ability, in the order told: `clock`, `dnssec` (whether a signed answer can be validated through the
        resolver), `answers` (whether it leaves them as they are), `tcp` (whether it can be asked over TCP), and
        `port25` and `ipv6`, tried at the MX hosts of domains the caller named, never at anyone else's.
    """

    now: datetime
    resolver: str
    servers: tuple[str, ...]
    anchors: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    tried: Mapping[str, Tried]
    anchors_of: datetime | None = None

    @property
    def exit_status(self) -> int:
        """0, or 4 where this machine cannot judge."""
        return 4 if Ability.FAILS in {one.ability for one in self.tried.values()} else 0


def old_anchors(built_in: bool, now: datetime) -> datetime | None:
    """The day of the built-in anchors, where they are in force and have grown old."""
    return ROOT_AS_OF if built_in and TrustAnchors.root().is_stale(now) else None


def judge_clock(now: datetime, anchor_keys: Lookup, *, own_clock: bool) -> Tried:
    """Whether this machine's clock can be right, by the release and by what the root has signed (D-23)."""
    if not own_clock:
        return Tried(Ability.NOT_TRIED, "the time was given")
    trouble = _of_ours(anchor_keys, own_clock=True)
    if clock_suspect(now):
        return _fails(Code.ENV_CLOCK, f"it says {now:%Y-%m-%d %H:%M} UTC")
    if trouble is not None and trouble.cause is Cause.CLOCK:
        return _fails(Code.ENV_CLOCK, trouble.sentence)
    if anchor_keys.status != "secure":
        return Tried(Ability.NOT_TRIED, "there is no valid signature to compare it with")
    return Tried(Ability.WORKS, "the signatures of the trust anchor hold by it")


def judge_dnssec(anchor_keys: Lookup) -> Tried:
    """Whether the trust anchor's own key set, as it came through the resolver, validates."""
    if anchor_keys.status == "secure":
        return Tried(Ability.WORKS, "the trust anchor's own keys validate")
    if anchor_keys.why is None:
        return _fails(Code.ENV_RESOLVER_NO_DNSSEC, anchor_keys.status)
    trouble = _of_ours(anchor_keys, own_clock=False) or anchor_keys.why
    said = of_this_side(About(), trouble)
    code = said.code if said is not None else Code.ENV_RESOLVER_UNUSABLE
    return _fails(code, anchor_keys.why.sentence)


def judge_answers(absent: Lookup, without_ipv6: Lookup) -> Tried:
    """Whether the resolver leaves answers as they are: the root denies what is not there, and nobody makes it up.

    absent, without_ipv6 -- the answers to `policy.vantage.NO_SUCH_NAME` and `WITHOUT_IPV6`.
    """
    trouble = _of_ours(absent, own_clock=False)
    if trouble is not None and trouble.cause is Cause.RESOLVER_LIES:
        return _fails(Code.ENV_RESOLVER_LIES, trouble.sentence)
    if without_ipv6.kind == "data":
        return _fails(Code.ENV_RESOLVER_LIES, "it makes up IPv6 addresses (DNS64)")
    if absent.status != "secure":
        return Tried(Ability.NOT_TRIED, "there is no signed denial to compare with")
    return Tried(Ability.WORKS, "what the root denies stays denied")


def judge_tcp(heard: Mapping[str, Heard]) -> Tried:
    """Whether the resolvers can be asked over TCP, from what each came back with; one that can is enough."""
    silent = {server: one for server, one in heard.items() if isinstance(one, NoReply)}
    if not heard:
        return Tried(Ability.NOT_TRIED, "the lab is asked as it is")
    if len(silent) < len(heard):
        return Tried(Ability.WORKS, f"{len(heard) - len(silent)} of {len(heard)} servers answered over TCP")
    return _fails(Code.ENV_DNS_TCP_BLOCKED, "; ".join(f"{server}: {one.fault}" for server, one in silent.items()))


def judge_port25(checks: Iterable[DomainCheck]) -> Tried:
    """Whether any mail server could be talked to on port 25; one is proof, silence of all is suspicion enough."""
    tried = [one for one in _endpoints(checks) if one.port == 25]
    return _judge_connections(tried, "mail server", Code.ENV_PORT25_BLOCKED)


def judge_ipv6(checks: Iterable[DomainCheck], *, routed: bool = True) -> Tried:
    """Whether any mail server could be talked to over IPv6; `routed`: whether this machine knows a way at all."""
    tried = [one for one in _endpoints(checks) if ":" in one.address]
    if not tried and not routed:
        return _fails(Code.ENV_NO_IPV6, "this machine has no route to any IPv6 address")
    return _judge_connections(tried, "mail server over IPv6", Code.ENV_NO_IPV6)


def _endpoints(checks: Iterable[DomainCheck]) -> Iterable[EndpointVerdict]:
    tried = (one for check in checks for host in check.verdict.hosts for one in host.endpoints)
    return [one for one in tried if one.result is not EndpointResult.SKIPPED]


def _judge_connections(endpoints: list[EndpointVerdict], what: str, code: Code) -> Tried:
    addresses = {one.address for one in endpoints}
    reached = {one.address for one in endpoints if one.result is not EndpointResult.UNREACHABLE}
    if not addresses:
        return Tried(Ability.NOT_TRIED, "name domains whose mail servers may be tried")
    if reached:
        return Tried(Ability.WORKS, f"{len(reached)} of {len(addresses)} addresses answered")
    details = "; ".join(sorted({one.detail for one in endpoints if one.detail}))
    return _fails(code, f"no {what} answered at {len(addresses)} addresses{f': {details}' if details else ''}")


def _of_ours(found: Lookup, *, own_clock: bool) -> Why | None:
    """The failure of a lookup, where it is trouble of this side."""
    if not isinstance(found, Bogus | Indeterminate):
        return None
    seen = ours(found, own_clock=own_clock)
    return seen.why if seen is not None else found.why if of_this_side(About(), found.why) else None


def _fails(code: Code, because: str) -> Tried:
    """What does not work, with the remedy that a check gives for the same."""
    return Tried(Ability.FAILS, because, remedy(finding(code, About())))


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
