"""The verdicts: endpoint, host, domain, with the words, precedence and exit statuses of docs/requirements.md §1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dane_check.dnssec.lookup import Link
from dane_check.findings import Finding
from dane_check.ports import KeyType, SmtpFacts, TlsFacts


class EndpointResult(StrEnum):
    """What happened at one address, for one certificate type (§1.2)."""

    AUTHENTICATED = "authenticated"
    ENCRYPTED = "encrypted"  # TLS up, authentication not required
    CLEARTEXT = "cleartext"  # no TLS, and none required
    NO_STARTTLS = "no-starttls"
    STARTTLS_REFUSED = "starttls-refused"
    STARTTLS_INJECTION = "starttls-injection"
    TLS_FAILED = "tls-failed"
    MISMATCH = "mismatch"
    NAME_MISMATCH = "name-mismatch"
    CHAIN_EXPIRED = "chain-expired"
    CHAIN_INVALID = "chain-invalid"
    TA_MISSING = "ta-missing"
    UNREACHABLE = "unreachable"
    SMTP_REFUSED = "smtp-refused"
    PROTOCOL_ERROR = "protocol-error"
    SKIPPED = "skipped"  # policy or an option forbade connecting
    NOT_OFFERED = "not-offered"  # this certificate type does not exist here (S4-A07b)
    NOT_TESTED = "not-tested"  # this certificate type could not be tried (S4-A22)


class HostWord(StrEnum):
    """What a conforming DANE client would do with one MX host (§1.3)."""

    DANE_OK = "dane-ok"
    DANE_OK_INSECURE_MX = "dane-ok-insecure-mx"
    TLS_ONLY = "tls-only"
    NO_DANE = "no-dane"
    DANE_FAIL = "dane-fail"
    DNS_BOGUS = "dns-bogus"
    DNS_ERROR = "dns-error"
    UNREACHABLE = "unreachable"
    NO_ADDRESS = "no-address"
    NOT_APPLICABLE = "not-applicable"


class DomainWord(StrEnum):
    """The verdict on a domain (§1.3)."""

    PROTECTED = "protected"
    PARTIAL = "partial"
    UNPROTECTED = "unprotected"
    BROKEN = "broken"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What people want to know of one served certificate; parts that could not be read are None."""

    subject: str | None
    issuer: str | None
    not_before: datetime | None
    not_after: datetime | None
    key: str | None  # "RSA 2048", "EC P-256"
    names: tuple[str, ...]
    spki_sha256: str | None  # hex
    certificate_sha256: str  # hex


@dataclass(frozen=True, slots=True)
class EndpointVerdict:
    """One address of one host with one certificate type.

    reason -- the finer word beside the result (`weak-crypto`, `agility`, `incomplete` …), None where none is due.
    word -- what this endpoint alone would make of the host.
    matched -- the TLSA record that authenticated it, "3 1 1 ab…"; depth in the path built, 0 is the leaf.
    suggested -- the TLSA RDATA that would match what is served, where something is to be mended.
    sessions -- how many sessions came to this; several servers behind one address make several endpoints.
    renewed -- when TLSA was looked up, and when again because it had grown old by the time of the session (T-8).
    """

    address: str
    port: int
    key_type: KeyType | None
    result: EndpointResult
    word: HostWord
    reason: str | None = None
    matched: str | None = None
    depth: int | None = None
    server_name: str | None = None
    certificates: tuple[CertificateFacts, ...] = ()
    tls: TlsFacts | None = None
    smtp: SmtpFacts | None = None
    tlsrpt: str | None = None
    detail: str = ""
    suggested: str | None = None
    sessions: int = 1
    renewed: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class RecordView:
    """One published TLSA record and what became of it at this host."""

    text: str  # presentation form of the RDATA
    state: str  # usable, unusable, ignored-digest-agility
    reason: str | None  # why unusable
    matches: int  # endpoints it authenticates by itself
    ttl: int


@dataclass(frozen=True, slots=True)
class LookupView:
    """One validated lookup as a report shows it."""

    name: str
    rdtype: str
    status: str
    kind: str | None
    why: str | None = None
    cause: str | None = None
    hints: tuple[str, ...] = ()
    expires: datetime | None = None
    links: tuple[Link, ...] = ()  # the chain of trust
    alias_of: str | None = None  # where the name leads, if it is an alias

    @property
    def chain(self) -> tuple[str, ...]:
        """The chain of trust, a line a link, for --explain; written when asked for."""
        return tuple(link.text for link in self.links)


class SenderOutcome(StrEnum):
    """What one kind of sender does with a host."""

    ACCEPTS = "accepts"
    REFUSES = "refuses"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class SenderView:
    """What one kind of sender does with a host, and the endpoint that decides it (see `policy.profiles`)."""

    profile: str
    outcome: SenderOutcome
    because: str


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """One MX host. `findings` holds those of its endpoints too; `about` says which.

    reason -- the finer word beside the verdict (`host-zone-insecure`, `no-address-unsigned`, `incomplete` …).
    tlsa_base_domain -- the name whose TLSA set decided, None where there was none.
    lookups -- addresses and TLSA, in the order a sender asks.
    senders -- one for each profile where the host is to be authenticated, else empty.
    """

    host: str
    preference: int | None
    word: HostWord
    reason: str | None = None
    tlsa_base_domain: str | None = None
    tlsa: tuple[RecordView, ...] = ()
    endpoints: tuple[EndpointVerdict, ...] = ()
    lookups: tuple[LookupView, ...] = ()
    findings: tuple[Finding, ...] = ()
    tlsrpt: str | None = None
    complete: bool = True
    senders: tuple[SenderView, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainVerdict:
    """The verdict on one domain; `exit_status` is the command's (D-8, D-9, D-20 included).

    complete -- False where an option or a limit left something out.
    findings -- those about the domain itself; a host's stand with the host.
    unaudited -- in audit mode, the exit status as it would be without; None outside (D-8).
    certificates_at -- the moment certificate dates were judged at, where it is not that of the verdict (D-23).
    """

    domain: str
    word: DomainWord
    exit_status: int
    complete: bool
    mx: LookupView | None
    hosts: tuple[HostVerdict, ...]
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    sentence: str = ""  # the closing line for people
    implicit_mx: bool = False
    tlsrpt: str | None = None  # where the MX lookup itself is what a sender would report
    unaudited: int | None = None
    certificates_at: datetime | None = None

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """The domain's findings and its hosts'."""
        return self.findings + tuple(one for host in self.hosts for one in host.findings)
