"""Do these TLSA records authenticate this chain? At the fidelity of senders that use OpenSSL.

RFC 6698 §2.1 and §4.1, RFC 7671 §5 and §9, RFC 7672 §3. A pure function of its arguments: no clock, no
network, no trust store of the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Final, assert_never

from dane_check.limits import DEFAULT, Limits, SessionLimits
from dane_check.tlsa.certificate import Certificate, certificate_of
from dane_check.tlsa.examination import Examination, Judgement, brings_certificate
from dane_check.tlsa.notes import Judged, notes_on
from dane_check.tlsa.outcome import MatchReport, Note, Outcome, RecordReport, RecordState
from dane_check.tlsa.reason import Reason
from dane_check.tlsa.record import (
    MalformedTlsa,
    MatchingType,
    Service,
    TlsaRecord,
    Unusable,
    UsableRecord,
    parse_text,
    usable,
)

__all__ = [
    "MatchReport",
    "Note",
    "Outcome",
    "Reason",
    "RecordReport",
    "RecordState",
    "ignored_by_agility",
    "match",
]

# From nearest to success to furthest: a failed set is explained by the record that came closest.
_NEAREST_FIRST: Final = (
    Reason.NAME,
    Reason.EXPIRED,
    Reason.NOT_YET_VALID,
    Reason.NAME_CONSTRAINTS,
    Reason.PURPOSE,
    Reason.PATH_LENGTH,
    Reason.CRITICAL_EXTENSION,
    Reason.WEAK_CRYPTO,
    Reason.NOT_A_CA,
    Reason.CHAIN_TOO_LONG,
    Reason.OTHER,
    Reason.SIGNATURE,
    Reason.UNTRUSTED,
    Reason.NO_MATCH,
    Reason.NO_CERTIFICATE,
)
_NO_CERTIFICATE: Final = Judgement(Reason.NO_CERTIFICATE, "the server sent no certificate")


def match(
    tlsa: Iterable[str | TlsaRecord | MalformedTlsa],
    chain: Sequence[bytes],
    reference_names: Sequence[str],
    *,
    now: datetime,
    service: Service = "smtp",
    roots: Iterable[bytes] = (),
    limits: Limits = DEFAULT,
) -> MatchReport:
    """Judge every record against the chain, and the set of them.

    tlsa -- the RRset: presentation form, or records; unusable ones belong in it.
    chain -- DER certificates as served, the server's own first.
    reference_names -- acceptable names in A-label form, the TLSA base domain first; any one may match.
    now -- the moment of the judgement, with its time zone.
    roots -- DER of the trust store; for usages 0 and 1, so only where `service` is "generic".

    Raises ValueError without records, for text that is no record, and for a `now` without time zone.
    """
    records = tuple(parse_text(one) if isinstance(one, str) else one for one in tlsa)
    _refuse_misuse(records, reference_names, now)
    sorted_out = [usable(record, service) for record in records]
    served = tuple(_within_limits(chain, limits.session))
    examination = None
    if served:
        trusted = [Certificate(bytes(root)) for root in roots]
        complete = len(served) == len(chain)
        examination = Examination(served, trusted, reference_names, now, limits.path, complete=complete)
    verdicts = _judge_all(sorted_out, examination)
    judged = [one for one in verdicts if isinstance(one, Judged)]
    notes = notes_on(examination, judged) if examination else frozenset()
    return _fold(tuple(map(_report, records, verdicts)), verdicts, notes)


def ignored_by_agility(records: Sequence[UsableRecord | Unusable]) -> frozenset[int]:
    """Indices of usable records that a stronger digest displaces (RFC 7671 §9).

    Only within one usage and selector, only among digests, and only after unusable records are gone.
    """
    strongest: dict[tuple[int, int], int] = {}
    for record in records:
        if isinstance(record, UsableRecord) and record.matching_type is not MatchingType.FULL:
            kind = (record.usage, record.selector)
            strongest[kind] = max(record.matching_type, strongest.get(kind, 0))
    return frozenset(
        index
        for index, record in enumerate(records)
        if isinstance(record, UsableRecord)
        and record.matching_type is not MatchingType.FULL
        and record.matching_type < strongest[record.usage, record.selector]
    )


def _refuse_misuse(records: Sequence[object], reference_names: Sequence[str], now: datetime) -> None:
    if not records:
        raise ValueError("there are no TLSA records to match")
    if now.utcoffset() is None:
        raise ValueError("`now` has no time zone")
    if isinstance(reference_names, str):
        raise ValueError("reference_names is one string; a sequence of names is wanted")


def _within_limits(chain: Sequence[bytes], limits: SessionLimits) -> Iterator[Certificate]:
    """The front of the chain up to the first bound that is hit (L-17); the leaf is always compared."""
    octets = 0
    for index, one in enumerate(chain[: limits.chain_certificates]):
        octets += len(one)
        if index and (len(one) > limits.certificate_octets or octets > limits.chain_octets):
            return
        yield certificate_of(bytes(one))


def _judge_all(
    sorted_out: Sequence[UsableRecord | Unusable], examination: Examination | None
) -> list[Judged | Unusable]:
    alone = _judge_alone(sorted_out, examination)
    ignored = ignored_by_agility(sorted_out)
    standing = alone.keys() - ignored
    beside = alone if examination is None else _judge_together(sorted_out, alone, standing, examination)
    return [
        record
        if isinstance(record, Unusable)
        else Judged(
            record,
            RecordState.IGNORED_DIGEST_AGILITY if index in ignored else RecordState.USABLE,
            alone[index],
            beside[index],
        )
        for index, record in enumerate(sorted_out)
    ]


def _judge_alone(
    sorted_out: Sequence[UsableRecord | Unusable], examination: Examination | None
) -> dict[int, Judgement]:
    """In an order of their own, so that a spent limit does not depend on the order of publication."""
    usable_ones = [(index, one) for index, one in enumerate(sorted_out) if isinstance(one, UsableRecord)]
    usable_ones.sort(key=lambda numbered: numbered[1].record.rdata)
    return {index: examination.judge(one) if examination else _NO_CERTIFICATE for index, one in usable_ones}


def _judge_together(
    sorted_out: Sequence[UsableRecord | Unusable],
    alone: Mapping[int, Judgement],
    standing: Set[int],
    examination: Examination,
) -> Mapping[int, Judgement]:
    """What becomes of each record that would do alone when all are published side by side.

    A certificate in full can take the place of the issuer, or stand where a bare key would have counted; a
    sender then goes no other way (decisions A-12, A-13). Name servers shuffle records and some senders sort
    them, so where the order of such certificates decides, the worse of two opposite orders counts.
    """
    published = [one for one in sorted_out if isinstance(one, UsableRecord)]
    certificates = sum(map(brings_certificate, published))
    found = alone
    orders = (published[::-1], published) if certificates > 1 else (published,) * certificates
    for order in orders:
        found = {
            index: examination.judge(one, order) if alone[index].reason is None else alone[index]
            for index, one in enumerate(sorted_out)
            if isinstance(one, UsableRecord)
        }
        if all(found[index].reason is not None for index in standing):
            return found
    return found


def _report(record: TlsaRecord | MalformedTlsa, verdict: Judged | Unusable) -> RecordReport:
    match verdict:
        case Unusable(reason, detail):
            return RecordReport(record, RecordState.UNUSABLE, None, None, None, reason, detail)
        case Judged(_, state, alone, _):
            return RecordReport(
                record, state, alone.outcome, alone.depth, alone.served_index, alone.reason, alone.detail
            )
    assert_never(verdict)


def _fold(
    reports: tuple[RecordReport, ...], verdicts: Sequence[Judged | Unusable], notes: frozenset[Note]
) -> MatchReport:
    """One record left standing by agility that authenticates is enough (RFC 6698 §4.1)."""
    standing = [(i, one) for i, one in enumerate(verdicts) if isinstance(one, Judged) and one.stands]
    if not standing:
        detail = "none of the records is usable"
        return MatchReport(Outcome.NO_USABLE_TLSA, None, None, None, detail, reports, notes)
    authenticated = [(index, one) for index, one in standing if one.authenticates]
    if authenticated:
        holding = [(index, one) for index, one in authenticated if one.holds_beside_others]
        notes |= frozenset() if holding else {Note.SET_CONFLICT}
        index, one = min(holding or authenticated, key=_preference)
        found = one.judgement
        return MatchReport(Outcome.AUTHENTICATED, index, found.depth, None, found.detail, reports, notes)
    _, nearest = min(standing, key=_nearness)
    reason, detail = nearest.judgement.reason, nearest.judgement.detail
    return MatchReport(Outcome.FAILED, None, None, reason, detail, reports, notes)


def _preference(numbered: tuple[int, Judged]) -> tuple[int, int, int]:
    """Which of several matches is reported: the highest usage, as OpenSSL, then the one nearest the leaf."""
    index, one = numbered
    return -one.record.usage, one.judgement.depth or 0, index


def _nearness(numbered: tuple[int, Judged]) -> tuple[int, int]:
    index, one = numbered
    reason = one.judgement.reason
    return (_NEAREST_FIRST.index(reason) if reason else 0), index
