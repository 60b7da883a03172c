"""A served chain against the duty toward its host: rows S4-A09 … A18, A15b, A21, E01, O01 of §19.4."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.policy.base_domain import Duty
from dane_check.policy.endpoint import Circumstances, Judged
from dane_check.policy.service import shown_record
from dane_check.policy.verdict import CertificateFacts, EndpointResult, EndpointVerdict, HostWord
from dane_check.ports import ServedChain
from dane_check.tlsa.certificate import association_data, certificate_of
from dane_check.tlsa.match import match
from dane_check.tlsa.outcome import MatchReport, Note, Outcome, RecordState
from dane_check.tlsa.reason import Reason
from dane_check.tlsa.record import CertificateUsage, MalformedTlsa, MatchingType, Selector, TlsaRecord

_R = EndpointResult
# Result, TLSRPT word and finding for each reason the matcher gives (S4-A11 … A13, A15b); no-match is told apart below.
_FAILURES: dict[Reason, tuple[EndpointResult, str, Code]] = {
    Reason.NAME: (_R.NAME_MISMATCH, "certificate-host-mismatch", Code.TA_NAME_MISMATCH),
    Reason.EXPIRED: (_R.CHAIN_EXPIRED, "certificate-expired", Code.TA_CHAIN_EXPIRED),
    Reason.NOT_YET_VALID: (_R.CHAIN_EXPIRED, "validation-failure", Code.TA_CHAIN_NOTYET),
    Reason.WEAK_CRYPTO: (_R.CHAIN_INVALID, "certificate-not-trusted", Code.WEAK_CRYPTO),
    Reason.NO_CERTIFICATE: (_R.MISMATCH, "certificate-not-trusted", Code.TLS_NO_CERTIFICATE),
}
_INVALID = (_R.CHAIN_INVALID, "certificate-not-trusted", Code.TA_CHAIN_INVALID)


def judge_chain(circumstances: Circumstances, served: ServedChain) -> Judged:
    """What a finished handshake makes of this address and certificate type."""
    judged = _judged(circumstances, served)
    return replace(judged, chain=served.certificates, at=circumstances.certificates_at)


def _judged(circumstances: Circumstances, served: ServedChain) -> Judged:
    blank = EndpointVerdict(
        circumstances.address,
        circumstances.port,
        served.key_type,
        EndpointResult.ENCRYPTED,
        HostWord.NO_DANE,
        server_name=circumstances.server_name,
        certificates=tuple(certificate_facts(der) for der in served.certificates),
        tls=served.tls,
        smtp=served.smtp,
        suggested=suggested_record(served),
    )
    match circumstances.requirement.duty:
        case Duty.OPPORTUNISTIC:
            return Judged(blank)
        case Duty.ENCRYPT:
            word = HostWord.TLS_ONLY if circumstances.vouched else HostWord.NO_DANE  # S2-06c: the address may be forged
            return Judged(replace(blank, word=word, reason="all-unusable", tlsrpt="tlsa-invalid"))
        case Duty.AUTHENTICATE:
            report = _matched(circumstances, served, circumstances.reference_names)
            if report.outcome is Outcome.AUTHENTICATED:
                return _authenticated(circumstances, served, report, blank)
            return _failed(circumstances, served, report, blank)


def _matched(circumstances: Circumstances, served: ServedChain, names: tuple[str, ...]) -> MatchReport:
    records, limits = circumstances.requirement.records, circumstances.limits
    return match(records, served.certificates, names, now=circumstances.certificates_at, service="smtp", limits=limits)


def _alone(report: MatchReport) -> frozenset[int]:
    return frozenset(index for index, record in enumerate(report.records) if record.alone is Outcome.AUTHENTICATED)


def _authenticated(
    circumstances: Circumstances, served: ServedChain, report: MatchReport, blank: EndpointVerdict
) -> Judged:
    word = HostWord.DANE_OK if circumstances.mx_secure else HostWord.DANE_OK_INSECURE_MX
    if not circumstances.vouched:
        word = HostWord.NO_DANE  # R7672-2.2.2-m: the address itself may be forged
    matched = report.records[report.matched].record if report.matched is not None else None
    verdict = replace(
        blank,
        result=EndpointResult.AUTHENTICATED,
        word=word,
        reason=None if circumstances.vouched else "address-insecure",
        matched=matched.to_text() if matched is not None else None,
        depth=report.depth,
    )
    return Judged(verdict, _remarks(circumstances, report, served), _alone(report), report=report)


_NOTE_CODES = {
    Note.TA_ANCHOR_EXPIRED: Code.TA_ANCHOR_EXPIRED,
    Note.CHAIN_OUT_OF_ORDER: Code.CHAIN_MISORDERED,
    Note.SUPERFLUOUS_CERTIFICATES: Code.CHAIN_EXTRA,
    Note.SELF_SIGNED_LEAF: Code.EE_SELFSIGNED,
    Note.LEAF_NAME_MISMATCH: Code.EE_NAME_MISMATCH,
}


def _remarks(circumstances: Circumstances, report: MatchReport, served: ServedChain) -> tuple[Finding, ...]:
    """What is worth knowing of a chain that authenticates; none of it changes the verdict but the bare key."""
    about = circumstances.about
    found = [finding(code, about) for note, code in _NOTE_CODES.items() if note in report.notes]
    for note, words in ((Note.LEAF_EXPIRED, "has run out"), (Note.LEAF_NOT_YET_VALID, "is not valid yet")):
        if note in report.notes:
            found.append(finding(Code.EE_EXPIRED, about, detail=words))
    if Note.SET_CONFLICT in report.notes and report.matched is not None:
        text = shown_record(report.records[report.matched].record.to_text())
        found.append(finding(Code.TLSA_SET_CONFLICT, about, record=text))
    return (*found, *_anchor_remarks(about, report, served))


def _anchor_remarks(about: About, report: MatchReport, served: ServedChain) -> Iterator[Finding]:
    """How a trust anchor authenticates, where nothing else does: names and anchors of no account are not mentioned."""
    winners = [report.records[index] for index in sorted(_alone(report))]
    if any(_usage(one.record) != CertificateUsage.DANE_TA for one in winners):
        return
    if Note.CN_ONLY_NAME in report.notes:
        yield finding(Code.TA_CN_ONLY, about)
    unserved = [one.record for one in winners if isinstance(one.record, TlsaRecord) and one.served_index is None]
    if not unserved or len(unserved) < len(winners):
        return
    text, key = shown_record(unserved[0].to_text()), certificate_of(served.certificates[0]).spki
    if all(one.data == key for one in unserved):  # the leaf's own key, self-signed
        yield finding(Code.TA_MATCHES_LEAF, about, record=text, suggested=suggested_record(served) or "")
    elif all(one.selector == Selector.SPKI for one in unserved):
        yield finding(Code.TLSA_TA_BARE_KEY, about, record=text)
    else:
        full = all(_is_full_anchor(one.record) for one in report.records if _usage(one.record) == 2)
        yield finding(Code.TA_NOT_SERVED, about, None if full else Severity.LATENT, record=text)


def _is_full_anchor(record: TlsaRecord | MalformedTlsa) -> bool:
    return isinstance(record, TlsaRecord) and (record.selector, record.matching_type) == (0, 0)


def _failed(circumstances: Circumstances, served: ServedChain, report: MatchReport, blank: EndpointVerdict) -> Judged:
    result, reason, tlsrpt, code = _failure(report)
    suggested = blank.suggested or ""
    verdict = replace(blank, result=result, word=HostWord.DANE_FAIL, reason=reason, tlsrpt=tlsrpt, detail=report.detail)
    weaker, stronger = _agility_pair(report)
    main = finding(
        code,
        circumstances.about,
        count=circumstances.requirement.usable_count,
        names=", ".join(circumstances.reference_names),
        detail=report.detail,
        suggested=suggested,
        weaker=weaker,
        stronger=stronger,
    )
    more = _explanations(circumstances, served, report, suggested)
    return Judged(verdict, (main, *more), _alone(report), report=report)


def _failure(report: MatchReport) -> tuple[EndpointResult, str, str, Code]:
    reason = report.reason or Reason.OTHER
    if reason is not Reason.NO_MATCH:
        result, tlsrpt, code = _FAILURES.get(reason, _INVALID)
        return result, reason.value, tlsrpt, code
    if report.agility_only:  # S4-A16
        return _R.MISMATCH, "agility", "certificate-not-trusted", Code.TLSA_AGILITY_CONFLICT
    if report.ta_missing:  # S4-A14
        return _R.TA_MISSING, "ta-not-served", "certificate-not-trusted", Code.TLSA_TA_ROOT_NOT_SERVED
    return _R.MISMATCH, "dane-no-match", "certificate-not-trusted", Code.TLSA_MISMATCH


def _agility_pair(report: MatchReport) -> tuple[str, str]:
    """The record that matches and the one that displaces it (RFC 7671 §9), as text; empty where there is none."""
    for weaker in report.records:
        if weaker.alone is Outcome.AUTHENTICATED and isinstance(weaker.record, TlsaRecord):
            for stronger in report.records:
                if stronger.state is RecordState.USABLE and _same_kind(weaker.record, stronger.record):
                    return weaker.record.to_text(), stronger.record.to_text()
    return "", ""


def _same_kind(one: TlsaRecord, other: TlsaRecord | MalformedTlsa) -> bool:
    return isinstance(other, TlsaRecord) and (one.usage, one.selector) == (other.usage, other.selector)


def _explanations(
    circumstances: Circumstances, served: ServedChain, report: MatchReport, suggested: str
) -> tuple[Finding, ...]:
    found: list[Finding] = []
    about = circumstances.about
    for note, code in (
        (Note.TA_MATCHES_LEAF_ONLY, Code.TA_MATCHES_LEAF),
        (Note.EE_MATCHES_ISSUER, Code.EE_MATCHES_ISSUER),
    ):
        if note in report.notes:
            usage = 2 if code is Code.TA_MATCHES_LEAF else 3
            text = next((one.record.to_text() for one in report.records if _usage(one.record) == usage), "")
            found.append(finding(code, about, Severity.OUTAGE, record=shown_record(text), suggested=suggested))
    if report.reason is Reason.NAME and _would_pass(circumstances, served, circumstances.unaccepted_names):
        found.append(finding(Code.NAME_ONLY_NEXTHOP, about, name=", ".join(circumstances.unaccepted_names)))
    return tuple(found)


def _would_pass(circumstances: Circumstances, served: ServedChain, names: tuple[str, ...]) -> bool:
    return bool(names) and _matched(circumstances, served, names).outcome is Outcome.AUTHENTICATED


def _usage(record: object) -> int | None:
    return record.usage if isinstance(record, TlsaRecord) else None


def suggested_record(served: ServedChain) -> str | None:
    """The `3 1 1` RDATA of the key that is served (RFC 7671 §5.1), or `3 0 1` where the key cannot be cut out."""
    if not served.certificates:
        return None
    leaf = certificate_of(served.certificates[0])
    for selector in (Selector.SPKI, Selector.CERT):
        data = association_data(leaf, selector, MatchingType.SHA2_256)
        if data is not None:
            return TlsaRecord(CertificateUsage.DANE_EE, selector, MatchingType.SHA2_256, data).to_text()
    return None


def _as_strong(report: MatchReport, served: ServedChain) -> str | None:
    """What the record that displaces the matching one would have to be: its own kind, of what is served."""
    text = _agility_pair(report)[1]
    if not text.startswith("3 "):
        return None
    record = TlsaRecord.from_text(text)
    selector, matching_type = Selector(record.selector), MatchingType(record.matching_type)
    data = association_data(certificate_of(served.certificates[0]), selector, matching_type)
    return TlsaRecord(record.usage, selector, matching_type, data).to_text() if data is not None else None


@lru_cache(maxsize=256)
def certificate_facts(der: bytes) -> CertificateFacts:
    """What people want to know of a certificate; whatever cannot be read is None."""
    certificate = certificate_of(der)
    spki = certificate.spki
    return CertificateFacts(
        subject=certificate.subject,
        issuer=certificate.issuer,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        key=certificate.key,
        names=certificate.dns_names or (),
        spki_sha256=hashlib.sha256(spki).hexdigest() if spki is not None else None,
        certificate_sha256=hashlib.sha256(der).hexdigest(),
    )
