"""What the user's wishes do to a verdict: audit mode, and certificate dates of another moment (D-8, D-23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dane_check.policy.destination import Hosts, MxHost
from dane_check.policy.domain import domain_verdict, excluded, qualified
from dane_check.policy.fold import exit_of_many
from dane_check.policy.verdict import DomainVerdict, DomainWord, EndpointResult, EndpointVerdict, HostVerdict, HostWord
from dane_check.ports import TlsFacts
from dane_check.report.json import check_to_json
from dane_check.report.text import check_to_text
from tests.report.examples import broken, healthy

LATER = datetime(2030, 1, 1, tzinfo=UTC)
TLS = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None)
GOOD = HostVerdict("mx.example.test", 10, HostWord.DANE_OK)


def with_status(status: int) -> DomainVerdict:
    return replace(healthy().verdict, exit_status=status)


class TestAudit:
    """D-8, R7671-10.3-a, R7672-9.1-b: the word stays, the status is lowered as far as 3, and the report says so."""

    @pytest.mark.parametrize(("status", "lowered"), [(0, 0), (1, 3), (3, 3), (4, 3), (5, 5)])
    def test_one_and_four_become_three_and_nothing_becomes_success(self, status: int, lowered: int) -> None:
        audited = qualified(with_status(status), audit=True, certificates_at=None)
        assert (audited.exit_status, audited.unaudited) == (lowered, status)
        assert replace(audited, exit_status=status, unaudited=None) == with_status(status)

    def test_several_domains_are_no_better_for_it(self) -> None:
        """D-9: the worst of the lowered ones; a bad line of the input stays what it is."""
        lowered = [qualified(with_status(one), audit=True, certificates_at=None).exit_status for one in (0, 1, 4, 5)]
        assert exit_of_many(lowered) == 3
        assert exit_of_many([2, *lowered]) == 2

    def test_what_strict_and_require_dane_call_broken_is_lowered_too(self) -> None:
        """D-8 with D-20 and D-33: they say what counts as broken, audit says what comes of it."""
        open_host = replace(GOOD, word=HostWord.NO_DANE)
        hosts = Hosts((MxHost("mx.example.test", 10),), True, ("example.test",))
        verdict = domain_verdict("example.test", None, hosts, [open_host], strict=True, require_dane=True)
        audited = qualified(verdict, audit=True, certificates_at=None)
        assert (verdict.exit_status, audited.exit_status, audited.word) == (1, 3, DomainWord.BROKEN)

    def test_the_report_shows_it_in_every_form(self) -> None:
        """R7672-9.1-b."""
        check = replace(broken(), verdict=qualified(broken().verdict, audit=True, certificates_at=None))
        element = check_to_json(check)
        assert (element["verdict"], element["exit_status"], element["unaudited_exit_status"]) == ("broken", 3, 1)
        assert check_to_text(check).rstrip().endswith("[exit status 3, audit only, 1 without it]")
        assert check_to_json(broken())["unaudited_exit_status"] is None


class TestCertificatesAt:
    """D-23: what was judged at another moment is never told as if it were so now."""

    def test_protected_says_of_which_moment(self) -> None:
        verdict = qualified(healthy().verdict, audit=False, certificates_at=LATER)
        assert "2030-01-01 00:00 UTC" in verdict.sentence
        assert "would protect" in verdict.sentence
        assert (verdict.word, verdict.exit_status) == (DomainWord.PROTECTED, 0)
        check = replace(healthy(), verdict=verdict)
        assert check_to_json(check)["certificates_at"] == "2030-01-01T00:00:00Z"
        assert verdict.sentence in check_to_text(check)

    def test_any_other_verdict_says_so_too(self) -> None:
        verdict = qualified(broken().verdict, audit=False, certificates_at=LATER)
        assert verdict.sentence.startswith(broken().verdict.sentence)
        assert "as of 2030-01-01 00:00 UTC, not as of now" in verdict.sentence

    def test_without_it_nothing_is_said(self) -> None:
        assert qualified(healthy().verdict, audit=False, certificates_at=None) == healthy().verdict


class TestDown:
    """D-18: a host that the user says is down."""

    def test_it_is_undetermined_and_incomplete_beside_good_hosts(self) -> None:
        hosts = Hosts((MxHost("mx.example.test", 10), MxHost("mx2.example.test", 20)), True, ("example.test",))
        left_out = excluded("example.test", hosts.hosts[1])
        verdict = domain_verdict("example.test", None, hosts, [GOOD, left_out], strict=False)
        assert (verdict.word, verdict.exit_status, verdict.reason) == (DomainWord.UNDETERMINED, 4, "incomplete")
        assert not verdict.complete

    def test_worse_stays_worse(self) -> None:
        hosts = Hosts((MxHost("mx.example.test", 10), MxHost("mx2.example.test", 20)), True, ("example.test",))
        failing = replace(GOOD, word=HostWord.DNS_BOGUS)
        verdict = domain_verdict(
            "example.test", None, hosts, [failing, excluded("example.test", hosts.hosts[1])], strict=False
        )
        assert (verdict.word, verdict.exit_status) == (DomainWord.BROKEN, 1)


def test_one_bad_endpoint_of_two_is_told_as_such() -> None:
    """D-22: the sentence counts endpoints, and does not say that all mail is refused."""
    good = EndpointVerdict("192.0.2.1", 25, None, EndpointResult.AUTHENTICATED, HostWord.DANE_OK, tls=TLS)
    bad = replace(good, address="192.0.2.2", result=EndpointResult.MISMATCH, word=HostWord.DANE_FAIL)
    host = HostVerdict("mx.example.test", 10, HostWord.DANE_FAIL, endpoints=(good, bad))
    hosts = Hosts((MxHost("mx.example.test", 10),), True, ("example.test",))
    verdict = domain_verdict("example.test", None, hosts, [host], strict=False)
    assert "refuse 1 of 2 endpoints" in verdict.sentence
