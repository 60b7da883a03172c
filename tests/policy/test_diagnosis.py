"""Explanations stand beside the verdict: they say why and print the line to publish, and never change an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from dane_check import replay
from dane_check.findings import About, Code, Finding, Severity, remedy, sentence
from dane_check.findings.diagnosis import AREA as DIAGNOSIS
from dane_check.findings.rollover import AREA as ROLLOVER
from dane_check.policy.authentication import judge_chain
from dane_check.policy.base_domain import Duty, Requirement
from dane_check.policy.diagnosis import without_server_name
from dane_check.policy.domain import shared_key
from dane_check.policy.endpoint import Circumstances, Judged
from dane_check.policy.fold import fold_domain
from dane_check.policy.host import Group, host_verdict
from dane_check.policy.verdict import HostVerdict
from dane_check.ports import KeyType, ServedChain, TlsFacts
from dane_check.tlsa.issuers import AS_OF
from dane_check.tlsa.record import TlsaRecord
from tests.pki import HOST, NOW, Made, make_ca, make_leaf
from tests.replay.test_replay import RECORDED
from tests.tlsa.chains import record, wrong

ABOUT = About("example.test", HOST)
ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)
OTHER = make_leaf("other.test", issuer=ISSUER)
TLS = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None)


def lets_encrypt(name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Let's Encrypt")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def served(chain: Sequence[Made], key_type: KeyType = KeyType.ECDSA) -> ServedChain:
    return ServedChain(tuple(one.der for one in chain), key_type, TLS)


def judged(requirement: Requirement, address: str, chain: ServedChain, now: datetime = NOW) -> Judged:
    about = replace(ABOUT, address=address)
    names = (HOST,)
    circumstances = Circumstances(about, address, 25, requirement, HOST, True, True, names, (), now)
    return judge_chain(circumstances, chain)


def host(records: Sequence[TlsaRecord], *chains: Sequence[Made], now: datetime = NOW) -> HostVerdict:
    """One host with these records and one address for each chain."""
    requirement = Requirement(Duty.AUTHENTICATE, HOST, tuple(records), (3600,) * len(records))
    places = [judged(requirement, f"192.0.2.{n}", served(chain), now) for n, chain in enumerate(chains, 1)]
    group = Group(requirement, tuple(places))
    return host_verdict(ABOUT, 10, [group], floor=None, findings=(), lookups=(), complete=True)


def said(verdict: HostVerdict, code: Code) -> Finding:
    """The one finding of this code."""
    (found,) = [one for one in verdict.findings if one.code is code]
    return found


def codes(verdict: HostVerdict) -> set[Code]:
    return {one.code for one in verdict.findings}


SWAPPED = TlsaRecord(3, 0, 1, record((3, 1, 1), LEAF).data)


class TestSeverity:
    """As bad as what it does: an outage where nothing else authenticates the same certificate."""

    def test_alone_it_is_an_outage(self) -> None:
        """Field notes: outage if alone."""
        assert said(host([SWAPPED], [LEAF, ISSUER]), Code.TLSA_PARAMS_SWAPPED).severity is Severity.OUTAGE

    def test_beside_a_good_record_it_is_hygiene(self) -> None:
        """Nobody refuses anything."""
        verdict = host([SWAPPED, record((3, 1, 1), LEAF)], [LEAF, ISSUER])
        assert said(verdict, Code.TLSA_PARAMS_SWAPPED).severity is Severity.HYGIENE

    def test_by_the_certificate_it_was_meant_for(self) -> None:
        """Another address that fails for its own reasons makes it no worse."""
        verdict = host([SWAPPED, record((3, 1, 1), LEAF)], [LEAF, ISSUER], [OTHER, ISSUER])
        assert said(verdict, Code.TLSA_PARAMS_SWAPPED).severity is Severity.HYGIENE

    def test_an_issuer_beside_a_good_record(self) -> None:
        """`3 1 1` of the issuer does nothing, and does no harm."""
        verdict = host([replace(record((2, 1, 1), ISSUER), usage=3), record((2, 1, 1), ISSUER)], [LEAF, ISSUER])
        assert said(verdict, Code.EE_MATCHES_ISSUER).severity is Severity.HYGIENE


def test_every_mistake_prints_published_served_and_the_line_to_publish() -> None:
    """The facts hold all three, the remedy the line, with the owner the sender asks for."""
    found = said(host([SWAPPED], [LEAF, ISSUER]), Code.TLSA_PARAMS_SWAPPED)
    right = record((3, 1, 1), LEAF).to_text()
    assert (found.fact["record"], found.fact["served"], found.fact["suggested"]) == (SWAPPED.to_text(), right, right)
    assert found.fact["line"] == f"_25._tcp.{HOST}. IN TLSA {right}"
    assert remedy(found) == f"Publish instead: {found.fact['line']}"
    assert "DANE-EE(3) SPKI(1) SHA2-256(1) of the server's certificate" in sentence(found)


@pytest.mark.parametrize(
    ("published", "chain", "code"),
    [
        ([record((3, 0, 0), LEAF)], [LEAF, ISSUER], Code.TLSA_FULL_DATA),
        ([record((2, 0, 0), ISSUER)], [LEAF], Code.TA_NOT_SERVED),
        ([record((3, 1, 1), LEAF), TlsaRecord(3, 0, 0, LEAF.der + b"\0")], [LEAF], Code.TLSA_FULL_MALFORMED),
        ([record((2, 0, 0), LEAF)], [LEAF, ISSUER], Code.TA_MATCHES_LEAF),
    ],
)
def test_a_whole_certificate_is_not_printed_in_a_sentence(
    published: list[TlsaRecord], chain: list[Made], code: Code
) -> None:
    """Its ends are enough to find it in the records above."""
    found = said(host(published, chain), code)
    assert "…" in found.fact["record"]
    assert len(sentence(found)) < 250


class TestStaleLeaves:
    """A key that was changed before its record."""

    def test_a_new_certificate(self) -> None:
        """Not older than thirty days."""
        new = make_leaf(issuer=ISSUER, valid=(NOW - timedelta(days=30), NOW + timedelta(days=60)))
        found = said(host([wrong((3, 1, 1))], [new, ISSUER]), Code.TLSA_STALE_EE)
        assert record((3, 1, 1), new).to_text() in found.fact["line"]
        assert "valid from 2026-01-30" in sentence(found)

    def test_an_old_certificate_explains_nothing(self) -> None:
        """A record that never matched is not called stale."""
        old = make_leaf(issuer=ISSUER, valid=(NOW - timedelta(days=31), NOW + timedelta(days=60)))
        assert Code.TLSA_STALE_EE not in codes(host([wrong((3, 1, 1))], [old, ISSUER]))

    def test_another_address_that_still_matches(self) -> None:
        """The certificate was renewed in one place only."""
        verdict = host([record((3, 1, 1), LEAF)], [LEAF, ISSUER], [OTHER, ISSUER])
        found = said(verdict, Code.TLSA_STALE_EE)
        assert found.about.address == "192.0.2.2"
        assert "another address" in sentence(found)

    def test_a_mistake_is_the_better_explanation(self) -> None:
        """A mistyped record of the very key that is served is not stale."""
        new = make_leaf(issuer=ISSUER, valid=(NOW, NOW + timedelta(days=60)))
        swapped = TlsaRecord(3, 0, 1, record((3, 1, 1), new).data)
        assert codes(host([swapped], [new, ISSUER])) & {Code.TLSA_STALE_EE, Code.TLSA_PARAMS_SWAPPED} == {
            Code.TLSA_PARAMS_SWAPPED
        }

    def test_so_is_an_issuer_taken_for_the_leaf(self) -> None:
        """The matcher has said what the record names."""
        new = make_leaf(issuer=ISSUER, valid=(NOW, NOW + timedelta(days=60)))
        found = codes(host([replace(record((2, 1, 1), ISSUER), usage=3)], [new, ISSUER]))
        assert found & {Code.TLSA_STALE_EE, Code.EE_MATCHES_ISSUER} == {Code.EE_MATCHES_ISSUER}

    def test_so_is_a_stronger_digest_left_behind(self) -> None:
        """The key is published, and a stale SHA2-512 displaces it (RFC 7671 §9)."""
        new = make_leaf(issuer=ISSUER, valid=(NOW, NOW + timedelta(days=60)))
        found = codes(host([record((3, 1, 1), new), wrong((3, 1, 2))], [new, ISSUER]))
        assert found & {Code.TLSA_STALE_EE, Code.TLSA_AGILITY_CONFLICT} == {Code.TLSA_AGILITY_CONFLICT}


R3 = TlsaRecord.from_text("2 1 1 8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d")
ISRG = TlsaRecord.from_text("2 1 1 0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3")
YR1 = make_ca(lets_encrypt("YR1"), issuer=ROOT)
PUBLIC = make_leaf(issuer=YR1)


class TestIssuers:
    """Trust anchors that are not where the chain leads."""

    def test_a_retired_issuer_is_called_by_its_name(self) -> None:
        """The record says R3, the chain comes from another."""
        found = said(host([R3], [PUBLIC, YR1]), Code.TLSA_STALE_TA)
        assert "Let's Encrypt R3, which issues nothing any more" in sentence(found)

    def test_an_issuer_that_is_not_in_the_table_is_a_likely_story(self) -> None:
        """The chain is from a CA that changes its issuers; the sentence says "probably"."""
        found = said(host([wrong((2, 1, 1))], [PUBLIC, YR1]), Code.TLSA_STALE_TA)
        assert "probably" in sentence(found)

    def test_an_old_table_says_so(self) -> None:
        """What is not in it may be newer than it."""
        now = AS_OF + timedelta(days=600)
        verdict = host([wrong((2, 1, 1))], [PUBLIC, YR1], now=now)
        assert said(verdict, Code.ISSUERS_STALE).severity is Severity.INFO
        assert Code.ISSUERS_STALE not in codes(host([wrong((2, 1, 1))], [PUBLIC, YR1]))

    def test_an_unknown_private_ca_is_not_guessed_at(self) -> None:
        """Nothing is known of it, and nothing is said."""
        assert Code.TLSA_STALE_TA not in codes(host([wrong((2, 1, 1))], [LEAF, ISSUER]))

    def test_reserve_issuers_beside_the_one_in_use_are_right(self) -> None:
        """RFC 7671 §8.4 and the CA itself advise to publish them."""
        verdict = host([R3, ISRG, record((2, 1, 1), YR1)], [PUBLIC, YR1])
        assert not codes(verdict) & {Code.TLSA_STALE_TA, Code.TLSA_TA_ROOT_NOT_SERVED}

    def test_a_public_root_beside_a_stale_leaf_record(self) -> None:
        """Roots are not served; here the main finding is that nothing matches."""
        verdict = host([ISRG, wrong((3, 1, 1))], [PUBLIC, YR1])
        assert {Code.TLSA_MISMATCH, Code.TLSA_TA_ROOT_NOT_SERVED} <= codes(verdict)

    def test_the_certificate_of_a_public_issuer(self) -> None:
        """R6698-A1.2-a: It works until the CA cross-signs; the line names the key."""
        found = said(host([record((2, 0, 1), YR1)], [PUBLIC, YR1]), Code.TLSA_TA_CERT_SELECTOR)
        assert found.severity is Severity.LATENT
        assert found.fact["line"].endswith(record((2, 1, 1), YR1).to_text())

    def test_the_certificate_of_a_private_issuer_is_its_owners_business(self) -> None:
        """Who runs a CA knows when its certificate changes."""
        assert Code.TLSA_TA_CERT_SELECTOR not in codes(host([record((2, 0, 1), ISSUER)], [LEAF, ISSUER]))

    def test_a_chain_with_a_gap(self) -> None:
        """The name of what is missing is told."""
        found = said(host([record((2, 1, 1), ROOT)], [LEAF, ROOT]), Code.CHAIN_INCOMPLETE)
        assert "breaks off below CN=Issuer" in sentence(found)

    def test_a_chain_whose_anchor_is_reached_has_no_gap(self) -> None:
        """Its name is wrong, and that is all."""
        misnamed = make_leaf("x", issuer=ISSUER, dns_names=["else.test"])
        assert Code.CHAIN_INCOMPLETE not in codes(host([record((2, 1, 1), ISSUER)], [misnamed, ISSUER]))


class TestServerNames:
    """One session more, without SNI."""

    RECORDS = (record((3, 1, 1), LEAF),)

    def found(self, verdict: HostVerdict, chain: ServedChain) -> Finding | None:
        about = replace(ABOUT, address="192.0.2.1")
        return without_server_name(about, verdict, verdict.endpoints[0], chain, (HOST,), NOW)

    def test_the_right_chain_for_nobody(self) -> None:
        """It comes only without a name, and senders send one."""
        found = self.found(host(self.RECORDS, [OTHER, ISSUER]), served([LEAF, ISSUER]))
        assert found is not None
        assert found.code is Code.SNI_WRONG_CHAIN

    def test_the_name_is_needed(self) -> None:
        """R7672-8.1-d: The same kind of certificate is right with the name and wrong without."""
        requirement = Requirement(Duty.AUTHENTICATE, HOST, self.RECORDS, (3600,))
        places = (
            judged(requirement, "192.0.2.1", served([OTHER, ISSUER], KeyType.RSA)),
            judged(requirement, "192.0.2.1", served([LEAF, ISSUER])),
        )
        verdict = host_verdict(
            ABOUT, 10, [Group(requirement, places)], floor=None, findings=(), lookups=(), complete=True
        )
        found = self.found(verdict, served([OTHER, ISSUER]))
        assert found is not None
        assert (found.code, found.severity) == (Code.SNI_REQUIRED, Severity.INFO)

    def test_wrong_with_and_without(self) -> None:
        """Nothing is explained by that."""
        assert self.found(host(self.RECORDS, [OTHER, ISSUER]), served([OTHER, ISSUER])) is None
        assert self.found(host(self.RECORDS, [OTHER, ISSUER]), served([])) is None


class TestSets:
    """Records that work, and what the next key change will make of them."""

    def test_the_same_record_twice(self) -> None:
        """A zone file can hold it, and a server hand it out."""
        one = record((3, 1, 1), LEAF)
        assert Code.TLSA_DUPLICATE in codes(host([one, one], [LEAF, ISSUER]))

    def test_a_whole_anchor_that_is_not_served_has_its_reason(self) -> None:
        """`2 0 0` may live in DNS alone (RFC 7671 §5.2.2)."""
        assert Code.TLSA_FULL_DATA not in codes(host([record((2, 0, 0), ROOT)], [LEAF, ISSUER]))

    def test_a_second_key_is_a_real_rollover(self) -> None:
        """One record for now, one for later."""
        assert Code.ROLLOVER_FAKE not in codes(host([record((3, 1, 1), LEAF), wrong((3, 1, 1))], [LEAF, ISSUER]))

    def test_a_long_certificate_is_renewed_by_hand(self) -> None:
        """More than a hundred days, and `3 0 1` breaks no sooner than its owner lets it."""
        long = make_leaf(issuer=ISSUER, valid=(NOW, NOW + timedelta(days=101)))
        short = make_leaf(issuer=ISSUER, valid=(NOW, NOW + timedelta(days=100)))
        assert Code.ROLLOVER_301_AUTORENEW not in codes(host([record((3, 0, 1), long)], [long, ISSUER]))
        found = said(host([record((3, 0, 1), short)], [short, ISSUER]), Code.ROLLOVER_301_AUTORENEW)
        assert found.fact["due"] == "2026-05-10"

    def test_one_machine_under_two_names_shares_no_key_with_itself(self) -> None:
        """The same addresses are the same server."""
        one = host([record((3, 1, 1), LEAF)], [LEAF, ISSUER])
        assert shared_key(About("example.test"), [one, replace(one, host="mx2.test")]) == ()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_diagnosis_never_changes_a_verdict(path) -> None:
    """Without its findings every recorded domain comes to the same word and the same exit status."""
    (check,) = asyncio.run(replay(path))
    verdict = check.verdict
    if not verdict.hosts:
        return
    beside = [one for one in verdict.all_findings if one.code not in {*DIAGNOSIS, *ROLLOVER}]
    facts = {"mx_secure": verdict.mx is None or verdict.mx.status == "secure", "complete": verdict.complete}
    with_all = fold_domain(verdict.hosts, verdict.all_findings, **facts, strict=False)
    assert with_all == fold_domain(verdict.hosts, beside, **facts, strict=False)
