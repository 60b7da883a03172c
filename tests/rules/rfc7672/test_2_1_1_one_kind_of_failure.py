"""RFC 7672 §2.1.1: an answer is insecure or failed, and why makes no difference to what a sender does."""

from __future__ import annotations

import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Why
from dane_check.findings import About
from dane_check.policy.address_plan import Reachable, address_plan
from dane_check.policy.base_domain import NextCandidate, tlsa_answer
from dane_check.policy.destination import Hosts, NoHosts, destination
from dane_check.policy.stopped import Stopped
from tests.lookups import nodata, records, tlsa_records

ABOUT = About("example.test", "mx.example.test")
OWNER = "_25._tcp.mx.example.test"
CAUSES = list(Cause)
INSECURE = CAUSES[: CAUSES.index(Cause.SIGNATURE_MISSING)]
FAILED = CAUSES[CAUSES.index(Cause.SIGNATURE_MISSING) :]


def tlsa(answer: Lookup) -> object:
    return tlsa_answer(ABOUT, OWNER, "mx.example.test", answer, most_records=64)


def mx(answer: Lookup) -> object:
    return destination("example.test", answer, require_dane=False, most_hosts=20)


@pytest.mark.parametrize("cause", INSECURE)
class TestInsecure:
    """R7672-2.1.1-d: no DS, an algorithm nobody knows, no anchor or an insecure alias are all one."""

    def test_mx(self, cause: Cause) -> None:
        """The hosts are judged, and the flag is set."""
        found = mx(Insecure("data", records("10 mx.example.test."), Why(cause, "why")))
        assert isinstance(found, Hosts)
        assert ([host.name for host in found.hosts], found.secure) == (["mx.example.test"], False)

    def test_addresses(self, cause: Cause) -> None:
        """TLSA is not asked."""
        found = address_plan(ABOUT, Insecure("data", records("192.0.2.1"), Why(cause, "why")), nodata())
        assert isinstance(found, Reachable)
        assert [family.candidates for family in found.families] == [()]

    def test_tlsa(self, cause: Cause) -> None:
        """The next candidate is asked."""
        published = tlsa_records(bytes([3, 1, 1]) + bytes(32))
        for found in (Insecure("data", published, Why(cause, "why")), Insecure("nodata", (), Why(cause, "why"))):
            assert isinstance(tlsa(found), NextCandidate)


@pytest.mark.parametrize("kind", [Bogus, Indeterminate])
@pytest.mark.parametrize("cause", FAILED)
class TestFailed:
    """R7672-2.1.1-h: bogus, SERVFAIL, time-out and nonsense end in the same: no connection; only our words differ."""

    def test_mx(self, cause: Cause, kind: type[Bogus | Indeterminate]) -> None:
        """R7672-2.1.2-a: no host is looked at, the domain itself least of all."""
        assert isinstance(mx(kind(Why(cause, "why"))), NoHosts)

    def test_addresses(self, cause: Cause, kind: type[Bogus | Indeterminate]) -> None:
        """R7672-2.2.2-h: the host is out of reach."""
        assert isinstance(address_plan(ABOUT, kind(Why(cause, "why")), nodata()), Stopped)

    def test_tlsa(self, cause: Cause, kind: type[Bogus | Indeterminate]) -> None:
        """R7672-2.1.2-c: no next candidate either; and in JSON such a lookup has neither records nor a kind."""
        failed = kind(Why(cause, "why"))
        assert isinstance(tlsa(failed), Stopped)
        assert (failed.kind, failed.records) == (None, ())
