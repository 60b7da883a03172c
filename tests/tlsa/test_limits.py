"""L-17, L-18 and T-19: hostile chains cost little, and a limit that is hit never authenticates anybody."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography import x509

from dane_check.limits import DEFAULT, Limits, PathLimits
from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.der import BIT_STRING, INTEGER, encode
from dane_check.tlsa.match import MatchReport, Note, Outcome, Reason
from dane_check.tlsa.record import TlsaRecord
from tests.counted import Calls, counted_calls
from tests.pki import HOST, assemble, ec_key, make, make_ca, make_leaf, rsa_key, sequence, subject_alt_name
from tests.tlsa import chains
from tests.tlsa.chains import record

ROOT = make_ca("Root")
LEAF = make_leaf(issuer=ROOT)
# Calls of functions, C ones included, that a judgement may take; the most seen is 69 000, for a tangle of CAs.
MOST_CALLS = 110_000
MOST_CALLS_A_NAME = 24  # the most seen is 14, where a leaf has a hundred thousand names
# OpenSSL is asked once for a path of several signatures, and then perhaps once for each certificate by itself.
MOST_PATHS = 2 * DEFAULT.path.signature_checks


@contextmanager
def bounded(most: int = MOST_CALLS) -> Iterator[Calls]:
    """T-19: bounded work for whatever is served. docs/limits.md has what it takes in seconds and octets."""
    with counted_calls() as calls:
        yield calls
    assert calls.total() <= most, calls.most_common(9)
    assert verified_paths(calls) <= MOST_PATHS
    assert calls["_verify"] <= DEFAULT.path.signature_checks  # under bare keys


def verified_paths(calls: Calls) -> int:
    """How many paths OpenSSL was asked about, whatever it computes for one; `soundness` asks it for no signature."""
    return calls["X509StoreContext.get_verified_chain"]


def judge(*what: Any, most: int = MOST_CALLS, **more: Any) -> MatchReport:
    """A judgement within bounds."""
    with bounded(most):
        return chains.judge(*what, **more)


def unverified(*what: Any, **more: Any) -> MatchReport:
    """A judgement that computes no signature, neither by OpenSSL nor by us."""
    with bounded() as calls:
        report = chains.judge(*what, **more)
    assert (verified_paths(calls), calls["_verify"]) == (0, 0)
    return report


def deep_chain(issuers: int) -> list[bytes]:
    """A leaf and this many issuers above it, the last one self-signed."""
    made = [make_ca("CA 0")]
    for number in range(1, issuers):
        made.append(make_ca(f"CA {number}", issuer=made[-1]))
    return [make_leaf(issuer=made[-1]).der, *(one.der for one in reversed(made))]


def rsa_spki(bits: int) -> bytes:
    """A SubjectPublicKeyInfo with a modulus of this length that nobody could factor or use."""
    modulus = (1 << bits - 1) + 1
    numbers = sequence(encode(INTEGER, b"\0" + modulus.to_bytes(bits // 8, "big")), encode(INTEGER, b"\1\0\1"))
    return sequence(bytes.fromhex("300d06092a864886f70d0101010500"), encode(BIT_STRING, b"\0", numbers))


class TestDepth:
    """L-18: an anchor deeper than 9 is out of reach, as for Postfix."""

    @pytest.mark.parametrize(("depth", "outcome"), [(9, Outcome.AUTHENTICATED), (10, Outcome.FAILED)])
    def test_the_anchor_stands_at_depth_9_at_most(self, depth: int, outcome: Outcome) -> None:
        """The chain may be longer, the path to the anchor may not."""
        chain = deep_chain(12)
        report = judge([record((2, 1, 1), chain[depth])], chain)
        assert report.outcome is outcome
        assert report.reason is (None if outcome is Outcome.AUTHENTICATED else Reason.CHAIN_TOO_LONG)


class TestChain:
    """L-17: what is beyond the bound is not looked at, and that is told."""

    def test_a_thousand_certificates(self) -> None:
        """The leaf is still compared; the rest is cut."""
        crowd = [LEAF.der, *[make_ca("Elsewhere").der] * 1000]
        report = judge([record((3, 1, 1), LEAF)], crowd)
        assert report.outcome is Outcome.AUTHENTICATED
        assert Note.CHAIN_LIMIT in report.notes

    def test_an_anchor_behind_the_bound_is_not_found(self) -> None:
        """A limit never authenticates, and never blames the server for what was not looked at."""
        crowd = [LEAF.der, *[make_ca("Elsewhere").der] * 20, ROOT.der]
        report = judge([record((2, 1, 1), ROOT)], crowd)
        assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.CHAIN_TOO_LONG)
        assert not report.ta_missing
        assert Note.CHAIN_LIMIT in report.notes

    @pytest.mark.parametrize("sizes", [[70_000], [60_000, 60_000]])
    def test_octets_are_bounded_too(self, sizes: list[int]) -> None:
        """64 KiB for one certificate, 100 KiB for all."""
        report = judge([record((2, 1, 1), ROOT)], [LEAF.der, *map(bytes, sizes), ROOT.der])
        assert report.outcome is Outcome.FAILED
        assert Note.CHAIN_LIMIT in report.notes

    def test_a_chain_within_the_bounds_is_not_cut(self) -> None:
        """Twenty certificates are allowed."""
        chain = [LEAF.der, *[make_ca("Elsewhere").der] * 18, ROOT.der]
        report = judge([record((2, 1, 1), ROOT)], chain)
        assert report.outcome is Outcome.AUTHENTICATED
        assert Note.CHAIN_LIMIT not in report.notes


class TestContents:
    """One certificate can be hostile by itself."""

    def test_a_hundred_thousand_names(self) -> None:
        """They do not get in the way of DANE-EE, which looks at no name."""
        names = subject_alt_name(*[b"x"] * 100_000, HOST.encode())
        leaf = assemble(spki=LEAF.spki, signer=ROOT, extensions=names)
        most = 100_000 * MOST_CALLS_A_NAME
        assert judge([record((3, 1, 1), leaf)], [leaf], most=most).outcome is Outcome.AUTHENTICATED
        assert judge([record((2, 1, 1), ROOT)], [leaf, ROOT], most=most).outcome is Outcome.FAILED

    @pytest.mark.parametrize(("others", "reason"), [(999, None), (1000, Reason.OTHER)])
    def test_a_thousand_names(self, others: int, reason: Reason | None) -> None:
        """More alternative names than 1000 make no path."""
        names = subject_alt_name(*[b"x"] * others, HOST.encode())
        leaf = assemble(spki=LEAF.spki, signer=ROOT, extensions=names)
        assert judge([record((2, 1, 1), ROOT)], [leaf, ROOT]).reason is reason

    def test_names_times_constraints(self) -> None:
        """500 names under 500 constraints would be 250000 comparisons."""
        permitted = [x509.DNSName(f"n{number}.test") for number in range(500)]
        root = make_ca("Constrained", more=[(x509.NameConstraints(permitted, None), True)])
        leaf = make_leaf(issuer=root, dns_names=[f"a.n{number}.test" for number in range(500)])
        report = unverified([record((2, 1, 1), root)], [leaf, root], names=["a.n1.test"])
        assert report.reason is Reason.NAME_CONSTRAINTS

    def test_an_rsa_key_of_16384_bits(self) -> None:
        """No signature is verified under a key longer than 8192 bits, certificate or bare key."""
        spki = rsa_spki(16384)
        issuer = assemble(spki=spki, subject=ROOT.name.public_bytes())
        leaf = make("x", issuer=ROOT).der
        assert unverified([record((2, 0, 1), issuer)], [leaf, issuer]).outcome is Outcome.FAILED
        assert unverified([TlsaRecord(2, 1, 0, spki)], [leaf]).reason is Reason.NO_MATCH

    def test_the_bound_on_rsa_keys_is_the_one_given(self) -> None:
        """Any issuer's key above it makes no path; the leaf's key verifies nothing here."""
        limits = dataclasses.replace(DEFAULT, path=PathLimits(rsa_bits=2047))
        root = make_ca("RSA root", key=rsa_key())
        leaf = make_leaf(issuer=root)
        assert judge([record((2, 1, 1), root)], [leaf, root], limits=limits).reason is Reason.OTHER
        assert judge([record((2, 1, 0), root)], [leaf], limits=limits).reason is Reason.NO_MATCH
        assert judge([record((2, 1, 0), root)], [leaf]).outcome is Outcome.AUTHENTICATED

    @pytest.mark.parametrize("octets", [21, 60_000])
    def test_a_huge_serial_number(self, octets: int) -> None:
        """It is no reason to fail, and never printed digit by digit."""
        huge = assemble(spki=LEAF.spki).replace(bytes.fromhex("02020457"), encode(INTEGER, b"\x7f" * octets), 1)
        with bounded():
            certificate = Certificate(huge)
            assert certificate.serial is None or len(str(certificate.serial)) < 400
        assert judge([TlsaRecord(3, 1, 1, bytes(32))], [huge]).reason is Reason.NO_MATCH

    def test_an_object_identifier_of_kilobytes(self) -> None:
        """Its number would take seconds to write out."""
        monster = encode(0x06, b"\xff" * 50_000 + b"\1")
        subject = sequence(encode(0x31, sequence(monster, encode(0x0C, b"x"))))
        leaf = assemble(spki=LEAF.spki, subject=subject)
        with bounded():
            certificate = Certificate(leaf)
            assert (certificate.subject, certificate.spki) == (None, LEAF.spki)
        assert judge([record((3, 1, 1), leaf)], [leaf]).outcome is Outcome.AUTHENTICATED

    @pytest.mark.parametrize("opener", [b"\x30\x80", b"\xa0\x80", b"\x30\x84\xff\xff\xff\xff"])
    def test_nesting_without_end(self, opener: bytes) -> None:
        """Lengths that promise more than there is, eight thousand times."""
        octets = opener * 8_000
        report = judge([TlsaRecord(3, 0, 1, bytes(32)), TlsaRecord(2, 0, 1, bytes(32))], [octets, octets])
        assert report.reason is Reason.NO_MATCH
        assert Note.UNPARSABLE_CERTIFICATE in report.notes


class TestWork:
    """L-18: 64 signatures, however many paths and keys there are to try."""

    def test_loops_of_cross_signs_end(self) -> None:
        """CAs that all sign each other under one name make no endless path."""
        leaf, *tangle = chains.tangled()
        records = [record((2, 0, 1), one) for one in tangle]
        assert len(judge(records, [leaf, *tangle]).records) == len(records)

    def test_spent_work_authenticates_nobody(self) -> None:
        """With one signature allowed, a path of two is not judged at all."""
        limits = dataclasses.replace(DEFAULT, path=PathLimits(signature_checks=1))
        issuer = make_ca("Issuer", issuer=ROOT)
        chain = [make_leaf(issuer=issuer), issuer, ROOT]
        assert judge([record((2, 1, 1), ROOT)], chain, limits=limits).reason is Reason.OTHER
        assert judge([record((2, 1, 1), issuer)], chain, limits=limits).outcome is Outcome.AUTHENTICATED

    def test_sixty_four_bare_keys_are_bounded(self) -> None:
        """Keys that signed nothing here are tried only while work is left."""
        strangers = [record((2, 1, 0), make_ca("x", key=ec_key(f"stranger {number}"))) for number in range(70)]
        limits = Limits()
        with bounded() as calls:
            report = chains.judge([*strangers, record((3, 1, 1), LEAF)], [LEAF], limits=limits)
        assert report.outcome is Outcome.AUTHENTICATED
        assert calls["_verify"] == limits.path.signature_checks
