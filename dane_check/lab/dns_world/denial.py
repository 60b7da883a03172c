"""NSEC and NSEC3 chains (RFC 4034 §4, RFC 5155): which records deny a name or a type.

dnspython makes NSEC chains only for whole zone files and no NSEC3 chain at all, so both are built here.
"""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import dns.dnssec
import dns.name
import dns.rdataclass
import dns.rdatatype
from dns.rdata import Rdata
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC, Bitmap
from dns.rdtypes.ANY.NSEC3 import NSEC3
from dns.rdtypes.ANY.NSEC3 import Bitmap as Bitmap3
from dns.rdtypes.ANY.NSEC3PARAM import NSEC3PARAM

Types = Mapping[dns.name.Name, frozenset[RdataType]]
Denying = tuple[dns.name.Name, Rdata]

SHA1 = 1  # the only NSEC3 hash algorithm
OPT_OUT = 1


class Chain(Protocol):
    """A chain of denial records over one zone."""

    def of(self, name: dns.name.Name) -> Rdata | None:
        """The record that stands at `name` itself, which has records; NSEC3 records stand elsewhere."""
        ...

    def no_data(self, name: dns.name.Name) -> list[Denying]:
        """What shows that `name`, which exists, or is an unsigned delegation, lacks a type."""
        ...

    def no_name(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """What shows that neither `name` nor a wildcard at `encloser` exists."""
        ...

    def no_closer(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """What shows, beside a wildcard answer, that nothing closer than `encloser` matches `name`."""
        ...

    def wildcard_no_data(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """What shows that only the wildcard at `encloser` matches `name`, and lacks the type."""
        ...


class NsecChain:
    """NSEC: every owner name points to the next in canonical order."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._names = sorted(types)

    def of(self, name: dns.name.Name) -> Rdata | None:
        """The NSEC of the name."""
        return self._at_or_before(name)[1]

    def no_data(self, name: dns.name.Name) -> list[Denying]:
        """The NSEC of the name; for an empty non-terminal the one that covers it."""
        return [self._at_or_before(name)]

    def no_name(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """NSECs that cover the name and the wildcard; often one and the same."""
        return _distinct([self._at_or_before(name), self._at_or_before(wildcard(encloser))])

    def no_closer(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """The NSEC that covers the name."""
        return [self._at_or_before(name)]

    def wildcard_no_data(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """The NSEC that covers the name and the wildcard's own."""
        return _distinct([self._at_or_before(name), self._at_or_before(wildcard(encloser))])

    def _at_or_before(self, name: dns.name.Name) -> Denying:
        index = bisect_right(self._names, name) - 1
        owner = self._names[index]
        following = self._names[(index + 1) % len(self._names)]
        types = [*self._types[owner], RdataType.NSEC, RdataType.RRSIG]
        windows = Bitmap.from_rdtypes(types).windows
        return owner, NSEC(dns.rdataclass.IN, RdataType.NSEC, following, windows)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Hashing:
    """NSEC3 parameters of one zone (RFC 5155 §4; RFC 9276 asks for no salt and 0 iterations)."""

    iterations: int = 0
    salt: bytes = b""
    opt_out: bool = False

    def of(self, name: dns.name.Name) -> bytes:
        """The hash of a name, 20 octets."""
        text = dns.dnssec.nsec3_hash(name, self.salt or None, self.iterations, SHA1)
        return base64.b32hexdecode(text)

    def param(self) -> NSEC3PARAM:
        """The record published at the apex (RFC 5155 §4.1.2: its flags are always 0)."""
        return NSEC3PARAM(  # type: ignore[no-untyped-call]
            dns.rdataclass.IN, RdataType.NSEC3PARAM, SHA1, 0, self.iterations, self.salt
        )


PLAIN = Hashing()


class Nsec3Chain:
    """NSEC3: hashes of all names, empty non-terminals included, in a ring; opt-out leaves out unsigned cuts."""

    def __init__(self, origin: dns.name.Name, types: Types, hashing: Hashing) -> None:
        self._origin = origin
        self._hashing = hashing
        kept = {n: t for n, t in types.items() if not (hashing.opt_out and unsigned_cut(n, t, origin))}
        everything = {**{name: frozenset[RdataType]() for name in _above(kept, origin)}, **kept}
        self._by_hash = {hashing.of(name): (name, types) for name, types in everything.items()}
        self._hashes = sorted(self._by_hash)

    def of(self, name: dns.name.Name) -> Rdata | None:
        """Nothing: an owner name of NSEC3 is a hash."""
        return None

    def no_data(self, name: dns.name.Name) -> list[Denying]:
        """The matching NSEC3; where opt-out left the name out, proof of the closest encloser (§7.2.4)."""
        if self._hashing.of(name) in self._by_hash:
            return [self._match(name)]
        encloser = name.parent()
        while self._hashing.of(encloser) not in self._by_hash:
            encloser = encloser.parent()
        return self._closest(name, encloser)

    def no_name(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """Closest encloser proof and the NSEC3 that covers the wildcard (§7.2.2)."""
        return _distinct([*self._closest(name, encloser), self._cover(wildcard(encloser))])

    def no_closer(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """The NSEC3 that covers the next closer name (§7.2.6)."""
        return [self._cover(next_closer(name, encloser))]

    def wildcard_no_data(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        """Closest encloser proof and the wildcard's own NSEC3 (§7.2.5)."""
        return _distinct([*self._closest(name, encloser), self._match(wildcard(encloser))])

    def _closest(self, name: dns.name.Name, encloser: dns.name.Name) -> list[Denying]:
        return _distinct([self._match(encloser), self._cover(next_closer(name, encloser))])

    def _match(self, name: dns.name.Name) -> Denying:
        return self._record(self._hashes.index(self._hashing.of(name)))

    def _cover(self, name: dns.name.Name) -> Denying:
        return self._record(bisect_right(self._hashes, self._hashing.of(name)) - 1)

    def _record(self, index: int) -> Denying:
        hashed = self._hashes[index]
        following = self._hashes[(index + 1) % len(self._hashes)]
        name, types = self._by_hash[hashed]
        signed = {RdataType.RRSIG} if types and not unsigned_cut(name, types, self._origin) else set()
        rdata = NSEC3(  # type: ignore[no-untyped-call]
            dns.rdataclass.IN,
            RdataType.NSEC3,
            SHA1,
            OPT_OUT if self._hashing.opt_out else 0,
            self._hashing.iterations,
            self._hashing.salt,
            following,
            Bitmap3.from_rdtypes([*types, *signed]).windows,
        )
        return _owner(hashed, self._origin), rdata


def wildcard(encloser: dns.name.Name) -> dns.name.Name:
    """The wildcard directly below a name."""
    return dns.name.Name((b"*", *encloser.labels))


def next_closer(name: dns.name.Name, encloser: dns.name.Name) -> dns.name.Name:
    """The name one label longer than the closest encloser, on the way to `name` (RFC 5155 §1.3)."""
    return dns.name.Name(name.labels[-len(encloser.labels) - 1 :])


def unsigned_cut(name: dns.name.Name, types: frozenset[RdataType], origin: dns.name.Name) -> bool:
    """Whether a name is a delegation without DS."""
    return name != origin and RdataType.NS in types and RdataType.DS not in types


def _owner(hashed: bytes, origin: dns.name.Name) -> dns.name.Name:
    return dns.name.Name((base64.b32hexencode(hashed).lower(), *origin.labels))


def _above(names: Iterable[dns.name.Name], origin: dns.name.Name) -> set[dns.name.Name]:
    apex = len(origin.labels)
    return {dns.name.Name(name.labels[-count:]) for name in names for count in range(apex, len(name.labels))}


def _distinct(records: list[Denying]) -> list[Denying]:
    return list(dict(records).items())
