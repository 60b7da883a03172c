"""The command under test, run as a user would run it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dane_check import DomainCheck, Settings, check_domain_sync

from .plan import Situation
from .situations import SITUATIONS
from .world import NO_NAMESPACE, World

EXECUTABLE = Path(sys.executable).with_name("dane-check")


@dataclass(frozen=True, slots=True)
class Checked:
    """What one run of the command with --json gave."""

    status: int
    document: dict[str, Any]

    @property
    def domain(self) -> dict[str, Any]:
        """The one element of `domains`."""
        only: dict[str, Any]
        (only,) = self.document["domains"]
        return only

    @property
    def results(self) -> frozenset[str]:
        """The results of all endpoints of all hosts."""
        return frozenset(endpoint["result"] for host in self.domain["hosts"] for endpoint in host["endpoints"])


@dataclass(slots=True)
class Command:
    """Runs the command in this world; one run for each domain and resolver serves every test that asks."""

    world: World
    _seen: dict[tuple[str, str], Checked] = field(default_factory=dict)

    def situation(self, case: Situation, resolver: str = "unbound") -> Checked:
        """The outcome for this situation, by one of our resolvers and by our anchor only."""
        if case.ipv6 and not self.world.ipv6:
            pytest.skip(NO_NAMESPACE)
        if (case.domain, resolver) not in self._seen:
            options = (*self.world_options(resolver), "--allow-reserved", *_hurry(case))
            self._seen[case.domain, resolver] = self.run("domain", case.domain, *options)
        return self._seen[case.domain, resolver]

    def library(self, case: Situation, resolver: str) -> DomainCheck:
        """As `situation`, by the library in this process."""
        if case.ipv6 and not self.world.ipv6:
            pytest.skip(NO_NAMESPACE)
        settings = Settings(
            resolver=str(self.world.resolvers[resolver]),
            trust_anchor=self.world.roots.anchor,
            allow_reserved=True,
            timeout=case.timeout,
        )
        return check_domain_sync(case.domain, settings)

    def domain(self, name: str, resolver: str = "unbound") -> Checked:
        """The outcome for the situation of this domain."""
        (case,) = (one for one in SITUATIONS if one.domain == name)
        return self.situation(case, resolver)

    def world_options(self, resolver: str = "unbound") -> tuple[str, ...]:
        """The options that make the command ask this world and trust its root."""
        return ("--resolver", str(self.world.resolvers[resolver]), "--trust-anchor", str(self.world.roots.anchor))

    def run(self, *arguments: str) -> Checked:
        """One run with these arguments, as JSON."""
        done = subprocess.run(
            [str(EXECUTABLE), *arguments, "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        try:
            return Checked(done.returncode, json.loads(done.stdout))
        except json.JSONDecodeError:
            raise AssertionError(f"exit status {done.returncode}, no JSON\n{done.stdout}\n{done.stderr}") from None


def _hurry(case: Situation) -> tuple[str, ...]:
    return () if case.timeout is None else ("--timeout", str(case.timeout))
