"""What a rollover starts from, asked of the world: which hosts, which records on which server, which chains."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dane_check.check.domain import check_relay
from dane_check.check.served import served_chains
from dane_check.check.session import Session
from dane_check.check.sweep import ServerAnswer, Sweeper, Swept
from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, LookupSource, Secure, SecureDenial
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.names import parse_domain, plain, safe
from dane_check.policy.destination import Hosts, destination
from dane_check.policy.service import SMTP_PORT, tlsa_owner
from dane_check.policy.verdict import HostVerdict, HostWord
from dane_check.rehearsal.candidates import CandidateChain, chain_from_der
from dane_check.rehearsal.live import rehearse
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.rollover.edits import staying
from dane_check.rehearsal.rollover.situation import AtServer, HostState, Next, RolloverState, Seen, Standing
from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.identity import name_matches
from dane_check.tlsa.record import parse_rdata

_MOST_NAMES = 100  # of a certificate that are asked about; public CAs put no more into one
_MOST_HOSTS = DEFAULT.domain.mx_hosts


@dataclass(frozen=True, slots=True)
class Sharing:
    """Which hosts share the certificate.

    names -- mail hosts. domains -- mail domains, whose MX hosts count where the certificate covers them.
    connect -- whether the servers are asked for what they serve; where not, they are taken to serve nothing else.
    """

    names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    ports: tuple[int, ...] = (SMTP_PORT,)
    connect: bool = True


def sharing(
    names: Sequence[str] = (), domains: Sequence[str] = (), ports: Sequence[int] = (SMTP_PORT,), *, connect: bool = True
) -> Sharing:
    """Names and ports as people give them. Raises UsageError."""
    for port in ports:
        if not 0 < port < 65536:
            raise UsageError(f"port {port} is not between 1 and 65535")
    hosts = tuple(dict.fromkeys(map(parse_domain, names)))
    mail = tuple(dict.fromkeys(map(parse_domain, domains)))
    if max(len(hosts), len(mail)) > _MOST_HOSTS:
        raise UsageError(f"more than {_MOST_HOSTS} names are too many for one rollover; split it")
    if any(tlsa_owner(host, port) is None for host in hosts for port in ports):
        raise UsageError("the name of a host is too long to have TLSA records")
    return Sharing(hosts, mail, tuple(dict.fromkeys(ports)) or (SMTP_PORT,), connect)


async def gather(asked: Sharing, goal: Next, session: Session, sweeper: Sweeper) -> RolloverState:
    """The state of every host that shares the certificate; trouble of the world is a value in it."""
    found = _Found(troubles=[], remarks=_uncovered(asked.names, goal), hosts=dict.fromkeys(asked.names), domains={})
    source = session.lookups()
    await asyncio.gather(*(_mx_hosts(found, source, domain, goal) for domain in asked.domains))
    targets = [(host, port) for host in found.hosts for port in asked.ports]
    targets += await _by_name(found, session.lookups(), goal, asked.ports)
    if len(targets) > _MOST_HOSTS:
        found.troubles.append(f"{len(targets)} hosts and ports share the certificate; {_MOST_HOSTS} can be judged")
    states = [
        _host_state(session, sweeper, host, port, tuple(found.domains.get(host, ())), connect=asked.connect)
        for host, port in targets[:_MOST_HOSTS]
    ]
    return RolloverState(tuple(await asyncio.gather(*states)), tuple(found.troubles), tuple(found.remarks))


async def rehearsed(state: RolloverState, goal: Next, session: Session) -> dict[str, int]:
    """For each host the exit status of a rehearsal: what is published, with what is going to be served."""
    hosts = [host for host in state.hosts if host.standing is Standing.SECURE]
    plans = [
        Plan(
            hosts=(host.host,),
            port=host.port,
            chains=(*goal.chains, *(one for one in staying(host, goal) if isinstance(one, CandidateChain))),
            domains=tuple(name for name in host.names[1:]),
        )
        for host in hosts
    ]
    results = await asyncio.gather(*(rehearse(plan, session) for plan in plans))
    return {host.where: result.exit_status for host, result in zip(hosts, results, strict=True)}


@dataclass(slots=True)
class _Found:
    """What is being collected. `domains`: the mail domains of each host whose secure MX records name it."""

    troubles: list[str]
    remarks: list[str]
    hosts: dict[str, None]
    domains: dict[str, list[str]]


async def _mx_hosts(found: _Found, source: LookupSource, domain: str, goal: Next) -> None:
    answer = await source.lookup(domain, "MX")
    if isinstance(answer, Bogus | Indeterminate):
        found.troubles.append(f"the mail hosts of {domain} could not be looked up: {answer.why.sentence}")
        return
    to = destination(domain, answer, require_dane=False, most_hosts=_MOST_HOSTS)
    if not isinstance(to, Hosts):
        found.remarks.append(f"{domain} has no mail host")
        return
    if to.left_out:
        found.troubles.append(f"{domain} has more than {_MOST_HOSTS} mail hosts")
    for host in to.hosts:
        if goal.chains and not any(_covers(chain, host.name) for chain in goal.chains):
            found.remarks.append(f"the certificate does not cover {host.name}, a mail host of {domain}: left out")
            continue
        found.hosts.setdefault(host.name)
        if to.secure:
            found.domains.setdefault(host.name, []).append(domain)


def _uncovered(names: Sequence[str], goal: Next) -> list[str]:
    """Hosts that were named and are not in the certificate, which matters to DANE-TA(2) only."""
    if not goal.chains:
        return []
    others = [name for name in names if not any(_covers(chain, name) for chain in goal.chains)]
    return [f"the certificate does not cover {name}; it counts because it was named" for name in others]


def _names_of(chain: CandidateChain) -> tuple[str, ...]:
    leaf = Certificate(chain.certificates[0])
    return tuple(name.lower().rstrip(".") for name in leaf.dns_names or leaf.common_names)


def _covers(chain: CandidateChain, host: str) -> bool:
    return any(
        name_matches(name.encode("ascii", "replace"), host.encode("ascii", "replace")) for name in _names_of(chain)
    )


async def _by_name(found: _Found, source: LookupSource, goal: Next, ports: Sequence[int]) -> list[tuple[str, int]]:
    """The names in the certificate that have TLSA records and were not given."""
    names = list(dict.fromkeys(name for chain in goal.chains for name in _names_of(chain) if name not in found.hosts))
    wild = [name for name in names if name.startswith("*")]
    if wild:
        found.remarks.append(f"{safe(', '.join(wild), 200)} covers hosts that only you know; name each with --name")
    plain_names = [name for name in names if name not in wild and _is_name(name)]
    if len(plain_names) > _MOST_NAMES:
        found.troubles.append(
            f"the certificate has {len(plain_names)} names; more than {_MOST_NAMES} are not asked about"
        )
    owners = [(name, port, tlsa_owner(name, port)) for name in plain_names[:_MOST_NAMES] for port in ports]
    asked = [(name, port, owner) for name, port, owner in owners if owner is not None]
    answers = await asyncio.gather(*(source.lookup(owner, "TLSA") for _, _, owner in asked))
    for (name, _, _), answer in zip(asked, answers, strict=True):
        if isinstance(answer, Bogus | Indeterminate):
            found.troubles.append(f"whether {name} has TLSA records could not be told: {answer.why.sentence}")
    return [(name, port) for (name, port, _), found_ in zip(asked, answers, strict=True) if isinstance(found_, Secure)]


def _is_name(name: str) -> bool:
    try:
        return parse_domain(name) == name
    except UsageError:
        return False


# --- one host ----------------------------------------------------------------------------------------------


async def _host_state(
    session: Session, sweeper: Sweeper, host: str, port: int, domains: tuple[str, ...], *, connect: bool
) -> HostState:
    looked_up = replace(session, settings=replace(session.settings, connect=False))
    verdict = (await check_relay(looked_up, host, port)).verdict.hosts[0]
    base = verdict.tlsa_base_domain or host
    owner = tlsa_owner(base, port) or tlsa_owner(host, port)
    if owner is None:
        return HostState(host, host, Standing.UNKNOWN, port, "its name is too long to have TLSA records")
    source = session.lookups()
    answer = await source.lookup(owner, "TLSA")
    standing, why = _standing(verdict, answer, signed=source.zone_is_proven_signed(owner))
    if standing in {Standing.UNKNOWN, Standing.INSECURE}:
        return HostState(host, owner, standing, port, why, names=(base, *domains))
    swept = await sweeper.sweep(owner, "TLSA")
    ttls = [*(one.ttl for one in swept.answers), *(one.ttl for one in answer.records)]
    end = plain(answer.aliases[-1].target) if answer.aliases else owner
    state = HostState(
        host=host,
        owner=end,
        alias=owner if end != owner else "",
        standing=standing,
        port=port,
        why=why,
        published=tuple(parse_rdata(record.wire) for record in answer.records),
        ttl=max(ttls) if answer.records and ttls else None,
        negative_ttl=await _negative_ttl(source, swept) if standing is Standing.ABSENT else None,
        expires=answer.expires,
        names=(base, *domains),
        servers=tuple(map(_at_server, swept.answers)),
        sweep_troubles=swept.troubles,
    )
    return await _with_served(state, session, host, port) if connect else state


def _standing(verdict: HostVerdict, answer: Lookup, *, signed: bool) -> tuple[Standing, str]:
    if verdict.word in {HostWord.DNS_BOGUS, HostWord.DNS_ERROR}:
        failed = next((one.why for one in verdict.lookups if one.status in {"bogus", "indeterminate"} and one.why), "")
        return Standing.UNKNOWN, failed or "a lookup failed"
    if verdict.word is HostWord.NO_ADDRESS:
        return Standing.UNKNOWN, "it has no address"
    match answer:
        case Secure() if verdict.tlsa_base_domain is not None:
            return Standing.SECURE, ""
        case Secure():
            return Standing.INSECURE, "its addresses are not signed, so that senders do not look for TLSA records"
        case SecureDenial():
            return Standing.ABSENT, "it has no TLSA records"
        case Insecure(kind=kind, why=why):
            only_the_denial = kind != "data" and why.cause in {Cause.OPT_OUT, Cause.NSEC3_ITERATIONS}
            return (
                (Standing.ABSENT, "it has no TLSA records")
                if only_the_denial and signed
                else (Standing.INSECURE, why.sentence)
            )
        case Bogus(why=why) | Indeterminate(why=why):
            return Standing.UNKNOWN, why.sentence


def _at_server(answer: ServerAnswer) -> AtServer:
    match answer.found:
        case Secure(records=records):
            held = tuple(Seen(parse_rdata(record.wire), ttl=answer.ttl) for record in records)
            return AtServer(answer.server, held, ttl=answer.ttl)
        case SecureDenial():
            return AtServer(answer.server, ttl=answer.ttl)
        case None:
            return AtServer(answer.server, trouble=answer.trouble)
    return AtServer(answer.server, trouble=f"the answer of {answer.server} is not signed")


async def _negative_ttl(source: LookupSource, swept: Swept) -> int | None:
    """RFC 2308 §5: the lesser of the SOA record's own TTL and its last field."""
    for zone in swept.zones[-1:]:
        soa = await source.lookup(zone, "SOA")
        for record in soa.records:
            last = record.text.rpartition(" ")[2]
            return min(record.ttl, int(last)) if last.isdigit() else record.ttl
    return None


async def _with_served(state: HostState, session: Session, host: str, port: int) -> HostState:
    served = await served_chains(session, host, port)
    chains, troubles = [], [safe(one, 300) for one in served.troubles]
    for one in served.chains:
        try:
            chains.append(chain_from_der(one, f"what {state.where} serves"))
        except UsageError as fault:
            troubles.append(str(fault))
    unreached = tuple(troubles) if chains or troubles else (f"{host} served no certificate",)
    return replace(state, served=tuple(chains), unreached=unreached)
