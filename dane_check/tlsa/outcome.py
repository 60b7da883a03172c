"""What a match ends in: the words and values that policy folds and people read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dane_check.tlsa.reason import Reason
from dane_check.tlsa.record import CertificateUsage, MalformedTlsa, MatchingType, TlsaRecord, UnusableReason


class Outcome(StrEnum):
    """The verdict on a chain; `no-usable-tlsa` is neither a pass nor a mismatch (RFC 7672 §2.2)."""

    AUTHENTICATED = "authenticated"
    FAILED = "failed"
    NO_USABLE_TLSA = "no-usable-tlsa"


class RecordState(StrEnum):
    """What became of one record before matching (RFC 6698 §4.1, RFC 7671 §9)."""

    USABLE = "usable"
    UNUSABLE = "unusable"
    IGNORED_DIGEST_AGILITY = "ignored-digest-agility"


class Note(StrEnum):
    """Something beside the outcome that a publisher should hear of."""

    AGILITY_ONLY_WEAKER_MATCHES = "agility-only-weaker-matches"
    TA_NOT_SERVED = "ta-not-served"
    TA_OFF_PATH = "ta-off-path"
    TA_ANCHOR_EXPIRED = "ta-anchor-expired"
    TA_ANCHOR_NOT_YET_VALID = "ta-anchor-not-yet-valid"
    TA_BARE_KEY = "ta-bare-key"
    TA_MATCHES_LEAF_ONLY = "ta-matches-leaf-only"
    EE_MATCHES_ISSUER = "ee-matches-issuer"
    LEAF_EXPIRED = "leaf-expired"
    LEAF_NOT_YET_VALID = "leaf-not-yet-valid"
    LEAF_NAME_MISMATCH = "leaf-name-mismatch"
    CN_ONLY_NAME = "cn-only-name"
    SELF_SIGNED_LEAF = "self-signed-leaf"
    CHAIN_OUT_OF_ORDER = "chain-out-of-order"
    SUPERFLUOUS_CERTIFICATES = "superfluous-certificates"
    CROSS_SIGN_ORDER = "cross-sign-order"
    UNPARSABLE_CERTIFICATE = "unparsable-certificate"
    CHAIN_LIMIT = "chain-limit"
    SET_CONFLICT = "set-conflict"


# Notes that say more about a mismatch than that the anchor is not served.
_BETTER_EXPLANATIONS: Final = frozenset(
    {
        Note.AGILITY_ONLY_WEAKER_MATCHES,
        Note.TA_OFF_PATH,
        Note.TA_MATCHES_LEAF_ONLY,
        Note.CROSS_SIGN_ORDER,
    }
)


@dataclass(frozen=True, slots=True)
class RecordReport:
    """One record judged as if it were published alone.

    alone -- None for an unusable record.
    depth -- where it names a certificate in the path that was built (0 = leaf); of a bare key, the
        certificate that it signed. None where it names none.
    served_index -- the same certificate in the chain as served; None where it, or the bare key, came
        from the record or the trust store alone.
    """

    record: TlsaRecord | MalformedTlsa
    state: RecordState
    alone: Outcome | None
    depth: int | None
    served_index: int | None
    reason: Reason | UnusableReason | None
    detail: str


@dataclass(frozen=True, slots=True)
class MatchReport:
    """How a set of TLSA records and a served chain agree.

    matched -- index into `records` of the one that authenticated the server.
    depth -- where that one matched, in the path that was built (0 = leaf).
    reason -- None unless the outcome is failed: then the one of the record that came closest.
    notes -- what else is to be said; they never change the outcome.
    """

    outcome: Outcome
    matched: int | None
    depth: int | None
    reason: Reason | None
    detail: str
    records: tuple[RecordReport, ...]
    notes: frozenset[Note]

    @property
    def as_deployed(self) -> Outcome:
        """What senders built on OpenSSL come to: one record is enough by the RFC, but they hold the whole set.

        A certificate in full, in another record, can lead their path elsewhere (decision D-36).
        """
        return Outcome.FAILED if Note.SET_CONFLICT in self.notes else self.outcome

    @property
    def ta_missing(self) -> bool:
        """Only digests of trust anchors are usable, and no served certificate is one (S4-A14)."""
        if self.reason is not Reason.NO_MATCH or Note.TA_NOT_SERVED not in self.notes:
            return False
        standing = [report.record for report in self.records if report.state is RecordState.USABLE]
        return all(map(_is_anchor_digest, standing)) and not self.notes & _BETTER_EXPLANATIONS

    @property
    def agility_only(self) -> bool:
        """Only a weaker digest matches, and agility leaves it out (S4-A16)."""
        return Note.AGILITY_ONLY_WEAKER_MATCHES in self.notes


def _is_anchor_digest(record: TlsaRecord | MalformedTlsa) -> bool:
    return (
        isinstance(record, TlsaRecord)
        and record.usage == CertificateUsage.DANE_TA
        and record.matching_type != MatchingType.FULL
    )
