"""What proofs show of the zones on the way: NSEC3 iterations, weak keys, SHA-1 digests, long-lived signatures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dane_check.dnssec.lookup import Cause, Insecure, Link, Lookup, Proof, Secure, SecureDenial, SignedBy, Why
from dane_check.findings import About, Code, Severity
from dane_check.policy.proof_findings import proof_findings

ABOUT = About("example.test")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def signed(algorithm: str = "ECDSAP256SHA256", bits: int | None = None, zone: str = "example.test.") -> SignedBy:
    return SignedBy(zone, 1, algorithm, NOON, NOON, bits)


def found(*lookups: Lookup) -> list[tuple[Code, Severity, dict[str, str]]]:
    return [(one.code, one.severity, dict(one.fact)) for one in proof_findings(ABOUT, lookups, most_iterations=50)]


def denial(iterations: int, zone: str = "example.test.") -> Lookup:
    link = Link(zone, f"abc.{zone} NSEC3", "", signed(zone=zone), nsec3_iterations=iterations)
    return SecureDenial("nodata", Proof((link,)))


def test_a_salt_is_told_once_a_zone() -> None:
    """R9276-3.1-b: it weighs nothing in any verdict."""
    link = Link("example.test.", "abc.example.test. NSEC3", "", signed(), nsec3_iterations=0, nsec3_salted=True)
    answers = [SecureDenial("nodata", Proof((link, link))), SecureDenial("nodata", Proof((link,)))]
    assert found(*answers) == [(Code.DNSSEC_NSEC3_SALT, Severity.INFO, {"zone": "example.test."})]


def data(by: SignedBy) -> Lookup:
    return Secure((), Proof((Link(by.zone, f"mx.{by.zone} A", "", by),)))


class TestIterations:
    def test_any_above_none_are_told_once_a_zone_with_the_most(self) -> None:
        """R9276-3.1-a: zones are to use none."""
        assert found(denial(0)) == []
        facts = {"zone": "example.test.", "iterations": "7", "limit": "50"}
        assert found(denial(1), denial(7), denial(7)) == [(Code.DNSSEC_NSEC3_ITERATIONS, Severity.HYGIENE, facts)]
        assert len(found(denial(1), denial(1, "other.test."))) == 2

    def test_a_lookup_that_they_made_insecure_tells_too(self) -> None:
        """W-34: beyond the cap the answer is insecure, and the reason stands in its proof."""
        why = Why(Cause.NSEC3_ITERATIONS, "too many")
        proof = denial(51).proof
        assert isinstance(proof, Proof)
        assert [code for code, _, _ in found(Insecure("nodata", (), why, proof))] == [Code.DNSSEC_NSEC3_ITERATIONS]


class TestWeakKeys:
    @pytest.mark.parametrize(
        ("algorithm", "bits", "key"),
        [
            ("RSASHA256", 768, "RSASHA256 keys of 768 bits"),
            ("RSASHA512", 1023, "RSASHA512 keys of 1023 bits"),
            ("RSASHA256", 1024, None),
            ("RSASHA1", 2048, "RSASHA1"),
            ("RSASHA1-NSEC3-SHA1", 4096, "RSASHA1-NSEC3-SHA1"),
            ("ED25519", None, None),
        ],
    )
    def test_short_rsa_and_rsasha1_are_told(self, algorithm: str, bits: int | None, key: str | None) -> None:
        """ALG-d, R9905-2-a, R9904-c: RSA below 1024 bits, and algorithms 5 and 7 where they are let validate."""
        facts = [{"zone": "example.test.", "key": key}] if key else []
        assert [fact for _, _, fact in found(data(signed(algorithm, bits)))] == facts

    def test_once_a_zone(self) -> None:
        """However many sets it signed."""
        weak = data(signed("RSASHA256", 512))
        assert [code for code, _, _ in found(weak, weak)] == [Code.DNSSEC_ALG_WEAK]


class TestDsDigests:
    @pytest.mark.parametrize(("digests", "told"), [((1,), True), ((1, 2), False), ((2,), False), ((), False)])
    def test_sha1_alone_is_told(self, digests: tuple[int, ...], told: bool) -> None:
        """R9905-2-c, R9904-e: a SHA-1 digest validates, and should not be the only one; the zone named is the child."""
        link = Link("test.", "example.test. DS", "", signed(zone="test."), ds_digests=digests)
        facts = [{"zone": "example.test."}] if told else []
        assert [fact for _, _, fact in found(Secure((), Proof((link,))))] == facts


class TestLongSignatures:
    @pytest.mark.parametrize(("days", "told"), [(14, False), (35, False), (36, True), (365, True)])
    def test_signatures_that_live_for_more_than_weeks_are_told_of(self, days: int, told: bool) -> None:
        """R7671-11-a: weeks at most, for an old answer can be replayed as long as its signature lives."""
        long_lived = replace(signed(), expiration=NOON + timedelta(days=days))
        facts = {"zone": "example.test.", "days": str(days)}
        assert found(data(long_lived)) == ([(Code.RRSIG_LIFETIME_LONG, Severity.HYGIENE, facts)] if told else [])
