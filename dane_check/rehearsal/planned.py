"""Keys to come, whose certificates are not there yet, against the records that will stand by then. Pure.

Of a key alone only DANE-EE(3) records on the SPKI can be judged; whatever names a certificate has to wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dane_check.findings import About, Code, Finding, finding
from dane_check.rehearsal.candidates import Record
from dane_check.rehearsal.moments import Fate
from dane_check.rehearsal.outcome import PlannedFate
from dane_check.rehearsal.rollover.situation import NextKey
from dane_check.tlsa.certificate import matched_form
from dane_check.tlsa.generate import Numbers, record_of
from dane_check.tlsa.match import ignored_by_agility
from dane_check.tlsa.record import CertificateUsage, Selector, UsableRecord, usable


def planned_fate(key: NextKey, records: Sequence[Record], owner: str) -> PlannedFate:
    """What senders would do with the key once it is served (RFC 7672 §3.1.1, §4); `owner` is for the line."""
    sorted_out = [usable(one, "smtp") for one in records]
    ignored = ignored_by_agility(sorted_out)
    heeded = [one for index, one in enumerate(sorted_out) if isinstance(one, UsableRecord) and index not in ignored]
    named = next((one for one in heeded if _names(one, key)), None)
    if named is not None:
        return PlannedFate(key.source, key.key_type, Fate.AUTHENTICATES, named.record.to_text())
    line = f"{owner}. IN TLSA {record_of(key.spki, Numbers()).to_text()}"
    if not heeded:
        return PlannedFate(key.source, key.key_type, Fate.UNAUTHENTICATED, line=line)
    open_ = any(not _is_of_key(one) for one in heeded)
    return PlannedFate(key.source, key.key_type, Fate.CANNOT_TELL if open_ else Fate.REFUSES, line=line)


def _is_of_key(record: UsableRecord) -> bool:
    return record.usage is CertificateUsage.DANE_EE and record.selector is Selector.SPKI


def _names(record: UsableRecord, key: NextKey) -> bool:
    return _is_of_key(record) and record.data == matched_form(key.spki, record.matching_type)


def planned_findings(about: About, fates: Sequence[PlannedFate]) -> tuple[Finding, ...]:
    """The keys that no record names (R7672-4-a)."""
    return tuple(
        finding(Code.ROLLOVER_NEXT_MISSING, about, source=one.source, line=one.line or "")
        for one in fates
        if one.fate is Fate.REFUSES
    )
