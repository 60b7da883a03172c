"""RFC 7672 §3.2.3: which names in a leaf are which reference identifiers; as OpenSSL reads them."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.identity import NameMatched, NameMismatch, identify, name_matches
from tests.pki import HOST, assemble, make_ca, make_leaf, subject_alt_name

ROOT = make_ca("Root")
LEAF = make_leaf(issuer=ROOT)


def leaf(*names: bytes) -> Certificate:
    """A leaf with these dNSNames, octet by octet, and the right name as its common name."""
    return Certificate(assemble(spki=LEAF.spki, signer=ROOT, extensions=subject_alt_name(*names)))


def cn_leaf(*common_names: str, more: object = ()) -> Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one) for one in common_names])
    return Certificate(make_leaf(name, issuer=ROOT, dns_names=None, more=more).der)


@pytest.mark.parametrize(
    ("presented", "reference", "matches"),
    [
        ("mx.example.test", "mx.example.test", True),
        ("MX.Example.TEST", "mx.example.test", True),
        ("mx.example.test", "MX.EXAMPLE.TEST", True),
        ("mx.example.test", "mx.example.test.", True),
        ("mx.example.test.", "mx.example.test", False),
        ("mx.example.test.", "mx.example.test.", False),
        ("mx.example.test\0.evil.test", "mx.example.test", False),
        ("mx.example.test\0", "mx.example.test", False),
        (" mx.example.test", "mx.example.test", False),
        ("mx..example.test", "mx.example.test", False),
        ("", "mx.example.test", False),
        ("example.test", "mx.example.test", False),
        ("mx.example.test", "example.test", False),
        (".example.test", "mx.example.test", False),
        ("*.example.test", "mx.example.test", True),
        ("*.EXAMPLE.test", "mx.example.test", True),
        ("*.example.test", "a.mx.example.test", False),
        ("*.example.test", "example.test", False),
        ("*.example.test", "xn--bcher-kva.example.test", True),
        ("*.xn--bcher-kva.test", "mx.xn--bcher-kva.test", True),
        ("*.example.test", "a_b.example.test", False),
        ("a_b.example.test", "a_b.example.test", True),
        ("*.exam_ple.test", "mx.exam_ple.test", False),
        ("*.test", "example.test", False),
        ("*", "mx.example.test", False),
        ("*.*.test", "mx.example.test", False),
        ("mx.*.test", "mx.example.test", False),
        ("m*.example.test", "mx.example.test", False),
        ("*x.example.test", "mx.example.test", False),
        ("**.example.test", "mx.example.test", False),
        ("*.example.test.", "mx.example.test", False),
        ("*.-example.test", "mx.-example.test", False),
        ("*.example-.test", "mx.example-.test", False),
        ("192.0.2.1", "mx.example.test", False),
        ("bücher.test", "bücher.test", False),
    ],
)
def test_one_name_against_one_reference(presented: str, reference: str, matches: bool) -> None:
    """R7672-3.2.3-c, -3.2.3-d, -3.2.3-f, R7671-10.2-c: Case-insensitive ASCII, a whole first label as wildcard, two
    labels after it, nothing else."""
    found = identify(leaf(presented.encode()), [reference])
    assert isinstance(found, NameMatched) is matches


class TestCommonName:
    """R7672-3.2.3-b: the common name counts where there is no dNSName at all."""

    @pytest.mark.parametrize("name", [HOST, "MX.example.test", "*.example.test"])
    def test_it_stands_in_for_missing_names(self, name: str) -> None:
        """It is accepted, wildcards too, and flagged."""
        found = identify(cn_leaf(name), [HOST])
        assert found == NameMatched(HOST, name.lower() if name == HOST else name, cn_only=True)

    def test_every_common_name_counts(self) -> None:
        """A subject may hold several."""
        assert isinstance(identify(cn_leaf("x", HOST, "y"), [HOST]), NameMatched)

    def test_one_dns_name_makes_it_void(self) -> None:
        """R7672-3.2.3-a: §3.2.3: with a dNSName, only those are matched."""
        assert identify(leaf(b"other.test"), [HOST]) == NameMismatch(
            ("other.test",), f"none of the 1 names in the certificate is {HOST}"
        )

    @pytest.mark.parametrize(
        "other", [x509.RFC822Name("a@example.test"), x509.UniformResourceIdentifier("https://a.test/")]
    )
    def test_names_of_other_kinds_do_not(self, other) -> None:
        """A subjectAltName with e-mail or URI only leaves the common name in force."""
        more = [(x509.SubjectAlternativeName([other]), False)]
        assert isinstance(identify(cn_leaf(HOST, more=more), [HOST]), NameMatched)

    @pytest.mark.parametrize("value", [b"", b"\x05\x00", b"\x30\x03\x82\x05a", b"\x30\x02\x04\x00", b"\x30\x80"])
    def test_a_subject_alt_name_that_cannot_be_read_forbids_it(self, value: bytes) -> None:
        """T-12: what may be hidden there must not be overruled by the common name."""
        more = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), value), False)]
        assert isinstance(identify(cn_leaf(HOST, more=more), [HOST]), NameMismatch)


class TestReferences:
    """RFC 7672 §3.2.2: any one of the reference identifiers is enough."""

    def test_the_first_that_is_found_is_told(self) -> None:
        """The value names which one matched, and what it matched."""
        found = identify(leaf(b"*.example.test", b"b.test"), ["a.test", "b.test", HOST])
        assert found == NameMatched("b.test", "b.test", cn_only=False)

    @pytest.mark.parametrize("references", [[], [""], ["."], ["a..b"], [".example.test"], ["bücher.test"]])
    def test_what_is_no_host_name_matches_nothing(self, references: list[str]) -> None:
        """Not even a certificate that says the same."""
        presented = [name.encode() for name in references] or [b"x"]
        assert isinstance(identify(leaf(*presented), references), NameMismatch)

    def test_an_address_is_never_a_reference(self) -> None:
        """R7672-3.2.3-g: an iPAddress in the certificate is not looked at."""
        import ipaddress

        more = [(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]), False)]
        made = make_leaf(issuer=ROOT, dns_names=None, more=more)
        assert isinstance(identify(Certificate(made.der), ["192.0.2.1"]), NameMismatch)


def test_name_matches_takes_octets() -> None:
    """The comparison itself knows nothing of certificates."""
    assert name_matches(b"*.Example.test", b"mx.example.test")
    assert not name_matches(b"*.Example.test", b"mx.other.test")
