"""Records and matches in few words, for the tests of the matcher."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dane_check.tlsa.certificate import Certificate, association_data
from dane_check.tlsa.match import MatchReport, match
from dane_check.tlsa.record import CertificateUsage, MalformedTlsa, MatchingType, Selector, TlsaRecord
from tests.pki import HOST, NOW, Made, ec_key, make, make_leaf

Numbers = tuple[int, int, int]


def record(numbers: Numbers, made: Made | bytes) -> TlsaRecord:
    """The record with these three numbers that names this certificate."""
    usage, selector, matching_type = numbers
    certificate = Certificate(made if isinstance(made, bytes) else made.der)
    data = association_data(certificate, Selector(selector), MatchingType(matching_type))
    assert data is not None
    return TlsaRecord(CertificateUsage(usage), selector, matching_type, data)


def wrong(numbers: Numbers) -> TlsaRecord:
    """A usable record with these numbers that names nothing in the world."""
    return TlsaRecord(*numbers, {1: bytes(32), 2: bytes(64)}[numbers[2]])


def tangled() -> list[bytes]:
    """A leaf, and nineteen certificates by which six CAs of one name sign each other."""
    keys = [ec_key(f"loop {number}") for number in range(6)]
    makers = [make("Loop", key=key, ca=True, key_identifiers=False) for key in keys]
    tangle = [
        make("Loop", key=key, issuer=maker, ca=True, key_identifiers=False, serial=number).der
        for maker in makers
        for number, key in enumerate(keys, 1)
    ]
    return [make_leaf(issuer=makers[0], key_identifiers=False).der, *tangle[:19]]


def judge(
    records: Sequence[str | TlsaRecord | MalformedTlsa],
    chain: Sequence[Made | bytes],
    *,
    names: Sequence[str] = (HOST,),
    now: datetime = NOW,
    **more: Any,
) -> MatchReport:
    """A match with the usual name and time."""
    served = [one if isinstance(one, bytes) else one.der for one in chain]
    return match(records, served, names, now=now, **more)
