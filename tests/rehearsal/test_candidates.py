"""Candidates as people have them: bundles with comments and keys, records of all kinds, and files that are none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dane_check import Settings, UsageError, rehearse_sync
from dane_check.lab.keys import KeyKind
from dane_check.ports import KeyType
from dane_check.rehearsal.candidates import CandidateChain, Scheme, chain_from_pem, scheme
from dane_check.rehearsal.plan import plan
from dane_check.rehearsal.rehearse import rehearse_offline
from dane_check.report.rehearsal import rehearsal_to_text
from dane_check.report.rehearsal_json import rehearsal_to_json
from dane_check.report.styled import visible
from dane_check.report.text import TextOptions
from dane_check.tlsa.record import TlsaRecord
from tests.rehearsal.made import HOST, NOW, chain, pem, record

MADE = chain("made")
RECORD = record("3 1 1", MADE)


def refused(**more: Any) -> str:
    """The one sentence with which a rehearsal is refused."""
    given_ = {"names": [HOST], "tlsa": [RECORD], "chains": [pem(MADE)], "offline": True} | more
    with pytest.raises(UsageError) as caught:
        rehearse_sync(**given_, settings=Settings(now=NOW))
    assert_one_line(str(caught.value))
    return str(caught.value)


def assert_one_line(sentence: str) -> None:
    """What people are told is one line, and steers no terminal."""
    assert visible(sentence) == sentence


class TestBundles:
    """What stands in files of certificates."""

    @pytest.mark.parametrize(
        "text",
        [
            pem(MADE),
            pem(MADE).replace("\n", "\r\n"),
            "\ufeff" + pem(MADE),
            "subject=CN = mx.example.org\n" + pem(MADE) + "# the end\n",
            pem(MADE).replace("\n", "\n  "),
        ],
        ids=["plain", "CRLF", "BOM", "comments", "indented"],
    )
    def test_what_stands_around_certificates_is_left_alone(self, text: str) -> None:
        """Comments, line ends and blanks change no octet of a certificate."""
        assert chain_from_pem(text, "f").certificates == (MADE.leaf.der, MADE.intermediate.der)

    @pytest.mark.parametrize("label", ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
    def test_a_key_is_skipped_with_a_word_and_never_shown(self, label: str) -> None:
        """The remark names the file; no digit of the key's text is in it."""
        body = MADE.leaf.key_pem().decode("ascii").split("-----")[2]
        read = chain_from_pem(f"-----BEGIN {label}-----{body}-----END {label}-----\n{pem(MADE)}", "full.pem")
        assert read.certificates == (MADE.leaf.der, MADE.intermediate.der)
        assert len(read.remarks) == 1
        assert "private key" in read.remarks[0]
        assert not any(line in read.remarks[0] for line in body.split())

    def test_other_blocks_are_named(self) -> None:
        """A certificate in OpenSSL's own wrapping is not taken for one."""
        text = "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n" + pem(MADE)
        assert "TRUSTED CERTIFICATE" in chain_from_pem(text, "f").remarks[0]

    def test_a_second_server_certificate_in_one_bundle_is_pointed_out(self) -> None:
        """Only the first would be judged, so nobody must think that both were."""
        other = chain("other", KeyKind.RSA)
        assert any("certificate 3" in remark for remark in chain_from_pem(pem(MADE) + pem(other), "f").remarks)

    @pytest.mark.parametrize(
        ("key", "kind"),
        [(KeyKind.ECDSA, KeyType.ECDSA), (KeyKind.RSA, KeyType.RSA), (KeyKind.ED25519, KeyType.EDDSA)],
    )
    def test_the_key_type_is_that_of_the_leaf(self, key: KeyKind, kind: KeyType) -> None:
        """As a server would be asked for it."""
        assert chain_from_pem(pem(chain("kind", key)), "f").key_type is kind

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "no certificate at all",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n\u00e9\u00e9\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
            MADE.leaf.key_pem().decode("ascii"),
            pem(MADE) * 11,
            pem(MADE) * 26,
        ],
        ids=["empty", "text", "cut", "base64", "latin", "no octets", "other DER", "key only", "22", "52"],
    )
    def test_what_is_no_chain_is_refused_in_one_line(self, text: str) -> None:
        """The caller's mistake, before anything is asked."""
        sentence = refused(chains=[text])
        assert "chain 1" in sentence
        assert "MIG" not in sentence


class TestRecords:
    """What people call a record."""

    @pytest.mark.parametrize(
        "text",
        [
            RECORD,
            f"  {RECORD.upper()}  ",
            f"DANE-EE SPKI SHA2-256 {RECORD.split()[3]}",
            f"3 1 1 ( {RECORD.split()[3][:32]} {RECORD.split()[3][32:]} )",
            f"\\# 35 030101{RECORD.split()[3]}",
        ],
    )
    def test_every_way_to_write_a_record_is_read(self, text: str) -> None:
        """Acronyms, blanks, parentheses and the form of RFC 3597 mean the same."""
        assert plan([HOST], tlsa=[text]).records == (TlsaRecord.from_text(RECORD),)

    @pytest.mark.parametrize(
        "text", ["", "3 1", "3 1 1 abc", "3 1 1 xyz", "256 1 1 00", "3 1 1 \x1b[2J", f"_25._tcp.{HOST}. TLSA {RECORD}"]
    )
    def test_what_is_no_record_is_refused_in_one_line(self, text: str) -> None:
        """The sentence shows what was typed, without anything that steers a terminal."""
        assert "\x1b" not in refused(tlsa=[text])
        assert "\x1b" not in refused(previous=[text])

    def test_records_nobody_can_use_are_no_mistake(self) -> None:
        """A wrong length is what a rehearsal is there to find."""
        found = rehearse_sync(
            [HOST], tlsa=["3 1 1 abcd", "\\# 2 0301"], chains=[pem(MADE)], offline=True, settings=Settings(now=NOW)
        )
        assert found.exit_status == 3

    @pytest.mark.parametrize("text", ["3 1 1", "DANE-EE SPKI SHA2-256", "3  1\t1"])
    def test_a_scheme_is_three_numbers(self, text: str) -> None:
        """Numbers or acronyms."""
        assert scheme(text) == Scheme(3, 1, 1)


class TestWhatCannotBe:
    """Rehearsals that make no sense, each refused with what to do instead."""

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"names": []}, "no mail host"),
            ({"names": HOST}, "one string"),
            ({"names": ["a b"]}, "no domain name"),
            ({"names": [f"mx{number}.example.org" for number in range(21)]}, "split"),
            ({"names": [".".join(["a" * 62] * 4)]}, "too long"),
            ({"tlsa": None}, "--offline"),
            ({"chains": []}, "--offline"),
            ({"tlsa": None, "chains": [], "offline": False}, "nothing to rehearse"),
            ({"tlsa": []}, "no record"),
            ({"tlsa": RECORD}, "one string"),
            ({"tlsa": [RECORD] * 65}, "65"),
            ({"ttl": -1}, "TTL"),
            ({"ttl": 2**31}, "TTL"),
            ({"port": 0}, "port"),
            ({"expect": ["3 1"]}, "scheme"),
            ({"expect": [RECORD]}, "scheme"),
            ({"chains": [pem(MADE), pem(chain("second"))]}, "ECDSA"),
            ({"chains": [[]]}, "no certificate"),
            ({"chains": [b"\x30\x03\x02\x01\x01"]}, "certificate 1"),
        ],
    )
    def test_it_is_refused(self, more: dict[str, Any], words: str) -> None:
        """One sentence, before anything is asked."""
        assert words in refused(**more)


CERTIFICATES = st.one_of(
    st.binary(max_size=60),
    st.tuples(st.integers(0, len(MADE.leaf.der) - 1), st.integers(0, 255)).map(
        lambda change: MADE.leaf.der[: change[0]] + bytes([change[1]]) + MADE.leaf.der[change[0] + 1 :]
    ),
)
RECORDS = st.one_of(
    st.builds(TlsaRecord, st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=70)),
    st.builds(TlsaRecord, st.integers(0, 4), st.integers(0, 2), st.integers(0, 3), st.binary(min_size=32, max_size=32)),
    st.text(max_size=40),
)


class TestAnyOctets:
    """Whatever is given ends in a value with its words, or in a UsageError."""

    @given(st.lists(CERTIFICATES, min_size=1, max_size=3), st.lists(RECORDS, min_size=1, max_size=3))
    def test_any_certificates_and_records_end_well(self, octets: list[bytes], records: list[Any]) -> None:
        """Nothing escapes, and every outcome can be told as text and as JSON."""
        try:
            asked = plan([HOST], tlsa=records, previous=records[:1], chains=[octets], ttl=3600, offline=True)
        except UsageError as error:
            assert_one_line(str(error))
            return
        found = rehearse_offline(asked, NOW)
        for line in rehearsal_to_text(found, TextOptions(verbose=True)).split("\n"):
            assert_one_line(line)
        assert '"rehearsal"' in rehearsal_to_json(found)

    @given(st.text(max_size=200), st.text(max_size=200))
    def test_any_text_around_a_certificate_ends_well(self, before: str, after: str) -> None:
        """The certificates are found, or the file is refused."""
        try:
            read = chain_from_pem(f"{before}\n{pem(MADE)}\n{after}", "f")
        except UsageError as error:
            assert_one_line(str(error))
            return
        assert isinstance(read, CandidateChain)
        assert read.certificates[:2] == (MADE.leaf.der, MADE.intermediate.der)
