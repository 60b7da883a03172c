"""Requirements §1.3: precedence, the cap, strict, and the exit status of many."""

from __future__ import annotations

import itertools

import pytest

from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.fold import Fold, exit_of_many, fold_domain, worst_host_word
from dane_check.policy.verdict import DomainWord, HostVerdict, HostWord

OK, FAIL, NONE = HostWord.DANE_OK, HostWord.DANE_FAIL, HostWord.NO_DANE
ABOUT = About("example.test", "mx.test")
PARTIAL_FINDING = finding(Code.ADDR_ONE_FAMILY_FAILED, ABOUT)
LATENT_FINDING = finding(Code.COMBO_WITHOUT_MATCH, ABOUT)


def fold(
    *words: HostWord,
    findings: tuple[Finding, ...] = (),
    mx_secure: bool = True,
    complete: bool = True,
    strict: bool = False,
) -> Fold:
    hosts = [HostVerdict(f"mx{n}.test", 10, word) for n, word in enumerate(words)]
    return fold_domain(hosts, findings, mx_secure=mx_secure, complete=complete, strict=strict)


def outcome(found: Fold) -> tuple[str, int]:
    return found.word.value, found.exit_status


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((OK,), ("protected", 0)),
        ((OK, OK), ("protected", 0)),
        ((OK, HostWord.NO_ADDRESS), ("protected", 0)),
        ((OK, NONE), ("partial", 3)),
        ((OK, HostWord.TLS_ONLY), ("partial", 3)),
        ((OK, HostWord.NOT_APPLICABLE), ("partial", 3)),
        ((HostWord.DANE_OK_INSECURE_MX,), ("partial", 3)),
        ((NONE,), ("unprotected", 3)),
        ((HostWord.TLS_ONLY,), ("unprotected", 3)),
        ((OK, HostWord.UNREACHABLE), ("undetermined", 4)),
        ((NONE, HostWord.DNS_ERROR), ("undetermined", 4)),
        ((OK, FAIL), ("broken", 1)),
        ((OK, HostWord.DNS_BOGUS), ("broken", 1)),
        ((FAIL, HostWord.DNS_ERROR), ("broken", 1)),
        ((HostWord.NO_ADDRESS,), ("not-applicable", 5)),
        ((HostWord.NOT_APPLICABLE,), ("not-applicable", 5)),
    ],
)
def test_hosts_fold_by_precedence(words: tuple[HostWord, ...], expected: tuple[str, int]) -> None:
    """R7672-2.2.1-j, D-19: 1 > 4 > 3 > 0; 5 only when there is nothing to judge; a missing host changes nothing."""
    assert outcome(fold(*words)) == expected


def test_the_order_of_hosts_never_matters() -> None:
    """R7672-2.2.1-b: The fold is a function of the set of hosts."""
    for words in itertools.combinations(HostWord, 3):
        assert len({outcome(fold(*order)) for order in itertools.permutations(words)}) == 1


def test_an_insecure_mx_is_never_protected() -> None:
    """R7672-2.2.1-g."""
    assert outcome(fold(HostWord.DANE_OK_INSECURE_MX, HostWord.NO_ADDRESS, mx_secure=False)) == ("partial", 3)


def test_a_finding_of_weight_caps_the_domain() -> None:
    """No exit 0 beside a finding of severity outage or partial."""
    assert outcome(fold(OK, findings=(PARTIAL_FINDING,))) == ("partial", 3)
    assert outcome(fold(OK, findings=(LATENT_FINDING,))) == ("protected", 0)


@pytest.mark.parametrize(
    ("words", "findings", "expected"),
    [
        ((OK,), (), 0),
        ((OK,), (LATENT_FINDING,), 1),
        ((OK,), (PARTIAL_FINDING,), 1),
        ((OK, NONE), (PARTIAL_FINDING,), 3),
        ((HostWord.UNREACHABLE,), (LATENT_FINDING,), 4),
    ],
)
def test_strict_turns_findings_into_failures(
    words: tuple[HostWord, ...], findings: tuple[Finding, ...], expected: int
) -> None:
    """D-20: only what would leave 0, or 3 by the cap alone."""
    assert fold(*words, findings=findings, strict=True).exit_status == expected


def test_whatever_was_left_out_is_undetermined() -> None:
    """D-18: never exit 0, and worse verdicts stand."""
    assert outcome(fold(OK, complete=False)) == ("undetermined", 4)
    assert fold(OK, complete=False).reason == "incomplete"
    assert outcome(fold(FAIL, complete=False)) == ("broken", 1)


def test_a_domain_whose_only_host_is_an_address_is_unprotected() -> None:
    """S1-18: some senders deliver there."""
    host = HostVerdict("192.0.2.1", 10, HostWord.NOT_APPLICABLE, "mx-is-address")
    assert fold_domain([host], (), mx_secure=True, complete=True, strict=False).word is DomainWord.UNPROTECTED


def test_the_worst_endpoint_decides_the_host() -> None:
    """S4-A20: unreachable beside good is 4, mismatch beside anything is 1."""
    assert worst_host_word([OK, HostWord.UNREACHABLE]) is HostWord.UNREACHABLE
    assert worst_host_word([HostWord.UNREACHABLE, FAIL, OK]) is FAIL
    assert worst_host_word([]) is None


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [([0, 0], 0), ([5], 0), ([5, 0], 0), ([0, 3], 3), ([3, 4], 4), ([4, 2], 2), ([2, 1, 4], 1), ([], 0)],
)
def test_many_domains_exit_with_the_worst(statuses: list[int], expected: int) -> None:
    """D-9: 1 > 2 > 4 > 3 > 0, and 5 counts as 0."""
    assert exit_of_many(statuses) == expected
