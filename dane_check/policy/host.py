"""From the endpoints of one MX host to its verdict, and what only shows when they are seen together (§19.4 S4-A20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.policy.base_domain import Duty, Requirement, is_usable
from dane_check.policy.endpoint import Judged
from dane_check.policy.fold import worst_host_word
from dane_check.policy.profiles import sender_views
from dane_check.policy.rollover import publishing
from dane_check.policy.service import SMTP_PORT, shown_record, tlsa_owner
from dane_check.policy.verdict import (
    EndpointResult,
    EndpointVerdict,
    HostVerdict,
    HostWord,
    LookupView,
    RecordView,
    SenderView,
)
from dane_check.ports import KeyType
from dane_check.tlsa.match import ignored_by_agility
from dane_check.tlsa.record import TlsaRecord, Unusable, UnusableReason, usable


@dataclass(frozen=True, slots=True)
class Group:
    """The endpoints judged under one requirement; a host has two such groups where its families differ (S2-14)."""

    requirement: Requirement
    judged: tuple[Judged, ...]


def host_verdict(
    about: About,
    preference: int | None,
    groups: Sequence[Group],
    *,
    floor: HostWord | None,
    findings: tuple[Finding, ...],
    lookups: tuple[LookupView, ...],
    complete: bool,
) -> HostVerdict:
    """The verdict on a host whose addresses were judged.

    floor -- a word it cannot be better than (S2-06b).
    findings -- those of its lookups; the endpoints' and the host's own are added here.
    """
    endpoints = tuple(one.verdict for group in groups for one in group.judged)
    words = [endpoint.word for endpoint in endpoints] + ([floor] if floor else [])
    word = worst_host_word(words) or HostWord.UNREACHABLE
    for group in groups:
        findings += group.requirement.findings + _seen_together(about, group)
        findings += tuple(found for one in group.judged for found in one.findings)
    return HostVerdict(
        about.host or "",
        preference,
        word,
        _reason(word, groups, endpoints, complete=complete),
        next((group.requirement.base_domain for group in groups if group.requirement.base_domain), None),
        tuple(view for group in groups for view in record_views(group)),
        endpoints,
        lookups,
        tuple(dict.fromkeys(findings)),
        _tlsrpt(endpoints, word),
        complete,
        _senders(groups, floor),
    )


def _senders(groups: Sequence[Group], floor: HostWord | None) -> tuple[SenderView, ...]:
    to_authenticate = [group for group in groups if group.requirement.duty is Duty.AUTHENTICATE]
    judged = [one for group in to_authenticate for one in group.judged]
    return sender_views(judged, not_looked_up=floor is not None)


def _reason(
    word: HostWord, groups: Sequence[Group], endpoints: tuple[EndpointVerdict, ...], *, complete: bool
) -> str | None:
    if word is HostWord.NO_DANE:
        without = next((one.requirement for one in groups if one.requirement.duty is Duty.OPPORTUNISTIC), None)
        if without is not None:
            return without.reason
    deciding = next((one.reason for one in endpoints if one.word is word and one.reason), None)
    if deciding is None and word is HostWord.UNREACHABLE and not complete:
        return "incomplete"
    return deciding


def _tlsrpt(endpoints: tuple[EndpointVerdict, ...], word: HostWord) -> str | None:
    return next((one.tlsrpt for one in endpoints if one.word is word and one.tlsrpt), None)


def record_views(group: Group) -> tuple[RecordView, ...]:
    """Each published record with its state, and the number of endpoints it authenticates by itself."""
    views = []
    requirement = group.requirement
    counts = Counter(index for one in group.judged for index in one.authenticating)
    agile = agility_ignored(requirement)
    for index, record in enumerate(requirement.records):
        state, reason = "usable", None
        verdict = usable(record, "smtp")
        if isinstance(verdict, Unusable):
            state, reason = "unusable", verdict.reason.value
        elif index in agile:
            state = "ignored-digest-agility"
        ttl = requirement.ttls[index] if index < len(requirement.ttls) else 0
        views.append(RecordView(record.to_text(), state, reason, counts[index], ttl))
    return tuple(views)


def agility_ignored(requirement: Requirement) -> frozenset[int]:
    """The records that digest agility sets aside: a stronger digest stands beside them (RFC 7671 §9)."""
    return ignored_by_agility([usable(record, "smtp") for record in requirement.records])


def _seen_together(about: About, group: Group) -> tuple[Finding, ...]:
    requirement, judged = group.requirement, group.judged
    suggested = next((one.verdict.suggested for one in judged if one.verdict.suggested), "")
    found = list(_unusable_records(about, requirement, suggested or ""))
    if requirement.reason == "tlsa-absent" and not requirement.findings:
        found.append(_absent(about, judged))
    if requirement.duty is Duty.AUTHENTICATE:
        found += _unmatched(about, requirement, judged)
        found += _differences(about, judged)
        if requirement.usable_count == 1:
            found.append(finding(Code.ROLLOVER_NONE, about))
    found += [*_several_chains(about, judged), *_selective(about, requirement, judged)]
    return (*found, *_explained(about, requirement, judged), *publishing(about, requirement, judged))


def _explained(about: About, requirement: Requirement, judged: Sequence[Judged]) -> tuple[Finding, ...]:
    """Why records name nothing; where each authenticates and no chain fails, not even loaded is what explains it."""
    used = {index for one in judged for index in one.authenticating}
    good = all(one.verdict.result is EndpointResult.AUTHENTICATED for one in judged if one.chain)
    if requirement.duty is Duty.OPPORTUNISTIC or (good and len(used) == len(requirement.records)):
        return ()
    from dane_check.policy.diagnosis import explained

    return explained(about, requirement, judged)


def _absent(about: About, judged: Sequence[Judged]) -> Finding:
    """No TLSA records: what to publish is one record for each certificate served."""
    wanted = dict.fromkeys(one.verdict.suggested for one in judged if one.verdict.suggested)
    port = judged[0].verdict.port if judged else SMTP_PORT
    suggested = " and ".join(wanted) or "3 1 1 and the SHA2-256 of its SPKI"
    return finding(Code.TLSA_ABSENT, about, name=tlsa_owner(about.host or "", port), suggested=suggested)


_UNUSABLE_CODES = {
    UnusableReason.MALFORMED: Code.TLSA_MALFORMED,
    UnusableReason.PKIX_USAGE: Code.TLSA_USAGE_PKIX,
    UnusableReason.DIGEST_LENGTH: Code.TLSA_DIGEST_LENGTH,
    UnusableReason.DATA_EMPTY: Code.TLSA_DATA_EMPTY,
    UnusableReason.FULL_MALFORMED: Code.TLSA_FULL_MALFORMED,
}


def _unusable_records(about: About, requirement: Requirement, suggested: str) -> list[Finding]:
    found = []
    for record in requirement.records:
        verdict = usable(record, "smtp")
        if isinstance(verdict, Unusable):
            code = _UNUSABLE_CODES.get(verdict.reason, Code.TLSA_PARAMS_UNKNOWN)
            text = shown_record(record.to_text())
            found.append(finding(code, about, record=text, detail=verdict.detail, suggested=suggested))
    if requirement.duty is Duty.ENCRYPT:
        count = len(requirement.records)
        found.append(finding(Code.TLSA_ALL_UNUSABLE, about, count=count, suggested=suggested))
    return found


def _combination(record: TlsaRecord) -> str:
    return f"{record.usage} {record.selector} {record.matching_type}"


def _unmatched(about: About, requirement: Requirement, judged: Sequence[Judged]) -> list[Finding]:
    """Combinations without a record for the chain in use (RFC 7671 §8), and single records that match nothing."""
    passed = [one for one in judged if one.verdict.result is EndpointResult.AUTHENTICATED]
    if not passed:
        return []
    counted = [
        (index, record)
        for index, record in enumerate(requirement.records)
        if isinstance(record, TlsaRecord) and is_usable(record)
    ]
    found = []
    lacking = set()
    for combination in sorted({_combination(record) for _, record in counted}):
        members = {index for index, record in counted if _combination(record) == combination}
        if any(not members & one.authenticating for one in passed):
            lacking.add(combination)
            found.append(finding(Code.COMBO_WITHOUT_MATCH, about, combination=combination))
    idle = [
        record
        for index, record in counted
        if _combination(record) not in lacking and not any(index in one.authenticating for one in passed)
    ]
    if idle:
        found.append(finding(Code.TLSA_SOME_UNMATCHED, about, count=len(idle)))
    return found


def _differences(about: About, judged: Sequence[Judged]) -> list[Finding]:
    """Certificate types of one address, and addresses of the host, that fare differently (S4-A20, S4-A22)."""
    found = []
    tested = [one.verdict for one in judged if one.verdict.certificates]
    good = {one.address for one in tested if one.result is EndpointResult.AUTHENTICATED}
    bad = {one.address for one in tested if one.result is not EndpointResult.AUTHENTICATED}
    for address in sorted(good & bad):
        of_address = [one for one in tested if one.address == address]
        if {one.key_type for one in of_address if one.result is EndpointResult.AUTHENTICATED} != {
            one.key_type for one in of_address
        }:
            found.append(_types_differ(about, address, of_address))
    if good - bad and bad:
        found.append(finding(Code.ADDR_CHAIN_DIFFERS, about, good=len(good - bad), count=len(good | bad)))
    return found


def _types_differ(about: About, address: str, endpoints: Sequence[EndpointVerdict]) -> Finding:
    passing = next(one for one in endpoints if one.result is EndpointResult.AUTHENTICATED)
    good = {one.key_type for one in endpoints if one.result is EndpointResult.AUTHENTICATED}
    failing = next(one for one in endpoints if one.key_type not in good)
    where = About(about.domain, about.host, address)
    return finding(
        Code.ALG_CHAIN_DIFFERS,
        where,
        good=(passing.key_type or "one").upper(),
        bad=(failing.key_type or "other").upper(),
        suggested=failing.suggested or "",
    )


def _several_chains(about: About, judged: Sequence[Judged]) -> Iterator[Finding]:
    """Sessions with one address that were served different chains of one type: several servers stand behind it."""
    places: dict[tuple[str, KeyType | None], list[Judged]] = {}
    for one in judged:
        if one.chain:
            places.setdefault((one.verdict.address, one.verdict.key_type), []).append(one)
    for (address, key_type), served in places.items():
        chains = {one.chain for one in served}
        if len(chains) > 1:
            good = sum(one.verdict.result is EndpointResult.AUTHENTICATED for one in served)
            severity = Severity.PARTIAL if 0 < good < len(served) else Severity.INFO
            where = About(about.domain, about.host, address, key_type)
            sessions = sum(one.verdict.sessions for one in served)
            yield finding(Code.LB_NONDETERMINISTIC, where, severity, count=len(chains), good=good, sessions=sessions)


def _selective(about: About, requirement: Requirement, judged: Sequence[Judged]) -> Iterator[Finding]:
    """STARTTLS at some addresses, or some times, and not at others (R7672-9.2-a)."""
    without = [one.verdict for one in judged if _offers_no_starttls(one.verdict)]
    offered = [one.verdict for one in judged if one.verdict.tls is not None]
    if not without or not offered:
        return
    first = {one.address: one for one in offered}.values() if len({one.address for one in offered}) > 1 else offered
    good = sum(one.sessions for one in first)
    count = good + sum(one.sessions for one in without)
    severity = Severity.UNPROTECTED if requirement.duty is Duty.OPPORTUNISTIC else None
    where = ", ".join(dict.fromkeys(one.address for one in without))
    yield finding(Code.STARTTLS_SELECTIVE, about, severity, good=good, count=count, where=where)


def _offers_no_starttls(endpoint: EndpointVerdict) -> bool:
    said = EndpointResult.NO_STARTTLS
    return endpoint.result is said or (endpoint.result is EndpointResult.CLEARTEXT and endpoint.reason == said.value)
