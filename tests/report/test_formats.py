"""What is written in each format, its own tool or a strict reader reads as the same records."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import dns.rdatatype
import dns.zone
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone

from dane_check.errors import UsageError
from dane_check.report.formats import Format, bind, dnscontrol, line, nsupdate, octodns, rfc3597
from dane_check.report.record_set import Named, NamedRecord, RecordSet, named
from dane_check.report.records import records_to_json, records_to_text
from dane_check.report.schemas import schema_text
from dane_check.tlsa.record import MalformedTlsa, TlsaRecord
from tests.pki import END, assemble, make_ca, make_leaf
from tests.report.hostile import PAYLOADS
from tests.report.readers import Change, Message, read_dnscontrol, read_nsupdate

CHECKZONE = shutil.which("named-checkzone") or shutil.which("named-checkzone", path="/usr/sbin")
ZONE = "example.org"
LEAF = make_leaf("mx.example.org", issuer=make_ca("Issuer"))
DIGEST = bytes(range(32))
RECORD = TlsaRecord(3, 1, 1, DIGEST)
NAMED = named(LEAF.der, "fullchain.pem")
# (owner, TTL, record): what every reader gives back
Triple = tuple[str, int | None, TlsaRecord | MalformedTlsa]


def one_set(
    *records: TlsaRecord | MalformedTlsa, owner: str | None = "_25._tcp.mx.example.org", ttl: int | None = 3600
):
    return RecordSet(owner, tuple(NamedRecord(record, NAMED) for record in records), ttl)


def triples(sets: Sequence[RecordSet], default: int | None = None) -> set[Triple]:
    return {
        (str(each.owner), default if each.ttl is None else each.ttl, one.record)
        for each in sets
        for one in each.records
    }


SOA = """\
$TTL 86400
example.org. IN SOA ns.example.org. root.example.org. 1 3600 900 604800 300
example.org. IN NS ns.example.org.
ns.example.org. IN A 192.0.2.53
"""

hosts = st.from_regex(r"([a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\.){0,2}", fullmatch=True)
data = st.sampled_from([DIGEST, bytes.fromhex("12" * 32), bytes.fromhex("00" * 32), bytes.fromhex("1e" * 31 + "99")])
records = st.builds(
    lambda usage, selector, kind, octets: TlsaRecord(usage, selector, kind, octets * 2 if kind == 2 else octets),
    st.integers(0, 3),
    st.integers(0, 1),
    st.integers(0, 2),
    data,
)
texts = st.one_of(st.none(), st.text(max_size=60), st.sampled_from(list(PAYLOADS.values())))
names = st.builds(Named, st.just("a file"), texts, texts, st.sampled_from([None, "EC P-256"]), st.just(END))
record_sets = st.lists(
    st.builds(
        RecordSet,
        st.builds("_{}._tcp.{}example.org".format, st.integers(1, 65535), hosts),
        st.lists(st.builds(NamedRecord, records, names), min_size=1, max_size=3, unique_by=lambda one: one.record).map(
            tuple
        ),
        st.sampled_from([None, 60, 3600]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.owner,
)


def read_zone(text: str) -> set[Triple]:
    """By dnspython, as a zone file."""
    zone = dns.zone.from_text(SOA + text, origin=f"{ZONE}.", relativize=False)
    return {
        (name.to_text(omit_final_dot=True), ttl, TlsaRecord.from_rdata(rdata.to_wire()))
        for name, ttl, rdata in zone.iterate_rdatas(dns.rdatatype.TLSA)
    }


def read_octodns(text: str, folder: Path) -> set[Triple]:
    """By octoDNS, strictly: keys in its order, every value validated."""
    logging.disable(logging.WARNING)
    (folder / f"{ZONE}.yaml").write_text(text, encoding="ascii")
    zone = Zone(f"{ZONE}.", [])
    YamlProvider("check", str(folder), default_ttl=86400, escaped_semicolons=False).populate(zone, lenient=False)
    return {(one.fqdn.rstrip("."), one.ttl, _of_octodns(value)) for one in zone.records for value in one.values}


def _of_octodns(value) -> TlsaRecord:
    octets = bytes.fromhex(value.certificate_association_data)
    return TlsaRecord(value.certificate_usage, value.selector, value.matching_type, octets)


class TestReadBack:
    """The records of any sets, whatever the certificates say of themselves."""

    @given(record_sets)
    def test_zone_files(self, sets: list[RecordSet]) -> None:
        """dnspython reads the lines of BIND and those of RFC 3597 as the same records."""
        assert read_zone(bind(sets)) == read_zone(rfc3597(sets)) == triples(sets, default=86400)

    @given(record_sets)
    def test_octodns(self, tmp_path_factory: pytest.TempPathFactory, sets: list[RecordSet]) -> None:
        """octoDNS takes the file, the order of its keys included, and digests of digits alone stay text."""
        folder = tmp_path_factory.mktemp("octodns")
        assert read_octodns(octodns(sets, zone=ZONE), folder) == triples(sets, default=86400)

    @given(record_sets)
    def test_nsupdate(self, sets: list[RecordSet]) -> None:
        """One message for a zone that is known; else one for each owner name."""
        (message,) = read_nsupdate(nsupdate(sets, zone=ZONE))
        found = {(one.owner.rstrip("."), one.ttl, one.record) for one in message.changes}
        assert (message.zone, found) == ("example.org.", triples(sets, default=3600))
        alone = read_nsupdate(nsupdate(sets))
        assert [{one.owner.rstrip(".") for one in message.changes} for message in alone] == [
            {each.owner} for each in sets
        ]

    @given(record_sets)
    def test_dnscontrol(self, sets: list[RecordSet]) -> None:
        """Labels are relative to the zone, and no comma stands before the bracket."""
        zone, calls = read_dnscontrol(dnscontrol(sets, zone=ZONE))
        assert zone == ZONE
        assert {(f"{label}.{zone}", ttl, record) for label, ttl, record in calls} == triples(sets)

    @given(record_sets)
    def test_json(self, sets: list[RecordSet]) -> None:
        """The document fits its schema, and its lines are those of a zone file."""
        document = json.loads(records_to_json(sets))
        jsonschema.Draft202012Validator(json.loads(schema_text("tlsa"))).validate(document)
        found = {
            (one["owner"], one["ttl"], TlsaRecord.from_text(" ".join(map(str, _fields(one)))))
            for one in document["records"]
        }
        assert found == triples(sets)
        for form in ("line", "rfc3597"):
            assert read_zone("".join(f"{one[form]}\n" for one in document["records"])) == triples(sets, default=86400)


def _fields(one) -> list[object]:
    return [one["usage"], one["selector"], one["matching_type"], one["data"]]


@pytest.mark.skipif(CHECKZONE is None, reason="named-checkzone is not installed")
class TestBind:
    """BIND itself reads the lines."""

    @pytest.mark.parametrize("form", [Format.BIND, Format.RFC3597])
    @pytest.mark.parametrize("payload", ["CN=mx.example.org", PAYLOADS["newline"], PAYLOADS["escape"], "(", '"', "\\"])
    def test_named_checkzone_takes_the_zone(self, tmp_path: Path, form: Format, payload: str) -> None:
        """And prints the records that were meant."""
        made = named(LEAF.der, "fullchain.pem")
        comment = Named(made.source, payload, payload, made.key, made.not_after)
        whole = TlsaRecord(2, 0, 0, LEAF.der)
        sets = [RecordSet("_25._tcp.mx.example.org", (NamedRecord(RECORD, comment), NamedRecord(whole, comment)), 300)]
        file = tmp_path / "zone"
        file.write_text(SOA + records_to_text(sets, form), encoding="ascii")
        run = subprocess.run(
            [str(CHECKZONE), "-D", "-o", "-", ZONE, str(file)], capture_output=True, text=True, check=True
        )
        printed = "".join(f"{line}\n" for line in run.stdout.splitlines() if " TLSA" in line.replace("\t", " "))
        assert read_zone(printed) == triples(sets)


class TestComments:
    """The comment says which certificate, and is never more than a comment."""

    def test_which_certificate(self) -> None:
        """File, subject, issuer, kind of key, end."""
        assert bind([one_set(RECORD)]) == (
            f"_25._tcp.mx.example.org. 3600 IN TLSA 3 1 1 {DIGEST.hex()}"
            " ; fullchain.pem: CN=mx.example.org, issuer CN=Issuer, EC P-256, until 2120-01-01\n"
        )

    def test_a_key_alone(self) -> None:
        """Nothing but its kind is known."""
        assert named(LEAF.spki, "next.key", "next").comment() == "next, next.key: EC P-256 key"

    def test_a_certificate_without_a_subject(self) -> None:
        """Its first name stands for it."""
        bare = make_leaf("", issuer=make_ca("Issuer"), dns_names=["mx.example.org", "mx2.example.org"])
        assert "DNS:mx.example.org, issuer CN=Issuer" in named(bare.der).comment()

    @pytest.mark.parametrize("octets", [b"", b"\x30\x00", assemble(spki=LEAF.spki, validity=b"\x30\x00")])
    def test_whatever_cannot_be_read_is_left_out(self, octets: bytes) -> None:
        """Never an exception."""
        assert named(octets, "a file").comment().isascii()

    @pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
    def test_certificates_cannot_write_lines(self, payload: str) -> None:
        """One printable line, of bounded length, from any subject and issuer."""
        certificate = Named("a file", payload, payload, payload, END)
        comment = certificate.comment()
        assert comment.isascii()
        assert comment.isprintable()
        for form in (Format.BIND, Format.RFC3597, Format.NSUPDATE, Format.OCTODNS, Format.DNSCONTROL, Format.JSON):
            sets = [RecordSet("_25._tcp.mx.example.org", (NamedRecord(RECORD, certificate),), 60)]
            plain = [RecordSet("_25._tcp.mx.example.org", (NamedRecord(RECORD, Named("a", "b", "c", "d", END)),), 60)]
            text = records_to_text(sets, form, ZONE)
            assert text.isascii()
            assert len(text.splitlines()) == len(records_to_text(plain, form, ZONE).splitlines())

    def test_a_long_name_is_cut(self) -> None:
        """A subject may have kilobytes."""
        assert len(Named("f", "A" * 5000, "B" * 5000, None, datetime(2026, 3, 1).astimezone()).comment()) < 300

    def test_without_anything_known_there_is_none(self) -> None:
        """A candidate record of nobody knows what."""
        assert bind([RecordSet("_25._tcp.a.example", (NamedRecord(RECORD),))]) == (
            f"_25._tcp.a.example. IN TLSA 3 1 1 {DIGEST.hex()}\n"
        )


class TestEdges:
    """What formats need, and what they cannot say."""

    def test_rdata_alone(self) -> None:
        """Without an owner there is neither TTL nor comment: scripts take the line as it is."""
        assert bind([one_set(RECORD, owner=None)]) == f"{RECORD.to_text()}\n"
        assert rfc3597([one_set(RECORD, owner=None)]) == f"\\# 35 030101{DIGEST.hex()}\n"

    @pytest.mark.parametrize("record", [MalformedTlsa(b"\x03"), MalformedTlsa(b""), TlsaRecord(3, 1, 1, b"")])
    def test_records_without_data(self, record: TlsaRecord | MalformedTlsa) -> None:
        """Only the form of RFC 3597 can say them; octoDNS and DNSControl cannot."""
        assert line("a.example", record, 60).startswith(f"a.example. 60 IN TYPE52 \\# {len(record.rdata)}")
        assert "TYPE52" in nsupdate([one_set(record)])
        for form in (Format.OCTODNS, Format.DNSCONTROL):
            with pytest.raises(UsageError, match="without data"):
                records_to_text([one_set(record)], form, ZONE)

    @pytest.mark.parametrize("form", [Format.OCTODNS, Format.DNSCONTROL])
    def test_numbers_that_are_not_assigned(self, form: Format) -> None:
        """octoDNS and DNSControl would refuse them; zone files hold them."""
        with pytest.raises(UsageError, match="a 255 1 1 record"):
            records_to_text([one_set(TlsaRecord(255, 1, 1, DIGEST))], form, ZONE)

    @pytest.mark.parametrize("form", [Format.OCTODNS, Format.DNSCONTROL, Format.NSUPDATE])
    def test_formats_that_need_names(self, form: Format) -> None:
        """One sentence that names the option."""
        with pytest.raises(UsageError, match="--host"):
            records_to_text([one_set(RECORD, owner=None)], form, ZONE)

    @pytest.mark.parametrize("form", [Format.OCTODNS, Format.DNSCONTROL])
    def test_formats_that_need_the_zone(self, form: Format) -> None:
        """A guess would put records into the wrong zone."""
        with pytest.raises(UsageError, match="--origin"):
            records_to_text([one_set(RECORD)], form)

    @pytest.mark.parametrize("form", [Format.OCTODNS, Format.DNSCONTROL, Format.NSUPDATE])
    @pytest.mark.parametrize("zone", ["example.net", "x.example.org", "xample.org"])
    def test_hosts_of_another_zone(self, form: Format, zone: str) -> None:
        """They would be written where nobody asks for them."""
        with pytest.raises(UsageError, match="is not in the zone"):
            records_to_text([one_set(RECORD)], form, zone)

    def test_the_apex_is_a_host_too(self) -> None:
        """Its records stand at _25._tcp of the zone."""
        assert read_dnscontrol(dnscontrol([one_set(RECORD, owner="_25._tcp.example.org")], zone="example.org."))[1] == [
            ("_25._tcp", 3600, RECORD)
        ]

    def test_an_exchange_is_one_message(self) -> None:
        """What goes and what comes at one name goes and comes at once."""
        old = TlsaRecord(3, 1, 1, bytes(32))
        (message,) = read_nsupdate(nsupdate([one_set(RECORD, ttl=60)], removed=[one_set(old)]))
        owner = "_25._tcp.mx.example.org."
        assert message == Message(None, (Change(owner, None, old), Change(owner, 60, RECORD)))

    def test_what_only_goes_is_sent_too(self) -> None:
        """The last step of a rollover."""
        (message,) = read_nsupdate(nsupdate([], removed=[one_set(RECORD)], zone=ZONE))
        assert message == Message("example.org.", (Change("_25._tcp.mx.example.org.", None, RECORD),))

    def test_json_has_no_place_for_what_is_too_short(self) -> None:
        """Its schema promises three numbers."""
        with pytest.raises(UsageError, match="no place"):
            records_to_json([one_set(MalformedTlsa(b"\x03"))])


@pytest.mark.parametrize(
    "text",
    [
        "update add a.example 60 IN TLSA 3 1 1 ab\nsend\n",
        "update add a.example. IN TLSA 3 1 1 ab\nsend\n",
        "update add a.example. 60 IN TLSA 3 1 1 ab\n",
        "update add a.example. 60 IN TLSA 3 1 1 ab ; x\nsend\n",
        "send\n",
        "server 192.0.2.1\nsend\n",
    ],
)
def test_the_reader_of_nsupdate_is_strict(text: str) -> None:
    """A reader that took anything would show nothing."""
    with pytest.raises(ValueError):  # noqa: PT011 - any of its reasons
        read_nsupdate(text)


@pytest.mark.parametrize(
    "text",
    [
        'TLSA("a", 3, 1, 1, "ab")\n',
        'D_EXTEND("a.example",\n  TLSA("a", 3, 1, 1, "ab"),\n);\n',
        'D_EXTEND("a.example",\n  TLSA("a", 3, 1, 1, "ab")\n  TLSA("a", 3, 1, 1, "cd")\n);\n',
        'D_EXTEND("a.example",\n  TLSA("a", 3, 1, 1, "ab", 60)\n);\n',
        'D_EXTEND("a.example",\n  // a\x0b\n  TLSA("a", 3, 1, 1, "ab")\n);\n',
    ],
)
def test_the_reader_of_dnscontrol_is_strict(text: str) -> None:
    """The same."""
    with pytest.raises(ValueError):  # noqa: PT011 - any of its reasons
        read_dnscontrol(text)
