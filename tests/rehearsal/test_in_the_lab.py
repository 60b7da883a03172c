"""Rehearsals from end to end: zones of the lab that are validated, and servers of the lab that are connected to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dane_check import Checker, Rehearsal, Settings
from dane_check.findings import Code
from dane_check.lab import Lab, Scenario, load_scenarios, read_scenario
from dane_check.lab.certificates import Chain
from dane_check.lab.keys import KeyKind
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from dane_check.policy.verdict import EndpointResult
from dane_check.rehearsal.moments import Order
from dane_check.rehearsal.outcome import Would
from dane_check.rehearsal.plan import Plan, plan
from tests.rehearsal.made import chain, codes, offline, pem, record

TA_OF_THE_LAB = record("2 1 1", chain("any"))
WRONG = "3 1 1 " + "ab" * 32
MakePlan = Callable[[tuple[str, ...], datetime], Plan]


def rehearsed(domain: str | Scenario, make_plan: MakePlan, **chosen: Any) -> tuple[Rehearsal, int]:
    """A rehearsal in the scenario of `domain`, and how many sessions its servers saw.

    make_plan -- gets the records that are published at the host mx, as text, and the lab's moment.
    """
    scenario = domain
    if not isinstance(scenario, Scenario):
        scenario = next(one for one in load_scenarios() if one.domain == domain)

    async def act() -> tuple[Rehearsal, int]:
        async with Lab([scenario]) as lab:
            settings = Settings(
                resolver=str(lab.resolver),
                trust_anchor=lab.trust_anchor,
                now=lab.clock.now(),
                allow_reserved=True,
                **chosen,
            )
            transport, dialer = lab.transport(UdpTransport(settings.limits.dns)), lab.dialer(TcpDialer())
            async with Checker(settings, dns=transport, dialer=dialer, clock=lab.clock) as checker:
                published = await checker.lookup(f"_25._tcp.mx.{scenario.domain}", "TLSA")
                texts = tuple(one.text for one in published.records)
                found = await checker.rehearse(make_plan(texts, lab.clock.now()))
            return found, len(lab.seen(scenario.domain))

    return asyncio.run(act())


def candidates(domain: str, *records: str, **more: object) -> MakePlan:
    """Candidate records against the servers as they are."""
    return lambda published, now: plan([f"mx.{domain}"], tlsa=records, **more)  # type: ignore[arg-type]


def served(domain: str, at: datetime) -> Chain:
    """The chain that the lab's server has, made anew with the same key."""
    host = f"mx.{domain}"
    return chain(f"{host} mx 0", names=(host,), at=at)


class TestLiveServers:
    """Candidate records against every address and certificate type of the servers as they are."""

    def test_pf_a_records_of_the_key_in_use_would_protect(self) -> None:
        """PF-a: The published set judged as candidates: the same matcher, the same answer."""
        found, sessions = rehearsed("ee-matches.test", lambda texts, now: plan(["mx.ee-matches.test"], tlsa=texts))
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 0)
        assert sessions > 0
        assert found.hosts[0].assumed == "the candidate records are taken as published; their zone is proven signed"
        assert found.switch is not None

    def test_pf_a_records_of_another_key_would_break(self) -> None:
        """PF-a, R6698-A1-a: The domain is protected now and would not be with these."""
        found, _ = rehearsed("ee-matches.test", candidates("ee-matches.test", WRONG))
        assert (found.would, found.exit_status) == (Would.BE_BROKEN, 1)

    def test_records_that_would_mend_a_broken_host_are_seen_to(self) -> None:
        """What a check suggests is what a rehearsal accepts."""
        domain = "no-match.test"
        found, _ = rehearsed(domain, candidates(domain, WRONG))
        suggested = found.hosts[0].verdict.endpoints[0].suggested
        assert suggested is not None
        mended, _ = rehearsed(domain, candidates(domain, suggested))
        assert mended.would is Would.BE_PROTECTED

    def test_pf_c_each_certificate_type_must_be_covered(self) -> None:
        """PF-c: A record for one of two certificates would break senders that ask for the other."""
        domain = "dual-certificates.test"
        both, _ = rehearsed(domain, lambda texts, now: plan([f"mx.{domain}"], tlsa=texts))
        one, _ = rehearsed(domain, lambda texts, now: plan([f"mx.{domain}"], tlsa=texts[:1]))
        assert both.would is Would.BE_PROTECTED
        assert one.would is Would.BE_BROKEN
        assert Code.ALG_CHAIN_DIFFERS in codes(one)

    def test_pf_d_every_address_must_present_a_matching_chain(self) -> None:
        """PF-d: Of two addresses with different keys one would be refused."""
        domain = "addresses-differ.test"
        found, _ = rehearsed(domain, lambda texts, now: plan([f"mx.{domain}"], tlsa=texts[:1]))
        results = {one.result for one in found.hosts[0].verdict.endpoints}
        assert found.would is Would.BE_BROKEN
        assert results == {EndpointResult.AUTHENTICATED, EndpointResult.MISMATCH}

    def test_a_server_that_cannot_be_reached_cannot_be_told(self) -> None:
        """A closed port is no fault of the candidates."""
        found, _ = rehearsed("port-closed.test", candidates("port-closed.test", WRONG))
        assert (found.would, found.exit_status) == (Would.CANNOT_TELL, 4)


class TestCandidateChains:
    """Chains to come against the records that stand, or come with them; the servers show what is served before."""

    domain = "ee-matches.test"
    host = f"mx.{domain}"

    def play(self, make_plan: MakePlan) -> Rehearsal:
        found, sessions = rehearsed(self.domain, make_plan)
        assert sessions > 0
        return found

    def test_renewing_with_the_same_key_would_break_nothing(self) -> None:
        """3 1 1 names the key, not the certificate."""
        found = self.play(lambda texts, now: plan([self.host], chains=[pem(served(self.domain, now))]))
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 0)
        assert found.hosts[0].assumed is None

    def test_renewing_with_another_key_would_break(self) -> None:
        """The most common accident there is: a renewed key without its record."""
        renewed = pem(chain("renewed", names=(self.host,)))
        found = self.play(lambda texts, now: plan([self.host], chains=[renewed]))
        assert (found.would, found.exit_status) == (Would.BE_BROKEN, 1)

    def test_r7671_8_1_a_a_record_added_first_would_protect(self) -> None:
        """R7671-8.1-a, R6698-A4-a: Both records published, the switch two TTLs of the published set later."""
        renewed = chain("renewed", names=(self.host,))
        found = self.play(
            lambda texts, now: plan([self.host], tlsa=[*texts, record("3 1 1", renewed)], chains=[pem(renewed)])
        )
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 0)
        assert Code.ROLLOVER_WINDOW_OPEN in codes(found)
        assert found.switch is not None
        assert found.switch.seconds == 2 * (found.hosts[0].ttl or 0) > 0

    def test_r7671_8_c_the_published_set_is_the_previous_one_unless_another_is_given(self) -> None:
        """R7671-8-c: Replacing it together with the key leaves senders without a moment to agree."""
        renewed = chain("renewed", names=(self.host,))
        new = record("3 1 1", renewed)
        found = self.play(lambda texts, now: plan([self.host], tlsa=[new], chains=[pem(renewed)]))
        assert (found.exit_status, found.reason) == (1, "publisher-rules")
        assert Code.ROLLOVER_GAP in codes(found)
        other = self.play(lambda texts, now: plan([self.host], tlsa=[new], chains=[pem(renewed)], previous=[new]))
        assert other.exit_status == 0

    def test_pf_c_a_second_certificate_type_must_be_covered_too(self) -> None:
        """PF-c: An RSA chain is going to be served beside the ECDSA one, and has no record."""
        rsa = chain("rsa", KeyKind.RSA, names=(self.host,))
        found = self.play(lambda texts, now: plan([self.host], chains=[pem(served(self.domain, now)), pem(rsa)]))
        assert found.would is Would.BE_BROKEN
        assert Code.ALG_CHAIN_DIFFERS in codes(found)


class TestZones:
    """Candidates are worth what their zone is worth."""

    @pytest.mark.parametrize(
        ("domain", "would", "status"),
        [
            ("unsigned.test", Would.BE_UNPROTECTED, 3),
            ("tlsa-zone-unsigned.test", Would.BE_UNPROTECTED, 3),
            ("island-of-security.test", Would.BE_UNPROTECTED, 3),
            ("tlsa-forged.test", Would.BE_BROKEN, 1),
            ("tlsa-servfail.test", Would.CANNOT_TELL, 4),
            ("mx-target-missing.test", Would.CANNOT_TELL, 4),
        ],
    )
    def test_a_zone_that_is_unsigned_broken_or_silent_is_not_mended_by_candidates(
        self, domain: str, would: Would, status: int
    ) -> None:
        """Whatever the records and the chain are, nothing but a proven zone would protect."""
        made = chain("made", names=(f"mx.{domain}",))
        found, _ = rehearsed(
            domain, lambda texts, now: plan([f"mx.{domain}"], tlsa=[record("3 1 1", made)], chains=[pem(made)])
        )
        assert (found.would, found.exit_status) == (would, status)
        assert found.hosts[0].assumed is None

    def test_no_record_yet_in_a_signed_zone_is_where_candidates_begin(self) -> None:
        """The first records of a domain that has none."""
        domain = "tlsa-nodata.test"
        made = chain("made", names=(f"mx.{domain}",))
        found, _ = rehearsed(
            domain, lambda texts, now: plan([f"mx.{domain}"], tlsa=[record("3 1 1", made)], chains=[pem(made)])
        )
        assert found.would is Would.BE_PROTECTED

    def test_records_that_senders_would_not_look_at_are_said_to_be_so(self) -> None:
        """The host is an alias, and the records at its final name decide."""
        domain = "alias-tlsa-at-final.test"
        found, _ = rehearsed(domain, candidates(domain, WRONG))
        assert found.would is Would.BE_PROTECTED
        assert Code.CANDIDATES_NOT_ASKED in codes(found)


class TestMailDomains:
    """R7672-3.2.2: names that count in a certificate of usage 2 beside the host's."""

    def play(self, domain: str, *domains: str) -> Rehearsal:
        """What is published and served, judged as candidates."""
        return rehearsed(domain, lambda texts, now: plan([f"mx.{domain}"], tlsa=texts, domains=domains))[0]

    def test_the_name_of_a_domain_with_signed_mx_records_counts(self) -> None:
        """As mail to that domain would find it; the host alone would be refused."""
        domain = "ta-names-mail-domain.test"
        assert self.play(domain).would is Would.BE_BROKEN
        assert self.play(domain, domain).would is Would.BE_PROTECTED

    def test_the_name_of_a_domain_without_signed_mx_records_does_not(self) -> None:
        """A-1: whoever forges the MX records could name any domain."""
        domain = "ta-names-mail-domain-insecure-mx.test"
        scenario = next(one for one in load_scenarios() if one.domain == domain)
        host = next(iter(scenario.expect.hosts))
        found, _ = rehearsed(domain, lambda texts, now: plan([host], tlsa=[TA_OF_THE_LAB], domains=[domain]))
        assert found.would is Would.BE_BROKEN

    def test_a_domain_whose_mail_goes_elsewhere_does_not_count(self) -> None:
        """Its name says nothing about this host."""
        domain = "ta-names-mail-domain.test"
        assert self.play(domain, f"mx.{domain}").would is Would.BE_BROKEN

    @pytest.mark.parametrize(("domains", "would"), [((), Would.BE_BROKEN), (("example.net",), Would.BE_PROTECTED)])
    def test_offline_the_domains_are_taken_as_given(self, domains: tuple[str, ...], would: Would) -> None:
        """Nobody is asked, so nobody can say that they are not signed."""
        made = chain("elsewhere", names=("example.net",))
        assert offline([record("2 1 1", made)], made, domains=domains).would is would


class TestExpectations:
    """What `expect` asserts, and when that cannot be told."""

    @pytest.mark.parametrize(
        ("domain", "scheme", "met", "status"),
        [
            ("ee-matches.test", "3 1 1", True, 0),
            ("ee-matches.test", "3 1 2", False, 1),
            ("ee-matches.test", "2 1 1", False, 1),
            ("port-closed.test", "3 1 1", None, 4),
        ],
    )
    def test_a_scheme_must_match(self, domain: str, scheme: str, met: bool | None, status: int) -> None:
        """A usable record of it that matches, no more and no less."""
        found, _ = rehearsed(domain, lambda texts, now: plan([f"mx.{domain}"], tlsa=texts, expect=[scheme]))
        assert [one.met for one in found.hosts[0].expectations] == [met]
        assert found.exit_status == status


def scenario(records: str, domain: str = "made.test") -> Scenario:
    """One server, and a zone with these records."""
    return read_scenario(
        f'id = "made"\ndomain = "{domain}"\nsays = "A zone for a rehearsal."\nrule = ["PF-a"]\n'
        f'[[zone]]\nrecords = """\n{records}\n"""\n[[server]]\n[expect]\nverdict = "unprotected"\nexit = 3\n'
    )


class TestWhereCandidatesWouldStand:
    """Aliases and wildcards at and above the place of the candidates, which publishing would meet or hide."""

    @pytest.mark.parametrize("candidate", [WRONG, "3 1 1 abcd"])
    def test_a_host_that_exists_by_a_wildcard_only_would_vanish(self, candidate: str) -> None:
        """field-notes `tlsa-host-wildcard-shadow`: RFC 4592: the first name below it hides the wildcard."""
        found, _ = rehearsed(
            scenario("@ MX 10 mx\n* A {A}"), lambda texts, now: plan(["mx.made.test"], tlsa=[candidate])
        )
        assert found.exit_status == 1
        assert Code.TLSA_HOST_WILDCARD_SHADOW in codes(found)
        assert found.hosts[0].verdict.endpoints == ()

    def test_a_host_with_an_address_of_its_own_stays(self) -> None:
        """The wildcard answers for other names."""
        world = scenario("@ MX 10 mx\nmx A {A}\n* A {A}\n_25._tcp.mx TLSA 3 1 1 {ee}")
        found, _ = rehearsed(world, lambda texts, now: plan(["mx.made.test"], tlsa=texts))
        assert found.exit_status == 0

    @pytest.mark.parametrize(("wildcard", "hidden"), [("*._tcp.mx", False), ("*.mx", True)])
    def test_a_wildcard_above_is_hidden_from_the_names_beside(self, wildcard: str, hidden: bool) -> None:
        """RFC 4592: `_25._tcp.mx` makes `_tcp.mx` exist; `*._tcp.mx` goes on answering below it, `*.mx` does not."""
        world = scenario(f"@ MX 10 mx\nmx A {{A}}\n{wildcard} TLSA 3 1 1 {{ee}}")
        found, _ = rehearsed(world, lambda texts, now: plan(["mx.made.test"], tlsa=texts))
        assert (Code.TLSA_WILDCARD_SHADOW in codes(found)) is hidden
        assert found.exit_status == int(hidden)

    def test_a_cname_at_the_owner_is_told(self) -> None:
        """RFC 2181 §10.1: no record stands beside it; the candidates may take its place."""
        world = scenario("@ MX 10 mx\nmx A {A}\n_25._tcp.mx CNAME dane\ndane TLSA 3 1 1 {ee}")
        found, _ = rehearsed(world, lambda texts, now: plan(["mx.made.test"], tlsa=texts))
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 0)
        assert Code.TLSA_BESIDE_CNAME in codes(found)

    def test_a_mail_host_of_the_domain_was_forgotten(self) -> None:
        """With --domain its MX records are known, and the second host has proof that there is no record for it."""
        world = scenario("@ MX 10 mx\n@ MX 20 mx2\nmx A {A}\nmx2 A {A}\n_25._tcp.mx TLSA 3 1 1 {ee}")
        found, _ = rehearsed(world, lambda texts, now: plan(["mx.made.test"], tlsa=texts, domains=["made.test"]))
        (one,) = found.remarks
        assert (one.code, one.about.host) == (Code.MX_HOST_FORGOTTEN, "mx2.made.test")
        assert found.exit_status == 1

    @pytest.mark.parametrize("target", [".", "localhost.", "192.0.2.9."])
    def test_a_target_that_is_no_host_is_nobody_to_forget(self, target: str) -> None:
        """A null MX beside others, and whatever else DANE cannot apply to (S1-14, S1-18, S1-20)."""
        world = scenario(f"@ MX 10 mx\n@ MX 20 {target}\nmx A {{A}}\n_25._tcp.mx TLSA 3 1 1 {{ee}}")
        found, _ = rehearsed(world, lambda texts, now: plan(["mx.made.test"], tlsa=texts, domains=["made.test"]))
        assert (found.remarks, found.exit_status) == ((), 0)

    def test_a_mail_host_with_records_of_its_own_was_not(self) -> None:
        """It need not be rehearsed with the others."""
        world = scenario(
            "@ MX 10 mx\n@ MX 20 mx2\nmx A {A}\nmx2 A {A}\n_25._tcp.mx TLSA 3 1 1 {ee}\n_25._tcp.mx2 TLSA 3 1 1 {ee}"
        )
        found, _ = rehearsed(world, lambda texts, now: plan(["mx.made.test"], tlsa=texts, domains=["made.test"]))
        assert found.remarks == ()


class TestMoments:
    """Before, in between and after, against servers and zones as they are."""

    domain = "ee-matches.test"
    host = f"mx.{domain}"

    def order(self, make_plan: MakePlan, **chosen: Any) -> set[Order]:
        found, _ = rehearsed(self.domain, make_plan, **chosen)
        return {one.order for one in found.hosts[0].moments}

    def test_r7671_8_1_a_the_server_shows_what_is_served_now(self) -> None:
        """R7671-8.1-a: the new set names the old chain too, so that it can be published first."""
        new = chain("new", names=(self.host,))
        both: MakePlan = lambda texts, now: plan([self.host], tlsa=[*texts, record("3 1 1", new)], chains=[pem(new)])  # noqa: E731
        assert self.order(both) == {Order.RECORDS_FIRST}
        assert self.order(both, connect=False) == {Order.CANNOT_TELL}

    def test_r7671_8_c_a_set_without_the_key_in_use_leaves_no_order(self) -> None:
        """R7671-8-c: neither can go first."""
        new = chain("new", names=(self.host,))
        assert self.order(lambda texts, now: plan([self.host], tlsa=[record("3 1 1", new)], chains=[pem(new)])) == {
            Order.NEVER
        }

    def test_a_chain_alone_is_one_step(self) -> None:
        """And the same chain is no change."""
        new = chain("new", names=(self.host,))
        assert self.order(lambda texts, now: plan([self.host], chains=[pem(new)])) == {Order.ONE_STEP}
        assert self.order(lambda texts, now: plan([self.host], tlsa=texts)) == {Order.NO_CHANGE}

    def test_what_is_served_now_may_be_given(self) -> None:
        """With --old-chain no server is asked for it."""
        old, new = chain("given", names=(self.host,)), chain("new", names=(self.host,))
        records = [record("3 1 1", old), record("3 1 1", new)]
        found, sessions = rehearsed(
            self.domain,
            lambda texts, now: plan([self.host], tlsa=records, chains=[pem(new)], serving=[pem(old)]),
        )
        assert sessions == 0
        assert {one.order for one in found.hosts[0].moments} == {Order.RECORDS_FIRST}


class TestMailDomainsAsAWhole:
    """A mail domain brings its hosts, each judged for it, and the domain as their fold."""

    def test_every_mail_host_gets_the_candidates(self) -> None:
        """PF-b: both hosts share the records that are given."""
        domain = "mx-hosts-share-a-key.test"
        new = chain("shared")
        found, _ = rehearsed(
            domain, lambda texts, now: plan(mail=[domain], tlsa=[record("3 1 1", new)], chains=[pem(new)])
        )
        assert [(one.domain, one.would) for one in found.hosts] == [(domain, Would.BE_PROTECTED)] * 2
        assert found.mail[0].would is Would.BE_PROTECTED

    def test_an_insecure_mx_caps_the_domain_and_not_the_host(self) -> None:
        """D-1: the host would be authenticated, the choice of it not."""
        domain = "insecure-mx-good-host.test"
        found, _ = rehearsed(domain, lambda texts, now: plan(mail=[domain], chains=[pem(chain("any"))]))
        assert found.mail[0].mx is not None
        assert found.mail[0].mx.status == "insecure"
        assert found.mail[0].would is not Would.BE_PROTECTED
