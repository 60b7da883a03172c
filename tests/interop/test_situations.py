"""Every situation, judged by the command through a real resolver and against a real mail server."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from .command import Command
from .exim import WITH_EXIM
from .resolvers import RESOLVERS
from .situations import SITUATIONS, Situation
from .world import World

pytestmark = pytest.mark.interop


def _params(cases: list[Situation]) -> list[ParameterSet]:
    return [
        pytest.param(case, id=f"{case.rule}-{case.domain}", marks=[WITH_EXIM] if case.needs_exim else [])
        for case in cases
    ]


EVERY = pytest.mark.parametrize("case", _params(SITUATIONS))


@EVERY
@pytest.mark.parametrize("resolver", RESOLVERS)
def test_the_verdict_and_the_exit_status_are_those_of_the_rule(
    case: Situation, resolver: str, dane_check: Command
) -> None:
    """Each situation gives its verdict word and its exit status, whichever resolver is asked."""
    checked = dane_check.domain(case.domain, resolver)
    told = checked.domain
    assert (told["verdict"], told["exit_status"], checked.status) == (
        case.verdict,
        case.exit_status,
        case.exit_status,
    ), case.says


@EVERY
def test_the_endpoints_say_what_happened(case: Situation, dane_check: Command) -> None:
    """The results seen over all endpoints are exactly those of the rule; none where nobody may connect."""
    assert dane_check.domain(case.domain).results == case.results, case.says


REFUSED_BEFORE_CONNECTING = [case for case in SITUATIONS if case.verdict == "broken" and not case.results]


@pytest.mark.parametrize("case", _params(REFUSED_BEFORE_CONNECTING))
def test_no_connection_is_made_where_the_lookup_failed(case: Situation, dane_check: Command, world: World) -> None:
    """A host whose lookup failed is never connected to: its mail server has no line in the log."""
    dane_check.domain(case.domain)
    assert world.mail_servers[case.domain]
    assert world.connections_to(case.domain) == []


def test_a_connection_is_seen_in_the_log(dane_check: Command, world: World) -> None:
    """Where the lookup succeeds the mail log has the connection, so an empty log means something."""
    dane_check.domain("good.test")
    assert world.connections_to("good.test")
