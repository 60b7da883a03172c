"""Chains, records and rehearsals in few words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from dane_check import Rehearsal, Settings, rehearse_sync
from dane_check.findings import About, Code
from dane_check.lab.certificates import Authority, Chain, ChainPlan
from dane_check.lab.keys import KeyKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = "mx.example.org"
ABOUT = About(HOST, HOST)


@cache
def chain(label: str, key: KeyKind = KeyKind.ECDSA, names: tuple[str, ...] = (HOST,), at: datetime = NOW) -> Chain:
    """A chain for HOST; another label has another key, the same label the same."""
    return Authority(at).chain(ChainPlan(names, key), label)


def pem(made: Chain) -> str:
    """As a fullchain.pem holds it."""
    return made.pem().decode("ascii")


def record(numbers: str, made: Chain) -> str:
    """The record with these numbers that names the leaf, or for usage 2 the intermediate."""
    usage, selector, matching_type = numbers.split()
    issued = made.intermediate if usage in "02" else made.leaf
    octets = issued.spki if selector == "1" else issued.der
    hashed = {"0": lambda data: data, "1": _sha256, "2": lambda data: hashlib.sha512(data).digest()}
    return f"{numbers} {hashed[matching_type](octets).hex()}"


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def offline(tlsa: Sequence[str], *chains: Chain, **more: Any) -> Rehearsal:
    """These records against these chains, nobody asked."""
    settings = Settings(now=more.pop("now", NOW))
    names = more.pop("names", [HOST])
    return rehearse_sync(names, tlsa=tlsa, chains=[pem(one) for one in chains], offline=True, settings=settings, **more)


def codes(rehearsed: Rehearsal) -> set[Code]:
    """What was found, of all hosts."""
    return {found.code for found in rehearsed.findings}
