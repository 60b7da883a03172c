"""Plays a story: a domain whose zone and servers change from step to step, and an operator who types commands.

Every step has a lab of its own, made around the moment of that step, to which the commands are led by their
environment; so the lines are those of a real world. Certificates are issued once, at the beginning of a story, and
what commands remember (the first sight of records) lasts to its end.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from dane_check.cli import main
from dane_check.cli import rollover as command
from dane_check.cli.exits import INTERNAL
from dane_check.findings import Code
from dane_check.lab import Lab, Scenario, write_map
from dane_check.lab.certificates import Authority, Chain, ChainPlan
from dane_check.lab.keys import KeyKind
from dane_check.lab.pytest_plugin import running
from dane_check.lab.scenario import CertificateTable, Expect, ServerTable, Verdict, ZoneTable
from tests.rehearsal import made

DOMAIN, HOST = "example.org", "mx.example.org"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_AUTHORITY = Authority(START)
_STATUS = re.compile(r"\[exit status (\d+)\]\n\Z")
_CODE = re.compile(r"^ +[a-z]+  ([a-z0-9-]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Served:
    """A chain that a server presents. `label` sets its key apart, `issuer` its intermediate."""

    label: str
    key: KeyKind = KeyKind.ECDSA
    issuer: str = ""
    host: str = HOST

    @property
    def chain(self) -> Chain:
        """As the lab issues it to a server that is called so."""
        plan = ChainPlan((self.host,), self.key, issuer=self.issuer)
        return _AUTHORITY.chain(plan, f"{self.host} {self.label} 0")

    def record(self, numbers: str) -> str:
        """The RDATA that names it."""
        return made.record(numbers, self.chain)

    @property
    def pem(self) -> str:
        """As a fullchain.pem holds it."""
        return made.pem(self.chain)


@dataclass(frozen=True, slots=True)
class World:
    """What stands in the zone beside SOA, NS and keys, and what the servers serve, each at one address."""

    zone: tuple[str, ...]
    servers: tuple[Served, ...]
    signed: bool = True

    def scenario(self) -> Scenario:
        """As the lab plays it. The first server is at {A}."""
        addresses = [f"{one.host}. A {{{one.label}.A}}" for one in self.servers]
        zone = ZoneTable(records="\n".join((*addresses, *self.zone)), signed=self.signed)
        servers = tuple(
            ServerTable(name=one.label, host=one.host, certificate=(CertificateTable(one.key, issuer=one.issuer),))
            for one in self.servers
        )
        return Scenario("story", DOMAIN, "", (), Expect(Verdict.PROTECTED, 0), (zone,), servers)


@dataclass(frozen=True, slots=True)
class Typed:
    """A command; what must come of it: its exit status, and exactly these findings."""

    line: str
    exit: int = 0
    codes: frozenset[Code] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at a moment (minutes from the beginning), the world from then on, and what the operator types."""

    minutes: int
    says: str
    typed: tuple[Typed, ...]
    world: World | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A situation, and how it goes on. files -- what lies in the operator's folder."""

    title: str
    situation: str
    files: Mapping[str, str]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """A command and what came of it."""

    typed: Typed
    printed: str
    exit: int

    @property
    def codes(self) -> frozenset[Code]:
        """What was found, by what was printed."""
        return frozenset(Code(word) for word in _CODE.findall(self.printed) if word in list(Code))


@dataclass(slots=True)
class Played:
    """A story to its end: the commands of every step."""

    story: Story
    steps: list[tuple[Step, list[Heard]]] = field(default_factory=list)


def played(story: Story) -> Played:
    """Plays the story from its beginning."""
    told, world = Played(story), story.steps[0].world
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, text in story.files.items():
            Path(name).write_text(text, encoding="ascii")
        for step in story.steps:
            world = step.world or world
            assert world is not None
            now = START + timedelta(minutes=step.minutes)
            with _live(world, now):
                told.steps.append((step, [heard(one) for one in step.typed]))
    return told


@contextlib.contextmanager
def _live(world: World, now: datetime) -> Iterator[None]:
    """The world at this moment, and the environment in which commands find it."""
    with mock.patch("dane_check.lab.stage.Authority", return_value=_AUTHORITY):
        lab = Lab([world.scenario()], now=now)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DANE_CHECK_")}
    own = {"DANE_CHECK_LAB_MAP": "lab.json", "DANE_CHECK_STATE": "state.json", "DANE_CHECK_RESOLVER": "127.0.0.1:9"}
    clock = mock.Mock(wraps=datetime)
    clock.now.return_value = now
    with (
        running(lab),
        mock.patch.dict(os.environ, {**kept, **own, "NO_COLOR": "1"}, clear=True),
        mock.patch.object(command, "datetime", clock),
    ):
        Path("lab.json").write_text(write_map(lab.map), encoding="ascii")
        yield


def heard(typed: Typed) -> Heard:
    """Types the command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = main(shlex.split(typed.line.replace("\\\n", ""))[1:])
    printed = out.getvalue()
    shown = _STATUS.search(printed)
    assert status != INTERNAL, printed
    assert shown is None or int(shown[1]) == status
    return Heard(typed, printed, status)


def shown(one: Heard) -> str:
    """As in a terminal; where the exit status is not told, it is asked for."""
    asked = "" if _STATUS.search(one.printed) else f"$ echo $?\n{one.exit}\n"
    return f"$ {one.typed.line}\n{one.printed}{asked}"
