"""RFC 6698 §2.1 and §2.2: three numbers, then data; RFC 7218: their acronyms; RFC 3597: the rest."""

from __future__ import annotations

import pytest

from dane_check.tlsa.record import MalformedTlsa, TlsaRecord, parse_rdata, parse_text

DIGEST = bytes(range(32))


class TestRdata:
    """RFC 6698 §2.1: one octet each for usage, selector and matching type, then the association data."""

    @pytest.mark.parametrize("length", [1, 32, 64, 4000])
    def test_the_data_reaches_to_the_end(self, length: int) -> None:
        """R6698-2.1-a: Everything after the third octet is association data."""
        found = parse_rdata(bytes([3, 1, 1]) + bytes(length))
        assert found == TlsaRecord(3, 1, 1, bytes(length))

    @pytest.mark.parametrize("length", [0, 1, 2, 3])
    def test_rdata_without_data_is_malformed_and_kept(self, length: int) -> None:
        """R6698-2.1-b: Below four octets there is no record, yet its octets are not lost."""
        assert parse_rdata(bytes(length)) == MalformedTlsa(bytes(length))

    @pytest.mark.parametrize("length", [0, 1, 2, 3])
    def test_a_record_is_never_made_from_too_few_octets(self, length: int) -> None:
        """`from_rdata` refuses what `parse_rdata` calls malformed."""
        with pytest.raises(ValueError, match="the least is 4"):
            TlsaRecord.from_rdata(bytes(length))

    def test_unassigned_numbers_are_kept(self) -> None:
        """IANA-tlsa-a: The registries may grow; nothing is refused for a number (RFC 6698 §7)."""
        assert parse_rdata(bytes([255, 17, 99, 1])) == TlsaRecord(255, 17, 99, b"\1")

    @pytest.mark.parametrize("numbers", [(256, 0, 0), (0, -1, 0), (0, 0, 1000)])
    def test_a_number_is_one_octet(self, numbers: tuple[int, int, int]) -> None:
        """No record holds what no RDATA could."""
        with pytest.raises(ValueError, match=r"not in 0\.\.255"):
            TlsaRecord(*numbers, DIGEST)

    def test_the_octets_come_back(self) -> None:
        """`rdata` is what was read."""
        octets = bytes([2, 0, 1]) + DIGEST
        assert TlsaRecord.from_rdata(octets).rdata == octets


class TestPresentation:
    """RFC 6698 §2.2: decimal numbers, then hexadecimal digits in any case and with blanks."""

    @pytest.mark.parametrize(
        "text",
        [
            f"3 1 1 {DIGEST.hex()}",
            f"3 1 1 {DIGEST.hex().upper()}",
            f"3 1 1 {DIGEST.hex(' ', 4)}",
            f"  3\t1  1\n{DIGEST.hex()[:10]}\n  {DIGEST.hex()[10:]} ",
            f"3 1 1 ( {DIGEST.hex()[:32]}\n {DIGEST.hex()[32:]} )",
            f"03 01 001 {DIGEST.hex()}",
            f"DANE-EE SPKI SHA2-256 {DIGEST.hex()}",
            f"dane-ee Spki sha2-256 {DIGEST.hex()}",
            f"\\# 35 030101 {DIGEST.hex()}",
        ],
    )
    def test_one_record_has_many_spellings(self, text: str) -> None:
        """R6698-2.2-a: Case, blanks, leading zeros, acronyms and the form for unknown types are all understood."""
        assert parse_text(text) == TlsaRecord(3, 1, 1, DIGEST)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("256 1 1 00", "certificate usage '256'"),
            ("3 -1 1 00", "selector '-1'"),
            ("3 1 SHA-256 00", "matching type 'SHA-256'"),
            ("3 1 1 abc", "3 hexadecimal digits"),
            ("3 1 1 zz", "not hexadecimal"),
            ("3 1 ³ 00", "matching type"),
            ("3 1", "three numbers"),
            ("", "three numbers"),
            ("\\# 4 030101", "followed by 3 octets"),
            ("\\#", "length"),
            (f"3 1 1 {'00' * 70000}", "more data"),
        ],
    )
    def test_a_slip_is_explained(self, text: str, sentence: str) -> None:
        """R6698-2.2-a: What is no record is refused with a sentence that says where."""
        with pytest.raises(ValueError, match=sentence):
            parse_text(text)

    def test_numerals_are_published(self) -> None:
        """R7218-2-a: The printed form uses numbers, which every server reads (RFC 7218 §2)."""
        assert TlsaRecord(2, 0, 2, b"\xab").to_text() == "2 0 2 ab"

    @pytest.mark.parametrize(
        ("numbers", "shown"),
        [
            ((3, 1, 1), "DANE-EE(3) SPKI(1) SHA2-256(1)"),
            ((2, 0, 0), "DANE-TA(2) Cert(0) Full(0)"),
            ((255, 255, 255), "PrivCert(255) PrivSel(255) PrivMatch(255)"),
            ((4, 2, 3), "4 2 3"),
        ],
    )
    def test_people_are_shown_both(self, numbers: tuple[int, int, int], shown: str) -> None:
        """R7218-2-a: Acronym and number; the number alone where there is no acronym."""
        assert TlsaRecord(*numbers, DIGEST).acronyms == shown

    def test_malformed_rdata_is_printed_as_unknown(self) -> None:
        """RFC 3597 §5: length and octets."""
        assert MalformedTlsa(b"\3\1").to_text() == "\\# 2 0301"
        assert parse_text("\\# 2 0301") == MalformedTlsa(b"\3\1")

    @pytest.mark.parametrize(
        ("acronyms", "numbers"),
        [("PKIX-TA Cert Full", (0, 0, 0)), ("PrivCert PrivSel PrivMatch", (255, 255, 255))],
    )
    def test_every_acronym_has_its_number(self, acronyms: str, numbers: tuple[int, int, int]) -> None:
        """R7218-2-a: RFC 7218 §2."""
        assert parse_text(f"{acronyms} 00") == TlsaRecord(*numbers, b"\0")
