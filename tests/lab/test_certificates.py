"""Certificates of the lab are sound but for the defect asked for, and TLSA data is what RFC 6698 says."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
from pathlib import Path

import dns.name
import dns.rdatatype
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from dane_check.lab import Lab
from dane_check.lab.certificates import Authority, Chain, ChainPlan, Defect, Role
from dane_check.lab.keys import KeyKind
from dane_check.network.dns import UdpTransport
from dane_check.ports import Question
from dane_check.wire.message import Message
from tests.lab.asking import NOW, zone

OPENSSL = shutil.which("openssl")


def chain(**plan: object) -> Chain:
    """A chain for mx.one.test with the given deviations."""
    return Authority(NOW).chain(ChainPlan(("mx.one.test",), **plan), "label")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_chain_holds_together(kind: KeyKind) -> None:
    """Each certificate is signed by the next, is valid now, and the leaf has its name."""
    made = chain(key=kind)
    made.leaf.certificate.verify_directly_issued_by(made.intermediate.certificate)
    made.intermediate.certificate.verify_directly_issued_by(made.root.certificate)
    for issued in (made.leaf, made.intermediate, made.root):
        assert issued.certificate.not_valid_before_utc < NOW < issued.certificate.not_valid_after_utc
        assert issued.key.public_key() == issued.certificate.public_key()
    names = made.leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["mx.one.test"]


def test_an_issuer_of_another_name_has_another_key() -> None:
    """A chain from another intermediate holds together, under the same root and with the same leaf key."""
    usual, other = chain(), chain(issuer="E9")
    other.leaf.certificate.verify_directly_issued_by(other.intermediate.certificate)
    other.intermediate.certificate.verify_directly_issued_by(usual.root.certificate)
    assert other.intermediate.spki != usual.intermediate.spki
    assert other.leaf.spki == usual.leaf.spki


@pytest.mark.skipif(not OPENSSL, reason="the openssl command is not installed")
def test_openssl_accepts_the_sound_chain(tmp_path: Path) -> None:
    """`openssl verify` agrees, with purpose and host name."""
    made = chain()
    for name, issued in (("leaf", made.leaf), ("middle", made.intermediate), ("root", made.root)):
        (tmp_path / name).write_bytes(issued.pem())
    at = str(int(NOW.timestamp()))
    command = f"{OPENSSL} verify -purpose sslserver -verify_hostname mx.one.test -attime {at}"
    done = subprocess.run(
        [*command.split(), "-CAfile", "root", "-untrusted", "middle", "leaf"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "leaf: OK\n"


def test_dates() -> None:
    """Expired is a year ago; not yet valid is next month."""
    expired = chain(leaf=frozenset({Defect.EXPIRED})).leaf.certificate
    early = chain(leaf=frozenset({Defect.NOT_YET_VALID})).leaf.certificate
    assert (NOW - expired.not_valid_after_utc).days == 365
    assert (early.not_valid_before_utc - NOW).days == 30


def test_a_self_signed_leaf_stands_alone() -> None:
    """It is its own issuer, and nothing else is served."""
    made = chain(leaf=frozenset({Defect.SELF_SIGNED}))
    made.leaf.certificate.verify_directly_issued_by(made.leaf.certificate)
    assert made.served == (Role.LEAF,)


def test_purpose_and_names() -> None:
    """clientAuth replaces serverAuth; a leaf without names keeps its CN."""
    client = chain(leaf=frozenset({Defect.CLIENT_AUTH})).leaf.certificate
    usage = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    bare = chain(leaf=frozenset({Defect.NO_NAMES})).leaf.certificate
    with pytest.raises(x509.ExtensionNotFound):
        bare.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert "mx.one.test" in bare.subject.rfc4514_string()


def test_an_issuer_of_another_key() -> None:
    """The name is right and the signature below it is not by the key it holds."""
    made = chain(intermediate=frozenset({Defect.OTHER_KEY}))
    assert made.leaf.certificate.issuer == made.intermediate.certificate.subject
    with pytest.raises(InvalidSignature):
        made.leaf.certificate.verify_directly_issued_by(made.intermediate.certificate)


def test_an_issuer_that_is_no_ca() -> None:
    """CA:FALSE where an issuer should say CA:TRUE."""
    issuer = chain(intermediate=frozenset({Defect.NOT_A_CA})).intermediate.certificate
    assert issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_the_same_plan_makes_the_same_octets() -> None:
    """Certificates of one moment can be made again, octet by octet."""
    assert chain().pem() == chain().pem()
    assert chain(key=KeyKind.ED25519).leaf.der != chain().leaf.der


@pytest.mark.parametrize(
    ("placeholder", "expected"),
    [
        ("3 1 1 {ee}", lambda made: hashlib.sha256(spki(made.leaf.certificate)).digest()),
        ("3 0 2 {ee}", lambda made: hashlib.sha512(made.leaf.der).digest()),
        ("3 1 0 {ee}", lambda made: spki(made.leaf.certificate)),
        ("2 0 0 {ta}", lambda made: made.root.der),
        ("2 1 1 {ca}", lambda made: hashlib.sha256(spki(made.intermediate.certificate)).digest()),
        ("9 9 9 {ta:cert:sha512}", lambda made: hashlib.sha512(made.root.der).digest()),
        ("3 1 1 {ee!31}", lambda made: hashlib.sha256(spki(made.leaf.certificate)).digest()[:31]),
        ("3 1 1 {mx.ee}", lambda made: hashlib.sha256(spki(made.leaf.certificate)).digest()),
        ("3 1 1 {empty}", lambda _made: hashlib.sha256(b"").digest()),
    ],
)
def test_placeholders(placeholder: str, expected: object) -> None:
    """TLSA data in the zone is that of the certificate named, as the record or the placeholder says."""

    async def act() -> tuple[bytes, Chain]:
        text = zone(f"mx A {{A}}\n_25._tcp.mx TLSA {placeholder}")
        async with Lab([text], now=NOW) as lab:
            question = Question(dns.name.from_text("_25._tcp.mx.one.test"), dns.rdatatype.TLSA)
            heard = await lab.transport(UdpTransport()).ask(question, lab.resolver)
            assert isinstance(heard, Message)
            label = "mx.one.test mx 0"
            return heard.answer[0].rdata, Authority(NOW).chain(ChainPlan(("mx.one.test",)), label)

    rdata, made = asyncio.run(act())
    assert rdata[:3] == bytes(int(word) for word in placeholder.split()[:3])
    assert rdata[3:] == expected(made)  # type: ignore[operator]


def spki(certificate: x509.Certificate) -> bytes:
    """SubjectPublicKeyInfo as DER."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
