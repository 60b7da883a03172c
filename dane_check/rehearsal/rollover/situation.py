"""What a rollover starts from, as values: what is published and served now, who holds what since when, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dane_check.errors import UsageError
from dane_check.policy.service import SMTP_PORT
from dane_check.ports import KeyType
from dane_check.rehearsal.candidates import CandidateChain, Record, key_type_called
from dane_check.tlsa.generate import Numbers, is_public_key
from dane_check.tlsa.keys import description

DEFAULT_TTL = 3600
"""Seconds, for records of a name that has none yet."""


class Standing(StrEnum):
    """What the validated TLSA lookup of a host came to."""

    SECURE = "secure"  # records, proven
    ABSENT = "absent"  # their absence is proven, or the denial alone is not
    INSECURE = "insecure"  # the zone, or an alias on the way, is not signed
    UNKNOWN = "unknown"  # the lookup failed


@dataclass(frozen=True, slots=True)
class Seen:
    """A record at one server, and the first moment at which we saw it there; None where we never noted it.

    ttl -- seconds for which caches may hold the set, one that was longer until a short while ago included.
    """

    record: Record
    since: datetime | None = None
    ttl: int = 0


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that a server holds no more, and until when caches may hold it; `ttl`: seconds, of the set it was in."""

    record: Record
    until: datetime
    ttl: int = 0


@dataclass(frozen=True, slots=True)
class AtServer:
    """One authoritative server.

    server -- its name and address.
    records -- what it holds; empty for a proven absence, and where `trouble` says why that is not known.
    gone -- what it held a short while ago, so that caches may hold it still.
    """

    server: str
    records: tuple[Seen, ...] = ()
    gone: tuple[Gone, ...] = ()
    ttl: int = 0
    trouble: str = ""

    @property
    def longest_ttl(self) -> int:
        """The longest TTL by which a cache may hold a set of this server, one of a while ago included."""
        return max([self.ttl, *(one.ttl for one in self.records), *(one.ttl for one in self.gone)])


@dataclass(frozen=True, slots=True)
class HostState:
    """One mail host at one port.

    owner -- where its TLSA records stand: at the TLSA base domain, or where an alias there leads to.
    alias -- the name they are looked up at, where that is an alias; other hosts may share the set then.
    why -- what is wrong where `standing` is not SECURE; a sentence without its stop.
    published, ttl -- the validated set; seconds, the greatest that any server gave, None without records.
    negative_ttl -- seconds for which the absence of records may be remembered; None where there are some.
    expires -- when the signatures under the set run out.
    served -- the chains that are served now, one a certificate type; empty where that is not known, see `unreached`.
    unreached -- why no server, or not every one, could be asked; empty where all were, or none was to be.
    names -- reference identifiers of usage 2, the TLSA base domain first.
    servers -- what each authoritative server holds.
    sweep_troubles -- why servers could not be found or asked.
    """

    host: str
    owner: str
    standing: Standing
    port: int = SMTP_PORT
    why: str = ""
    published: tuple[Record, ...] = ()
    ttl: int | None = None
    negative_ttl: int | None = None
    expires: datetime | None = None
    served: tuple[CandidateChain, ...] = ()
    unreached: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    alias: str = ""
    servers: tuple[AtServer, ...] = ()
    sweep_troubles: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The host for people, with its port where that is not 25."""
        return self.host if self.port == SMTP_PORT else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class RolloverState:
    """Every host that shares the certificate. `troubles`: why hosts that may share it could not be told."""

    hosts: tuple[HostState, ...]
    troubles: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextKey:
    """A public key whose certificate is not there yet. `spki`: DER of its SubjectPublicKeyInfo (RFC 5280 §4.1)."""

    spki: bytes
    source: str
    key_type: KeyType

    @classmethod
    def of(cls, spki: bytes, source: str) -> NextKey:
        """Raises UsageError where the octets are no public key."""
        if not is_public_key(spki):
            raise UsageError(f"{source} holds no public key; give a private key, a certificate request or a public key")
        return cls(spki, source, key_type_called(description(spki) or ""))


Holder = CandidateChain | NextKey


def octets_of(holder: Holder) -> tuple[bytes, ...]:
    """A chain, the server's own certificate first; or the key alone."""
    return holder.certificates if isinstance(holder, CandidateChain) else (holder.spki,)


@dataclass(frozen=True, slots=True)
class Next:
    """What is to be served, and by which records it is to be named.

    holders -- chains or keys, at most one a key type.
    schemes -- the records wanted in the end; empty for those that are published.
    ttl -- seconds, of records to be published; None for that of the set, or DEFAULT_TTL.
    """

    holders: tuple[Holder, ...]
    schemes: tuple[Numbers, ...] = ()
    ttl: int | None = None
    chains: tuple[CandidateChain, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chains", tuple(one for one in self.holders if isinstance(one, CandidateChain)))
        _refuse_what_cannot_be(self.holders, self.schemes)


def _refuse_what_cannot_be(holders: Sequence[Holder], schemes: Sequence[Numbers]) -> None:
    if not holders:
        raise UsageError("nothing is to come; give the next chain with --chain, or its key with --key or --csr")
    kinds = [one.key_type for one in holders]
    if len(set(kinds)) < len(kinds):
        kind = next(one for one in kinds if kinds.count(one) > 1)
        raise UsageError(
            f"two {kind.value.upper()} keys are to come, and a server serves one of a kind; plan one by one"
        )
    if any(one.usage < 2 for one in schemes):
        raise UsageError("usages 0 and 1 are not for mail (RFC 7672 §3.1.3); plan for 3-1-1 or 2-1-1")
