"""Every code is produced by a situation of the lab, or for a reason that stands here by a test that makes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dane_check.findings import Code
from dane_check.lab import load_scenarios
from tests.docs.findings import DOCUMENT, codes_to_markdown

TESTS = Path(__file__).parents[1]
EVIDENCE = TESTS.parent / "fixtures" / "evidence"

# Why no situation of the lab shows it; each of them is asserted by name in a test.
DIRECT: dict[Code, str] = {
    Code.ADDR_MALFORMED: "the lab cannot sign an address of the wrong length",
    Code.ADDRESS_LITERAL: "a literal has no zone",
    Code.ALG_NOT_TESTED: "a server that fails one certificate type only has no script",
    Code.ANCHORS_STALE: "the lab has trust anchors of its own",
    Code.CANDIDATES_NOT_ASKED: "a rehearsal's",
    Code.DIGEST_SETS_DIFFER: "a rehearsal's",
    Code.ENV_CLOCK: "the clock of the lab is right",
    Code.ENV_NO_IPV6: "the lab reaches both families",
    Code.ENV_RESOLVER_LIES: "the lab's resolver tells what its zones say",
    Code.ENV_PORT25_BLOCKED: "a machine's whole network, not a domain",
    Code.ISSUERS_STALE: "the lab's certificates are those of no public CA",
    Code.MX_RESERVED_ADDRESS: "the lab's own addresses are such, and allowed there",
    Code.NAMES_NOT_REHEARSED: "a rehearsal's",
    Code.PORT_BY_ANALOGY: "situations are about domains, and their port is 25",
    Code.RESPONSE_TOO_BIG: "a rehearsal's",
    Code.ROLLOVER_GAP: "a rehearsal's",
    Code.ROLLOVER_WINDOW_OPEN: "a rehearsal's",
    Code.SNI_REQUIRED: "three certificate types leave no handshake for it (L-19)",
    Code.TLS_NO_CERTIFICATE: "Python's ssl serves no anonymous suite",
    Code.TLSA_DATA_EMPTY: "on the wire a record without data is malformed",
    Code.TLSA_TA_CERT_SELECTOR: "the lab's certificates are those of no public CA",
    Code.TLSA_TTL_LONG: "a rehearsal's",
    Code.TLSA_TTL_SHORT: "a rehearsal's",
    Code.TWO_CHANGES_AT_ONCE: "a rehearsal's",
    Code.ROLLOVER_NEXT_MISSING: "a rehearsal's",
    Code.TLSA_WILDCARD_SHADOW: "a rehearsal's",
    Code.TLSA_HOST_WILDCARD_SHADOW: "a rehearsal's",
    Code.TLSA_BESIDE_CNAME: "a rehearsal's",
    Code.MX_HOST_FORGOTTEN: "a rehearsal's",
    Code.ZONE_RECORD_OUTSIDE: "a rehearsal's",
    Code.ZONE_TTLS_DIFFER: "a rehearsal's",
    Code.ZONE_OTHER_SERVICES: "a rehearsal's",
}


def in_the_lab() -> set[str]:
    """The codes that some recorded situation shows, or that one expects of a diagnosis after the verdict."""
    expected = {code for scenario in load_scenarios() for code in scenario.expect.findings}
    recorded = {code for path in EVIDENCE.glob("*.verdict.json") for code in _codes(json.loads(path.read_text()))}
    return expected | recorded


def _codes(verdict: dict) -> set[str]:
    return {one["code"] for place in (verdict, *verdict["hosts"]) for one in place["findings"]}


SHOWN = in_the_lab()


@pytest.mark.parametrize("code", sorted(set(Code) - set(DIRECT)))
def test_a_situation_shows_it(code: Code) -> None:
    """A code that nothing produces is a promise nobody keeps."""
    assert code in SHOWN


@pytest.mark.parametrize("code", sorted(DIRECT))
def test_what_no_situation_shows_a_test_makes(code: Code) -> None:
    """And once the lab shows it, it leaves the list."""
    assert code not in SHOWN
    name = rf"\bCode\.{code.name}\b|[\"']{re.escape(code)}[\"']"
    tests = (path for path in TESTS.rglob("test_*.py") if path != Path(__file__))
    assert any(re.search(name, path.read_text("utf-8")) for path in tests)


def test_the_document_of_findings_is_up_to_date() -> None:
    """`make docs` writes docs/findings.md anew."""
    assert DOCUMENT.read_text("utf-8") == codes_to_markdown()
