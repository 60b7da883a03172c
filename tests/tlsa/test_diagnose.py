"""Every way in which a record can miss what is served, explained with the line that was meant."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from dane_check.tlsa import issuers
from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.diagnose import Mistake, ServedData, ascent, explain, missing_issuer, right_record
from dane_check.tlsa.record import TlsaRecord
from tests.pki import make_ca, make_leaf, rsa_key
from tests.tlsa.chains import record, wrong

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)
SERVED = ServedData.of([LEAF.der, ISSUER.der])
PEM = LEAF.certificate.public_bytes(Encoding.PEM)
SPKI = LEAF.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def lets_encrypt(name: str) -> x509.Name:
    """The subject of one of that CA's issuers."""
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Let's Encrypt")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def hashed(octets: bytes, usage: int = 3) -> TlsaRecord:
    """The `3 1 1` record of something that should not have been hashed."""
    return TlsaRecord(usage, 1, 1, hashlib.sha256(octets).digest())


@pytest.mark.parametrize("numbers", [(3, 0, 0), (3, 0, 1), (3, 1, 1), (3, 1, 2), (2, 1, 1), (2, 0, 2)])
def test_a_record_that_names_what_its_usage_looks_at_needs_no_explanation(numbers) -> None:
    """DANE-EE looks at the leaf, DANE-TA at the issuers (RFC 7671 §5)."""
    assert explain(record(numbers, LEAF if numbers[0] == 3 else ISSUER), SERVED) is None


@pytest.mark.parametrize("numbers", [(3, 1, 1), (2, 1, 1), (3, 0, 2)])
def test_what_has_nothing_to_do_with_the_chain_stays_unexplained(numbers) -> None:
    """A guess would be worse than silence."""
    assert explain(record(numbers, make_leaf("else.test")), SERVED) is None


def test_pkix_usages_are_left_to_their_own_finding() -> None:
    """RFC 7672 §3.1.3: usages 0 and 1 are not for SMTP, whatever they name."""
    assert explain(record((1, 1, 1), LEAF), SERVED) is None


def test_nothing_served_explains_nothing() -> None:
    """Without a certificate there is nothing to compare with."""
    assert explain(record((3, 1, 1), LEAF), ServedData.of([])) is None


@pytest.mark.parametrize(
    ("published", "meant"),
    [
        ((3, 0, 1), (3, 1, 1)),
        ((3, 1, 1), (3, 0, 1)),
        ((3, 1, 2), (3, 1, 1)),
        ((3, 1, 1), (3, 1, 2)),
        ((3, 1, 0), (3, 1, 1)),
        ((2, 0, 1), (2, 1, 1)),
        ((3, 0, 1), (2, 1, 1)),
        ((2, 0, 1), (3, 1, 1)),
        ((4, 1, 1), (3, 1, 1)),
        ((3, 2, 1), (3, 1, 1)),
        ((3, 1, 3), (3, 1, 1)),
    ],
)
def test_right_data_under_wrong_numbers(published, meant) -> None:
    """The numbers are put right, and the data is kept."""
    right = record(meant, LEAF if meant[0] == 3 else ISSUER)
    found = explain(TlsaRecord(*published, right.data), SERVED)
    assert found is not None
    assert (found.mistake, found.correction) == (Mistake.PARAMS_SWAPPED, right)


def test_a_record_for_the_leaf_that_names_an_issuer() -> None:
    """`3 1 1` of the intermediate is `2 1 1`."""
    found = explain(replace(record((2, 1, 1), ISSUER), usage=3), SERVED)
    assert found is not None
    assert (found.mistake, found.correction) == (Mistake.EE_NAMES_ISSUER, record((2, 1, 1), ISSUER))


def test_a_record_for_an_issuer_that_names_the_leaf() -> None:
    """`2 1 1` of the leaf is `3 1 1`."""
    found = explain(replace(record((3, 1, 1), LEAF), usage=2), SERVED)
    assert found is not None
    assert (found.mistake, found.correction) == (Mistake.TA_NAMES_LEAF, record((3, 1, 1), LEAF))


@pytest.mark.parametrize(("matching_type", "digest"), [(1, hashlib.sha256), (2, hashlib.sha512)])
@pytest.mark.parametrize("usage", [2, 3])
def test_a_digest_of_nothing(usage: int, matching_type: int, digest) -> None:
    """The tool was given no key; the right record of the same kind is named."""
    found = explain(TlsaRecord(usage, 1, matching_type, digest(b"").digest()), SERVED)
    right = record((usage, 1, matching_type), LEAF if usage == 3 else ISSUER)
    assert found is not None
    assert (found.mistake, found.correction) == (Mistake.DIGEST_OF_EMPTY, right)


ONE_LINE = base64.b64encode(LEAF.der)
HEX = hashlib.sha256(SPKI).hexdigest().encode()
BARE = LEAF.certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
CHAIN_FILE = PEM + ISSUER.certificate.public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (PEM, "the PEM text of the server's certificate"),
        (PEM.rstrip(), "the PEM text without its last line break of the server's certificate"),
        (PEM.replace(b"\n", b"\r\n"), "the PEM text with Windows line breaks of the server's certificate"),
        (ONE_LINE, "the base64 text in one line without its last line break of the server's certificate"),
        (ONE_LINE + b"\n", "the base64 text in one line of the server's certificate"),
        (
            LEAF.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "the public key's PEM text of the server's certificate",
        ),
        (BARE, "the bare key without its algorithm (no SubjectPublicKeyInfo) of the server's certificate"),
        (CHAIN_FILE, "the whole chain file"),
        (CHAIN_FILE.rstrip(), "the whole chain file without its last line break"),
        (hashlib.sha256(SPKI).digest(), "the right digest, hashed once more, of the server's certificate"),
        (HEX, "the hexadecimal text of the right digest without its last line break of the server's certificate"),
    ],
)
def test_a_digest_of_the_wrong_input(octets: bytes, words: str) -> None:
    """What was hashed is named, and the digest of the DER octets stands in its place."""
    found = explain(hashed(octets), SERVED)
    assert found is not None
    assert (found.mistake, found.detail, found.correction) == (Mistake.WRONG_INPUT, words, record((3, 1, 1), LEAF))


def test_a_wrong_input_of_an_issuer() -> None:
    """The correction names the issuer, not the leaf."""
    found = explain(hashed(ISSUER.certificate.public_bytes(Encoding.PEM), usage=2), SERVED)
    assert found is not None
    assert found.detail == "the PEM text of issuer 1 of the served chain"
    assert found.correction == record((2, 1, 1), ISSUER)


def test_a_bare_rsa_key_as_text() -> None:
    """`openssl rsa -RSAPublicKey_out` writes PKCS #1, not the key that TLSA wants."""
    key = rsa_key()
    leaf = make_leaf(key=key)
    text = key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    found = explain(hashed(text), ServedData.of([leaf.der]))
    assert found is not None
    assert found.detail == "the bare RSA key's PEM text of the server's certificate"


def test_text_published_instead_of_a_digest() -> None:
    """`3 0 0` wants DER, and the PEM text is not that."""
    found = explain(TlsaRecord(3, 0, 0, PEM), SERVED)
    assert found is not None
    assert (found.mistake, found.correction) == (Mistake.WRONG_INPUT, record((3, 0, 1), LEAF))


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_other_inputs_that_no_chain_tells(ending: bytes) -> None:
    """A certificate request or a private key, where the caller has it; its octets show nowhere."""
    request = b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"
    served = ServedData.of([LEAF.der], [("the certificate request", request + b"\n")])
    found = explain(hashed(request + ending), served)
    assert found is not None
    assert found.mistake is Mistake.WRONG_INPUT
    assert found.detail.startswith("the certificate request")
    assert "AAAA" not in repr(found)


RIGHT = record((3, 1, 1), LEAF)


def mistyped(digits: int) -> bytes:
    """The right digest with so many hexadecimal digits changed."""
    text = RIGHT.data.hex()
    return bytes.fromhex("".join("0123456789abcdef"[(int(one, 16) + 1) % 16] for one in text[:digits]) + text[digits:])


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_a_few_digits_differ(digits: int) -> None:
    """Up to four are a slip; the correction is the right line."""
    found = explain(replace(RIGHT, data=mistyped(digits)), SERVED)
    assert found is not None
    assert (found.mistake, found.correction) == (Mistake.TYPO, RIGHT)
    assert found.detail.startswith(f"{digits} hexadecimal digit")


def test_five_digits_are_no_slip() -> None:
    """From there on it is another digest."""
    assert explain(replace(RIGHT, data=mistyped(5)), SERVED) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (RIGHT.data[:31], "1 octet missing at the end"),
        (RIGHT.data[2:], "2 octets missing in front"),
        (b"\0" + RIGHT.data, "1 octet too many in front"),
        (RIGHT.data + b"\0\0", "2 octets too many at the end"),
    ],
)
def test_cut_short_or_with_something_before_or_behind(data: bytes, words: str) -> None:
    """Unusable for its length, and yet plain what it was meant to be."""
    found = explain(replace(RIGHT, data=data), SERVED)
    assert found is not None
    assert (found.mistake, found.detail, found.correction) == (Mistake.TYPO, words, RIGHT)


def test_a_stub_is_not_recognised() -> None:
    """Seven octets could be anybody's."""
    assert explain(replace(RIGHT, data=RIGHT.data[:7]), SERVED) is None


def test_a_slip_is_sought_where_the_usage_looks() -> None:
    """A DANE-TA record is not read as a mistyped leaf."""
    assert explain(TlsaRecord(2, 1, 1, mistyped(1)), SERVED) is None


class TestChains:
    """Where a chain ends that does not reach its anchor."""

    def test_a_lone_leaf_lacks_its_issuer(self) -> None:
        """The intermediate's name is known from the leaf."""
        assert missing_issuer(ServedData.of([LEAF.der])) == "CN=Issuer"

    def test_a_gap_below_the_root(self) -> None:
        """The root is served, and nothing leads to it."""
        served = ServedData.of([LEAF.der, ROOT.der])
        assert missing_issuer(served) == "CN=Issuer"
        assert [one.der for one in ascent(served)] == [LEAF.der]

    def test_a_chain_up_to_its_root_is_whole(self) -> None:
        """In whatever order it is served."""
        served = ServedData.of([LEAF.der, ROOT.der, ISSUER.der])
        assert missing_issuer(served) is None
        assert [one.der for one in ascent(served)] == [LEAF.der, ISSUER.der, ROOT.der]

    def test_a_circle_of_issuers_ends(self) -> None:
        """Two CAs that name each other are walked through once."""
        one = make_ca("One")
        two = make_ca("Two", issuer=one)
        cross = make_ca("One", issuer=two, key=one.key)
        assert len(ascent(ServedData.of([make_leaf(issuer=two).der, two.der, cross.der]))) == 3


class TestIssuers:
    """The table of issuers that operators pin."""

    def test_every_digest_is_one(self) -> None:
        """64 hexadecimal digits, and none stands twice."""
        digests = [one.spki_sha256 for one in issuers.KNOWN if one.spki_sha256]
        digests += [whole for one in issuers.KNOWN for whole in one.certificates_sha256]
        assert all(len(bytes.fromhex(digest)) == 32 and digest == digest.lower() for digest in digests)
        assert len(set(digests)) == len(digests)

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("2 1 1 8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d", "Let's Encrypt R3"),
            ("2 0 1 67add1166b020ae61b8f5fc96813c04c2aa589960796865572a3c7e737613dfd", "Let's Encrypt R3"),
            ("2 1 1 60b87575447dcba2a36b7d11ac09fb24a9db406fee12d2cc90180517616e8a18", "Let's Encrypt Authority X3"),
            ("2 1 1 0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3", "ISRG Root X1"),
        ],
    )
    def test_a_digest_names_its_issuer(self, text: str, name: str) -> None:
        """Whether it is served or not."""
        assert str(issuers.named_by(TlsaRecord.from_text(text))) == name

    def test_a_digest_of_another_kind_names_nobody(self) -> None:
        """The digest of a key is not that of a certificate."""
        digest = "8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d"
        assert issuers.named_by(TlsaRecord.from_text(f"2 0 1 {digest}")) is None
        assert issuers.named_by(TlsaRecord.from_text("2 1 2 " + digest * 2)) is None
        assert issuers.named_by(record((2, 1, 0), ISSUER)) is None

    def test_a_name_without_a_known_digest_is_enough_for_a_served_chain(self) -> None:
        """YR1 has no digest in the table; a leaf says who issued it."""
        ca = make_ca(lets_encrypt("YR1"))
        assert str(issuers.issuer_of(Certificate(make_leaf(issuer=ca).der))) == "Let's Encrypt YR1"
        assert str(issuers.named_by(record((2, 0, 0), ca))) == "Let's Encrypt YR1"
        assert issuers.issuer_of(Certificate(LEAF.der)) is None

    def test_the_table_grows_old(self) -> None:
        """After eighteen months it says so."""
        assert not issuers.is_old(issuers.AS_OF + timedelta(days=548))
        assert issuers.is_old(issuers.AS_OF + timedelta(days=549))


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=200), st.binary(max_size=200))
def test_no_octets_make_it_fail(usage: int, selector: int, matching_type: int, data: bytes, served: bytes) -> None:
    """Whatever is published and served, an explanation or None."""
    one = TlsaRecord(usage, selector, matching_type, data)
    chain = ServedData.of([served, LEAF.der])
    explain(one, chain)
    right_record(one, chain)
    missing_issuer(chain)


def test_a_wrong_digest_of_zeros_is_unexplained() -> None:
    """The digest that a placeholder left behind is nothing we can name."""
    assert explain(wrong((3, 1, 1)), SERVED) is None
