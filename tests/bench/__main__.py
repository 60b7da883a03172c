"""`python -m tests.bench [--long] [--part NAME]`: measures, prints, and writes docs/performance.md."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import batch, machine, matching, one_domain, startup, validation
from tests.bench.tools import danetool_program

TARGET = Path(__file__).parents[2] / "docs" / "performance.md"
HISTORY = "performance-history.md"

_HEAD = """# Performance

Written by `make bench`, all from one run of it, which took {minutes:.0f} minutes. Tools that are compared run in
turn, and each round begins with another one. No test asserts a time; numbers of questions, flights,
sessions and imports are asserted.

{machine}"""
_NO_NETWORK = """## One domain

Not measured: ports 53 and 25 need root and a network namespace of our own.
"""


def _parts(danetool: str | None, *, private: bool, long: bool) -> dict[str, Callable[[], str]]:
    """The sections in their order."""
    return {
        "one": lambda: one_domain.document(one_domain.measure(danetool)) if private else _NO_NETWORK,
        "start": lambda: startup.document(startup.measure()),
        "lists": lambda: batch.document(batch.measure(real_ports=private, long=long)),
        "lookups": lambda: validation.document(validation.measure()),
        "matches": lambda: matching.table(matching.measure()),
    }


def _ending() -> str:
    if not (TARGET.parent / HISTORY).exists():
        return ""
    return f"\nWhat was cut, and what it brought: [{HISTORY}]({HISTORY}).\n"


def main() -> None:
    """Measures everything and writes the file anew; of a single part it prints the section alone."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--long", action="store_true", help="lists of 100,000 domains too")
    arguments.add_argument("--part", choices=_parts(None, private=False, long=False))
    chosen = arguments.parse_args()
    begun = time.monotonic()
    sections = []
    with TemporaryDirectory() as folder:
        danetool = danetool_program(Path(folder))
        described = machine.described(danetool)
        with machine.network() as private:
            for name, part in _parts(danetool, private=private, long=chosen.long).items():
                if chosen.part in (None, name):
                    sections.append(part())
                    sys.stdout.write(f"{sections[-1]}\n")
                    sys.stdout.flush()
    if chosen.part is None:
        head = _HEAD.format(minutes=(time.monotonic() - begun) / 60, machine=described)
        TARGET.write_text("\n".join([head, *sections]) + _ending())


if __name__ == "__main__":
    main()
