"""Validated answers made by hand, for tests of the judgements above the upper seam."""

from __future__ import annotations

from dane_check.dnssec.lookup import (
    AliasHop,
    Bogus,
    Cause,
    Indeterminate,
    Insecure,
    Kind,
    Lookup,
    Proof,
    Record,
    Secure,
    SecureDenial,
    Status,
    Why,
)

PROOF = Proof()


def records(*texts: str) -> tuple[Record, ...]:
    """Records that only need their text."""
    return tuple(Record("owner.test.", 3600, b"", text) for text in texts)


def tlsa_records(*rdatas: bytes) -> tuple[Record, ...]:
    """TLSA records, which only need their octets."""
    return tuple(Record("_25._tcp.mx.test.", 3600, rdata, "") for rdata in rdatas)


def secure(*texts: str, aliases: tuple[AliasHop, ...] = ()) -> Secure:
    return Secure(records(*texts), PROOF, aliases)


def insecure(*texts: str, kind: Kind | None = None, aliases: tuple[AliasHop, ...] = ()) -> Insecure:
    why = Why(Cause.UNSIGNED_DELEGATION, "test. proves that owner.test. is not signed")
    return Insecure(kind or ("data" if texts else "nodata"), records(*texts), why, aliases=aliases)


def nodata(aliases: tuple[AliasHop, ...] = ()) -> SecureDenial:
    return SecureDenial("nodata", PROOF, aliases)


def nxdomain() -> SecureDenial:
    return SecureDenial("nxdomain", PROOF)


def bogus(cause: Cause = Cause.SIGNATURE_EXPIRED) -> Bogus:
    return Bogus(Why(cause, "a signature is wrong"))


def servfail() -> Indeterminate:
    return Indeterminate(Why(Cause.RCODE, "the resolver answers SERVFAIL", rcode="SERVFAIL"))


def timeout() -> Indeterminate:
    return Indeterminate(Why(Cause.TRANSPORT, "no answer", fault="timeout"))


def hop(owner: str, target: str, status: Status = "secure") -> AliasHop:
    return AliasHop(owner, target, status)


class Answers:
    """A `LookupSource` over a table; whatever is not in it is a test's mistake."""

    def __init__(self, table: dict[tuple[str, str], Lookup], *, signed: tuple[str, ...] = ()) -> None:
        self.table = table
        self.signed = signed
        self.asked: list[tuple[str, str]] = []

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        self.asked.append((name, rdtype))
        return self.table[(name, rdtype)]

    def zone_is_proven_signed(self, name: str) -> bool:
        return any(name == zone or name.endswith("." + zone) for zone in self.signed)
