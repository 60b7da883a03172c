"""Stage 2: addresses and aliases of one MX host (docs/requirements.md §19.2; RFC 7672 §2.2.2).

Which names may be the TLSA base domain follows from how the addresses were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, SecureDenial
from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.names import is_address, is_ldh, plain, safe
from dane_check.policy.environment import of_this_side
from dane_check.policy.mend import mend
from dane_check.policy.stopped import Stopped, failed_lookup
from dane_check.policy.verdict import HostWord

FamilyName = Literal["IPv4", "IPv6"]


@dataclass(frozen=True, slots=True)
class Family:
    """The addresses of one family, and the names that may be the TLSA base domain for them, in order (S2-14).

    vouched -- False where the addresses themselves are insecure without a secure alias before them: TLSA found
        by the other family is enforced there, but success counts as no-dane (R7672-2.2.2-m).
    """

    name: FamilyName
    addresses: tuple[str, ...]
    candidates: tuple[str, ...]
    vouched: bool


@dataclass(frozen=True, slots=True)
class Reachable:
    """The host has addresses in these families. `floor` is a verdict it cannot be better than (S2-06b, S2-06d)."""

    families: tuple[Family, ...]
    floor: HostWord | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class NoAddressYet:
    """No address, and not every link of that answer is secure; TLSA at `candidates` still decides (S2-11b)."""

    candidates: tuple[str, ...]
    findings: tuple[Finding, ...]


AddressPlan = Reachable | NoAddressYet | Stopped


def address_plan(about: About, a: Lookup, aaaa: Lookup, *, in_mx: bool = True) -> AddressPlan:
    """What the two address answers of one MX host allow: one row of §19.2.

    in_mx -- whether an MX record names the host; elsewhere an alias is nothing to complain of.
    """
    host = about.host or ""
    named: tuple[tuple[FamilyName, Lookup], ...] = (("IPv4", a), ("IPv6", aaaa))
    with_data = [(name, found) for name, found in named if found.kind == "data"]
    failed = [(name, found) for name, found in named if isinstance(found, Bogus | Indeterminate)]
    remarks = _remarks(about, host, (a, aaaa), in_mx=in_mx)
    if with_data:
        return _reachable(about, host, with_data, failed, remarks)
    if failed:
        return _all_failed(about, [found for _, found in failed], remarks)
    return _no_address(about, host, (a, aaaa), remarks)


def _remarks(about: About, host: str, answers: tuple[Lookup, ...], *, in_mx: bool) -> tuple[Finding, ...]:
    found: list[Finding] = []
    alias = next((answer.aliases for answer in answers if answer.aliases), None)
    if alias and in_mx:
        found.append(finding(Code.MX_TARGET_CNAME, about, target=plain(alias[-1].target)))
    if not is_ldh(host):
        found.append(finding(Code.HOST_NOT_LDH, about))
    return tuple(found)


def _candidates(host: str, found: Lookup) -> tuple[str, ...]:
    """RFC 7672 §2.2.2: nothing insecure before the name, and never an alias in the middle."""
    if not found.aliases:
        return (host,) if isinstance(found, Secure) else ()
    if found.aliases[0].status != "secure":
        return ()
    if isinstance(found, Secure):
        return (plain(found.aliases[-1].target), host)
    return (host,)


def _reachable(
    about: About,
    host: str,
    with_data: Sequence[tuple[FamilyName, Lookup]],
    failed: Sequence[tuple[FamilyName, Lookup]],
    remarks: tuple[Finding, ...],
) -> Reachable:
    families = [
        Family(name, tuple(filter(is_address, _texts(found))), _candidates(host, found), True)
        for name, found in with_data
    ]
    malformed = [text for _, found in with_data for text in _texts(found) if not is_address(text)]
    shared = next((family.candidates for family in families if family.candidates), ())
    families = [
        family if family.candidates else Family(family.name, family.addresses, shared, False) for family in families
    ]
    found = remarks + _about_security(about, families, with_data) + _one_family_failed(about, failed)
    if malformed:  # it cannot be judged, and so is never left out in silence
        found += (finding(Code.ADDR_MALFORMED, about, count=len(malformed), record=safe(malformed[0], 80)),)
    undecided = any(isinstance(answer, Indeterminate) for _, answer in failed)
    floor = HostWord.DNS_ERROR if undecided else HostWord.UNREACHABLE if malformed else None
    return Reachable(tuple(families), floor, found)


def _texts(found: Lookup) -> list[str]:
    return [record.text for record in found.records]


def _about_security(
    about: About, families: list[Family], with_data: Sequence[tuple[FamilyName, Lookup]]
) -> tuple[Finding, ...]:
    answers = dict(with_data)
    if not any(family.candidates for family in families):
        why = next((answer.why for answer in answers.values() if answer.why), None)
        assert why is not None  # without a candidate, what has data is insecure
        return (finding(Code.ADDR_INSECURE, about, why=why.sentence, mend=mend(why)),)
    unvouched = tuple(
        finding(Code.ADDR_ONE_FAMILY_INSECURE, about, family=family.name) for family in families if not family.vouched
    )
    behind_alias = any(family.vouched and isinstance(answers[family.name], Insecure) for family in families)
    return unvouched + ((finding(Code.ADDR_CNAME_INSECURE_TARGET, about),) if behind_alias else ())


def _one_family_failed(about: About, failed: Sequence[tuple[FamilyName, Lookup]]) -> tuple[Finding, ...]:
    found = []
    for family, answer in failed:
        assert isinstance(answer, Bogus | Indeterminate)
        severity = Severity.PARTIAL if isinstance(answer, Bogus) else Severity.INCONCLUSIVE
        why = answer.why.sentence
        found.append(
            of_this_side(about, answer.why)
            or finding(Code.ADDR_ONE_FAMILY_FAILED, about, severity, family=family, why=why)
        )
    return tuple(found)


def _all_failed(about: About, failed: list[Lookup], remarks: tuple[Finding, ...]) -> Stopped:
    """S2-04, S2-05, S2-10: bogus anywhere is proof; otherwise we could not tell."""
    worst = next((answer for answer in failed if isinstance(answer, Bogus)), failed[0])
    assert isinstance(worst, Bogus | Indeterminate)
    return failed_lookup(about, worst, _address_code(worst), remarks)


def _address_code(answer: Bogus | Indeterminate) -> Code:
    if answer.why.cause in (Cause.ALIAS_LOOP, Cause.ALIAS_LIMIT):
        return Code.ADDR_CNAME_LOOP
    return Code.ADDR_BOGUS if isinstance(answer, Bogus) else Code.ADDR_LOOKUP_FAILED


def _no_address(about: About, host: str, answers: tuple[Lookup, ...], remarks: tuple[Finding, ...]) -> AddressPlan:
    if all(isinstance(answer, SecureDenial) for answer in answers):  # S2-03, S2-11
        return Stopped(HostWord.NO_ADDRESS, None, (*remarks, finding(Code.MX_TARGET_MISSING, about)))
    first_hops = [answer.aliases[0].status for answer in answers if answer.aliases]
    if first_hops and all(status == "secure" for status in first_hops):  # S2-11b
        return NoAddressYet((host,), remarks)
    return no_address_unsigned(about, remarks)


def no_address_unsigned(about: About, before: tuple[Finding, ...] = ()) -> Stopped:
    """S2-03b: whoever forges the unsigned denial can forge an address, and gets the mail in clear."""
    said = (
        finding(Code.NO_ADDRESS_UNSIGNED, about),
        finding(Code.MX_TARGET_MISSING, about, Severity.OUTAGE),
    )
    return Stopped(HostWord.NO_DANE, "no-address-unsigned", before + said)
