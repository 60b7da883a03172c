"""The rules of a path that are judged here: who may issue, for what purpose, how deep, how strong.

They are RFC 5280 §4.2.1 and §6.1 as OpenSSL reads them for a TLS server (R5280-a, R7671-5.2-i).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dane_check.limits import PathLimits
from dane_check.tlsa import extensions, keys
from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.extensions import Extensions
from dane_check.tlsa.path.issuing import self_signed
from dane_check.tlsa.reason import Reason

_SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"
# The two "server gated crypto" purposes of the 1990s; OpenSSL lets them stand for serverAuth.
_GATED_CRYPTO: Final = frozenset({"1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"})
_TLS_KEY_USAGES: Final = frozenset(
    {extensions.DIGITAL_SIGNATURE, extensions.KEY_ENCIPHERMENT, extensions.KEY_AGREEMENT}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a path does not hold: the reason, where (0 = leaf), and a phrase for people."""

    reason: Reason
    depth: int
    detail: str


def extension_fault(path: Sequence[Certificate]) -> Fault | None:
    """The first certificate, from the leaf up, that must not stand where it stands."""
    issuers_below = 0
    for depth, certificate in enumerate(path):
        found = certificate.extensions
        if found is None:
            return Fault(Reason.OTHER, depth, "the extensions of the certificate cannot be read")
        fault = _fault_at(certificate, found, depth, top=depth == len(path) - 1)
        if fault is not None:
            return fault
        limit = found.basic_constraints.path_length if found.basic_constraints else None
        if depth > 1 and limit is not None and issuers_below > limit:
            detail = f"{issuers_below} CAs stand below one that allows {limit}"
            return Fault(Reason.PATH_LENGTH, depth, detail)
        if depth > 0 and not certificate.self_issued:
            issuers_below += 1
    return None


def strength_fault(path: Sequence[Certificate]) -> Fault | None:
    """Keys of issuers, and signatures below the top, that OpenSSL's security level 1 refuses (A-11)."""
    for depth, certificate in enumerate(path):
        weak_key = keys.weakness(certificate.spki) if depth and certificate.spki else None
        if weak_key is not None:
            return Fault(Reason.WEAK_CRYPTO, depth, f"the issuer has {weak_key}")
        below_top = depth < len(path) - 1
        digest = keys.weak_signature(certificate.fields.signature_algorithm) if certificate.fields else None
        if below_top and digest is not None:
            return Fault(Reason.WEAK_CRYPTO, depth, f"the signature on the certificate is made with {digest}")
    return None


def limit_fault(path: Sequence[Certificate], limits: PathLimits) -> Fault | None:
    """What would cost more work than one path may (L-18)."""
    if len(path) - 1 > limits.depth:
        detail = f"the path is {len(path) - 1} issuers deep, more than {limits.depth}"
        return Fault(Reason.CHAIN_TOO_LONG, len(path) - 1, detail)
    found = [certificate.extensions or Extensions() for certificate in path]
    names = sum(one.general_names + 1 for one in found)
    constraints = sum(one.name_constraints or 0 for one in found)
    if names * constraints > limits.name_constraint_comparisons:
        return Fault(Reason.NAME_CONSTRAINTS, 0, "more names and name constraints than we compare")
    for depth, certificate in enumerate(path):
        if found[depth].general_names > limits.subject_alternative_names:
            return Fault(Reason.OTHER, depth, "more alternative names than we look through")
        bits = keys.rsa_bits(certificate.spki) if depth and certificate.spki else None
        if bits is not None and bits > limits.rsa_bits:
            return Fault(Reason.OTHER, depth, f"an RSA key of {bits} bits, longer than we verify with")
    return None


def _fault_at(certificate: Certificate, found: Extensions, depth: int, top: bool) -> Fault | None:
    if found.proxy:
        return Fault(Reason.OTHER, depth, "a proxy certificate")
    if depth > 0 and not _may_issue(certificate, found, top):
        return Fault(Reason.NOT_A_CA, depth, "the issuer is not a CA")
    if not _serves_tls(found, issuer=depth > 0):
        return Fault(Reason.PURPOSE, depth, "the certificate is not meant for TLS servers")
    return None


def _may_issue(certificate: Certificate, found: Extensions, top: bool) -> bool:
    """Only the top of a path may be a CA without saying so in basicConstraints."""
    if found.key_usage is not None and extensions.KEY_CERT_SIGN not in found.key_usage:
        return False
    if found.basic_constraints is not None:
        return found.basic_constraints.ca
    return top and _is_old_ca(certificate, found)


def _is_old_ca(certificate: Certificate, found: Extensions) -> bool:
    """CAs from before basicConstraints: version 1 roots, a key usage alone, the Netscape types."""
    if certificate.fields is not None and certificate.fields.version == 1 and self_signed(certificate):
        return True
    if found.key_usage is not None:
        return True
    netscape = found.netscape_cert_type
    return netscape is not None and extensions.NETSCAPE_SSL_CA in netscape


def _serves_tls(found: Extensions, issuer: bool) -> bool:
    purposes = found.extended_key_usage
    if purposes is not None and not purposes & {_SERVER_AUTH, *_GATED_CRYPTO}:
        return False
    if issuer:
        return True
    netscape = found.netscape_cert_type
    if netscape is not None and extensions.NETSCAPE_SSL_SERVER not in netscape:
        return False
    return found.key_usage is None or bool(found.key_usage & _TLS_KEY_USAGES)
