"""Text that tries to steer whoever shows it (threats T-26 … T-28)."""

from __future__ import annotations

from dataclasses import replace

from dane_check.check.outcome import DomainCheck
from dane_check.dnssec.lookup import Link
from dane_check.findings import About, Code, finding
from dane_check.policy.verdict import CertificateFacts, LookupView
from dane_check.ports import SmtpFacts, SmtpReply, TlsFacts
from tests.report.examples import bad_host, broken, failing

PAYLOADS = {
    "escape": "\x1b[31mred",
    "title": "\x1b]0;owned\x07",
    "hyperlink": "\x1b]8;;http://example.com\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;Y3VybA==\x07",
    "clear": "\x1b[2J\x1b[H",
    "c1-csi": "\x9b31m",
    "rlo": "\u202egnp.exe",
    "isolate": "\u2066x\u2069",
    "line-separator": "a\u2028b\u2029c",
    "bom": "\ufeffx",
    "newline": "a\nBROKEN  fake verdict",
    "return": "PASS\rFAIL",
    "backspace": "x\x08\x08y",
    "nul": "a\x00b",
    "delete": "a\x7fb",
    "surrogate": "a\udcffb",
    "markup-link": "[link=file:///etc/passwd]x[/link]",
    "markup-close": "[/tag]",
    "json": '"}],"verdict":"protected","x":[{"y":"',
    "script": "</script><script>alert(1)</script>",
    "formula": "=cmd|' /C calc'!A0",
    "braces": "{about} {0} %s %(x)s",
    "long": "A" * 20_000,
}


def octets(payload: str) -> bytes:
    """The payload as a server would send it."""
    return payload.encode("utf-8", "surrogateescape")


def everywhere(payload: str) -> DomainCheck:
    """A check with `payload` in every place that takes text from outside, safe there or not."""
    view = LookupView(
        payload, "A", "bogus", None, payload, "limit", (payload,), None, (Link(payload, payload, payload),)
    )
    certificate = CertificateFacts(payload, payload, None, None, payload, (payload, payload), "ab" * 32, "cd" * 32)
    reply = SmtpReply(250, (octets(payload), octets(payload)))
    endpoint = replace(
        failing("192.0.2.2"),
        reason=payload,
        server_name=payload,
        certificates=(certificate, certificate),
        tls=TlsFacts(payload, payload, payload),
        smtp=SmtpFacts(reply, reply, reply, reply),
        detail=payload,
        suggested=f"3 1 1 {payload}",
    )
    about = About(payload, payload, "192.0.2.2", "rsa", payload)
    said = finding(Code.TLSA_MISMATCH, about, suggested=payload, detail=payload, count=1)
    host = replace(
        bad_host(),
        host=payload,
        reason=payload,
        tlsa_base_domain=payload,
        tlsa=(replace(bad_host().tlsa[0], text=f"3 1 1 {payload}", reason=payload, state="unusable"),),
        endpoints=(endpoint, replace(endpoint, address=payload, matched=f"3 1 1 {payload}", depth=0)),
        lookups=(view,),
        findings=(said,),
    )
    verdict = replace(
        broken().verdict, domain=payload, mx=view, hosts=(host,), findings=(said,), reason=payload, sentence=payload
    )
    return DomainCheck(verdict, diagnostics=(said,))
