"""Every situation the world holds: one function builds it, its sentence says the rule, the table says the verdict.

The rule numbers are those of docs/requirements.md: W-… (§19.6), S1-… to S4-… (§19.1 to §19.4), D-… (§21).
"""

from __future__ import annotations

from ..plan import SITUATIONS as BUILT
from . import algorithms, answers, broken, destinations, hosts, protected, sessions, undetermined, unprotected

_PARTS = (protected, unprotected, broken, undetermined, destinations, hosts, answers, sessions, algorithms)
SITUATIONS = [case for part in _PARTS for case in BUILT if case.build.__module__ == part.__name__]

__all__ = ["SITUATIONS"]
