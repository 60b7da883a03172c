"""Small pieces of the text reports: counts, shortened records, marks and their styles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from dane_check.findings import Severity
from dane_check.policy.verdict import (
    CertificateFacts,
    DomainWord,
    EndpointResult,
    EndpointVerdict,
    HostVerdict,
    HostWord,
    LookupView,
)
from dane_check.ports import KeyType
from dane_check.report.styled import Part, Style, Styled

HOST_STYLE: Final = {
    HostWord.DANE_OK: Style.GOOD,
    HostWord.DANE_FAIL: Style.BAD,
    HostWord.DNS_BOGUS: Style.BAD,
}
DOMAIN_STYLE: Final = {DomainWord.PROTECTED: Style.GOOD, DomainWord.BROKEN: Style.BAD}
SEVERITY_STYLE: Final = {
    Severity.OUTAGE: Style.BAD,
    Severity.PARTIAL: Style.BAD,
    Severity.HYGIENE: Style.DIM,
    Severity.INFO: Style.DIM,
}
_MARKS: Final = {
    HostWord.DANE_OK: "PASS",
    HostWord.DANE_OK_INSECURE_MX: "PASS",
    HostWord.DANE_FAIL: "FAIL",
    HostWord.DNS_BOGUS: "FAIL",
    HostWord.DNS_ERROR: "?",
    HostWord.UNREACHABLE: "?",
}
_KEY_NAMES: Final = {KeyType.RSA: "RSA", KeyType.ECDSA: "ECDSA", KeyType.EDDSA: "EdDSA", KeyType.UNKNOWN: "other key"}
_NOT_TRIED: Final = frozenset({EndpointResult.SKIPPED, EndpointResult.NOT_OFFERED, EndpointResult.NOT_TESTED})


def mark(endpoint: EndpointVerdict) -> str:
    """PASS, FAIL, ? (could not tell) or - (nothing was demanded, or nothing tried)."""
    return "-" if endpoint.result in _NOT_TRIED else _MARKS.get(endpoint.word, "-")


def marked(text: str) -> Part:
    """A mark with its style; padding is part of it."""
    style = {"PASS": Style.GOOD, "FAIL": Style.BAD, "?": Style.WARN}.get(text.strip())
    return Styled(text, style) if style else text


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 host`, `2 hosts`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def shortened(record: str) -> str:
    """A TLSA record with the middle of its data left out: `3 1 1 6cf1…921e`."""
    *head, data = record.split(" ")
    return " ".join([*head, f"{data[:4]}…{data[-4:]}" if len(data) > 12 else data])


def key_names(kinds: Sequence[KeyType | None]) -> str:
    """`RSA+ECDSA`."""
    return "+".join(dict.fromkeys(_KEY_NAMES[kind] for kind in kinds if kind is not None))


def moment(when: datetime) -> str:
    """A moment to the minute, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def validity(certificate: CertificateFacts) -> str:
    """`2026-11-20 to 2027-02-18`, empty where it could not be read."""
    if certificate.not_before is None or certificate.not_after is None:
        return ""
    return f"{certificate.not_before.astimezone(UTC):%Y-%m-%d} to {certificate.not_after.astimezone(UTC):%Y-%m-%d}"


def answer(lookup: LookupView) -> str:
    """The outcome of a lookup in a few words: `secure`, `absent (secure)`, `lookup failed (timeout)`."""
    if lookup.status == "indeterminate":
        return f"lookup failed ({lookup.cause})" if lookup.cause else "lookup failed"
    return f"absent ({lookup.status})" if lookup.kind in {"nodata", "nxdomain"} else lookup.status


def tlsa_lookup(host: HostVerdict) -> LookupView | None:
    """The TLSA lookup that decided for `host`: that at its base domain, else the last one made."""
    asked = [one for one in host.lookups if one.rdtype == "TLSA"]
    at_base = [one for one in asked if host.tlsa_base_domain and one.name.endswith(f"._tcp.{host.tlsa_base_domain}")]
    return next(reversed(at_base or asked), None)


def zone_owner(host: HostVerdict, port: int) -> str:
    """Where the TLSA records of `host` are to stand, absolute; behind an alias, at its end (RFC 6698 §3)."""
    owner = f"_{port}._tcp.{host.tlsa_base_domain or host.host}"
    asked = (lookup for lookup in host.lookups if lookup.name == owner and lookup.rdtype == "TLSA")
    end = next((lookup.alias_of for lookup in asked if lookup.alias_of), owner)
    return f"{end}."
