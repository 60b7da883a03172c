"""PF-f: zone files as people have them: every form is read, every mistake is told with its file and line."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import dns.name
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dane_check import UsageError
from dane_check.limits import DEFAULT
from dane_check.rehearsal.zone.text import ZoneRecord, ZoneText, read_zone
from dane_check.report.styled import visible
from tests.rehearsal.zones import HEAD, read, zone

DIGEST = "ab" * 32
FEW = replace(DEFAULT.input, zone_records=5, include_files=3, include_depth=2)


def lines(text: str, origin: str | None = None) -> list[tuple[str, str, str]]:
    """Owner, type and data of every record."""
    return [
        (str(one.owner), dns.rdatatype.to_text(dns.rdatatype.RdataType.make(one.rdtype)), one.text)
        for one in read(text, origin).records
    ]


def refused(text: str, **more: object) -> str:
    """The one sentence with which a zone file is refused."""
    with pytest.raises(UsageError) as caught:
        read_zone(ZoneText("zone.db", text), **more)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def read_or_refused(text: str) -> tuple[ZoneRecord, ...]:
    """The records, or none where the text is refused in one line that steers no terminal."""
    try:
        return read(text).records
    except UsageError as error:
        sentence = str(error)
    assert visible(sentence) == sentence
    return ()


def tlsa(text: str) -> ZoneRecord:
    """The one TLSA record of a zone."""
    (found,) = [one for one in read(zone(text)).records if one.rdtype == dns.rdatatype.TLSA]
    return found


class TestRecords:
    """RFC 1035 §5.1: owners, TTLs and classes in any order, parentheses, comments, continuation."""

    @pytest.mark.parametrize(
        "line",
        [
            f"_25._tcp.mx TLSA 3 1 1 {DIGEST}",
            f"_25._tcp.mx.example.org. 3600 IN TLSA 3 1 1 {DIGEST}",
            f"_25._tcp.mx IN 3600 TLSA 3 1 1 {DIGEST} ; the key in use",
            f"_25._TCP.MX 1H TLSA ( 3 1 1 ; usage and so on\n {DIGEST[:32]}\n {DIGEST[32:]} )",
            f"_25._tcp.mx TYPE52 \\# 35 030101{DIGEST}",
            f"_25._tcp.mx CLASS1 TLSA \\# 35 030101 {DIGEST}",
            f"_25._tcp.mx\tTLSA\t3\t1\t1\t{DIGEST.upper()}\r",
            f"$ORIGIN _tcp.mx.example.org.\n_25 TLSA 3 1 1 {DIGEST}",
        ],
    )
    def test_every_form_of_a_tlsa_record_is_read(self, line: str) -> None:
        """R6698-2.2-a: blanks within the digits, either case, the form of RFC 3597."""
        found = tlsa(line)
        assert (str(found.owner), found.ttl) == ("_25._tcp.mx.example.org.", 3600)
        assert found.rdata == b"\x03\x01\x01" + bytes.fromhex(DIGEST)

    @pytest.mark.parametrize("data", ["3 1 1 abcd", "3 1 1", "\\# 2 0301", "9 9 9 00"])
    def test_a_malformed_tlsa_record_is_kept_for_the_diagnosis(self, data: str) -> None:
        """What is published all the same must be judged; only what can be no RDATA is refused."""
        assert tlsa(f"_25._tcp.mx TLSA {data}").text.startswith(data[:3])

    def test_an_indented_line_goes_on_with_the_owner(self) -> None:
        """RFC 1035 §5.1: a line that begins with a blank has the owner of the one before."""
        assert lines(zone("mx A 192.0.2.1\n   AAAA 2001:db8::1\n"))[-1][:2] == ("mx.example.org.", "AAAA")

    def test_the_place_is_that_of_the_first_line_of_a_record(self) -> None:
        """A record over several lines is found where it begins."""
        assert tlsa(f"\n\n_25._tcp.mx TLSA 3 1 1 (\n{DIGEST}\n)").place == "zone.db:8"

    def test_names_in_records_are_completed(self) -> None:
        """RFC 1035 §5.1: a name without a dot at its end is relative to the origin."""
        assert lines(zone("@ MX 10 mx\n"))[-1] == ("example.org.", "MX", "10 mx.example.org.")

    def test_without_ttl_the_soa_s_minimum_counts(self) -> None:
        """RFC 2308 §4: where neither the record nor $TTL says."""
        text = HEAD.replace("$TTL 3600\n", "")
        assert {one.ttl for one in read(text).records} == {300}

    def test_lines_without_a_soa_record_are_no_whole_zone(self) -> None:
        """What `dane-check tlsa` prints is read, and nothing is made up around it."""
        found = read(f"_25._tcp.mx.example.org. IN TLSA 3 1 1 {DIGEST}\n")
        assert (found.whole, found.origin, found.records[0].ttl) == (False, None, None)

    def test_the_origin_may_be_given(self) -> None:
        """--origin is what relative names belong to at first."""
        assert lines("mx A 192.0.2.1", "example.net") == [("mx.example.net.", "A", "192.0.2.1")]
        assert read("@ SOA ns h 1 2 3 4 5\n", "example.net").name == "example.net"

    def test_an_idn_becomes_a_labels(self) -> None:
        """IDNA 2008."""
        assert lines("faß.example. A 192.0.2.1")[0][0] == "xn--fa-hia.example."


class TestDirectives:
    """$INCLUDE (RFC 1035 §5.1) and $GENERATE (BIND's, in wide use)."""

    FILES: ClassVar = {
        "hosts.db": "mx A 192.0.2.1\n$ORIGIN sub\nx A 192.0.2.2\n",
        "again.db": "$INCLUDE again.db\n",
        "bad.db": "\n\nmx A 192.0.2\n",
    }

    def include(self, file: str, within: str) -> ZoneText:
        """A folder of files; `within` names the one that includes."""
        if file not in self.FILES:
            raise UsageError(f"{file} cannot be read: No such file or directory")
        return ZoneText(file, self.FILES[file])

    def owners(self, text: str) -> list[str]:
        given_ = ZoneText("zone.db", HEAD + text)
        return [str(one.owner) for one in read_zone(given_, include=self.include).records[3:]]

    def test_an_included_file_changes_neither_origin_nor_owner(self) -> None:
        """RFC 1035 §5.1: the origin of the parent file stays what it was."""
        found = self.owners("www A 192.0.2.9\n$INCLUDE hosts.db\n  AAAA 2001:db8::9\nend A 192.0.2.8\n")
        assert found == [
            "www.example.org.",
            "mx.example.org.",
            "x.sub.example.org.",
            "www.example.org.",
            "end.example.org.",
        ]

    def test_an_origin_may_be_given_with_it(self) -> None:
        """The second field of $INCLUDE."""
        assert self.owners("$INCLUDE hosts.db other.example.")[0] == "mx.other.example."

    def test_a_mistake_is_told_where_it_is(self) -> None:
        """The included file and its line, not those of the parent."""
        assert refused(HEAD + "$INCLUDE bad.db\n", include=self.include).startswith("bad.db:3: the A record")

    def test_a_file_that_cannot_be_had_is_told_where_it_is_named(self) -> None:
        """The line with the $INCLUDE."""
        sentence = refused(HEAD + "$INCLUDE none.db\n", include=self.include)
        assert sentence.startswith("zone.db:6: $INCLUDE: none.db cannot be read")

    def test_files_that_include_themselves_end(self) -> None:
        """L-28: within one another only so deep."""
        assert "within one another" in refused("$INCLUDE again.db\n", include=self.include, limits=FEW)

    def test_from_standard_input_nothing_is_included(self) -> None:
        """There is no folder that relative paths could belong to."""
        assert refused(HEAD + "$INCLUDE hosts.db\n").startswith("zone.db:6: $INCLUDE cannot be followed")

    @pytest.mark.parametrize(
        ("line", "owners"),
        [
            ("$GENERATE 1-3 mx$ A 192.0.2.$", ["mx1", "mx2", "mx3"]),
            ("$GENERATE 0-4/2 mx${8,3} 300 IN A 192.0.2.$", ["mx008", "mx010", "mx012"]),
            ("$GENERATE 10-11 mx${0,0,x} A 192.0.2.$", ["mxa", "mxb"]),
            (f"$GENERATE 1-1 _25._tcp.mx$ TLSA 3 1 1 {DIGEST}", ["_25._tcp.mx1"]),
        ],
    )
    def test_generate_makes_its_records(self, line: str, owners: list[str]) -> None:
        """A range with a step, an offset, a width and a base."""
        assert self.owners(line) == [f"{one}.example.org." for one in owners]

    def test_generate_is_bounded(self) -> None:
        """L-28: records that are made count like records that are written."""
        assert "more than 5 records" in refused(HEAD + "$GENERATE 1-4000000000 a$ A 192.0.2.1", limits=FEW)


class TestMistakes:
    """Each ends in one line with FILE:LINE and what is wrong."""

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("mx A 192.0.2", "A record cannot be read"),
            ("mx AAAA zz", "AAAA record cannot be read"),
            ("mx MX mail", "MX record cannot be read"),
            ("_25._tcp.mx TLSA 3 1 1 abc", "3 hexadecimal digits"),
            ("_25._tcp.mx TLSA 3 1 256 ab", "matching type"),
            ("_25._tcp.mx TLSA \\# 3 0301", "2 octets"),
            ("mx FROBNICATE 1", "no record type"),
            ("mx ANY 1", "no type that zones hold"),
            ("mx", "the type is missing"),
            ("mx 3600 IN", "the type is missing"),
            ("mx CH A 192.0.2.1", "another class"),
            ("mx 9x A 192.0.2.1", "no TTL"),
            ("a..b A 192.0.2.1", "no domain name"),
            (f"{'a' * 64} A 192.0.2.1", "no domain name"),
            ('mx TXT "open', "quoted string"),
            ("mx A ( 192.0.2.1", "parenthes"),
            ("mx A 192.0.2.1 )", "parenthesis"),
            ("$TTL soon", "no TTL"),
            ("$TTL", "$TTL is not followed"),
            ("$ORIGIN", "$ORIGIN is not followed"),
            ("$INCLUDE", "$INCLUDE is not followed"),
            ("$GENERATE 1-3", "$GENERATE is not followed"),
            ("$GENERATE x mx$ A 192.0.2.1", "range"),
            ("$GENERATE 1-2 mx${-5} A 192.0.2.1", "cannot write"),
            ("$GENERATE 1-2 mx${0,999} A 192.0.2.1", "cannot write"),
            ("$GENERATE 1-2 ${0,4,n} A 192.0.2.1", "cannot write"),
            ("$FORWARD x", "no directive"),
            ("@ SOA ns h 1 2 3 4 5", "second SOA"),
        ],
    )
    def test_it_is_told_with_file_and_line(self, line: str, words: str) -> None:
        """Exit 2 in the command."""
        sentence = refused(f"{HEAD}\n{line}\n")
        assert sentence.startswith("zone.db:7: ")
        assert words in sentence

    def test_a_relative_name_needs_an_origin(self) -> None:
        """The sentence says what to give."""
        assert "give --origin" in refused("mx A 192.0.2.1\n")

    def test_the_first_record_needs_an_owner(self) -> None:
        """There is none before it to go on with."""
        assert "no owner" in refused("$ORIGIN example.org.\n  A 192.0.2.1\n")

    def test_another_zone_s_soa_is_refused(self) -> None:
        """--origin and the file must speak of one zone."""
        assert "is that of example.org, not of example.net" in refused(HEAD, origin="example.net")

    @pytest.mark.parametrize("text", ["", "; nothing\n", "$ORIGIN example.org.\n$TTL 5\n"])
    def test_a_file_without_records_is_refused(self, text: str) -> None:
        """An empty candidate is a mistake of the caller's."""
        assert "holds no record" in refused(text)

    def test_control_characters_reach_no_terminal(self) -> None:
        """threats T-26: a file may be as hostile as the network."""
        assert "\x1b" not in refused("$ORIGIN example.org.\nmx \x1b[2J\x07 1\n")

    @given(st.text(max_size=200))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        """Nothing else escapes, and the sentence is one line."""
        assert all(one.owner.is_absolute() for one in read_or_refused(text))

    @given(st.lists(st.sampled_from([*HEAD.split(), "(", ")", '"', "\n", " ", "TLSA", "3", "\\", "$"]), max_size=30))
    def test_any_pieces_of_a_zone_are_read_or_refused(self, pieces: list[str]) -> None:
        """Close to what is right, which is where parsers break."""
        assert all(one.owner.is_absolute() for one in read_or_refused(" ".join(pieces)))
