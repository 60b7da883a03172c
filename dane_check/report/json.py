"""Checks and lookups as JSON. The shapes stand in schema/*.json; keys keep their order, text is ASCII only.

Everything that came from the network is made safe once, here or where the value was made, so that a program that
prints a field cannot be made to steer a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from dane_check.check.outcome import DomainCheck
from dane_check.dnssec.lookup import Link
from dane_check.findings import CATALOGUE, Finding, remedy, sentence
from dane_check.policy.verdict import (
    CertificateFacts,
    DomainVerdict,
    EndpointVerdict,
    HostVerdict,
    LookupView,
    RecordView,
    SenderView,
)
from dane_check.ports import SmtpFacts, SmtpReply, TlsFacts
from dane_check.report.bounded import Allowance
from dane_check.report.comparison import zone_line
from dane_check.report.styled import visible

SCHEMA = 1

Json = dict[str, Any]


def document(kind: str, **parts: Any) -> Json:
    """A document with its schema number and kind in front."""
    return {"schema": SCHEMA, "kind": kind, **parts}


def dumped(value: Mapping[str, Any], *, lines: bool = False) -> str:
    """`value` as ASCII-only JSON, indented or on one line; no newline at the end."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, indent=None if lines else 2)


def checks_to_text(checks: Iterable[DomainCheck]) -> str:
    """One document for all of `checks`."""
    return dumped(document("check", domains=[check_to_json(check) for check in checks]))


def check_to_line(check: DomainCheck) -> str:
    """One check on one line, with schema and kind of its own (`--jsonl`)."""
    return dumped(document("check", **check_to_json(check)), lines=True)


def check_to_json(check: DomainCheck) -> Json:
    """One element of `domains`: the verdict, and beside it its moment, diagnostics and timings."""
    return _verdict(check.verdict) | {
        "now": check.now and moment(check.now),
        "certificates_at": check.verdict.certificates_at and moment(check.verdict.certificates_at),
        "diagnostics": [finding_to_json(one) for one in check.diagnostics],
        "timings": {step: round(seconds, 6) for step, seconds in sorted(check.timings.items())},
    }


def _verdict(verdict: DomainVerdict) -> Json:
    return {
        "domain": visible(verdict.domain),
        "verdict": verdict.word.value,
        "exit_status": verdict.exit_status,
        "unaudited_exit_status": verdict.unaudited,
        "complete": verdict.complete,
        "reason": _shown(verdict.reason),
        "sentence": visible(verdict.sentence),
        "mx": verdict.mx and view_to_json(verdict.mx) | {"implicit": verdict.implicit_mx},
        "hosts": [host_to_json(host) for host in verdict.hosts],
        "findings": [finding_to_json(one) for one in verdict.findings],
    }


def host_to_json(host: HostVerdict) -> Json:
    """One element of `hosts`."""
    allowance = Allowance()
    return {
        "host": visible(host.host),
        "preference": host.preference,
        "verdict": host.word.value,
        "reason": _shown(host.reason),
        "complete": host.complete,
        "tlsa_base_domain": _shown(host.tlsa_base_domain),
        "tlsa": [_record(record) for record in host.tlsa],
        "endpoints": [_endpoint(host, one, allowance) for one in host.endpoints],
        "findings": [finding_to_json(one) for one in host.findings],
        "tlsrpt": host.tlsrpt,
        "lookups": [view_to_json(one) for one in host.lookups],
        "senders": [_sender(one) for one in host.senders],
    }


def _sender(sender: SenderView) -> Json:
    return {"profile": sender.profile, "outcome": sender.outcome.value, "because": visible(sender.because)}


def _record(record: RecordView) -> Json:
    return {
        "record": visible(record.text),
        "state": record.state,
        "reason": _shown(record.reason),
        "matches": record.matches,
        "ttl": record.ttl,
    }


def _endpoint(host: HostVerdict, endpoint: EndpointVerdict, allowance: Allowance) -> Json:
    publish = zone_line(host, endpoint)
    return {
        "address": visible(endpoint.address),
        "port": endpoint.port,
        "key_type": endpoint.key_type and endpoint.key_type.value,
        "result": endpoint.result.value,
        "verdict": endpoint.word.value,
        "reason": _shown(endpoint.reason),
        "matched": _shown(endpoint.matched),
        "depth": endpoint.depth,
        "server_name": _shown(endpoint.server_name),
        "certificates": [certificate_to_json(one, allowance) for one in endpoint.certificates],
        "tls": endpoint.tls and _tls(endpoint.tls),
        "smtp": endpoint.smtp and _smtp(endpoint.smtp, allowance),
        "tlsrpt": endpoint.tlsrpt,
        "detail": visible(endpoint.detail),
        "publish": _shown(publish),
        "sessions": endpoint.sessions,
        "tlsa_looked_up": [moment(one) for one in endpoint.renewed or ()],
    }


def certificate_to_json(certificate: CertificateFacts, allowance: Allowance) -> Json:
    """What people want to know of a certificate, as far as there is room for it."""
    return {
        "subject": None if certificate.subject is None else allowance.text(certificate.subject),
        "issuer": None if certificate.issuer is None else allowance.text(certificate.issuer),
        "not_before": certificate.not_before and moment(certificate.not_before),
        "not_after": certificate.not_after and moment(certificate.not_after),
        "key": _shown(certificate.key),
        "names": allowance.texts(certificate.names),
        "spki_sha256": certificate.spki_sha256,
        "certificate_sha256": certificate.certificate_sha256,
    }


def _tls(tls: TlsFacts) -> Json:
    return {"protocol": visible(tls.protocol), "cipher": visible(tls.cipher), "group": _shown(tls.group)}


def _smtp(smtp: SmtpFacts, allowance: Allowance) -> Json:
    return {
        "greeting": _reply(smtp.greeting, allowance),
        "ehlo": _reply(smtp.ehlo, allowance),
        "starttls": _reply(smtp.starttls, allowance),
        "ehlo_after_tls": _reply(smtp.ehlo_after_tls, allowance),
    }


def _reply(reply: SmtpReply | None, allowance: Allowance) -> Json | None:
    return None if reply is None else {"code": reply.code, "lines": allowance.texts(reply.lines)}


def finding_to_json(finding: Finding) -> Json:
    """A finding with its sentence and remedy."""
    about, diagnosis = finding.about, CATALOGUE[finding.code]
    narrowed = {
        "domain": about.domain,
        "host": about.host,
        "address": about.address,
        "key_type": about.key_type,
        "record": about.record,
    }
    return {
        "code": finding.code.value,
        "severity": finding.severity.value,
        "sentence": visible(sentence(finding)),
        "remedy": visible(remedy(finding)),
        "about": {part: _shown(value) for part, value in narrowed.items()},
        "facts": {name: visible(value) for name, value in finding.facts},
        "tlsrpt": diagnosis.tlsrpt,
        "source": diagnosis.source,
    }


def view_to_json(lookup: LookupView) -> Json:
    """One validated lookup as reports show it."""
    return {
        "name": visible(lookup.name),
        "rdtype": lookup.rdtype,
        "status": lookup.status,
        "kind": lookup.kind,
        "cause": lookup.cause,
        "why": _shown(lookup.why),
        "hints": [visible(hint) for hint in lookup.hints],
        "alias_of": _shown(lookup.alias_of),
        "expires": lookup.expires and moment(lookup.expires),
        "chain": [link_to_json(link) for link in lookup.links],
    }


def link_to_json(link: Link) -> Json:
    """One link of a chain of trust, the same in every kind of document."""
    by = link.signature
    signature = by and {
        "zone": visible(by.zone),
        "key_tag": by.key_tag,
        "algorithm": by.algorithm,
        "inception": moment(by.inception),
        "expiration": moment(by.expiration),
    }
    return {
        "zone": visible(link.zone),
        "rrset": visible(link.rrset),
        "means": visible(link.means),
        "signature": signature,
    }


def moment(when: datetime) -> str:
    """ISO 8601 in UTC to the second, "2026-03-01T12:00:00Z"."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _shown(text: str | None) -> str | None:
    return None if text is None else visible(text)
