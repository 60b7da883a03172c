"""What different senders do with one host: profiles beside the verdict, which none of them ever changes.

The verdict is that of a sender that follows RFC 7671 and RFC 7672 to the letter and meets every certificate type.
Deployed senders differ; what differs at this host is said here, from what was served and matched already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dane_check.policy.endpoint import Judged
from dane_check.policy.verdict import EndpointResult, HostWord, SenderOutcome, SenderView
from dane_check.ports import KeyType
from dane_check.tlsa.outcome import MatchReport, Note, Outcome, RecordReport, RecordState
from dane_check.tlsa.record import CertificateUsage, MatchingType, Selector, TlsaRecord

_ACCEPTS, _REFUSES, _CANNOT_TELL = SenderOutcome.ACCEPTS, SenderOutcome.REFUSES, SenderOutcome.CANNOT_TELL


@dataclass(frozen=True, slots=True)
class SenderProfile:
    """One kind of sender, by what it leaves out of what the first profile does.

    key_type -- the only certificate type that it offers; None where it offers all of them.
    agility, bare_keys, common_name -- whether it applies digest agility (RFC 7671 §9), takes a `2 1 0` key whose
        certificate is not served (§5.2.3), and reads a name in the common name (RFC 7672 §3.2.3).
    """

    name: str
    sentence: str
    source: str
    key_type: KeyType | None = None
    agility: bool = True
    bare_keys: bool = True
    common_name: bool = True


PROFILES: Final = (
    SenderProfile("openssl", "digest agility, bare keys, every certificate type: Postfix, Exim", "RFC 7671, A-7"),
    SenderProfile("no-agility", "any usable record that matches counts", "RFC 7671 §9, A-7", agility=False),
    SenderProfile("ecdsa-only", "offers ECDSA certificates only", "D-15", key_type=KeyType.ECDSA),
    SenderProfile("rsa-only", "offers RSA certificates only", "D-15", key_type=KeyType.RSA),
    SenderProfile("no-bare-key", "2 1 0 only where its certificate is served: mox", "RFC 7671 §5.2.3", bare_keys=False),
    SenderProfile("no-common-name", "subjectAltName only: Go, rustls", "RFC 7672 §3.2.3, A-9", common_name=False),
)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a profile does at one place, and which place that is."""

    outcome: SenderOutcome
    because: str


def sender_views(judged: Sequence[Judged], *, not_looked_up: bool = False) -> tuple[SenderView, ...]:
    """Every profile at the endpoints of one host that are to be authenticated; empty without any.

    not_looked_up -- further addresses could not be looked up, so that no profile can be said to accept them all.
    """
    if not judged:
        return ()
    addresses = tuple(dict.fromkeys(one.verdict.address for one in judged))
    places = [[one for one in judged if one.verdict.address == address] for address in addresses]
    return tuple(_view(profile, places, not_looked_up) for profile in PROFILES)


def _view(profile: SenderProfile, places: Sequence[Sequence[Judged]], not_looked_up: bool) -> SenderView:
    found = _worst([_at_address(profile, place) for place in places])
    if not_looked_up and found.outcome is _ACCEPTS:
        found = _Found(_CANNOT_TELL, "not every address could be looked up")
    return SenderView(profile.name, found.outcome, found.because)


def _worst(found: Sequence[_Found]) -> _Found:
    """The first of the worst; a refusal is certain, whatever else could not be told."""
    return min(found, key=lambda one: (_REFUSES, _CANNOT_TELL, _ACCEPTS).index(one.outcome))


def _at_address(profile: SenderProfile, place: Sequence[Judged]) -> _Found:
    without_chain = [one for one in place if not one.chain and not _untested(one)]
    if without_chain:
        return _worst([_at(profile, one) for one in without_chain])
    if profile.key_type is not None:
        return _of_type(profile, profile.key_type, place)
    return _of_all(profile, place)


def _of_type(profile: SenderProfile, key_type: KeyType, place: Sequence[Judged]) -> _Found:
    served = [one for one in place if one.chain and one.verdict.key_type is key_type]
    if served:
        return _worst([_at(profile, one) for one in served])
    address, name = place[0].verdict.address, key_type.value.upper()
    if any(_untested(one) for one in place):
        return _Found(_CANNOT_TELL, f"{address}: {name} certificates were not tested")
    if any(one.verdict.key_type is KeyType.UNKNOWN for one in place):
        return _Found(_CANNOT_TELL, f"{address}: the type of a certificate is not known")
    return _Found(_REFUSES, f"{address}: no {name} certificate")


def _of_all(profile: SenderProfile, place: Sequence[Judged]) -> _Found:
    """What it would be served where the certificates fare differently is certain only if it is what we were served.

    The first session of an address offers what OpenSSL offers by default; a sender with another order of
    preference may be handed another certificate, so that a good one there does not settle it.
    """
    found = [_at(profile, one) for one in place]
    worst = _worst(found)
    if worst.outcome is not _REFUSES or all(one.outcome is _REFUSES for one in found):
        return worst
    if found[0].outcome is _REFUSES and _negotiated(place[0]):
        return found[0]
    return _Found(_CANNOT_TELL, f"{worst.because}, if that certificate is served")


def _negotiated(one: Judged) -> bool:
    """Candidate chains of a rehearsal were chosen by nobody."""
    return one.verdict.tls is not None and bool(one.verdict.tls.protocol)


def _untested(one: Judged) -> bool:
    return one.verdict.result is EndpointResult.NOT_TESTED


def _at(profile: SenderProfile, one: Judged) -> _Found:
    verdict = one.verdict
    outcome, why = _outcome(profile, one)
    type_name = f" {verdict.key_type.value.upper()}" if verdict.key_type else ""
    return _Found(outcome, f"{verdict.address}{type_name}: {why}")


def _outcome(profile: SenderProfile, one: Judged) -> tuple[SenderOutcome, str]:
    verdict, report = one.verdict, one.report
    if verdict.result is EndpointResult.AUTHENTICATED:
        return _narrower(profile, report) or (_ACCEPTS, _matches(verdict.matched))
    if report is not None and report.agility_only and not profile.agility:
        return _ACCEPTS, "a record that digest agility sets aside matches"
    why = f"{verdict.result} ({verdict.reason})" if verdict.reason else verdict.result.value
    return (_REFUSES if verdict.word is HostWord.DANE_FAIL else _CANNOT_TELL), why


def _narrower(profile: SenderProfile, report: MatchReport | None) -> tuple[SenderOutcome, str] | None:
    """What a profile that can do less makes of a chain that the first one accepts; None where it does the same."""
    if report is None:
        return None
    if Note.SET_CONFLICT in report.notes:  # D-36
        return _REFUSES, "a certificate in full, in another record, leads its path elsewhere"
    by_leaf = any(_usage(one) == CertificateUsage.DANE_EE for one in _matching(report))
    if not profile.common_name and Note.CN_ONLY_NAME in report.notes and not by_leaf:
        return _REFUSES, "its name stands in the common name only"
    if not profile.bare_keys and report.matched is not None and _by_bare_key(report.records[report.matched]):
        return _without_bare_keys(report)
    return None


def _without_bare_keys(report: MatchReport) -> tuple[SenderOutcome, str]:
    """A certificate in full beside the other record may lead the path elsewhere, and was judged for the set only."""
    others = [one for one in _matching(report) if not _by_bare_key(one)]
    if not others:
        return _REFUSES, "authenticated by a bare key only"
    if any(_whole_certificate(one) for one in report.records):
        return _CANNOT_TELL, "authenticated by a bare key, and perhaps by another record"
    return _ACCEPTS, _matches(others[0].record.to_text())


def _matches(text: str | None) -> str:
    """The record itself stands with the endpoint; its three numbers are enough here."""
    return f"matches {' '.join(text.split()[:3])}" if text else "authenticated"


def _matching(report: MatchReport) -> list[RecordReport]:
    """The records left standing by agility that would do alone."""
    return [one for one in report.records if one.state is RecordState.USABLE and one.alone is Outcome.AUTHENTICATED]


def _usage(one: RecordReport) -> int | None:
    return one.record.usage if isinstance(one.record, TlsaRecord) else None


def _is_anchor(one: RecordReport, selector: Selector) -> bool:
    """Whether it is `2 0 0` or `2 1 0`."""
    record = one.record
    if not isinstance(record, TlsaRecord) or one.state is not RecordState.USABLE:
        return False
    wanted = (CertificateUsage.DANE_TA, selector, MatchingType.FULL)
    return (record.usage, record.selector, record.matching_type) == wanted


def _by_bare_key(one: RecordReport) -> bool:
    return _is_anchor(one, Selector.SPKI) and one.alone is Outcome.AUTHENTICATED and one.served_index is None


def _whole_certificate(one: RecordReport) -> bool:
    return _is_anchor(one, Selector.CERT)
