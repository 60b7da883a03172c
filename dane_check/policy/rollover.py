"""Sets of records that work today: what the next key change will meet (RFC 7671 §8). Findings only, never a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dane_check.findings import About, Code, Finding, finding
from dane_check.limits import DEFAULT
from dane_check.policy.base_domain import Duty, Requirement
from dane_check.policy.endpoint import Judged
from dane_check.policy.service import SMTP_PORT, shown_record, tlsa_owner
from dane_check.policy.verdict import EndpointResult
from dane_check.tlsa.certificate import Certificate, certificate_of, matched_form
from dane_check.tlsa.record import CertificateUsage, MatchingType, Selector, TlsaRecord, UsableRecord, usable

_AUTOMATIC = timedelta(days=100)  # certificates that live no longer are renewed by a program
_RENEWED_BEFORE = timedelta(days=30)  # what such programs do by default
_Chain = tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class _Published:
    """The usable records of one set, what is served by the endpoints, and those that are authenticated."""

    about: About
    owner: str
    records: tuple[UsableRecord, ...]
    served: tuple[_Chain, ...]
    passing: tuple[Judged, ...]

    def line(self, record: TlsaRecord | None) -> str:
        """The record as a line of a zone file; empty without one."""
        return f"{self.owner}. IN TLSA {record.to_text()}" if record is not None else ""


def publishing(about: About, requirement: Requirement, judged: Sequence[Judged]) -> tuple[Finding, ...]:
    """What is to be said of a set of records where a host must be authenticated."""
    served = tuple(_chain(one.chain) for one in judged if one.chain)
    port = judged[0].verdict.port if judged else SMTP_PORT
    owner = tlsa_owner(requirement.base_domain or about.host or "", port)
    if requirement.duty is not Duty.AUTHENTICATE or not served or owner is None:
        return ()
    sorted_out = [usable(record, "smtp") for record in requirement.records]
    records = tuple(one for one in sorted_out if isinstance(one, UsableRecord))
    passing = tuple(one for one in judged if one.verdict.result is EndpointResult.AUTHENTICATED and one.chain)
    published = _Published(about, owner, records, served, passing)
    found = [*_duplicates(published), *_sha512_only(published)]
    if passing:
        found += [*_full_data(published), *_public_certificates(published)]
        found += [*_renewal(published), *_one_key(published)]
    return tuple(dict.fromkeys(found))


def _duplicates(published: _Published) -> Iterator[Finding]:
    """The same record twice, or a digest beside the whole of what it is a digest of."""
    first: dict[tuple[int, int, bytes], TlsaRecord] = {}
    for one in published.records:
        if one.matching_type is MatchingType.FULL:
            for digest in (MatchingType.SHA2_256, MatchingType.SHA2_512):
                first.setdefault((one.usage, one.selector, matched_form(one.data, digest)), one.record)
    for one in published.records:
        key = (one.usage, one.selector, one.data)
        if key in first:
            record, other = shown_record(first[key].to_text()), shown_record(one.record.to_text())
            yield finding(Code.TLSA_DUPLICATE, published.about, record=record, other=other)
        first[key] = one.record


def _sha512_only(published: _Published) -> Iterator[Finding]:
    if any(one.matching_type is not MatchingType.SHA2_512 for one in published.records):
        return
    record = published.records[0].record
    wanted = TlsaRecord(record.usage, record.selector, MatchingType.SHA2_256, b"")
    line = published.line(_right(wanted, published.served[0]))
    yield finding(Code.TLSA_SHA512_ONLY, published.about, record=shown_record(record.to_text()), line=line)


def _full_data(published: _Published) -> Iterator[Finding]:
    """Whole data where a digest would do: that is, wherever what it names is served."""
    for one in published.records:
        if one.matching_type is MatchingType.FULL and any(_is_named(one.record, chain) for chain in published.served):
            digest = matched_form(one.data, MatchingType.SHA2_256)
            line = published.line(TlsaRecord(one.usage, one.selector, MatchingType.SHA2_256, digest))
            yield finding(Code.TLSA_FULL_DATA, published.about, record=shown_record(one.record.to_text()), line=line)


def _public_certificates(published: _Published) -> Iterator[Finding]:
    """`2 0 x` of a CA that is known to cross-sign its keys and to issue new certificates for them."""
    for one in published.records:
        issuer = _public(one, published.served)
        if issuer is not None and issuer.spki is not None:
            from dane_check.tlsa import issuers

            data = matched_form(issuer.spki, MatchingType.SHA2_256)
            line = published.line(TlsaRecord(CertificateUsage.DANE_TA, Selector.SPKI, MatchingType.SHA2_256, data))
            text, who = shown_record(one.record.to_text()), issuers.known(issuer)
            yield finding(Code.TLSA_TA_CERT_SELECTOR, published.about, record=text, issuer=who, line=line)


def _public(record: UsableRecord, served: Sequence[_Chain]) -> Certificate | None:
    """The served certificate of a public CA that the record names."""
    if (record.usage, record.selector) != (CertificateUsage.DANE_TA, Selector.CERT):
        return None
    from dane_check.tlsa import issuers

    above = (certificate for chain in served for certificate in chain[1:])
    named = (one for one in above if matched_form(one.der, record.matching_type) == record.data)
    return next((one for one in named if issuers.known(one) is not None), None)


def _renewal(published: _Published) -> Iterator[Finding]:
    """`3 0 x` and nothing else, over a certificate that a program renews."""
    if any((one.usage, one.selector) != (CertificateUsage.DANE_EE, Selector.CERT) for one in published.records):
        return
    for place in published.passing:
        leaf = certificate_of(place.chain[0])
        if leaf.not_before is None or leaf.not_after is None or leaf.not_after - leaf.not_before > _AUTOMATIC:
            continue
        wanted = TlsaRecord(CertificateUsage.DANE_EE, Selector.SPKI, MatchingType.SHA2_256, b"")
        yield finding(
            Code.ROLLOVER_301_AUTORENEW,
            published.about,
            days=(leaf.not_after - leaf.not_before).days,
            due=f"{leaf.not_after - _RENEWED_BEFORE:%Y-%m-%d}",
            line=published.line(_right(wanted, _chain(place.chain))),
        )
        return


def _one_key(published: _Published) -> Iterator[Finding]:
    """Two records or more for one and the same leaf: no second way for the day the key changes."""
    leaves = {chain[0].spki for chain in published.served}
    served, count = published.served[0], len(set(published.records))
    of_leaf = (one.usage is CertificateUsage.DANE_EE and _is_named(one.record, served) for one in published.records)
    if count > 1 and len(leaves) == 1 and all(of_leaf):
        yield finding(Code.ROLLOVER_FAKE, published.about, count=count)


def _chain(served: Sequence[bytes]) -> _Chain:
    return tuple(map(certificate_of, served[: DEFAULT.session.chain_certificates]))


def _is_named(record: TlsaRecord, chain: _Chain) -> bool:
    from dane_check.tlsa.diagnose import ServedData, is_named  # seldom wanted where everything is in order

    return is_named(record, ServedData(chain))


def _right(wanted: TlsaRecord, chain: _Chain) -> TlsaRecord | None:
    from dane_check.tlsa.diagnose import ServedData, right_record

    return right_record(wanted, ServedData(chain))
