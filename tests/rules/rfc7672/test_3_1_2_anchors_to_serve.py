"""RFC 7672 §3.1.2: a trust anchor named by its digest must be served, and who cannot serve it has another way."""

from __future__ import annotations

import hashlib

from dane_check.findings import Code, remedy
from tests.check.test_flow import HOST, OWNER, V4, Stage4, chain, published
from tests.pki import make_ca, make_leaf

ROOT = make_ca("Far root")
ISSUER = make_ca("Near issuer", issuer=ROOT)
LEAF = make_leaf(HOST, issuer=ISSUER, dns_names=[HOST])


def ta(made) -> bytes:
    return bytes([2, 0, 1]) + hashlib.sha256(made.der).digest()


def test_the_advice_is_a_record_of_what_is_served() -> None:
    """R7672-3.1.2-a, -3.1.2-b: with the root unserved, `3 1 1` of the leaf is printed ready to publish, and works."""
    run = Stage4({(OWNER, "TLSA"): published(ta(ROOT))}, {V4: chain(LEAF.der, ISSUER.der)})
    assert run.verdict == ("broken", 1)
    (missing,) = (one for one in run.outcome.verdict.all_findings if one.code is Code.TLSA_TA_ROOT_NOT_SERVED)
    advised = "3 1 1 " + hashlib.sha256(LEAF.spki).hexdigest()
    assert advised in remedy(missing)
    mended = Stage4({(OWNER, "TLSA"): published(bytes.fromhex(advised.replace("3 1 1 ", "030101")))}, run_servers())
    assert mended.verdict == ("protected", 0)


def test_the_intermediate_may_be_named_instead() -> None:
    """R7672-3.1.2-b: it is served anyhow, and the root is not needed then."""
    assert Stage4({(OWNER, "TLSA"): published(ta(ISSUER))}, run_servers()).verdict == ("protected", 0)


def run_servers():
    return {V4: chain(LEAF.der, ISSUER.der)}
