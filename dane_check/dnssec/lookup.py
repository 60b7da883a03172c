"""The upper seam: what a validated lookup can come to, and the proof of it.

Five cases, no sixth. A failed lookup (`Bogus`, `Indeterminate`) has no records and no kind, so that nobody can
read it as "no such record"; an empty tuple never stands for "proven absent".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal, Protocol

Status = Literal["secure", "insecure", "bogus", "indeterminate"]
Kind = Literal["data", "nodata", "nxdomain"]


class Cause(StrEnum):
    """Why an answer is not secure: one word per cause, for policy and for the catalogue of findings."""

    # insecure
    NO_ANCHOR = "no-anchor"  # no trust anchor at or above the name (RFC 4033 calls it indeterminate)
    UNSIGNED_DELEGATION = "unsigned-delegation"  # proven absence of DS
    UNSUPPORTED_ALGORITHM = "unsupported-algorithm"  # no DS with a supported algorithm and digest
    SHA1_ONLY = "sha1-only"  # only RSASHA1 keys, which RFC 9905 has operators treat as unsupported
    RSA_SIZE = "rsa-size"
    OPT_OUT = "opt-out"  # RFC 5155 §9.2
    NSEC3_ITERATIONS = "nsec3-iterations"  # R9276-3.2-a
    INSECURE_ALIAS = "insecure-alias"  # an alias on the way was insecure
    NOT_VALIDATED = "not-validated"  # RRSIG and the like cannot be validated by themselves
    # bogus
    SIGNATURE_MISSING = "signature-missing"
    SIGNATURE_EXPIRED = "signature-expired"
    SIGNATURE_NOT_YET_VALID = "signature-not-yet-valid"
    SIGNATURE_INVALID = "signature-invalid"
    SIGNER_WRONG = "signer-wrong"  # signed by a zone that does not hold the record
    KEY_MISSING = "key-missing"  # the DNSKEY set lacks the key that signed, or that the DS names
    DS_MISMATCH = "ds-mismatch"
    DENIAL_MISSING = "denial-missing"  # neither DS nor a proof of its absence; or no denial where one is due
    DENIAL_INVALID = "denial-invalid"
    WILDCARD_UNPROVEN = "wildcard-unproven"
    ALIAS_LOOP = "alias-loop"
    ALIAS_INVALID = "alias-invalid"  # a synthesised CNAME that is not what its DNAME says; several at one name
    ROOT_FAILURE = "trust-anchor-problem"  # the anchor's own zone fails: trouble of ours, not of the domain's
    # bogus or indeterminate (D-13)
    LIMIT = "limit"
    # indeterminate
    TRANSPORT = "transport"  # no reply; `fault` says how
    RCODE = "rcode"  # SERVFAIL, REFUSED, …; `rcode` says which
    INCOMPLETE = "incomplete"  # the resolver left out what a validator needs
    ALIAS_LIMIT = "alias-limit"  # L-3
    NO_DNSSEC = "resolver-not-dnssec"  # the resolver strips signatures
    # indeterminate, by what a check knows of where it stands (`policy.vantage`); no lookup by itself says these
    CLOCK = "clock-suspect"
    RESOLVER_LIES = "resolver-lies"
    RESOLVER_UNUSABLE = "resolver-unusable"
    DNS_TCP = "dns-tcp-blocked"


@dataclass(frozen=True, slots=True)
class Why:
    """The failing link in one place: which zone, which record, what is wrong.

    sentence -- one plain sentence for people, without a trailing stop, network text already escaped.
    fault -- the transport's word (ports.Fault value) where `cause` is TRANSPORT.
    rcode -- the response code's mnemonic ("SERVFAIL") where `cause` is RCODE.
    hints -- Extended DNS Errors of the reply, as people read them; never believed.
    behind -- what failed in the anchor's own zone, where `cause` is ROOT_FAILURE.
    altered -- whether the resolver says itself that the answer is not the zone's (RFC 8914 §4.5, §4.16 to §4.18).
    authoritative -- whether the answer carries AA: who sent it had it of itself, and asked nobody (RFC 1035 §4.1.1).
    """

    cause: Cause
    sentence: str
    zone: str = ""
    record: str = ""
    fault: str | None = None
    rcode: str | None = None
    hints: tuple[str, ...] = ()
    behind: Cause | None = None
    altered: bool = False
    authoritative: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the answer. `wire` is its RDATA, uncompressed, as received; `text` its presentation form."""

    owner: str
    ttl: int  # seconds, clamped by R4035-5.3.3
    wire: bytes
    text: str
    rdtype: str = ""


@dataclass(frozen=True, slots=True)
class AliasHop:
    """One CNAME (a DNAME's synthesised one included) that was followed; `status` is that of this hop alone."""

    owner: str
    target: str
    status: Status
    via: str = "CNAME"  # or "DNAME"


@dataclass(frozen=True, slots=True)
class SignedBy:
    """One verified signature; `key_bits` is the length of an RSA modulus, None for keys of other kinds."""

    zone: str
    key_tag: int
    algorithm: str  # mnemonic, "ECDSAP256SHA256"
    inception: datetime
    expiration: datetime
    key_bits: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain of trust: an RRset, and what made it true.

    rrset -- "example.org. DNSKEY"; for a denial the records that prove it.
    means -- what the link shows, in a few words ("DS 12345 names the key", "proves that no DS exists").
    signature -- None where the link is the configured anchor or a proven insecure delegation.
    nsec3_iterations -- where the link is an NSEC3 record: its iterations, which should be 0 (RFC 9276 §3.1).
    nsec3_salted -- where the link is an NSEC3 record: whether its names are salted, which helps nobody (RFC 9276 §3.1).
    ds_digests -- where the link is a DS set: its digest types; 1 alone is SHA-1 (RFC 9904).
    """

    zone: str
    rrset: str
    means: str
    signature: SignedBy | None = None
    nsec3_iterations: int | None = None
    nsec3_salted: bool = False
    ds_digests: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The link as one line."""
        if self.signature is None:
            return f"{self.rrset}: {self.means}"
        by = self.signature
        return (
            f"{self.rrset}: {self.means}, signed by {by.zone} key {by.key_tag} {by.algorithm}"
            f" until {by.expiration:%Y-%m-%d %H:%M} UTC"
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """The chain of trust, from the anchor down, that made an answer what it is; kept for failures as far as it went."""

    links: tuple[Link, ...] = ()

    @property
    def expires(self) -> datetime | None:
        """When the first signature of the chain runs out; None where nothing is signed."""
        return min((link.signature.expiration for link in self.links if link.signature), default=None)


@dataclass(frozen=True, slots=True)
class Assumed:
    """The proof of a rehearsal: nothing was validated, a candidate record is taken as published in a signed zone."""

    because: str

    @property
    def expires(self) -> datetime | None:
        """Candidates do not expire."""
        return None


Evidenced = Proof | Assumed


@dataclass(frozen=True, slots=True)
class Secure:
    """Data, with a chain of trust from a configured anchor to it."""

    records: tuple[Record, ...]
    proof: Evidenced
    aliases: tuple[AliasHop, ...] = ()
    wildcard: bool = False  # synthesised from a wildcard (R6698-A2.1.3-a)
    why: ClassVar[None] = None
    status: ClassVar[Status] = "secure"
    kind: ClassVar[Kind] = "data"

    @property
    def expires(self) -> datetime | None:
        """When the proof runs out."""
        return self.proof.expires


@dataclass(frozen=True, slots=True)
class SecureDenial:
    """Proven absence: of the type (`nodata`) or of the name (`nxdomain`; `compact` as by RFC 9824)."""

    kind: Literal["nodata", "nxdomain"]
    proof: Evidenced
    aliases: tuple[AliasHop, ...] = ()
    compact: bool = False
    records: ClassVar[tuple[Record, ...]] = ()
    why: ClassVar[None] = None
    status: ClassVar[Status] = "secure"

    @property
    def expires(self) -> datetime | None:
        """When the proof runs out."""
        return self.proof.expires


@dataclass(frozen=True, slots=True)
class Insecure:
    """An answer that is proven to lie outside the chain of trust; data and denials alike."""

    kind: Kind
    records: tuple[Record, ...]
    why: Why
    proof: Evidenced = Proof()
    aliases: tuple[AliasHop, ...] = ()
    status: ClassVar[Status] = "insecure"
    expires: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class Bogus:
    """The answer should validate and does not: a failure proven by our own validator."""

    why: Why
    proof: Evidenced = Proof()
    aliases: tuple[AliasHop, ...] = ()
    records: ClassVar[tuple[Record, ...]] = ()
    kind: ClassVar[None] = None
    status: ClassVar[Status] = "bogus"
    expires: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class Indeterminate:
    """The records needed could not be had (RFC 4035 §4.3, RFC 7672 §2.1.1): a failure, never an absence."""

    why: Why
    proof: Evidenced = Proof()
    aliases: tuple[AliasHop, ...] = ()
    records: ClassVar[tuple[Record, ...]] = ()
    kind: ClassVar[None] = None
    status: ClassVar[Status] = "indeterminate"
    expires: ClassVar[None] = None


Lookup = Secure | SecureDenial | Insecure | Bogus | Indeterminate


class LookupSource(Protocol):
    """Where `check` gets validated answers: the resolver, or candidates laid over it."""

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The validated answer for an absolute A-label `name` and a type mnemonic; never raises for the network."""
        ...
