"""The SMTP session and the TLS handshake (field-notes area g)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

_ELSEWHERE = "where DANE demands nothing here, mail still flows: unprotected"
_NEEDS_TLS = (Severity.OUTAGE, Severity.UNPROTECTED)
_NO_WORD = (Severity.INCONCLUSIVE,)

AREA = {
    Code.MX_EXCLUDED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "{host} was left out because it was named as being down; senders may still find it there.",
        "Check again without --down when {host} is back.",
        "requirements D-18",
        rank=40,
    ),
    Code.SMTP_CONNECT_REFUSED: Diagnosis(
        _NO_WORD,
        "{address} refused the connection to port {port}.",
        "Start the mail server there, or remove the address; senders try the next one.",
        "RFC 5321 §5.1",
    ),
    Code.SMTP_CONNECT_TIMEOUT: Diagnosis(
        _NO_WORD,
        "{address} did not answer on port {port}.",
        "Check that port {port} is open there, and that this machine may connect to it.",
        "RFC 5321 §5.1",
    ),
    Code.SMTP_CONNECT_UNREACHABLE: Diagnosis(
        _NO_WORD,
        "{address} cannot be reached from here: {why}.",
        "Check the route to it, or run the check from another network.",
        "RFC 5321 §5.1",
    ),
    Code.SMTP_GREETING_REJECTED: Diagnosis(
        _NO_WORD,
        "{address} turned us away before EHLO: {reply}.",
        "This machine's address may be blocked there; try from another one, or later.",
        "RFC 5321 §3.1",
    ),
    Code.SMTP_EHLO_REJECTED: Diagnosis(
        _NO_WORD,
        "{address} refused EHLO: {reply}.",
        "Try again later, or give a name it accepts with --helo.",
        "RFC 5321 §4.1.1.1",
    ),
    Code.SMTP_DISCONNECTED: Diagnosis(
        _NO_WORD,
        "The session with {address} broke off before TLS: {why}.",
        "Try again later, or from another machine.",
        "RFC 5321 §3.1",
    ),
    Code.SMTP_PROTOCOL_GARBAGE: Diagnosis(
        (Severity.INCONCLUSIVE, Severity.UNPROTECTED),
        "What {address} says on port {port} is not SMTP: {why}.",
        "Check what listens on port {port}.",
        "RFC 5321 §4.2",
        when=_ELSEWHERE,
    ),
    Code.STARTTLS_MISSING: Diagnosis(
        _NEEDS_TLS,
        "{address} does not offer STARTTLS.",
        "Offer STARTTLS to every client.",
        "RFC 7672 §2.2, RFC 3207 §4",
        "starttls-not-supported",
        when=_ELSEWHERE,
        rank=85,
    ),
    Code.STARTTLS_MANGLED: Diagnosis(
        _NEEDS_TLS,
        "The STARTTLS keyword of {address} arrives mangled: {reply}.",
        "A firewall on the way inspects SMTP; switch that off.",
        "RFC 3207 §4",
        "starttls-not-supported",
        when=_ELSEWHERE,
        rank=86,
    ),
    Code.STARTTLS_REJECTED: Diagnosis(
        _NEEDS_TLS,
        "{address} offers STARTTLS but refuses it: {reply}.",
        "The server probably cannot load its key or certificate; see its log. A 4xx reply may be temporary.",
        "RFC 3207 §4",
        "starttls-not-supported",
        when=_ELSEWHERE,
        rank=85,
    ),
    Code.STARTTLS_INJECTION: Diagnosis(
        _NEEDS_TLS,
        "{address} sent octets between its go-ahead and the TLS handshake: an attack, or a broken server.",
        "Update the server, and look at what stands between.",
        "RFC 3207 §6",
        "validation-failure",
        when=_ELSEWHERE,
        rank=87,
    ),
    Code.TLS_HANDSHAKE_FAILED: Diagnosis(
        _NEEDS_TLS,
        "The TLS handshake with {address} fails: {why}.",
        "Let the server speak TLS 1.2 or 1.3 with ordinary cipher suites.",
        "RFC 7672 §8, RFC 8996",
        "validation-failure",
        when=_ELSEWHERE,
        rank=85,
    ),
    Code.TLS_BROKEN_OFF: Diagnosis(
        (Severity.INCONCLUSIVE, Severity.UNPROTECTED),
        "The TLS handshake with {address} broke off: {why}.",
        "Try again later, or from another machine.",
        "requirements S4-A08",
        when=_ELSEWHERE,
        rank=60,
    ),
    Code.SNI_REJECTED: Diagnosis(
        _NEEDS_TLS,
        "{address} ends the handshake because it does not know the server name {name}, which senders must send.",
        "Let the server answer with its usual certificate to any server name it does not know.",
        "RFC 7671 §3, RFC 7672 §8.1",
        "validation-failure",
        when=_ELSEWHERE,
        rank=86,
    ),
    Code.STARTTLS_SELECTIVE: Diagnosis(
        (Severity.PARTIAL, Severity.UNPROTECTED),
        "{host} offers STARTTLS at some addresses or times only: {where} did not always.",
        "Offer STARTTLS at every address, to every client and every time.",
        "RFC 7672 §9.2",
        "starttls-not-supported",
        when=_ELSEWHERE,
        rank=84,
    ),
    Code.TLS_NO_CERTIFICATE: Diagnosis(
        (Severity.OUTAGE,),
        "{address} serves no certificate.",
        "Give the server a certificate.",
        "requirements S4-A18",
        "certificate-not-trusted",
        rank=85,
    ),
    Code.TLS_POST_EHLO_FAILED: Diagnosis(
        (Severity.PARTIAL,),
        "{address} refuses EHLO after TLS: {reply}.",
        "Repair the server; senders cannot go on after the handshake.",
        "RFC 3207 §4.2",
    ),
}
