"""RFC 7672 §2.2.1 and the first stage of the decision table: from the MX answer to the hosts."""

from __future__ import annotations

import pytest

from dane_check.dnssec.lookup import Cause, Indeterminate, Lookup, Why
from dane_check.findings import Code
from dane_check.policy.destination import Destination, Hosts, NoHosts, destination
from dane_check.policy.verdict import DomainWord
from tests.lookups import bogus, hop, insecure, nodata, nxdomain, secure, servfail, timeout


def judged(mx: Lookup, *, require_dane: bool = False) -> Destination:
    return destination("example.test", mx, require_dane=require_dane, most_hosts=20)


def hosts(mx: Lookup) -> Hosts:
    found = judged(mx)
    assert isinstance(found, Hosts)
    return found


def ended(mx: Lookup, *, require_dane: bool = False) -> NoHosts:
    found = judged(mx, require_dane=require_dane)
    assert isinstance(found, NoHosts)
    return found


def codes(found: Destination) -> set[Code]:
    return {one.code for one in found.findings}


class TestMxAnswers:
    """Each MX answer leads to hosts, or ends the check in its own way."""

    def test_hosts_come_by_preference_then_name(self) -> None:
        """S1-03, R7672-2.2.1-b: better preference first; equal ones in a stable order."""
        found = hosts(secure("20 b.test.", "10 z.test.", "10 a.test."))
        assert [(one.name, one.preference) for one in found.hosts] == [("a.test", 10), ("z.test", 10), ("b.test", 20)]
        assert found.secure

    def test_an_insecure_answer_goes_on_with_the_insecure_mx_flag(self) -> None:
        """S1-04, D-1, R7672-2.2.1-e: hosts are judged all the same."""
        found = hosts(insecure("10 mx.test."))
        assert not found.secure
        assert Code.MX_INSECURE in codes(found)

    def test_an_insecure_answer_ends_where_dane_is_required(self) -> None:
        """S1-05, R7672-2.2.1-d: mandatory DANE is not met."""
        found = ended(insecure("10 mx.test."), require_dane=True)
        assert (found.word, found.reason, found.tlsrpt) == (DomainWord.BROKEN, "dane-required", "dane-required")

    def test_an_insecure_null_mx_takes_no_mail_even_where_dane_is_required(self) -> None:
        """S1-13 stands before S1-05: there is no mail to protect."""
        assert ended(insecure("0 ."), require_dane=True).reason == "null-mx"

    def test_a_bogus_answer_breaks_the_domain(self) -> None:
        """S1-06, R7672-2.1.2-a: proven by our own validator."""
        found = ended(bogus())
        assert (found.word, found.reason, found.tlsrpt) == (DomainWord.BROKEN, "mx-bogus", "dnssec-invalid")

    @pytest.mark.parametrize("failure", [servfail(), timeout()])
    def test_a_failed_lookup_is_undetermined(self, failure: Lookup) -> None:
        """S1-07, S1-08, R7672-2.1.2-a: never a fallback to addresses, never a fault of the domain's records."""
        found = ended(failure)
        assert (found.word, found.tlsrpt) == (DomainWord.UNDETERMINED, None)
        assert codes(found) == {Code.MX_LOOKUP_FAILED}

    def test_trouble_with_the_root_is_ours(self) -> None:
        """ROOT-i: exit 4 and not 1."""
        found = ended(bogus(Cause.ROOT_FAILURE))
        assert (found.word, found.reason) == (DomainWord.UNDETERMINED, "trust-anchor-problem")

    def test_a_resolver_that_strips_signatures_is_ours(self) -> None:
        """R7672-2.1.1-e: no DANE verdict through it."""
        found = ended(Indeterminate(Why(Cause.NO_DNSSEC, "no signatures")))
        assert codes(found) == {Code.ENV_RESOLVER_NO_DNSSEC}

    def test_a_proven_alias_loop_breaks_and_an_unproven_one_does_not(self) -> None:
        """S1-17, R7672-2.1.3-f."""
        assert ended(bogus(Cause.ALIAS_LOOP)).word is DomainWord.BROKEN
        assert ended(Indeterminate(Why(Cause.ALIAS_LOOP, "circle"))).word is DomainWord.UNDETERMINED

    def test_no_mx_makes_the_domain_its_own_host(self) -> None:
        """S1-09, S1-10, R7672-2.2.2-j: implicit MX, with the security of the denial."""
        found = hosts(nodata())
        assert ([one.name for one in found.hosts], found.secure, found.implicit) == (["example.test"], True, True)
        assert not hosts(insecure()).secure

    def test_no_such_domain_takes_no_mail(self) -> None:
        """S1-11, S1-12."""
        assert ended(nxdomain()).reason == "no-such-domain"
        unsigned = ended(insecure(kind="nxdomain"))
        assert unsigned.word is DomainWord.NOT_APPLICABLE
        assert Code.UNSIGNED_DENIAL in codes(unsigned)

    def test_a_null_mx_takes_no_mail(self) -> None:
        """S1-13."""
        assert ended(secure("0 .")).reason == "null-mx"

    def test_a_null_mx_beside_others_is_skipped_and_said(self) -> None:
        """S1-14."""
        found = hosts(secure("0 .", "10 mx.test."))
        assert [one.name for one in found.hosts] == ["mx.test"]
        assert Code.MX_NULL_MIXED in codes(found)

    def test_an_alias_of_the_domain_adds_its_expansion_to_the_next_hops(self) -> None:
        """S1-15, R7672-2.2.1-c."""
        found = hosts(secure("10 mx.test.", aliases=(hop("example.test.", "real.test."),)))
        assert found.next_hops == ("example.test", "real.test")

    @pytest.mark.parametrize(
        ("target", "reason"),
        [
            ("192.0.2.1.", "mx-is-address"),
            ("localhost.", "mx-invalid-target"),
            ("mx.", "mx-invalid-target"),
            ("-bad.test.", "mx-invalid-target"),
        ],
    )
    def test_targets_that_are_no_hosts_are_not_looked_up(self, target: str, reason: str) -> None:
        """S1-18, S1-20, R7672-2.2-h."""
        found = hosts(secure(f"10 {target}", "20 mx.test."))
        assert [one.reason for one in found.inapplicable] == [reason]
        assert [one.name for one in found.hosts] == ["mx.test"]

    def test_an_underscore_is_tolerated_in_a_target(self) -> None:
        """R6698-3-c: looked up, and said."""
        assert [one.name for one in hosts(secure("10 mx_1.test.")).hosts] == ["mx_1.test"]

    def test_a_host_named_twice_is_judged_once(self) -> None:
        """S1-21: with its best preference."""
        found = hosts(secure("20 MX.test.", "10 mx.test."))
        assert [(one.name, one.preference) for one in found.hosts] == [("mx.test", 10)]

    def test_more_hosts_than_the_limit_are_said_to_be_left_out(self) -> None:
        """L-4: never silently."""
        found = hosts(secure(*(f"10 mx{n}.test." for n in range(21))))
        assert (len(found.hosts), found.left_out) == (20, 1)
        assert Code.MX_NOT_JUDGED in codes(found)
