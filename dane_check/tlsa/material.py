"""What people have in files: certificates, public keys, requests, in PEM or DER.

Of a private key nothing but its public half leaves this room. All functions raise UsageError with one sentence that
never quotes what it is about.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.names import safe
from dane_check.tlsa import der
from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.generate import is_public_key

_MARK: Final = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 #.]{1,40})-----")
_CERTIFICATES: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})
_REQUESTS: Final = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
_RSA_ENCRYPTION: Final = bytes.fromhex("300d06092a864886f70d0101010500")  # AlgorithmIdentifier, RFC 8017 §A.1
_SECRET: Final = "PRIVATE KEY"  # noqa: S105 - how the labels of such blocks end


@dataclass(frozen=True, slots=True)
class Material:
    """What one input holds, in its order.

    chain -- DER of certificates. keys -- SubjectPublicKeyInfo of public keys and certificate requests.
    skipped -- the labels of blocks that were left alone, private keys among them.
    """

    chain: tuple[bytes, ...] = ()
    keys: tuple[bytes, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def has_secret(self) -> bool:
        """Whether a private key was passed over."""
        return any(_SECRET in label for label in self.skipped)


def read_material(octets: bytes) -> Material:
    """Everything public in a PEM text or a single DER value; text around PEM blocks is ignored."""
    if b"-----BEGIN " in octets:
        return _from_pem(octets)
    if Certificate(octets).fields is not None:
        return Material(chain=(octets,))
    if is_public_key(octets):
        return Material(keys=(octets,))
    request = _key_of_request(octets)
    if request is not None:
        return Material(keys=(request,))
    if _looks_secret(octets):
        return Material(skipped=(_SECRET,))
    raise UsageError("there is no certificate, public key or certificate request in it, neither PEM nor DER")


def public_half(octets: bytes) -> bytes:
    """The SubjectPublicKeyInfo of the one private key in a PEM text or DER value.

    Nothing of the key itself leaves this function, in no value and in no message.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    blocks = [block for block in _blocks(octets) if _SECRET in block.label]
    if len(blocks) > 1:
        raise UsageError("it holds more than one private key; give them one at a time")
    try:
        if blocks:
            key = serialization.load_pem_private_key(blocks[0].whole, None, unsafe_skip_rsa_key_validation=True)
        else:
            key = serialization.load_der_private_key(octets, None, unsafe_skip_rsa_key_validation=True)
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return key.public_key().public_bytes(serialization.Encoding.DER, form)
    except TypeError:
        raise UsageError("the private key is encrypted; give its public half (openssl pkey -pubout)") from None
    except (ValueError, UnsupportedAlgorithm, AttributeError):
        raise UsageError("it holds no private key that can be read; give its public half instead") from None


@dataclass(frozen=True, slots=True)
class _Block:
    """One PEM block (RFC 7468); `whole` includes its two marks."""

    label: str
    body: bytes
    whole: bytes


def _blocks(octets: bytes) -> Iterator[_Block]:
    """The blocks in their order; one that never ends is refused."""
    begun: re.Match[bytes] | None = None
    for mark in _MARK.finditer(octets):
        if mark[1] == b"BEGIN":
            if begun is not None:
                raise UsageError(f"a PEM block ({_label(begun)}) does not end")
            begun = mark
        elif begun is not None and mark[2] == begun[2]:
            yield _Block(_label(begun), octets[begun.end() : mark.start()], octets[begun.start() : mark.end()] + b"\n")
            begun = None
    if begun is not None:
        raise UsageError(f"a PEM block ({_label(begun)}) does not end")


def _label(mark: re.Match[bytes]) -> str:
    return safe(mark[2].decode("ascii"), 40)


def _from_pem(octets: bytes) -> Material:
    chain: list[bytes] = []
    keys: list[bytes] = []
    skipped: list[str] = []
    for number, block in enumerate(_blocks(octets), 1):
        if number > DEFAULT.input.certificates:
            raise UsageError(f"it holds more than {DEFAULT.input.certificates} PEM blocks; give a smaller file")
        if block.label in _CERTIFICATES:
            chain.append(_certificate(_decoded(block, number), number))
        elif block.label in _REQUESTS or block.label in {"PUBLIC KEY", "RSA PUBLIC KEY"}:
            keys.append(_public_key(block.label, _decoded(block, number), number))
        else:
            skipped.append(block.label)
    if not chain and not keys and not skipped:
        raise UsageError("there is no whole PEM block in it")
    return Material(tuple(chain), tuple(keys), tuple(skipped))


def _decoded(block: _Block, number: int) -> bytes:
    try:
        return binascii.a2b_base64(b"".join(block.body.split()), strict_mode=True)
    except binascii.Error:
        raise UsageError(f"PEM block {number} ({block.label}) is not base64") from None


def _certificate(octets: bytes, number: int) -> bytes:
    if Certificate(octets).fields is None:
        raise UsageError(f"PEM block {number} is no certificate")
    return octets


def _public_key(label: str, octets: bytes, number: int) -> bytes:
    """The SubjectPublicKeyInfo of a block that holds a key, a bare RSA key, or a request."""
    match label:
        case "PUBLIC KEY":
            found: bytes | None = octets
        case "RSA PUBLIC KEY":
            found = _wrapped(octets)
        case _:
            found = _key_of_request(octets)
    if found is None or not is_public_key(found):
        raise UsageError(f"PEM block {number} ({label}) holds no public key")
    return found


def _wrapped(rsa_key: bytes) -> bytes:
    """A bare RSA key with its algorithm (RFC 8017 §A.1.1, RFC 5280 §4.1.2.7)."""
    return der.encode(der.SEQUENCE, _RSA_ENCRYPTION, der.encode(der.BIT_STRING, b"\0", rsa_key))


def _key_of_request(octets: bytes) -> bytes | None:
    """The SubjectPublicKeyInfo in a certificate request (RFC 2986 §4), cut out octet by octet."""
    try:
        outer = der.only(octets, der.SEQUENCE).inside()
        request = outer.take(der.SEQUENCE).inside()
        outer.take(der.SEQUENCE)
        outer.take(der.BIT_STRING)
        outer.finish()
        request.take(der.INTEGER)
        request.take(der.SEQUENCE)
        key = request.take(der.SEQUENCE).encoding
    except der.DerError:
        return None
    return key if is_public_key(key) else None


def _looks_secret(octets: bytes) -> bool:
    """Whether this is DER of a private key: a version first (RFC 5958, 5915, 8017), or encrypted (RFC 5958 §3)."""
    try:
        reader = der.only(octets, der.SEQUENCE).inside()
        first = reader.take()
        second = reader.take()
    except der.DerError:
        return False
    return first.tag == der.INTEGER or (first.tag == der.SEQUENCE and second.tag == der.OCTET_STRING)
