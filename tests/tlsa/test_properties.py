"""What holds for every set of records and every chain, and that no octets make the matcher raise."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from dane_check.tlsa.certificate import Certificate, split_pem
from dane_check.tlsa.match import MatchReport, Outcome, RecordState, match
from dane_check.tlsa.record import TlsaRecord, parse_rdata, parse_text, usable
from tests.pki import EXPIRED, HOST, NOW, make_ca, make_leaf
from tests.tlsa.chains import judge, record, wrong

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
OLD_ISSUER = make_ca("Issuer", issuer=ROOT, valid=EXPIRED, key=ISSUER.key, serial=9)
LEAF = make_leaf(issuer=ISSUER)
OTHER_LEAF = make_leaf("other", issuer=ISSUER, dns_names=["other.test"])
UNRELATED = [make_ca("Elsewhere"), make_leaf("Nobody", issuer=make_ca("Elsewhere"))]

NUMBERS = [(usage, selector, kind) for usage in range(4) for selector in range(2) for kind in range(3)]
NAMED = [ROOT, ISSUER, OLD_ISSUER, LEAF, OTHER_LEAF, *UNRELATED]
GOOD = [record(numbers, made) for numbers in NUMBERS for made in NAMED]
RECORDS = [*GOOD, *(wrong(numbers) for numbers in NUMBERS if numbers[2])]
UNUSABLE = [
    parse_rdata(b""),
    parse_rdata(b"\x03\x01\x01"),
    TlsaRecord(3, 1, 1, bytes(31)),
    TlsaRecord(3, 1, 2, bytes(63)),
    TlsaRecord(4, 1, 1, bytes(32)),
    TlsaRecord(3, 2, 1, bytes(32)),
    TlsaRecord(3, 1, 3, bytes(32)),
    TlsaRecord(2, 0, 0, LEAF.der + b"\0"),
]
CHAINS = [
    [LEAF, ISSUER, ROOT],
    [LEAF, ROOT, ISSUER],
    [LEAF, OLD_ISSUER, ISSUER],
    [LEAF, ISSUER],
    [LEAF],
    [OTHER_LEAF, ISSUER, ROOT],
    [ROOT],
]

record_sets = st.lists(st.sampled_from(RECORDS), min_size=1, max_size=5)
chains = st.sampled_from(CHAINS)
services = st.sampled_from(["smtp", "generic"])


def verdict(report: MatchReport) -> tuple[object, ...]:
    return report.outcome, report.reason


@settings(max_examples=150, deadline=None)
@given(st.data(), record_sets, chains, services)
def test_the_order_of_records_changes_nothing(data, records, chain, service) -> None:
    """An RRset has no order (RFC 2181 §5)."""
    shuffled = data.draw(st.permutations(records))
    one = judge(records, chain, service=service, roots=[ROOT.der])
    other = judge(shuffled, chain, service=service, roots=[ROOT.der])
    assert verdict(one) == verdict(other)
    assert sorted(map(repr, one.records)) == sorted(map(repr, other.records))


@settings(max_examples=150, deadline=None)
@given(record_sets, chains, services, st.permutations(UNRELATED))
def test_unrelated_certificates_change_nothing(records, chain, service, unrelated) -> None:
    """A certificate that is on no path from the leaf proves nothing (RFC 7671 §5.2)."""
    plain = judge(records, chain, service=service, roots=[ROOT.der])
    padded = judge(records, [*chain, *unrelated], service=service, roots=[ROOT.der])
    assert verdict(plain) == verdict(padded)
    assert [one.alone for one in plain.records] == [one.alone for one in padded.records]


@settings(max_examples=150, deadline=None)
@given(st.data(), record_sets, chains, services)
def test_the_order_of_served_issuers_changes_nothing(data, records, chain, service) -> None:
    """Issuers are found by name and key, not by position (RFC 8446 §4.4.2), where none has two certificates."""
    if OLD_ISSUER in chain and ISSUER in chain:
        chain = [one for one in chain if one is not OLD_ISSUER]
    shuffled = [chain[0], *data.draw(st.permutations(chain[1:]))]
    one = judge(records, chain, service=service, roots=[ROOT.der])
    other = judge(records, shuffled, service=service, roots=[ROOT.der])
    assert verdict(one) == verdict(other)
    assert [record.alone for record in one.records] == [record.alone for record in other.records]


@settings(max_examples=150, deadline=None)
@given(record_sets, chains, services, st.sampled_from(UNUSABLE), st.integers(0, 5))
def test_an_unusable_record_changes_nothing(records, chain, service, unusable, place) -> None:
    """A record that cannot be used is as if it were not there, if others can (RFC 6698 §4.1)."""
    plain = judge(records, chain, service=service, roots=[ROOT.der])
    padded = judge([*records[:place], unusable, *records[place:]], chain, service=service, roots=[ROOT.der])
    assert verdict(plain) == verdict(padded)


@settings(max_examples=200, deadline=None)
@given(record_sets, chains, services)
def test_a_set_authenticates_exactly_if_a_standing_record_does(records, chain, service) -> None:
    """Records are alternatives; agility alone takes some of them away (RFC 6698 §4.1, RFC 7671 §9)."""
    report = judge(records, chain, service=service, roots=[ROOT.der])
    standing = [one for one in report.records if one.state is RecordState.USABLE]
    alone = [judge([one.record], chain, service=service, roots=[ROOT.der]).outcome for one in standing]
    if not standing:
        assert report.outcome is Outcome.NO_USABLE_TLSA
    else:
        assert (report.outcome is Outcome.AUTHENTICATED) == (Outcome.AUTHENTICATED in alone)
    assert [one.alone for one in standing] == alone


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.lists(st.binary(max_size=400), min_size=1, max_size=4), services)
def test_no_octets_make_it_raise(rdata, chain, service) -> None:
    """Whatever a record or a certificate holds, there is a report."""
    assert match([parse_rdata(rdata)], chain, [HOST], now=NOW, service=service, roots=chain).records


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(GOOD), services)
def test_no_damage_to_a_certificate_makes_it_raise(data, published, service) -> None:
    """A few octets of a served certificate or a record are overwritten: still a report, never an exception."""
    chain = [damaged(data, made.der) for made in (LEAF, ISSUER, ROOT)]
    hurt = TlsaRecord(published.usage, published.selector, published.matching_type, damaged(data, published.data))
    report = match([published, hurt], chain, [HOST], now=NOW, service=service, roots=[damaged(data, ROOT.der)])
    assert len(report.records) == 2


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(NAMED))
def test_every_property_of_a_damaged_certificate_is_a_value(data, made) -> None:
    """Facts for people are None where they cannot be read."""
    certificate = Certificate(damaged(data, made.der))
    for name in vars(Certificate):
        getattr(certificate, name)
    assert (certificate.spki is None) == (certificate.flaw is not None)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_text_is_a_record_or_a_value_error(text) -> None:
    """Only ValueError leaves the parser of presentation forms, and of PEM."""
    for parse in (parse_text, split_pem):
        with contextlib.suppress(ValueError):
            assert parse(text)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_every_rdata_survives_its_presentation_form(rdata) -> None:
    """What is printed reads back as the same octets, malformed or not."""
    parsed = parse_rdata(rdata)
    assert parse_text(parsed.to_text()).rdata == rdata
    assert usable(parsed, "smtp") is not None


def damaged(data: st.DataObject, octets: bytes) -> bytes:
    """The octets with up to three of them overwritten, and perhaps an end that is cut off."""
    hurt = bytearray(octets)
    for _ in range(data.draw(st.integers(0, 3))):
        hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    return bytes(hurt[: data.draw(st.sampled_from([len(hurt), len(hurt), len(hurt) // 2]))])
