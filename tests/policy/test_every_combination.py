"""§1.3, D-8, D-18, D-20, D-33: every combination of hosts, findings, options and what was left out, by plain rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations_with_replacement, product

import pytest

from dane_check.findings import About, Code, Severity, finding
from dane_check.policy.destination import NoHosts
from dane_check.policy.domain import ended, qualified
from dane_check.policy.fold import exit_of_many, fold_domain
from dane_check.policy.verdict import DomainVerdict, DomainWord, HostVerdict, HostWord

W = HostWord
ABOUT = About("example.test", "mx.test")
_PLAIN = finding(Code.ADDR_ONE_FAMILY_FAILED, ABOUT)
SEVERITIES: tuple[Severity | None, ...] = (None, *Severity)
HOSTS = [hosts for most in range(4) for hosts in combinations_with_replacement(HostWord, most)]
SWITCHES = ("mx_secure", "complete", "strict", "require_dane", "audit")
BY_HOST = {W.DANE_FAIL: 1, W.DNS_BOGUS: 1, W.DNS_ERROR: 4, W.UNREACHABLE: 4, W.DANE_OK: 0}
CHOICES = [dict(zip(SWITCHES, chosen, strict=True)) for chosen in product((False, True), repeat=len(SWITCHES))]
OF_EACH_SEVERITY = pytest.mark.parametrize("severity", SEVERITIES)


def by_the_rules(hosts: tuple[HostWord, ...], chosen: dict[str, bool], severity: Severity | None) -> int:
    """The exit status, rule by rule, the strongest first."""
    judged = [word for word in hosts if word is not W.NO_ADDRESS]
    statuses = [BY_HOST.get(word, 3) for word in judged]
    if set(judged) <= {W.NOT_APPLICABLE} and chosen["mx_secure"] and chosen["complete"]:
        status = 5
    elif 1 in statuses:
        status = 1
    elif 4 in statuses or not chosen["complete"]:
        status = 4
    elif 3 in statuses or not chosen["mx_secure"]:
        status = 1 if chosen["require_dane"] else 3
    elif chosen["strict"] and severity in {Severity.OUTAGE, Severity.PARTIAL, Severity.LATENT}:
        status = 1
    else:
        status = 3 if severity in {Severity.OUTAGE, Severity.PARTIAL} else 0
    return 3 if chosen["audit"] and status in {1, 4} else status


def verdict(hosts: tuple[HostWord, ...], chosen: dict[str, bool], severity: Severity | None) -> DomainVerdict:
    """As a check puts it together."""
    fold = fold_domain(
        [HostVerdict(f"mx{number}.test", 10, word) for number, word in enumerate(hosts)],
        (replace(_PLAIN, severity=severity),) if severity else (),
        mx_secure=chosen["mx_secure"],
        complete=chosen["complete"],
        strict=chosen["strict"],
        require_dane=chosen["require_dane"],
    )
    blank = ended("example.test", NoHosts(DomainWord.UNDETERMINED, "", ()), None)
    made = replace(blank, word=fold.word, exit_status=fold.exit_status, complete=chosen["complete"])
    return qualified(made, audit=chosen["audit"], certificates_at=None)


Case = tuple[tuple[HostWord, ...], dict[str, bool], DomainVerdict]


def every_case(severity: Severity | None) -> Iterator[Case]:
    """Hosts, what was chosen, and the verdict."""
    for hosts, chosen in product(HOSTS, CHOICES):
        yield hosts, chosen, verdict(hosts, chosen, severity)


@OF_EACH_SEVERITY
def test_every_combination_exits_by_the_rules(severity: Severity | None) -> None:
    """And 0 says all that it promises: nothing left out, secure, at least one host, and every one of them covered."""
    for hosts, chosen, found in every_case(severity):
        assert found.exit_status == by_the_rules(hosts, chosen, severity), (hosts, chosen)
        if found.exit_status == 0:
            assert (found.word, found.complete, chosen["mx_secure"]) == (DomainWord.PROTECTED, True, True)
            assert {*hosts} - {W.NO_ADDRESS} == {W.DANE_OK}
            assert severity not in {Severity.OUTAGE, Severity.PARTIAL}


@OF_EACH_SEVERITY
def test_no_option_makes_a_word_better(severity: Severity | None) -> None:
    """D-8, D-30: options change what a script is told; a word changes only where DANE was demanded (D-33)."""
    for hosts, chosen, found in every_case(severity):
        without = verdict(hosts, {**chosen, "strict": False, "require_dane": False, "audit": False}, severity)
        unmet = chosen["require_dane"] and without.exit_status == 3 and found.word is DomainWord.BROKEN
        assert found.word is without.word or unmet, (hosts, chosen)


def test_the_status_of_many_is_0_only_where_each_is_0_or_nothing() -> None:
    """D-9: in any number and order."""
    for statuses in product((0, 1, 2, 3, 4, 5, 70), repeat=3):
        assert (exit_of_many(statuses) == 0) == ({*statuses} <= {0, 5})
