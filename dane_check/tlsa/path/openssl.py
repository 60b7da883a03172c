"""OpenSSL's verifier over a path that is already chosen: signatures, constraints, extensions.

Dates are left out (`judge` looks at them itself: the dates of an anchor count only sometimes), and so are
names and purposes, which pyOpenSSL gives no access to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.path.rules import Fault
from dane_check.tlsa.reason import Reason

if TYPE_CHECKING:
    from OpenSSL import crypto

_PARTIAL_CHAIN: Final = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: any certificate of the store may be the end
_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which pyOpenSSL does not name

# X509_V_ERR_* of openssl/x509_vfy.h; their numbers are part of OpenSSL's stable interface.
_REASONS: Final = {
    4: Reason.SIGNATURE,  # unable to decrypt certificate's signature
    6: Reason.SIGNATURE,  # unable to decode issuer public key
    7: Reason.SIGNATURE,
    22: Reason.CHAIN_TOO_LONG,
    24: Reason.NOT_A_CA,  # until OpenSSL 3.0
    25: Reason.PATH_LENGTH,
    26: Reason.PURPOSE,
    32: Reason.NOT_A_CA,  # key usage does not include certificate signing
    34: Reason.CRITICAL_EXTENSION,
    47: Reason.NAME_CONSTRAINTS,  # permitted subtree violation
    48: Reason.NAME_CONSTRAINTS,  # excluded subtree violation
    49: Reason.NAME_CONSTRAINTS,  # minimum and maximum
    51: Reason.NAME_CONSTRAINTS,  # unsupported constraint type
    52: Reason.NAME_CONSTRAINTS,  # unsupported or invalid constraint syntax
    53: Reason.NAME_CONSTRAINTS,  # unsupported or invalid name syntax
    79: Reason.NOT_A_CA,
}


def path_fault(path: Sequence[Certificate]) -> Fault | None:
    """What OpenSSL has against a path of two certificates or more, leaf first, anchor last.

    The certificates of the path are all that OpenSSL gets to see. A path that it builds differently from
    these is not accepted.
    """
    try:
        certificates = [_loaded(certificate) for certificate in path]
    except ValueError as fault:
        return Fault(Reason.OTHER, len(path) - 1, str(fault))
    return _verified(certificates, [certificate.der for certificate in path])


def certificate_fault(certificate: Certificate, depth: int) -> Fault | None:
    """What OpenSSL has against the extensions of one certificate by itself."""
    fault = path_fault([certificate])
    return None if fault is None else Fault(fault.reason, depth, fault.detail)


def _verified(certificates: Sequence[crypto.X509], expected: Sequence[bytes]) -> Fault | None:
    from OpenSSL import crypto

    store = crypto.X509Store()
    store.set_flags(_PARTIAL_CHAIN | _NO_CHECK_TIME)
    store.add_cert(certificates[-1])
    context = crypto.X509StoreContext(store, certificates[0], certificates[1:-1])
    try:
        built = context.get_verified_chain()
    except crypto.X509StoreContextError as fault:
        number, depth, text = fault.errors
        return Fault(_REASONS.get(number, Reason.OTHER), depth, f"{text} (OpenSSL error {number})")
    except crypto.Error:
        return Fault(Reason.OTHER, 0, "OpenSSL cannot verify the certificates")
    if [crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in built] != list(expected):
        return Fault(Reason.OTHER, 0, "OpenSSL builds another path from the same certificates")
    return None


def _loaded(certificate: Certificate) -> crypto.X509:
    from OpenSSL import crypto

    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der)
    except crypto.Error as fault:
        raise ValueError("OpenSSL cannot read the certificate") from fault
