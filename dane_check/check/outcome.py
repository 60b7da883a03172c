"""What a check returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dane_check.evidence import Evidence
from dane_check.findings import Finding
from dane_check.policy.verdict import DomainVerdict


@dataclass(frozen=True, slots=True)
class DomainCheck:
    """The verdict, and what stands beside it.

    now -- the moment the verdict is about; None where no run was opened for it.
    diagnostics -- findings of questions asked after the verdict; outside the fold, the cap and `strict`.
    evidence -- everything heard, if recording was asked for.
    timings -- seconds by step (`verdict`, `diagnostics`); beside the verdict, never in it.
    """

    verdict: DomainVerdict
    now: datetime | None = None
    diagnostics: tuple[Finding, ...] = ()
    evidence: Evidence | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
