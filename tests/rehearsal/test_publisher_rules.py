"""What RFC 7671 §8 to §13 ask of publishers, row by row of docs/requirements.md §6 and §8."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dane_check.findings import Code, remedy, sentence
from dane_check.lab.certificates import Authority, ChainPlan
from dane_check.lab.keys import KeyKind
from dane_check.rehearsal.candidates import CandidateSet, candidate_records
from dane_check.rehearsal.outcome import Switch, Would
from dane_check.rehearsal.publisher import earliest_switch, estimated_octets, names_left_out, of_set, seconds_to_wait
from dane_check.report.rehearsal import rehearsal_to_text
from dane_check.report.text import TextOptions
from tests.rehearsal.made import ABOUT, HOST, NOW, chain, codes, offline, pem, record

OLD, NEW = chain("old"), chain("new")
EE_OLD, EE_NEW = record("3 1 1", OLD), record("3 1 1", NEW)
TA = record("2 1 1", NEW)
NOWHERE = "2 0 1 " + "ab" * 32


def set_codes(*records: str, ttl: int | None = None) -> list[Code]:
    """What the rules on one set find."""
    candidates = CandidateSet(f"_25._tcp.{HOST}", candidate_records(records, "tlsa"), ttl)
    return [found.code for found in of_set(ABOUT, candidates)]


class TestCombinations:
    """RFC 7671 §8: every combination needs a record for the chain in use."""

    def test_r7671_8_a_a_combination_without_a_match_is_an_error(self) -> None:
        """R7671-8-a, R7671-2-c, R7672-9.2-b: A good 3 1 1 does not excuse a 2 0 1 that is for the future only."""
        rehearsed = offline([EE_NEW, NOWHERE], NEW)
        assert (rehearsed.would, rehearsed.exit_status) == (Would.BE_PROTECTED, 1)
        assert rehearsed.reason == "publisher-rules"
        said = [sentence(one) for one in rehearsed.findings if one.code is Code.COMBO_WITHOUT_MATCH]
        assert len(said) == 1
        assert "2 0 1" in said[0]

    def test_r7671_8_b_a_future_record_beside_a_current_one_is_no_error(self) -> None:
        """R7671-8-b: Within one combination the record of the next key may stand beside that of the key in use."""
        rehearsed = offline([EE_OLD, EE_NEW], OLD)
        assert rehearsed.exit_status == 0
        assert Code.COMBO_WITHOUT_MATCH not in codes(rehearsed)

    def test_r7671_8_4_a_all_combinations_must_match_all_chains(self) -> None:
        """R7671-8.4-a: A combination that names the ECDSA key only is lacking where the RSA certificate is served."""
        rsa = chain("rsa", KeyKind.RSA)
        rehearsed = offline([EE_NEW, record("3 1 1", rsa), record("3 0 1", NEW)], NEW, rsa)
        assert rehearsed.would is Would.BE_PROTECTED
        assert (rehearsed.exit_status, rehearsed.reason) == (1, "publisher-rules")


class TestDigests:
    """RFC 7671 §8.3, §9, §10.1."""

    def test_r7671_8_3_a_digest_sets_that_differ_are_an_error(self) -> None:
        """R7671-8.3-a: Two keys by SHA2-256 and one of them by SHA2-512: senders of one digest see another set."""
        rehearsed = offline([EE_OLD, EE_NEW, record("3 1 2", NEW)], NEW)
        assert Code.DIGEST_SETS_DIFFER in codes(rehearsed)
        assert rehearsed.exit_status == 1

    @pytest.mark.parametrize(
        "records",
        [
            [EE_OLD, EE_NEW, record("3 1 2", OLD), record("3 1 2", NEW)],
            [EE_OLD, EE_NEW],
            [EE_NEW, EE_NEW, record("3 1 2", NEW)],
            [EE_NEW, TA, record("2 1 1", NEW)],
            [EE_OLD, EE_NEW, "3 1 2 abcd"],
            [EE_OLD, EE_NEW, record("3 1 0", NEW)],
        ],
        ids=["equal", "one algorithm", "twice the same", "other usage", "unusable", "whole key"],
    )
    def test_r7671_8_3_a_equal_sets_and_single_algorithms_are_none(self, records: list[str]) -> None:
        """R7671-8.3-a: Only usable digests of one usage and selector are compared, each once."""
        assert Code.DIGEST_SETS_DIFFER not in set_codes(*records)

    def test_sha512_alone_is_said(self) -> None:
        """R7671-2-b: SHA2-256 is what every sender must know (RFC 6698 §6)."""
        rehearsed = offline([record("3 1 2", NEW)], NEW)
        assert rehearsed.exit_status == 0
        assert Code.TLSA_SHA512_ONLY in codes(rehearsed)

    def test_r7671_10_1_2_a_a_whole_certificate_is_said(self) -> None:
        """R7671-10.1.2-a: A digest is as good and smaller."""
        rehearsed = offline([record("3 0 0", NEW)], NEW)
        assert rehearsed.exit_status == 0
        assert Code.TLSA_FULL_DATA in codes(rehearsed)

    def test_a_duplicate_is_said(self) -> None:
        """The same record twice helps nobody."""
        assert Code.TLSA_DUPLICATE in codes(offline([EE_NEW, EE_NEW], NEW))

    def test_pkix_usages_authenticate_nobody_on_smtp(self) -> None:
        """R7671-4-b, R7672-3.1.3-a: A set of PKIX-EE alone makes TLS a must and protects nothing (RFC 7672 §3.1.3)."""
        rehearsed = offline([record("1 1 1", NEW)], NEW)
        assert (rehearsed.would, rehearsed.exit_status) == (Would.BE_UNPROTECTED, 3)
        assert codes(rehearsed) >= {Code.TLSA_USAGE_PKIX, Code.TLSA_ALL_UNUSABLE}


class TestPreviousRecords:
    """RFC 7671 §8: caches hold the previous set for a while, and the chain must agree with both."""

    def test_r7671_8_1_a_the_new_record_is_published_beside_the_old_one_first(self) -> None:
        """R7671-8.1-a: Added first: senders would authenticate, and the moment to switch is told."""
        rehearsed = offline([EE_OLD, EE_NEW], NEW, previous=[EE_OLD], ttl=3600)
        assert rehearsed.exit_status == 0
        found = next(one for one in rehearsed.findings if one.code is Code.ROLLOVER_WINDOW_OPEN)
        assert found.fact["seconds"] == "7200"

    def test_r7671_8_1_a_without_a_ttl_two_ttls_are_told(self) -> None:
        """R7671-8.1-a: Where nobody knows the TTL no moment is made up."""
        rehearsed = offline([EE_OLD, EE_NEW], NEW, previous=[EE_OLD])
        found = next(one for one in rehearsed.findings if one.code is Code.ROLLOVER_WINDOW_OPEN)
        assert found.fact["when"] == "two TTLs later"
        assert rehearsed.switch is None

    def test_r7671_8_c_a_record_replaced_together_with_the_key_leaves_a_gap(self) -> None:
        """R7671-8-c: New key, new record, the old record gone: senders with the old set refuse the new chain."""
        rehearsed = offline([EE_NEW], NEW, previous=[EE_OLD])
        assert (rehearsed.would, rehearsed.exit_status) == (Would.BE_PROTECTED, 1)
        assert Code.ROLLOVER_GAP in codes(rehearsed)

    def test_r7671_8_c_one_chain_that_the_previous_set_refuses_is_enough_for_a_gap(self) -> None:
        """R7671-8-c: The previous set must authenticate every certificate type, not one of them."""
        rsa = chain("rsa", KeyKind.RSA)
        rehearsed = offline([EE_NEW, record("3 1 1", rsa)], NEW, rsa, previous=[EE_NEW, EE_OLD])
        assert Code.ROLLOVER_GAP in codes(rehearsed)

    def test_r7671_8_4_a_an_issuer_that_changes_is_told_with_the_record_of_the_next_one(self) -> None:
        """R7671-8.4-a: 2 1 1 names the issuer of today's chain, and the renewed one comes from another."""
        today, renewed = (Authority(NOW).chain(ChainPlan((HOST,), issuer=name), "mx") for name in ("R12", "R13"))
        kept = [record("2 1 1", today)]
        rehearsed = offline(kept, renewed, serving=[pem(today)], previous=kept)
        (found,) = (one for one in rehearsed.findings if one.code is Code.TLSA_STALE_TA)
        assert "Lab intermediate R13" in sentence(found)
        assert remedy(found).endswith(f"_25._tcp.{HOST}. IN TLSA {record('2 1 1', renewed)}")
        text = rehearsal_to_text(rehearsed, TextOptions())
        assert "Serve the trust anchor" not in text
        assert "Serve the trust anchor" in rehearsal_to_text(rehearsed, TextOptions(verbose=True))

    def test_an_anchor_that_never_was_in_use_is_no_issuer_that_changed(self) -> None:
        """Only where the record still stands, and the chain of today rests on it."""
        today, renewed = (Authority(NOW).chain(ChainPlan((HOST,), issuer=name), "mx") for name in ("R12", "R13"))
        for records in ([NOWHERE], [record("2 1 1", chain("old"))]):
            rehearsed = offline(records, renewed, serving=[pem(today)], previous=[record("2 1 1", today)])
            assert Code.TLSA_STALE_TA not in codes(rehearsed)

    def test_r7672_4_b_removing_the_retired_record_is_no_gap(self) -> None:
        """R7672-4-b: After the switch the previous set still has the record of the key in use."""
        assert offline([EE_NEW], NEW, previous=[EE_OLD, EE_NEW]).exit_status == 0

    def test_r7671_8_1_b_key_and_numbers_do_not_change_at_once(self) -> None:
        """R7671-8.1-b: 3 1 1 of the old key gives way to 2 1 1 of a new chain."""
        rehearsed = offline([TA], NEW, previous=[EE_OLD])
        assert Code.TWO_CHANGES_AT_ONCE in codes(rehearsed)
        assert (rehearsed.exit_status, rehearsed.reason) == (1, "publisher-rules")

    def test_r7671_8_1_c_new_numbers_for_the_key_in_use_are_one_change(self) -> None:
        """R7671-8.1-c: 3 0 1 gives way to 3 1 1 of the same chain."""
        assert offline([EE_NEW], NEW, previous=[record("3 0 1", NEW)]).exit_status == 0

    def test_a_chain_that_the_candidates_refuse_is_the_verdict_s_affair(self) -> None:
        """No advice on the order of steps where the step itself is wrong."""
        rehearsed = offline([NOWHERE], NEW, previous=[EE_OLD])
        assert rehearsed.would is Would.BE_BROKEN
        assert not codes(rehearsed) & {Code.TWO_CHANGES_AT_ONCE, Code.ROLLOVER_GAP, Code.ROLLOVER_WINDOW_OPEN}

    def test_previous_records_nobody_could_use_bind_nobody(self) -> None:
        """PKIX-EE records were never enforced, so replacing them is no change of key."""
        assert offline([EE_NEW], NEW, previous=[record("1 1 1", OLD)]).exit_status == 0

    def test_r7672_4_a_a_single_record_is_information(self) -> None:
        """R7672-4-a: D-7: no rollover record is no fault."""
        rehearsed = offline([EE_NEW], NEW)
        assert rehearsed.exit_status == 0
        assert Code.ROLLOVER_NONE in codes(rehearsed)


class TestTimes:
    """RFC 7671 §8.1 and §13: arithmetic with TTLs."""

    def test_r7671_8_1_a_two_ttls_must_pass(self) -> None:
        """R7671-8.1-a: A TTL of 3600 seconds makes 7200."""
        assert seconds_to_wait(3600) == 7200
        assert earliest_switch(NOW, 3600) == NOW + timedelta(seconds=7200)

    def test_a_moment_beyond_the_calendar_is_none(self) -> None:
        """The largest TTL there is, late in the last year there is."""
        assert earliest_switch(datetime(9999, 12, 31, tzinfo=UTC), 2**31 - 1) is None

    def test_the_rehearsal_tells_the_moment(self) -> None:
        """Published now, switched two TTLs later."""
        assert offline([EE_NEW], NEW, ttl=300).switch == Switch(600, NOW + timedelta(seconds=600))

    def test_no_moment_is_told_for_what_should_not_be_published(self) -> None:
        """A time would read as permission."""
        assert offline([EE_OLD], NEW, ttl=300).switch is None

    @pytest.mark.parametrize(
        ("ttl", "expected"),
        [
            (None, []),
            (299, [Code.TLSA_TTL_SHORT]),
            (300, []),
            (86_400, []),
            (86_401, [Code.TLSA_TTL_LONG]),
        ],
    )
    def test_r7671_13_a_a_ttl_is_neither_too_long_nor_too_short(self, ttl: int | None, expected: list[Code]) -> None:
        """R7671-13-a: More than a day bounds nothing, less than five minutes is asked for all the time."""
        assert set_codes(EE_NEW, ttl=ttl) == expected


class TestSize:
    """RFC 7671 §10.1.1: what fragments gets lost."""

    def test_r7671_10_1_1_a_eight_whole_certificates_are_too_big(self) -> None:
        """R7671-10.1.1-a: A set of 2 0 0 records outgrows every datagram."""
        assert set_codes(*[f"2 0 0 30{number:02x}{'ab' * 700}" for number in range(8)]) == [Code.RESPONSE_TOO_BIG]

    def test_a_set_of_digests_is_not(self) -> None:
        """Eight digests and a signature of RSA 2048 fit."""
        assert set_codes(*[f"3 1 1 {number:064x}" for number in range(8)]) == []

    def test_the_estimate_is_that_of_a_real_answer(self) -> None:
        """An answer made by dnspython, signature included, has as many octets."""
        import dns.flags
        import dns.message
        import dns.rrset

        texts = [EE_OLD, EE_NEW]
        owner = f"_25._tcp.{HOST}"
        reply = dns.message.make_response(dns.message.make_query(f"{owner}.", "TLSA", want_dnssec=True, payload=1232))
        signature = f"TLSA 8 5 3600 20260401000000 20260301000000 12345 {HOST}. " + "A" * 342 + "=="
        reply.answer = [
            dns.rrset.from_text_list(f"{owner}.", 3600, "IN", "TLSA", texts),
            dns.rrset.from_text(f"{owner}.", 3600, "IN", "RRSIG", signature),
        ]
        candidates = CandidateSet(owner, candidate_records(texts, "tlsa"))
        assert estimated_octets(candidates) == len(reply.to_wire())


class TestNames:
    """PF-b: every host that shares the certificate is rehearsed, or named as left out."""

    def test_pf_b_names_that_were_not_given_are_listed(self) -> None:
        """PF-b: A certificate for two hosts, of which one was rehearsed."""
        shared = chain("shared", names=(HOST, "mail.example.org"))
        rehearsed = offline([record("3 1 1", shared)], shared)
        found = next(one for one in rehearsed.findings if one.code is Code.NAMES_NOT_REHEARSED)
        assert found.fact["names"] == "mail.example.org"
        assert rehearsed.exit_status == 0

    def test_pf_b_nothing_is_said_when_all_were_given(self) -> None:
        """PF-b: Both hosts are judged, each by itself."""
        shared = chain("shared", names=(HOST, "mail.example.org"))
        rehearsed = offline([record("3 1 1", shared)], shared, names=[HOST, "MAIL.example.org."])
        assert Code.NAMES_NOT_REHEARSED not in codes(rehearsed)
        assert [host.host for host in rehearsed.hosts] == [HOST, "mail.example.org"]

    def test_a_wildcard_is_covered_by_a_host_it_stands_for(self) -> None:
        """Of *.example.org a host was given; of *.example.net none."""
        (found,) = names_left_out(ABOUT, ["*.example.org", "*.example.net"], [HOST])
        assert found.fact["names"] == "*.example.net"

    def test_names_of_a_certificate_are_made_safe(self) -> None:
        """A name may hold what steers a terminal."""
        (found,) = names_left_out(ABOUT, ["\x1b[2Jevil.example"], [HOST])
        assert "\x1b" not in found.fact["names"]
