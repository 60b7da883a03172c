"""Evidence to try things with: a few real messages, and a strategy for everything around them."""

from __future__ import annotations

from datetime import UTC, datetime

import dns.flags
import dns.message
import dns.name
import dns.rrset
from hypothesis import strategies as st

from dane_check.evidence import DnsExchange, Evidence, Handshake
from dane_check.ports import (
    Fault,
    HandshakeFailure,
    KeyType,
    NoReply,
    ProbeRequest,
    Question,
    Refusal,
    ServedChain,
    Server,
    SmtpFacts,
    SmtpReply,
    Stage,
    TlsFacts,
)
from dane_check.wire.message import Message, read

SERVER = Server("192.0.2.53")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def message(name: str, rdtype: str, *records: str) -> Message:
    """A reply with `records` in its answer section."""
    query = dns.message.make_query(name, rdtype, want_dnssec=True, id=7)
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    if records:
        reply.answer.append(dns.rrset.from_text(name, 300, "IN", rdtype, *records))
    return read(reply.to_wire())


def question(name: str, rdtype: int) -> Question:
    """A question as the resolver puts it."""
    return Question(dns.name.from_text(name), rdtype)


MESSAGES = (
    message("example.org.", "MX", "10 mx1.example.org."),
    message("mx1.example.org.", "A", "192.0.2.1", "192.0.2.2"),
    message("_25._tcp.mx1.example.org.", "TLSA", "3 1 1 " + "ab" * 32),
    message("nothing.example.org.", "AAAA"),
)
CHAIN = ServedChain(
    (b"\x30\x82leaf", b"\x30\x82issuer"),
    KeyType.ECDSA,
    TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None),
    SmtpFacts(greeting=SmtpReply(220, (b"mx \x1b[31m\xff ready",))),
)
REQUEST = ProbeRequest("192.0.2.1", 25, "mx1.example.org")


def evidence(**parts: object) -> Evidence:
    """A small, whole piece of evidence, with `parts` in place of its own."""
    usual = {
        "now": NOW,
        "domains": ("example.org",),
        "anchors": (". DS 20326 8 2 " + "e0" * 32,),
        "servers": (SERVER,),
        "settings": (("ipv4", True), ("helo", None), ("nsec3_iterations", 50)),
        "exchanges": (DnsExchange(question("example.org.", 15), SERVER, MESSAGES[0]),),
        "handshakes": (Handshake(REQUEST, CHAIN),),
    }
    return Evidence(**(usual | parts))  # type: ignore[arg-type]


# --- strategies --------------------------------------------------------------------------------------

_text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
_labels = st.lists(st.binary(min_size=1, max_size=12), max_size=4)
_names = _labels.map(lambda labels: dns.name.Name([*labels, b""]))
_servers = st.builds(Server, st.ip_addresses().map(str), st.integers(0, 65535))
_heard = st.sampled_from(MESSAGES) | st.builds(NoReply, st.sampled_from(Fault), _text)
_replies = st.none() | st.builds(
    SmtpReply, st.integers(0, 999), st.lists(st.binary(max_size=30), max_size=3).map(tuple)
)
_facts = st.builds(SmtpFacts, _replies, _replies, _replies, _replies)
_chains = st.builds(
    ServedChain,
    st.lists(st.binary(max_size=40), max_size=3).map(tuple),
    st.sampled_from(KeyType),
    st.builds(TlsFacts, _text, _text, st.none() | _text),
    _facts,
)
_failures = st.builds(
    HandshakeFailure,
    st.sampled_from(Stage),
    st.sampled_from(Refusal),
    st.none() | st.sampled_from(Fault),
    _replies,
    _text,
    _facts,
)
_requests = st.builds(
    ProbeRequest,
    st.ip_addresses().map(str),
    st.integers(0, 65535),
    st.none() | _text,
    st.frozensets(st.sampled_from(KeyType)),
    _text,
    _text,
)
_plain = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _text
)
_settings = st.dictionaries(_text, _plain | st.lists(_plain, max_size=3).map(tuple), max_size=4)

ANY_EVIDENCE = st.builds(
    Evidence,
    now=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    domains=st.lists(_text, max_size=3).map(tuple),
    anchors=st.lists(_text, max_size=2).map(tuple),
    servers=st.lists(_servers, max_size=2).map(tuple),
    settings=_settings.map(lambda chosen: tuple(chosen.items())),
    exchanges=st.lists(
        st.builds(DnsExchange, st.builds(Question, _names, st.integers(0, 65535)), _servers, _heard), max_size=4
    ).map(tuple),
    handshakes=st.lists(st.builds(Handshake, _requests, _chains | _failures), max_size=3).map(tuple),
)
