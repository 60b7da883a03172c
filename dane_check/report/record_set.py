"""TLSA records ready to be written down: one owner name, its records, and what each of them names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dane_check.names import safe
from dane_check.report.styled import visible
from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.keys import description
from dane_check.tlsa.record import MalformedTlsa, TlsaRecord

Record = TlsaRecord | MalformedTlsa

_LONGEST_NAME = 100  # characters of a subject or an issuer in a comment; JSON has more


@dataclass(frozen=True, slots=True)
class Named:
    """What a record names. Texts are as they came: hostile until a format has made them safe.

    source -- the file or server it came from, safe to show. role -- `current`, `next` or nothing.
    subject -- of a certificate without one the first of its names; None for a key alone, as issuer and not_after.
    """

    source: str = ""
    subject: str | None = None
    issuer: str | None = None
    key: str | None = None
    not_after: datetime | None = None
    role: str = ""

    def comment(self) -> str:
        """One line of printable ASCII for a comment in any of the formats, empty where nothing is known."""
        where = ", ".join(part for part in (self.role, self.source) if part)
        if self.subject is None and self.issuer is None:
            what = f"{self.key} key" if self.key else ""
        else:
            what = ", ".join(self._certificate())
        return _one_line(": ".join(part for part in (where, what) if part))

    def _certificate(self) -> list[str]:
        shown = [safe(self.subject or "no subject", _LONGEST_NAME)]
        if self.issuer is not None:
            shown.append(f"issuer {safe(self.issuer, _LONGEST_NAME)}")
        if self.key is not None:
            shown.append(self.key)
        if self.not_after is not None:
            shown.append(f"until {self.not_after.astimezone(UTC):%Y-%m-%d}")
        return shown


def named(octets: bytes, source: str = "", role: str = "") -> Named:
    """What these octets are: DER of a certificate, or of a SubjectPublicKeyInfo."""
    certificate = Certificate(octets)
    if certificate.fields is None:
        return Named(source, key=description(octets), role=role)
    first = f"DNS:{certificate.dns_names[0]}" if certificate.dns_names else ""
    return Named(
        source=source,
        subject=certificate.subject or first,
        issuer=certificate.issuer or "",
        key=certificate.key,
        not_after=certificate.not_after,
        role=role,
    )


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """One record and what it names; with an empty `Named` it is written without a comment."""

    record: Record
    named: Named = Named()


@dataclass(frozen=True, slots=True)
class RecordSet:
    """The TLSA records of one owner name.

    owner -- without the last dot; None where no host was named, and RDATA alone is meant.
    ttl -- seconds; None for what the zone has by default.
    """

    owner: str | None
    records: tuple[NamedRecord, ...]
    ttl: int | None = None


def _one_line(text: str) -> str:
    """Zone files and most of their tools are ASCII; what is not, becomes an escape (RFC 1035 §5.1)."""
    return visible(text).encode("ascii", "backslashreplace").decode("ascii").strip()
