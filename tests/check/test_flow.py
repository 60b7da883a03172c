"""One domain from start to end over hand-made answers: what is asked, what is connected to, and what comes out."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dane_check.check.domain import check_domain, check_relay
from dane_check.check.session import Probes, Session
from dane_check.dnssec.lookup import Cause, Lookup, Secure
from dane_check.findings import Code
from dane_check.limits import DomainLimits, Limits
from dane_check.policy.verdict import EndpointResult
from dane_check.ports import (
    Fault,
    HandshakeFailure,
    KeyType,
    ProbeOutcome,
    ProbeRequest,
    Refusal,
    ServedChain,
    Stage,
    TlsFacts,
)
from dane_check.settings import Settings
from tests.lookups import PROOF, Answers, bogus, hop, insecure, nodata, secure, servfail, timeout, tlsa_records
from tests.pki import NOW, make_ca, make_leaf

DOMAIN, HOST, OWNER = "example.test", "mx.example.test", "_25._tcp.mx.example.test"
V4, V6 = "198.41.0.4", "2001:503:ba3e::2:30"  # public addresses; nothing here connects to anything
ROOT = make_ca()
LEAF = make_leaf(HOST, issuer=ROOT, dns_names=[HOST])
OTHER = make_leaf("other.example.test", issuer=ROOT, dns_names=["other.example.test"])
ALERT = HandshakeFailure(Stage.HANDSHAKE, Refusal.TLS_ALERT, detail="handshake failure")


def ee(leaf: bytes | None = None) -> bytes:
    return bytes([3, 1, 1]) + hashlib.sha256(LEAF.spki if leaf is None else leaf).digest()


def published(*rdatas: bytes) -> Secure:
    return Secure(tlsa_records(*rdatas), PROOF)


def chain(*certificates: bytes, key_type: KeyType = KeyType.ECDSA) -> ServedChain:
    return ServedChain(
        certificates or (LEAF.der, ROOT.der), key_type, TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None)
    )


Served = dict[str, ProbeOutcome | tuple[ProbeOutcome, ...]]


class Servers:
    """A `Prober` over a table: what an address serves to one handshake after the other, and an alert after the last."""

    def __init__(self, table: Served) -> None:
        self.table = {
            address: list(served) if isinstance(served, tuple) else [served] for address, served in table.items()
        }
        self.requests: list[ProbeRequest] = []

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        self.requests.append(request)
        left = self.table[request.address]
        return left.pop(0) if left else ALERT


def good_answers() -> dict[tuple[str, str], Lookup]:
    return {
        (DOMAIN, "MX"): secure("10 mx.example.test."),
        (HOST, "A"): secure(V4),
        (HOST, "AAAA"): nodata(),
        (OWNER, "TLSA"): published(ee()),
    }


class Stage4:
    """One run over answers and servers, kept for asking what happened."""

    def __init__(
        self,
        changes: dict[tuple[str, str], Lookup] | None = None,
        servers: Served | None = None,
        *,
        signed: tuple[str, ...] = (),
        settings: Settings | None = None,
        relay: tuple[str, int] | None = None,
    ) -> None:
        self.answers = Answers(good_answers() | (changes or {}), signed=signed)
        self.servers = Servers(servers if servers is not None else {V4: chain(), V6: chain()})
        probes = Probes(self.servers)
        session = Session(settings or Settings(), NOW, lambda: self.answers, probes, "probe.example.net")
        work = check_relay(session, *relay) if relay else check_domain(session, DOMAIN)
        self.outcome = asyncio.run(work)

    @property
    def verdict(self) -> tuple[str, int]:
        return self.outcome.verdict.word.value, self.outcome.verdict.exit_status

    @property
    def codes(self) -> set[Code]:
        return {one.code for one in self.outcome.verdict.all_findings}


class TestOneHost:
    """The whole way, for one host with one address."""

    def test_a_matching_record_protects(self) -> None:
        """W-01: SNI is the base domain, and both certificate types are asked for."""
        run = Stage4()
        assert run.verdict == ("protected", 0)
        assert [request.server_name for request in run.servers.requests] == [HOST, HOST]
        assert [set(request.key_types) for request in run.servers.requests] == [
            {KeyType.RSA, KeyType.ECDSA, KeyType.EDDSA, KeyType.UNKNOWN},
            {KeyType.RSA, KeyType.EDDSA},
        ]

    def test_another_certificate_breaks(self) -> None:
        """S4-A15, R7672-9.1-a: and the record that would match is at hand."""
        run = Stage4(servers={V4: chain(OTHER.der, ROOT.der)})
        endpoint = run.outcome.verdict.hosts[0].endpoints[0]
        assert run.verdict == ("broken", 1)
        assert endpoint.result is EndpointResult.MISMATCH
        assert endpoint.suggested == "3 1 1 " + hashlib.sha256(OTHER.spki).hexdigest()

    def test_a_second_certificate_that_does_not_match_breaks(self) -> None:
        """S4-A22: what a single connection would not see."""
        run = Stage4(servers={V4: (chain(), chain(OTHER.der, key_type=KeyType.RSA))})
        assert run.verdict == ("broken", 1)
        assert Code.ALG_CHAIN_DIFFERS in run.codes

    def test_a_second_certificate_that_cannot_be_tried_leaves_doubt(self) -> None:
        """S4-A22: not tested is 4 at best."""
        reset = HandshakeFailure(Stage.HANDSHAKE, Refusal.TLS_BROKEN_OFF, Fault.RESET)
        run = Stage4(servers={V4: (chain(), reset)})
        assert run.verdict == ("undetermined", 4)
        assert Code.ALG_NOT_TESTED in run.codes

    def test_the_same_certificate_again_is_no_second_type(self) -> None:
        """S4-A07b: servers that ignore what is offered."""
        run = Stage4(servers={V4: (chain(), chain())})
        assert run.verdict == ("protected", 0)
        assert len(run.servers.requests) == 2

    def test_every_type_is_asked_for_until_the_server_has_no_more(self) -> None:
        """S4-A22: a third certificate, hidden behind two good ones, breaks the host."""
        eddsa, stale = make_leaf("eddsa", issuer=ROOT), chain(OTHER.der, key_type=KeyType.RSA)
        both = published(ee(), ee(eddsa.spki))
        served = (chain(), chain(eddsa.der, key_type=KeyType.EDDSA), stale)
        run = Stage4({(OWNER, "TLSA"): both}, {V4: served})
        assert run.verdict == ("broken", 1)
        assert run.servers.requests[-1].key_types == {KeyType.RSA}

    def test_a_type_nobody_can_ask_for_alone_hides_no_other(self) -> None:
        """S4-A22: behind a post-quantum certificate the ordinary ones are asked for."""
        run = Stage4(servers={V4: (chain(key_type=KeyType.UNKNOWN), chain(OTHER.der, key_type=KeyType.RSA))})
        assert run.verdict == ("broken", 1)
        assert run.servers.requests[1].key_types == {KeyType.RSA, KeyType.ECDSA, KeyType.EDDSA}

    def test_no_handshake_left_means_not_tested(self) -> None:
        """L-19: three handshakes, four types."""
        one, two = make_leaf("one", issuer=ROOT), make_leaf("two", issuer=ROOT)
        records = published(ee(), ee(one.spki), ee(two.spki))
        served = (chain(key_type=KeyType.UNKNOWN), chain(one.der), chain(two.der, key_type=KeyType.RSA))
        run = Stage4({(OWNER, "TLSA"): records}, {V4: served})
        assert run.verdict == ("undetermined", 4)
        assert len(run.servers.requests) == 3

    def test_another_leaf_of_the_same_type_is_judged(self) -> None:
        """S4-A22: whatever is served counts, asked for or not."""
        run = Stage4(servers={V4: (chain(), chain(OTHER.der))})
        assert run.verdict == ("broken", 1)

    def test_a_malformed_address_is_never_left_out_in_silence(self) -> None:
        """T-16: it cannot be judged, and so forbids protected; nothing raises."""
        run = Stage4({(HOST, "A"): secure(V4, "\\# 3 010203")})
        assert run.verdict == ("undetermined", 4)
        assert Code.ADDR_MALFORMED in run.codes

    def test_a_failed_first_session_has_no_second(self) -> None:
        """S4-A22: the first handshake decides reachability."""
        run = Stage4(servers={V4: HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.TIMEOUT)})
        assert run.verdict == ("undetermined", 4)
        assert len(run.servers.requests) == 1

    def test_addresses_that_differ_break(self) -> None:
        """W-28, PF-d."""
        run = Stage4({(HOST, "AAAA"): secure(V6)}, {V4: chain(), V6: chain(OTHER.der)})
        assert run.verdict == ("broken", 1)
        assert Code.ADDR_CHAIN_DIFFERS in run.codes

    def test_an_unsigned_host_is_asked_once(self) -> None:
        """S4-O01: its certificate is ignored, and no record could be published for it."""
        run = Stage4({(HOST, "A"): insecure(V4), (HOST, "AAAA"): insecure()})
        assert run.verdict == ("unprotected", 3)
        assert len(run.servers.requests) == 1

    def test_the_advice_for_a_host_without_records_covers_every_certificate(self) -> None:
        """R7671-8-a: a record for one type alone would break the other."""
        run = Stage4({(OWNER, "TLSA"): nodata()}, {V4: (chain(), chain(OTHER.der, key_type=KeyType.RSA))})
        assert run.verdict == ("unprotected", 3)
        (absent,) = (one for one in run.outcome.verdict.all_findings if one.code is Code.TLSA_ABSENT)
        assert all(hashlib.sha256(leaf.spki).hexdigest() in absent.fact["suggested"] for leaf in (LEAF, OTHER))


class TestNoConnection:
    """Where the table forbids it, nothing is connected to (R7672-10-a)."""

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({(DOMAIN, "MX"): bogus()}, ("broken", 1)),
            ({(DOMAIN, "MX"): servfail()}, ("undetermined", 4)),
            ({(DOMAIN, "MX"): secure("0 .")}, ("not-applicable", 5)),
            ({(HOST, "A"): bogus(), (HOST, "AAAA"): bogus()}, ("broken", 1)),
            ({(HOST, "A"): timeout(), (HOST, "AAAA"): nodata()}, ("undetermined", 4)),
            ({(HOST, "A"): nodata()}, ("not-applicable", 5)),
            ({(OWNER, "TLSA"): bogus()}, ("broken", 1)),
            ({(OWNER, "TLSA"): bogus(Cause.DENIAL_MISSING)}, ("broken", 1)),
            ({(OWNER, "TLSA"): timeout()}, ("undetermined", 4)),
            ({(OWNER, "TLSA"): servfail()}, ("undetermined", 4)),
        ],
    )
    def test_failed_lookups(self, change: dict[tuple[str, str], Lookup], expected: tuple[str, int]) -> None:
        """R6698-4.1-b, -4.1-k: W-14, W-15, W-29, W-31 and their neighbours."""
        run = Stage4(change)
        assert run.verdict == expected
        assert run.servers.requests == []

    def test_required_dane_that_is_not_there(self) -> None:
        """S3-11, R7672-6-a."""
        run = Stage4({(OWNER, "TLSA"): nodata()}, settings=Settings(require_dane=True))
        assert run.verdict == ("broken", 1)
        assert run.servers.requests == []

    def test_special_purpose_addresses(self) -> None:
        """S4-A01b, threats T-23: judged before any mapping."""
        run = Stage4({(HOST, "A"): secure("192.168.1.1")})
        assert run.verdict == ("undetermined", 4)
        assert run.servers.requests == []
        assert Code.MX_RESERVED_ADDRESS in run.codes

    def test_special_purpose_addresses_that_are_allowed(self) -> None:
        """In a lab they are contacted, and nothing is said of them."""
        run = Stage4(
            {(HOST, "A"): secure("192.168.1.1")}, {"192.168.1.1": chain()}, settings=Settings(allow_reserved=True)
        )
        assert run.verdict == ("protected", 0)
        assert Code.MX_RESERVED_ADDRESS not in run.codes

    def test_no_connect(self) -> None:
        """D-18: DNS alone is judged, and that is said."""
        run = Stage4(settings=Settings(connect=False))
        assert run.verdict == ("undetermined", 4)
        assert run.servers.requests == []
        assert not run.outcome.verdict.complete

    @pytest.mark.parametrize(("aaaa", "expected"), [(secure(V6), ("undetermined", 4)), (nodata(), ("protected", 0))])
    def test_one_family_only(self, aaaa: Lookup, expected: tuple[str, int]) -> None:
        """W-47: what was left out is never protected; where it is denied, nothing was left out."""
        run = Stage4({(HOST, "AAAA"): aaaa}, settings=Settings(ipv6=False))
        assert run.verdict == expected
        assert {request.address for request in run.servers.requests} == {V4}


class TestTlsaQuestions:
    """TLSA is asked where the order of the table asks it, and nowhere else."""

    def test_none_toward_an_insecure_zone(self) -> None:
        """W-16, R7672-2.2.2-c: not even a diagnostic one."""
        run = Stage4({(HOST, "A"): insecure(V4), (HOST, "AAAA"): insecure()})
        assert run.verdict == ("unprotected", 3)
        assert all(rdtype != "TLSA" for _, rdtype in run.answers.asked)

    def test_beside_the_addresses_where_the_zone_is_proven_signed(self) -> None:
        """D-12: and an early failure counts only where the table asks."""
        run = Stage4(
            {(HOST, "A"): bogus(), (HOST, "AAAA"): bogus(), (OWNER, "TLSA"): servfail()}, signed=("example.test",)
        )
        assert (OWNER, "TLSA") in run.answers.asked
        assert run.verdict == ("broken", 1)
        assert not any(code.value.startswith("tlsa-") for code in run.codes)

    def test_not_beside_them_when_switched_off(self) -> None:
        """--no-early-tlsa."""
        quiet = Stage4(
            {(HOST, "A"): bogus(), (HOST, "AAAA"): bogus()},
            signed=("example.test",),
            settings=Settings(early_tlsa=False),
        )
        assert (OWNER, "TLSA") not in quiet.answers.asked

    def test_the_final_name_first_and_its_records_end_the_search(self) -> None:
        """W-22, R7672-2.2.3-a, -2.2.3-b: unusable records at the final name hide good ones at the host."""
        aliased = secure(V4, aliases=(hop(HOST, "final.example.test."),))
        run = Stage4(
            {
                (HOST, "A"): aliased,
                ("_25._tcp.final.example.test", "TLSA"): published(bytes([1, 1, 1]) + bytes(32)),
            }
        )
        assert run.verdict == ("unprotected", 3)
        assert run.outcome.verdict.hosts[0].word.value == "tls-only"
        assert (OWNER, "TLSA") not in run.answers.asked

    def test_a_failure_at_the_final_name_is_no_reason_to_try_the_host(self) -> None:
        """W-23, R7672-2.2.2-h, R7672-2.1.2-d."""
        aliased = secure(V4, aliases=(hop(HOST, "final.example.test."),))
        run = Stage4({(HOST, "A"): aliased, ("_25._tcp.final.example.test", "TLSA"): bogus()})
        assert run.verdict == ("broken", 1)
        assert (OWNER, "TLSA") not in run.answers.asked

    def test_the_host_after_a_denial_at_the_final_name(self) -> None:
        """W-18, R7672-2.2.3-i, R7671-7-c: SNI is the host then."""
        aliased = secure(V4, aliases=(hop(HOST, "final.example.test."),))
        run = Stage4({(HOST, "A"): aliased, ("_25._tcp.final.example.test", "TLSA"): nodata()})
        assert run.verdict == ("protected", 0)
        assert {request.server_name for request in run.servers.requests} == {HOST}


class TestNames:
    """Which names a trust-anchor chain may carry (RFC 7672 §3.2.2)."""

    TA = bytes([2, 0, 1]) + hashlib.sha256(ROOT.der).digest()
    FOR_DOMAIN = make_leaf(DOMAIN, issuer=ROOT, dns_names=[DOMAIN])

    def test_the_mail_domain_counts_while_the_mx_is_secure(self) -> None:
        """W-04, R7672-3.2.2-b."""
        run = Stage4({(OWNER, "TLSA"): published(self.TA)}, {V4: chain(self.FOR_DOMAIN.der, ROOT.der)})
        assert run.verdict == ("protected", 0)

    def test_and_not_while_it_is_insecure(self) -> None:
        """W-05, A-1, R7672-3.2.2-c: and Postfix's other view is said."""
        run = Stage4(
            {(OWNER, "TLSA"): published(self.TA), (DOMAIN, "MX"): insecure("10 mx.example.test.")},
            {V4: chain(self.FOR_DOMAIN.der, ROOT.der)},
        )
        assert run.verdict == ("broken", 1)
        assert {Code.NAME_ONLY_NEXTHOP, Code.INSECURE_MX_DANE_OPTIONAL} <= run.codes
        assert run.outcome.verdict.hosts[0].tlsrpt == "certificate-host-mismatch"


def test_a_relay_is_judged_without_any_mx_question() -> None:
    """R7672-2.2.2-k, R6698-4-a, R7672-2.2.3-c: its port is in the TLSA name and in the connection."""
    run = Stage4({("_587._tcp.mx.example.test", "TLSA"): published(ee())}, relay=(HOST, 587))
    assert run.verdict == ("protected", 0)
    assert all(rdtype != "MX" for _, rdtype in run.answers.asked)
    assert {request.port for request in run.servers.requests} == {587}


def test_latent_trouble_is_exit_0_and_1_with_strict() -> None:
    """W-10: a combination without a match."""
    wrong = bytes([3, 1, 1]) + bytes(32)
    anchor = bytes([2, 1, 1]) + hashlib.sha256(ROOT.spki).digest()
    changes: dict[tuple[str, str], Lookup] = {(OWNER, "TLSA"): published(wrong, anchor)}
    assert Stage4(changes).verdict == ("protected", 0)
    strict = Stage4(changes, settings=Settings(strict=True))
    assert strict.verdict[1] == 1
    assert Code.COMBO_WITHOUT_MATCH in strict.codes


def test_a_combination_set_aside_by_digest_agility_needs_a_match_too() -> None:
    """R7671-8-a: a stale 3 1 1 beside a good 3 1 2 is latent, for the rule is about every combination present."""
    stale, good = bytes([3, 1, 1]) + bytes(32), bytes([3, 1, 2]) + hashlib.sha512(LEAF.spki).digest()
    changes: dict[tuple[str, str], Lookup] = {(OWNER, "TLSA"): published(stale, good)}
    run = Stage4(changes, settings=Settings(strict=True))
    assert run.verdict == ("protected", 1)
    assert Code.COMBO_WITHOUT_MATCH in run.codes


def test_an_insecure_family_is_at_best_no_dane_with_unusable_records_too() -> None:
    """S2-06c: TLS at an address that may be forged is not yet the TLS of the host."""
    unusable = bytes([1, 1, 1]) + bytes(32)
    changes: dict[tuple[str, str], Lookup] = {(OWNER, "TLSA"): published(unusable)}
    servers = {V4: chain(LEAF.der), V6: chain(LEAF.der)}
    assert str(Stage4(changes, servers).outcome.verdict.hosts[0].word) == "tls-only"
    run = Stage4(changes | {(HOST, "AAAA"): insecure(V6)}, servers)
    assert str(run.outcome.verdict.hosts[0].word) == "no-dane"


def test_the_wall_deadline_of_a_domain_leaves_it_undetermined() -> None:
    """L-20."""

    class Silent(Answers):
        async def lookup(self, name: str, rdtype: str) -> Lookup:
            await asyncio.sleep(60)
            raise AssertionError

    settings = Settings(limits=replace(Limits(), domain=replace(DomainLimits(), seconds=0.01)))
    session = Session(settings, NOW, lambda: Silent({}), Probes(Servers({})), "probe.example.net")
    verdict = asyncio.run(check_domain(session, DOMAIN)).verdict
    assert (verdict.word.value, verdict.exit_status, verdict.reason) == ("undetermined", 4, "limit")


def test_old_anchors_are_a_diagnosis_and_never_part_of_the_verdict() -> None:
    """ROOT-j: `anchors-stale` stands beside the verdict where the built-in anchors have grown old."""
    probes = Probes(Servers({V4: chain(), V6: chain()}))
    for now, trust_anchor, told in (
        (datetime(2028, 7, 1, tzinfo=UTC), None, True),
        (datetime(2028, 7, 1, tzinfo=UTC), ". DS 1 8 2 00", False),
        (datetime(2027, 7, 1, tzinfo=UTC), None, False),
    ):
        settings = Settings(trust_anchor=trust_anchor)
        session = Session(settings, now, lambda: Answers(good_answers()), probes, "probe.example.net")
        checked = asyncio.run(check_domain(session, DOMAIN))
        assert (Code.ANCHORS_STALE in {one.code for one in checked.diagnostics}) is told
        assert Code.ANCHORS_STALE not in {one.code for one in checked.verdict.all_findings}


class TestSeveralHosts:
    """What only shows in the fold."""

    def test_a_limit_that_left_hosts_out_is_never_not_applicable(self) -> None:
        """L-4, §1.3: 5 only when there is nothing to judge."""
        few = Settings(limits=replace(Limits(), domain=replace(DomainLimits(), mx_hosts=1)))
        changes: dict[tuple[str, str], Lookup] = {
            (DOMAIN, "MX"): secure("10 mx.example.test.", "20 other.example.test."),
            (HOST, "A"): nodata(),
        }
        run = Stage4(changes, settings=few)
        assert run.verdict == ("undetermined", 4)

    def test_an_insecure_mx_without_addresses_is_unprotected(self) -> None:
        """S1-04: 3 at best, whatever the hosts."""
        run = Stage4({(DOMAIN, "MX"): insecure("10 mx.example.test."), (HOST, "A"): nodata()})
        assert run.verdict == ("unprotected", 3)

    def test_the_worst_family_decides_where_both_lookups_fail(self) -> None:
        """S2-14: a proven failure is not hidden by an unproven one."""
        four = secure(V4, aliases=(hop(HOST, "four.example.test."),))
        six = secure(V6, aliases=(hop(HOST, "six.example.test."),))
        run = Stage4(
            {
                (HOST, "A"): four,
                (HOST, "AAAA"): six,
                ("_25._tcp.four.example.test", "TLSA"): servfail(),
                ("_25._tcp.six.example.test", "TLSA"): bogus(),
            }
        )
        assert run.verdict == ("broken", 1)

    @pytest.mark.parametrize(
        "change",
        [
            {(HOST, "A"): insecure(), (HOST, "AAAA"): insecure()},
            {(HOST, "AAAA"): insecure(V6)},
            {(DOMAIN, "MX"): secure("10 mx.example.test.", "20 192.0.2.1.")},
        ],
    )
    def test_required_dane_is_not_met_by_halves(self, change: dict[tuple[str, str], Lookup]) -> None:
        """R7672-2.2-f: whatever would be 3 is 1."""
        assert Stage4(change, settings=Settings(require_dane=True)).verdict == ("broken", 1)

    def test_a_set_that_leads_senders_elsewhere_is_never_protected(self) -> None:
        """D-36: one record is enough by the RFC, and OpenSSL's path takes another way."""
        impostor = make_ca("Root CA", key=OTHER.key, key_identifiers=False, serial=78)
        records = published(bytes([2, 1, 1]) + hashlib.sha256(ROOT.spki).digest(), bytes([2, 0, 0]) + impostor.der)
        run = Stage4({(OWNER, "TLSA"): records})
        assert run.verdict == ("partial", 3)
        assert Code.TLSA_SET_CONFLICT in run.codes

    def test_a_benign_bare_key_caps_nothing(self) -> None:
        """R7671-5.2.3-b: only where nothing else authenticates."""
        bare = bytes([2, 1, 0]) + ROOT.spki
        served: Served = {V4: chain(LEAF.der)}
        assert Stage4({(OWNER, "TLSA"): published(ee(), bare)}, served).verdict == ("protected", 0)
        assert Stage4({(OWNER, "TLSA"): published(bare)}, {V4: chain(LEAF.der)}).verdict == ("partial", 3)
