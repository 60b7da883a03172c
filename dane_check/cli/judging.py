"""How the domains of one command get their verdicts: here, or spread over processes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from dane_check.cli.files import save
from dane_check.cli.junit import write_junit
from dane_check.cli.output import complain
from dane_check.cli.progress import Tally
from dane_check.cli.wanted import Wanted
from dane_check.cli.world import brief, gate, opened
from dane_check.errors import UsageError
from dane_check.settings import Settings
from dane_check.survey.element import Element, Form, Lost, Rendering

if TYPE_CHECKING:
    from dane_check.api import Checker
    from dane_check.check.gate import Gate
    from dane_check.check.outcome import DomainCheck
    from dane_check.evidence import Evidence
    from dane_check.survey.journal import Journal
    from dane_check.survey.survey import Judge


_MOST_WORKERS: Final = 64


@dataclass(frozen=True, slots=True)
class Request:
    """What `dane-check domain` was asked for.

    evidence, junit -- files to be written at the end. workers -- processes; one is this one.
    """

    subjects: Wanted
    settings: Settings
    rendering: Rendering
    in_lab: bool = False
    lab_map: str | None = None
    workers: int = 1
    evidence: str | None = None
    force: bool = False
    junit: str | None = None

    @property
    def circumstances(self) -> str:
        """Whatever makes results comparable: results of others do not belong into one journal."""
        return repr((self.settings, self.rendering, self.in_lab or self.lab_map is not None))

    def refuse_what_cannot_be(self, resume: str | None) -> None:
        """Raises UsageError for options that exclude each other."""
        if not 1 <= self.workers <= _MOST_WORKERS:
            raise UsageError(f"--workers is not between 1 and {_MOST_WORKERS}")
        spread = "--workers" if self.workers > 1 else "--resume" if resume is not None else None
        if spread is None:
            return
        for option, given in (("--host", self.subjects.host), ("--evidence", self.evidence), ("--junit", self.junit)):
            if given is not None:
                raise UsageError(f"{option} cannot be combined with {spread}; leave out one of them")
        if self.in_lab and self.workers > 1:
            raise UsageError("--workers needs a lab of its own process: dane-check lab serve --map FILE, and --lab-map")


class Judging:
    """The verdicts of one request, and what is to be written once all are in.

    tally -- learns what was known before, and what is judged.
    """

    def __init__(self, request: Request, tally: Tally, journal: Journal | None = None) -> None:
        self._request = request
        self._tally = tally
        self._journal = journal
        self._gate: Gate | None = None
        self._checks: list[DomainCheck] = []  # for --junit
        self._hosts: set[str] = set()  # of those in --down, the ones that were met
        self._heard: Evidence | None = None

    async def results(self) -> AsyncGenerator[Element | Lost, None]:
        """As they finish for `--jsonl`, else in the order the names were given. Raises JournalFailed."""
        request, names = self._request, self._request.subjects.names
        if self._journal is not None:
            self._tally.known = len(self._journal.names().intersection(names))
        async with self._workers() if request.workers > 1 else self._here() as judge:
            if request.subjects.host is not None or (len(names) == 1 and self._journal is None):
                yield await judge(request.subjects.host or names[0])
                return
            from dane_check.survey.survey import as_they_finish, in_order

            at_once = request.settings.limits.run.domains_at_once * request.workers
            survey = as_they_finish if request.rendering.form is Form.LINES else in_order
            async with aclosing(survey(names, partial(self._counted, judge), at_once, self._journal)) as results:
                async for result in results:
                    yield result

    @property
    def waiting(self) -> Collection[str]:
        """The addresses that sessions wait for, to be polite (L-21)."""
        return self._gate.waiting if self._gate is not None else ()

    def finish(self, status: int) -> None:
        """Writes the files that were asked for, and says what came to nothing. Raises OutputFailed."""
        write_junit(self._request.junit, lambda: _report(self._checks, status))
        if self._request.workers == 1 and self._journal is None:
            for name in sorted({*self._request.settings.down} - self._hosts):
                complain(f"--down {name}: no mail host of that name was met; nothing was left out for it")
        if self._request.evidence is not None:
            self._keep(self._request.evidence)

    async def _counted(self, judge: Judge, name: str) -> Element | Lost:
        found = await judge(name)
        self._tally.judged += 1
        return found

    @asynccontextmanager
    async def _workers(self) -> AsyncIterator[Judge]:
        from dane_check.survey.recruits import recruited

        request = self._request
        to_judge = len(request.subjects.names) - self._tally.known
        async with recruited(min(request.workers, to_judge)) as recruits:
            from dane_check.survey.staff import employed

            world = brief(request.settings, request.rendering, request.lab_map, request.subjects.subjects)
            async with employed(world, request.workers, recruits) as staff:
                self._gate = staff.gate
                yield staff.check

    @asynccontextmanager
    async def _here(self) -> AsyncIterator[Judge]:
        """One `Checker` for a few domains, and for evidence; a list takes several, one after the other."""
        request = self._request
        self._gate = gate(request.settings, request.in_lab, request.lab_map)
        world = partial(
            opened, request.settings, request.in_lab, request.lab_map, request.subjects.subjects, self._gate
        )
        async with AsyncExitStack() as stack:
            if len(request.subjects.names) < 2 or request.evidence is not None:
                checker = await stack.enter_async_context(world())
                alone = len(request.subjects.subjects) == 1
                yield partial(self._check if alone else self._check_one_of_many, checker)
                self._heard = checker.evidence() if request.evidence is not None else None
                return
            from dane_check.survey.rounds import Rounds

            rounds = await stack.enter_async_context(Rounds(world, request.settings.limits.run.round_seconds))

            async def judge(name: str) -> Element | Lost:
                async with rounds.checker() as checker:
                    return await self._check_one_of_many(checker, name)

            yield judge

    async def _check_one_of_many(self, checker: Checker, name: str) -> Element | Lost:
        from dane_check.survey.brief import guarded

        return await guarded(name, self._check(checker, name))

    async def _check(self, checker: Checker, name: str) -> Element:
        request = self._request
        record = request.evidence is not None
        if request.subjects.host is not None:
            check = await checker.host(name, request.subjects.port, record=record)
        else:
            check = await checker.domain(name, record=record)
        if request.junit is not None:
            self._checks.append(check)
        self._hosts.update(host.host for host in check.verdict.hosts if host.host in request.settings.down)
        return request.rendering.element(name, check)

    def _keep(self, path: str) -> None:
        from dane_check.evidence.file import to_text

        if self._heard is None:
            complain("nothing was asked, so there is no evidence to keep")
        else:
            save(path, to_text(self._heard), self._request.force)


def _report(checks: list[DomainCheck], status: int) -> str:
    from dane_check.report.junit import checks_to_junit

    return checks_to_junit(checks, status)
