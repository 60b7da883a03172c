"""PF-f: a signed zone file is validated by the engine that validates the world: what does not hold would not hold."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from dane_check import Settings, UsageError
from dane_check.dnssec.lookup import Bogus, Cause, Lookup, Secure, SecureDenial
from dane_check.lab.dns_world.denial import Hashing
from dane_check.lab.dns_world.signing import Period
from dane_check.rehearsal.zone.assumed import Nobody
from dane_check.rehearsal.zone.data import ZoneData
from dane_check.rehearsal.zone.signed import own_keys
from dane_check.rehearsal.zone.source import ZoneSource, zone_source
from tests.rehearsal.made import NOW
from tests.rehearsal.zones import ds_of, keys_of, read, signed, zone

KEYS = keys_of()
DS = ds_of(KEYS)
PLAIN = zone(
    """\
@ MX 10 mx
mx A 192.0.2.1
_25._tcp.mx TLSA 3 1 1 abcd
short._tcp.mx TLSA \\# 2 0301
alias CNAME mx
away CNAME mx.example.net.
*.wild A 192.0.2.2
old DNAME mx
a.b.c A 192.0.2.3
"""
)
DENIALS = pytest.mark.parametrize("nsec3", [None, Hashing(), Hashing(5, b"\xab\xcd")], ids=["NSEC", "NSEC3", "salted"])


def source(text: str, *ds: str, at: timedelta = timedelta(0)) -> ZoneSource:
    """The zone with nobody else to ask."""
    return zone_source(ZoneData(read(text)), Nobody(), Settings(), NOW + at, ds)


def found(text: str, name: str, rdtype: str, *ds: str, at: timedelta = timedelta(0)) -> Lookup:
    """What a sender would come to."""
    return asyncio.run(source(text, *ds, at=at).lookup(name, rdtype))


@DENIALS
@pytest.mark.parametrize(
    ("name", "rdtype", "texts"),
    [
        ("example.org", "MX", ["10 mx.example.org."]),
        ("mx.example.org", "A", ["192.0.2.1"]),
        ("MX.example.org", "A", ["192.0.2.1"]),
        ("_25._tcp.mx.example.org", "TLSA", ["3 1 1 abcd"]),
        ("short._tcp.mx.example.org", "TLSA", ["\\# 2 0301"]),
        ("alias.example.org", "A", ["192.0.2.1"]),
        ("any.wild.example.org", "A", ["192.0.2.2"]),
        ("a.b.wild.example.org", "A", ["192.0.2.2"]),
    ],
)
def test_data_is_secure_down_to_the_record(nsec3: Hashing | None, name: str, rdtype: str, texts: list[str]) -> None:
    """Aliases, wildcards and malformed records included."""
    answer = found(signed(PLAIN, KEYS, nsec3=nsec3), name, rdtype, DS)
    assert isinstance(answer, Secure), answer
    assert [one.text for one in answer.records] == texts


@DENIALS
@pytest.mark.parametrize(
    ("name", "rdtype", "kind"),
    [
        ("mx.example.org", "AAAA", "nodata"),
        ("_26._tcp.mx.example.org", "TLSA", "nxdomain"),
        ("_tcp.mx.example.org", "TLSA", "nodata"),
        ("b.c.example.org", "A", "nodata"),
        ("any.wild.example.org", "TLSA", "nodata"),
        ("x.example.org", "A", "nxdomain"),
        ("zzz.mx.example.org", "A", "nxdomain"),
        ("alias.example.org", "AAAA", "nodata"),
    ],
)
def test_denials_are_proven_by_the_file(nsec3: Hashing | None, name: str, rdtype: str, kind: str) -> None:
    """RFC 4035 §5.4, RFC 5155 §8: by the NSEC or NSEC3 records that stand in it."""
    answer = found(signed(PLAIN, KEYS, nsec3=nsec3), name, rdtype, DS)
    assert isinstance(answer, SecureDenial), answer
    assert answer.kind == kind


def test_a_dname_leads_on() -> None:
    """RFC 6672: the synthesised CNAME is followed within the zone."""
    answer = found(signed(PLAIN, KEYS), "_25._tcp.old.example.org", "TLSA", DS)
    assert isinstance(answer, Secure)
    assert answer.records[0].text == "3 1 1 abcd"


def test_an_alias_out_of_the_zone_is_the_world_s() -> None:
    """Nobody was asked, so nobody can say; the way there is kept."""
    answer = found(signed(PLAIN, KEYS), "away.example.org", "A", DS)
    assert answer.status == "indeterminate"
    assert [hop.target for hop in answer.aliases] == ["mx.example.net."]


class TestWhatWouldBreak:
    """A file that does not validate would be refused by every validator."""

    @pytest.mark.parametrize(
        "text",
        [
            signed(PLAIN, KEYS, period=Period.EXPIRED),
            signed(PLAIN, KEYS, period=Period.EARLY),
            signed(PLAIN, KEYS, without="TLSA"),
            signed(PLAIN, KEYS, without="DNSKEY"),
            signed(PLAIN, KEYS).replace("\\# 5 030101abcd", "\\# 5 030101abce"),
        ],
        ids=["expired", "early", "TLSA unsigned", "DNSKEY unsigned", "changed after signing"],
    )
    def test_signatures_that_do_not_hold_are_bogus(self, text: str) -> None:
        """Expired, not yet valid, left out, or over other octets."""
        answer = found(text, "_25._tcp.mx.example.org", "TLSA", DS)
        assert isinstance(answer, Bogus), answer
        assert answer.why.cause is not Cause.ROOT_FAILURE

    def test_a_denial_without_its_records_is_bogus(self) -> None:
        """The NSEC records were lost on the way."""
        text = "".join(line for line in signed(PLAIN, KEYS).splitlines(True) if " NSEC " not in line)
        assert isinstance(found(text, "_26._tcp.mx.example.org", "TLSA", DS), Bogus)

    def test_signatures_without_keys_are_bogus(self) -> None:
        """The DNSKEY records were left out; nobody could validate anything."""
        text = "".join(line for line in signed(PLAIN, KEYS).splitlines(True) if " IN DNSKEY " not in line)
        for ds in ((), (DS,)):
            answer = found(text, "mx.example.org", "A", *ds)
            assert isinstance(answer, Bogus)
            assert "no key that could have made them" in answer.why.sentence

    def test_a_revoked_key_is_no_beginning(self) -> None:
        """RFC 5011 §7: of the keys in the file the others are taken."""
        text = signed(PLAIN, KEYS) + "example.org. 3600 IN DNSKEY 385 3 13 " + "A" * 86 + "==\n"
        assert isinstance(found(text, "mx.example.org", "A"), Bogus)  # the set is another than was signed
        assert "385" not in " ".join(own_keys(ZoneData(read(text))))

    def test_another_key_s_ds_is_bogus(self) -> None:
        """The DS record of the parent names a key that is not there: the worst of key changes."""
        answer = found(signed(PLAIN, KEYS), "mx.example.org", "A", ds_of(keys_of(seed="other")))
        assert isinstance(answer, Bogus)
        assert answer.why.cause is Cause.KEY_MISSING
        assert "zone.db" in answer.why.sentence

    def test_time_is_that_of_the_rehearsal(self) -> None:
        """The signatures hold for 28 days from NOW."""
        text = signed(PLAIN, KEYS)
        assert found(text, "mx.example.org", "A", DS, at=timedelta(days=27)).status == "secure"
        assert found(text, "mx.example.org", "A", DS, at=timedelta(days=29)).status == "bogus"


class TestWhereItRests:
    """The DS record that was given; its own keys only where nobody is asked, and then it is said."""

    def test_the_ds_record_that_was_given(self) -> None:
        """With the owner name, or the RDATA alone."""
        for ds in (DS, KEYS.ds().to_text()):
            stage = source(signed(PLAIN, KEYS), ds)
            assert asyncio.run(stage.lookup("mx.example.org", "A")).status == "secure"
            assert stage.because == "zone.db is validated from the DS record that was given for example.org"

    def test_its_own_keys_are_an_assumption(self) -> None:
        """That the parent names them is not known."""
        stage = source(signed(PLAIN, KEYS))
        assert asyncio.run(stage.lookup("mx.example.org", "A")).status == "secure"
        assert stage.because is not None
        assert "is assumed" in stage.because

    def test_a_ds_record_of_another_zone_is_refused(self) -> None:
        """A slip of the hand, told before anything is judged."""
        with pytest.raises(UsageError, match=r"--ds is for example\.net"):
            found(signed(PLAIN, KEYS), "mx.example.org", "A", ds_of(keys_of("example.net.")))


@DENIALS
def test_a_zone_without_its_own_names_answers_nothing_else(nsec3: Hashing | None) -> None:
    """What lies outside is never made up."""
    assert found(signed(PLAIN, KEYS, nsec3=nsec3), "mx.example.net", "A", DS).status == "indeterminate"
