"""PF-e: before, during and after a change; every combination of records and chain, as a table."""

from __future__ import annotations

from itertools import product

import pytest

from dane_check.policy.verdict import (
    CertificateFacts,
    EndpointResult,
    EndpointVerdict,
    HostVerdict,
    HostWord,
    RecordView,
)
from dane_check.ports import KeyType
from dane_check.rehearsal.moments import (
    AFTER,
    BEFORE,
    CACHED,
    EARLY,
    Combination,
    Era,
    Fate,
    Order,
    Pair,
    endpoint_moments,
    moments,
    order,
)

YES, NO, BARE, NONE, MAYBE = (
    Fate.AUTHENTICATES,
    Fate.REFUSES,
    Fate.UNAUTHENTICATED,
    Fate.NOT_SERVED,
    Fate.CANNOT_TELL,
)
ORDERS = {
    (YES, YES): Order.ANY_ORDER,
    (NO, YES): Order.RECORDS_FIRST,
    (YES, NO): Order.CHAIN_FIRST,
    (NO, NO): Order.NEVER,
    (MAYBE, YES): Order.RECORDS_FIRST,
    (YES, MAYBE): Order.CHAIN_FIRST,
    (MAYBE, NO): Order.CANNOT_TELL,
    (NO, MAYBE): Order.CANNOT_TELL,
    (MAYBE, MAYBE): Order.CANNOT_TELL,
}


@pytest.mark.parametrize(("cached", "early"), ORDERS)
def test_r7671_8_1_a_the_order_follows_from_what_meets_what(cached: Fate, early: Fate) -> None:
    """R7671-8.1-a: old records meet the new chain unless it waits; new records the old chain unless it goes first."""
    assert order(cached, early) is ORDERS[cached, early]


@pytest.mark.parametrize("harmless", [BARE, NONE])
def test_what_nobody_refuses_stands_in_no_way(harmless: Fate) -> None:
    """Where nothing is required, or nothing of the type is served, no sender refuses."""
    assert order(harmless, harmless) is Order.ANY_ORDER
    assert order(NO, harmless) is Order.RECORDS_FIRST


@pytest.mark.parametrize("fates", list(product((YES, NO), repeat=4)))
@pytest.mark.parametrize(("records_change", "chain_changes"), list(product((False, True), repeat=2)))
def test_the_truth_table(fates: tuple[Fate, ...], records_change: bool, chain_changes: bool) -> None:
    """Old and new records by old and new chain by match and no match, whatever changes."""
    table = dict(zip((BEFORE, CACHED, EARLY, AFTER), fates, strict=True))
    found = moments(table, records_change=records_change, chain_changes=chain_changes)
    assert found.after is table[AFTER]
    changes = records_change or chain_changes
    assert found.before is table[BEFORE if changes else AFTER]
    expected = [CACHED, EARLY] if records_change and chain_changes else [BEFORE] if records_change else []
    assert [(one.records, one.chain) for one in found.overlap] == expected
    assert [one.fate for one in found.overlap] == [table[pair] for pair in expected]
    if records_change and chain_changes:
        assert found.order is ORDERS[table[CACHED], table[EARLY]]
    else:
        assert found.order is (Order.ONE_STEP if changes else Order.NO_CHANGE)


def test_a_combination_nobody_played_cannot_be_told() -> None:
    """An unknown past is no good past."""
    found = moments({AFTER: YES}, records_change=True, chain_changes=True)
    assert (found.before, found.order) == (MAYBE, Order.CANNOT_TELL)
    assert found.overlap == (Combination(Era.OLD, Era.NEW, MAYBE), Combination(Era.NEW, Era.OLD, MAYBE))


def facts(label: str) -> CertificateFacts:
    return CertificateFacts(None, None, None, None, None, (), None, label)


def endpoint(address: str, kind: KeyType | None, word: HostWord, chain: str = "") -> EndpointVerdict:
    """One address; without a chain no handshake showed a certificate."""
    certificates = (facts(chain),) if chain else ()
    return EndpointVerdict(address, 25, kind, EndpointResult.AUTHENTICATED, word, certificates=certificates)


def host(*endpoints: EndpointVerdict, records: str = "old", word: HostWord = HostWord.DANE_OK) -> HostVerdict:
    return HostVerdict("mx", None, word, tlsa=(RecordView(records, "usable", None, 1, 3600),), endpoints=endpoints)


def told(verdicts: dict[Pair, HostVerdict], records: bool = True, chain: bool = True) -> dict[object, object]:
    """The order for each address and type."""
    found = endpoint_moments(verdicts, records_may_change=records, chain_may_change=chain)
    return {(one.address, one.key_type): one.order for one in found}


OK, FAIL = HostWord.DANE_OK, HostWord.DANE_FAIL
RSA, ECDSA = KeyType.RSA, KeyType.ECDSA


def test_each_address_and_type_has_its_own_moments() -> None:
    """The RSA chain changes and the ECDSA chain stays, so that only one of them has an order."""
    old = [endpoint("a", RSA, OK, "r1"), endpoint("a", ECDSA, OK, "e")]
    new = [endpoint("a", RSA, OK, "r2"), endpoint("a", ECDSA, OK, "e")]
    cached = [endpoint("a", RSA, FAIL, "r2"), endpoint("a", ECDSA, OK, "e")]
    verdicts = {
        AFTER: host(*new, records="new"),
        EARLY: host(*old, records="new"),
        CACHED: host(*cached),
        BEFORE: host(*old),
    }
    assert told(verdicts) == {("a", RSA): Order.RECORDS_FIRST, ("a", ECDSA): Order.ONE_STEP}


def test_a_type_that_comes_anew_was_not_served_before() -> None:
    """Old records meet it, and nothing of it met new records."""
    old = [endpoint("a", ECDSA, OK, "e")]
    new = [*old, endpoint("a", RSA, OK, "r")]
    verdicts = {AFTER: host(*new, records="new"), EARLY: host(*old, records="new"), BEFORE: host(*old)}
    verdicts[CACHED] = host(*old, endpoint("a", RSA, FAIL, "r"))
    found = endpoint_moments(verdicts, records_may_change=True, chain_may_change=True)
    (of_rsa,) = [one for one in found if one.key_type is RSA]
    assert (of_rsa.before, of_rsa.after, of_rsa.order) == (NONE, YES, Order.RECORDS_FIRST)


def test_the_same_records_and_chain_are_no_change() -> None:
    """What is given as a candidate may be what there is."""
    same = host(endpoint("a", ECDSA, OK, "e"))
    assert told(dict.fromkeys((AFTER, EARLY, CACHED, BEFORE), same)) == {("a", ECDSA): Order.NO_CHANGE}


def test_a_server_that_did_not_answer_is_unknown_before() -> None:
    """The failure has no type, and stands for every type that the candidate brings."""
    silent = host(endpoint("a", None, HostWord.UNREACHABLE), word=HostWord.UNREACHABLE)
    verdicts = {AFTER: host(endpoint("a", ECDSA, OK, "e"), records="new"), BEFORE: silent, EARLY: silent}
    verdicts[CACHED] = host(endpoint("a", ECDSA, FAIL, "e"))
    assert told(verdicts) == {("a", ECDSA): Order.CANNOT_TELL}


def test_a_host_settled_by_its_lookups_has_that_fate_everywhere() -> None:
    """Before, the zone was bogus, and no sender came as far as a handshake."""
    bogus = HostVerdict("mx", None, HostWord.DNS_BOGUS)
    verdicts = {AFTER: host(endpoint("a", ECDSA, OK, "e"), records="new"), BEFORE: bogus}
    (found,) = endpoint_moments(verdicts, records_may_change=True, chain_may_change=False)
    assert (found.before, found.after) == (NO, YES)
