"""RFC 7672 §2.2.2 and the second stage of the decision table: which names may be the TLSA base domain."""

from __future__ import annotations

import pytest

from dane_check.dnssec.lookup import Cause, Lookup
from dane_check.findings import About, Code, Severity
from dane_check.policy.address_plan import NoAddressYet, Reachable, address_plan
from dane_check.policy.stopped import Stopped
from dane_check.policy.verdict import HostWord
from tests.lookups import bogus, hop, insecure, nodata, nxdomain, secure, servfail, timeout

HOST = "mx.test"
A, AAAA = "192.0.2.1", "2001:db8::1"
TO_FINAL = (hop("mx.test.", "final.test."),)
UNSIGNED_TARGET = (hop("mx.test.", "final.test."), hop("final.test.", "end.test.", "insecure"))
UNSIGNED_FIRST = (hop("mx.test.", "final.test.", "insecure"),)


def plan(a: Lookup, aaaa: Lookup) -> Reachable | NoAddressYet | Stopped:
    return address_plan(About("example.test", HOST), a, aaaa)


def candidates(a: Lookup, aaaa: Lookup) -> list[tuple[str, ...]]:
    found = plan(a, aaaa)
    assert isinstance(found, Reachable)
    return [family.candidates for family in found.families]


class TestCandidates:
    """Nothing insecure before the name, and never an alias in the middle."""

    def test_a_secure_host_is_its_own_candidate(self) -> None:
        """S2-01, R7672-2.2.2-d."""
        assert candidates(secure(A), nodata()) == [(HOST,)]

    def test_an_insecure_host_has_none(self) -> None:
        """S2-02, R7672-2.2.2-c: TLSA is not even asked."""
        assert candidates(insecure(A), insecure()) == [()]

    def test_an_alias_secure_to_the_end_gives_the_final_name_then_the_host(self) -> None:
        """S2-07, R7671-7-b, R7672-2.2.2-g, R7672-2.2.3-j: and never a name between."""
        aliases = (hop("mx.test.", "middle.test."), hop("middle.test.", "final.test."))
        assert candidates(secure(A, aliases=aliases), nodata()) == [("final.test", HOST)]

    def test_an_alias_into_an_unsigned_zone_leaves_the_host(self) -> None:
        """S2-08, R7672-2.2.2-e."""
        assert candidates(insecure(A, aliases=UNSIGNED_TARGET), nodata()) == [(HOST,)]

    def test_an_insecure_first_hop_leaves_nothing(self) -> None:
        """S2-09, R7672-2.2.2-f."""
        assert candidates(insecure(A, aliases=UNSIGNED_FIRST), nodata()) == [()]

    def test_families_that_end_at_different_names_have_their_own(self) -> None:
        """S2-14."""
        other = (hop("mx.test.", "six.test."),)
        found = candidates(secure(A, aliases=TO_FINAL), secure(AAAA, aliases=other))
        assert found == [("final.test", HOST), ("six.test", HOST)]

    def test_a_family_that_is_insecure_is_held_to_the_other_ones_records(self) -> None:
        """S2-06c, R7672-2.2.2-m: enforced there, but it cannot make the host protected."""
        found = plan(secure(A), insecure(AAAA))
        assert isinstance(found, Reachable)
        assert [(family.candidates, family.vouched) for family in found.families] == [((HOST,), True), ((HOST,), False)]
        assert Code.ADDR_ONE_FAMILY_INSECURE in {one.code for one in found.findings}


class TestFailures:
    """A failed lookup is never an absence."""

    @pytest.mark.parametrize(
        ("a", "aaaa", "word"),
        [
            (bogus(), bogus(), HostWord.DNS_BOGUS),
            (bogus(), nodata(), HostWord.DNS_BOGUS),
            (servfail(), bogus(), HostWord.DNS_BOGUS),
            (servfail(), timeout(), HostWord.DNS_ERROR),
            (nodata(), timeout(), HostWord.DNS_ERROR),
            (insecure(), servfail(), HostWord.DNS_ERROR),
        ],
    )
    def test_without_any_address_a_failure_decides(self, a: Lookup, aaaa: Lookup, word: HostWord) -> None:
        """S2-04, S2-05: bogus anywhere is proof, else we could not tell."""
        found = plan(a, aaaa)
        assert isinstance(found, Stopped)
        assert found.word is word

    def test_a_bogus_family_beside_a_good_one_caps_the_domain(self) -> None:
        """S2-06, D-2: the good family is judged; the finding is partial."""
        found = plan(secure(A), bogus())
        assert isinstance(found, Reachable)
        assert found.floor is None
        assert [one.severity for one in found.findings if one.code is Code.ADDR_ONE_FAMILY_FAILED] == [Severity.PARTIAL]

    def test_an_unanswered_family_beside_a_good_one_leaves_doubt(self) -> None:
        """S2-06b: the host is no better than dns-error."""
        found = plan(servfail(), secure(AAAA))
        assert isinstance(found, Reachable)
        assert found.floor is HostWord.DNS_ERROR

    def test_a_failed_family_beside_an_insecure_one(self) -> None:
        """S2-06d: TLSA is not asked; only an unproven failure leaves doubt."""
        proven, unproven = plan(insecure(A), bogus()), plan(insecure(A), timeout())
        assert isinstance(proven, Reachable)
        assert isinstance(unproven, Reachable)
        assert (proven.floor, unproven.floor) == (None, HostWord.DNS_ERROR)
        assert [family.candidates for family in proven.families] == [()]

    def test_a_loop_of_aliases_says_so(self) -> None:
        """S2-10."""
        found = plan(bogus(Cause.ALIAS_LOOP), bogus(Cause.ALIAS_LOOP))
        assert isinstance(found, Stopped)
        assert Code.ADDR_CNAME_LOOP in {one.code for one in found.findings}


class TestNoAddress:
    """A host without addresses gets no mail; whether that can be believed is another matter."""

    @pytest.mark.parametrize("denial", [nodata(), nxdomain(), nodata(TO_FINAL)])
    def test_a_proven_absence_takes_the_host_out_of_the_fold(self, denial: Lookup) -> None:
        """S2-03, S2-11, R7672-2.2.2-b."""
        found = plan(denial, denial)
        assert isinstance(found, Stopped)
        assert found.word is HostWord.NO_ADDRESS
        assert [one.severity for one in found.findings if one.code is Code.MX_TARGET_MISSING] == [Severity.HYGIENE]

    def test_an_unsigned_absence_protects_nobody(self) -> None:
        """S2-03b: whoever forges it can forge an address."""
        found = plan(insecure(), nodata())
        assert isinstance(found, Stopped)
        assert (found.word, found.reason) == (HostWord.NO_DANE, "no-address-unsigned")

    def test_behind_a_secure_alias_the_records_of_the_host_still_decide(self) -> None:
        """S2-11b."""
        found = plan(insecure(aliases=TO_FINAL), insecure(aliases=TO_FINAL))
        assert isinstance(found, NoAddressYet)
        assert found.candidates == (HOST,)

    def test_behind_an_insecure_alias_nothing_does(self) -> None:
        """S2-11b, the other half."""
        assert isinstance(plan(insecure(aliases=UNSIGNED_FIRST), insecure(aliases=UNSIGNED_FIRST)), Stopped)


def test_an_alias_as_mx_target_is_said() -> None:
    """R7672-2.2.2-i, R7671-7-e: some senders skip such a host."""
    found = plan(secure(A, aliases=TO_FINAL), nodata())
    assert Code.MX_TARGET_CNAME in {one.code for one in found.findings}
