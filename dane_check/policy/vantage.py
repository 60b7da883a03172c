"""Is it us? Failed lookups that are trouble of this machine or its resolver, and not of the domain (ROOT-i).

A resolver is between us and every zone, so some failures speak of it alone: nobody's domain depends on whether the
keys of the root can be had, or on whether they validate. Such a failure is no proof of anything about the domain, and
leaves it undetermined.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, Why

ROOT: Final = "."
ROOT_KEYS: Final = (ROOT, "DNSKEY")
NO_SUCH_NAME: Final = ("no-such-tld-dane-check.", "A")  # the root's NSEC records deny it; nobody answers it but liars
WITHOUT_IPV6: Final = ("ipv4only.arpa.", "AAAA")  # has none, unless a DNS64 makes it up (RFC 7050 §2)

_BY_TIME: Final = frozenset({Cause.SIGNATURE_EXPIRED, Cause.SIGNATURE_NOT_YET_VALID})
_NOT_OF_DATA: Final = _BY_TIME | {Cause.LIMIT, Cause.ALIAS_LOOP}
_NO_ANSWER: Final = frozenset({Cause.TRANSPORT, Cause.RCODE})


def ours(found: Bogus | Indeterminate, *, own_clock: bool) -> Indeterminate | None:
    """The failure as trouble of ours, where it shows by itself; None where it may be the domain's.

    own_clock -- the moment was read from this machine's clock, not given by the caller (D-23).
    """
    cause = _cause(found, own_clock=own_clock)
    if cause is not None:
        return undetermined(found, cause)
    return undetermined(found, Cause.RESOLVER_LIES, _of_itself(found.why)) if _made_here(found) else None


def undetermined(found: Bogus | Indeterminate, cause: Cause, sentence: str | None = None) -> Indeterminate:
    """The failure, as one that proves nothing about the domain."""
    why = replace(found.why, cause=cause, sentence=sentence or found.why.sentence)
    return Indeterminate(why, found.proof, found.aliases)


def _cause(found: Bogus | Indeterminate, *, own_clock: bool) -> Cause | None:
    why = found.why
    if isinstance(found, Indeterminate):
        return Cause.DNS_TCP if why.fault == "truncated" else None
    if why.cause is Cause.ROOT_FAILURE:
        return _of_anchor(why, own_clock=own_clock)
    if why.zone == ROOT:  # the root signs delegations only: its data reach everybody else unchanged
        return _untimely(own_clock=own_clock) if why.cause in _BY_TIME else Cause.RESOLVER_LIES
    return Cause.RESOLVER_LIES if why.altered else None


def _made_here(found: Bogus | Indeterminate) -> bool:
    """Whether the answer is the resolver's own and not the zone's (D-42): recursion gives no AA, local data does.

    A copy of the zone has AA too, and with good signatures it never fails; what is late in it was signed by the zone.
    """
    return isinstance(found, Bogus) and found.why.authoritative and found.why.cause not in _NOT_OF_DATA


def _of_itself(why: Why) -> str:
    return f"{why.sentence}; the resolver answered of itself (AA), and not what the servers of the zone say"


def _of_anchor(why: Why, *, own_clock: bool) -> Cause:
    """Anchors may stand at any name, but only of the root is it certain that the zone itself is well."""
    if why.behind in _BY_TIME:
        return _untimely(own_clock=own_clock) if why.zone == ROOT else Cause.ROOT_FAILURE
    altered = why.behind is Cause.SIGNATURE_INVALID and why.zone == ROOT
    return Cause.RESOLVER_LIES if altered else Cause.ROOT_FAILURE


def _untimely(*, own_clock: bool) -> Cause:
    return Cause.CLOCK if own_clock else Cause.ROOT_FAILURE


def controls(name_type: str, found: Bogus | Indeterminate) -> tuple[tuple[str, str], ...]:
    """The questions that can tell whose trouble a failure is: name and type; none where nothing could."""
    if isinstance(found, Indeterminate):
        return (ROOT_KEYS,) if found.why.cause in _NO_ANSWER else ()
    if found.why.cause in _NOT_OF_DATA:
        return ()
    return (NO_SUCH_NAME, WITHOUT_IPV6) if name_type == "AAAA" else (NO_SUCH_NAME,)


def shown_by(control: tuple[str, str], answer: Lookup, found: Bogus | Indeterminate) -> Indeterminate | None:
    """The failure as trouble of ours, where the answer to a control question shows that it is."""
    match control, answer:
        case (".", _), Indeterminate(why=why):
            sentence = f"{found.why.sentence}, and so it is with the keys of the root: {why.sentence}"
            return undetermined(found, Cause.RESOLVER_UNUSABLE, sentence)
        case ("ipv4only.arpa.", _), Secure() | Insecure(kind="data") | Bogus():
            sentence = f"{found.why.sentence}; the resolver makes up IPv6 addresses (DNS64)"
            return undetermined(found, Cause.RESOLVER_LIES, sentence)
        case (_, "A"), Bogus(why=why):
            sentence = f"{found.why.sentence}; nor can it be proven that {control[0]} does not exist: {why.sentence}"
            return undetermined(found, Cause.RESOLVER_LIES, sentence)
    return None
