"""The whole catalogue, put together from its areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dane_check.findings import (
    addresses,
    diagnosis,
    domain,
    environment,
    matching,
    publishing,
    records,
    rollover,
    session,
    tlsa_lookup,
)
from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, freeze

CATALOGUE: Final[Mapping[Code, Diagnosis]] = freeze(
    environment.AREA,
    domain.AREA,
    addresses.AREA,
    tlsa_lookup.AREA,
    records.AREA,
    matching.AREA,
    diagnosis.AREA,
    rollover.AREA,
    publishing.AREA,
    session.AREA,
)
