"""`dane-check domain`: will mail to these domains be protected?"""

from __future__ import annotations

from contextlib import aclosing, nullcontext
from pathlib import Path
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
    Input,
    Names,
    NoConnect,
    NoEarlyTlsa,
    Only4,
    Only6,
    Repeat,
    RequireDane,
    Resume,
    Strict,
    Timeout,
    Workers,
)
from dane_check.cli.exits import INTERNAL, USAGE, guarded
from dane_check.cli.files import check_target
from dane_check.cli.judging import Judging, Request
from dane_check.cli.junit import Junit, check_junit
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
from dane_check.cli.output import OutputFailed, colour, complain
from dane_check.cli.progress import Tally, progress
from dane_check.cli.wanted import wanted
from dane_check.errors import UsageError
from dane_check.report.options import TextOptions
from dane_check.settings import Settings
from dane_check.survey.element import Form, JournalFailed, Lost, Rendering

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dane_check.cli.writers import Writer
    from dane_check.survey.journal import Journal

EXAMPLES = f"""\
EXAMPLES

\b
  dane-check example.org                      will mail to example.org be protected?
  dane-check -v --explain example.org         … with certificates and chains of trust
  dane-check --host relay.example.org:587     one host, as a configured relay
  dane-check --input list.txt --jsonl         a list of domains, a line each as it is ready
  dane-check --input list.txt --jsonl --workers 4 --resume list.journal
                                              … in four processes, to go on with after a kill
  dane-check --evidence run.json example.org  keep what was heard, for `replay`
  dane-check --down mx2.example.org example.org   without the host that is known to be down
  dane-check --at 2026-12-01 example.org      and then? (signatures reach days ahead, not months)

\b
EXIT STATUS
  0 protected   1 broken   2 usage   3 unprotected or partial   4 undetermined
  5 not applicable   70 internal error, or output lost   130 interrupted   141 pipe closed
  143 told to end

{TWINS}
"""


@guarded
def domain(
    names: Names = None,
    list_file: Input = None,
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
    workers: Workers = 1,
    resume: Resume = None,
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
    shown = TextOptions(quiet=quiet, verbose=verbose, explain=explain, colour=colour())
    form = Form.JSON if as_json else Form.LINES if as_lines else Form.TEXT
    request = Request(
        wanted(names or [], host, list_file),
        settings,
        Rendering(form, shown),
        in_lab=in_lab,
        lab_map=lab_map,
        workers=workers,
        evidence=evidence,
        force=force,
        junit=junit,
    )
    request.refuse_what_cannot_be(resume)
    if evidence is not None:
        check_target(evidence, force)
    check_junit(junit)

    import asyncio  # from here on there is something to judge

    with _journal(resume, request) as journal:
        return asyncio.run(_check(request, journal))


def _journal(path: str | None, request: Request) -> AbstractContextManager[Journal | None]:
    if path is None:
        return nullcontext()
    from dane_check.survey.journal import Journal

    return Journal(Path(path), request.circumstances)


async def _check(request: Request, journal: Journal | None) -> int:
    """Prints every verdict when it is ready. Where it is stopped, what was printed is a whole document."""
    import asyncio

    from dane_check.cli.outlet import Outlet
    from dane_check.cli.stopping import Stopping

    tally = Tally(request.subjects.described, len(request.subjects.names))
    judging = Judging(request, tally, journal)
    outlet, stopping = Outlet(), Stopping()
    writer: Writer | None = None  # loaded when there is something to write: the first questions leave before
    try:
        with stopping.heeded():
            async with (
                progress(lambda: tally.describe(judging.waiting)) as make_way,
                aclosing(judging.results()) as results,
            ):
                async for result in results:
                    tally.count(result)
                    make_way()
                    if isinstance(result, Lost):
                        complain(f"{result.name}: {result.why}")
                        continue
                    writer = writer or _writer(request)
                    await outlet.write(writer.add(result))
    except asyncio.CancelledError:
        await outlet.end((writer or _writer(request)).end(stopping.status))
        stopping.told()
        raise
    except JournalFailed as failure:
        await outlet.end((writer or _writer(request)).end(INTERNAL))
        raise OutputFailed(str(failure)) from failure
    status = _status(tally, request.subjects.some_were_bad)
    judging.finish(status)
    await outlet.write((writer or _writer(request)).end(status))
    return status


def _writer(request: Request) -> Writer:
    from dane_check.cli.writers import writer_for

    return writer_for(request.rendering)


def _status(tally: Tally, some_were_bad: bool) -> int:
    from dane_check.policy.fold import exit_of_many

    if tally.lost:
        return INTERNAL
    if tally.done == 1 and not some_were_bad:
        return next(iter(tally.statuses))
    return exit_of_many([USAGE, *tally.statuses] if some_were_bad else tally.statuses)
