"""Requirements §19.5: what the MX answer, the TLSA answer and the TLS outcome come to together, cell by cell."""

from __future__ import annotations

import pytest

from dane_check.dnssec.lookup import Lookup
from dane_check.ports import HandshakeFailure, ProbeOutcome, Refusal, Stage
from tests.check.test_flow import DOMAIN, HOST, LEAF, OTHER, OWNER, ROOT, V4, Stage4, chain, ee, published
from tests.lookups import bogus, insecure, nodata, secure, timeout

TLS: dict[str, ProbeOutcome] = {
    "match": chain(LEAF.der, ROOT.der),
    "no match": chain(OTHER.der, ROOT.der),
    "no STARTTLS": HandshakeFailure(Stage.STARTTLS, Refusal.NO_STARTTLS),
}
TLSA: dict[str, Lookup] = {
    "secure usable": published(ee()),
    "secure unusable": published(bytes([1, 1, 1]) + bytes(32)),
    "denied": nodata(),
    "insecure": insecure("3 1 1"),
    "bogus": bogus(),
    "error": timeout(),
}
SAME_ANYWHERE = {
    "secure unusable": ("tls-only", "tls-only", "dane-fail"),
    "denied": ("no-dane",) * 3,
    "insecure": ("no-dane",) * 3,
    "bogus": ("dns-bogus",) * 3,
    "error": ("dns-error",) * 3,
}
CELLS = {
    "secure": {"secure usable": ("dane-ok", "dane-fail", "dane-fail"), **SAME_ANYWHERE},
    "insecure": {"secure usable": ("dane-ok-insecure-mx", "dane-fail", "dane-fail"), **SAME_ANYWHERE},
}
MX = {"secure": secure("10 mx.example.test."), "insecure": insecure("10 mx.example.test.")}
DOMAIN_EXIT = {
    "dane-ok": 0,
    "dane-ok-insecure-mx": 3,
    "tls-only": 3,
    "no-dane": 3,
    "dane-fail": 1,
    "dns-bogus": 1,
    "dns-error": 4,
}
EVERY = [
    (mx, tlsa, outcome, word)
    for mx, row in CELLS.items()
    for tlsa, words in row.items()
    for outcome, word in zip(TLS, words, strict=True)
]


@pytest.mark.parametrize(("mx", "tlsa", "outcome", "word"), EVERY)
def test_every_cell(mx: str, tlsa: str, outcome: str, word: str) -> None:
    """R7672-2.2-a, -2.2-b, -2.2-c, -2.2-d, R7672-1.3.2-a: the host's word, the exit status, and no connection after a
    failed lookup."""
    run = Stage4({(DOMAIN, "MX"): MX[mx], (OWNER, "TLSA"): TLSA[tlsa]}, {V4: TLS[outcome]})
    (host,) = run.outcome.verdict.hosts
    assert (host.host, host.word.value) == (HOST, word)
    assert run.verdict[1] == DOMAIN_EXIT[word]
    assert bool(run.servers.requests) is (tlsa not in {"bogus", "error"})


@pytest.mark.parametrize("tlsa", TLSA)
@pytest.mark.parametrize("mx", [bogus(), timeout(), secure("0 .")])
def test_without_hosts_no_cell_is_reached(mx: Lookup, tlsa: str) -> None:
    """R7672-2.1.2-a: a failed MX lookup and a null MX leave nothing to ask and nothing to connect to."""
    run = Stage4({(DOMAIN, "MX"): mx, (OWNER, "TLSA"): TLSA[tlsa]})
    assert run.answers.asked == [(DOMAIN, "MX")]
    assert run.servers.requests == []
