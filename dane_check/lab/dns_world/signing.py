"""Zone keys and signatures, made with dnspython; nothing of our own validator is used here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import dns.dnssec
import dns.name
import dns.rdataset
import dns.rdatatype
from dns.dnssectypes import DSDigest
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from dane_check.lab import keys

UNKNOWN_ALGORITHM = 99  # unassigned (IANA DNS Security Algorithm Numbers)
ALGORITHMS = (8, 13, 14, 15)
_KSK, _ZSK = 257, 256


class Period(StrEnum):
    """When a signature is valid, seen from the lab's now."""

    VALID = "valid"
    EXPIRED = "expired"
    EARLY = "early"  # not yet valid
    ENDING = "ending"  # in some hours
    LONG = "long"  # for a quarter of a year


_DAYS = {
    Period.VALID: (-2, 28),
    Period.EXPIRED: (-40, -10),
    Period.EARLY: (10, 40),
    Period.ENDING: (-29, 0.75),
    Period.LONG: (-2, 88),
}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One zone key."""

    private: keys.PrivateKey
    public: DNSKEY


class ZoneKeys:
    """The KSK and ZSK of one zone. The same origin, algorithm and seed always give the same keys.

    weak -- RSA keys of 768 bits in place of 2048.
    """

    def __init__(
        self, origin: dns.name.Name, algorithm: int, now: datetime, seed: str = "", *, weak: bool = False
    ) -> None:
        self.origin = origin
        self._now = now
        self._ksk = _pair(algorithm, _KSK, f"{origin} {seed} ksk", weak)
        self._zsk = _pair(algorithm, _ZSK, f"{origin} {seed} zsk", weak)

    @property
    def dnskeys(self) -> tuple[DNSKEY, DNSKEY]:
        """KSK and ZSK, as published."""
        return self._ksk.public, self._zsk.public

    def ds(self, digest: DSDigest = DSDigest.SHA256) -> DS:
        """The DS record that names the KSK; SHA-1 is made too, for the case that wants one."""
        return dns.dnssec.make_ds(self.origin, self._ksk.public, digest, policy=dns.dnssec.allow_all_policy)

    def sign(self, owner: dns.name.Name, rdataset: dns.rdataset.Rdataset, period: Period = Period.VALID) -> RRSIG:
        """The RRSIG over one RRset: by the KSK over DNSKEY, by the ZSK over all else."""
        pair = self._ksk if rdataset.rdtype == dns.rdatatype.DNSKEY else self._zsk
        first, last = _DAYS[period]
        return dns.dnssec.sign(
            (owner, rdataset),
            pair.private,
            self.origin,
            pair.public,
            inception=self._now + timedelta(days=first),
            expiration=self._now + timedelta(days=last),
        )


def _pair(algorithm: int, flags: int, label: str, weak: bool) -> KeyPair:
    private = _private(algorithm, label, weak)
    return KeyPair(private, dns.dnssec.make_dnskey(private.public_key(), algorithm, flags=flags))


def _private(algorithm: int, label: str, weak: bool) -> keys.PrivateKey:
    match algorithm:
        case 8:
            return keys.rsa("rsa-768" if weak else "rsa-2048-zone")
        case 13:
            return keys.p256(label)
        case 14:
            return keys.p384(label)
        case 15:
            return keys.ed25519(label)
    raise ValueError(f"the lab signs with algorithms {ALGORITHMS}, not with {algorithm}")
