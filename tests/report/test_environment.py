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
    judge_answers,
    judge_clock,
    judge_dnssec,
    judge_ipv6,
    judge_port25,
    judge_tcp,
    old_anchors,
    versions,
)
from dane_check.check.outcome import DomainCheck
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Proof, SecureDenial, Why
from dane_check.findings import About, Code, finding, remedy
from dane_check.policy.verdict import EndpointResult, HostWord
from dane_check.ports import Fault, NoReply
from dane_check.report.doctor import doctor_to_json, doctor_to_text
from dane_check.wire.message import Message
from tests.report.examples import ABILITIES, good_host, healthy, no_dane, passing, unreachable
from tests.report.test_json import LOOKUPS

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GOOD = LOOKUPS["secure"][0]
WORKS, FAILS, NOT_TRIED = (Tried(ability, "because") for ability in (Ability.WORKS, Ability.FAILS, Ability.NOT_TRIED))


def machine(**abilities: Tried) -> EnvironmentReport:
    tried = {key: abilities.get(key, WORKS if key == "dnssec" else NOT_TRIED) for key in ABILITIES}
    versions = (("dane_check", "0.1.0"), ("OpenSSL", "4.0.3"))
    return EnvironmentReport(NOW, "system", ("192.0.2.53:53",), (". DS 20326 8 2 e0",), versions, tried)


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
        assert (tried.ability, tried.because) == (Ability.FAILS, "no mail server answered at 2 addresses: no answer")
        assert tried.todo == remedy(finding(Code.ENV_PORT25_BLOCKED, About()))

    def test_ipv6_is_judged_by_ipv6_addresses_alone(self) -> None:
        assert judge_ipv6([unreachable()]).ability is Ability.FAILS
        assert judge_port25([unreachable()]).ability is Ability.WORKS
        assert judge_ipv6([no_dane()]).ability is Ability.NOT_TRIED

    def test_a_machine_without_a_route_needs_no_mail_server_to_show_it(self) -> None:
        assert judge_ipv6([no_dane()], routed=False).ability is Ability.FAILS
        assert judge_ipv6([], routed=True).ability is Ability.NOT_TRIED

    @pytest.mark.parametrize(
        ("cause", "code"),
        [
            (Cause.KEY_MISSING, Code.TRUST_ANCHOR_PROBLEM),
            (Cause.SIGNATURE_INVALID, Code.ENV_RESOLVER_LIES),
            (Cause.SIGNATURE_EXPIRED, Code.TRUST_ANCHOR_PROBLEM),
        ],
    )
    def test_what_is_wrong_with_the_anchor_says_what_to_do(self, cause: Cause, code: Code) -> None:
        """The next step is that of the finding which a check gives for the same."""
        tried = judge_dnssec(Bogus(Why(Cause.ROOT_FAILURE, "it fails", zone=".", behind=cause)))
        assert tried == Tried(Ability.FAILS, "it fails", remedy(finding(code, About())))

    def test_a_resolver_that_gives_nothing_is_no_matter_of_dnssec(self) -> None:
        tried = judge_dnssec(Indeterminate(Why(Cause.TRANSPORT, "silence", fault="timeout")))
        assert tried.todo == remedy(finding(Code.ENV_RESOLVER_UNUSABLE, About()))

    def test_the_clock_is_judged_by_the_release_and_by_the_root(self) -> None:
        """D-23: and never where the time was given."""
        late = Bogus(Why(Cause.ROOT_FAILURE, "it expired", zone=".", behind=Cause.SIGNATURE_EXPIRED))
        now = datetime(2027, 3, 1, tzinfo=UTC)
        assert judge_clock(now, GOOD, own_clock=True).ability is Ability.WORKS
        assert judge_clock(now, late, own_clock=True).ability is Ability.FAILS
        assert judge_clock(datetime(2001, 1, 1, tzinfo=UTC), GOOD, own_clock=True).ability is Ability.FAILS
        assert judge_clock(datetime(2001, 1, 1, tzinfo=UTC), late, own_clock=False).ability is Ability.NOT_TRIED
        assert judge_clock(now, Indeterminate(Why(Cause.RCODE, "x")), own_clock=True).ability is Ability.NOT_TRIED

    def test_answers_are_true_where_what_is_denied_stays_denied(self) -> None:
        denied = SecureDenial("nxdomain", Proof())
        made_up = Insecure("data", (), Why(Cause.UNSIGNED_DELEGATION, "x"))
        changed = Bogus(Why(Cause.SIGNATURE_MISSING, "x", zone="."))
        assert judge_answers(denied, denied).ability is Ability.WORKS
        assert judge_answers(denied, made_up).ability is Ability.FAILS
        assert judge_answers(changed, denied).ability is Ability.FAILS
        assert judge_answers(Indeterminate(Why(Cause.RCODE, "x")), denied).ability is Ability.NOT_TRIED

    def test_one_resolver_that_takes_tcp_is_enough(self) -> None:
        silent, reply = NoReply(Fault.TIMEOUT), Message(b"", 1, 0, False, None, (), ())
        assert judge_tcp({}).ability is Ability.NOT_TRIED
        assert judge_tcp({"a": silent}).ability is Ability.FAILS
        assert judge_tcp({"a": silent, "b": reply}).ability is Ability.WORKS

    def test_an_address_that_was_skipped_was_not_tried(self) -> None:
        skipped = replace(passing("192.0.2.1"), result=EndpointResult.SKIPPED)
        host = replace(good_host(), endpoints=(skipped,))
        check = replace(healthy(), verdict=replace(healthy().verdict, hosts=(host,)))
        assert judge_port25([check]).ability is Ability.NOT_TRIED


class TestReport:
    """The doctor's report."""

    @pytest.mark.parametrize("which", ABILITIES)
    def test_any_ability_that_fails_makes_the_exit_status_4(self, which: str) -> None:
        assert machine(**{which: FAILS}).exit_status == 4

    def test_what_was_not_tried_counts_for_nothing(self) -> None:
        assert machine().exit_status == 0

    def test_the_text_says_it_line_by_line(self) -> None:
        assert doctor_to_text(machine(port25=replace(FAILS, todo="Do so."))) == (
            "clock      2026-03-01 12:00 UTC\n"
            "resolver   192.0.2.53:53 (of this machine)\n"
            "anchor     . DS 20326 8 2 e0\n"
            "version    dane_check 0.1.0\n"
            "version    OpenSSL 4.0.3\n"
            "time       not tried  (because)\n"
            "DNSSEC     works  (because)\n"
            "answers    not tried  (because)\n"
            "DNS/TCP    not tried  (because)\n"
            "port 25    fails  (because)\n"
            "           do     Do so.\n"
            "IPv6       not tried  (because)\n"
            "NOT READY  this machine cannot judge every domain  [exit status 4]\n"
        )

    def test_the_versions_name_what_judges(self) -> None:
        known = dict(versions())
        assert {"dane_check", "Python", "dnspython", "cryptography", "pyOpenSSL", "OpenSSL"} <= set(known)
        assert "unknown" not in known.values()
