"""What is to be rehearsed: candidate records, candidate chains, and for which hosts. Values, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.names import parse_domain, safe
from dane_check.policy.service import SMTP_PORT, tlsa_owner
from dane_check.ports import KeyType
from dane_check.tlsa.certificate import Certificate, split_pem
from dane_check.tlsa.record import MalformedTlsa, TlsaRecord, parse_text

Record = TlsaRecord | MalformedTlsa

_MOST_TTL: Final = 2**31 - 1  # RFC 2181 §8
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
    """

    certificates: tuple[bytes, ...]
    source: str
    key_type: KeyType
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CandidateSet:
    """The TLSA records that are going to stand at one owner name; `ttl` in seconds, None where it is not known."""

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


@dataclass(frozen=True, slots=True)
class Plan:
    """One rehearsal.

    hosts -- every mail host that shares the certificate (PF-b), as absolute A-label names.
    records -- the candidate set of each host; None to judge what is published.
    chains -- the candidate chains, at most one a key type; empty to judge what is served.
    previous -- the set that candidates replace, as given; None to take what is published.
    ttl -- seconds; None where it is not known.
    expect -- schemes of which a record must match.
    offline -- nothing is asked: every zone is assumed signed.
    domains -- mail domains that the hosts serve; where their MX records are secure, their names count in a
        certificate of usage 2 beside the host's (RFC 7672 §3.2.2).
    """

    hosts: tuple[str, ...]
    port: int = SMTP_PORT
    records: tuple[Record, ...] | None = None
    chains: tuple[CandidateChain, ...] = ()
    previous: tuple[Record, ...] | None = None
    ttl: int | None = None
    expect: tuple[Scheme, ...] = ()
    offline: bool = False
    domains: tuple[str, ...] = ()

    def set_of(self, host: str) -> CandidateSet | None:
        """What is going to stand at the TLSA owner name of `host`; None where the published records are judged."""
        owner = tlsa_owner(host, self.port)
        if self.records is None or owner is None:
            return None
        return CandidateSet(owner, self.records, self.ttl)


def plan(
    names: Sequence[str],
    *,
    tlsa: Iterable[str | Record] | None = None,
    chains: Sequence[CandidateChain | str | bytes | Sequence[bytes]] = (),
    previous: Iterable[str | Record] | None = None,
    ttl: int | None = None,
    expect: Iterable[str] = (),
    port: int = SMTP_PORT,
    offline: bool = False,
    domains: Sequence[str] = (),
) -> Plan:
    """A rehearsal, read from what people and programs have at hand.

    chains -- each a PEM text, one DER certificate, or DER certificates with the server's own first.

    Raises UsageError, with one sentence, for whatever cannot be rehearsed.
    """
    records = candidate_records(tlsa, "tlsa") if tlsa is not None else None
    before = candidate_records(previous, "previous") if previous is not None else None
    read = tuple(_chain(one, number) for number, one in enumerate(chains, start=1))
    hosts, schemes = _hosts(names, port), tuple(map(scheme, expect))
    asked = Plan(hosts, port, records, read, before, ttl, schemes, offline, _domains(domains))
    _refuse_what_cannot_be(asked)
    return asked


def _refuse_what_cannot_be(asked: Plan) -> None:
    if asked.records is None and not asked.chains:
        raise UsageError("there is nothing to rehearse; give candidate records with --tlsa, or a chain with --chain")
    if asked.offline and (asked.records is None or not asked.chains):
        raise UsageError("--offline asks nobody, so it needs both --tlsa and --chain")
    if asked.ttl is not None and not 0 <= asked.ttl <= _MOST_TTL:
        raise UsageError(f"a TTL is between 0 and {_MOST_TTL} seconds")
    kinds = [one.key_type for one in asked.chains]
def key_type_called(description: str) -> KeyType:
    """The certificate type of a key that `tlsa.keys.description` calls so, such as `EC P-256`."""
    return _KEY_TYPES.get(description.partition(" ")[0], KeyType.UNKNOWN)


    twice = next((one for one in asked.chains if kinds.count(one.key_type) > 1), None)
    if twice is not None:
        kind = twice.key_type.value.upper()
        raise UsageError(f"two chains have {kind} keys, and a server serves one of a kind; rehearse them one by one")


def _domains(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise UsageError("domains is one string; give a sequence of names")
    domains, most = tuple(dict.fromkeys(parse_domain(name) for name in names)), DEFAULT.domain.mx_hosts
    if len(domains) > most:
        raise UsageError(f"{len(domains)} mail domains are more than the {most} of one rehearsal; split it")
    return domains


def _hosts(names: Sequence[str], port: int) -> tuple[str, ...]:
    if isinstance(names, str):
        raise UsageError("names is one string; give a sequence of names")
    if not 0 < port < 65536:
        raise UsageError(f"port {port} is not between 1 and 65535")
    hosts = tuple(dict.fromkeys(parse_domain(name) for name in names))
    most = DEFAULT.domain.mx_hosts
    if not hosts:
        raise UsageError("no mail host is named; name one with --name, such as --name mx.example.org")
    if len(hosts) > most:
        raise UsageError(f"{len(hosts)} mail hosts are more than the {most} of one rehearsal; split it")
    for host in hosts:
        if tlsa_owner(host, port) is None:
            raise UsageError(f"{host} is too long to have TLSA records: _{port}._tcp does not fit before it")
    return hosts


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


def _chain(given: CandidateChain | str | bytes | Sequence[bytes], number: int) -> CandidateChain:
    match given:
        case CandidateChain():
            return given
        case str():
            return chain_from_pem(given, f"chain {number}")
        case bytes():
            return chain_from_der((given,), f"chain {number}")
        case _:
            return chain_from_der(tuple(given), f"chain {number}")


def chain_from_pem(text: str, source: str) -> CandidateChain:
    """The certificates of a PEM bundle; everything else in it is left alone, and said to be. Raises UsageError."""
    try:
        certificates = split_pem(text)
    except ValueError as fault:
        raise UsageError(f"{source} cannot be used: {fault}") from None
    others = dict.fromkeys(label for label in _LABEL.findall(text) if label != "CERTIFICATE")
    return chain_from_der(certificates, source, tuple(_skipped(label, source) for label in others))


def _skipped(label: str, source: str) -> str:
    if "PRIVATE KEY" in label:
        return f"{source} holds a private key, which was skipped; keep keys out of files that are handed around"
    return f"{source} holds a block of type {label}, which was skipped"


def chain_from_der(certificates: Sequence[bytes], source: str, remarks: tuple[str, ...] = ()) -> CandidateChain:
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
    return CandidateChain(tuple(one.der for one in read), source, kind, remarks + _oddities(read, source))


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
