"""RFC 6698 §2.1.3 lets a publisher follow the hash of the certificate's signature; RFC 7671 §5.1 advises SHA2-256."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes

from dane_check import Settings, rehearse_sync
from dane_check.findings import Code
from tests.pki import HOST, NOW, make_ca, make_leaf
from tests.tlsa.chains import record


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_the_hash_of_the_signature_is_no_matter(digest: hashes.HashAlgorithm) -> None:
    """R6698-2.1.3-b: the same record gives the same findings, however the certificate is signed."""
    root = make_ca("Root")
    leaf = make_leaf(issuer=root, digest=digest)
    texts = [record((3, 1, 1), leaf).to_text()]
    chains = [[leaf.der, root.der]]
    found = rehearse_sync([HOST], tlsa=texts, chains=chains, offline=True, settings=Settings(now=NOW))
    assert {one.code for one in found.findings} == {Code.ROLLOVER_NONE}
    assert found.exit_status == 0
