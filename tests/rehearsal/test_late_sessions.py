"""T-8 in a rehearsal: candidates do not grow old, and what the world holds never takes their place meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dane_check import Checker, Rehearsal, Settings
from dane_check.lab.memory import MemoryLab
from dane_check.lab.scenario import read_scenario
from dane_check.limits import DEFAULT, RunLimits
from dane_check.rehearsal.outcome import Would
from dane_check.rehearsal.plan import Plan, plan
from tests.check.virtual_time import START, VirtualTime
from tests.rehearsal.zones import ds_of, keys_of, signed, zone

ONE_A_MINUTE = replace(DEFAULT, run=RunLimits(address_sessions_per_minute=1))
KEYS = keys_of()
TWO_TYPES = '''
id = "late"
domain = "example.org"
says = "The second session is held a minute after the first."
rule = []
[[zone]]
records = """
@  MX 10 mx
mx A {A}
_25._tcp.mx 30 TLSA 3 1 1 {ee-ecdsa}
_25._tcp.mx 30 TLSA 3 1 1 {ee-rsa}
"""
[[server]]
[[server.certificate]]
key = "ecdsa"
[[server.certificate]]
key = "rsa"
[expect]
verdict = "protected"
exit = 0
'''


def planned(form: str, address: str, records: list[str]) -> Plan:
    """These records, which live half a minute, in a zone file or by themselves."""
    if form == "records":
        return plan(["mx.example.org"], tlsa=records, ttl=30)
    lines = "".join(f"_25._tcp.mx 30 TLSA {one}\n" for one in records)
    text = zone(f"@ MX 10 mx\nmx A {address}\n{lines}")
    if form == "unsigned zone":
        return plan(zone=text)
    return plan(zone=signed(text, KEYS), ds=[ds_of(KEYS)])


def rehearsed(form: str, *wanted: int) -> Rehearsal:
    """A rehearsal with these of the two published records, whose second session begins a minute late."""
    time = VirtualTime()
    lab = MemoryLab(read_scenario(TWO_TYPES), START)
    (address,) = lab.servers
    settings = Settings(
        resolver=str(lab.resolver), trust_anchor=lab.trust_anchor, allow_reserved=True, limits=ONE_A_MINUTE
    )

    async def run() -> Rehearsal:
        async with Checker(settings, dns=lab, dialer=lab, clock=time) as checker:
            published = [one.text for one in (await checker.lookup("_25._tcp.mx.example.org", "TLSA")).records]
            found = await checker.rehearse(planned(form, address, [published[one] for one in wanted]))
        await lab.aclose()
        return found

    return time.run(run())


FORMS = pytest.mark.parametrize("form", ["records", "unsigned zone", "signed zone"])


@FORMS
@pytest.mark.parametrize("which", [0, 1])
def test_a_late_session_is_judged_by_the_candidates(form: str, which: int) -> None:
    """One of two certificates would be refused, although the records that stand today name both."""
    found = rehearsed(form, which)
    assert (found.would, found.exit_status) == (Would.BE_BROKEN, 1)


@FORMS
def test_candidates_that_name_both_certificates_would_protect(form: str) -> None:
    """So it is the missing record that decides above."""
    found = rehearsed(form, 0, 1)
    assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 0)
