"""Is it us? Each trouble of this machine or its resolver is found by a plain check, named, and proves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import dns.message
import pytest

from dane_check import Checker, Settings, replay
from dane_check.check.outcome import DomainCheck
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Why
from dane_check.evidence.file import from_text, to_text
from dane_check.findings import CATALOGUE, Code, Severity, remedy, sentence
from dane_check.policy.vantage import ROOT_KEYS, controls, ours
from dane_check.ports import Fault, HandshakeFailure, Question, Refusal, Stage
from tests.check.liars import (
    DOMAIN,
    RECORD,
    MailServer,
    Reply,
    Resolver,
    Watch,
    answers_nonsense,
    blocks,
    checked,
    codes,
    cuts_short,
    denies,
    denies_the_tld,
    denies_tlsa,
    fails,
    forges_addresses,
    holds_the_zones,
    honest,
    is_silent,
    mail_world,
    redirects,
    rewrites_absence,
    spoils_the_root_keys,
    strips,
)
from tests.dnssec.recursive import unsigned, without
from tests.dnssec.world import NOW, N, SigningKey, World, rrtype

Habit = Callable[[Question, dns.message.Message], Reply]

LIARS: dict[Habit, tuple[Code, str]] = {
    strips: (Code.ENV_RESOLVER_NO_DNSSEC, "resolver-not-dnssec"),
    answers_nonsense: (Code.ENV_RESOLVER_NO_DNSSEC, "resolver-not-dnssec"),
    denies_the_tld: (Code.ENV_RESOLVER_LIES, "resolver-lies"),
    spoils_the_root_keys: (Code.ENV_RESOLVER_LIES, "resolver-lies"),
    redirects: (Code.ENV_RESOLVER_LIES, "resolver-lies"),
    denies: (Code.ENV_RESOLVER_LIES, "resolver-lies"),
    cuts_short: (Code.ENV_DNS_TCP_BLOCKED, "dns-tcp-blocked"),
    fails: (Code.ENV_RESOLVER_UNUSABLE, "resolver-unusable"),
    is_silent: (Code.ENV_RESOLVER_UNUSABLE, "resolver-unusable"),
}


def questions(resolver: Resolver) -> set[str]:
    return {str(question) for question in resolver.asked}


class TestResolvers:
    """A resolver that strips, lies, or cannot be asked over TCP (R7672-2.1.1-e, ROOT-i)."""

    def test_a_good_one_is_asked_nothing_more(self) -> None:
        """No control question leaves while nothing fails."""
        resolver = Resolver(mail_world(), honest)
        check = checked(resolver)
        assert (check.verdict.word, check.verdict.exit_status) == ("protected", 0)
        assert not any("dane-check" in one or "ipv4only" in one for one in questions(resolver))

    @pytest.mark.parametrize("habit", LIARS, ids=lambda habit: habit.__name__)
    def test_a_bad_one_is_named_and_nothing_is_concluded(self, habit: Habit) -> None:
        """Undetermined, exit status 4, one sentence and what to do; never broken and never unprotected."""
        code, reason = LIARS[habit]
        check = checked(Resolver(mail_world(), habit))
        (found,) = check.verdict.findings
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        assert (found.code, found.severity, check.verdict.reason) == (code, Severity.INCONCLUSIVE, reason)
        assert sentence(found).endswith(".")
        assert remedy(found)

    @pytest.mark.parametrize("habit", LIARS, ids=lambda habit: habit.__name__)
    def test_evidence_of_a_bad_one_gives_the_equal_verdict(self, habit: Habit) -> None:
        """What the control questions brought is part of what was heard."""
        check = checked(Resolver(mail_world(), habit), record=True)
        assert check.evidence is not None
        (again,) = asyncio.run(replay(check.evidence))
        assert again.verdict == check.verdict

    def test_require_dane_does_not_make_our_trouble_theirs(self) -> None:
        """D-33 is about what the domain lacks."""
        check = checked(Resolver(mail_world(), denies_the_tld), require_dane=True)
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)

    def test_rewritten_absence_is_found_by_a_name_that_nobody_has(self) -> None:
        """An MX host that does not exist gets an address without a signature: bogus, but by the resolver's doing."""
        world = mail_world()
        world.zones[N("example.org.")].sets[N("example.org."), rrtype.MX].clear()
        world.zones[N("example.org.")].put("@ MX 10 gone")
        assert "mx-target-missing" in codes(checked(Resolver(world, honest)))
        check = checked(Resolver(world, rewrites_absence))
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        assert Code.ENV_RESOLVER_LIES in codes(check)

    def test_made_up_ipv6_addresses_are_found_by_a_name_that_has_none(self) -> None:
        """RFC 7050: ipv4only.arpa has an AAAA record only where a DNS64 makes one."""
        check = checked(Resolver(mail_world(), forges_addresses))
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        assert Code.ENV_RESOLVER_LIES in codes(check)
        assert Code.ADDR_BOGUS not in codes(check)

    def test_a_resolver_that_says_it_blocks_is_believed_that(self) -> None:
        """RFC 8914 §4.16: not proof of anything, but reason enough to prove nothing."""
        check = checked(Resolver(mail_world(), blocks))
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        assert codes(check) & {Code.ENV_RESOLVER_LIES, Code.ADDR_BOGUS} == {Code.ENV_RESOLVER_LIES}

    def test_a_tlsa_record_that_a_resolver_denies_of_itself_is_neither_absent_nor_theirs(self) -> None:
        """D-42: AA on what fails to validate is the resolver's own word; no such record is concluded from it."""
        check = checked(Resolver(mail_world(), denies_tlsa), record=True)
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        assert codes(check) == {Code.ENV_RESOLVER_LIES}
        assert not check.verdict.hosts[0].endpoints
        assert check.evidence is not None
        (again,) = asyncio.run(replay(from_text(to_text(check.evidence))))
        assert again.verdict == check.verdict

    def test_a_resolver_that_holds_the_zone_itself_is_as_good_as_its_signatures(self) -> None:
        """AA beside good signatures changes nothing."""
        assert checked(Resolver(mail_world(), holds_the_zones)).verdict.word == "protected"

    def test_tcp_that_fails_for_one_family_stops_the_host(self) -> None:
        """Only TLSA is too large: the host is undetermined, and nobody is connected to."""

        def cuts_tlsa(question: Question, reply: dns.message.Message) -> Reply:
            return cuts_short(question, reply) if question.rdtype == rrtype.TLSA else reply

        check = checked(Resolver(mail_world(), cuts_tlsa))
        assert (check.verdict.word, check.verdict.hosts[0].reason) == ("undetermined", "dns-tcp-blocked")
        assert Code.ENV_DNS_TCP_BLOCKED in codes(check)
        assert not check.verdict.hosts[0].endpoints


class TestTheirTrouble:
    """What is the domain's stays the domain's, however much is asked about us."""

    def test_a_domain_without_signatures_behind_a_ds_is_broken(self) -> None:
        resolver = Resolver(mail_world(), honest)
        resolver.bend("example.org.", "MX", unsigned(rrtype.MX))
        check = checked(resolver)
        assert (check.verdict.word, codes(check)) == ("broken", {Code.MX_BOGUS})
        assert any("no-such-tld-dane-check" in one for one in questions(resolver))

    def test_a_domain_that_leaves_out_its_denials_is_broken(self) -> None:
        resolver = Resolver(mail_world(), honest)
        resolver.bend("mx.example.org.", "AAAA", without(rrtype.NSEC))
        check = checked(resolver)
        assert check.verdict.word != "undetermined"
        assert Code.ENV_RESOLVER_LIES not in codes(check)

    def test_servfail_for_one_domain_is_no_trouble_of_the_resolver(self) -> None:
        def fails_for_it(question: Question, reply: dns.message.Message) -> Reply:
            return fails(question, reply) if question.rdtype == rrtype.MX else reply

        assert codes(checked(Resolver(mail_world(), fails_for_it))) == {Code.MX_LOOKUP_FAILED}

    def test_an_expired_signature_of_the_domain_asks_about_nobody(self) -> None:
        """Time is not what a resolver changes."""
        world = mail_world()
        world.zones[N("example.org.")].expiration = NOW - 1
        resolver = Resolver(world, honest)
        assert checked(resolver).verdict.word == "broken"
        assert not any("dane-check" in one for one in questions(resolver))

    def test_signatures_that_ran_out_on_a_server_of_the_zone_are_the_domains(self) -> None:
        """Nobody else could have made them, AA or not."""
        world = mail_world()
        world.zones[N("example.org.")].expiration = NOW - 1
        assert checked(Resolver(world, holds_the_zones)).verdict.word == "broken"

    def test_only_a_failure_asks(self) -> None:
        """What each kind of failure is controlled by."""
        assert controls("TLSA", Bogus(Why(Cause.SIGNATURE_EXPIRED, "x"))) == ()
        assert controls("TLSA", Indeterminate(Why(Cause.LIMIT, "x"))) == ()
        assert controls("TLSA", Indeterminate(Why(Cause.RCODE, "x"))) == (ROOT_KEYS,)


OFF = {
    "a day before the root signed": timedelta(days=-2),
    "a second after the root's signatures": timedelta(days=30, seconds=1),
    "before this release": timedelta(days=-365 * 27),
    "eleven years later": timedelta(days=365 * 11),
}


class TestClock:
    """T-9, D-23: a wrong clock of this machine is ours; a moment that was given is never called a clock."""

    @pytest.mark.parametrize("off", OFF.values(), ids=OFF)
    def test_a_wrong_clock_is_named(self, off: timedelta) -> None:
        check = checked(Resolver(mail_world(), honest), off=off)
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        assert (codes(check), check.verdict.reason) == ({Code.ENV_CLOCK}, "clock-suspect")

    @pytest.mark.parametrize("off", OFF.values(), ids=OFF)
    def test_the_same_moments_given_are_no_clock(self, off: timedelta) -> None:
        """And as the root fails by them, still nobody's fault."""
        check = checked(Resolver(mail_world(), honest), off=off, given=True)
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        assert codes(check) == {Code.TRUST_ANCHOR_PROBLEM}

    def test_what_the_root_signed_about_a_tld_counts_as_its_keys_do(self) -> None:
        """The root signs its delegations twice a day: a clock that is a day late fails there first."""
        world = mail_world()
        root = world.zones[N(".")]
        resolver = Resolver(world, honest)

        def fresh(reply: dns.message.Message) -> dns.message.Message:
            data = next(one for one in reply.answer if one.rdtype == rrtype.DS)
            reply.answer[:] = [data, root.sign(data, inception=NOW - 3600)]
            return reply

        resolver.bend("org.", "DS", fresh)
        assert checked(resolver).verdict.word == "protected"
        assert codes(checked(resolver, off=timedelta(hours=-2))) == {Code.ENV_CLOCK}
        assert codes(checked(resolver, off=timedelta(hours=-2), given=True)) == {Code.TRUST_ANCHOR_PROBLEM}

    @pytest.mark.parametrize("given", [False, True])
    def test_evidence_knows_whose_moment_it_was(self, given: bool) -> None:
        check = checked(Resolver(mail_world(), honest), off=timedelta(days=40), given=given, record=True)
        assert check.evidence is not None
        (again,) = asyncio.run(replay(check.evidence))
        assert again.verdict == check.verdict


class TestAnchors:
    """T-10, ROOT-d, ROOT-e, ROOT-g, ROOT-i: an outdated anchor is trouble of ours."""

    OLD, NEW, STRANGER = SigningKey(11), SigningKey(12), SigningKey(13)

    def anchored(self, *signers: SigningKey, anchors: tuple[SigningKey, ...]) -> set[Code]:
        world = mail_world(keys=signers)
        texts = tuple(f". DNSKEY {key.dnskey.to_text()}" for key in anchors)
        return codes(checked(Resolver(world, honest), trust_anchor=texts)) & {Code.TRUST_ANCHOR_PROBLEM}

    @pytest.mark.parametrize("signers", [(OLD,), (NEW,), (OLD, NEW)])
    def test_a_root_signed_by_either_is_well(self, signers: tuple[SigningKey, ...]) -> None:
        assert not self.anchored(*signers, anchors=(self.OLD, self.NEW))

    def test_a_root_signed_by_neither_is_an_outdated_anchor(self) -> None:
        assert self.anchored(self.STRANGER, anchors=(self.OLD, self.NEW)) == {Code.TRUST_ANCHOR_PROBLEM}

    def test_a_root_whose_old_key_is_revoked_needs_the_new_one(self) -> None:
        revoked = SigningKey(11, flags=257 | 0x80)
        assert self.anchored(revoked, anchors=(self.OLD,)) == {Code.TRUST_ANCHOR_PROBLEM}
        assert not self.anchored(revoked, self.NEW, anchors=(self.OLD, self.NEW))

    def test_an_anchor_file_whose_keys_are_withdrawn(self) -> None:
        """ROOT-g: `validUntil` is over."""
        world = mail_world()
        tag, algorithm, kind, digest = world.anchor()[0].split()[-4:]
        xml = (
            f'<TrustAnchor><Zone>.</Zone><KeyDigest id="a" validFrom="2010-01-01T00:00:00+00:00" '
            f'validUntil="2026-12-31T00:00:00+00:00"><KeyTag>{tag}</KeyTag><Algorithm>{algorithm}</Algorithm>'
            f"<DigestType>{kind}</DigestType><Digest>{digest}</Digest></KeyDigest></TrustAnchor>"
        )
        check = checked(Resolver(world, honest), trust_anchor=(xml,))
        assert (codes(check), check.verdict.exit_status) == ({Code.TRUST_ANCHOR_PROBLEM}, 4)

    def test_an_anchor_of_the_domain_itself_makes_its_failures_ours_only_at_its_keys(self) -> None:
        """An operator's own anchor: an expired MX record below it is still the domain's."""
        world = mail_world()
        own = tuple(world.anchor("example.org."))
        resolver = Resolver(world, honest)
        resolver.bend("example.org.", "MX", unsigned(rrtype.MX))
        assert codes(checked(resolver, trust_anchor=own)) == {Code.MX_BOGUS}


def test_every_code_of_this_side_is_inconclusive() -> None:
    """Whatever is ours can never break, and never cap, what is theirs."""
    of_ours = [code for code in Code if code.startswith("env-")] + [Code.TRUST_ANCHOR_PROBLEM]
    assert {severity for code in of_ours for severity in CATALOGUE[code].severities} == {Severity.INCONCLUSIVE}


def test_the_pure_part_leaves_alone_what_it_does_not_know() -> None:
    """A failure that shows nothing of us stays as it is."""
    assert ours(Bogus(Why(Cause.SIGNATURE_MISSING, "x", zone="example.org.")), own_clock=True) is None
    assert ours(Indeterminate(Why(Cause.TRANSPORT, "x", fault="timeout")), own_clock=True) is None


SILENCE = HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.TIMEOUT)
NO_IPV6 = HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.NO_FAMILY)


def two_domains(*addresses: str) -> World:
    """example.org. and example.net., each with one host at one of these addresses."""
    world = World()
    for tld, address in zip(("org.", "net."), addresses, strict=True):
        world.add(tld)
        world.add(f"example.{tld}", f"@ MX 10 mx\nmx A {address}\n_25._tcp.mx TLSA {RECORD}")
    return world


def one_domain(*addresses: str) -> World:
    """example.org. with a host at each of these addresses."""
    hosts = "".join(
        f"@ MX 10 mx{n}\nmx{n} {'AAAA' if ':' in address else 'A'} {address}\n_25._tcp.mx{n} TLSA {RECORD}\n"
        for n, address in enumerate(addresses)
    )
    world = World()
    world.add("org.")
    world.add("example.org.", hosts)
    return world


def run_of(world: World, names: tuple[str, ...], failing: dict[str, HandshakeFailure]) -> list[DomainCheck]:
    """One run over these domains, one after the other."""
    settings = Settings(resolver="192.0.2.53", trust_anchor=tuple(world.anchor()))

    async def run() -> list[DomainCheck]:
        async with Checker(settings, dns=Resolver(world, honest), prober=MailServer(failing), clock=Watch()) as checker:
            return [await checker.domain(name) for name in names]

    return asyncio.run(run())


def beside(check: DomainCheck) -> set[Code]:
    return {one.code for one in check.diagnostics}


class TestPort25:
    """All of at least two unrelated hosts let the connection time out: it is blocked here."""

    HERE, NEAR, FAR, V6 = "198.41.0.4", "198.41.0.10", "199.9.14.201", "2001:503:ba3e::2:30"

    @pytest.mark.parametrize(
        ("addresses", "told"), [((HERE, FAR), True), ((HERE, V6), True), ((HERE, NEAR), False), ((HERE,), False)]
    )
    def test_unrelated_means_different_hosts_in_different_networks(
        self, addresses: tuple[str, ...], told: bool
    ) -> None:
        (check,) = run_of(one_domain(*addresses), (DOMAIN,), dict.fromkeys(addresses, SILENCE))
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        assert (Code.ENV_PORT25_BLOCKED in codes(check)) is told

    def test_one_that_answers_shows_that_it_is_open(self) -> None:
        (check,) = run_of(one_domain(self.HERE, self.FAR), (DOMAIN,), {self.HERE: SILENCE})
        assert Code.ENV_PORT25_BLOCKED not in codes(check)

    def test_a_refused_connection_is_no_silence(self) -> None:
        refused = HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.REFUSED)
        (check,) = run_of(one_domain(self.HERE, self.FAR), (DOMAIN,), {self.HERE: SILENCE, self.FAR: refused})
        assert Code.ENV_PORT25_BLOCKED not in codes(check)

    def test_domains_of_one_run_share_what_was_seen_and_not_the_verdict(self) -> None:
        """The second domain is told beside its verdict, which stays what it is alone."""
        world, names = two_domains(self.HERE, self.FAR), ("example.org", "example.net")
        first, second = run_of(world, names, dict.fromkeys((self.HERE, self.FAR), SILENCE))
        (alone,) = run_of(world, names[1:], {self.FAR: SILENCE})
        assert (beside(first), beside(second)) == (set(), {Code.ENV_PORT25_BLOCKED})
        assert second.verdict == alone.verdict

    def test_a_host_that_answered_the_run_clears_the_port(self) -> None:
        first, second = run_of(two_domains(self.HERE, self.FAR), ("example.org", "example.net"), {self.FAR: SILENCE})
        assert not beside(first) | beside(second)

    def test_one_host_of_two_domains_is_still_one(self) -> None:
        """Silence at the same place twice shows nothing new."""
        checks = run_of(
            two_domains(self.HERE, self.NEAR),
            ("example.org", "example.net"),
            dict.fromkeys((self.HERE, self.NEAR), SILENCE),
        )
        assert not any(Code.ENV_PORT25_BLOCKED in beside(check) | codes(check) for check in checks)


class TestIpv6:
    """D-17: a machine without IPv6 is told once, and what it could not reach is nobody's fault."""

    def test_it_is_one_finding_however_many_addresses(self) -> None:
        v6 = ("2001:503:ba3e::2:30", "2001:500:9f::42")
        (check,) = run_of(one_domain("198.41.0.4", *v6), (DOMAIN,), dict.fromkeys(v6, NO_IPV6))
        assert (check.verdict.word, check.verdict.exit_status) == ("undetermined", 4)
        said = [one for one in check.verdict.all_findings if one.severity is Severity.INCONCLUSIVE]
        assert [one.code for one in said] == [Code.ENV_NO_IPV6]
