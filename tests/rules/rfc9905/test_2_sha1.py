"""RFC 9905 §2: RSASHA1 is treated as unsupported unless the operator says otherwise (D-11)."""

from __future__ import annotations

import dns.name
import pytest

from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.delegation import Trusted, Unusable, usable_ds
from dane_check.dnssec.keys import Ds
from dane_check.dnssec.lookup import Cause
from tests.dnssec.world import NOW
from tests.rules.rfc9904.test_algorithms import trusted

ORIGIN = dns.name.from_text("example.")


@pytest.mark.parametrize("algorithm", [5, 7])
def test_a_zone_with_only_rsasha1_is_insecure_by_default(algorithm: int) -> None:
    """R9905-2-b, R9905-note: its own reason, and secure with the switch, whatever the registry recommends."""
    by_default = trusted(algorithm, allow_sha1=False)
    assert isinstance(by_default, Unusable)
    assert by_default.cause is Cause.SHA1_ONLY
    assert isinstance(trusted(algorithm, allow_sha1=True), Trusted)


def test_a_better_algorithm_beside_it_is_used() -> None:
    """R9905-2-c: {7 2, 13 1} goes by the second, a SHA-1 digest though it is."""
    old, good = Ds(1, 7, 2, bytes(32)), Ds(2, 13, 1, bytes(20))
    assert usable_ds(ORIGIN, [old, good], Criteria(NOW)) == (good,)


def test_a_ds_of_algorithm_7_alone_is_insecure_whatever_its_digest() -> None:
    """R9905-2-c: DS 7 2 only."""
    found = usable_ds(ORIGIN, [Ds(1, 7, 2, bytes(32))], Criteria(NOW))
    assert isinstance(found, Unusable)
    assert found.cause is Cause.SHA1_ONLY
