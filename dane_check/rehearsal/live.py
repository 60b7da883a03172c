"""A rehearsal over lookups: zones and addresses of the world or of a file, candidates in place of what there is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dane_check.check.domain import check_relay, clock_trouble
from dane_check.check.outcome import DomainCheck
from dane_check.check.session import DomainLookups, Session
from dane_check.check.view import lookup_view
from dane_check.dnssec.lookup import Lookup, LookupSource, Secure, SecureDenial
from dane_check.findings import About, Code, Finding, finding
from dane_check.names import is_host_name, plain
from dane_check.policy.destination import Destination, Hosts, NoHosts, destination
from dane_check.policy.domain import domain_verdict, ended, inapplicable
from dane_check.policy.service import tlsa_owner
from dane_check.policy.verdict import HostVerdict
from dane_check.rehearsal.first import first_of_host
from dane_check.rehearsal.fold import mail_rehearsal, rehearsal
from dane_check.rehearsal.moments import AFTER, BEFORE, CACHED, Era, Pair
from dane_check.rehearsal.outcome import MailRehearsal, Rehearsal
from dane_check.rehearsal.overlay import Overlay
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.played import Played
from dane_check.rehearsal.rehearse import rehearse_offline
from dane_check.rehearsal.stage import Stage, unasked
from dane_check.rehearsal.zone.source import ZoneSource
from dane_check.settings import Settings


async def rehearse_unasked(plan: Plan, settings: Settings, now: datetime) -> Rehearsal:
    """A plan with everything in it, judged at `now` without asking anybody (PF-a)."""
    if plan.zone is None:
        return rehearse_offline(plan, now)
    return await rehearse(plan, unasked(settings, now))


async def rehearse(plan: Plan, session: Session, *, clock_is_suspect: bool = False) -> Rehearsal:
    """Every mail domain and every host of the plan; lookups first, then every address, in each era."""
    if clock_is_suspect:  # D-23
        return _by_no_clock(plan, session)
    stage = Stage(plan, session)
    try:
        mail = await asyncio.gather(*(_mail(plan, stage, session, domain) for domain in plan.mail))
        relays = await asyncio.gather(*(_relay(plan, stage, host) for host in plan.hosts))
        parts = [part for one in mail for part in one.parts] + list(relays)
        played = await asyncio.gather(*(_play(plan, stage, session, part) for part in parts))
        remarks = await _forgotten(plan, stage.lookups(Era.NEW))
    finally:
        await stage.aclose()
    return _together(plan, mail, played, remarks, session.now)


@dataclass(frozen=True, slots=True)
class _Part:
    """One host to be played. `domains`: the mail domains whose names count; `domain`: the one it is played for."""

    host: str
    domains: tuple[str, ...] = ()
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail domain and where its mail goes."""

    domain: str
    found: Lookup
    goes_to: Destination

    @property
    def parts(self) -> list[_Part]:
        """Its hosts; names of the domain count only where its MX records are secure (RFC 7672 §3.2.2, A-1)."""
        if isinstance(self.goes_to, NoHosts):
            return []
        domains = self.goes_to.next_hops if self.goes_to.secure else ()
        return [_Part(host.name, domains, self.domain) for host in self.goes_to.hosts]


def _by_no_clock(plan: Plan, session: Session) -> Rehearsal:
    mail = [mail_rehearsal(clock_trouble(domain, session.now).verdict) for domain in plan.mail]
    return rehearsal(
        plan, [Played(host, clock_trouble(host, session.now).verdict) for host in plan.hosts], session.now, mail
    )


# --- for whom ------------------------------------------------------------------------------------------


async def _mail(plan: Plan, stage: Stage, session: Session, domain: str) -> _Mail:
    found = await stage.lookups(Era.NEW).lookup(domain, "MX")
    most = session.settings.limits.domain.mx_hosts
    return _Mail(domain, found, destination(domain, found, require_dane=False, most_hosts=most))


async def _relay(plan: Plan, stage: Stage, host: str) -> _Part:
    return _Part(host, await _sending_here(plan.domains, stage.lookups(Era.NEW), host))


async def _sending_here(domains: Sequence[str], source: LookupSource, host: str) -> tuple[str, ...]:
    """The mail domains whose secure MX records name the host (RFC 7672 §3.2.2, A-1)."""
    answers = await asyncio.gather(*(source.lookup(domain, "MX") for domain in domains))
    return tuple(domain for domain, answer in zip(domains, answers, strict=True) if _names(answer, host))


def _names(answer: Lookup, host: str) -> bool:
    targets = {plain(record.text.rpartition(" ")[2]) for record in answer.records}
    return isinstance(answer, Secure) and host in targets


# --- one host ------------------------------------------------------------------------------------------


async def _play(plan: Plan, stage: Stage, session: Session, part: _Part) -> Played:
    if plan.is_first:
        return await first_of_host(session, part.host, plan.port, part.domains, part.domain)
    candidates = plan.set_of(part.host)
    new, old = stage.lookups(Era.NEW, candidates), stage.lookups(Era.OLD, plan.previous_of(part.host))
    pairs = list(stage.pairs(part.host))

    async def one(pair: Pair) -> DomainCheck:
        source = new if pair[0] is Era.NEW else old
        return await check_relay(stage.session(source, part.host, pair[1]), part.host, plan.port, part.domains)

    checks = dict(zip(pairs, await asyncio.gather(*map(one, pairs)), strict=True))
    after = checks[AFTER]
    played = Played(
        part.host,
        after.verdict,
        after.diagnostics,
        await _published(plan, new, old, part.host, checks),
        new.because if isinstance(new, Overlay | ZoneSource) else None,
        part.domains,
        {pair: check.verdict.hosts[0] for pair, check in checks.items() if check.verdict.hosts},
        candidates if plan.zone is None else stage.set_of(part.host),
        part.domain,
    )
    if not isinstance(new, Overlay):
        return played
    return replace(played, hidden=part.host in new.hidden, hides=await _hides(new, part.host, played.published))


async def _hides(source: LookupSource, host: str, published: Lookup | None) -> bool:
    """Whether the records that stand now are those of a wildcard that ends where the candidates make names exist.

    `*._tcp.mx` goes on answering for its other ports; `*.mx` and anything higher does not. One more question tells.
    """
    if not isinstance(published, Secure) or not published.wildcard:
        return False
    beside = await source.lookup(f"_dane-check.{host}", "TLSA")
    return isinstance(beside, Secure) and beside.wildcard


async def _published(
    plan: Plan,
    new: LookupSource,
    old: LookupSource,
    host: str,
    checks: dict[Pair, DomainCheck],
) -> Lookup | None:
    """What stands at the TLSA owner name now, where a sender came to ask for it; nothing is asked for its own sake."""
    owner = tlsa_owner(host, plan.port)
    if isinstance(new, Overlay) and owner in new.replaced:
        return new.replaced[owner]
    verdicts = [checks[pair].verdict for pair in (BEFORE, CACHED) if pair in checks]
    asked = (one for verdict in verdicts for seen in verdict.hosts[:1] for one in seen.lookups)
    if owner is None or not any(one.rdtype == "TLSA" and one.name == owner for one in asked):
        return None
    return await old.lookup(owner, "TLSA")


# --- together ------------------------------------------------------------------------------------------


def _together(
    plan: Plan, mail: Sequence[_Mail], played: Sequence[Played], remarks: tuple[Finding, ...], now: datetime
) -> Rehearsal:
    by_zone = plan.zone is not None
    folded = [_folded(one, [part.told for part in played if part.domain == one.domain], by_zone) for one in mail]
    return rehearsal(plan, played, now, folded, remarks)


async def _forgotten(plan: Plan, source: DomainLookups) -> tuple[Finding, ...]:
    """Mail hosts of the domains given that are not rehearsed, and have proof that there is no record for them."""
    if not plan.replaces_records or plan.zone is not None or plan.offline:
        return ()
    found = []
    for domain in plan.domains:
        answer = await source.lookup(domain, "MX")
        targets = [plain(one.text.rpartition(" ")[2]) for one in answer.records] if isinstance(answer, Secure) else []
        hosts = list(filter(is_host_name, targets))  # a null MX beside others is none
        for host in hosts if set(hosts) & set(plan.hosts) else []:
            owner = tlsa_owner(host, plan.port)
            if host in plan.hosts or owner is None or not source.zone_is_proven_signed(host):
                continue
            if isinstance(await source.lookup(owner, "TLSA"), SecureDenial):
                found.append(finding(Code.MX_HOST_FORGOTTEN, About(domain, host), name=owner))
    return tuple(found)


def _folded(mail: _Mail, hosts: Sequence[HostVerdict], by_zone: bool) -> MailRehearsal:
    view = lookup_view(mail.domain, "MX", mail.found)
    match mail.goes_to:
        case NoHosts() as end:
            return mail_rehearsal(ended(mail.domain, end, view))
        case Hosts() as goes_to:
            judged = [*hosts, *map(inapplicable, goes_to.inapplicable)]
            verdict = domain_verdict(mail.domain, view, goes_to, judged, strict=False)
            return mail_rehearsal(verdict, by_zone=by_zone)
