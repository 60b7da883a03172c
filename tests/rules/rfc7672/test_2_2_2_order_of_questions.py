"""RFC 7672 §2.2.2: addresses first, so that servers which mishandle TLSA are spared where it cannot matter."""

from __future__ import annotations

import pytest

from dane_check.settings import Settings
from tests.check.test_flow import DOMAIN, HOST, OWNER, V4, Stage4, good_answers, published
from tests.lookups import Lookup, bogus, hop, nodata, secure, servfail, timeout

FINAL = "final.example.test"
ALIASED = secure(V4, aliases=(hop(HOST, FINAL),))
QUESTIONS = [(DOMAIN, "MX"), (HOST, "A"), (HOST, "AAAA"), (OWNER, "TLSA")]


def test_mx_then_addresses_then_tlsa() -> None:
    """R7672-2.2.2-a: in this order, each once."""
    assert Stage4(settings=Settings(early_tlsa=False)).answers.asked == QUESTIONS


@pytest.mark.parametrize("failure", [servfail(), timeout(), bogus()])
def test_a_tlsa_answer_asked_for_too_early_counts_for_nothing(failure: Lookup) -> None:
    """R7672-2.2.2-a, D-12: at an alias whose target has records, the failure at the alias is never heard of."""
    answers = good_answers()
    changes = {
        (HOST, "A"): ALIASED,
        (HOST, "AAAA"): nodata((hop(HOST, FINAL),)),
        (f"_25._tcp.{FINAL}", "TLSA"): published(answers[(OWNER, "TLSA")].records[0].wire),
        (OWNER, "TLSA"): failure,
    }
    run = Stage4(changes, signed=("example.test",))
    assert (OWNER, "TLSA") in run.answers.asked
    assert run.verdict == ("protected", 0)
