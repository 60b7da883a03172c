"""RFC 6698 §4.1: which associations are usable, and how several of them go together."""

from __future__ import annotations

import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, SecureDenial, Why
from dane_check.findings import About
from dane_check.policy.base_domain import NextCandidate, Requirement, tlsa_answer
from dane_check.policy.stopped import Stopped
from dane_check.tlsa.match import Outcome, Reason, RecordState
from dane_check.tlsa.record import TlsaRecord, Unusable, UnusableReason, UsableRecord, parse_rdata, usable
from tests.lookups import PROOF, tlsa_records
from tests.pki import NOW, assemble, make_ca, make_leaf, with_patch
from tests.tlsa.chains import judge, record, wrong

ROOT = make_ca("Root")
LEAF = make_leaf(issuer=ROOT)
POINT_OFF_THE_CURVE = with_patch(LEAF.spki, LEAF.spki[-4:], bytes(4))
KEY_OF_NOBODY = bytes.fromhex("300c300606042a0304050302") + b"\0\0"

UNUSABLE = [
    (b"", UnusableReason.MALFORMED),
    (b"\3", UnusableReason.MALFORMED),
    (b"\3\1", UnusableReason.MALFORMED),
    (b"\3\1\1", UnusableReason.MALFORMED),
    (b"\4\1\1" + bytes(32), UnusableReason.UNKNOWN_USAGE),
    (b"\xff\1\1" + bytes(32), UnusableReason.UNKNOWN_USAGE),
    (b"\3\2\1" + bytes(32), UnusableReason.UNKNOWN_SELECTOR),
    (b"\3\1\3" + bytes(32), UnusableReason.UNKNOWN_MATCHING_TYPE),
    (b"\3\1\1" + bytes(31), UnusableReason.DIGEST_LENGTH),
    (b"\3\1\1" + bytes(33), UnusableReason.DIGEST_LENGTH),
    (b"\3\1\1" + bytes(64), UnusableReason.DIGEST_LENGTH),
    (b"\3\1\2" + bytes(32), UnusableReason.DIGEST_LENGTH),
    (b"\3\1\2" + bytes(63), UnusableReason.DIGEST_LENGTH),
    (b"\3\0\0" + bytes(40), UnusableReason.FULL_MALFORMED),
    (b"\3\0\0" + LEAF.der + b"\0", UnusableReason.FULL_MALFORMED),
    (b"\3\0\0" + LEAF.der[:-1], UnusableReason.FULL_MALFORMED),
    (b"\3\0\0" + LEAF.spki, UnusableReason.FULL_MALFORMED),
    (b"\2\0\0" + assemble(spki=KEY_OF_NOBODY), UnusableReason.FULL_MALFORMED),
    (b"\3\1\0" + LEAF.spki + b"\0", UnusableReason.FULL_MALFORMED),
    (b"\3\1\0" + LEAF.spki[:-1], UnusableReason.FULL_MALFORMED),
    (b"\3\1\0" + LEAF.der, UnusableReason.FULL_MALFORMED),
    (b"\2\1\0" + POINT_OFF_THE_CURVE, UnusableReason.FULL_MALFORMED),
    (b"\1\1\1" + bytes(32), UnusableReason.PKIX_USAGE),
    (b"\0\0\1" + bytes(32), UnusableReason.PKIX_USAGE),
]
IDS = [f"{rdata[:3].hex()}+{len(rdata[3:])}" for rdata, _ in UNUSABLE]


@pytest.mark.parametrize(("rdata", "reason"), UNUSABLE, ids=IDS)
class TestUnusable:
    """R6698-4.1-f, -4.1-g: Unknown numbers and malformed data: the association is as good as absent, the RRset is
    not."""

    def test_the_reason_is_told(self, rdata: bytes, reason: UnusableReason) -> None:
        """Each way to be unusable has its own word."""
        found = usable(parse_rdata(rdata), "smtp")
        assert isinstance(found, Unusable)
        assert found.reason is reason

    def test_nobody_is_authenticated_by_it_and_nobody_refused(self, rdata, reason) -> None:
        """IANA-tlsa-a: Alone it leaves no usable record, which is neither a pass nor a mismatch (RFC 7672 §2.2)."""
        report = judge([parse_rdata(rdata)], [LEAF, ROOT])
        assert (report.outcome, report.reason) == (Outcome.NO_USABLE_TLSA, None)
        assert (report.records[0].state, report.records[0].alone) == (RecordState.UNUSABLE, None)

    def test_a_good_record_beside_it_still_counts(self, rdata, reason) -> None:
        """One bad record must not poison the set."""
        good = record((3, 1, 1), LEAF)
        report = judge([parse_rdata(rdata), good], [LEAF, ROOT])
        assert (report.outcome, report.matched) == (Outcome.AUTHENTICATED, 1)


class TestSeveral:
    """One usable association that matches is enough."""

    def test_records_are_alternatives(self) -> None:
        """R6698-4.1-h: A record that matches nothing takes nothing away."""
        report = judge([wrong((3, 1, 1)), record((3, 1, 1), LEAF), wrong((2, 0, 1))], [LEAF, ROOT])
        assert (report.outcome, report.matched) == (Outcome.AUTHENTICATED, 1)

    def test_every_record_is_judged_also_after_the_first_match(self) -> None:
        """R6698-4.1-h: The report knows of each record what it would do alone."""
        records = [record((3, 1, 1), LEAF), wrong((3, 1, 1)), record((2, 0, 1), ROOT)]
        report = judge(records, [LEAF, ROOT])
        assert [one.alone for one in report.records] == ["authenticated", "failed", "authenticated"]

    def test_usable_records_and_no_match_fail(self) -> None:
        """R6698-4.1-i: A client aborts (RFC 6698 §4.1)."""
        report = judge([wrong((3, 1, 1))], [LEAF, ROOT])
        assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.NO_MATCH)

    def test_no_certificate_is_a_failure(self) -> None:
        """A server that sends none cannot be authenticated."""
        report = judge([wrong((3, 1, 1))], [])
        assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.NO_CERTIFICATE)


class TestMisuse:
    """The caller's mistakes raise before anything is judged."""

    def test_without_records_there_is_nothing_to_judge(self) -> None:
        """An empty set is not a set without usable records."""
        with pytest.raises(ValueError, match="no TLSA records"):
            judge([], [LEAF])

    def test_a_moment_needs_its_time_zone(self) -> None:
        """A naive time means another moment on every machine."""
        with pytest.raises(ValueError, match="time zone"):
            judge([wrong((3, 1, 1))], [LEAF], now=NOW.replace(tzinfo=None))

    def test_one_string_is_not_a_list_of_names(self) -> None:
        """Its letters would be taken for names."""
        with pytest.raises(ValueError, match="sequence of names"):
            judge([wrong((3, 1, 1))], [LEAF], names="mx.example.test")  # type: ignore[arg-type]


def test_a_record_written_without_data_is_unusable() -> None:
    """In presentation form the data can be missing; there is nothing to compare then."""
    found = usable(TlsaRecord.from_text("3 1 1"), "smtp")
    assert isinstance(found, Unusable)
    assert found.reason is UnusableReason.DATA_EMPTY


def test_pkix_usages_are_usable_outside_smtp() -> None:
    """RFC 6698 §6 has all four; RFC 7672 §3.1.3 takes two away for SMTP alone."""
    assert isinstance(usable(TlsaRecord(1, 1, 1, bytes(32)), "generic"), UsableRecord)


PUBLISHED = tlsa_records(record((3, 1, 1), LEAF).rdata)
WHY = Why(Cause.UNSIGNED_DELEGATION, "why")


@pytest.mark.parametrize(
    ("answer", "comes_to"),
    [
        (Secure(PUBLISHED, PROOF), Requirement),
        (Insecure("data", PUBLISHED, WHY), NextCandidate),
        (SecureDenial("nodata", PROOF), NextCandidate),
        (Bogus(WHY), Stopped),
        (Indeterminate(WHY), Stopped),
    ],
)
def test_the_dnssec_state_decides_before_any_record(answer: Lookup, comes_to: type) -> None:
    """R6698-4-b: the same record is used, passed over or out of reach, by the state of its set alone."""
    found = tlsa_answer(About("example.test", "mx.test"), "_25._tcp.mx.test", "mx.test", answer, most_records=64)
    assert isinstance(found, comes_to)
