"""The cells of the matrix: every fault at every step of the calm run, once and each time, with its class."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from dane_check.lab.faults import DnsFault, StreamFault
from dane_check.lab.mail.tls import Presented
from dane_check.ports import Question

from .classes import Class, Step, class_of
from .grounds import Ground, Host, Policy, scenario_of
from .playing import HeardTurns, calm, lab_of
from .troubles import DnsTroubled, Role, StreamTroubled, at_connection, at_question, at_turn, results_of, role_of

_CERTIFICATES = 30  # L-17 allows 20
_SESSIONS = 3  # L-19


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one step.

    concerned -- the hosts whose verdict rests on the step; forbidden -- addresses nobody may connect to then.
    address -- of the session spoiled. rests -- whether any verdict rests on the step. results -- what may be said of
    that address then, beside what is said of it in the calm run.
    """

    scenario: str
    step: str
    fault: str
    lasting: bool
    kind: Class
    concerned: tuple[str, ...] = ()
    forbidden: frozenset[str] = frozenset()
    address: str | None = None
    rests: bool = True
    results: frozenset[str] = frozenset()
    dns: tuple[DnsFault, ...] = ()
    streams: tuple[StreamFault, ...] = ()

    def __str__(self) -> str:
        return f"{self.scenario}: {self.fault} {'each time' if self.lasting else 'once'} at {self.step} ({self.kind})"


@cache
def cells_of(ground: Ground) -> tuple[Cell, ...]:
    """Every cell of a scenario, in the order of the calm run."""
    return (*_dns_cells(ground), *_session_cells(ground))


# --- questions ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rest:
    """Who rests on a question, and who may not be connected to where it fails."""

    hosts: tuple[Host, ...]
    addresses: frozenset[str]
    one_family: bool = False


def _dns_cells(ground: Ground) -> Iterator[Cell]:
    for question, heard in dict(calm(ground.scenario).questions).items():
        rest = _resting_on(ground, question)
        signed = str(question) not in _named(ground, ground.unsigned)
        for trouble in at_question(question, heard, signed=signed):
            for lasting in (False, True):
                yield _dns_cell(ground, question, rest, trouble, lasting=lasting)


def _dns_cell(ground: Ground, question: Question, rest: _Rest | None, trouble: DnsTroubled, *, lasting: bool) -> Cell:
    one_family = rest is not None and rest.one_family
    kind = class_of(Step(rest is not None, dns=True, one_family=one_family), trouble.effect, lasting=lasting)
    fails = kind in (Class.WITHHELD, Class.CHANGED, Class.ONE_FAMILY)
    return Cell(
        ground.scenario,
        str(question),
        trouble.name,
        lasting,
        kind,
        tuple(_name(ground, host) for host in rest.hosts) if rest and fails else (),
        rest.addresses if rest and fails else frozenset(),
        dns=(replace(trouble.fault, nth=None if lasting else 1),),
    )


def _resting_on(ground: Ground, question: Question) -> _Rest | None:
    if str(question) in _named(ground, ground.destination):
        return _Rest(ground.hosts, frozenset(a for host in ground.hosts for a in addresses_of(ground, host)))
    for host in ground.hosts:
        mine = addresses_of(ground, host)
        if str(question) in _named(ground, host.lookups):
            return _Rest((host,), frozenset(mine))
        for family, colon in (("A", False), ("AAAA", True)):
            if str(question) == f"{_name(ground, host)}. {family}":
                theirs = frozenset(address for address in mine if (":" in address) is colon)
                return _Rest((host,), theirs, one_family=theirs != frozenset(mine))
    return None


def _named(ground: Ground, texts: tuple[str, ...]) -> set[str]:
    return {text.replace("@", scenario_of(ground.scenario).domain) for text in texts}


def _name(ground: Ground, host: Host) -> str:
    return host.name.replace("@", scenario_of(ground.scenario).domain)


def addresses_of(ground: Ground, host: Host) -> list[str]:
    """The addresses of a host."""
    return [placed.address for placed in lab_of(ground.scenario).staged.servers if placed.name in host.servers]


# --- sessions ----------------------------------------------------------------------------------------


def _session_cells(ground: Ground) -> Iterator[Cell]:
    for session in calm(ground.scenario).sessions:
        host = next(one for one in ground.hosts if session.address in addresses_of(ground, one))
        for label, trouble, role in _troubles(ground, session):
            step = _step(host, session, role)
            for lasting in (False, True):
                kind = class_of(step, trouble.effect, lasting=lasting)
                fails = kind in (Class.WITHHELD, Class.CHANGED)
                yield Cell(
                    ground.scenario,
                    f"session {session.nth} with {session.address}, {label}",
                    trouble.name,
                    lasting,
                    kind,
                    (_name(ground, host),) if fails else (),
                    address=session.address,
                    rests=step.rests,
                    results=results_of(role, trouble.fault, first=session.nth == 1),
                    streams=_aimed(trouble.fault, session, lasting=lasting),
                )


def _troubles(ground: Ground, session: HeardTurns) -> Iterator[tuple[str, StreamTroubled, Role]]:
    for trouble in at_connection(session.address):
        yield "connection", trouble, Role.CONNECTION
    for turn, said in enumerate(session.turns):
        if said:
            role = role_of(turn, said)
            for trouble in at_turn(session.address, turn, said, _oversized(ground.scenario, session.address)):
                yield f"turn {turn} ({role.value})", trouble, role


def _step(host: Host, session: HeardTurns, role: Role) -> Step:
    """A first session decides; a later one with a name is about another certificate type (S4-A22); one without a
    name explains a mismatch when the verdict is out."""
    first = session.nth == 1
    rests = session.sni is not None and role is not Role.AFTER
    match host.policy:
        case Policy.AUTHENTICATE:
            return Step(rests, tls_duty=first and role not in (Role.CONNECTION,))
        case Policy.ENCRYPT:
            return Step(rests and first, tls_duty=role not in (Role.CONNECTION,))
        case Policy.OPPORTUNISTIC:
            return Step(rests=False)


def _aimed(fault: StreamFault, session: HeardTurns, *, lasting: bool) -> tuple[StreamFault, ...]:
    """At this session; each time: at this one and all that follow with the address, or at all if it is the first."""
    if not lasting:
        return (replace(fault, nth=session.nth),)
    if session.nth == 1:
        return (fault,)
    return tuple(replace(fault, nth=nth) for nth in range(session.nth, _SESSIONS + 1))


@cache
def _oversized(scenario: str, address: str) -> Callable[[], ssl.SSLContext]:
    placed = next(one for one in lab_of(scenario).staged.servers if one.address == address)
    return cache(lambda: _context(placed.presented))


def _context(presented: tuple[Presented, ...]) -> ssl.SSLContext:
    """The server's own keys and certificates, so that what is served would match, and far too many others behind."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for one in presented:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "chain.pem")
            with open(path, "wb") as file:
                file.write(one.chain.leaf.key_pem() + one.chain.pem() * _CERTIFICATES)
            context.load_cert_chain(path)
    return context
