"""What a run knows of port 25, for those of its domains that see too little of it by themselves."""

from __future__ import annotations

from typing import Final

from dane_check.check.session import Outgoing, forget_the_oldest
from dane_check.findings import About, Code, Finding
from dane_check.policy.environment import answered, port25_blocked, silent_hosts
from dane_check.policy.verdict import DomainVerdict

_SILENT_KEPT: Final = 32  # hosts; two that are unrelated tell all, and every pair is compared


def note(outgoing: Outgoing, verdict: DomainVerdict) -> tuple[Finding, ...]:
    """Remembers what the domain showed; says what the run now knows, where the verdict does not."""
    silent = silent_hosts(verdict.hosts)
    outgoing.silent.update(silent)
    forget_the_oldest(outgoing.silent, lambda _: True, _SILENT_KEPT)
    outgoing.open = outgoing.open or answered(verdict.hosts)
    said = any(one.code is Code.ENV_PORT25_BLOCKED for one in verdict.findings)
    if not silent or outgoing.open or said:
        return ()
    found = port25_blocked(About(verdict.domain), outgoing.silent)
    return (found,) if found is not None else ()
