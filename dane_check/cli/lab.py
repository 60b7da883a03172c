"""`dane-check lab`: what the embedded lab plays, and the lab as a process for other programs to talk to."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.files import check_target, save
from dane_check.cli.options import option
from dane_check.cli.output import write
from dane_check.errors import UsageError

if TYPE_CHECKING:
    from dane_check.lab import Lab, Scenario

app = typer.Typer(rich_markup_mode=None, help="An embedded world of domains, good and bad, on this machine only.")

EXAMPLES = """\
EXAMPLES

\b
  dane-check lab list
  dane-check --lab no-match.test               the lab started for one check
  dane-check lab serve --map lab.json &        a lab that stays
  dane-check --lab-map lab.json no-match.test  … and is asked
  sudo dane-check lab serve --real-ports       … on ports 53 and 25, for any program
"""

RealPorts = Annotated[bool, option("--real-ports", explains="Listen on ports 53 and 25 of loopback addresses (root).")]
Delay = Annotated[
    int, option("--delay", metavar="MS", explains="Wait before every reply, as a distant server would.  [default: 0]")
]
Map = Annotated[
    str | None, option("--map", metavar="FILE", explains="Write where everything is to FILE, for --lab-map.")
]


@app.command("list")
@guarded
def list_scenarios() -> int:
    """List the domains of the lab, and what a check of each must say."""
    from dane_check.lab import load_scenarios

    scenarios = load_scenarios()
    width = max((len(one.domain) for one in scenarios), default=0)
    for one in scenarios:
        write(f"{one.domain:<{width}}  {one.expect.verdict.value} ({one.expect.exit})  {one.says}{_options(one)}\n")
    return 0


def _options(scenario: Scenario) -> str:
    usual = type(scenario.options)()
    chosen = dataclasses.asdict(scenario.options)
    words = [f"{name}={value}" for name, value in chosen.items() if value != getattr(usual, name)]
    return f"  [{', '.join(words)}]" if words else ""


@app.command("serve", epilog=EXAMPLES)
@guarded
def serve(real_ports: RealPorts = False, delay: Delay = 0, map_file: Map = None) -> int:
    """Keep the lab up until interrupted; prints its resolver and trust anchor when it is ready."""
    import asyncio

    from dane_check import lab

    if not 0 <= delay <= 60_000:
        raise UsageError("--delay is not between 0 and 60000 milliseconds")
    if map_file:
        check_target(map_file, force=True)
    asyncio.run(lab.serve(real_ports=real_ports, delay=delay / 1000, ready=lambda there: _announce(there, map_file)))
    return 0


def _announce(lab: Lab, map_file: str | None) -> None:
    from dane_check.lab import write_map

    if map_file:
        save(map_file, write_map(lab.map) + "\n", force=True)
    write(f"resolver {lab.resolver}\n")
    for anchor in lab.trust_anchor:
        write(f"trust anchor {anchor}\n")
    write(f"{len(lab.scenarios)} domains; end with Ctrl-C\n")
