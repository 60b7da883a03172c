"""What can be odd about a certificate: each entry turns a good one into one that may or may not do."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.pki import END, EPOCH, EXPIRED, HOST, NOT_YET, NOW, Made, distinguished, ec_key, key_usage, make_ca

from .oracle_keys import WEAK, key_of

Defect = Callable[[random.Random, Made | None, str], dict[str, Any]]
"""Given the issuer (None for a root) and a label, arguments for `tests.pki.make`, or `with_sha1`."""

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
ANY, MAIL = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, ExtendedKeyUsageOID.EMAIL_PROTECTION
GATED = x509.ObjectIdentifier("2.16.840.1.113730.4.1")
_UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")


def _one_of(*changes: dict[str, Any]) -> Defect:
    return lambda draw, issuer, label: dict(draw.choice(changes))


def _more(*extensions: tuple[x509.ExtensionType, bool]) -> Defect:
    return lambda draw, issuer, label: {"more": (draw.choice(extensions),)}


def _permits(*names: x509.GeneralName) -> x509.NameConstraints:
    return x509.NameConstraints(list(names), None)


def _excludes(*names: x509.GeneralName) -> x509.NameConstraints:
    return x509.NameConstraints(None, list(names))


def _weak_key(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
    return {"key": key_of(draw.choice(WEAK), label)}


def _weak_leaf_key(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
    return {"key": key_of("RSA 768", label)}


def _forged(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
    return {"signing_key": ec_key(f"{label} forger"), "digest": None}


def _other_key_identifier(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
    return {"authority_key_of": make_ca("Somebody", key=ec_key(f"{label} somebody"))}


def _issuer_and_serial(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
    """An authorityKeyIdentifier that names the issuer's issuer and serial number, rightly or not."""
    if issuer is None:
        return {"key_identifiers": False}
    serial, name = issuer.certificate.serial_number, issuer.certificate.issuer
    wrong = draw.choice((None, None, "serial", "name"))
    named = distinguished("Somebody") if wrong == "name" else name
    identifier = x509.AuthorityKeyIdentifier(
        None, [x509.DirectoryName(named)], serial + 1 if wrong == "serial" else serial
    )
    return {"key_identifiers": False, "more": ((identifier, False),)}


def _own_key_identifier(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
    """A subjectKeyIdentifier that is no hash of the key, and unlike what those below refer to."""
    return {"key_identifiers": False, "more": ((x509.SubjectKeyIdentifier(b"chosen"), False),)}


def _issuer_spelled_otherwise(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
    """The issuer's name in other letters, blanks or string types, which may still be the same name."""
    if issuer is None:
        return {}
    spelled = []
    for attribute in issuer.name:
        text = str(attribute.value)
        text = draw.choice((text, text.upper(), f" {text} ", text.replace(" ", "   "), text + "."))
        kind = draw.choice((_ASN1Type.PrintableString, _ASN1Type.UTF8String, _ASN1Type.T61String, _ASN1Type.BMPString))
        spelled.append(x509.NameAttribute(attribute.oid, text, _type=kind))
    return {"issuer_name": x509.Name(spelled)}


def _same_name_as_issuer(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
    return {} if issuer is None else {"name": issuer.name}


_DATES = _one_of(
    *({"valid": EXPIRED}, {"valid": EXPIRED}, {"valid": NOT_YET}),
    *({"valid": (EPOCH, NOW)}, {"valid": (NOW, END)}),
)
_DIGESTS = _one_of({"with_sha1": True}, {"with_sha1": True}, {"digest": hashes.SHA224()}, {"digest": hashes.SHA512()})
_IDENTIFIERS = (_one_of({"key_identifiers": False}), _other_key_identifier, _issuer_and_serial, _own_key_identifier)
_CRITICAL = _more((_UNKNOWN, True), (_UNKNOWN, True), (_UNKNOWN, False))

CA_DEFECTS: tuple[Defect, ...] = (
    *(_DATES, _DATES, _DATES, _DIGESTS, _CRITICAL, _weak_key, _forged, *_IDENTIFIERS),
    *(_issuer_spelled_otherwise, _issuer_spelled_otherwise, _same_name_as_issuer),
    _one_of({"ca": False}, {"ca": None}, {"ca": None, "usage": None}, {"ca": False, "usage": None}),
    _one_of(
        {"usage": None},
        {"usage": key_usage("digital_signature")},
        {"usage": key_usage("crl_sign")},
        {"usage": key_usage("key_cert_sign", critical=False)},
    ),
    *(_one_of({"path_length": 0}, {"path_length": 0}, {"path_length": 1}, {"path_length": 2}),) * 2,
    _one_of(
        *({"purposes": [SERVER]}, {"purposes": [CLIENT]}, {"purposes": [ANY]}, {"purposes": [SERVER, CLIENT]}),
        *({"purposes": [GATED]}, {"purposes": [MAIL, GATED]}),
    ),
    *(
        _more(
            (_permits(x509.DNSName("example.test")), True),
            (_permits(x509.DNSName(HOST)), True),
            (_permits(x509.DNSName("elsewhere.test")), True),
            (_permits(x509.DNSName("elsewhere.test")), False),
            (_excludes(x509.DNSName("example.test")), True),
            (_excludes(x509.DNSName("elsewhere.test")), True),
            (_permits(x509.RFC822Name("example.test")), True),
            (_excludes(x509.RFC822Name("example.test")), True),
            (_permits(x509.DirectoryName(distinguished("Nobody"))), True),
            (_excludes(x509.DirectoryName(distinguished(HOST))), True),
            (_permits(x509.DirectoryName(distinguished(HOST))), True),
            (_permits(x509.UniformResourceIdentifier("example.test")), True),
        ),
    )
    * 2,
    _one_of({"name": ""}, {"name": distinguished(HOST)}),
)


def _common_name_only(*names: str) -> Defect:
    def changes(draw: random.Random, issuer: Made | None, label: str) -> dict[str, Any]:
        name = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, one) for one in draw.sample(names, 1 + draw.randrange(2))]
        )
        return {"name": name, "dns_names": None}

    return changes


def _alternative_names(*names: x509.GeneralName) -> Defect:
    return lambda draw, issuer, label: {
        "dns_names": None,
        "more": ((x509.SubjectAlternativeName(draw.sample(names, 1 + draw.randrange(2))), draw.random() < 0.2),),
    }


LEAF_DEFECTS: tuple[Defect, ...] = (
    *(_DATES, _DATES, _DIGESTS, _CRITICAL, _weak_leaf_key, _forged, *_IDENTIFIERS),
    *(_issuer_spelled_otherwise, _same_name_as_issuer),
    _one_of(
        *({"dns_names": ["wrong.example.test"]}, {"dns_names": ["*.example.test"]}, {"dns_names": ["*.test"]}),
        *({"dns_names": ["*.mx.example.test"]}, {"dns_names": ["wrong.example.test", HOST]}),
        *({"dns_names": ["m*.example.test"]}, {"dns_names": ["MX.EXAMPLE.TEST"]}, {"dns_names": ["*.Example.Test"]}),
        *({"dns_names": [f"{HOST}."]}, {"dns_names": [".example.test"]}, {"dns_names": ["example.test"]}),
        *(
            {"dns_names": ["*"]},
            {"dns_names": [f"*.{HOST}"]},
            {"dns_names": ["mx.*.test"]},
            {"dns_names": [" " + HOST]},
        ),
    ),
    _common_name_only(HOST, "*.example.test", "wrong.example.test", "Some Company", "MX.example.TEST", f"{HOST}."),
    _alternative_names(
        *(x509.RFC822Name("postmaster@example.test"), x509.UniformResourceIdentifier(f"https://{HOST}/")),
        *(x509.DNSName(HOST), x509.DirectoryName(distinguished(HOST))),
    ),
    _one_of(
        *({"purposes": None}, {"purposes": [CLIENT]}, {"purposes": [ANY]}, {"purposes": [SERVER, CLIENT]}),
        *({"purposes": [GATED]}, {"purposes": [MAIL]}),
    ),
    _one_of(
        {"usage": None},
        {"usage": key_usage("key_encipherment")},
        {"usage": key_usage("key_agreement")},
        {"usage": key_usage("key_cert_sign")},
        {"usage": key_usage("content_commitment")},
    ),
    _one_of({"ca": True}, {"ca": None}, {"ca": True, "path_length": 0}, {"ca": True, "usage": None}),
    _one_of({"name": ""}, {"name": "wrong.example.test"}),
)
