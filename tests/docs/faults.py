"""Writes docs/faults.md from the cells of the matrix: python -m tests.docs.faults."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.faults.cells import Cell, cells_of
from tests.faults.classes import Class
from tests.faults.grounds import GROUNDS, scenario_of

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "faults.md"

_PROMISES = {
    Class.CALM: "the calm verdict, host by host and address by address: nothing that it rests on is missing or changed",
    Class.TRANSIENT: "the calm verdict or `undetermined`",
    Class.TRANSIENT_OCTETS: "the calm verdict, `undetermined`, or `broken` where S4-A03 … S4-A08 say so",
    Class.WITHHELD: "`undetermined`, or the calm verdict where that is not `protected`; never exit 0",
    Class.CHANGED: "`undetermined`, `broken`, or the calm verdict where that is not `protected`; never exit 0",
    Class.ONE_FAMILY: "as `changed`, or `partial`: the other address family still answers (S2-06)",
    Class.UNVOUCHED: "the calm verdict, `undetermined` or `broken`: nothing vouches for these octets, and the verdict "
    "may rest on others",
    Class.UNSIGNED: "anything but exit 0: in an unsigned zone nobody can tell",
}

_HEAD = """# Faults

What a check says when something goes wrong on the way. Every fault happens at every step (each DNS question, each
turn of each SMTP and TLS session) of {scenarios} scenarios of the lab, **once** and **each time**. That makes
**{cells} cells**. A cell's class is worked out from what the step is and what the fault does to it, without the engine
(`tests/faults/classes.py`, and the table by hand in `tests/faults/grounds.py`); the engine then has to keep the promise
of that class.

In every cell, whatever its class:

- never exit 0 where the calm verdict is not exit 0;
- never "no TLSA" about a host that has TLSA records;
- never a connection where the lookup of MX, address or TLSA failed (threats T-5; counted before the fault);
- never longer than L-20, never a task left behind, never an exception.

`make faults` runs all cells, `make test` a seventh of them; each says at its end how many kept their promise. Nobody
waits: the lab runs in memory, on an event loop whose clock jumps to the next deadline, with the limits of requirements
§24 as they are. Three tests break the engine on purpose, and see the matrix notice.

Written by `make docs`; not to be edited.
"""

_NOTES = """
`corrupt` is followed by what is hit: the header (`rcode`, `count`, `TC`, `question`), the last octet of the answering
or denying record, and of its signature; a reply's code, the STARTTLS keyword, or text that means nothing; a TLS
flight's record type, start, middle and end, or the number of an alert. `servfail`, `empty` (NOERROR and nothing else)
and `strip` (no signatures, no denials) are the downgrades of threats T-5.

Not every fault fits every step. A chain beyond L-17 can only be served where a server answers a ClientHello; an
impostor with the server's own key does it. At the connection there are refusal, silence, reset and delay. For an
endless banner a DNS reply has as many records as 64 KiB hold; `half-open` is a question that is taken and never
answered.
"""


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def _classes(cells: list[Cell]) -> str:
    counts = Counter(cell.kind for cell in cells)
    return _table(("class", "promise", "cells"), ((f"`{one.value}`", _PROMISES[one], counts[one]) for one in Class))


def _faults(cells: list[Cell]) -> str:
    counts = Counter((cell.fault, bool(cell.dns), cell.kind) for cell in cells)
    named = dict.fromkeys((cell.fault, bool(cell.dns)) for cell in cells)
    head = ("fault", "at", *(one.value for one in Class))
    return _table(
        head,
        (
            (f"`{fault}`", "a question" if dns else "a turn", *(counts[fault, dns, one] or "" for one in Class))
            for fault, dns in named
        ),
    )


def _scenarios() -> str:
    rows = ((f"`{one.scenario}`", scenario_of(one.scenario).says, len(cells_of(one))) for one in GROUNDS)
    return _table(("scenario", "", "cells"), rows)


def document() -> str:
    """The whole of docs/faults.md."""
    cells = [cell for ground in GROUNDS for cell in cells_of(ground)]
    return "\n".join(
        [
            _HEAD.format(scenarios=len(GROUNDS), cells=len(cells)),
            "## Classes\n",
            _classes(cells),
            "## Faults\n",
            _faults(cells),
            _NOTES.strip() + "\n",
            "## Scenarios\n",
            _scenarios(),
        ]
    )


def main() -> None:
    """Writes the file anew."""
    TARGET.write_text(document())
    sys.stdout.write(f"{TARGET.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    main()
