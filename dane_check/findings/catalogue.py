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

AREAS: Final = (
    ("This side of the network", environment.AREA),
    ("The domain and its MX records", domain.AREA),
    ("Addresses and aliases of a host", addresses.AREA),
    ("The TLSA lookup", tlsa_lookup.AREA),
    ("What records hold", records.AREA),
    ("Records and the chain served", matching.AREA),
    ("Why a record matches nothing", diagnosis.AREA),
    ("What the next key change will meet", rollover.AREA),
    ("Before something is published", publishing.AREA),
    ("SMTP and TLS", session.AREA),
)

CATALOGUE: Final[Mapping[Code, Diagnosis]] = freeze(*(area for _, area in AREAS))
