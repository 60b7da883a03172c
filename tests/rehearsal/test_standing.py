"""D-41: what a zone file without signatures is worth is what the zone of its own name is worth, and of no other."""

from __future__ import annotations

import asyncio

import pytest

from dane_check.dnssec.lookup import AliasHop, Indeterminate, Lookup, Status
from dane_check.rehearsal.zone.assumed import AssumedZone
from dane_check.rehearsal.zone.data import ZoneData
from tests.lookups import Answers, insecure, nodata, secure
from tests.rehearsal.zones import read, zone

SOA = "ns.example.org. hostmaster.example.org. 1 2 3 4 5"
AWAY = (AliasHop("example.org", "example.net", "secure"),)


@pytest.mark.parametrize(
    ("soa", "status"),
    [
        (secure(SOA), "secure"),
        (insecure(SOA), "insecure"),
        (nodata(), "indeterminate"),
        (secure(SOA, aliases=AWAY), "indeterminate"),
    ],
    ids=["signed", "unsigned", "no zone yet", "an alias of a signed zone"],
)
def test_the_soa_record_of_its_own_name_decides(soa: Lookup, status: Status) -> None:
    """A name that is only an alias today has no zone, whatever the zone at its end is."""
    file = ZoneData(read(zone("mx A 192.0.2.1\n_25._tcp.mx TLSA 3 1 1 abcd\n")))
    world = AssumedZone(file, Answers({("example.org", "SOA"): soa}))
    found = asyncio.run(world.lookup("_25._tcp.mx.example.org", "TLSA"))
    assert found.status == status
    assert isinstance(found, Indeterminate) == (status == "indeterminate")
