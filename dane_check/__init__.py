"""dane_check: will mail to this domain be protected by DANE, and if not, which link breaks?

The public names load on first use, so that `import dane_check` costs nothing.

>>> import dane_check
>>> report = dane_check.match(["3 1 1 " + "00" * 32], [b""], ["mx.example.org"], now=dane_check.utc(2026, 11, 22))
>>> report.outcome.value
'failed'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Checker": "api",
    "check_domain": "api",
    "check_domain_sync": "api",
    "lookup": "api",
    "lookup_sync": "api",
    "make_tlsa": "tlsa.generate",
    "match": "tlsa.match",
    "may_switch": "rehearsal.rollover.guard",
    "plan_rollover": "rehearsal.rollover.plan",
    "rehearse": "api",
    "rehearse_sync": "api",
    "replay": "api",
    "replay_sync": "api",
    "utc": "api",
    "Settings": "settings",
    "Limits": "limits",
    "UsageError": "errors",
    "DaneCheckError": "errors",
    "DomainCheck": "check.outcome",
    "DomainVerdict": "policy.verdict",
    "HostVerdict": "policy.verdict",
    "EndpointVerdict": "policy.verdict",
    "DomainWord": "policy.verdict",
    "HostWord": "policy.verdict",
    "EndpointResult": "policy.verdict",
    "Finding": "findings",
    "Code": "findings",
    "Severity": "findings",
    "Lookup": "dnssec.lookup",
    "Secure": "dnssec.lookup",
    "SecureDenial": "dnssec.lookup",
    "Insecure": "dnssec.lookup",
    "Bogus": "dnssec.lookup",
    "Indeterminate": "dnssec.lookup",
    "TlsaRecord": "tlsa.record",
    "MatchReport": "tlsa.match",
    "Rehearsal": "rehearsal.outcome",
    "Permission": "rehearsal.rollover.guard",
    "RolloverPlan": "rehearsal.rollover.plan",
    "RolloverState": "rehearsal.rollover.situation",
    "Evidence": "evidence",
}

__all__ = [
    "Bogus",
    "Checker",
    "Code",
    "DaneCheckError",
    "DomainCheck",
    "DomainVerdict",
    "DomainWord",
    "EndpointResult",
    "EndpointVerdict",
    "Evidence",
    "Finding",
    "HostVerdict",
    "HostWord",
    "Indeterminate",
    "Insecure",
    "Limits",
    "Lookup",
    "MatchReport",
    "Permission",
    "Rehearsal",
    "RolloverPlan",
    "RolloverState",
    "Secure",
    "SecureDenial",
    "Settings",
    "Severity",
    "TlsaRecord",
    "UsageError",
    "__version__",
    "check_domain",
    "check_domain_sync",
    "lookup",
    "lookup_sync",
    "make_tlsa",
    "match",
    "may_switch",
    "plan_rollover",
    "rehearse",
    "rehearse_sync",
    "replay",
    "replay_sync",
    "utc",
]

if TYPE_CHECKING:
    from dane_check.api import (
        Checker,
        check_domain,
        check_domain_sync,
        lookup,
        lookup_sync,
        rehearse,
        rehearse_sync,
        replay,
        replay_sync,
        utc,
    )
    from dane_check.check.outcome import DomainCheck
    from dane_check.dnssec.lookup import Bogus, Indeterminate, Insecure, Lookup, Secure, SecureDenial
    from dane_check.errors import DaneCheckError, UsageError
    from dane_check.evidence import Evidence
    from dane_check.findings import Code, Finding, Severity
    from dane_check.limits import Limits
    from dane_check.policy.verdict import (
        DomainVerdict,
        DomainWord,
        EndpointResult,
        EndpointVerdict,
        HostVerdict,
        HostWord,
    )
    from dane_check.rehearsal.outcome import Rehearsal
    from dane_check.rehearsal.rollover.guard import Permission, may_switch
    from dane_check.rehearsal.rollover.plan import RolloverPlan, plan_rollover
    from dane_check.rehearsal.rollover.situation import RolloverState
    from dane_check.settings import Settings
    from dane_check.tlsa.generate import make_tlsa
    from dane_check.tlsa.match import MatchReport, match
    from dane_check.tlsa.record import TlsaRecord


def __getattr__(name: str) -> Any:
    """A public name, loaded on first use."""
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
