"""One lookup as text."""

from __future__ import annotations

import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Why
from dane_check.report.lookup import lookup_to_text
from dane_check.report.mending import remedy_of
from tests.report.test_json import LOOKUPS

GOLDEN = {
    "secure": (
        "a.example. IN CNAME example.org.  ; secure\n"
        "example.org. 3600 IN MX 10 mx1.example.org.\n"
        "SECURE  example.org MX is proven from the trust anchor down, valid until 2026-03-21 12:00 UTC."
        "  [exit status 0]\n"
    ),
    "nodata": (
        "SECURE  example.org is proven to have no MX records, valid until 2026-03-21 12:00 UTC.  [exit status 0]\n"
    ),
    "nxdomain": "SECURE  example.org is proven not to exist, valid until 2026-03-21 12:00 UTC.  [exit status 0]\n",
    "insecure": (
        "example.org. 3600 IN MX 10 mx1.example.org.\n"
        "INSECURE  example.org MX: org. proves that there is no DS.  [exit status 3]\n"
    ),
    "insecure-nodata": (
        "INSECURE  example.org MX is absent, but not provably: org. proves that there is no DS.  [exit status 3]\n"
    ),
    "bogus": "BOGUS  example.org MX: the signature is wrong.  [exit status 1]\n",
    "indeterminate": (
        "INDETERMINATE  example.org MX: 192.0.2.53 did not answer (the resolver says: EDE 22).  [exit status 4]\n"
    ),
}


@pytest.mark.parametrize("case", LOOKUPS)
def test_the_text_is_the_golden_one(case: str) -> None:
    """Aliases and records as zone-file lines, then the status, one sentence and the exit status."""
    assert lookup_to_text("example.org", "MX", LOOKUPS[case][0]) == GOLDEN[case]


def test_explain_shows_each_link_one_step_further_in() -> None:
    """The chain of trust hangs from the anchor down."""
    text = lookup_to_text("example.org", "MX", LOOKUPS["secure"][0], explain=True).splitlines()
    links = [line for line in text if "└" in line]
    assert [line.index("└") for line in links] == [4, 6]
    assert "key 12345 ECDSAP256SHA256 until 2026-03-21 12:00 UTC" in links[1]


def test_explain_names_the_failing_link_last() -> None:
    """What breaks the chain stands where the chain ends."""
    text = lookup_to_text("example.org", "MX", LOOKUPS["bogus"][0], explain=True).splitlines()
    assert text[-3].strip() == "└ fails here: the signature is wrong"


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_remedy_in_one_sentence(cause: Cause) -> None:
    """The failing link is named, and what mends it; names from outside are escaped."""
    text = remedy_of(Why(cause, "sentence", zone="example.\x1b[2J", record="example. A"))
    assert text.endswith(".")
    assert text.isprintable()
    found = Bogus(Why(cause, "x", zone="example.\x1b[2J", record="example. A"))
    assert text in lookup_to_text("a", "A", found, explain=True)
