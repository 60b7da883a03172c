"""RFC 7671 §5.2.2: a certificate in full, in one record, is an issuer at hand for all records of the set."""

from __future__ import annotations

from cryptography.x509.oid import ExtendedKeyUsageOID

from dane_check.tlsa.match import Outcome
from tests.pki import ec_key, make_ca, make_leaf
from tests.tlsa.chains import judge, record

ROOT = make_ca("Root")
LEAF = make_leaf(issuer=ROOT)
FULL, BARE, DIGEST = (2, 0, 0), (2, 1, 0), (2, 1, 1)
# Name and key of the root, and no authority over TLS servers.
FOR_CLIENTS = make_ca("Root", key=ROOT.key, serial=77, purposes=[ExtendedKeyUsageOID.CLIENT_AUTH])
IMPOSTOR = make_ca("Root", key=ec_key("impostor"), key_identifiers=False, serial=78)


class TestBesideOtherRecords:
    """D-36: one record is enough, and where a sender with the whole set does not get there, that is said."""

    def test_a_certificate_in_dns_stands_where_the_bare_key_would_have_counted(self) -> None:
        """A-13: the certificate with the key decides, and it is not fit for TLS servers."""
        report = judge([record(BARE, ROOT), record(FULL, FOR_CLIENTS)], [LEAF])
        assert report.records[0].alone is Outcome.AUTHENTICATED
        assert (report.outcome, report.matched, report.as_deployed) == (Outcome.AUTHENTICATED, 0, Outcome.FAILED)

    def test_a_certificate_in_dns_takes_the_place_of_a_served_issuer(self) -> None:
        """A-12: what came from DNS is tried first, whatever the digest beside it names."""
        report = judge([record(DIGEST, ROOT), record(FULL, IMPOSTOR)], [LEAF, ROOT])
        assert report.records[0].alone is Outcome.AUTHENTICATED
        assert (report.outcome, report.as_deployed) == (Outcome.AUTHENTICATED, Outcome.FAILED)

    def test_the_order_of_publication_changes_nothing(self) -> None:
        """Name servers shuffle records, so the worse of two orders counts."""
        records = [record(FULL, ROOT), record(FULL, IMPOSTOR)]
        assert {judge(order, [LEAF]).as_deployed for order in (records, records[::-1])} == {Outcome.FAILED}

    def test_either_of_two_good_certificates_will_do(self) -> None:
        """Whichever comes first ends the path, and each names an anchor that holds."""
        again = make_ca("Root", key=ROOT.key, serial=79)
        records = [record(FULL, ROOT), record(FULL, again)]
        for order in (records, records[::-1]):
            report = judge(order, [LEAF])
            assert (report.outcome, report.matched, report.depth) == (Outcome.AUTHENTICATED, 0, 1)

    def test_the_leaf_is_matched_before_any_path_is_built(self) -> None:
        """DANE-EE needs no path that a certificate could lead elsewhere."""
        report = judge([record((3, 1, 1), LEAF), record(FULL, IMPOSTOR)], [LEAF, ROOT])
        assert (report.outcome, report.matched) == (Outcome.AUTHENTICATED, 0)
