"""Trust anchors: where chains of trust begin (requirements §14).

The two root keys are built in and change with releases; none is ever learnt from the network (ROOT-h).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import dns.name

from dane_check.dnssec.keys import Ds, Entry, Key


@dataclass(frozen=True, slots=True)
class Anchor:
    """One DS or DNSKEY that is trusted without proof, and when (ROOT-g); None is no bound."""

    zone: dns.name.Name
    entry: Ds | Key
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def key_tag(self) -> int:
        """The tag of the key it names."""
        return self.entry.key_tag if isinstance(self.entry, Ds) else self.entry.tag

    def valid_at(self, now: datetime) -> bool:
        """Whether it may be used at `now`."""
        started = self.valid_from is None or self.valid_from <= now
        return started and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """All trust anchors of a run. `built_in` says that they are those of this release (ROOT-j)."""

    anchors: tuple[Anchor, ...]
    built_in: bool = field(default=False, compare=False)

    def zone_of(self, name: dns.name.Name) -> dns.name.Name | None:
        """The closest enclosing anchor of `name` (R6840-5.10-a); None where there is none."""
        above = (anchor.zone for anchor in self.anchors if name.is_subdomain(anchor.zone))
        return max(above, key=len, default=None)

    def entry(self, zone: dns.name.Name, now: datetime) -> Entry | None:
        """What is trusted at `zone` at `now`; None where every anchor of it is out of its time."""
        valid = [anchor.entry for anchor in self.anchors if anchor.zone == zone and anchor.valid_at(now)]
        if not valid:
            return None
        ds = tuple(entry for entry in valid if isinstance(entry, Ds))
        return Entry(ds, tuple(entry for entry in valid if isinstance(entry, Key)))

    def is_stale(self, now: datetime) -> bool:
        """Whether the built-in list is older than 18 months or none of it is valid any more (ROOT-j)."""
        if not self.built_in:
            return False
        return now - ROOT_AS_OF > _FRESH or not any(anchor.valid_at(now) for anchor in self.anchors)

    @classmethod
    def root(cls) -> Self:
        """The built-in keys of the root: KSK-2017 and KSK-2024 (ROOT-a, ROOT-b)."""
        return cls(_ROOT, built_in=True)


ROOT_AS_OF: Final = datetime(2026, 11, 22, tzinfo=UTC)  # the day the built-in list was last compared with IANA's
_FRESH: Final = timedelta(days=548)  # 18 months


def _root_anchor(tag: int, digest: str, valid_from: datetime) -> Anchor:
    return Anchor(dns.name.root, Ds(tag, 8, 2, bytes.fromhex(digest)), valid_from)


# IANA's root-anchors.xml gives no end to either; the revocation of 20326 is planned for 2027-01-11.
_ROOT: Final = (
    _root_anchor(
        20326,
        "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        datetime(2017, 2, 2, tzinfo=UTC),
    ),
    _root_anchor(
        38696,
        "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
        datetime(2024, 7, 18, tzinfo=UTC),
    ),
)
