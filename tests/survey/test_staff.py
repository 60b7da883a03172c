"""The workers and what they share: one gate, one session of each kind, one answer for every domain (threats T-25)."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from dane_check.check.gate import Gate
from dane_check.cli import main
from dane_check.cli import world as cli_world
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT, UNHURRIED, RunLimits
from dane_check.ports import Fault, HandshakeFailure, ProbeOutcome, ProbeRequest, Refusal, SmtpReply, Stage
from dane_check.settings import Settings
from dane_check.survey.brief import Brief
from dane_check.survey.element import Element, Form, Lost, Rendering
from dane_check.survey.office import Office
from dane_check.survey.process import EndedAtOnce
from dane_check.survey.recruits import recruited
from dane_check.survey.staff import Staff, employed
from tests.check.virtual_time import VirtualTime
from tests.survey.poison import Poisoned, Unreadable
from tests.survey.worlds import World, until

T = TypeVar("T")
NAMES = tuple(f"d{number}.shared.test" for number in range(40))
NOTHING: ProbeOutcome = HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.REFUSED)


def brief_of(world: World, rendering: Rendering, run: RunLimits = UNHURRIED) -> Brief:
    """What workers in that world are told."""
    made = cli_world.brief(Settings(), rendering, str(world.map_file), NAMES)
    return replace(made, settings=replace(made.settings, limits=replace(DEFAULT, run=run)))


def with_staff(brief: Brief, workers: int, work: Callable[[Staff], Coroutine[Any, Any, T]]) -> T:
    """What `work` makes of so many workers."""

    async def run() -> T:
        async with recruited(workers) as recruits, employed(brief, workers, recruits) as staff:
            return await work(staff)

    return asyncio.run(run())


async def _all(staff: Staff) -> dict[str, Element | Lost]:
    return dict(zip(NAMES, await asyncio.gather(*map(staff.check, NAMES)), strict=True))


class TestWorkers:
    """Real processes."""

    def test_a_domain_that_kills_is_lost_and_no_other(self, crowd: World) -> None:
        """It is judged again elsewhere, at last alone; those beside it are judged as if nothing had happened."""
        found = with_staff(brief_of(crowd, Poisoned(Form.LINES, deadly=NAMES[7])), 2, _all)
        lost = found.pop(NAMES[7])
        assert isinstance(lost, Lost)
        assert lost.name == NAMES[7]
        assert "please report it" in lost.why
        assert {type(one) for one in found.values()} == {Element}

    def test_a_bug_costs_one_domain(self, crowd: World) -> None:
        """One sentence on one line, and the process goes on."""
        found = with_staff(brief_of(crowd, Poisoned(Form.LINES, faulty=NAMES[7])), 2, _all)
        lost = found.pop(NAMES[7])
        assert isinstance(lost, Lost)
        assert "LookupError: a bug)" in lost.why
        assert {type(one) for one in found.values()} == {Element}

    def test_the_command_says_so_and_exits_with_70(
        self, crowd: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        """One line for each domain that was lost; the verdicts on the others are printed."""
        rendering = Poisoned(Form.LINES, deadly=NAMES[3], faulty=NAMES[7])
        monkeypatch.setattr("dane_check.cli.judging.brief", lambda *_: brief_of(crowd, rendering))
        journal = tmp_path / "run.journal"
        status = main(["--lab-map", str(crowd.map_file), "--jsonl", "--workers", "2", "--resume", str(journal), *NAMES])
        out, err = capsys.readouterr()
        assert status == 70
        assert sorted(line.split(":")[1].strip() for line in err.splitlines()) == sorted([NAMES[3], NAMES[7]])
        assert len(out.splitlines()) == len(NAMES) - 2

    def test_the_gate_of_the_survey_counts_the_sessions_of_all_workers(self, crowd: World) -> None:
        """L-21: five a minute with the network that all hosts are in, whichever worker holds them."""
        limits = RunLimits(address_sessions_per_minute=None, network_sessions_per_minute=5)
        before = crowd.sessions()

        async def watched(staff: Staff) -> int:
            checks = [asyncio.create_task(staff.check(name)) for name in NAMES]
            while len(staff.gate.waiting) < 20 or crowd.sessions() - before < 5:
                await asyncio.sleep(0.01)
            seen = crowd.sessions() - before
            for check in checks:
                check.cancel()
            await asyncio.gather(*checks, return_exceptions=True)
            return seen

        assert with_staff(brief_of(crowd, Rendering(Form.LINES), limits), 3, watched) == 5
        assert crowd.sessions() - before == 5

    def test_settings_that_cannot_be_used_are_told_before_any_process_is_started(self) -> None:
        """As for one process: a usage error, and not a survey of lost domains."""

        async def never(staff: Staff) -> None:
            raise AssertionError

        with pytest.raises(UsageError):
            with_staff(Brief(Settings(resolver="no such thing"), Rendering(Form.LINES)), 2, never)

    def test_processes_that_cannot_begin_end_the_survey(self, crowd: World) -> None:
        """Three in a row are no accident; a million domains are not tried with a million more."""
        with pytest.raises(EndedAtOnce, match="status 3 before it could judge anything"):
            with_staff(brief_of(crowd, Unreadable(Form.LINES)), 2, _all)

    def test_nothing_in_the_working_directory_is_run(
        self, crowd: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Whoever surveys in a folder of others runs no module of theirs."""
        (tmp_path / "pickle.py").write_text("import os\nos._exit(3)\n")
        monkeypatch.setattr("sys.path", [one for one in __import__("sys").path if one])
        monkeypatch.chdir(tmp_path)
        found = with_staff(brief_of(crowd, Rendering(Form.LINES)), 2, _all)
        assert {type(one) for one in found.values()} == {Element}

    def test_no_descriptor_stays_open(self, crowd: World) -> None:
        """Pipes end with their processes."""
        before = set(os.listdir("/proc/self/fd"))
        with_staff(brief_of(crowd, Poisoned(Form.LINES, deadly=NAMES[0])), 2, _all)
        until(lambda: set(os.listdir("/proc/self/fd")) <= before)


def request_to(host: int) -> ProbeRequest:
    """A session with the one address, for a host of its own."""
    return ProbeRequest("192.0.2.1", 25, f"mx{host}.example.test")


class TestOffice:
    """What the survey answers its workers."""

    def test_the_rate_is_that_of_all_workers_together(self) -> None:
        """T-25: peak 2 and six a minute with one address, whoever asks."""
        time = VirtualTime()
        begun: list[float] = []
        now, peak = 0, 0

        async def session() -> ProbeOutcome:
            nonlocal now, peak
            begun.append(time.monotonic())
            now += 1
            peak = max(peak, now)
            await asyncio.sleep(0.5)
            now -= 1
            return NOTHING

        async def survey() -> None:
            office = Office(Gate(DEFAULT.run, time), 300, time.monotonic)
            await asyncio.gather(*(office.hold((request_to(host), 0), session) for host in range(60)))

        time.run(survey())
        assert peak == 2
        assert max(Counter(moment // 60 for moment in begun).values()) <= 6
        assert len(begun) == 60

    def test_a_session_is_held_once_and_told_to_all(self) -> None:
        """Single flight, also for whoever asks later, for as long as it is good."""
        time = VirtualTime()
        held = 0

        async def session() -> ProbeOutcome:
            nonlocal held
            held += 1
            await asyncio.sleep(1)
            return NOTHING

        async def survey() -> list[int]:
            office = Office(Gate(UNHURRIED, time), 300, time.monotonic)
            counts = []
            for wait in (0, 200, 101):
                await asyncio.sleep(wait)
                await asyncio.gather(*(office.hold((request_to(1), 0), session) for _ in range(5)))
                counts.append(held)
            return counts

        assert time.run(survey()) == [1, 1, 2]

    @pytest.mark.parametrize("waits", [False, True])
    def test_who_gives_up_leaves_the_session_to_the_next(self, waits: bool) -> None:
        """A worker that ended, in the session or at the gate before it, holds up nobody."""
        time = VirtualTime()

        async def never() -> ProbeOutcome:
            await asyncio.sleep(1e6)
            return NOTHING

        async def survey() -> tuple[ProbeOutcome, int]:
            gate = Gate(replace(UNHURRIED, sessions_per_address=1), time)
            office = Office(gate, 300, time.monotonic)
            other = asyncio.create_task(office.hold((request_to(2), 0), never)) if waits else None
            await asyncio.sleep(0)
            ended = asyncio.create_task(office.hold((request_to(1), 0), never))
            await asyncio.sleep(0)
            next_one = asyncio.create_task(office.hold((request_to(1), 0), lambda: asyncio.sleep(1, NOTHING)))
            await asyncio.sleep(0)
            ended.cancel()
            if other is not None:
                other.cancel()
            return await next_one, gate.waiting.total()

        assert time.run(survey()) == (NOTHING, 0)

    def test_the_reply_after_tls_is_told_by_whoever_held_the_session(self) -> None:
        """D-24: one EHLO under TLS for all; where nobody tells, it is silence."""
        time = VirtualTime()
        reply = SmtpReply(250, (b"mx.example.test",))

        async def survey() -> tuple[object, ...]:
            office = Office(Gate(UNHURRIED, time), 300, time.monotonic)
            unknown = await office.after_tls(request_to(1))
            await office.hold((request_to(1), 0), lambda: asyncio.sleep(1, NOTHING))
            silent = await office.after_tls(request_to(1))
            asked = asyncio.create_task(office.after_tls(request_to(1)))
            await asyncio.sleep(0)
            office.replied(request_to(1), reply)
            return unknown, silent, await asked

        assert time.run(survey()) == (None, None, reply)
