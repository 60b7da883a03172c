"""`dane-check lab`: what the embedded lab plays, and the lab as a process for other programs to talk to."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from dane_check.cli.exits import guarded
from dane_check.cli.files import check_target, read_text, save
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
  dane-check lab serve --scenario mine.toml    … with a domain of your own (docs/lab.md)
  sudo dane-check lab serve --real-ports       … on ports 53 and 25, for any program
"""

RealPorts = Annotated[bool, option("--real-ports", explains="Listen on ports 53 and 25 of loopback addresses (root).")]
Delay = Annotated[
    int, option("--delay", metavar="MS", explains="Wait before every reply, as a distant server would.  [default: 0]")
]
Authenticates = Annotated[
    bool, option("--authenticates", explains="Set AD on what is secure, for programs that leave validation to others.")
]
Scenarios = Annotated[
    list[str] | None,
    option("--scenario", metavar="FILE", explains="Play this scenario file, and none of the lab's own (repeatable)."),
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
def serve(
    real_ports: RealPorts = False,
    delay: Delay = 0,
    authenticates: Authenticates = False,
    scenario: Scenarios = None,
    map_file: Map = None,
) -> int:
    """Keep the lab up until interrupted; prints its resolver and trust anchor when it is ready."""
    import asyncio

    from dane_check import lab

    if not 0 <= delay <= 60_000:
        raise UsageError("--delay is not between 0 and 60000 milliseconds")
    if map_file:
        check_target(map_file, force=True)
    serving = lab.serve(
        _scenarios(scenario),
        real_ports=real_ports,
        delay=delay / 1000,
        authenticates=authenticates,
        ready=lambda there: _announce(there, map_file),
    )
    asyncio.run(serving)
    return 0


def _scenarios(files: list[str] | None) -> list[Scenario] | None:
    from dane_check.lab import read_scenario
    from dane_check.limits import DEFAULT

    if not files:
        return None
    return [read_scenario(read_text(path, DEFAULT.input.file_octets), path) for path in files]


def _announce(lab: Lab, map_file: str | None) -> None:
    from dane_check.lab import write_map

    if map_file:
        save(map_file, write_map(lab.map) + "\n", force=True)
    write(f"resolver {lab.resolver}\n")
    for anchor in lab.trust_anchor:
        write(f"trust anchor {anchor}\n")
    write(f"{len(lab.scenarios)} domains; end with Ctrl-C\n")
