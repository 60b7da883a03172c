"""The upper seam of a rehearsal: candidates count as secure only where their zone is proven signed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from dane_check.dnssec.lookup import (
    AliasHop,
    Assumed,
    Bogus,
    Cause,
    Indeterminate,
    Insecure,
    Lookup,
    Proof,
    Record,
    Secure,
    SecureDenial,
    Why,
)
from dane_check.lab.keys import KeyKind
from dane_check.ports import NAMED_KEY_TYPES, HandshakeFailure, KeyType, ProbeRequest, Refusal, ServedChain
from dane_check.rehearsal.candidates import CandidateSet, candidate_records, chain_from_pem
from dane_check.rehearsal.overlay import CandidateProber, Overlay
from tests.rehearsal.made import HOST, chain, pem

OWNER = f"_25._tcp.{HOST}"
CANDIDATES = CandidateSet(OWNER, candidate_records(["3 1 1 " + "ab" * 32], "tlsa"))
PUBLISHED = Record(OWNER, 1800, b"\x03\x01\x01" + bytes(32), "3 1 1 " + "00" * 32, "TLSA")


@dataclass(frozen=True)
class World:
    """A resolver with one answer to everything."""

    answer: Lookup
    signed: bool = False

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        return self.answer

    def zone_is_proven_signed(self, name: str) -> bool:
        return self.signed


def overlaid(answer: Lookup, *, signed: bool = False, name: str = OWNER, rdtype: str = "TLSA") -> Lookup:
    """What a sender would get."""
    return asyncio.run(Overlay(World(answer, signed), [CANDIDATES]).lookup(name, rdtype))


@pytest.mark.parametrize(
    "answer",
    [Secure((PUBLISHED,), Proof()), SecureDenial("nodata", Proof()), SecureDenial("nxdomain", Proof())],
    ids=["records", "nodata", "nxdomain"],
)
def test_a_signed_zone_makes_candidates_secure_by_assumption(answer: Lookup) -> None:
    """The proof is an assumption and says so; the records are the candidates."""
    found = overlaid(answer)
    assert isinstance(found, Secure)
    assert isinstance(found.proof, Assumed)
    assert [record.wire for record in found.records] == [b"\x03\x01\x01" + b"\xab" * 32]


def test_the_ttl_is_the_published_one_where_none_is_given() -> None:
    """What caches have now is the best guess."""
    assert overlaid(Secure((PUBLISHED,), Proof())).records[0].ttl == 1800


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause not in {Cause.OPT_OUT, Cause.NSEC3_ITERATIONS}])
@pytest.mark.parametrize("signed", [False, True])
def test_an_unsigned_zone_leaves_candidates_insecure(cause: Cause, signed: bool) -> None:
    """What is published there authenticates nobody, so it must not do so in a rehearsal."""
    found = overlaid(Insecure("nxdomain", (), Why(cause, "unsigned")), signed=signed)
    assert (found.status, found.kind) == ("insecure", "data")


@pytest.mark.parametrize("cause", [Cause.OPT_OUT, Cause.NSEC3_ITERATIONS])
@pytest.mark.parametrize(("signed", "status"), [(False, "insecure"), (True, "secure")])
def test_a_denial_that_alone_is_insecure_binds_no_record_of_a_signed_zone(
    cause: Cause, signed: bool, status: str
) -> None:
    """D-14: opt-out weakens the denial, not what the zone's keys sign; but only a proven zone counts."""
    assert overlaid(Insecure("nodata", (), Why(cause, "denial")), signed=signed).status == status


@pytest.mark.parametrize("failure", [Bogus(Why(Cause.DENIAL_INVALID, "no")), Indeterminate(Why(Cause.TRANSPORT, "no"))])
def test_a_failed_lookup_stays_failed(failure: Lookup) -> None:
    """A zone that fails today is not mended by one more record."""
    assert overlaid(failure, signed=True) is failure


@pytest.mark.parametrize(("name", "rdtype"), [(HOST, "A"), (OWNER, "A"), (f"_26._tcp.{HOST}", "TLSA")])
def test_everything_else_is_the_world_s(name: str, rdtype: str) -> None:
    """Only the candidate's own name and type are replaced."""
    answer = SecureDenial("nodata", Proof())
    assert overlaid(answer, name=name, rdtype=rdtype) is answer


def test_an_alias_that_candidates_would_replace_is_told() -> None:
    """No record can stand beside a CNAME."""
    hop = AliasHop(OWNER, "tlsa.example.net", "secure")
    overlay = Overlay(World(SecureDenial("nodata", Proof(), (hop,))), [CANDIDATES])
    asyncio.run(overlay.lookup(OWNER, "TLSA"))
    assert overlay.because is not None
    assert "tlsa.example.net" in overlay.because


class TestCandidateProber:
    """The lower seam of a rehearsal: chains at whatever address, by the key types that are offered."""

    def probe(self, *kinds: KeyKind, offered: frozenset[KeyType]) -> ServedChain | HandshakeFailure:
        chains = [chain_from_pem(pem(chain("made", kind)), "f") for kind in kinds]
        request = ProbeRequest("192.0.2.1", 25, HOST, offered)
        return asyncio.run(CandidateProber(chains).probe(request))

    def test_a_type_that_is_offered_is_served(self) -> None:
        """Of two chains the one whose type is asked for."""
        found = self.probe(KeyKind.RSA, KeyKind.ECDSA, offered=frozenset({KeyType.ECDSA}))
        assert isinstance(found, ServedChain)
        assert found.key_type is KeyType.ECDSA

    def test_a_type_that_there_is_not_ends_in_an_alert(self) -> None:
        """As with a server that has no such certificate (S4-A07b)."""
        found = self.probe(KeyKind.RSA, offered=NAMED_KEY_TYPES - {KeyType.RSA})
        assert isinstance(found, HandshakeFailure)
        assert found.refusal is Refusal.TLS_ALERT
