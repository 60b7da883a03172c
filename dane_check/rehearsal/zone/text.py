"""Zone files as text (RFC 1035 §5, RFC 2308 §4): their records, each with the place where it stands.

Tokens, names and RDATA are dnspython's. TLSA is not: dnspython refuses records that are malformed, and it is those a
rehearsal has to speak of. Files are opened by whoever calls; a mistake is a UsageError that says FILE:LINE and why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

import dns.exception
import dns.grange
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype as rrtype
import dns.tokenizer
import dns.ttl

from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, InputLimits
from dane_check.names import plain, safe
from dane_check.tlsa.record import parse_text

_CODEC: Final = dns.name.IDNA_2008_Practical
_COUNTED: Final = re.compile(r"\\\$|\$\$|\$(?:\{(-?[0-9]{1,9})(?:,([0-9]{1,3})(?:,(.))?)?\})?")
_BASES: Final = frozenset("doxX")


@dataclass(frozen=True, slots=True)
class ZoneText:
    """A file's text. `source` is its path, "standard input", or whatever messages are to call it."""

    source: str
    text: str


Include = Callable[[str, str], ZoneText]  # the file as it is named, and the source that names it


@dataclass(frozen=True, slots=True)
class ZoneRecord:
    """One record; `owner` is in lower case, `rdata` uncompressed, `place` is FILE:LINE and safe to show.

    ttl -- seconds; None where nothing in the file says it.
    """

    owner: dns.name.Name
    ttl: int | None
    rdtype: int
    rdata: bytes
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """What stands in a zone file.

    origin -- the owner of the SOA record; without one the origin that was given, or that the file begins with.
    whole -- whether there is a SOA record, so that what is not in the file is not in the zone.
    """

    source: str
    origin: dns.name.Name | None
    whole: bool
    records: tuple[ZoneRecord, ...]

    @property
    def name(self) -> str:
        """The origin as text, without a trailing dot; empty where there is none."""
        return plain(str(self.origin)) if self.origin is not None else ""

    @property
    def is_signed(self) -> bool:
        """Whether it brings signatures of its own."""
        return self.whole and any(one.rdtype == rrtype.RRSIG for one in self.records)


def read_zone(
    given: ZoneText, origin: str | None = None, include: Include | None = None, limits: InputLimits = DEFAULT.input
) -> ZoneFile:
    """The records of a zone file, $INCLUDE and $GENERATE carried out.

    origin -- an absolute name: what relative names are relative to at first; None to take it from $ORIGIN.
    include -- gives the text of another file; None where files cannot be named, as from standard input.
    Raises UsageError at the first mistake.
    """
    reader = _Reader(include, limits)
    start = dns.name.from_text(origin).canonicalize() if origin is not None else None
    reader.read(given, start, depth=0)
    return _finished(given.source, start or reader.first_origin, reader.records)


def _finished(source: str, origin: dns.name.Name | None, records: Sequence[ZoneRecord]) -> ZoneFile:
    soas = [one for one in records if one.rdtype == rrtype.SOA]
    if not records:
        raise UsageError(f"{safe(source, 200)} holds no record; give a zone file, or records such as those of tlsa")
    if len(soas) > 1:
        raise UsageError(f"{soas[1].place}: a second SOA record; a zone has one")
    if not soas:
        return ZoneFile(source, origin, False, tuple(records))
    (soa,) = soas
    if origin is not None and not soa.owner.is_subdomain(origin) and not origin.is_subdomain(soa.owner):
        raise UsageError(f"{soa.place}: the SOA record is that of {plain(str(soa.owner))}, not of {plain(str(origin))}")
    least = int.from_bytes(soa.rdata[-4:])
    complete = tuple(one if one.ttl is not None else replace(one, ttl=least) for one in records)
    return ZoneFile(source, soa.owner, True, complete)


@dataclass(slots=True)
class _Reader:
    """One pass over a file and what it includes."""

    include: Include | None
    limits: InputLimits
    records: list[ZoneRecord] = field(default_factory=list)
    first_origin: dns.name.Name | None = None
    files: int = 0
    default_ttl: int | None = None
    last_ttl: int | None = None

    def read(self, given: ZoneText, origin: dns.name.Name | None, depth: int) -> None:
        self.files += 1
        _File(self, given, origin, depth).read()

    def add(self, record: ZoneRecord) -> None:
        if len(self.records) >= self.limits.zone_records:
            raise UsageError(f"{record.place}: more than {self.limits.zone_records} records; give a smaller zone")
        self.records.append(record)


class _File:
    """One file; origin and owner are its own (RFC 1035 §5.1)."""

    def __init__(self, reader: _Reader, given: ZoneText, origin: dns.name.Name | None, depth: int) -> None:
        self._reader = reader
        self._given = given
        self._origin = origin
        self._depth = depth
        self._owner: dns.name.Name | None = None
        self._place = ""

    def read(self) -> None:
        for line, indented, words in self._lines():
            self._place = f"{safe(self._given.source, 200)}:{line}"
            if not words:
                continue
            if words[0].startswith("$") and not indented:
                self._directive(words)
            else:
                self._record(words, indented)

    def _lines(self) -> Iterator[tuple[int, bool, list[str]]]:
        """Logical lines, parentheses undone; quoted strings keep their quotes."""
        tokens = dns.tokenizer.Tokenizer(self._given.text, self._given.source)
        while True:
            line = tokens.where()[1]
            words: list[str] = []
            try:
                token = tokens.get(want_leading=True)
                indented = token.is_whitespace()
                token = tokens.get() if indented else token
                while not token.is_eol_or_eof():
                    words.append(f'"{token.value}"' if token.is_quoted_string() else str(token.value))
                    token = tokens.get()
            except dns.exception.DNSException as fault:
                self._place = f"{safe(self._given.source, 200)}:{line}"
                self._refuse(_why(fault) or "a quoted string or a parenthesis is not closed, or an escape is not whole")
            yield line, indented, words
            if token.is_eof():
                return

    def _refuse(self, why: str) -> NoReturn:
        raise UsageError(f"{self._place}: {why}")

    # --- directives ----------------------------------------------------------------------------------

    def _directive(self, words: list[str]) -> None:
        match words[0].upper(), words[1:]:
            case "$ORIGIN", [name]:
                self._origin = self._name(name)
                self._reader.first_origin = self._reader.first_origin or self._origin
            case "$TTL", [seconds]:
                self._reader.default_ttl = self._ttl(seconds)
            case "$INCLUDE", [file, *origin] if len(origin) < 2:
                self._include(file.strip('"'), origin)
            case "$GENERATE", [counted, owner, *rest] if rest:
                self._generate(counted, [owner, *rest])
            case ("$ORIGIN" | "$TTL" | "$INCLUDE" | "$GENERATE") as known, _:
                self._refuse(f"{known} is not followed by what it takes")
            case _:
                self._refuse(f"{safe(words[0], 40)} is no directive of zone files")

    def _include(self, file: str, origin: list[str]) -> None:
        reader, most = self._reader, self._reader.limits
        if reader.include is None:
            self._refuse("$INCLUDE cannot be followed from here; give the zone as a file, or without it")
        if self._depth >= most.include_depth or reader.files >= most.include_files:
            self._refuse(f"more than {most.include_depth} files within one another, or {most.include_files} in all")
        try:
            given = reader.include(file, self._given.source)
        except UsageError as fault:
            self._refuse(f"$INCLUDE: {fault}")
        reader.read(given, self._name(origin[0]) if origin else self._origin, self._depth + 1)

    def _generate(self, counted: str, words: list[str]) -> None:
        try:
            start, stop, step = dns.grange.from_text(counted)
        except (dns.exception.DNSException, ValueError, AssertionError):
            self._refuse(f"$GENERATE takes a range such as 1-4, not {safe(counted, 40)}")
        for number in range(start, stop + 1, step):
            self._record([self._counted(word, number) for word in words], indented=False)

    def _counted(self, word: str, number: int) -> str:
        def one(found: re.Match[str]) -> str:
            if found[0] in {"$$", "\\$"}:
                return "$"
            offset, width, base = int(found[1] or 0), int(found[2] or 0), found[3] or "d"
            if base not in _BASES or width > 253 or number + offset < 0:
                self._refuse(f"$GENERATE cannot write {safe(found[0], 40)}; it counts from 0 up, in base d, o, x or X")
            return f"{number + offset:0{width}{base}}"

        return _COUNTED.sub(one, word)

    # --- records -------------------------------------------------------------------------------------

    def _record(self, words: list[str], indented: bool) -> None:
        owner = self._last_owner() if indented else self._name(words.pop(0))
        self._owner = owner
        ttl = self._ttl_and_class(words)
        if not words:
            self._refuse("a record has an owner, a type and data; the type is missing")
        rdtype = self._type(words.pop(0))
        rdata, text = self._rdata(rdtype, words)
        self._reader.add(ZoneRecord(owner.canonicalize(), ttl, rdtype, rdata, text, self._place))

    def _last_owner(self) -> dns.name.Name:
        if self._owner is None:
            self._refuse("the first record has no owner; it is indented")
        return self._owner

    def _name(self, word: str) -> dns.name.Name:
        try:
            name = self._origin if word == "@" else dns.name.from_text(word, self._origin, _CODEC)
        except (dns.exception.DNSException, UnicodeError, ValueError) as fault:
            self._refuse(f"{safe(word, 80)} is no domain name: {_why(fault) or 'a label is empty or too long'}")
        if name is None or not name.is_absolute():
            self._refuse(f"{safe(word, 80)} is relative, and there is no $ORIGIN above it; give --origin")
        return name

    def _ttl_and_class(self, words: list[str]) -> int | None:
        ttl: int | None = None
        seen_class = False
        while words:
            if ttl is None and words[0][:1].isdigit():
                ttl = self._reader.last_ttl = self._ttl(words.pop(0))
            elif not seen_class and words[0].upper() in {"IN", "CH", "HS", "CS", "CLASS1"}:
                seen_class = True
                if words.pop(0).upper() not in {"IN", "CLASS1"}:
                    self._refuse("a record of another class than IN")
            else:
                break
        default = self._reader.default_ttl
        return ttl if ttl is not None else default if default is not None else self._reader.last_ttl

    def _ttl(self, word: str) -> int:
        try:
            return dns.ttl.from_text(word)
        except (dns.exception.DNSException, ValueError):
            self._refuse(f"{safe(word, 40)} is no TTL; a number of seconds, or such as 1h")

    def _type(self, word: str) -> int:
        try:
            rdtype = rrtype.from_text(word)
        except (dns.exception.DNSException, ValueError):
            self._refuse(f"{safe(word, 40)} is no record type")
        if rrtype.is_metatype(rdtype):
            self._refuse(f"{safe(word, 40)} is no type that zones hold")
        return int(rdtype)

    def _rdata(self, rdtype: int, words: list[str]) -> tuple[bytes, str]:
        number = rrtype.RdataType.make(rdtype)
        kind = rrtype.to_text(number)
        try:
            if rdtype == rrtype.TLSA:
                record = parse_text(" ".join(words))
                return record.rdata, record.to_text()
            data = dns.rdata.from_text(dns.rdataclass.IN, number, " ".join(words), self._origin, False, None, _CODEC)
            return data.to_wire() or b"", data.to_text()
        except (dns.exception.DNSException, ValueError) as fault:
            self._refuse(f"the {kind} record cannot be read: {_why(fault) or 'its data is malformed or not whole'}")


def _why(fault: Exception) -> str:
    """What the exception says of this case; empty where it only says that there is something wrong."""
    text = str(fault)
    return "" if text in _SAY_NOTHING else safe(text.rstrip("."), 160)


_SAY_NOTHING: Final = frozenset({dns.exception.SyntaxError.__doc__, dns.exception.UnexpectedEnd.__doc__})
