"""`dane-check domain`: will mail to these domains be protected?"""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dane_check.cli.exits import USAGE, guarded
from dane_check.cli.files import check_target, save
from dane_check.cli.lists import DomainList, destination, read_list
from dane_check.cli.options import (
    TWINS,
    AllowSha1,
    AsJson,
    AsJsonLines,
    At,
    Explain,
    InLab,
    LabMap,
    Nsec3Iterations,
    Quiet,
    Resolver,
    TrustAnchor,
    Verbose,
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
    from dane_check.api import Checker
    from dane_check.check.outcome import DomainCheck
    from dane_check.cli.writers import Writer

EXAMPLES = f"""\
EXAMPLES

\b
  dane-check example.org                      will mail to example.org be protected?
  dane-check -v --explain example.org         … with certificates and chains of trust
  dane-check --host relay.example.org:587     one host, as a configured relay
  dane-check --json - < domains.txt           a list of domains, as JSON
  dane-check --evidence run.json example.org  keep what was heard, for `replay`
  dane-check --at 2026-12-01 example.org      and then? (signatures reach days ahead, not months)

\b
EXIT STATUS
  0 protected   1 broken   2 usage   3 unprotected or partial   4 undetermined
  5 not applicable   70 internal error, or output lost   130 interrupted   141 pipe closed

{TWINS}
"""

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="DOMAIN", help="Mail domains; - reads a list from standard input.", show_default=False),
]
Host = Annotated[
    str | None,
    option(
        "--host",
        metavar="NAME[:PORT]",
        explains="Check this one host as a configured relay, without any MX question; instead of DOMAIN.",
    ),
]
EvidenceFile = Annotated[
    str | None, option("--evidence", metavar="FILE", explains="Keep everything that was heard in a new FILE.")
]
Force = Annotated[bool, option("--force", explains="Let --evidence replace a file that exists.")]
AllowReserved = Annotated[
    bool, option("--allow-reserved", explains="Connect to private and other special-purpose addresses as well.")
]
Only4 = Annotated[
    bool, option("-4", twin="IPV4_ONLY", explains="Connect over IPv4 only; never exits 0 with IPv6 left out.")
]
Only6 = Annotated[
    bool, option("-6", twin="IPV6_ONLY", explains="Connect over IPv6 only; never exits 0 with IPv4 left out.")
]
Helo = Annotated[
    str | None, option("--helo", metavar="NAME", explains="Name to give in EHLO.  [default: this machine's]")
]
Timeout = Annotated[
    float | None, option("--timeout", metavar="SECONDS", explains="Limit of one mail session.  [default: 60]")
]
NoConnect = Annotated[bool, option("--no-connect", explains="Judge DNS alone; connect to no mail server.")]
RequireDane = Annotated[bool, option("--require-dane", explains="Count a host without usable TLSA as broken.")]
Strict = Annotated[bool, option("--strict", explains="Exit 1 for what works now but is about to break.")]
NoEarlyTlsa = Annotated[
    bool, option("--no-early-tlsa", explains="Ask for TLSA only after the addresses, never beside.")
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be checked: domains, or one host on a port."""

    names: tuple[str, ...] = ()
    host: str | None = None
    port: int = 25
    some_were_bad: bool = False

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names that will be asked about; an address literal is none."""
        return (self.host,) if self.host else tuple(name for name in self.names if not name.startswith("["))

    @property
    def described(self) -> str:
        """For the progress line."""
        return self.host or (self.names[0] if len(self.names) == 1 else f"{len(self.names)} domains")


@guarded
def domain(
    names: Names = None,
    host: Host = None,
    as_json: AsJson = False,
    as_lines: AsJsonLines = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    explain: Explain = False,
    require_dane: RequireDane = False,
    strict: Strict = False,
    at: At = None,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    only4: Only4 = False,
    only6: Only6 = False,
    no_connect: NoConnect = False,
    helo: Helo = None,
    timeout: Timeout = None,
    allow_reserved: AllowReserved = False,
    evidence: EvidenceFile = None,
    force: Force = False,
    in_lab: InLab = False,
    lab_map: LabMap = None,
    nsec3_iterations: Nsec3Iterations = 50,
    allow_sha1: AllowSha1 = False,
    no_early_tlsa: NoEarlyTlsa = False,
) -> int:
    """Will mail to DOMAIN be protected by DANE, host by host and address by address?"""
    if as_json and as_lines:
        raise UsageError("--json and --jsonl are two forms; leave out one of them")
    if only4 and only6:
        raise UsageError("-4 and -6 exclude each other; leave out one of them")
    settings = Settings(
        resolver=resolver,
        trust_anchor=trust_anchor,
        now=parse_moment(at) if at is not None else None,
        ipv4=not only6,
        ipv6=not only4,
        helo=helo,
        timeout=timeout,
        connect=not no_connect,
        require_dane=require_dane,
        strict=strict,
        allow_reserved=allow_reserved,
        nsec3_iterations=nsec3_iterations,
        allow_sha1=allow_sha1,
        early_tlsa=not no_early_tlsa,
    )
    wanted = _wanted(names or [], host)
    if evidence is not None:
        check_target(evidence, force)

    import asyncio  # from here on there is something to judge

    @functools.cache  # made when there is something to write: the first questions leave before
    def writer() -> Writer:
        from dane_check.cli.writers import writer_for
        from dane_check.report.text import TextOptions

        options = TextOptions(quiet=quiet, verbose=verbose, explain=explain, colour=colour())
        return writer_for(options, as_json, as_lines)

    return asyncio.run(_check(wanted, settings, writer, not as_lines, in_lab, lab_map, evidence, force))


async def _check(
    wanted: Wanted,
    settings: Settings,
    writer: Callable[[], Writer],
    as_typed: bool,
    in_lab: bool,
    lab_map: str | None,
    evidence: str | None,
    force: bool,
) -> int:
    from dane_check.policy.fold import exit_of_many

    statuses = [USAGE] if wanted.some_were_bad else []
    async with opened(settings, in_lab, lab_map, wanted.subjects) as checker:
        async with (
            progress(lambda: _progress(wanted, len(statuses))) as make_way,
            aclosing(_verdicts(checker, wanted, as_typed=as_typed, record=evidence is not None)) as verdicts,
        ):
            async for check in verdicts:
                statuses.append(check.verdict.exit_status)
                make_way()
                write(writer().add(check))
        status = _whole(statuses, exit_of_many)
        write(writer().end(status))
        if evidence is not None:
            _keep(checker, evidence, force)
    return status


def _whole(statuses: list[int], exit_of_many: Callable[[list[int]], int]) -> int:
    return statuses[0] if len(statuses) == 1 else exit_of_many(statuses)


def _progress(wanted: Wanted, done: int) -> str:
    return f"checking {wanted.described}" + (f", {done} done" if len(wanted.names) > 1 else "")


async def _verdicts(
    checker: Checker, wanted: Wanted, *, as_typed: bool, record: bool
) -> AsyncGenerator[DomainCheck, None]:
    """The verdicts, each as soon as it and, `as_typed`, all before it are ready."""
    if wanted.host is not None:
        yield await checker.host(wanted.host, wanted.port, record=record)
        return
    ready: dict[str, list[DomainCheck]] = {}
    coming = iter(wanted.names)
    due = next(coming, None)
    async for check in checker.domains(wanted.names, record=record):
        if not as_typed:
            yield check
            continue
        ready.setdefault(check.verdict.domain, []).append(check)
        while due in ready:
            for due_check in ready.pop(due):
                yield due_check
            due = next(coming, None)
    for left in ready.values():
        for check in left:
            yield check


def _keep(checker: Checker, path: str, force: bool) -> None:
    from dane_check.evidence.file import to_text

    heard = checker.evidence()
    if heard is None:
        complain("nothing was asked, so there is no evidence to keep")
    else:
        save(path, to_text(heard), force)


def _wanted(names: list[str], host: str | None) -> Wanted:
    if host is not None:
        if names:
            raise UsageError("--host stands instead of a domain; leave out one of the two")
        return _relay(host)
    if not names:
        raise UsageError("no domain given; name one, such as: dane-check example.org")
    if names == ["-"]:
        if sys.stdin is None:
            raise UsageError("there is no standard input to read a list from")
        return _listed(read_list(sys.stdin.buffer.read(DEFAULT.input.list_octets + 1)))
    if "-" in names:
        raise UsageError("- reads a list from standard input; give it alone")
    return Wanted(tuple(dict.fromkeys(destination(name) for name in names)))


def _listed(found: DomainList) -> Wanted:
    for line in found.bad:
        complain(f"line {line.number}: {line.why}")
    if not found.names and not found.bad:
        raise UsageError("the list names no domain; give one a line")
    return Wanted(found.names, some_were_bad=bool(found.bad))


def _relay(typed: str) -> Wanted:
    from dane_check.names import parse_domain

    name, colon, port = typed.strip().rpartition(":")
    if not colon:
        return Wanted(host=parse_domain(typed))
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise UsageError("--host takes a name and a port from 1 to 65535, such as relay.example.org:587")
    return Wanted(host=parse_domain(name), port=int(port))
