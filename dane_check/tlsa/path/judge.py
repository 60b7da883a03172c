"""Does this path hold? Everything but the names in the leaf (RFC 5280 §6.1, RFC 7671 §5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from dane_check.limits import PathLimits
from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.path.issuing import self_signed
from dane_check.tlsa.path.openssl import certificate_fault, path_fault
from dane_check.tlsa.path.rules import Fault, extension_fault, limit_fault, strength_fault
from dane_check.tlsa.path.signature import signed_by
from dane_check.tlsa.reason import Reason


class Work:
    """How many signatures may still be verified for one set of records (L-18); spent, never refilled."""

    def __init__(self, limits: PathLimits) -> None:
        self.limits = limits
        self._left = limits.signature_checks

    def spend(self, signatures: int) -> bool:
        """Take this many from what is left; False, and nothing is taken, if there are not as many."""
        if signatures > self._left:
            return False
        self._left -= signatures
        return True


def judge_path(path: Sequence[Certificate], now: datetime, work: Work) -> Fault | None:
    """The first fault of a path that ends in a matched certificate; None where it holds.

    path -- leaf first, anchor last; a leaf that stands in the trust store is its own anchor.
    """
    return _structure_fault(path, work) or _date_fault(path, now, anchor_dates=self_signed(path[-1]))


def judge_path_under_key(path: Sequence[Certificate], now: datetime, work: Work) -> Fault | None:
    """The first fault of a path whose last certificate is signed by a trusted bare key (RFC 7671 §5.2.3).

    That signature is not looked at here: `verifies_under` found the key by it.
    """
    rest = _structure_fault(path, work) if len(path) > 1 else _lone_leaf_fault(path, work)
    return rest or _date_fault(path, now, anchor_dates=True)


def verifies_under(certificate: Certificate, spki: bytes, work: Work) -> bool:
    """Whether the certificate is signed by this key; False as well when no work may be done any more."""
    return certificate.fields is not None and work.spend(1) and signed_by(certificate.fields, spki)


def _rules_fault(path: Sequence[Certificate], work: Work) -> Fault | None:
    return limit_fault(path, work.limits) or extension_fault(path) or strength_fault(path)


def _lone_leaf_fault(path: Sequence[Certificate], work: Work) -> Fault | None:
    return _rules_fault(path, work) or certificate_fault(path[0], 0)


def _structure_fault(path: Sequence[Certificate], work: Work) -> Fault | None:
    fault = _rules_fault(path, work)
    if fault is not None:
        return fault
    if not work.spend(len(path) - 1):
        return Fault(Reason.OTHER, 0, f"more than {work.limits.signature_checks} signatures to verify")
    found = path_fault(path)
    if found is None or found.reason not in (Reason.SIGNATURE, Reason.OTHER):
        return found
    return _fault_pair_by_pair(path, found, work)


def _fault_pair_by_pair(path: Sequence[Certificate], found: Fault, work: Work) -> Fault | None:
    """The same judgement without OpenSSL's path building, for a path that it may have taken amiss.

    Where a CA changed its key under its old name, or two certificates share a serial number, OpenSSL can
    jump to the anchor and judge another path. Name constraints are beyond this second look.
    """
    if not work.spend(len(path) - 1):
        return found
    for depth, certificate in enumerate(path):
        fault = certificate_fault(certificate, depth)
        if fault is not None:
            return fault
        if certificate.extensions is None or certificate.extensions.name_constraints is not None:
            return found
    for certificate, issuer in pairwise(path):
        if certificate.fields is None or issuer.spki is None or not signed_by(certificate.fields, issuer.spki):
            return found
    return None


def _date_fault(path: Sequence[Certificate], now: datetime, anchor_dates: bool) -> Fault | None:
    """From the top down, as OpenSSL; of an anchor only where `anchor_dates` says so (R7671-5.2-g)."""
    checked = path if anchor_dates else path[:-1]
    for depth in reversed(range(len(checked))):
        fault = date_fault(checked[depth], now, depth)
        if fault is not None:
            return fault
    return None


def date_fault(certificate: Certificate, now: datetime, depth: int) -> Fault | None:
    """Why a certificate is not valid at this moment."""
    if certificate.not_before is None or certificate.not_after is None:
        return Fault(Reason.OTHER, depth, "a date of the certificate cannot be read")
    if certificate.not_before > now:
        detail = f"not valid before {certificate.not_before:%Y-%m-%dT%H:%M:%SZ}"
        return Fault(Reason.NOT_YET_VALID, depth, detail)
    if not certificate.valid_at(now):
        return Fault(Reason.EXPIRED, depth, f"expired at {certificate.not_after:%Y-%m-%dT%H:%M:%SZ}")
    return None
