"""RFC 7671 §4.2 and §5.1: no transparency logs, and what binds a key to a name is the signature over the record."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509

from dane_check.dnssec.lookup import Bogus, Cause, Secure
from dane_check.findings import Code
from dane_check.policy.authentication import suggested_record
from dane_check.ports import KeyType, ServedChain, TlsFacts
from dane_check.tlsa.match import Outcome
from tests.dnssec.recursive import Recursive
from tests.dnssec.world import DAY, NOW, example, zone
from tests.pki import make_ca, make_leaf
from tests.rehearsal.made import chain, codes, offline, record
from tests.tlsa.chains import judge
from tests.tlsa.chains import record as named

ROOT = make_ca("Root")
SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
POISON = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.3")
MADE = chain("made")


class TestTransparency:
    """§4.2: whether a certificate is logged is no matter for usages 2 and 3."""

    @pytest.mark.parametrize("numbers", [(3, 1, 1), (3, 0, 1), (2, 1, 1)])
    def test_timestamps_are_not_read(self, numbers) -> None:
        """R7671-4.2-a: neither their absence nor a list of nonsense refuses anybody."""
        nonsense = x509.UnrecognizedExtension(SCT_LIST, b"\x04\x02no")
        for more in ([], [(nonsense, False)]):
            leaf = make_leaf(issuer=ROOT, more=more)
            made = ROOT if numbers[0] == 2 else leaf
            assert judge([named(numbers, made)], [leaf, ROOT]).outcome is Outcome.AUTHENTICATED

    def test_a_precertificate_is_a_certificate(self) -> None:
        """R7671-4.2-a: DANE-EE compares octets, and those of a precertificate are as good."""
        leaf = make_leaf(issuer=ROOT, more=[(x509.UnrecognizedExtension(POISON, b"\x05\x00"), True)])
        assert judge([named((3, 1, 1), leaf)], [leaf]).outcome is Outcome.AUTHENTICATED


class TestLifetime:
    """§5.1: the binding is valid as long as the signatures are."""

    OWNER = "_25._tcp.mx.example.org."

    def test_the_first_signature_to_run_out_is_told(self) -> None:
        """R7671-5.1-d: it may be one of the zones above."""
        world = example()
        zone(world).put(f"{self.OWNER} TLSA 3 1 1 {'ab' * 32}")
        zone(world).expiration, zone(world, "org.").expiration = NOW + 20 * DAY, NOW + 5 * DAY
        found = Recursive(world).lookup(self.OWNER, "TLSA")
        assert isinstance(found, Secure)
        assert found.expires == datetime.fromtimestamp(NOW + 5 * DAY, UTC)

    def test_after_it_nothing_is_bound(self) -> None:
        """R7671-5.1-d: whatever the certificate says of its own dates."""
        world = example()
        zone(world).put(f"{self.OWNER} TLSA 3 1 1 {'ab' * 32}")
        zone(world).expiration = NOW + DAY
        found = Recursive(world).lookup(self.OWNER, "TLSA", now=NOW + 2 * DAY)
        assert isinstance(found, Bogus)
        assert found.why.cause is Cause.SIGNATURE_EXPIRED


class TestRecommendations:
    """§5.1, §5.2.1, §10.1: what is advised, and what has a finding of its own."""

    def test_what_is_suggested_is_3_1_1(self) -> None:
        """R7671-5.1-e, R7672-3.1-a: the record that every report advises names the key by SHA2-256."""
        leaf = make_leaf()
        served = ServedChain((leaf.der,), KeyType.ECDSA, TlsFacts("TLSv1.3", "TLS_AES_128_GCM_SHA256", None))
        assert suggested_record(served) == named((3, 1, 1), leaf).to_text()

    @pytest.mark.parametrize(
        ("numbers", "told"),
        [
            ("3 1 1", set()),
            ("2 0 1", set()),
            ("2 1 1", set()),
            ("3 0 1", {Code.ROLLOVER_301_AUTORENEW}),
            ("3 1 2", {Code.TLSA_SHA512_ONLY}),
            ("2 0 2", {Code.TLSA_SHA512_ONLY}),
            ("3 1 0", {Code.TLSA_FULL_DATA}),
            ("3 0 0", {Code.TLSA_FULL_DATA, Code.ROLLOVER_301_AUTORENEW}),
            ("2 0 0", {Code.TLSA_FULL_DATA}),
            ("2 1 0", {Code.TLSA_FULL_DATA}),
            ("0 0 1", {Code.TLSA_USAGE_PKIX, Code.TLSA_ALL_UNUSABLE}),
            ("1 1 1", {Code.TLSA_USAGE_PKIX, Code.TLSA_ALL_UNUSABLE}),
        ],
    )
    def test_whatever_is_worse_has_its_finding(self, numbers: str, told: set[Code]) -> None:
        """R7671-5.1-e, -5.2.1-a, -5.4-b, R7671-10.1.2-a, -10.1.2-b, R7672-3.1-a, -3.1.2-c: before publishing."""
        assert codes(offline([record(numbers, MADE)], MADE)) - {Code.ROLLOVER_NONE} == told
