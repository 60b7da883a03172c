"""A candidate zone with signatures: validated by the engine that validates the world's, from a DS record downwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

import dns.name
import dns.rdatatype as rrtype

from dane_check.check.session import DomainLookups
from dane_check.dnssec.anchor_text import parse_trust_anchors
from dane_check.dnssec.anchors import TrustAnchors
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, SecureDenial, Why
from dane_check.dnssec.resolver import DomainView, ValidatingResolver
from dane_check.errors import UsageError
from dane_check.names import plain, safe
from dane_check.ports import Server
from dane_check.rehearsal.zone.assumed import AssumedZone, Nobody, Standing
from dane_check.rehearsal.zone.data import ZoneData
from dane_check.rehearsal.zone.transport import ZoneTransport
from dane_check.settings import Settings

_NOBODY: Final = (Server("127.0.0.1"),)  # the transport asks no server at all
_OURS_ELSEWHERE: Final = frozenset({Cause.ROOT_FAILURE, Cause.NO_DNSSEC})  # here they are the file's

_ZONE: Final = 0x01  # of the first octet of a DNSKEY
_SEP: Final = 0x01  # of the second, as is the next
_REVOKED: Final = 0x80


class SignedZone:
    """A zone file with signatures, validated from `ds`, from what the parent zone publishes, or from its own keys.

    ds -- DS texts that were given; empty to take those of the world, or the file's own keys where nobody is asked.
    """

    def __init__(
        self, data: ZoneData, outside: DomainLookups, settings: Settings, now: datetime, ds: tuple[str, ...]
    ) -> None:
        self._data = data
        self._outside = outside
        self._settings = settings
        self._now = now
        self._ds = ds
        self._inner: DomainView | AssumedZone | None = None
        self.because: str | None = None

    def is_proven_signed(self) -> bool:
        """Whether the chain from the DS record holds, as far as it was asked for."""
        return isinstance(self._inner, DomainView) and self._inner.zone_is_proven_signed(self._data.file.name)

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The validated answer of the file."""
        if self._inner is None:
            self._inner = await self._opened()
        found = await self._inner.lookup(name, rdtype)
        if isinstance(found, Bogus | Indeterminate) and found.why.cause in _OURS_ELSEWHERE:
            # the anchor of this resolver is a DS record of the candidate: what fails below it is the candidate's
            sentence = found.why.sentence.removeprefix("the trust anchor's own zone fails: ")
            why = replace(found.why, cause=Cause.KEY_MISSING, sentence=f"{self._shown} does not validate: {sentence}")
            return Bogus(why, found.proof, found.aliases)
        return found

    @property
    def _shown(self) -> str:
        return safe(self._data.file.source, 200)

    async def _opened(self) -> DomainView | AssumedZone:
        name = self._data.file.name
        if not own_keys(self._data):
            sentence = f"{self._shown} has signatures, and at {name} there is no key that could have made them"
            why = Why(Cause.KEY_MISSING, sentence, zone=name, record=f"{name} DNSKEY")
            return AssumedZone(self._data, self._outside, Standing("", Bogus(why)))
        if self._ds:
            self.because = f"{self._shown} is validated from the DS record that was given for {name}"
            return self._resolver(self._ds)
        if isinstance(self._outside, Nobody):
            self.because = f"{self._shown} is validated from its own keys; that {name} has their DS record is assumed"
            return self._resolver(own_keys(self._data))
        found = await self._outside.lookup(name, "DS")
        if isinstance(found, Secure):
            self.because = f"{self._shown} is validated from the DS record that is published for {name}"
            return self._resolver([f"{name}. IN DS {one.text}" for one in found.records])
        if isinstance(found, SecureDenial):
            sentence = f"there is no DS record for {name}, so its signatures prove nothing to anybody"
            why = Why(Cause.UNSIGNED_DELEGATION, sentence, zone=name, record=f"{name} DS")
            found = Insecure("nodata", (), why, found.proof)
        return AssumedZone(self._data, self._outside, Standing("", found))

    def _resolver(self, anchors: Iterable[str]) -> DomainView:
        settings = self._settings
        resolver = ValidatingResolver(
            ZoneTransport(self._data),
            _NOBODY,
            anchors_for(self._data.origin, anchors),
            now=self._now,
            limits=settings.limits.dns,
            nsec3_iterations=settings.nsec3_iterations,
            allow_sha1=settings.allow_sha1,
        )
        return resolver.for_domain()


def own_keys(data: ZoneData) -> list[str]:
    """The zone's keys as trust anchors: those marked as entry points, or all where none is (RFC 4034 §2.1.1)."""
    found = data.at(data.origin).get(rrtype.DNSKEY)
    keys = [one for one in found.records if _signs(one.rdata)] if found is not None else []
    entries = [one for one in keys if one.rdata[1] & _SEP] or keys
    return [f"{data.origin} IN DNSKEY {one.text}" for one in entries]


def _signs(dnskey: bytes) -> bool:
    """A zone key that is not revoked (RFC 4034 §2.1.1, RFC 5011 §7)."""
    return bool(dnskey[0] & _ZONE) and not dnskey[1] & _REVOKED


def anchors_for(zone: dns.name.Name, texts: Iterable[str]) -> TrustAnchors:
    """Trust anchors of one zone, from records or from the RDATA of DS records alone. Raises UsageError."""
    lines = [_completed(zone, text) for text in texts]
    anchors = parse_trust_anchors(lines)
    strange = next((one.zone for one in anchors.anchors if one.zone.canonicalize() != zone), None)
    if strange is not None:
        raise UsageError(f"--ds is for {plain(str(strange))}, and the zone is {plain(str(zone))}; give its own")
    return anchors


def _completed(zone: dns.name.Name, text: str) -> str:
    """`12345 13 2 ab…` as a record of the zone."""
    words = text.split()
    return f"{zone} IN DS {text}" if words and words[0].isdigit() else text
