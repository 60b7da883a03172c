"""What this machine can judge, from what was seen of the world."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dane_check.check.environment import (
    Ability,
    EnvironmentReport,
    Tried,
    judge_dnssec,
    judge_ipv6,
    judge_port25,
    old_anchors,
    versions,
)
from dane_check.check.outcome import DomainCheck
from dane_check.policy.verdict import EndpointResult, HostWord
from dane_check.report.doctor import doctor_to_json, doctor_to_text
from tests.report.examples import good_host, healthy, no_dane, passing, unreachable
from tests.report.test_json import LOOKUPS

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WORKS, FAILS, NOT_TRIED = (Tried(ability, "because") for ability in (Ability.WORKS, Ability.FAILS, Ability.NOT_TRIED))


def machine(dnssec: Tried = WORKS, port25: Tried = NOT_TRIED, ipv6: Tried = NOT_TRIED) -> EnvironmentReport:
    versions = (("dane_check", "0.1.0"), ("OpenSSL", "4.0.3"))
    return EnvironmentReport(NOW, "system", ("192.0.2.53:53",), (". DS 20326 8 2 e0",), versions, dnssec, port25, ipv6)


def test_old_anchors_are_told_in_words_and_by_name() -> None:
    """ROOT-j: built-in anchors that were not compared with IANA's for 18 months; those of the operator never are."""
    later = datetime(2028, 7, 1, tzinfo=UTC)
    assert old_anchors(True, NOW) is None
    assert old_anchors(False, later) is None
    old = replace(machine(), anchors_of=old_anchors(True, later))
    assert "anchor     old  (built in, of 2026-11-22: update dane_check" in doctor_to_text(old)
    assert json.loads(doctor_to_json(old))["anchors_old"] is True
    assert "old" not in doctor_to_text(machine())


def all_silent() -> DomainCheck:
    """Two addresses, one of each family, neither of which answers."""
    silent = [
        replace(passing(address), result=EndpointResult.UNREACHABLE, word=HostWord.UNREACHABLE, detail="no answer")
        for address in ("192.0.2.1", "2001:db8::1")
    ]
    host = replace(good_host(), endpoints=tuple(silent))
    return replace(healthy(), verdict=replace(healthy().verdict, hosts=(host,)))


class TestJudging:
    """From lookups and checks to abilities."""

    @pytest.mark.parametrize("case", LOOKUPS)
    def test_dnssec_works_only_if_the_anchor_keys_are_secure(self, case: str) -> None:
        found, status = LOOKUPS[case]
        assert (judge_dnssec(found).ability is Ability.WORKS) == (status == 0)

    def test_without_domains_nothing_was_tried(self) -> None:
        assert judge_port25([]).ability is judge_ipv6([]).ability is Ability.NOT_TRIED

    def test_one_server_that_answers_proves_the_port_open(self) -> None:
        assert judge_port25([all_silent(), healthy()]).ability is Ability.WORKS

    def test_if_nobody_answers_the_port_is_taken_for_closed(self) -> None:
        tried = judge_port25([all_silent()])
        assert tried == Tried(Ability.FAILS, "no mail server answered at 2 addresses: no answer")

    def test_ipv6_is_judged_by_ipv6_addresses_alone(self) -> None:
        assert judge_ipv6([unreachable()]).ability is Ability.FAILS
        assert judge_port25([unreachable()]).ability is Ability.WORKS
        assert judge_ipv6([no_dane()]).ability is Ability.NOT_TRIED

    def test_an_address_that_was_skipped_was_not_tried(self) -> None:
        skipped = replace(passing("192.0.2.1"), result=EndpointResult.SKIPPED)
        host = replace(good_host(), endpoints=(skipped,))
        check = replace(healthy(), verdict=replace(healthy().verdict, hosts=(host,)))
        assert judge_port25([check]).ability is Ability.NOT_TRIED


class TestReport:
    """The doctor's report."""

    @pytest.mark.parametrize("which", ["dnssec", "port25", "ipv6"])
    def test_any_ability_that_fails_makes_the_exit_status_4(self, which: str) -> None:
        assert machine(**{which: FAILS}).exit_status == 4

    def test_what_was_not_tried_counts_for_nothing(self) -> None:
        assert machine().exit_status == 0

    def test_the_text_says_it_line_by_line(self) -> None:
        assert doctor_to_text(machine(port25=FAILS)) == (
            "clock      2026-03-01 12:00 UTC\n"
            "resolver   192.0.2.53:53 (of this machine)\n"
            "anchor     . DS 20326 8 2 e0\n"
            "version    dane_check 0.1.0\n"
            "version    OpenSSL 4.0.3\n"
            "DNSSEC     works  (because)\n"
            "port 25    fails  (because)\n"
            "IPv6       not tried  (because)\n"
            "NOT READY  this machine cannot judge every domain  [exit status 4]\n"
        )

    def test_the_versions_name_what_judges(self) -> None:
        known = dict(versions())
        assert {"dane_check", "Python", "dnspython", "cryptography", "pyOpenSSL", "OpenSSL"} <= set(known)
        assert "unknown" not in known.values()
