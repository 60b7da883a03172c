"""Our questions as octets, and the cheap test whether a reply is one to them."""

from __future__ import annotations

import struct
from typing import Final

import dns.name

from dane_check.limits import DEFAULT
from dane_check.wire.octets import name_octets

_RD: Final = 0x0100
_CD: Final = 0x0010  # bogus data must reach us, so that we can say what is wrong with it (RFC 6840 §5.9)
_DO: Final = 0x8000
_OPT: Final = 41
_IN: Final = 1
_HEADER: Final = 12
_REFUSALS: Final = frozenset({1, 2, 4, 5})  # FORMERR, SERVFAIL, NOTIMP, REFUSED


def write_query(name: dns.name.Name, rdtype: int, message_id: int, *, recursive: bool = True) -> bytes:
    """One question of class IN with CD and DO set, AD clear, RD by `recursive`, EDNS(0) with the buffer of L-6."""
    flags = _CD | (_RD if recursive else 0)
    header = struct.pack("!6H", message_id, flags, 1, 0, 0, 1)
    question = name_octets(name) + struct.pack("!HH", rdtype, _IN)
    opt = struct.pack("!BHHIH", 0, _OPT, DEFAULT.dns.edns_octets, _DO, 0)
    return header + question + opt


def replies_to(reply: bytes, query: bytes) -> bool:
    """Whether `reply` answers `query`, which `write_query` made: id, QR, opcode and question (RFC 5452 §9.1).

    Names compare without regard to case. A refusal that leaves the question out is a reply too: some servers
    send only the header with FORMERR or NOTIMP.
    """
    if len(reply) < _HEADER or reply[:2] != query[:2] or reply[2] & 0xF8 != 0x80:
        return False
    questions = int.from_bytes(reply[4:6], "big")
    if questions == 0:
        return reply[3] & 0x0F in _REFUSALS and len(reply) < len(query) and not any(reply[6:10])
    question = query[_HEADER : _question_end(query)]
    return questions == 1 and reply[_HEADER : _HEADER + len(question)].lower() == question.lower()


def is_truncated(reply: bytes) -> bool:
    """Whether TC is set: the reply is to be asked for again over TCP."""
    return len(reply) > 2 and bool(reply[2] & 0x02)


def _question_end(query: bytes) -> int:
    offset = _HEADER
    while query[offset]:
        offset += 1 + query[offset]
    return offset + 5
