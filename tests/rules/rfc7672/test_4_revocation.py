"""RFC 7672 §4: revocation is by removing the record; lists and responders of CAs are not asked."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from dane_check.tlsa.match import Outcome
from tests.network.test_client_hello import hello
from tests.pki import make_ca, make_leaf
from tests.tlsa.chains import judge, record

NOWHERE = x509.UniformResourceIdentifier("http://127.0.0.1:9/nobody-listens")
LIST = x509.CRLDistributionPoints([x509.DistributionPoint([NOWHERE], None, None, None)])
RESPONDER = x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, NOWHERE)])
MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])
STATUS_REQUEST = 5


@pytest.mark.parametrize("numbers", [(3, 1, 1), (2, 1, 1)])
@pytest.mark.parametrize("pointer", [LIST, RESPONDER, MUST_STAPLE], ids=["CRL", "OCSP", "must staple"])
def test_nobody_is_asked_whether_a_certificate_is_revoked(numbers, pointer) -> None:
    """R7672-4-e: what a certificate says of lists and responders changes nothing."""
    root = make_ca("Root", more=[(LIST, False)])
    leaf = make_leaf(issuer=root, more=[(pointer, False)])
    named = root if numbers[0] == 2 else leaf
    assert judge([record(numbers, named)], [leaf, root]).outcome is Outcome.AUTHENTICATED


def test_no_stapled_answer_is_asked_for() -> None:
    """R7672-4-e: status_request is not among the extensions of the ClientHello."""
    assert STATUS_REQUEST not in hello().extensions
