"""A delegation in a zone file: what lies below it is the world's, worth what the DS records of the file leave of it."""

from __future__ import annotations

import asyncio

import dns.rdata
import pytest

from dane_check import Settings
from dane_check.dnssec.lookup import AliasHop, Insecure, Lookup, Record, Secure
from dane_check.lab.dns_world.signing import Period
from dane_check.rehearsal.zone.data import ZoneData
from dane_check.rehearsal.zone.source import zone_source
from tests.lookups import PROOF, Answers, bogus, insecure, nodata, secure
from tests.rehearsal.made import NOW
from tests.rehearsal.zones import ds_of, keys_of, read, signed, zone

SUB = "sub.example.org"
MX = f"mx.{SUB}"
DS = "12345 13 2 " + "ab" * 32
OTHER = "54321 13 2 " + "cd" * 32
SOA = secure("ns.example.org. hostmaster.example.org. 1 2 3 4 5")


def ds(*texts: str) -> Secure:
    """DS records as the world has them."""
    wires = [dns.rdata.from_text("IN", "DS", text).to_digestable() for text in texts]
    return Secure(tuple(Record(SUB, 3600, wire, "", "DS") for wire in wires), PROOF)


WORLD: dict[tuple[str, str], Lookup] = {
    ("example.org", "SOA"): SOA,
    (SUB, "DS"): ds(DS),
    (MX, "A"): secure("192.0.2.1"),
    (MX, "AAAA"): nodata(),
    (f"gone.{SUB}", "A"): bogus(),
    (f"plain.{SUB}", "A"): insecure("192.0.2.3"),
    ("mx.example.net", "A"): secure("192.0.2.4"),
    (f"away.{SUB}", "A"): secure("192.0.2.4", aliases=(AliasHop(f"away.{SUB}", "mx.example.net", "secure"),)),
}


def found(lines: str, name: str = MX, rdtype: str = "A", world: dict[tuple[str, str], Lookup] | None = None) -> Lookup:
    """What the world and a file with these lines come to."""
    data = ZoneData(read(zone(lines)))
    source = zone_source(data, Answers(WORLD | (world or {})), Settings(), NOW)
    return asyncio.run(source.lookup(name, rdtype))


def test_a_delegation_that_stays_as_it_is_changes_nothing() -> None:
    """The same DS set in any order of its records, and whatever the world says below it."""
    both: dict[tuple[str, str], Lookup] = {(SUB, "DS"): ds(OTHER, DS)}
    assert found(f"sub NS ns.sub\nsub DS {DS}\n") == WORLD[MX, "A"]
    assert found(f"sub NS ns.sub\nsub DS {DS}\nsub DS {OTHER}\n", world=both) == WORLD[MX, "A"]
    assert found(f"sub NS ns.sub\nsub DS {DS}\n", f"gone.{SUB}") == WORLD[f"gone.{SUB}", "A"]
    assert found("sub NS ns.sub\n", f"plain.{SUB}") == WORLD[f"plain.{SUB}", "A"]


@pytest.mark.parametrize(("rdtype", "kind"), [("A", "data"), ("AAAA", "nodata")])
def test_without_its_ds_records_a_zone_would_be_signed_for_nobody(rdtype: str, kind: str) -> None:
    """Answers and denials that are proven today would prove nothing by then: never protected by a chain that is cut."""
    answer = found("sub NS ns.sub\n", rdtype=rdtype)
    assert isinstance(answer, Insecure)
    assert (answer.kind, answer.records) == (kind, WORLD[MX, rdtype].records)


@pytest.mark.parametrize("lines", [f"sub DS {OTHER}\n", f"sub DS {DS}\nsub DS {OTHER}\n"], ids=["another", "one more"])
@pytest.mark.parametrize("name", [MX, f"plain.{SUB}"])
def test_whether_a_zone_validates_by_other_ds_records_is_not_told(lines: str, name: str) -> None:
    """Its keys may match them, or not."""
    assert found(f"sub NS ns.sub\n{lines}", name).status == "indeterminate"


def test_a_delegation_that_is_new_is_unsigned_without_ds_records() -> None:
    """What stands in the signed zone today would stand in an unsigned one."""
    assert found("sub NS ns.sub\n", world={(SUB, "DS"): nodata()}).status == "insecure"


def test_aliases_below_a_delegation_without_ds_records_are_insecure_themselves() -> None:
    """RFC 7672 §2.2.2: so that the name before them is no base domain."""
    answer = found("sub NS ns.sub\n", f"away.{SUB}")
    assert (answer.status, [hop.status for hop in answer.aliases]) == ("insecure", ["insecure"])
    led = found(f"mx CNAME {MX}.\nsub NS ns.sub\n", "mx.example.org")
    assert (led.status, [hop.status for hop in led.aliases]) == ("insecure", ["secure"])


def test_the_ds_records_of_the_delegation_are_the_file_s_own() -> None:
    """They stand above the cut."""
    answer = found(f"sub NS ns.sub\nsub DS {OTHER}\n", SUB, "DS")
    assert (answer.status, [one.text for one in answer.records]) == ("secure", [OTHER])


def test_below_a_zone_that_fails_everything_fails() -> None:
    """A zone file whose signatures hold no longer takes the zones below it with it."""
    keys = keys_of()
    text = signed(zone("x A 192.0.2.9\n"), keys, period=Period.EXPIRED) + f"{SUB}. 300 IN NS ns.example.org.\n"
    source = zone_source(ZoneData(read(text)), Answers(WORLD), Settings(), NOW, (ds_of(keys),))
    assert asyncio.run(source.lookup(MX, "A")).status == "bogus"


def test_below_a_zone_that_nobody_vouches_for_nothing_is_proven() -> None:
    """The DS records of an unsigned zone are no DS records."""
    answer = found(f"sub NS ns.sub\nsub DS {DS}\n", world={("example.org", "SOA"): insecure("a b 1 2 3 4 5")})
    assert answer.status == "insecure"
