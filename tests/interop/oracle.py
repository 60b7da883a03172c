"""Random chains and TLSA records for a judge that is not ours; the same seed gives the same cases.

A chain is a good one with few defects, drawn from a table, so that most outcomes hang on one of them. Nothing
here asks `dane_check` what a record should hold.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.pki import HOST, NOW, Made, PrivateKey, distinguished, ec_key, make_ca, make_leaf

from .oracle_defects import CA_DEFECTS, LEAF_DEFECTS, Defect
from .oracle_keys import GOOD, key_of, signed_with_sha1

SUBJECT_ALTERNATIVE_NAME = x509.SubjectAlternativeName.oid.dotted_string
KEY_IDENTIFIERS = {kind.oid.dotted_string for kind in (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)}
NAMES = (*(HOST,) * 12, "other.example.test", "a.mx.example.test", "MX.Example.Test", "_mx.example.test")
SETS_PER_CHAIN = 5

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """One question: do these records authenticate this chain, for this name, at this moment?"""

    label: str
    records: tuple[str, ...]
    name: str
    now: datetime


@dataclass(frozen=True)
class Scene:
    """A served chain, and the questions about it."""

    label: str
    chain: tuple[bytes, ...]
    pem: tuple[str, ...]
    key: PrivateKey
    cases: tuple[Case, ...]

    def described(self) -> list[tuple[x509.Certificate, str]]:
        """Each certificate with its PEM."""
        return [(x509.load_pem_x509_certificate(pem.encode()), pem) for pem in self.pem]


@dataclass(frozen=True)
class _Family:
    """Everything that was made: the path from the leaf to the root, and certificates beside it."""

    path: tuple[Made, ...]
    others: tuple[Made, ...]


def scenes(seed: str, cases: int) -> Iterator[Scene]:
    """As many scenes as hold this many cases."""
    for number in range(-(-cases // SETS_PER_CHAIN)):
        label = f"{seed}/{number}"
        yield scene(label, min(SETS_PER_CHAIN, cases - number * SETS_PER_CHAIN))


def scene(label: str, sets: int = SETS_PER_CHAIN) -> Scene:
    """The scene of this label, which is a seed and a number."""
    draw = random.Random(label)
    family = _family(draw, label)
    served = _served(draw, family)
    cases = tuple(
        Case(f"{label}.{number}", _records(draw, family, served), draw.choice(NAMES), _moment(draw, family))
        for number in range(sets)
    )
    pem = tuple(one.certificate.public_bytes(Encoding.PEM).decode().strip() for one in served)
    return Scene(label, tuple(one.der for one in served), pem, served[0].key, cases)


def _family(draw: random.Random, label: str) -> _Family:
    issuers = draw.choice((0, 1, 1, 2, 2, 2, 3, 3, 4, draw.randrange(5, 13)))
    defective = [draw.randrange(issuers + 1) for _ in range(draw.choice((0, 0, 0, 1, 1, 1, 1, 2, 2, 3)))]
    path: list[Made] = []
    for height in range(issuers, -1, -1):
        issuer = path[-1] if path else None
        makes, defects = (make_ca, CA_DEFECTS) if height else (make_leaf, LEAF_DEFECTS)
        name = HOST if height == 0 else f"{'Issuing' if issuer else 'Root'} CA {height}"
        chosen = [draw.choice(defects) for _ in range(defective.count(height))]
        path.append(_made(draw, makes, name, issuer, f"{label} {height}", chosen))
    path.reverse()
    others = [draw.choice(_OTHERS)(draw, path, f"{label} other {n}") for n in range(draw.choice((0, 0, 0, 1, 1, 2, 3)))]
    return _Family(tuple(path), tuple(others))


def _made(
    draw: random.Random, makes: Callable[..., Made], name: str, issuer: Made | None, label: str, defects: list[Defect]
) -> Made:
    changes: dict[str, Any] = {"issuer": issuer, "key": key_of(draw.choice(GOOD), label)}
    if draw.random() < 0.5:
        changes["serial"] = draw.getrandbits(63) | 1
    extensions: dict[str, tuple[x509.ExtensionType, bool]] = {}
    for defect in defects:
        changes |= defect(draw, issuer, label)
        extensions |= {
            extension.oid.dotted_string: (extension, critical) for extension, critical in changes.pop("more", ())
        }
    if SUBJECT_ALTERNATIVE_NAME in extensions:
        changes["dns_names"] = None
    if extensions.keys() & KEY_IDENTIFIERS:
        changes["key_identifiers"] = False
    if changes.get("ca") is False:
        changes["path_length"] = None  # a builder of certificates refuses one there
    signer = changes.get("signing_key") or (issuer.key if issuer else changes["key"])
    if isinstance(signer, rsa.RSAPrivateKey) and signer.key_size < 768:
        changes["digest"] = None  # no room for a long one
    with_sha1 = changes.pop("with_sha1", False)
    made = makes(changes.pop("name", name), more=tuple(extensions.values()), **changes)
    return signed_with_sha1(made, signer) if with_sha1 else made


# --- certificates beside the path ------------------------------------------------------------------------


def _some_ca(draw: random.Random, path: Sequence[Made]) -> tuple[Made, Made | None]:
    """One of the path, an issuer if there is one, with its own issuer."""
    place = draw.randrange(1, len(path)) if len(path) > 1 else 0
    return path[place], path[place + 1] if place + 1 < len(path) else None


def _unrelated(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    return make_ca("Unrelated CA", key=ec_key(label))


def _impostor(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    """The name of a CA over another key."""
    ca, above = _some_ca(draw, path)
    issuer = draw.choice((None, above, path[-1]))
    return make_ca(
        ca.name, key=ec_key(label), issuer=issuer, key_identifiers=draw.random() < 0.5, serial=draw.getrandbits(60) | 1
    )


def _cross_signed(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    """Name and key of a CA, issued by a root that is nowhere else."""
    ca, _ = _some_ca(draw, path)
    return _reissued(draw, ca, make_ca("Cross CA", key=ec_key(f"{label} cross")))


def _renewed(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    """Name and key of a CA, issued once more by the same issuer."""
    ca, above = _some_ca(draw, path)
    return _reissued(draw, ca, above)


def _as_root(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    """Name and key of a CA, as a root of its own."""
    ca, _ = _some_ca(draw, path)
    return _reissued(draw, ca, None)


def _reissued(draw: random.Random, ca: Made, issuer: Made | None) -> Made:
    after = NOW + timedelta(days=draw.choice((-400, -1, 1, 400)))
    return make_ca(
        ca.name,
        key=ca.key,
        issuer=issuer,
        valid=(NOW - timedelta(days=800), after),
        key_identifiers=draw.random() < 0.7,
        serial=draw.getrandbits(60) | 1,
    )


def _new_key_by_old(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    """A CA that changed its key and signed the new one with the old."""
    ca, _ = _some_ca(draw, path)
    return make_ca(ca.name, key=ec_key(label), issuer=ca, serial=draw.getrandbits(60) | 1)


def _other_leaf(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    issuer = draw.choice((path[1] if len(path) > 1 else None, path[0]))
    return make_leaf("other leaf", key=ec_key(label), issuer=issuer)


def _twin_of_leaf(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    """A CA with the name and the key of the leaf."""
    return make_ca(distinguished(HOST), key=path[0].key, serial=draw.getrandbits(60) | 1)


def _again(draw: random.Random, path: Sequence[Made], label: str) -> Made:
    return draw.choice(path)


_OTHERS: tuple[Callable[[random.Random, Sequence[Made], str], Made], ...] = (
    *(_unrelated, _impostor, _impostor, _cross_signed, _cross_signed, _renewed, _renewed, _as_root),
    *(_new_key_by_old, _other_leaf, _twin_of_leaf, _again),
)


# --- what the server sends -------------------------------------------------------------------------------


def _served(draw: random.Random, family: _Family) -> tuple[Made, ...]:
    rest = list(family.path[1:])
    if rest and draw.random() < 0.35:
        rest.pop()
    if rest and draw.random() < 0.1:
        rest.pop(draw.randrange(len(rest)))
    for other in family.others:
        if draw.random() < 0.85:
            rest.insert(draw.randrange(len(rest) + 1), other)
    order = draw.random()
    if order < 0.2:
        draw.shuffle(rest)
    elif order < 0.3:
        rest.reverse()
    return (family.path[0], *rest)


def _moment(draw: random.Random, family: _Family) -> datetime:
    """Usually NOW, where the dates of the defects lie; sometimes the edge of a certificate's validity."""
    if draw.random() < 0.94:
        return NOW
    one = draw.choice(family.path).certificate
    edge = draw.choice((one.not_valid_before_utc, one.not_valid_after_utc))
    return edge + timedelta(seconds=draw.choice((-1, 0, 1)))


# --- records ---------------------------------------------------------------------------------------------


def _records(draw: random.Random, family: _Family, served: Sequence[Made]) -> tuple[str, ...]:
    if draw.random() < 0.12:
        return _agility_mix(draw, family)
    return tuple(_record(draw, family, served) for _ in range(draw.choice((1, 1, 1, 1, 2, 2, 3, 4))))


def _record(draw: random.Random, family: _Family, served: Sequence[Made]) -> str:
    usage, target = _target(draw, family, served)
    selector, matching_type = draw.choice((0, 1)), draw.choice((0, 1, 1, 2))
    data = association_data(target, selector, matching_type)
    numbers = [usage, selector, matching_type]
    kind = draw.random()
    if kind < 0.1:
        data = _spoiled(draw, data)
    elif kind < 0.16:
        place, unknown = draw.choice(((0, 0), (0, 1), (0, 4), (0, 255), (1, 2), (1, 255), (2, 3), (2, 255)))
        numbers[place] = unknown
    return _text(numbers, data)


def _target(draw: random.Random, family: _Family, served: Sequence[Made]) -> tuple[int, Made]:
    """Whom a record names, and with which usage: mostly as a publisher would who knows the chain."""
    issuers = family.path[1:] or family.path
    kind = draw.random()
    if kind < 0.18:
        return 3, family.path[0]
    if kind < 0.72:
        return 2, draw.choice(issuers)
    if kind < 0.88:
        return 2, draw.choice(family.others or issuers)
    if kind < 0.92:
        return 2, family.path[0]
    if kind < 0.96:
        return 3, draw.choice(served)
    return draw.choice((2, 3)), make_ca("Nobody CA")


def _agility_mix(draw: random.Random, family: _Family) -> tuple[str, ...]:
    """Two or three matching types of one usage and selector, each right or wrong by itself (RFC 7671 §9)."""
    usage, target = draw.choice(((3, family.path[0]), (2, family.path[-1])))
    selector = draw.choice((0, 1))
    records = []
    for matching_type in draw.sample((0, 1, 1, 2, 2), draw.choice((2, 3))):
        data = association_data(target, selector, matching_type)
        if matching_type and draw.random() < 0.5:
            data = data[::-1]
        records.append(_text((usage, selector, matching_type), data))
    return tuple(records)


def _spoiled(draw: random.Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    flipped = data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1 :]
    return draw.choice((flipped, flipped, data[:-1], data + b"\0", data[:1], b"", data[::-1]))


def association_data(made: Made, selector: int, matching_type: int) -> bytes:
    """What a record must hold to name this certificate (RFC 6698 §2.1)."""
    selected = made.spki if selector else made.der
    return (selected, hashlib.sha256(selected).digest(), hashlib.sha512(selected).digest())[matching_type]


def _text(numbers: Sequence[int], data: bytes) -> str:
    return " ".join([*map(str, numbers), data.hex()]).rstrip()
