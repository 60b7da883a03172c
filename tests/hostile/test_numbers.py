"""Memory and work on worlds that are made to exhaust both (L-24; T-13 … T-16, T-19); docs/limits.md has the peaks."""

from __future__ import annotations

from functools import cache

import pytest

from dane_check.limits import DEFAULT
from tests.docs.limits import DOCUMENT, to_markdown
from tests.hostile.worlds import WORLDS, Measured, played

MOST_KIB = 256 * 1024  # L-24, one domain
OUTCOMES = {
    "records-1000-of-mx": "broken",
    "records-1000-of-a": "broken",
    "tlsa-64-whole-certificates": "broken",
    "tlsa-64-digests": "broken",
    "chain-of-20-at-64-kib": "broken",
    "chain-of-2-at-50-kib": "broken",
    "rsa-of-8192-bits": "failed no-match",
    "rsa-of-16384-bits": "failed no-match",
    "name-constraint-bomb": "failed name-constraints",
    "names-100-000": "failed chain-too-long",
    "cross-sign-loops": "authenticated",
    "thousand-certificates": "authenticated",
    "huge-serial-numbers": "failed no-match",
    "der-without-end": "authenticated",
    "keytrap": "11 attacks: bogus, indeterminate, secure",
    "nsec3": "6 attacks: bogus, indeterminate, insecure",
    "aliases-and-sets": "6 attacks: bogus, indeterminate",
}
_DNS, _DOMAIN = DEFAULT.dns, DEFAULT.domain
# The most that may be done of each kind of work, by the limits alone.
MOST_WORK = {
    "questions": _DNS.questions_per_domain,
    "sessions": _DOMAIN.mx_hosts * 2 * _DOMAIN.addresses_per_family * _DOMAIN.handshakes_per_address,
    "records": DEFAULT.dns.tlsa_records,
    "most questions": _DNS.questions_per_domain,
    "most signatures": _DNS.signatures_per_question,
    "most names hashed": _DNS.nsec3_names_hashed,
    "most hash rounds": _DNS.nsec3_names_hashed * (_DNS.nsec3_iterations + 1),
    "most digests": 3 * _DNS.ds_digests_per_zone,
}


@cache
def measured(name: str) -> Measured:
    """A world is played once, whatever is asked of it."""
    return played(name)


def test_every_world_has_its_outcome() -> None:
    assert set(OUTCOMES) == set(WORLDS)


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_comes_to_its_outcome_within_memory_and_work(name: str) -> None:
    """A limit that is hit says so; nothing is authenticated that was not looked at; and memory stays small."""
    took = measured(name)
    assert took.outcome == OUTCOMES[name]
    assert took.peak_kib <= MOST_KIB
    for kind, count in took.work.items():
        if kind == "path signatures":
            chains = max(took.work.get("sessions", 0), 1)
            assert count <= chains * DEFAULT.path.signature_checks
        else:
            assert count <= MOST_WORK[kind], kind


def test_the_document_has_every_world_and_no_other() -> None:
    """`make bench` writes docs/limits.md anew."""
    rows = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| ") and "(`" in line]
    assert [line.partition("(`")[2].partition("`)")[0] for line in rows] == list(WORLDS)


def test_a_row_says_what_was_measured() -> None:
    """Peak, processor time, outcome and work of one world."""
    row = to_markdown({"keytrap": Measured(50 * 1024, 1.25, "bogus", {"questions": 3})}).splitlines()[-1]
    assert row.endswith("(`keytrap`) | bogus | 50 MiB | 1.2 s | questions 3 |")
