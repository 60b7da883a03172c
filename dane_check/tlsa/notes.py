"""What is to be said beside the outcome: for findings, advice and warnings, never for the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.examination import Examination, Judgement
from dane_check.tlsa.identity import NameMatched
from dane_check.tlsa.outcome import Note, Outcome, RecordState
from dane_check.tlsa.path.build import Pool
from dane_check.tlsa.path.issuing import self_signed
from dane_check.tlsa.path.judge import date_fault
from dane_check.tlsa.path.search import reachable
from dane_check.tlsa.reason import Reason
from dane_check.tlsa.record import CertificateUsage, MatchingType, UsableRecord


@dataclass(frozen=True, slots=True)
class Judged:
    """A usable record with its state, what it alone comes to, and what beside the others.

    beside -- differs from `judgement` where a certificate in full, in another record, leads the path elsewhere.
    """

    record: UsableRecord
    state: RecordState
    judgement: Judgement
    beside: Judgement

    @property
    def authenticates(self) -> bool:
        """Whether the record is enough by itself (RFC 6698 §4.1)."""
        return self.judgement.outcome is Outcome.AUTHENTICATED

    @property
    def holds_beside_others(self) -> bool:
        """Whether a sender built on OpenSSL, with the whole set at hand, gets there as well."""
        return self.beside.outcome is Outcome.AUTHENTICATED

    @property
    def stands(self) -> bool:
        """Whether agility left it in place."""
        return self.state is RecordState.USABLE


def notes_on(examination: Examination, records: Sequence[Judged]) -> frozenset[Note]:
    """All of them for one chain and the usable records."""
    standing = [one for one in records if one.stands]
    authenticated = any(one.authenticates for one in standing)
    found = set(_on_leaf(examination)) | set(_on_chain(examination))
    if not authenticated and any(one.authenticates for one in records if not one.stands):
        found.add(Note.AGILITY_ONLY_WEAKER_MATCHES)
    for one in standing:
        found.update(_on_match(examination, one))
        if one.judgement.reason is Reason.NO_MATCH:
            found.update(_on_mismatch(examination, one.record, authenticated))
    return frozenset(found)


def _on_leaf(examination: Examination) -> Iterator[Note]:
    leaf = examination.chain[0]
    fault = date_fault(leaf, examination.now, 0)
    if fault is not None and fault.reason is Reason.EXPIRED:
        yield Note.LEAF_EXPIRED
    if fault is not None and fault.reason is Reason.NOT_YET_VALID:
        yield Note.LEAF_NOT_YET_VALID
    if self_signed(leaf):
        yield Note.SELF_SIGNED_LEAF
    if not isinstance(examination.name, NameMatched):
        yield Note.LEAF_NAME_MISMATCH
    elif examination.name.cn_only:
        yield Note.CN_ONLY_NAME


def _on_chain(examination: Examination) -> Iterator[Note]:
    """How the chain as served differs from the path that it makes (RFC 8446 §4.4.2)."""
    places = [link.served_index for link in examination.served_path if link.served_index is not None]
    if places != sorted(places):
        yield Note.CHAIN_OUT_OF_ORDER
    if not examination.complete:
        yield Note.CHAIN_LIMIT
    if len(places) < len(examination.chain):
        yield Note.SUPERFLUOUS_CERTIFICATES
    if any(certificate.flaw is not None for certificate in examination.chain):
        yield Note.UNPARSABLE_CERTIFICATE


def _on_match(examination: Examination, one: Judged) -> Iterator[Note]:
    if one.record.usage is not CertificateUsage.DANE_TA or not one.judgement.path:
        return
    if one.judgement.by_bare_key:
        yield Note.TA_BARE_KEY
    if one.judgement.served_index is None:
        yield Note.TA_NOT_SERVED
    if one.judgement.by_bare_key or one.judgement.depth == 0:
        return
    fault = date_fault(one.judgement.path[-1].certificate, examination.now, 0)
    if fault is not None and fault.reason is Reason.EXPIRED:
        yield Note.TA_ANCHOR_EXPIRED
    if fault is not None and fault.reason is Reason.NOT_YET_VALID:
        yield Note.TA_ANCHOR_NOT_YET_VALID


def _on_mismatch(examination: Examination, record: UsableRecord, authenticated: bool) -> Iterator[Note]:
    """What a record that matched nothing names instead, wherever in the served chain that is."""
    leaf_named = examination.names(record, examination.chain[0])
    issuers = [one for one in examination.chain[1:] if examination.names(record, one)]
    match record.usage:
        case CertificateUsage.DANE_EE | CertificateUsage.PKIX_EE:
            if issuers:
                yield Note.EE_MATCHES_ISSUER
        case CertificateUsage.DANE_TA | CertificateUsage.PKIX_TA:
            if leaf_named:
                yield Note.TA_MATCHES_LEAF_ONLY
            elif issuers:
                yield _off_path(examination, issuers)
            elif record.matching_type is not MatchingType.FULL and not authenticated:
                yield Note.TA_NOT_SERVED


def _off_path(examination: Examination, anchors: Sequence[Certificate]) -> Note:
    """Served, yet not where senders look: would they find it if the chain were ordered otherwise?"""
    pool = Pool.of(examination.chain)
    for anchor in anchors:
        if reachable(pool, anchor, examination.now, examination.search_work):
            return Note.CROSS_SIGN_ORDER
    return Note.TA_OFF_PATH
