"""Records made from certificates and keys: the digests OpenSSL makes, and one sentence for whatever cannot be used."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

import dane_check
from dane_check.errors import UsageError
from dane_check.tlsa.generate import MadeRecord, Numbers, make_tlsa, parse_scheme, records_for, strangers
from dane_check.tlsa.material import Material, public_half, read_material
from dane_check.tlsa.record import TlsaRecord
from tests.pki import Made, distinguished, ec_key, ed25519_key, make, make_ca, make_leaf, rsa_key
from tests.tlsa.chains import record

ROOT = make_ca("Root")
ISSUER = make_ca("Issuer", issuer=ROOT)
LEAF = make_leaf(issuer=ISSUER)
CHAIN = [LEAF.der, ISSUER.der, ROOT.der]
KEYS = {"RSA": rsa_key(), "EC": ec_key("generate"), "Ed25519": ed25519_key("generate")}
OPENSSL = Path("/usr/bin/openssl")


def spki(made: Made) -> bytes:
    return made.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem(made: Made) -> bytes:
    return made.certificate.public_bytes(Encoding.PEM)


def secret(key, form: PrivateFormat = PrivateFormat.PKCS8, encoding: Encoding = Encoding.PEM) -> bytes:
    return key.private_bytes(encoding, form, NoEncryption())


def request(key) -> x509.CertificateSigningRequest:
    digest = None if key is KEYS["Ed25519"] else hashes.SHA256()
    return x509.CertificateSigningRequestBuilder().subject_name(distinguished("r")).sign(key, digest)


def public(key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def one_sentence_or(kind: type, read: Callable[[bytes], object], octets: bytes) -> bool:
    """Whether reading gives a value of this kind, or a UsageError of one line; nothing else may be raised."""
    try:
        return isinstance(read(octets), kind)
    except UsageError as fault:
        return "\n" not in str(fault)


class TestMakeTlsa:
    """The library's function."""

    def test_3_1_1_is_what_is_made(self) -> None:
        """RFC 7671 §5.1, and what the README says."""
        assert dane_check.make_tlsa(LEAF.der) == record((3, 1, 1), LEAF)

    @pytest.mark.parametrize("numbers", [(u, s, m) for u in range(4) for s in range(2) for m in range(3)])
    def test_every_assigned_combination(self, numbers) -> None:
        """The same data as the matcher compares with."""
        assert make_tlsa(LEAF.der, *numbers) == record(numbers, LEAF)

    def test_a_key_is_enough_for_selector_1(self) -> None:
        """And only for that."""
        assert make_tlsa(spki(LEAF)) == record((3, 1, 1), LEAF)
        with pytest.raises(UsageError, match="use selector 1"):
            make_tlsa(spki(LEAF), selector=0)

    @pytest.mark.parametrize("numbers", [(4, 1, 1), (3, 2, 1), (3, 1, 3), (-1, 1, 1), (255, 255, 255)])
    def test_unassigned_numbers(self, numbers) -> None:
        """Nobody could use such a record."""
        with pytest.raises(UsageError, match="is not assigned"):
            make_tlsa(LEAF.der, *numbers)

    @given(st.binary(max_size=300))
    def test_any_octets_give_a_record_or_one_sentence(self, octets: bytes) -> None:
        """Never another exception."""
        assert one_sentence_or(TlsaRecord, make_tlsa, octets)


class TestChains:
    """What the numbers name in a chain."""

    def test_the_leaf_and_its_issuer(self) -> None:
        """In whatever order the issuers stand."""
        wanted = parse_scheme("3-1-1+2-1-1")
        both = (MadeRecord(record((3, 1, 1), LEAF), LEAF.der), MadeRecord(record((2, 1, 1), ISSUER), ISSUER.der))
        assert records_for(CHAIN, wanted) == both
        assert records_for([LEAF.der, ROOT.der, ISSUER.der], wanted) == both

    def test_a_lone_ca_is_meant_itself(self) -> None:
        """`2 1 1` of a CA's file."""
        assert records_for([ISSUER.der], [Numbers.of(2, 1, 1)]) == (MadeRecord(record((2, 1, 1), ISSUER), ISSUER.der),)

    @pytest.mark.parametrize(
        ("chain", "scheme"), [([LEAF.der], "2-1-1"), ([ISSUER.der], "3-1-1+2-1-1"), ([LEAF.der, ROOT.der], "2-0-1")]
    )
    def test_an_issuer_that_is_not_there_is_missed(self, chain, scheme) -> None:
        """A record of the wrong certificate would break mail."""
        with pytest.raises(UsageError, match="give the whole chain"):
            records_for(chain, parse_scheme(scheme))

    def test_an_issuer_is_known_by_its_signature(self) -> None:
        """A CA that changed its key leaves a certificate of the same name about, which signed nothing."""
        before = make_ca("Issuer", issuer=ROOT, key=ec_key("before"))
        wanted = [Numbers.of(2, 1, 1)]
        assert records_for([LEAF.der, before.der, ISSUER.der], wanted)[0].names == ISSUER.der
        with pytest.raises(UsageError, match="did not sign"):
            records_for([LEAF.der, before.der], wanted)

    def test_certificates_that_no_record_is_made_of(self) -> None:
        """A second server's in the same file, self-signed or not; a CA's is none of them, basicConstraints or not."""
        old_root = make("Old root")
        of_old = make_leaf(issuer=old_root)
        assert strangers([LEAF.der, make_leaf("mx2", issuer=ISSUER).der, ISSUER.der, ROOT.der]) == (2,)
        assert strangers([make_leaf().der, make_leaf(key=ec_key("second")).der]) == (2,)
        assert strangers([of_old.der, old_root.der]) == strangers(CHAIN) == ()

    @pytest.mark.parametrize("text", ["", "3", "3 1 1", "3-1-1+", "4-1-1", "3-1-3", "3-1-1+x", "3-1-1,2-1-1", "३-1-1"])
    def test_what_is_no_scheme(self, text: str) -> None:
        """One sentence with an example."""
        with pytest.raises(UsageError, match="such as 3-1-1"):
            parse_scheme(text)

    def test_a_scheme_said_twice_is_said_once(self) -> None:
        """One record each."""
        assert parse_scheme("3-1-1+3-1-1") == (Numbers(),)


class TestMaterial:
    """What files hold."""

    def test_a_bundle_with_comments(self) -> None:
        """As `openssl s_client -showcerts` and browsers write it, in either kind of line."""
        text = b"subject=CN = a\n" + pem(LEAF) + b"\n# the issuer\n" + pem(ISSUER) + b"trailing"
        assert read_material(text) == Material(chain=(LEAF.der, ISSUER.der))
        assert read_material(text.replace(b"\n", b"\r\n")) == Material(chain=(LEAF.der, ISSUER.der))

    @pytest.mark.parametrize("name", KEYS)
    @pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
    def test_public_keys_and_requests(self, name: str, encoding: Encoding) -> None:
        """Both give the key."""
        key = KEYS[name]
        expected = Material(keys=(public(key),))
        assert read_material(key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)) == expected
        assert read_material(request(key).public_bytes(encoding)) == expected

    def test_a_bare_rsa_key_gets_its_algorithm(self) -> None:
        """PKCS #1 text is wrapped as TLSA wants it."""
        text = KEYS["RSA"].public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)
        assert read_material(text) == Material(keys=(public(KEYS["RSA"]),))

    def test_der_of_a_certificate(self) -> None:
        """One value, no text."""
        assert read_material(LEAF.der) == Material(chain=(LEAF.der,))

    @pytest.mark.parametrize("key", list(KEYS.values()), ids=list(KEYS))
    def test_a_private_key_is_left_alone(self, key) -> None:
        """It is not looked into, and known by its label or its shape."""
        found = read_material(pem(LEAF) + secret(key))
        assert (found.chain, found.keys, found.has_secret) == ((LEAF.der,), (), True)
        assert read_material(secret(key, encoding=Encoding.DER)) == Material(skipped=("PRIVATE KEY",))

    @pytest.mark.parametrize(
        ("octets", "words"),
        [
            (b"", "neither PEM nor DER"),
            (b"hello", "neither PEM nor DER"),
            (pem(LEAF)[:-40], "does not end"),
            (pem(LEAF)[:-40] + pem(ISSUER), "does not end"),
            (pem(LEAF).replace(b"MII", b"M!I", 1), "is not base64"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "is no certificate"),
            (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "holds no public key"),
            (b"-----BEGIN lower-----", "no whole PEM block"),
            (pem(LEAF) * 51, "more than 50"),
        ],
    )
    def test_what_cannot_be_read(self, octets: bytes, words: str) -> None:
        """One sentence that quotes nothing of the input."""
        with pytest.raises(UsageError, match=words):
            read_material(octets)

    @given(
        st.one_of(st.binary(max_size=300), st.binary(max_size=80).map(lambda one: b"-----BEGIN CERTIFICATE-----" + one))
    )
    def test_any_octets_give_a_value_or_one_sentence(self, octets: bytes) -> None:
        """Never another exception, in either reader."""
        assert one_sentence_or(Material, read_material, octets)
        assert one_sentence_or(bytes, public_half, octets)


class TestPrivateKeys:
    """Only the public half comes out."""

    @pytest.mark.parametrize("key", list(KEYS.values()), ids=list(KEYS))
    @pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
    def test_the_public_half(self, key, encoding: Encoding) -> None:
        """From PKCS #8, with a certificate and parameters beside it too."""
        assert public_half(secret(key, encoding=encoding)) == public(key)
        parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        assert public_half(parameters + secret(key) + pem(LEAF)) == public(key)

    @pytest.mark.parametrize("name", ["RSA", "EC"])
    def test_older_forms(self, name: str) -> None:
        """`BEGIN RSA PRIVATE KEY`, `BEGIN EC PRIVATE KEY`."""
        assert public_half(secret(KEYS[name], PrivateFormat.TraditionalOpenSSL)) == public(KEYS[name])

    @pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
    def test_an_encrypted_key(self, form: PrivateFormat) -> None:
        """No pass phrase is asked for; the public half will do."""
        text = KEYS["RSA"].private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"secret"))
        with pytest.raises(UsageError, match="encrypted"):
            public_half(text)

    def test_two_keys(self) -> None:
        """It would not be clear which."""
        with pytest.raises(UsageError, match="one at a time"):
            public_half(secret(KEYS["RSA"]) + secret(KEYS["EC"]))

    def test_no_message_quotes_the_key(self) -> None:
        """Not even of one that is damaged, nor by the exception behind it."""
        damaged = secret(KEYS["RSA"]).replace(b"A", b"B", 3)
        with pytest.raises(UsageError) as caught:
            public_half(damaged[:200] + damaged[300:])
        assert caught.value.__cause__ is None
        assert damaged[60:90].decode() not in str(caught.value)


@pytest.mark.skipif(not OPENSSL.exists(), reason="there is no /usr/bin/openssl to compare with")
@pytest.mark.parametrize("name", KEYS)
def test_openssl_makes_the_same_digest(name: str) -> None:
    """`openssl x509 -pubkey | openssl pkey -pubin -outform DER | openssl sha256`, as every guide says."""
    key = KEYS[name]
    leaf = make_leaf(f"{name}.test", key=key)
    text = subprocess.run(
        [OPENSSL, "x509", "-pubkey", "-noout"], input=pem(leaf), capture_output=True, check=True
    ).stdout
    command = [OPENSSL, "pkey", "-pubin", "-outform", "DER"]
    octets = subprocess.run(command, input=text, capture_output=True, check=True).stdout
    digest = hashlib.sha256(octets).digest()
    made = [make_tlsa(leaf.der), make_tlsa(public_half(secret(key))), make_tlsa(read_material(text).keys[0])]
    assert {one.data for one in made} == {digest}
