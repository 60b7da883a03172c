"""TLSA records for certificates and keys (RFC 6698 §2.1, RFC 7671 §8); what cannot be used is a UsageError."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dane_check.errors import UsageError
from dane_check.tlsa import der
from dane_check.tlsa.certificate import Certificate, matched_form
from dane_check.tlsa.fields import key_parts
from dane_check.tlsa.record import CertificateUsage, MatchingType, Selector, TlsaRecord

_SCHEME: Final = re.compile(r"[0-3]-[01]-[0-2](\+[0-3]-[01]-[0-2])*")
_OF_ISSUERS: Final = (CertificateUsage.PKIX_TA, CertificateUsage.DANE_TA)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Usage, selector and matching type of a record that is to be made."""

    usage: CertificateUsage = CertificateUsage.DANE_EE
    selector: Selector = Selector.SPKI
    matching_type: MatchingType = MatchingType.SHA2_256

    @classmethod
    def of(cls, usage: int, selector: int, matching_type: int) -> Numbers:
        """The numbers, if all three are assigned (RFC 7218); raises UsageError."""
        for name, number, most in (
            ("usage", usage, 3),
            ("selector", selector, 1),
            ("matching type", matching_type, 2),
        ):
            if not 0 <= number <= most:
                raise UsageError(f"{name} {number} is not assigned; give one from 0 to {most}")
        return cls(CertificateUsage(usage), Selector(selector), MatchingType(matching_type))


def make_tlsa(der_or_spki: bytes, usage: int = 3, selector: int = 1, matching_type: int = 1) -> TlsaRecord:
    """The TLSA record that names a certificate or a public key (RFC 6698 §2.1).

    der_or_spki -- DER of a certificate, or of a SubjectPublicKeyInfo; of the latter only selector 1 can be made.
    Raises UsageError for other octets, for a certificate whose key cannot be cut out, and for unassigned numbers.
    """
    return record_of(der_or_spki, Numbers.of(usage, selector, matching_type))


def record_of(octets: bytes, numbers: Numbers) -> TlsaRecord:
    """`make_tlsa` with the numbers read already."""
    selected = _selected(bytes(octets), numbers.selector)
    data = matched_form(selected, numbers.matching_type)
    return TlsaRecord(numbers.usage, numbers.selector, numbers.matching_type, data)


def _selected(octets: bytes, selector: Selector) -> bytes:
    certificate = Certificate(octets)
    if certificate.spki is not None:
        return octets if selector is Selector.CERT else certificate.spki
    if not is_public_key(octets):
        raise UsageError("these octets are neither a certificate nor a public key in DER; give one of them")
    if selector is Selector.CERT:
        raise UsageError("selector 0 names a whole certificate, and this is a key alone; use selector 1")
    return octets


def is_public_key(octets: bytes) -> bool:
    """Whether the octets are one DER SubjectPublicKeyInfo."""
    try:
        key_parts(octets)
    except der.DerError:
        return False
    return True


def parse_scheme(text: str) -> tuple[Numbers, ...]:
    """The records wanted, such as `3-1-1` or `3-1-1+2-1-1`; raises UsageError."""
    if not _SCHEME.fullmatch(text):
        raise UsageError(
            "a scheme is three numbers for each record, such as 3-1-1 or 3-1-1+2-1-1, or the words current+next"
        )
    return tuple(dict.fromkeys(Numbers.of(*map(int, part.split("-"))) for part in text.split("+")))


@dataclass(frozen=True, slots=True)
class MadeRecord:
    """A record, and the DER of the certificate or public key that it names."""

    record: TlsaRecord
    names: bytes


def records_for(chain: Sequence[bytes], wanted: Sequence[Numbers]) -> tuple[MadeRecord, ...]:
    """The records of one chain, leaf first: usages 3 and 1 name its leaf, 2 and 0 the issuer next above.

    A certificate or key that stands alone is taken for what the usage names; a lone certificate for usage 2 or 0
    must be that of a CA. Raises UsageError where the chain lacks what is wanted.
    """
    meant = [(numbers, _meant(chain, numbers, alone=len(wanted) == 1)) for numbers in wanted]
    return tuple(MadeRecord(record_of(octets, numbers), octets) for numbers, octets in meant)


def strangers(chain: Sequence[bytes]) -> tuple[int, ...]:
    """Places, from 1, of certificates behind the first that issued none before them: no record is ever made of those.

    Such are the certificate of a second key in the same file, and not a root that is older than basicConstraints.
    """
    read = [Certificate(one) for one in chain]
    return tuple(
        place + 1
        for place, one in enumerate(read)
        if place and not _is_ca(one) and not any(_signed(before, one) for before in read[:place])
    )


def _meant(chain: Sequence[bytes], numbers: Numbers, *, alone: bool) -> bytes:
    leaf = Certificate(chain[0])
    if numbers.usage not in _OF_ISSUERS:
        return chain[0]
    above = [Certificate(one) for one in chain[1:]]
    of_that_name = [one for one in above if one.subject_name is not None and one.subject_name == leaf.issuer_name]
    if of_that_name:
        return _signer(leaf, of_that_name, numbers)
    if len(chain) == 1 and alone and (leaf.fields is None or _is_ca(leaf)):
        return chain[0]
    raise UsageError(
        f"usage {numbers.usage.value} names the issuer, and its certificate is not there; give the whole chain"
    )


def _signer(leaf: Certificate, candidates: Sequence[Certificate], numbers: Numbers) -> bytes:
    """The issuer by its signature: a CA that changed its key has certificates of the same name that signed nothing."""
    for one in candidates:
        if _signed(leaf, one):
            return one.der
    raise UsageError(
        f"usage {numbers.usage.value} names the issuer, and the certificate of that name in the chain did not sign "
        "the first one; give the chain as the server sends it"
    )


def _signed(certificate: Certificate, issuer: Certificate) -> bool:
    from dane_check.tlsa.path.signature import signed_by

    return bool(certificate.fields and issuer.spki and signed_by(certificate.fields, issuer.spki))


def _is_ca(certificate: Certificate) -> bool:
    constraints = certificate.extensions.basic_constraints if certificate.extensions else None
    return constraints is not None and constraints.ca
