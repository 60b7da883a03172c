"""Every situation, judged by the command through a real resolver and against a real mail server."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from .command import Command
from .exim import WITH_EXIM
from .plan import Situation
from .situations import SITUATIONS
from .world import World

pytestmark = pytest.mark.interop


def params(cases: list[Situation]) -> list[ParameterSet]:
    """Situations as parameters of a test, each with its rule in its id."""
    return [
        pytest.param(case, id=f"{case.rule}-{case.domain}", marks=[WITH_EXIM] if case.needs_exim else [])
        for case in cases
    ]


EVERY = pytest.mark.parametrize("case", params(SITUATIONS))


@EVERY
@pytest.mark.parametrize("resolver", ["unbound", "bind"])
def test_the_verdict_is_that_of_the_rule(case: Situation, resolver: str, dane_check: Command, world: World) -> None:
    """Each situation gives the verdict, the exit status and the endpoint results of its rule, whichever resolver is
    asked; where a lookup failed nobody connects, and no mail server has a line in its log."""
    checked = dane_check.situation(case, resolver)
    told = checked.domain
    assert told["exit_status"] == checked.status
    assert (told["verdict"], checked.status, checked.results) in case.outcomes, case.says
    if not case.results and not case.flaps:
        assert world.connections_to(case.domain) == []


@EVERY
@pytest.mark.parametrize("resolver", ["powerdns", "knot-resolver"])
def test_the_library_gives_the_verdict_of_the_rule(
    case: Situation, resolver: str, dane_check: Command, world: World
) -> None:
    """The library, asked without the command, gives the same through two more resolvers."""
    verdict = dane_check.library(case, resolver).verdict
    results = frozenset(str(endpoint.result) for host in verdict.hosts for endpoint in host.endpoints)
    assert (str(verdict.word), verdict.exit_status, results) in case.outcomes, case.says


def test_a_connection_is_seen_in_the_log(dane_check: Command, world: World) -> None:
    """Where the lookup succeeds the mail log has the connection, so an empty log means something."""
    dane_check.domain("good.test")
    assert world.connections_to("good.test")


def test_nobody_asks_for_tlsa_in_an_unsigned_zone(dane_check: Command, world: World) -> None:
    """Where the zone of the host is unsigned its TLSA records are not asked for, so a server that drops such questions
    does no harm (W-16); where it is signed they are."""
    dane_check.domain("tlsa-servfail.test")
    unasked = dane_check.run("domain", "only-asked-once.test", *dane_check.world_options(), "--allow-reserved")
    asked = world.questions_at_the_front()
    assert unasked.status == 3
    assert ("mx.only-asked-once.test.", "A") in asked
    assert ("_25._tcp.mx.only-asked-once.test.", "TLSA") not in asked
    assert ("_25._tcp.mx.tlsa-servfail.test.", "TLSA") in asked
