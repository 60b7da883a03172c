"""RFC 9904: every algorithm and digest that must or should validate does; the others make a zone insecure."""

from __future__ import annotations

import hashlib
from functools import cache

import dns.dnssec
import dns.name
import dns.rdatatype as rrtype
import dns.rrset
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from dane_check.dnssec import arithmetic, signature
from dane_check.dnssec.algorithms import ALGORITHMS, mnemonic, within_bounds
from dane_check.dnssec.arithmetic import Verification, verify
from dane_check.dnssec.budget import Budget, Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.delegation import Trusted, Unusable, trust_keys, usable_ds
from dane_check.dnssec.keys import Ds, Entry, Key
from dane_check.dnssec.lookup import Cause, Insecure, Secure
from dane_check.dnssec.rrset import rrsets
from dane_check.dnssec.signature import Refused
from dane_check.limits import DnsLimits
from dane_check.wire.message import ResourceRecord
from tests.dnssec.recursive import Recursive, replaced
from tests.dnssec.world import IN, NOW, SigningKey, World, zone

ORIGIN = dns.name.from_text("example.")


@cache
def private(algorithm: int, bits: int = 1024, exponent: int = 65537) -> object:
    if algorithm in {5, 7, 8, 10}:
        return rsa.generate_private_key(exponent, bits)
    return {
        13: lambda: ec.generate_private_key(ec.SECP256R1()),
        14: lambda: ec.generate_private_key(ec.SECP384R1()),
        15: ed25519.Ed25519PrivateKey.generate,
        16: ed448.Ed448PrivateKey.generate,
    }[algorithm]()


def key_set(algorithm: int, bits: int = 1024) -> tuple[object, dns.rrset.RRset, dns.rrset.RRset]:
    """A DNSKEY and the signature it makes over its own set, by dnspython."""
    key = private(algorithm, bits)
    dnskey = dns.dnssec.make_dnskey(key.public_key(), algorithm, 257)  # type: ignore[attr-defined]
    made = dns.rrset.RRset(ORIGIN, IN, rrtype.DNSKEY)
    made.add(dnskey, 3600)
    sig = dns.dnssec.sign(
        made, key, ORIGIN, dnskey, inception=NOW - 1, expiration=NOW + 9, policy=dns.dnssec.allow_all_policy
    )
    sigs = dns.rrset.RRset(ORIGIN, IN, rrtype.RRSIG, rrtype.DNSKEY)
    sigs.add(sig, 3600)
    return dnskey, made, sigs


def trusted(
    algorithm: int, bits: int = 1024, digest: str = "SHA256", **options: object
) -> Trusted | Unusable | Refused:
    dnskey, made, sigs = key_set(algorithm, bits)
    ds = Ds.from_rdata(dns.dnssec.make_ds(ORIGIN, dnskey, digest, policy=dns.dnssec.allow_all_policy).to_wire())
    assert ds
    criteria = Criteria.of(NOW, DnsLimits(), 50, bool(options.get("allow_sha1", True)))
    records = [ResourceRecord(s.name, s.rdtype, 3600, r.to_wire()) for s in (made, sigs) for r in s]
    rrset = rrsets(records)[ORIGIN, rrtype.DNSKEY]
    return trust_keys(ORIGIN, Entry((ds,)), rrset, criteria, Tally(Budget(DnsLimits()), criteria))


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_every_implemented_algorithm_validates(algorithm: int) -> None:
    """R9904-b: 5, 7, 8, 10, 13, 14, 15 and 16, signed by another implementation."""
    assert isinstance(trusted(algorithm), Trusted)


@pytest.mark.parametrize("digest", ["SHA1", "SHA256", "SHA384"])
def test_every_digest_validates(digest: str) -> None:
    """R9904-e: 1, 2 and 4; SHA-1 digests are not SHA-1 signatures."""
    assert isinstance(trusted(13, digest=digest), Trusted)


@pytest.mark.parametrize("algorithm", [1, 3, 6, 12, 17, 18, 23, 99, 253, 254])
def test_other_algorithms_alone_make_a_zone_insecure(algorithm: int) -> None:
    """R9904-d, R9906-a, R9157-a, ALG-a: unsupported is insecure, never bogus."""
    found = usable_ds(ORIGIN, [Ds(1, algorithm, 2, bytes(32))], Criteria(NOW))
    assert isinstance(found, Unusable)
    assert found.cause is Cause.UNSUPPORTED_ALGORITHM


class TestDigestChoice:
    def test_a_better_digest_displaces_sha1(self) -> None:
        """R4509-3-a: a matching SHA-1 beside a broken SHA-256 does not help."""
        good, broken = Ds(1, 13, 1, bytes(20)), Ds(1, 13, 2, bytes(32))
        assert usable_ds(ORIGIN, [good, broken], Criteria(NOW)) == (broken,)

    def test_only_after_the_unsupported_are_set_aside(self) -> None:
        """{8 1 good, 18 2}: the SHA-1 digest is all there is."""
        good, foreign = Ds(1, 8, 1, bytes(20)), Ds(1, 18, 2, bytes(32))
        assert usable_ds(ORIGIN, [good, foreign], Criteria(NOW)) == (good,)


class TestRsaSizes:
    @pytest.mark.parametrize(
        ("algorithm", "bits", "exponent", "fits"),
        [
            (8, 511, 65537, False),
            (8, 512, 65537, True),
            (8, 4096, 65537, True),
            (8, 4097, 65537, False),
            (10, 1023, 65537, False),
            (10, 1024, 65537, True),
            (8, 1024, 1, False),
            (8, 1024, 2, False),
            (8, 1024, 3, True),
            (8, 1024, 2**64 - 1, True),
            (8, 1024, 2**64 + 1, False),
        ],
    )
    def test_bounds(self, algorithm: int, bits: int, exponent: int, fits: bool) -> None:
        """ALG-c, L-11: judged before any arithmetic."""
        octets = exponent.to_bytes((exponent.bit_length() + 7) // 8, "big")
        modulus = (1 << (bits - 1) | 1).to_bytes((bits + 7) // 8, "big")
        assert within_bounds(algorithm, bytes([len(octets)]) + octets + modulus) is fits

    def test_a_zone_with_only_outsized_keys_is_insecure_at_no_cost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """ALG-c: its DS counts as unsupported, reason rsa-size, and the key never reaches the library."""
        monkeypatch.setattr(arithmetic, "_rsa", lambda *_: pytest.fail("an outsized key was computed with"))
        world = World()
        outsized = Key(257, 3, 8, b"\3\1\0\1" + b"\xff" * 513)
        digest = hashlib.sha256(dns.name.from_text("org.").to_wire() + outsized.rdata).hexdigest()
        world.add("org.", "mx A 192.0.2.1", keys=(SigningKey(700),), ds=(f"{outsized.tag} 8 2 {digest}",))
        zone(world, "org.").put(f"@ DNSKEY \\# {len(outsized.rdata)} {outsized.rdata.hex()}")
        lookup = Recursive(world).lookup("mx.org.", "A")
        assert isinstance(lookup, Insecure)
        assert lookup.why.cause is Cause.RSA_SIZE


class TestBrokenKeys:
    @pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
    @pytest.mark.parametrize(
        "material", [b"", b"\0", b"\0\0", b"\3\1", b"\xff" * 20, b"\0" * 64, bytes(96), bytes(500)]
    )
    def test_any_octets_as_a_key_fail_without_an_exception(self, algorithm: int, material: bytes) -> None:
        """T-13: malformed keys are failures, not crashes."""
        assert verify(algorithm, material, b"sig", b"data") is Verification.BAD

    @pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
    @pytest.mark.parametrize("octets", [0, 1, 63, 64, 65, 96, 114, 128])
    def test_any_octets_as_a_signature_fail_without_an_exception(self, algorithm: int, octets: int) -> None:
        """The right length with the wrong content, and every wrong length."""
        dnskey, _, _ = key_set(algorithm)
        assert verify(algorithm, dnskey.key, bytes(octets), b"data") is Verification.BAD  # type: ignore[attr-defined]


def test_an_algorithm_the_library_refuses_counts_as_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    """ALG-b: a machine in FIPS mode makes a zone insecure, not bogus."""

    def refuse(*_: object) -> None:
        raise UnsupportedAlgorithm("not here")

    monkeypatch.setattr(arithmetic, "_eddsa", refuse)
    arithmetic._checker.cache_clear()
    try:
        found = trusted(15)
    finally:
        arithmetic._checker.cache_clear()
    assert isinstance(found, Unusable)
    assert found.cause is Cause.UNSUPPORTED_ALGORITHM


def test_one_of_two_algorithms_is_enough() -> None:
    """R6840-5.11-a: two in the DS set, one of them signed: no downgrade protection is asked for."""
    world, both = World(), (SigningKey(701, 13), SigningKey(702, 15))
    org = world.add("org.", "mx A 192.0.2.1", keys=both)
    org.keys = both[:1]
    assert isinstance(Recursive(world).lookup("mx.org.", "A"), Secure)


def test_one_table_says_what_is_supported() -> None:
    """R9904-a: validation must implement 5, 7, 8, 10, 13, should 14, 15, 16; of these operators leave out 5 and 7."""
    assert set(ALGORITHMS) == {5, 7, 8, 10, 13, 14, 15, 16}
    assert Criteria(NOW).algorithms == {8, 10, 13, 14, 15, 16}
    assert Criteria.of(NOW, DnsLimits(), 50, True).algorithms == set(ALGORITHMS)


@pytest.mark.parametrize(("algorithm", "octets"), [(13, 64), (14, 96)])
def test_a_point_off_the_curve_is_no_key(algorithm: int, octets: int) -> None:
    """ALG-d: such a key verifies nothing, and is refused before anything is computed with it."""
    off_the_curve = b"\x01" * octets
    assert arithmetic._checker(algorithm, off_the_curve) is None
    assert verify(algorithm, off_the_curve, bytes(octets), b"data") is Verification.BAD


def test_a_proof_that_can_do_without_weak_keys_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """ALG-d: of two good signatures the one by the stronger key counts, so that weakness seen is real."""
    monkeypatch.setattr(signature, "STRONG_RSA_BITS", 3000)
    weak, strong = private(8, 2048), SigningKey(705, 13)
    world = World()
    org = world.add("org.", "mx A 192.0.2.1", keys=(strong,))
    dnskey = dns.dnssec.make_dnskey(weak.public_key(), 8, 257)  # type: ignore[attr-defined]
    org.put(f"@ DNSKEY {dnskey.to_text()}")
    made = dns.rrset.from_text("mx.org.", 3600, "IN", "A", "192.0.2.1")
    times = {"inception": NOW - 9, "expiration": NOW + 9}
    both = dns.rrset.RRset(made.name, IN, rrtype.RRSIG, rrtype.A)
    both.add(dns.dnssec.sign(made, weak, org.origin, dnskey, **times), 3600)  # type: ignore[arg-type]
    only_weak = Recursive(world).bend("mx.org.", "A", replaced([made, both])).lookup("mx.org.", "A")
    both.add(org.sign(made)[0], 3600)
    lookup = Recursive(world).bend("mx.org.", "A", replaced([made, both])).lookup("mx.org.", "A")
    by = [found.proof.links[-1].signature for found in (only_weak, lookup)]  # type: ignore[union-attr]
    assert [(one.algorithm, one.key_bits) for one in by if one] == [("RSASHA256", 2048), ("ECDSAP256SHA256", None)]


def test_names_of_algorithms() -> None:
    """The registry's mnemonics, and a number where there is none."""
    assert (mnemonic(13), mnemonic(12), mnemonic(200)) == ("ECDSAP256SHA256", "ECC-GOST", "algorithm 200")
