"""Messages are read so that one bad record never loses the rest (R6698-2.1-c, threats T-16, T-17)."""

from __future__ import annotations

import contextlib
import random

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdatatype as rrtype
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dane_check.limits import DnsLimits
from dane_check.wire.message import Malformed, Message, read
from dane_check.wire.octets import NameReader
from dane_check.wire.query import is_truncated, replies_to, write_query
from dane_check.wire.rdata import canonical, name_at
from tests.counted import counted_calls

NAME = dns.name.from_text("_25._tcp.mx.example.org.")

SAMPLE = {
    "answer": [
        "_25._tcp.mx.example.org. 300 IN TLSA 3 1 1 " + "ab" * 32,
        "Example.ORG. 300 IN MX 10 MX.example.org.",
        "example.org. 300 IN SOA ns.example.org. Host.example.org. 1 2 3 4 5",
        "example.org. 300 IN NAPTR 1 2 s E2U !x! sip.Example.org.",
        "example.org. 300 IN RRSIG A 13 2 300 20261201000000 20261101000000 1 Example.org. AAAA",
    ],
    "authority": [
        "b.example.org. 300 IN NSEC C.example.org. A RRSIG NSEC",
        "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.org. 300 IN NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG",
    ],
}


def reply(answer: list[str] = (), authority: list[str] = (), **edns: object) -> dns.message.Message:
    message = dns.message.make_response(dns.message.make_query(NAME, "TLSA", want_dnssec=True, id=7))
    for section, texts in ((message.answer, answer), (message.authority, authority)):
        for text in texts:
            owner, ttl, _, rdtype, rdata = text.split(None, 4)
            section.append(dns.rrset.from_text(owner, int(ttl), "IN", rdtype, rdata))
    if edns:
        message.use_edns(0, **edns)
    return message


def raw_record(owner: dns.name.Name, rdtype: int, rdata: bytes, rdclass: int = 1, ttl: int = 300) -> bytes:
    fixed = rdtype.to_bytes(2, "big") + rdclass.to_bytes(2, "big") + ttl.to_bytes(4, "big")
    return owner.to_wire() + fixed + len(rdata).to_bytes(2, "big") + rdata


def raw_reply(*records: bytes, flags: int = 0x8180) -> bytes:
    counts = (1).to_bytes(2, "big") + len(records).to_bytes(2, "big") + bytes(4)
    return b"\0\7" + flags.to_bytes(2, "big") + counts + NAME.to_wire() + b"\0\x34\0\1" + b"".join(records)


class TestReading:
    def test_everything_dnspython_reads_is_read_alike(self) -> None:
        """Owner, type, TTL and uncompressed RDATA are those of the reference parser, case kept."""
        octets = reply(**SAMPLE).to_wire()
        message, heard = dns.message.from_wire(octets), read(octets)
        for ours, theirs in ((heard.answer, message.answer), (heard.authority, message.authority)):
            assert [(r.owner.to_text(), r.rdtype, r.ttl, r.rdata) for r in ours] == [
                (s.name.to_text(), s.rdtype, s.ttl, s[0].to_wire()) for s in theirs
            ]

    def test_names_in_rdata_keep_their_case(self) -> None:
        """A compressed MX target is written out in the case it was sent."""
        heard = read(reply(answer=["x.TEST. 300 IN MX 10 maiL.x.TEST."]).to_wire())
        assert heard.answer[0].rdata == b"\0\x0a\4maiL\1x\4TEST\0"

    def test_header_question_and_rcode_are_kept(self) -> None:
        """The response code has its EDNS extension; the question is name and type."""
        message = reply()
        message.set_rcode(23)
        heard = read(message.to_wire())
        assert (heard.id, heard.rcode, heard.truncated, heard.question) == (7, 23, False, (NAME, 52))

    @pytest.mark.parametrize("octets", [0, 1, 2, 3, 34, 35, 36, 67])
    def test_tlsa_of_any_length_is_kept_raw(self, octets: int) -> None:
        """TLSA RDATA is never shown to a parser that could refuse it (R6698-2.1-b, T-17)."""
        data = (b"\3\1\1" + bytes(64))[:octets]
        heard = read(raw_reply(raw_record(NAME, 52, data)))
        assert [(r.rdata, r.parsed) for r in heard.answer] == [(data, None)]

    def test_one_bad_record_does_not_lose_its_neighbours(self) -> None:
        """An A record of three octets and a broken SOA stay as octets beside a good record."""
        heard = read(
            raw_reply(raw_record(NAME, 1, b"\1\2\3"), raw_record(NAME, 6, b"\xc0\xff"), raw_record(NAME, 1, bytes(4)))
        )
        assert [r.rdata for r in heard.answer] == [b"\1\2\3", b"\xc0\xff", bytes(4)]
        assert [r.parsed is None for r in heard.answer] == [True, True, False]

    def test_records_of_another_class_are_ignored(self) -> None:
        """Only class IN counts (R6698-2-a)."""
        assert read(raw_reply(raw_record(NAME, 52, b"\3\1\1\0", rdclass=3))).answer == ()

    def test_a_ttl_with_the_highest_bit_set_is_zero(self) -> None:
        """RFC 2181 §8."""
        assert read(raw_reply(raw_record(NAME, 1, bytes(4), ttl=0x80000001))).answer[0].ttl == 0

    def test_compressed_signers_are_expanded(self) -> None:
        """A server that compresses the signer's name loses nothing: the signature is over the written-out name."""
        rdata = bytes(18) + b"\xc0\x0c" + b"sig"
        heard = read(raw_reply(raw_record(NAME, rrtype.RRSIG, rdata)))
        assert heard.answer[0].rdata == bytes(18) + NAME.to_wire() + b"sig"

    def test_extended_errors_are_read_with_and_without_nul(self) -> None:
        """RFC 8914 §2: several per message, text optional and perhaps NUL-terminated."""
        options = [
            dns.edns.GenericOption(15, b"\0\6bogus\0"),
            dns.edns.GenericOption(15, b"\0\x0a"),
            dns.edns.GenericOption(15, b"\0"),
        ]
        heard = read(reply(options=options).to_wire())
        assert [(e.code, e.text) for e in heard.extended_errors] == [(6, b"bogus"), (10, b"")]


class TestRefusing:
    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            bytes(11),
            raw_reply(flags=0x0100),
            raw_reply()[:-1],
            raw_reply(raw_record(NAME, 1, bytes(4)))[:-1],
            b"\0\7\x81\x80\0\2\0\0\0\0\0\0" + NAME.to_wire() + b"\0\1\0\1" + NAME.to_wire() + b"\0\1\0\1",
            bytes(65536),
        ],
    )
    def test_what_is_no_reply_is_malformed(self, octets: bytes) -> None:
        """Too short, cut off, a query, two questions, longer than a message can be."""
        with pytest.raises(Malformed):
            read(octets)

    def test_more_records_than_the_limit_are_refused(self) -> None:
        """L-6: a message of more than 1000 records is not walked at all."""
        records = [raw_record(dns.name.root, 1, bytes(4))] * 3
        assert len(read(raw_reply(*records), DnsLimits(message_records=3)).answer) == 3
        with pytest.raises(Malformed):
            read(raw_reply(*records), DnsLimits(message_records=2))

    @pytest.mark.parametrize("owner", [b"\xc0\x0c\0"[:2], b"\1a\xc0\x0c", b"\x40a\0", b"\x3f" + b"a" * 10])
    def test_pointers_to_themselves_or_forward_are_refused(self, owner: bytes) -> None:
        """A pointer must lead to an earlier octet; other label types are not DNS."""
        octets = bytes(12) + owner
        with pytest.raises(Malformed):
            NameReader(octets).read(12, len(octets))

    def test_a_long_chain_of_pointers_costs_little(self) -> None:
        """T-16: of eight thousand pointers in a row none leads far, and a name of 256 octets is refused at once."""
        chain = bytes(12) + b"\1a\0\0" + b"".join((0xC000 | at).to_bytes(2, "big") for at in range(12, 16000, 2))
        label = b"\x3f" + b"a" * 63
        for octets, start in [*((chain, start) for start in range(16, len(chain), 199 * 2)), (label * 4 + b"\0", 0)]:
            with counted_calls() as calls, contextlib.suppress(Malformed):
                NameReader(octets).read(start, len(octets))
            assert calls.total() <= MOST_CALLS_A_NAME, calls.most_common(5)
        for octets, start in ((chain, len(chain) - 2), (label * 4 + b"\0", 0)):
            with pytest.raises(Malformed):
                NameReader(octets).read(start, len(octets))


MOST_CALLS_A_NAME = 1_500  # of functions, for one name, which has 255 octets at most; the most seen is 780
MOST_CALLS = 2_500  # of functions, C ones included, for one message of these seeds; the most seen is 1 923


def _calls(octets: bytes) -> int:
    """How many function calls reading takes: the same on every machine, however busy it is."""
    with counted_calls() as calls, contextlib.suppress(Malformed):
        assert isinstance(read(octets), Message)
    return calls.total()


class TestFuzz:
    def test_mutations_raise_malformed_and_nothing_else(self) -> None:
        """T-16: 10 000 seeded mutations of real messages, no other exception, and bounded work for each."""
        dice = random.Random(20261122)
        most = 0
        seeds = [reply(**SAMPLE).to_wire(), raw_reply(raw_record(NAME, 52, b"\3\1\1"))]
        for _ in range(10_000):
            octets = bytearray(dice.choice(seeds))
            for _ in range(dice.randint(1, 6)):
                octets[dice.randrange(len(octets))] = dice.choice((0, 0xC0, 0xFF, dice.randrange(256)))
            _calls(
                bytes(octets)
            )  # dnspython loads a type's module when it first meets it, which is not the reader's work
            most = max(most, _calls(bytes(octets)))
        assert most < MOST_CALLS

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=300))
    def test_any_octets_are_a_message_or_malformed(self, octets: bytes) -> None:
        """Octets from strangers never raise anything but Malformed."""
        for candidate in (octets, b"\0\7\x81\x80\0\1\0\2\0\2\0\1" + octets):
            try:
                read(candidate)
            except Malformed:
                continue

    @settings(max_examples=200, deadline=None)
    @given(st.integers(0, 300), st.binary(max_size=80))
    def test_canonical_form_takes_any_rdata(self, rdtype: int, rdata: bytes) -> None:
        """RDATA that does not fit its type is signed as it stands, and the length never changes."""
        assert len(canonical(rdtype, rdata)) == len(rdata)


class TestCanonicalForm:
    def test_listed_types_are_lower_cased(self) -> None:
        """RFC 4034 §6.2: the names in MX, SOA, RRSIG and the like."""
        assert canonical(rrtype.MX, b"\0\x0a\2MX\3ORG\0") == b"\0\x0a\2mx\3org\0"
        assert canonical(rrtype.RRSIG, bytes(18) + b"\3ORG\0SIG") == bytes(18) + b"\3org\0SIG"

    def test_nsec_and_unknown_types_keep_their_case(self) -> None:
        """RFC 6840 §5.1 took NSEC off that list; SVCB and others were never on it."""
        assert canonical(rrtype.NSEC, b"\3ORG\0\0\1@") == b"\3ORG\0\0\1@"
        assert canonical(rrtype.SVCB, b"\0\1\3ORG\0") == b"\0\1\3ORG\0"

    def test_a_name_is_found_in_rdata(self) -> None:
        """The signer of an RRSIG stands after 18 octets."""
        assert name_at(bytes(18) + b"\3ORG\0SIG", 18) == (dns.name.from_text("org."), 23)


class TestQueries:
    def test_a_query_asks_with_rd_cd_and_do_and_without_ad(self) -> None:
        """R4035-4.1-a, R6840-5.9-a, D-16."""
        query = dns.message.from_wire(write_query(NAME, 52, 7))
        assert (query.id, query.question[0].name, query.question[0].rdtype) == (7, NAME, 52)
        assert query.flags == dns.flags.RD | dns.flags.CD
        assert (query.ednsflags, query.payload, query.edns) == (dns.flags.DO, 1232, 0)

    def test_a_reply_has_the_id_and_the_question_of_its_query(self) -> None:
        """RFC 5452 §9.1: wrong id, wrong name, wrong type, a query and another opcode are not replies."""
        query = write_query(NAME, 52, 7)
        good = raw_reply()
        assert replies_to(good, query)
        assert replies_to(good.replace(b"example", b"EXAMPLE"), query)
        assert not replies_to(b"\0\x08" + good[2:], query)
        assert not replies_to(good.replace(b"example", b"exomple"), query)
        assert not replies_to(good[:-4] + b"\0\1\0\1", query)
        assert not replies_to(query, query)
        assert not replies_to(good[:2] + b"\xa8" + good[3:], query)
        assert not replies_to(b"", query)

    def test_a_bare_refusal_is_a_reply(self) -> None:
        """FORMERR may come as a header alone; NOERROR may not."""
        query = write_query(NAME, 52, 7)
        assert replies_to(b"\0\7\x81\x81" + bytes(8), query)
        assert not replies_to(b"\0\7\x81\x80" + bytes(8), query)

    def test_truncation_is_seen(self) -> None:
        """TC asks for TCP."""
        assert is_truncated(raw_reply(flags=0x8380))
        assert not is_truncated(raw_reply())
