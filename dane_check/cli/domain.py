"""`dane-check domain`: will mail to these domains be protected?"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from dane_check.cli.checking import (
    AllowReserved,
    Audit,
    CertificatesAt,
    Down,
    EvidenceFile,
    Force,
    Helo,
    Host,
    Names,
    NoConnect,
    NoEarlyTlsa,
    Only4,
    Only6,
    Repeat,
    RequireDane,
    Strict,
    Timeout,
)
from dane_check.cli.exits import USAGE, guarded
from dane_check.cli.files import check_target, save
from dane_check.cli.junit import Junit, check_junit, write_junit
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
    parse_moment,
)
from dane_check.cli.output import colour, complain, write
from dane_check.cli.progress import progress
from dane_check.cli.wanted import Wanted, wanted
from dane_check.cli.world import opened
from dane_check.errors import UsageError
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
  dane-check --down mx2.example.org example.org   without the host that is known to be down
  dane-check --at 2026-12-01 example.org      and then? (signatures reach days ahead, not months)

\b
EXIT STATUS
  0 protected   1 broken   2 usage   3 unprotected or partial   4 undetermined
  5 not applicable   70 internal error, or output lost   130 interrupted   141 pipe closed

{TWINS}
"""


@guarded
def domain(
    names: Names = None,
    host: Host = None,
    as_json: AsJson = False,
    as_lines: AsJsonLines = False,
    junit: Junit = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    explain: Explain = False,
    require_dane: RequireDane = False,
    strict: Strict = False,
    audit: Audit = False,
    at: At = None,
    certificates_at: CertificatesAt = None,
    resolver: Resolver = "system",
    trust_anchor: TrustAnchor = None,
    only4: Only4 = False,
    only6: Only6 = False,
    no_connect: NoConnect = False,
    down: Down = None,
    repeat: Repeat = 1,
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
        certificates_at=parse_moment(certificates_at, "--certificates-at") if certificates_at is not None else None,
        ipv4=not only6,
        ipv6=not only4,
        helo=helo,
        timeout=timeout,
        connect=not no_connect,
        down=tuple(down or ()),
        repeat=repeat,
        require_dane=require_dane,
        strict=strict,
        audit=audit,
        allow_reserved=allow_reserved,
        nsec3_iterations=nsec3_iterations,
        allow_sha1=allow_sha1,
        early_tlsa=not no_early_tlsa,
    )
    subjects = wanted(names or [], host)
    if evidence is not None:
        check_target(evidence, force)
    check_junit(junit)

    import asyncio  # from here on there is something to judge

    @functools.cache  # made when there is something to write: the first questions leave before
    def writer() -> Writer:
        from dane_check.cli.writers import writer_for
        from dane_check.report.text import TextOptions

        options = TextOptions(quiet=quiet, verbose=verbose, explain=explain, colour=colour())
        return writer_for(options, as_json, as_lines)

    return asyncio.run(_check(subjects, settings, writer, not as_lines, in_lab, lab_map, evidence, force, junit))


async def _check(
    subjects: Wanted,
    settings: Settings,
    writer: Callable[[], Writer],
    as_typed: bool,
    in_lab: bool,
    lab_map: str | None,
    evidence: str | None,
    force: bool,
    junit: str | None,
) -> int:
    from dane_check.policy.fold import exit_of_many

    statuses = [USAGE] if subjects.some_were_bad else []
    unmet = set(settings.down)
    reported: list[DomainCheck] = []
    async with opened(settings, in_lab, lab_map, subjects.subjects) as checker:
        async with (
            progress(lambda: _progress(subjects, len(statuses))) as make_way,
            aclosing(_verdicts(checker, subjects, as_typed=as_typed, record=evidence is not None)) as verdicts,
        ):
            async for check in verdicts:
                statuses.append(check.verdict.exit_status)
                unmet -= {host.host for host in check.verdict.hosts}
                if junit is not None:
                    reported.append(check)
                make_way()
                write(writer().add(check))
        status = _whole(statuses, exit_of_many)
        write_junit(junit, lambda: _report(reported, status))
        write(writer().end(status))
        for name in sorted(unmet):
            complain(f"--down {name}: no mail host of that name was met; nothing was left out for it")
        if evidence is not None:
            _keep(checker, evidence, force)
    return status


def _report(checks: list[DomainCheck], status: int) -> str:
    from dane_check.report.junit import checks_to_junit

    return checks_to_junit(checks, status)


def _whole(statuses: list[int], exit_of_many: Callable[[list[int]], int]) -> int:
    return statuses[0] if len(statuses) == 1 else exit_of_many(statuses)


def _progress(subjects: Wanted, done: int) -> str:
    return f"checking {subjects.described}" + (f", {done} done" if len(subjects.names) > 1 else "")


async def _verdicts(
    checker: Checker, subjects: Wanted, *, as_typed: bool, record: bool
) -> AsyncGenerator[DomainCheck, None]:
    """The verdicts, each as soon as it and, `as_typed`, all before it are ready."""
    if subjects.host is not None:
        yield await checker.host(subjects.host, subjects.port, record=record)
        return
    ready: dict[str, list[DomainCheck]] = {}
    coming = iter(subjects.names)
    due = next(coming, None)
    async for check in checker.domains(subjects.names, record=record):
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
