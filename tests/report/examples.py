"""Checks put together by hand: what a report is tested with, without any network or judgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from dane_check.check.outcome import DomainCheck
from dane_check.dnssec.lookup import Link
from dane_check.findings import About, Code, finding
from dane_check.policy.verdict import (
    CertificateFacts,
    DomainVerdict,
    DomainWord,
    EndpointResult,
    EndpointVerdict,
    HostVerdict,
    HostWord,
    LookupView,
    RecordView,
    SenderOutcome,
    SenderView,
)
from dane_check.ports import KeyType, SmtpFacts, SmtpReply, TlsFacts

ABILITIES = ("clock", "dnssec", "answers", "tcp", "port25", "ipv6")
UNTIL = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
PUBLISHED = "6cf1" + "00" * 28 + "921e"
OTHER = "77aa" + "11" * 28 + "bb66"
SERVED = "aaaa" + "22" * 28 + "eeee"
WHOLE = "cccc" + "33" * 28 + "dddd"

SAID = SmtpFacts(
    greeting=SmtpReply(220, (b"mx1.example.org ESMTP",)),
    ehlo=SmtpReply(250, (b"mx1.example.org", b"SIZE 10240000", b"STARTTLS")),
    starttls=SmtpReply(220, (b"go ahead",)),
)
TLS = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519")


def certificate(spki: str = PUBLISHED, subject: str = "CN=mx1.example.org") -> CertificateFacts:
    """A leaf valid from 2026-02-01 to 2026-05-01."""
    return CertificateFacts(
        subject=subject,
        issuer="CN=R12,O=Example CA",
        not_before=datetime(2026, 2, 1, tzinfo=UTC),
        not_after=datetime(2026, 5, 1, tzinfo=UTC),
        key="EC P-256",
        names=("mx1.example.org", "mx2.example.org"),
        spki_sha256=spki,
        certificate_sha256=WHOLE,
    )


def lookup(name: str, rdtype: str, status: str = "secure", kind: str | None = "data", **more: object) -> LookupView:
    """A lookup; secure ones run out at UNTIL and have a chain of three links."""
    view = LookupView(name, rdtype, status, kind)
    if status == "secure":
        links = (
            Link(".", ". DNSKEY", "trust anchor 20326"),
            Link("org.", "org. DNSKEY", "DS 26974"),
            Link("example.org.", f"{name}. {rdtype}", "signed by example.org."),
        )
        view = replace(view, expires=UNTIL, links=links)
    return replace(view, **more)


def passing(address: str, kind: KeyType = KeyType.RSA, record: str = f"3 1 1 {PUBLISHED}") -> EndpointVerdict:
    """An address that authenticates."""
    return EndpointVerdict(
        address,
        25,
        kind,
        EndpointResult.AUTHENTICATED,
        HostWord.DANE_OK,
        matched=record,
        depth=0,
        server_name="mx1.example.org",
        certificates=(certificate(),),
        tls=TLS,
        smtp=SAID,
    )


def failing(address: str, kind: KeyType = KeyType.RSA) -> EndpointVerdict:
    """An address that serves a key no record names."""
    return EndpointVerdict(
        address,
        25,
        kind,
        EndpointResult.MISMATCH,
        HostWord.DANE_FAIL,
        certificates=(certificate(SERVED, "CN=mx2.example.org"),),
        tls=TLS,
        smtp=SAID,
        tlsrpt="certificate-not-trusted",
        suggested=f"3 1 1 {SERVED}",
    )


def record(data: str = PUBLISHED, matches: int = 2, state: str = "usable", reason: str | None = None) -> RecordView:
    """A published 3 1 1 record."""
    return RecordView(f"3 1 1 {data}", state, reason, matches, 3600)


def good_host(name: str = "mx1.example.org", preference: int = 10) -> HostVerdict:
    """A host that authenticates on two addresses with two certificate types each."""
    return HostVerdict(
        name,
        preference,
        HostWord.DANE_OK,
        tlsa_base_domain=name,
        tlsa=(record(),),
        endpoints=tuple(passing(address, kind) for address in ("192.0.2.1", "2001:db8::1") for kind in _BOTH),
        lookups=(lookup(name, "A"), lookup(name, "AAAA"), lookup(f"_25._tcp.{name}", "TLSA")),
    )


_BOTH = (KeyType.RSA, KeyType.ECDSA)


def bad_host(name: str = "mx2.example.org", preference: int = 20) -> HostVerdict:
    """A host whose one record names neither address's certificate."""
    addresses = ("192.0.2.2", "2001:db8::2")
    return HostVerdict(
        name,
        preference,
        HostWord.DANE_FAIL,
        tlsa_base_domain=name,
        tlsa=(record(OTHER, 0),),
        endpoints=tuple(failing(address) for address in addresses),
        lookups=(lookup(name, "A"), lookup(name, "AAAA"), lookup(f"_25._tcp.{name}", "TLSA")),
        findings=tuple(
            finding(
                Code.TLSA_MISMATCH,
                About("example.org", name, address, "rsa"),
                count=1,
                suggested=f"_25._tcp.{name}. IN TLSA 3 1 1 {SERVED}",
            )
            for address in addresses
        ),
        tlsrpt="certificate-not-trusted",
        senders=(
            SenderView("openssl", SenderOutcome.REFUSES, "192.0.2.2 RSA: mismatch"),
            SenderView("no-agility", SenderOutcome.ACCEPTS, "192.0.2.2 RSA: matches 3 1 1"),
            SenderView("ecdsa-only", SenderOutcome.CANNOT_TELL, "192.0.2.2: ECDSA certificates were not tested"),
        ),
    )


def healthy() -> DomainCheck:
    """Two MX hosts, four addresses, all well."""
    hosts = (good_host(), good_host("mx2.example.org", 20))
    verdict = DomainVerdict(
        "example.org",
        DomainWord.PROTECTED,
        0,
        True,
        lookup("example.org", "MX"),
        hosts,
        sentence="Mail to example.org is authenticated by DANE at every address of its 2 MX hosts.",
    )
    return DomainCheck(verdict, timings={"dns": 0.25, "total": 1.5})


def broken() -> DomainCheck:
    """One host well, the other with a stale record."""
    verdict = DomainVerdict(
        "example.org",
        DomainWord.BROKEN,
        1,
        True,
        lookup("example.org", "MX"),
        (good_host(), bad_host()),
        sentence="DANE senders refuse 1 of 2 MX hosts of example.org.",
    )
    return DomainCheck(verdict)


def no_dane() -> DomainCheck:
    """An unsigned domain with one host that offers TLS to whoever wants it."""
    why = "org. proves that example.org. has no DS record"
    insecure = {"status": "insecure", "why": why, "cause": "unsigned-delegation"}
    open_address = EndpointVerdict(
        "192.0.2.1", 25, KeyType.RSA, EndpointResult.ENCRYPTED, HostWord.NO_DANE, certificates=(certificate(),), tls=TLS
    )
    host = HostVerdict(
        "mx1.example.org",
        10,
        HostWord.NO_DANE,
        reason="host-zone-insecure",
        endpoints=(open_address,),
        lookups=(
            lookup("mx1.example.org", "A", **insecure),
            lookup("mx1.example.org", "AAAA", kind="nodata", **insecure),
        ),
        findings=(finding(Code.ADDR_INSECURE, About("example.org", "mx1.example.org"), why=why),),
    )
    verdict = DomainVerdict(
        "example.org",
        DomainWord.UNPROTECTED,
        3,
        True,
        lookup("example.org", "MX", **insecure),
        (host,),
        findings=(finding(Code.MX_INSECURE, About("example.org"), why=why),),
        sentence="Mail to example.org flows without DANE.",
    )
    return DomainCheck(verdict)


def unreachable() -> DomainCheck:
    """A host that did not answer at one address."""
    silent = EndpointVerdict(
        "2001:db8::1", 25, None, EndpointResult.UNREACHABLE, HostWord.UNREACHABLE, detail="no answer in time"
    )
    good = good_host()
    said = finding(Code.SMTP_CONNECT_TIMEOUT, About("example.org", good.host, "2001:db8::1"), port=25)
    host = replace(good, word=HostWord.UNREACHABLE, endpoints=(*good.endpoints[:2], silent), findings=(said,))
    verdict = DomainVerdict(
        "example.org",
        DomainWord.UNDETERMINED,
        4,
        True,
        lookup("example.org", "MX"),
        (host,),
        sentence="1 of 2 addresses could not be judged.",
    )
    return DomainCheck(verdict)


def failed_lookup() -> DomainCheck:
    """A bogus MX lookup: nothing else is known."""
    why = "the signature by example.org. over example.org. MX is wrong"
    mx = lookup(
        "example.org",
        "MX",
        "bogus",
        None,
        why=why,
        cause="signature-invalid",
        hints=("EDE 6 (DNSSEC Bogus)",),
        links=(Link(".", ". DNSKEY", "trust anchor 20326"), Link("org.", "org. DNSKEY", "DS 26974")),
    )
    verdict = DomainVerdict(
        "example.org",
        DomainWord.BROKEN,
        1,
        True,
        mx,
        (),
        findings=(finding(Code.MX_BOGUS, About("example.org"), why=why),),
        reason="mx-bogus",
        sentence="The MX records of example.org fail DNSSEC validation.",
    )
    return DomainCheck(verdict, diagnostics=(finding(Code.ANCHORS_STALE, About(), date="2026-01-01"),))


def literal() -> DomainCheck:
    """An address literal: no lookup, nothing to judge."""
    verdict = DomainVerdict(
        "[192.0.2.1]", DomainWord.NOT_APPLICABLE, 5, True, None, (), sentence="DANE does not apply to [192.0.2.1]."
    )
    return DomainCheck(verdict)


ALL = {
    "healthy": healthy,
    "broken": broken,
    "no-dane": no_dane,
    "unreachable": unreachable,
    "failed-lookup": failed_lookup,
    "literal": literal,
}
