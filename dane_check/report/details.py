"""The parts of a text report that are shown on request: certificates, SMTP replies, lookups, chains of trust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from dane_check.policy.profiles import PROFILES
from dane_check.policy.verdict import CertificateFacts, EndpointVerdict, HostVerdict, LookupView, SenderOutcome
from dane_check.ports import SmtpFacts, SmtpReply
from dane_check.report.bounded import Allowance
from dane_check.report.styled import Line, Style, Styled
from dane_check.report.words import answer, moment, validity

_SENDER_STYLE: Final = {SenderOutcome.ACCEPTS: Style.GOOD, SenderOutcome.REFUSES: Style.BAD}


def certificate_lines(endpoint: EndpointVerdict, allowance: Allowance, indent: str) -> Iterator[Line]:
    """The chain as served, with the TLSA data each certificate would need."""
    for place, certificate in enumerate(endpoint.certificates):
        subject = allowance.text(certificate.subject) if certificate.subject else "(no subject)"
        yield (f"{indent}certificate {place}  {subject}",)
        yield (f"{indent}  {'  '.join(_about(certificate, allowance))}",)
        usage = 2 if place else 3
        if certificate.spki_sha256:
            yield (f"{indent}  {usage} 1 1 {certificate.spki_sha256}",)
        yield (f"{indent}  {usage} 0 1 {certificate.certificate_sha256}",)


def tls_lines(endpoint: EndpointVerdict, indent: str) -> Iterator[Line]:
    """What was negotiated, and what else is to be said of the session."""
    if endpoint.tls:
        group = f" {endpoint.tls.group}" if endpoint.tls.group else ""
        yield (f"{indent}{endpoint.tls.protocol} {endpoint.tls.cipher}{group}",)
    if endpoint.detail:
        yield (f"{indent}{endpoint.detail}",)
    if endpoint.renewed:
        first, again = endpoint.renewed
        yield (f"{indent}TLSA looked up at {moment(first)}, and again at {moment(again)}, when the session was held",)


def _about(certificate: CertificateFacts, allowance: Allowance) -> list[str]:
    issuer = f"issuer {allowance.text(certificate.issuer)}" if certificate.issuer else ""
    names = f"names {', '.join(allowance.texts(certificate.names))}" if certificate.names else ""
    return [part for part in (certificate.key or "", validity(certificate), issuer, names) if part]


def smtp_lines(endpoint: EndpointVerdict, allowance: Allowance, indent: str) -> Iterator[Line]:
    """What the server said."""
    for reply in _replies(endpoint.smtp):
        for text in allowance.texts(reply.lines):
            yield (f"{indent}< {reply.code} {text}",)


def _replies(smtp: SmtpFacts | None) -> list[SmtpReply]:
    said = (smtp.greeting, smtp.ehlo, smtp.starttls, smtp.ehlo_after_tls) if smtp else ()
    return [reply for reply in said if reply is not None]


def lookup_lines(lookup: LookupView, indent: str) -> Iterator[Line]:
    """One lookup in one line, with what is wrong with it and what the resolver hinted at."""
    until = f"  until {moment(lookup.expires)}" if lookup.expires else ""
    why = f"  {lookup.why}" if lookup.why else ""
    yield (f"{indent}{lookup.name} {lookup.rdtype}  {answer(lookup)}{until}{why}",)
    for hint in lookup.hints:
        yield (f"{indent}  the resolver says: {hint}",)


def sender_lines(host: HostVerdict, indent: str, *, everyone: bool) -> Iterator[Line]:
    """What each kind of sender does with the host; only what differs from the first, unless `everyone`."""
    first = host.senders[0].outcome if host.senders else None
    sentences = {profile.name: profile.sentence for profile in PROFILES}
    for sender in host.senders:
        if everyone or sender.outcome is not first:
            style = _SENDER_STYLE.get(sender.outcome, Style.WARN)
            told = (f"{indent}sender {sender.profile:<14}  ", Styled(f"{sender.outcome.value:<11}", style))
            yield (*told, f"  {sender.because}", Styled(f"  ({sentences.get(sender.profile, '')})", Style.DIM))


def chain_lines(lookup: LookupView, shown: set[str], indent: str) -> Iterator[Line]:
    """One lookup and its chain of trust from the anchor down; the link that fails comes last and says so.

    shown -- the links that were printed before; a chain that begins with them is not printed twice.
    """
    yield from lookup_lines(lookup, indent)
    links = _without_repetition(lookup.chain, shown)
    for depth, link in enumerate(links, start=1):
        yield (Styled(f"{indent}{'  ' * depth}└ {link}", Style.DIM),)
    if lookup.why:
        word = "fails here" if lookup.status in {"bogus", "indeterminate"} else "ends here"
        style = Style.BAD if lookup.status == "bogus" else Style.WARN
        yield (f"{indent}{'  ' * (len(links) + 1)}└ ", Styled(word, style), f": {lookup.why}")
    shown.update(lookup.chain)


def _without_repetition(chain: Sequence[str], shown: set[str]) -> list[str]:
    known = list(takewhile(shown.__contains__, chain))
    if len(known) < 2:
        return list(chain)
    return [f"… as above, down to {known[-1].partition(':')[0]}", *chain[len(known) :]]
