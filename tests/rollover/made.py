"""Rollovers in few words: chains, records, states, and what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from dane_check import make_tlsa
from dane_check.rehearsal.candidates import CandidateChain, Record, chain_from_der
from dane_check.rehearsal.rollover.situation import (
    AtServer,
    Holder,
    HostState,
    Next,
    NextKey,
    RolloverState,
    Seen,
    Standing,
)
from dane_check.tlsa.generate import parse_scheme
from dane_check.tlsa.record import parse_text
from tests.pki import NOW, Made, ec_key, make_ca, make_leaf, rsa_key

HOST = "mx.example.org"
OWNER = f"_25._tcp.{HOST}"
TTL = 3600
NS1, NS2 = "ns1.example.org [192.0.2.53]", "ns2.example.org [198.51.100.53]"
HOUR = timedelta(hours=1)

CA, OTHER_CA = make_ca("One CA"), make_ca("Another CA")


@cache
def made(label: str, issuer: str = "One CA", host: str = HOST) -> CandidateChain:
    """A chain as a file holds it; the label is its key. Without an issuer it is self-signed."""
    ca = {"One CA": CA, "Another CA": OTHER_CA}.get(issuer)
    key = rsa_key() if label.startswith("rsa") else ec_key(label.split("/", maxsplit=1)[0])
    leaf = make_leaf(label, key=key, issuer=ca, dns_names=[host])
    return chain_from_der([leaf.der, *([ca.der] if ca else [])], f"{label}.pem")


OLD, NEW = made("old"), made("new")
RENEWED = made("old/renewed")  # the key of OLD in another certificate
MOVED = made("moved", "Another CA")
ALONE = made("alone", "")
RSA = made("rsa")


def key_of(chain: CandidateChain) -> NextKey:
    """The key of a chain whose certificate is not there yet."""
    return NextKey.of(spki(chain), "next.key")


def spki(chain: CandidateChain) -> bytes:
    """The SubjectPublicKeyInfo of the leaf."""
    from dane_check.tlsa.certificate import Certificate

    found = Certificate(chain.certificates[0]).spki
    assert found is not None
    return found


def record(numbers: str, chain: CandidateChain) -> str:
    """The record with these numbers that names the leaf, or for usage 2 the issuer."""
    usage, selector, matching_type = map(int, numbers.split())
    der = chain.certificates[1 if usage == 2 else 0]
    return make_tlsa(der, usage, selector, matching_type).to_text()


def records(*texts: str) -> tuple[Record, ...]:
    """Values of RDATA texts."""
    return tuple(map(parse_text, texts))


def to(*holders: Holder, scheme: str = "", ttl: int | None = None) -> Next:
    """What is to come."""
    return Next(holders, parse_scheme(scheme) if scheme else (), ttl)


def at(server: str, *texts: str, since: datetime | None = None, ttl: int = TTL) -> AtServer:
    """One server with these records, all seen first at one moment."""
    return AtServer(server, tuple(Seen(one, since, ttl) for one in records(*texts)), ttl=ttl)


def host(published: Sequence[str], *served: CandidateChain, **more: Any) -> HostState:
    """A host in a signed zone."""
    held = {
        "host": HOST,
        "owner": OWNER,
        "standing": Standing.SECURE if published else Standing.ABSENT,
        "published": records(*published),
        "ttl": TTL if published else None,
        "negative_ttl": None if published else 600,
        "served": served,
        "names": (HOST,),
    }
    return HostState(**(held | more))


def state(*hosts: HostState, **more: Any) -> RolloverState:
    """Several hosts."""
    return RolloverState(hosts, **more)


def pem(chain: CandidateChain) -> str:
    """As a fullchain.pem holds it."""
    read = map(x509.load_der_x509_certificate, chain.certificates)
    return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in read)


__all__ = ["ALONE", "CA", "HOST", "HOUR", "MOVED", "NEW", "NOW", "OLD", "RENEWED", "RSA", "Made"]
