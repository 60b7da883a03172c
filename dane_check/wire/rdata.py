"""Where names stand inside RDATA: to expand them on arrival, and to write the canonical form.

One table serves both. Types that are not in it are opaque octets (RFC 3597), and TLSA is one of those.
"""

from __future__ import annotations

from typing import Final

import dns.name
import dns.rdatatype as rrtype

from dane_check.wire.octets import Malformed, NameReader, canonical_octets, name_octets

_NAME: Final = "name"
_STRING: Final = "string"  # one octet of length, then that many
_REST: Final = "rest"
_Field = int | str  # a number is a run of that many octets

_TWO_THEN_NAME: Final[tuple[_Field, ...]] = (2, _NAME)

_LAYOUTS: Final[dict[int, tuple[_Field, ...]]] = {
    rrtype.NS: (_NAME,),
    rrtype.MD: (_NAME,),
    rrtype.MF: (_NAME,),
    rrtype.CNAME: (_NAME,),
    rrtype.SOA: (_NAME, _NAME, 20),
    rrtype.MB: (_NAME,),
    rrtype.MG: (_NAME,),
    rrtype.MR: (_NAME,),
    rrtype.PTR: (_NAME,),
    rrtype.MINFO: (_NAME, _NAME),
    rrtype.MX: _TWO_THEN_NAME,
    rrtype.RP: (_NAME, _NAME),
    rrtype.AFSDB: _TWO_THEN_NAME,
    rrtype.RT: _TWO_THEN_NAME,
    rrtype.SIG: (18, _NAME, _REST),
    rrtype.PX: (2, _NAME, _NAME),
    rrtype.NXT: (_NAME, _REST),
    rrtype.SRV: (6, _NAME),
    rrtype.NAPTR: (4, _STRING, _STRING, _STRING, _NAME),
    rrtype.KX: _TWO_THEN_NAME,
    rrtype.DNAME: (_NAME,),
    rrtype.RRSIG: (18, _NAME, _REST),
    rrtype.NSEC: (_NAME, _REST),
}

# RFC 6840 §5.1 took NSEC off the list of RFC 4034 §6.2: its next name is signed in the case it has.
_CASE_KEPT: Final = frozenset({rrtype.NSEC})


def expand(octets: bytes, offset: int, end: int, rdtype: int, names: NameReader) -> bytes:
    """The RDATA at `offset` up to `end` with compressed names written out, case kept.

    Raises `Malformed` where the octets do not have the layout of their type.
    """
    layout = _LAYOUTS.get(rdtype)
    if layout is None:
        return octets[offset:end]
    parts: list[bytes] = []
    for field in layout:
        if field == _NAME:
            name, offset = names.read(offset, end)
            parts.append(name_octets(name))
        else:
            size = _size(field, octets, offset, end)
            parts.append(octets[offset : offset + size])
            offset += size
    if offset != end:
        raise Malformed("RDATA has octets after its last field")
    return b"".join(parts)


def canonical(rdtype: int, rdata: bytes) -> bytes:
    """Uncompressed RDATA in the form that is signed (RFC 4034 §6.2, RFC 6840 §5.1): names in lower case.

    RDATA that does not have the layout of its type is signed as it stands.
    """
    layout = _LAYOUTS.get(rdtype)
    if layout is None or rdtype in _CASE_KEPT:
        return rdata
    reader, offset, end = NameReader(rdata), 0, len(rdata)
    parts: list[bytes] = []
    try:
        for field in layout:
            if field == _NAME:
                name, offset = reader.read(offset, end)
                parts.append(canonical_octets(name))
            else:
                size = _size(field, rdata, offset, end)
                parts.append(rdata[offset : offset + size])
                offset += size
    except Malformed:
        return rdata
    return b"".join(parts) if offset == end else rdata


def name_at(rdata: bytes, offset: int) -> tuple[dns.name.Name, int]:
    """The uncompressed name at `offset` of RDATA, and the offset after it. Raises `Malformed`."""
    return NameReader(rdata).read(offset, len(rdata))


def _size(field: _Field, octets: bytes, offset: int, end: int) -> int:
    if isinstance(field, int):
        size = field
    elif field == _REST:
        size = end - offset
    elif offset < end:
        size = 1 + octets[offset]
    else:
        size = 1
    if offset + size > end:
        raise Malformed("RDATA ends inside a field")
    return size
