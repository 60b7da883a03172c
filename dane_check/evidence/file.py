"""Evidence as text: JSON with a schema number. Pure; who reads and writes files stands elsewhere.

DNS messages and certificates are base64 of their octets. SMTP text is a string with one character per octet
(ISO 8859-1), so that it stays readable and comes back unchanged. What `from_text` is given is hostile until it
was read to its end: every field is checked, and anything wrong is one `UsageError` that says where.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import dns.exception
import dns.name

from dane_check.errors import UsageError
from dane_check.evidence.bounds import limits_of
from dane_check.evidence.fields import Damaged, Fields, items, octets, one_word, text, unique
from dane_check.evidence.record import SCHEMA, DnsExchange, Evidence, Handshake, Renewal
from dane_check.limits import DEFAULT, DnsLimits
from dane_check.names import safe
from dane_check.ports import (
    Fault,
    HandshakeFailure,
    Heard,
    KeyType,
    NoReply,
    ProbeOutcome,
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
from dane_check.wire.message import Malformed, read

KIND = "evidence"
_SMTP_PARTS = ("greeting", "ehlo", "starttls", "ehlo_after_tls")

Json = dict[str, Any]


# --- writing -----------------------------------------------------------------------------------------


def to_text(evidence: Evidence) -> str:
    """`evidence` as ASCII-only JSON text; `from_text` gives the equal value back.

    Raises ValueError for a setting that JSON has no word for.
    """
    document = {
        "schema": evidence.schema,
        "kind": KIND,
        "now": _moment_out(evidence.now),
        "domains": list(evidence.domains),
        "anchors": list(evidence.anchors),
        "servers": [_server_out(server) for server in evidence.servers],
        "settings": {name: _setting_out(value) for name, value in evidence.settings},
        "exchanges": [_exchange_out(one) for one in evidence.exchanges],
        "handshakes": [_handshake_out(one) for one in evidence.handshakes],
    }
    if evidence.renewals:
        document["renewals"] = [_renewal_out(one) for one in evidence.renewals]
    return json.dumps(document, ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def _setting_out(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple() | list():
            return [_setting_out(one) for one in value]
    raise ValueError(f"a setting is a {type(value).__name__}, which evidence cannot hold")


def _server_out(server: Server) -> Json:
    return {"address": server.address, "port": server.port}


def _exchange_out(one: DnsExchange) -> Json:
    asked = {"name": one.question.name.to_text(), "type": one.question.rdtype, "server": _server_out(one.server)}
    if one.moment is not None:
        asked["moment"] = _moment_out(one.moment)
    match one.heard:
        case NoReply(fault, detail):
            return asked | {"fault": fault.value, "detail": detail}
        case message:
            return asked | {"reply": b64encode(message.octets).decode("ascii")}


def _moment_out(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _renewal_out(one: Renewal) -> Json:
    times = {"turn": one.turn, "first": _moment_out(one.first), "again": _moment_out(one.again)}
    return _request_out(one.request) | times


def _handshake_out(one: Handshake) -> Json:
    return _request_out(one.request) | _outcome_out(one.outcome)


def _request_out(request: ProbeRequest) -> Json:
    return {
        "address": request.address,
        "port": request.port,
        "server_name": request.server_name,
        "key_types": sorted(kind.value for kind in request.key_types),
        "helo": request.helo,
        "protocol": request.protocol,
    }


def _outcome_out(outcome: ProbeOutcome) -> Json:
    smtp = {part: _reply_out(getattr(outcome.smtp, part)) for part in _SMTP_PARTS}
    match outcome:
        case ServedChain():
            tls = {"protocol": outcome.tls.protocol, "cipher": outcome.tls.cipher, "group": outcome.tls.group}
            certificates = [b64encode(der).decode("ascii") for der in outcome.certificates]
            served = {"certificates": certificates, "key_type": outcome.key_type.value, "tls": tls, "smtp": smtp}
            return {"served": served}
        case HandshakeFailure():
            failure = {
                "stage": outcome.stage.value,
                "refusal": outcome.refusal.value,
                "fault": outcome.fault and outcome.fault.value,
                "reply": _reply_out(outcome.reply),
                "detail": outcome.detail,
                "smtp": smtp,
            }
            return {"failure": failure | ({} if outcome.alert is None else {"alert": outcome.alert})}


def _reply_out(reply: SmtpReply | None) -> Json | None:
    if reply is None:
        return None
    return {"code": reply.code, "lines": [line.decode("latin-1") for line in reply.lines]}


# --- reading -----------------------------------------------------------------------------------------


def from_text(document: str) -> Evidence:
    """The evidence that the text `document` holds.

    Raises UsageError with one sentence for anything damaged, foreign, too large or of a newer schema.
    """
    most = DEFAULT.input.evidence_octets
    if len(document) > most:
        raise UsageError(f"the file is larger than {most >> 20} MiB; evidence never is")
    try:
        parsed = json.loads(document, object_pairs_hook=unique, parse_constant=_no_constant)
        _check_kind(parsed)
        return _evidence_in(Fields(parsed, ""))
    except Damaged as error:
        raise UsageError(f"the evidence is damaged: {error}; record it again") from None
    except (ValueError, RecursionError):
        raise UsageError("this is no evidence file: it is not JSON; give a file written with --evidence") from None


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _check_kind(document: Any) -> None:
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise UsageError("this is JSON, but no evidence of dane-check; give a file written with --evidence")
    schema = document.get("schema")
    if isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA:
        raise UsageError(f"the evidence has schema {schema}, this program knows {SCHEMA}; use a newer dane-check")
    if schema != SCHEMA or isinstance(schema, bool):
        raise UsageError("the evidence has no schema number that was ever written; give a file written with --evidence")


def _evidence_in(fields: Fields) -> Evidence:
    schema = fields.number("schema", SCHEMA, SCHEMA)
    fields.text("kind")
    settings = _settings_in(fields.take("settings"))
    limits = limits_of(settings).dns
    evidence = Evidence(
        now=fields.moment("now"),
        domains=fields.items("domains", text),
        anchors=fields.items("anchors", text),
        servers=fields.items("servers", _server_in),
        settings=settings,
        exchanges=fields.items("exchanges", lambda value, path: _exchange_in(value, path, limits)),
        handshakes=fields.items("handshakes", _handshake_in),
        renewals=fields.items("renewals", _renewal_in) if "renewals" in fields else (),
        schema=schema,
    )
    fields.end()
    return evidence


def _settings_in(value: Any) -> tuple[tuple[str, Any], ...]:
    if not isinstance(value, dict):
        raise Damaged("settings is no object")
    return tuple(
        (text(name, "settings"), _setting_in(one, f"settings.{safe(name, 40)}")) for name, one in value.items()
    )


def _setting_in(value: Any, path: str) -> Any:
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case str():
            return text(value, path)
        case list():
            return items(value, path, _setting_in)
    raise Damaged(f"{path} is no setting")


def _server_in(value: Any, path: str) -> Server:
    fields = Fields(value, path)
    server = Server(fields.address("address"), fields.number("port", 0, 65535))
    fields.end()
    return server


def _exchange_in(value: Any, path: str, limits: DnsLimits) -> DnsExchange:
    fields = Fields(value, path)
    question = Question(_name_in(fields.text("name"), fields.at("name")), fields.number("type", 0, 65535))
    server = _server_in(fields.take("server"), fields.at("server"))
    moment = fields.moment("moment") if "moment" in fields else None
    heard: Heard
    if "reply" in fields:
        heard = _message_in(fields, limits)
    else:
        heard = NoReply(fields.word("fault", Fault), fields.text("detail"))
    fields.end()
    return DnsExchange(question, server, heard, moment)


def _name_in(value: str, path: str) -> dns.name.Name:
    try:
        name = dns.name.from_text(value, None) if value.isascii() else dns.name.empty
    except (dns.exception.DNSException, ValueError):
        name = dns.name.empty
    if not name.is_absolute():
        raise Damaged(f"{path} is no absolute domain name")
    return name


def _message_in(fields: Fields, limits: DnsLimits) -> Heard:
    try:
        return read(fields.octets("reply"), limits)
    except Malformed as error:
        raise Damaged(f"{fields.at('reply')} is no DNS message: {safe(str(error), 120)}") from None


def _handshake_in(value: Any, path: str) -> Handshake:
    fields = Fields(value, path)
    request = _request_in(fields)
    outcome = _served_in(fields.fields("served")) if "served" in fields else _failure_in(fields.fields("failure"))
    fields.end()
    return Handshake(request, outcome)


def _renewal_in(value: Any, path: str) -> Renewal:
    fields = Fields(value, path)
    request = _request_in(fields)
    renewal = Renewal(request, fields.number("turn", 0, 99), fields.moment("first"), fields.moment("again"))
    fields.end()
    return renewal


def _request_in(fields: Fields) -> ProbeRequest:
    return ProbeRequest(
        address=fields.address("address"),
        port=fields.number("port", 0, 65535),
        server_name=fields.maybe_text("server_name"),
        key_types=frozenset(fields.items("key_types", _key_type_in)),
        helo=fields.text("helo"),
        protocol=fields.text("protocol"),
    )


def _key_type_in(value: Any, path: str) -> KeyType:
    return one_word(value, path, KeyType)


def _served_in(fields: Fields) -> ServedChain:
    certificates = fields.items("certificates", octets)
    key_type = fields.word("key_type", KeyType)
    tls = fields.fields("tls")
    facts = TlsFacts(tls.text("protocol"), tls.text("cipher"), tls.maybe_text("group"))
    tls.end()
    chain = ServedChain(certificates, key_type, facts, _smtp_in(fields.fields("smtp")))
    fields.end()
    return chain


def _failure_in(fields: Fields) -> HandshakeFailure:
    failure = HandshakeFailure(
        stage=fields.word("stage", Stage),
        refusal=fields.word("refusal", Refusal),
        fault=fields.maybe_word("fault", Fault),
        reply=_reply_in(fields.take("reply"), fields.at("reply")),
        detail=fields.text("detail"),
        smtp=_smtp_in(fields.fields("smtp")),
        alert=fields.number("alert", 0, 255) if "alert" in fields else None,
    )
    fields.end()
    return failure


def _smtp_in(fields: Fields) -> SmtpFacts:
    replies = {part: _reply_in(fields.take(part), fields.at(part)) for part in _SMTP_PARTS}
    fields.end()
    return SmtpFacts(**replies)


def _reply_in(value: Any, path: str) -> SmtpReply | None:
    if value is None:
        return None
    fields = Fields(value, path)
    reply = SmtpReply(fields.number("code", 0, 999), fields.items("lines", _line_in))
    fields.end()
    return reply


def _line_in(value: Any, path: str) -> bytes:
    try:
        return text(value, path).encode("latin-1")
    except UnicodeEncodeError:
        raise Damaged(f"{path} holds characters that are no octets") from None
