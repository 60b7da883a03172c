"""Why records match nothing, and what the line to publish is: findings beside the verdict, which they never change.

Codes of severity outage stand only where an endpoint fails already, so that no fold can turn on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.names import safe
from dane_check.policy.base_domain import Duty, Requirement, is_usable
from dane_check.policy.endpoint import Judged
from dane_check.policy.service import shown_record, tlsa_owner
from dane_check.policy.verdict import EndpointResult, EndpointVerdict, HostVerdict
from dane_check.ports import ServedChain
from dane_check.tlsa import issuers
from dane_check.tlsa.diagnose import Explanation, Mistake, ServedData, ascent, explain, is_named, missing_issuer
from dane_check.tlsa.match import Outcome, ignored_by_agility, match
from dane_check.tlsa.reason import Reason
from dane_check.tlsa.record import CertificateUsage, TlsaRecord, UsableRecord, parse_text, usable

_FRESH = timedelta(days=30)
_FAILED = frozenset({EndpointResult.MISMATCH, EndpointResult.TA_MISSING})
_CODES = {
    Mistake.DIGEST_OF_EMPTY: Code.TLSA_DIGEST_OF_EMPTY,
    Mistake.PARAMS_SWAPPED: Code.TLSA_PARAMS_SWAPPED,
    Mistake.WRONG_INPUT: Code.TLSA_DIGEST_WRONG_INPUT,
    Mistake.TYPO: Code.TLSA_TYPO,
    Mistake.EE_NAMES_ISSUER: Code.EE_MATCHES_ISSUER,
    Mistake.TA_NAMES_LEAF: Code.TA_MATCHES_LEAF,
}
_USAGE_ONLY = frozenset({Mistake.EE_NAMES_ISSUER, Mistake.TA_NAMES_LEAF})


@dataclass(frozen=True, slots=True)
class _Place:
    """An endpoint that served a chain, with that chain taken apart."""

    judged: Judged
    data: ServedData

    @property
    def verdict(self) -> EndpointVerdict:
        return self.judged.verdict

    @property
    def fails(self) -> bool:
        """Whether nothing published named what is served here, or not the one that signed it."""
        return self.verdict.result in _FAILED or self.verdict.reason == Reason.SIGNATURE

    @property
    def passes(self) -> bool:
        return self.verdict.result is EndpointResult.AUTHENTICATED


@dataclass(frozen=True, slots=True)
class _Case:
    """One set of records and every chain it is held against, failing endpoints first."""

    about: About
    requirement: Requirement
    places: tuple[_Place, ...]

    @property
    def records(self) -> tuple[tuple[int, TlsaRecord], ...]:
        """Well-formed records that authenticate no endpoint and that no stronger digest displaces, with their place."""
        used = {index for place in self.places for index in place.judged.authenticating}
        used |= ignored_by_agility([usable(record, "smtp") for record in self.requirement.records])
        numbered = enumerate(self.requirement.records)
        return tuple((index, one) for index, one in numbered if index not in used and isinstance(one, TlsaRecord))

    @property
    def failing(self) -> tuple[_Place, ...]:
        return tuple(place for place in self.places if place.fails)

    def line(self, record: TlsaRecord | str | None) -> str:
        """The record as a line of a zone file; empty without one."""
        if not record:
            return ""
        port = self.places[0].verdict.port
        owner = tlsa_owner(self.requirement.base_domain or self.about.host or "", port)
        text = record if isinstance(record, str) else record.to_text()
        return f"{owner}. IN TLSA {text}" if owner else text

    def leaf_line(self, place: _Place) -> str:
        """The line that would name what is served at `place`."""
        return self.line(place.verdict.suggested)


def explained(about: About, requirement: Requirement, judged: Sequence[Judged]) -> tuple[Finding, ...]:
    """What explains the records of one set that match nothing at the endpoints they were held against."""
    if requirement.duty is Duty.OPPORTUNISTIC:
        return ()
    places = tuple(_Place(one, ServedData.of(one.chain)) for one in judged if one.chain)
    if not places:
        return ()
    case = _Case(about, requirement, tuple(sorted(places, key=lambda place: not place.fails)))
    mistakes = dict(_mistakes(case))
    found = [said for said in mistakes.values() if said]
    if requirement.duty is Duty.AUTHENTICATE:
        found += [*_stale_leaves(case, set(mistakes)), *_issuers(case, set(mistakes))]
    return tuple(dict.fromkeys(found))


def _mistakes(case: _Case) -> Iterator[tuple[int, Finding | None]]:
    """Each record that was made wrongly, by its place in the set; None where the matcher has said so already."""
    for index, record in case.records:
        if any(is_named(record, place.data) for place in case.places):
            continue
        for place in case.places:
            explanation = explain(record, place.data)
            if explanation is None:
                continue
            known = explanation.mistake in _USAGE_ONLY and bool(case.failing)
            yield index, None if known else _mistake(case, place, record, explanation)
            break


def _mistake(case: _Case, place: _Place, record: TlsaRecord, explanation: Explanation) -> Finding:
    suggested = explanation.correction.to_text() if explanation.correction else ""
    severity = Severity.HYGIENE
    if case.requirement.duty is Duty.ENCRYPT:
        severity = Severity.UNPROTECTED
    elif place.fails and is_usable(record):
        severity = Severity.OUTAGE
    return finding(
        _CODES[explanation.mistake],
        case.about,
        severity,
        record=shown_record(record.to_text()),
        served=place.verdict.suggested or "",
        suggested=suggested,
        line=case.line(suggested),
        detail=explanation.detail,
        address=place.verdict.address,
    )


def _unexplained(case: _Case, usage: CertificateUsage, explained: AbstractSet[int]) -> list[TlsaRecord]:
    """The usable records of one usage, none if a mistake explains one of them already."""
    sorted_out = [usable(record, "smtp") for record in case.requirement.records]
    of_usage = [
        (index, one) for index, one in enumerate(sorted_out) if isinstance(one, UsableRecord) and one.usage is usage
    ]
    return [] if explained & {index for index, _ in of_usage} else [one.record for _, one in of_usage]


def _stale_leaves(case: _Case, mistaken: AbstractSet[int]) -> Iterator[Finding]:
    """A new certificate whose key was never published: the commonest way in which DANE breaks."""
    stale = _unexplained(case, CertificateUsage.DANE_EE, mistaken)
    if not stale:
        return
    for place in case.failing:
        why = _why_stale(case, place)
        if why:
            yield _about_place(case, place, Code.TLSA_STALE_EE, detail=why, record=shown_record(stale[0].to_text()))


def _why_stale(case: _Case, place: _Place) -> str | None:
    if place.verdict.reason == "agility":  # a record of this very key is there
        return None
    since, now = place.data.chain[0].not_before, place.judged.at
    if since is not None and now is not None and timedelta(0) <= now - since <= _FRESH:
        return f"it is new, valid from {since:%Y-%m-%d}"
    passing = {one.verdict.address for one in case.places if one.passes}
    if passing and place.verdict.address not in passing:
        return "another address of the host still matches"
    return None


def _issuers(case: _Case, mistaken: AbstractSet[int]) -> Iterator[Finding]:
    """Records for issuers, where none of them does any good: other issuers, roots that stay at home, gaps."""
    anchors = _unexplained(case, CertificateUsage.DANE_TA, mistaken)
    if not anchors or any(_anchored(place) for place in case.places):
        return
    for place in case.failing:
        missing = missing_issuer(place.data)
        named = [record for record in anchors if is_named(record, place.data)]
        path = ServedData(ascent(place.data))
        gap = len(path.chain) == 1 or bool(named)
        if missing is not None and gap and not any(is_named(record, path) for record in named):
            text = shown_record(anchors[0].to_text())
            yield _about_place(case, place, Code.CHAIN_INCOMPLETE, issuer=safe(missing, 200), record=text)
        if not named:
            for record in anchors:
                yield from _elsewhere(case, place, record)


def _anchored(place: _Place) -> bool:
    return place.passes and (place.verdict.matched or "").startswith("2 ")


def _elsewhere(case: _Case, place: _Place, record: TlsaRecord) -> Iterator[Finding]:
    """An issuer that is known, and not part of the chain served."""
    comes_from = safe(ascent(place.data)[-1].issuer or "an issuer without a name", 200)
    other = issuers.named_by(record)
    if other is not None and other.root:
        if place.verdict.result is EndpointResult.TA_MISSING:  # then the matcher has said so
            return
        yield _about_place(
            case, place, Code.TLSA_TA_ROOT_NOT_SERVED, record=shown_record(record.to_text()), issuer=other
        )
    elif other is not None:
        words = f"{other}, which issues nothing any more" if other.retired else str(other)
        yield _about_place(
            case, place, Code.TLSA_STALE_TA, record=shown_record(record.to_text()), detail=words, issuer=comes_from
        )
    elif _same_name_other_key(record, place.data):
        words = "an issuer of the same name with another key"
        yield _about_place(
            case, place, Code.TLSA_STALE_TA, record=shown_record(record.to_text()), detail=words, issuer=comes_from
        )
    elif issuers.issuer_of(place.data.chain[0]) is not None:
        yield from _one_of_many(case, place, record, comes_from)


def _same_name_other_key(record: TlsaRecord, data: ServedData) -> bool:
    """Only a certificate in full tells its name."""
    subject = issuers.subject_in(record)
    return subject is not None and subject in {one.subject_name for one in data.chain[1:]}


def _one_of_many(case: _Case, place: _Place, record: TlsaRecord, comes_from: str) -> Iterator[Finding]:
    """The digest is unknown, but the chain is from a CA that changes its issuers: the likely story, and said so."""
    words = "no issuer that is served (probably one that this CA used before)"
    yield _about_place(
        case, place, Code.TLSA_STALE_TA, record=shown_record(record.to_text()), detail=words, issuer=comes_from
    )
    if place.judged.at is not None and issuers.is_old(place.judged.at):
        yield finding(
            Code.ISSUERS_STALE, case.about, record=shown_record(record.to_text()), date=f"{issuers.AS_OF:%Y-%m-%d}"
        )


def _about_place(case: _Case, place: _Place, code: Code, **facts: object) -> Finding:
    where = About(case.about.domain, case.about.host, place.verdict.address, place.verdict.key_type)
    suggested = place.verdict.suggested or ""
    return finding(code, where, None, **facts, served=suggested, suggested=suggested, line=case.leaf_line(place))


def without_server_name(
    about: About, host: HostVerdict, endpoint: EndpointVerdict, served: ServedChain, names: Sequence[str], now: datetime
) -> Finding | None:
    """What a session without SNI at an address shows that had failed with it (RFC 7672 §8.1).

    about -- with the address; names -- reference identifiers, the TLSA base domain first.
    """
    records = [parse_text(view.text) for view in host.tlsa]
    if not records or not served.certificates:
        return None
    report = match(records, served.certificates, names, now=now.astimezone(UTC), service="smtp")
    if report.matched is not None and report.outcome is Outcome.AUTHENTICATED:
        matched = report.records[report.matched].record.to_text()
        return finding(Code.SNI_WRONG_CHAIN, about, record=shown_record(matched), name=endpoint.server_name)
    same = [one for one in host.endpoints if one.address == endpoint.address and one.key_type is served.key_type]
    if any(one.result is EndpointResult.AUTHENTICATED for one in same):
        return finding(Code.SNI_REQUIRED, about, name=endpoint.server_name)
    return None
