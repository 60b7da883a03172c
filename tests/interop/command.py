"""The command under test, run as a user would run it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .world import World

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

    def domain(self, name: str, resolver: str = "unbound") -> Checked:
        """The outcome for this domain, by one of our resolvers and by our anchor only."""
        if (name, resolver) not in self._seen:
            self._seen[name, resolver] = self._run(name, resolver)
        return self._seen[name, resolver]

    def _run(self, name: str, resolver: str) -> Checked:
        return self.run("domain", name, *self.world_options(resolver), "--allow-reserved")

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
