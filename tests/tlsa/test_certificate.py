"""Facts for people, and PEM; neither ever decides about a match."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from dane_check.tlsa.certificate import Certificate, split_pem
from tests.pki import END, EPOCH, HOST, assemble, ec_key, make_ca, make_leaf, rsa_key, sequence, time_of

ROOT = make_ca('Root, of "all"')
LEAF = make_leaf(issuer=ROOT, serial=77)


def pem(der: bytes, label: str = "CERTIFICATE") -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


class TestFacts:
    """What can be read is told; the rest is None."""

    def test_of_an_ordinary_certificate(self) -> None:
        """Names, dates, serial number and key."""
        found = Certificate(LEAF.der)
        assert (found.subject, found.issuer) == (f"CN={HOST}", 'CN=Root\\, of \\"all\\"')
        assert (found.not_before, found.not_after, found.serial) == (EPOCH, END, 77)
        assert (found.dns_names, found.key, found.self_issued) == ((HOST,), "EC P-256", False)
        assert (found.spki, found.flaw) == (LEAF.spki, None)
        assert Certificate(ROOT.der).self_issued is True

    def test_of_octets_that_are_no_certificate(self) -> None:
        """Nothing is known, and `flaw` says why."""
        found = Certificate(b"\x30\x05hello")
        facts = (found.subject, found.issuer, found.not_before, found.not_after, found.serial, found.dns_names)
        assert facts == (None,) * 6
        assert (found.spki, found.key, found.self_issued) == (None, None, None)
        assert found.flaw

    def test_agrees_with_a_library_where_that_reads(self) -> None:
        """The same spelling of names as RFC 4514 has it."""
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bücher + Co; <mail>"),
                x509.NameAttribute(NameOID.COMMON_NAME, HOST),
            ]
        )
        made = make_leaf(name, issuer=ROOT, key=ec_key("x"))
        assert Certificate(made.der).subject == made.certificate.subject.rfc4514_string()

    @pytest.mark.parametrize(
        ("digits", "date"),
        [
            ("490101000000Z", datetime(2049, 1, 1, tzinfo=UTC)),
            ("500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
            ("991231235959Z", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
            ("260230000000Z", None),
            ("2601010000Z", None),
            ("260101000000+0100", None),
            ("260101000000", None),
            ("", None),
        ],
    )
    def test_two_digits_of_a_year(self, digits: str, date: datetime | None) -> None:
        """RFC 5280 §4.1.2.5.1: below 50 is this century; other forms are no date."""
        validity = sequence(time_of(digits), time_of("400101000000Z"))
        assert Certificate(assemble(spki=LEAF.spki, validity=validity)).not_before == date

    def test_lengths_of_keys(self) -> None:
        """RSA keys are told by their length."""
        assert Certificate(make_leaf(key=rsa_key()).der).key == "RSA 2048"


class TestPem:
    """L-25: at most 50 certificates and a mebibyte, and nothing that is half there."""

    def test_certificates_come_in_their_order(self) -> None:
        """Text around them, keys between them and Windows line ends are passed over."""
        text = f"subject=x\n{pem(LEAF.der)}\n{pem(b'k', 'PRIVATE KEY')}{pem(ROOT.der)}".replace("\n", "\r\n")
        assert split_pem(text) == (LEAF.der, ROOT.der)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "no PEM certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n", "does not end"),
            (pem(LEAF.der) + "-----BEGIN CERTIFICATE-----\nAAAA\n", "does not end"),
            (pem(LEAF.der).replace("M", "*"), "not base64"),
            ("-----BEGIN CERTIFICATE-----\nAAAÄ\n-----END CERTIFICATE-----", "not base64"),
            (pem(b"x") * 51, "more than 50"),
            ("x" * (1024 * 1024 + 1), "octets of PEM"),
        ],
    )
    def test_damage_is_explained(self, text: str, sentence: str) -> None:
        """Half a chain must never pass for a whole one."""
        with pytest.raises(ValueError, match=sentence):
            split_pem(text)
