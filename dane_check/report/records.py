"""TLSA records that were made, as lines of a zone file or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dane_check.report.json import document, dumped
from dane_check.report.styled import visible
from dane_check.tlsa.record import TlsaRecord


@dataclass(frozen=True, slots=True)
class MadeRecord:
    """One record. owner -- its name without the last dot; None where no host was named. source -- what it is of."""

    owner: str | None
    record: TlsaRecord
    source: str

    def line(self, *, rfc3597: bool = False) -> str:
        """The line of a zone file, or without an owner its RDATA alone; on request for software without TLSA."""
        rdata = self.record.rdata
        text = f"\\# {len(rdata)} {rdata.hex()}" if rfc3597 else self.record.to_text()
        if self.owner is None:
            return text
        return f"{self.owner}. IN {'TYPE52' if rfc3597 else 'TLSA'} {text}"


def records_to_text(made: Sequence[MadeRecord], *, rfc3597: bool = False) -> str:
    """One record a line, in the order made."""
    return "".join(f"{visible(one.line(rfc3597=rfc3597))}\n" for one in made)


def records_to_json(made: Sequence[MadeRecord]) -> str:
    """One document of kind `tlsa`."""
    return dumped(document("tlsa", records=[_record(one) for one in made]))


def _record(one: MadeRecord) -> dict[str, object]:
    return {
        "owner": one.owner and visible(one.owner),
        "usage": one.record.usage,
        "selector": one.record.selector,
        "matching_type": one.record.matching_type,
        "data": one.record.data.hex(),
        "line": visible(one.line()),
        "rfc3597": visible(one.line(rfc3597=True)),
        "source": visible(one.source),
    }
