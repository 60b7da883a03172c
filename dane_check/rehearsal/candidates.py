"""What is to be rehearsed: candidate records and candidate chains. Values, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.names import safe
from dane_check.ports import KeyType
from dane_check.tlsa.certificate import Certificate, split_pem
from dane_check.tlsa.record import MalformedTlsa, TlsaRecord, parse_text

Record = TlsaRecord | MalformedTlsa

_LABEL: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_KEY_TYPES: Final = {
    "RSA": KeyType.RSA,
    "RSA-PSS": KeyType.RSA,
    "EC": KeyType.ECDSA,
    "Ed25519": KeyType.EDDSA,
    "Ed448": KeyType.EDDSA,
}


@dataclass(frozen=True, slots=True)
class CandidateChain:
    """A chain that a server is going to serve.

    certificates -- DER, the server's own first, as they stand in the file.
    source -- where it came from, for people; safe to show.
    key_type -- that of the first certificate.
    remarks -- what was noticed while reading, a sentence each; never anything of a key's text.
    host -- the one host that is going to serve it; None for every host.
    """

    certificates: tuple[bytes, ...]
    source: str
    key_type: KeyType
    remarks: tuple[str, ...] = ()
    host: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateSet:
    """The TLSA records that are going to stand at one owner name; none where they are to be removed.

    ttl -- seconds, None where it is not known.
    """

    owner: str
    records: tuple[Record, ...]
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """Usage, selector and matching type of a record that is expected to match."""

    usage: int
    selector: int
    matching_type: int

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching_type}"


def candidate_records(given: Iterable[str | Record], what: str) -> tuple[Record, ...]:
    """The records of one set, from RDATA in presentation form or from values. Raises UsageError."""
    if isinstance(given, str):
        raise UsageError(f"{what} is one string; give a sequence of records")
    records = tuple(_record(one) if isinstance(one, str) else one for one in given)
    most = DEFAULT.dns.tlsa_records
    if not records:
        raise UsageError(f"{what} holds no record; give one such as '3 1 1 …'")
    if len(records) > most:
        raise UsageError(f"{len(records)} TLSA records are more than the {most} that are judged")
    return records


def _record(text: str) -> Record:
    try:
        return parse_text(text)
    except ValueError as fault:
        shown = safe(" ".join(text.split()), 40)
        example = "give RDATA such as '3 1 1' and 64 hexadecimal digits"
        raise UsageError(f"the TLSA record '{shown}' cannot be read: {safe(str(fault), 120)}; {example}") from None


def scheme(text: str) -> Scheme:
    """`3 1 1`, or `DANE-EE SPKI SHA2-256` (RFC 7218). Raises UsageError."""
    try:
        record = TlsaRecord.from_text(text)
    except ValueError:
        record = None
    if record is None or record.data:
        raise UsageError(f"'{safe(text, 40)}' is no scheme of a TLSA record; give three numbers such as '3 1 1'")
    return Scheme(record.usage, record.selector, record.matching_type)


def chain_from_pem(text: str, source: str, host: str | None = None) -> CandidateChain:
    """The certificates of a PEM bundle; everything else in it is left alone, and said to be. Raises UsageError."""
    try:
        certificates = split_pem(text)
    except ValueError as fault:
        raise UsageError(f"{source} cannot be used: {fault}") from None
    others = dict.fromkeys(label for label in _LABEL.findall(text) if label != "CERTIFICATE")
    return chain_from_der(certificates, source, tuple(_skipped(label, source) for label in others), host)


def _skipped(label: str, source: str) -> str:
    if "PRIVATE KEY" in label:
        return f"{source} holds a private key, which was skipped; keep keys out of files that are handed around"
    return f"{source} holds a block of type {label}, which was skipped"


def chain_from_der(
    certificates: Sequence[bytes], source: str, remarks: tuple[str, ...] = (), host: str | None = None
) -> CandidateChain:
    """A chain of DER certificates, the server's own first. Raises UsageError where one is no certificate."""
    most = DEFAULT.session.chain_certificates
    if not certificates:
        raise UsageError(f"{source} holds no certificate")
    if len(certificates) > most:
        raise UsageError(f"{source} holds {len(certificates)} certificates; a chain has {most} at most")
    read = [Certificate(bytes(one)) for one in certificates]
    for number, certificate in enumerate(read, start=1):
        if certificate.flaw is not None:
            raise UsageError(f"certificate {number} of {source} is none: {safe(certificate.flaw, 120)}")
    leaf = read[0]
    kind = key_type_called(leaf.key or "")
    return CandidateChain(tuple(one.der for one in read), source, kind, remarks + _oddities(read, source), host)


def key_type_called(description: str) -> KeyType:
    """The certificate type of a key that `tlsa.keys.description` calls so, such as `EC P-256`."""
    return _KEY_TYPES.get(description.partition(" ")[0], KeyType.UNKNOWN)


def _oddities(chain: Sequence[Certificate], source: str) -> tuple[str, ...]:
    """Certificates further down that are no issuers: perhaps a second server's, which nobody would then judge."""
    strangers = [number for number, one in enumerate(chain[1:], start=2) if not _is_issuer(one)]
    return tuple(
        f"certificate {number} of {source} is not a CA's; if it belongs to another key, give it as a chain of its own"
        for number in strangers
    )


def _is_issuer(certificate: Certificate) -> bool:
    """Old roots without basicConstraints issue to themselves."""
    extensions = certificate.extensions
    basic = extensions.basic_constraints if extensions is not None else None
    return basic.ca if basic is not None else bool(certificate.self_issued)
