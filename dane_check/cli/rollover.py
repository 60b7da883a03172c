"""`dane-check rollover`: the dated plan of a key change, and the guard that a deploy hook asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.files import read_octets, shown_path
from dane_check.cli.options import (
    TWINS,
    AllowSha1,
    AsJson,
    At,
    InLab,
    Keys,
    LabMap,
    Nsec3Iterations,
    Requests,
    Resolver,
    TrustAnchor,
    option,
    parse_moment,
)
from dane_check.cli.output import colour, complain, write
from dane_check.cli.progress import progress
from dane_check.cli.world import opened
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.rehearsal.candidates import CandidateChain
    from dane_check.rehearsal.rollover.gather import Sharing
    from dane_check.rehearsal.rollover.guard import Permission
    from dane_check.rehearsal.rollover.situation import Next, RolloverState
    from dane_check.rehearsal.rollover.state import Sightings
    from dane_check.report.options import TextOptions

EXAMPLES = f"""\
EXAMPLES

\b
  the plan for a renewed certificate, for a key whose certificate is still to come, for a change of numbers:
    dane-check rollover example.org --chain fullchain.pem
    dane-check rollover --name mx.example.org --key next.key
    dane-check rollover --name mx.example.org --chain fullchain.pem --scheme 2-1-1
  in a deploy hook (docs/recipes): may these files go into service now?
    dane-check rollover -q --may-switch example.org --chain fullchain.pem

\b
EXIT STATUS
  0 a plan, or nothing to do; with --may-switch: yes
  1 senders refuse a host already; with --may-switch: no
  2 usage   3 no host is in a signed zone   4 cannot tell   70 internal error   130 interrupted

{TWINS}
"""

Mail = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DOMAIN",
        help="Mail domains; those of their MX hosts count that the certificate covers.",
        show_default=False,
    ),
]
Names = Annotated[
    list[str] | None,
    option("--name", metavar="HOST", explains="A mail host; give every host that shares the certificate."),
]
Chains = Annotated[
    list[str] | None,
    option("--chain", metavar="FILE", explains="The next chain, as PEM; one for each key type."),
]
Scheme = Annotated[
    str | None,
    option("--scheme", metavar="U-S-M[+…]", explains="The records wanted, such as 3-1-1.  [default: as published]"),
]
Ttl = Annotated[
    int | None, option("--ttl", metavar="SECONDS", explains="TTL of records to be published.  [default: as now]")
]
Ports = Annotated[
    list[int] | None,
    option("--port", metavar="PORT", explains="A port; may be given several times.  [default: 25]"),
]
MaySwitch = Annotated[
    bool,
    option("--may-switch", explains="Ask only whether the switch may be made now: exit 0 yes, 1 no, 4 cannot tell."),
]
PublishedAt = Annotated[
    str | None,
    option("--published-at", metavar="TIME", explains="By your word, every server has had the records since TIME."),
]
State = Annotated[
    str | None,
    option(
        "--state",
        metavar="FILE",
        explains="Where the first sight of each record is kept.  [default: dane-check/rollover.json in XDG_STATE_HOME]",
    ),
]
Quiet = Annotated[
    bool, option("-q", "--quiet", explains="Print the steps and the verdict, no more; or the guard's answer alone.")
]
Verbose = Annotated[bool, option("-v", "--verbose", explains="Show in full the records that are published.")]
NoConnect = Annotated[
    bool,
    option("--no-connect", explains="Do not ask the servers; they are taken to serve the next chain and nothing else."),
]
AllowReserved = Annotated[
    bool, option("--allow-reserved", explains="Connect to private and other special-purpose addresses as well.")
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One run of the command. `state`: the file of first sights, None for none; `at`: a moment that was given."""

    sharing: Sharing
    next: Next
    may_switch: bool
    state: Path | None
    at: datetime | None
    published_at: datetime | None

    def clock(self) -> datetime:
        """The moment by which records age: our own clock's, unless one was given."""
        return self.at or datetime.now(UTC)


@guarded
def rollover(
    domains: Mail = None,
    names: Names = None,
    chain: Chains = None,
    key: Keys = None,
    csr: Requests = None,
    scheme: Scheme = None,
    ttl: Ttl = None,
    port: Ports = None,
    may_switch: MaySwitch = False,
    published_at: PublishedAt = None,
    state: State = None,
    no_connect: NoConnect = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    at: At = None,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    allow_reserved: AllowReserved = False,
    in_lab: InLab = False,
    lab_map: LabMap = None,
    nsec3_iterations: Nsec3Iterations = 50,
    allow_sha1: AllowSha1 = False,
) -> int:
    """Plan a change of key, certificate or TLSA numbers; or ask whether the switch may be made now."""
    moment = parse_moment(at) if at is not None else None
    settings = Settings(
        resolver=resolver,
        trust_anchor=trust_anchor,
        now=moment,
        allow_reserved=allow_reserved,
        nsec3_iterations=nsec3_iterations,
        allow_sha1=allow_sha1,
    )
    from dane_check.rehearsal.rollover.gather import sharing

    asked = _Asked(
        sharing(names or (), domains or (), port or (25,), connect=not no_connect),
        _next(chain or [], key or [], csr or [], scheme, ttl),
        may_switch,
        _state_file(state, in_lab or bool(lab_map)),
        moment,
        parse_moment(published_at, "--published-at") if published_at is not None else None,
    )
    _refuse_what_cannot_be(asked)

    import asyncio

    from dane_check.report.options import TextOptions

    found, permission, now = asyncio.run(_ask(asked, settings, in_lab, lab_map))
    options = TextOptions(quiet=quiet, verbose=verbose, colour=colour())
    return (
        _print_plan(asked, found, now, options, as_json)
        if permission is None
        else _print_answer(asked, found, permission, now, options, as_json)
    )


def _print_plan(asked: _Asked, found: RolloverState, now: datetime, options: TextOptions, as_json: bool) -> int:
    from dane_check.rehearsal.rollover.plan import plan_rollover
    from dane_check.report.rollover import plan_to_json, plan_to_text

    plan = plan_rollover(found, asked.next, now)
    write(plan_to_json(plan) + "\n" if as_json else plan_to_text(plan, options))
    return plan.exit_status


def _print_answer(
    asked: _Asked, found: RolloverState, permission: Permission, now: datetime, options: TextOptions, as_json: bool
) -> int:
    from dane_check.report.rollover import permission_to_json, permission_to_text

    if not as_json:
        for remark in found.remarks:
            complain(remark)
    text = permission_to_text(permission, options)
    write(permission_to_json(permission, found, asked.next, now) + "\n" if as_json else text)
    return permission.exit_status


def _next(chains: list[str], keys: list[str], requests: list[str], scheme: str | None, ttl: int | None) -> Next:
    from dane_check.cli.sources import of_files, of_keys
    from dane_check.rehearsal.rollover.situation import Next, NextKey
    from dane_check.tlsa.generate import parse_scheme

    if ttl is not None and not 0 <= ttl < 2**31:
        raise UsageError("--ttl is not between 0 and 2147483647 seconds")
    read = [_chain(file) for file in chains]
    for remark in (remark for one in read for remark in one.remarks):
        complain(remark)
    made = [NextKey.of(one.chain[0], one.name) for one in of_keys(keys)]
    for one in of_files(requests):
        if len(one.chain) > 1 or not _is_key(one.chain[0]):
            raise UsageError(f"{one.name} holds a certificate; give it with --chain")
        made.append(NextKey.of(one.chain[0], one.name))
    return Next((*read, *made), parse_scheme(scheme) if scheme else (), ttl)


def _is_key(octets: bytes) -> bool:
    from dane_check.tlsa.generate import is_public_key

    return is_public_key(octets)


def _chain(file: str) -> CandidateChain:
    """A PEM bundle, or a single certificate as DER."""
    from dane_check.rehearsal.candidates import chain_from_der, chain_from_pem

    source, octets = shown_path(file), read_octets(file, DEFAULT.input.file_octets)
    if octets[:1] == b"\x30":  # a DER SEQUENCE; no text file of certificates begins with a zero
        return chain_from_der((octets,), source)
    return chain_from_pem(octets.decode("latin-1"), source)


def _state_file(given: str | None, is_lab: bool) -> Path | None:
    """The file named; else the user's own, but what a lab holds has no place in that."""
    import os

    from dane_check.rehearsal.rollover.state import default_path

    if given is not None:
        if not given:
            raise UsageError("--state names no file; name one, or leave it out")
        return Path(given)
    return None if is_lab else default_path(os.environ, Path.home())


def _refuse_what_cannot_be(asked: _Asked) -> None:
    if asked.may_switch and len(asked.next.chains) < len(asked.next.holders):
        raise UsageError("--may-switch judges what would be served, so it needs certificates; give them with --chain")
    if not (asked.sharing.names or asked.sharing.domains or asked.next.chains):
        raise UsageError("no mail host is named; name one with --name, such as --name mx.example.org, or a mail domain")
    if asked.published_at is not None and asked.published_at > asked.clock():
        raise UsageError("--published-at lies ahead; give the moment at which every server had the records")


async def _ask(
    asked: _Asked, settings: Settings, in_lab: bool, lab_map: str | None
) -> tuple[RolloverState, Permission | None, datetime]:
    """The state with its first sights, which are kept; the guard's answer if it was asked; and the moment."""
    names = (*asked.sharing.names, *asked.sharing.domains)
    before = _loaded(asked)
    async with (
        opened(settings, in_lab, lab_map, names) as checker,
        progress(lambda: f"asking about {', '.join(names) or 'the names of the certificate'}"),
    ):
        found = await checker.rollover_state(asked.sharing, asked.next)
        now = asked.clock()  # after the answers: what was seen may not count as seen before it was
        seen = before.after(found.hosts, now)
        if found.hosts:
            _save(asked, seen)
        found = replace(found, hosts=tuple(seen.shown_in(host, now) for host in found.hosts))
        if not asked.may_switch:
            return found, None, now
        permission = await checker.may_switch(found, asked.next, at=now, published_at=asked.published_at)
        return found, permission, now


def _loaded(asked: _Asked) -> Sightings:
    """What was seen before. A file that cannot be read costs time, and nothing else."""
    from dane_check.rehearsal.rollover.state import Sightings, StateTrouble, load

    if asked.state is None:
        return Sightings()
    try:
        loaded = load(asked.state, asked.clock())
    except StateTrouble as trouble:
        complain(str(trouble))
        return Sightings()
    for remark in loaded.remarks:
        complain(remark)
    return loaded.sightings


def _save(asked: _Asked, seen: Sightings) -> None:
    """Notes what was seen, unless the moment was made up."""
    from dane_check.rehearsal.rollover.state import StateTrouble, save

    if asked.state is None or asked.at is not None:
        return
    try:
        save(asked.state, seen)
    except StateTrouble as trouble:
        complain(str(trouble))
