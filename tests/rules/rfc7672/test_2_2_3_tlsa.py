"""RFC 7672 §2.2, §2.2.3 and the third stage of the decision table: what the TLSA answer obliges a sender to."""

from __future__ import annotations

import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, Why
from dane_check.findings import About, Code
from dane_check.policy.base_domain import Duty, NextCandidate, Requirement, opportunistic, required, tlsa_answer
from dane_check.policy.stopped import Stopped
from dane_check.policy.verdict import HostWord
from tests.lookups import PROOF, bogus, hop, insecure, nodata, nxdomain, servfail, timeout, tlsa_records

ABOUT = About("example.test", "mx.test")
OWNER = "_25._tcp.mx.test"
GOOD = bytes([3, 1, 1]) + bytes(32)
SHORT = bytes([3, 1, 1]) + bytes(31)
PKIX = bytes([1, 1, 1]) + bytes(32)
MALFORMED = bytes([3, 1])


def answer(found: Lookup) -> Requirement | NextCandidate | Stopped:
    return tlsa_answer(ABOUT, OWNER, "mx.test", found, most_records=64)


def published(*rdatas: bytes, wildcard: bool = False) -> Secure:
    return Secure(tlsa_records(*rdatas), PROOF, wildcard=wildcard)


def code_of(found: Requirement | NextCandidate | Stopped) -> Code:
    return found.findings[-1].code


class TestSecureRecords:
    """The first candidate with secure records is the base domain, usable or not."""

    @pytest.mark.parametrize("others", [(), (SHORT,), (PKIX, MALFORMED)])
    def test_one_usable_record_demands_authentication(self, others: tuple[bytes, ...]) -> None:
        """S3-01, S3-10, R7672-2.2-a, R6698-4.1-a: a bad record beside it changes nothing."""
        found = answer(published(GOOD, *others))
        assert isinstance(found, Requirement)
        assert (found.duty, found.base_domain) == (Duty.AUTHENTICATE, "mx.test")
        assert len(found.records) == 1 + len(others)

    @pytest.mark.parametrize("rdata", [SHORT, PKIX, MALFORMED, b""])
    def test_records_that_nobody_can_use_still_demand_tls(self, rdata: bytes) -> None:
        """R7672-2.2-b, R7672-2.2.3-h, R6698-4.1-j, R7671-14-a: S3-02, RFC 7672 §2.2: and the next candidate is not
        asked."""
        found = answer(published(rdata))
        assert isinstance(found, Requirement)
        assert (found.duty, found.reason) == (Duty.ENCRYPT, "all-unusable")

    def test_records_from_a_wildcard_count_and_are_said(self) -> None:
        """R6698-A2.1.3-a."""
        assert code_of(answer(published(GOOD, wildcard=True))) is Code.TLSA_WILDCARD_RECORD

    def test_more_records_than_the_limit_are_not_judged(self) -> None:
        """L-7: neither protected nor without TLSA."""
        found = answer(published(*(GOOD for _ in range(65))))
        assert isinstance(found, Stopped)
        assert (found.word, code_of(found)) == (HostWord.DNS_ERROR, Code.TLSA_LIMIT)


class TestNothingSecure:
    """An insecure answer or a denial leads to the next candidate."""

    @pytest.mark.parametrize("denial", [nodata(), nxdomain()])
    def test_a_secure_denial_leads_on(self, denial: Lookup) -> None:
        """S3-04, R7672-2.2-c."""
        found = answer(denial)
        assert isinstance(found, NextCandidate)
        assert found.reason == "tlsa-absent"

    def test_insecure_records_lead_on(self) -> None:
        """S3-03, R7672-2.2.3-d, R6698-4.1-c."""
        why = Why(Cause.INSECURE_ALIAS, "an alias on the way is not signed")
        found = answer(Insecure("data", tlsa_records(GOOD), why))
        assert isinstance(found, NextCandidate)
        assert code_of(found) is Code.TLSA_INSECURE

    def test_an_insecure_denial_leads_on_and_is_said(self) -> None:
        """S3-05."""
        found = answer(insecure(kind="nxdomain"))
        assert isinstance(found, NextCandidate)
        assert code_of(found) is Code.TLSA_INSECURE

    def test_an_alias_that_leads_nowhere_is_said(self) -> None:
        """S3-04 behind an alias."""
        found = answer(nodata((hop("_25._tcp.mx.test.", "gone.test."),)))
        assert code_of(found) is Code.TLSA_CNAME_DANGLING


class TestFailures:
    """A failed lookup stops the host, makes no connection, and never leads to the next candidate."""

    @pytest.mark.parametrize(
        ("failure", "word", "code"),
        [
            (bogus(), HostWord.DNS_BOGUS, Code.TLSA_BOGUS),
            (bogus(Cause.DENIAL_MISSING), HostWord.DNS_BOGUS, Code.TLSA_DENIAL_BOGUS),
            (bogus(Cause.ALIAS_LOOP), HostWord.DNS_BOGUS, Code.TLSA_CNAME_LOOP),
            (bogus(Cause.LIMIT), HostWord.DNS_BOGUS, Code.TLSA_BOGUS),
            (servfail(), HostWord.DNS_ERROR, Code.TLSA_LOOKUP_SERVFAIL),
            (timeout(), HostWord.DNS_ERROR, Code.TLSA_LOOKUP_TIMEOUT),
        ],
    )
    def test_every_failure_has_its_word(self, failure: Lookup, word: HostWord, code: Code) -> None:
        """S3-06 … S3-09, R7672-2.1.2-c, R7672-2.2-d, R6698-4.1-k."""
        found = answer(failure)
        assert isinstance(found, Stopped)
        assert (found.word, code_of(found)) == (word, code)

    @pytest.mark.parametrize(
        ("rcode", "code"),
        [
            ("NOTIMP", Code.TLSA_LOOKUP_NOTIMP),
            ("REFUSED", Code.TLSA_LOOKUP_REFUSED),
            ("FORMERR", Code.TLSA_LOOKUP_FORMERR),
            ("BADVERS", Code.TLSA_LOOKUP_FAILED),
        ],
    )
    def test_response_codes_have_their_own(self, rcode: str, code: Code) -> None:
        """S3-07."""
        assert code_of(answer(Indeterminate(Why(Cause.RCODE, "refused", rcode=rcode)))) is code

    def test_servfail_is_reported_as_dnssec_invalid_and_a_timeout_is_not(self) -> None:
        """S3-07, the TLSRPT column."""
        assert [one.tlsrpt for one in map(answer, (servfail(), timeout())) if isinstance(one, Stopped)] == [
            "dnssec-invalid",
            None,
        ]

    def test_trouble_with_the_root_is_not_the_hosts(self) -> None:
        """ROOT-i."""
        found = answer(Bogus(Why(Cause.ROOT_FAILURE, "no key of the root verifies")))
        assert isinstance(found, Stopped)
        assert found.word is HostWord.DNS_ERROR


class TestRequiredDane:
    """S3-11, S3-12: under require_dane anything less than authentication ends the host."""

    def test_authentication_satisfies_it(self) -> None:
        """The requirement stands."""
        found = answer(published(GOOD))
        assert isinstance(found, Requirement)
        assert required(ABOUT, found) is None

    @pytest.mark.parametrize("needed", [opportunistic("tlsa-absent"), Requirement(Duty.ENCRYPT, "mx.test")])
    def test_less_does_not(self, needed: Requirement) -> None:
        """No connection is made."""
        found = required(ABOUT, needed)
        assert found is not None
        assert (found.word, found.reason) == (HostWord.DANE_FAIL, "dane-required")
