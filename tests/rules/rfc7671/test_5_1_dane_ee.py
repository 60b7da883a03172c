"""RFC 7671 §5.1: the leaf is named, and nothing else about it counts."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from dane_check.tlsa.match import Note, Outcome, Reason
from tests.pki import EXPIRED, NOT_YET, key_usage, make_ca, make_leaf, rsa_key
from tests.tlsa.chains import judge, record

ROOT = make_ca("Root")
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")

DEFECTS = {
    "another name": {"dns_names": ["other.test"]},
    "no name at all": {"name": "", "dns_names": None},
    "expired": {"valid": EXPIRED},
    "not yet valid": {"valid": NOT_YET},
    "for clients only": {"purposes": [ExtendedKeyUsageOID.CLIENT_AUTH]},
    "a CA": {"ca": True, "usage": key_usage("key_cert_sign")},
    "no extensions": {"ca": None, "usage": None, "purposes": None, "dns_names": None, "key_identifiers": False},
    "an unknown critical extension": {"more": [(UNKNOWN, True)]},
    "signed by somebody else": {"signing_key": make_ca("Forger").key},
    "its own issuer": {"issuer": None},
}


@pytest.mark.parametrize("numbers", [(3, 0, 0), (3, 0, 1), (3, 1, 0), (3, 1, 1), (3, 1, 2)])
@pytest.mark.parametrize("defect", DEFECTS)
def test_what_else_the_leaf_says_is_ignored(numbers, defect) -> None:
    """R7671-5.1-a, -5.1-b, -5.1-c: §5.1: neither names nor dates, purposes, constraints or signatures are looked at."""
    leaf = make_leaf(**{"issuer": ROOT, **DEFECTS[defect]})
    for chain in ([leaf], [leaf, ROOT], [leaf, make_ca("Old", valid=EXPIRED)]):
        assert judge([record(numbers, leaf)], chain).outcome is Outcome.AUTHENTICATED


def test_no_reference_name_is_needed() -> None:
    """R7671-5.1-a, R7672-3.1.1-a, R7672-3.2.1-a: §5.1: the binding of name and key is the record itself."""
    leaf = make_leaf(issuer=ROOT)
    assert judge([record((3, 1, 1), leaf)], [leaf], names=[]).outcome is Outcome.AUTHENTICATED


@pytest.mark.parametrize(("valid", "note"), [(EXPIRED, Note.LEAF_EXPIRED), (NOT_YET, Note.LEAF_NOT_YET_VALID)])
def test_ignored_dates_are_still_told(valid, note) -> None:
    """R7671-5.1-b: The operator hears of a date that other clients would refuse."""
    leaf = make_leaf(issuer=ROOT, valid=valid)
    assert note in judge([record((3, 1, 1), leaf)], [leaf]).notes


@pytest.mark.parametrize("place", [1, 2])
def test_only_the_first_certificate_is_the_leaf(place) -> None:
    """R7671-5.1-f: §5.1: a record that names another certificate of the chain matches nothing, and that is told."""
    leaf, issuer = make_leaf(issuer=make_ca("Issuer", issuer=ROOT)), make_ca("Issuer", issuer=ROOT)
    chain = [leaf, issuer, ROOT]
    report = judge([record((3, 1, 1), chain[place])], chain)
    assert report.reason is Reason.NO_MATCH
    assert Note.EE_MATCHES_ISSUER in report.notes


def test_a_renewed_certificate_keeps_its_key_record() -> None:
    """§5.1: selector 1 survives a renewal with the same key, selector 0 does not."""
    old = make_leaf(issuer=ROOT, valid=EXPIRED, serial=1)
    new = make_leaf(issuer=ROOT, key=old.key, serial=2)
    assert judge([record((3, 1, 1), old)], [new]).outcome is Outcome.AUTHENTICATED
    assert judge([record((3, 0, 1), old)], [new]).outcome is Outcome.FAILED


def test_a_key_too_weak_for_senders_is_refused() -> None:
    """Decision A-15: below OpenSSL's security level 1 no sender completes it, whatever matches."""
    leaf = make_leaf(key=rsa_key(512), issuer=ROOT)
    for numbers in ((3, 1, 1), (3, 0, 0)):
        assert judge([record(numbers, leaf)], [leaf]).reason is Reason.WEAK_CRYPTO
    assert judge([record((2, 1, 1), ROOT)], [leaf, ROOT]).reason is Reason.WEAK_CRYPTO
