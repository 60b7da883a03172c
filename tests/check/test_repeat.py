"""D-38: what a session comes to when it is held again; the worst of it counts, and our insistence is nobody's fault."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from dane_check import Settings
from dane_check.check.domain import check_domain
from dane_check.check.session import Probes, Session
from dane_check.policy.verdict import DomainVerdict
from dane_check.ports import Fault, HandshakeFailure, KeyType, ProbeOutcome, ProbeRequest, Refusal, SmtpReply, Stage
from tests.check.test_flow import ALERT, DOMAIN, chain, good_answers
from tests.check.virtual_time import START
from tests.lookups import Answers

GOOD = chain()
BUSY = HandshakeFailure(Stage.GREETING, Refusal.GREETING_REJECTED, reply=SmtpReply(421, (b"too many",)))
GONE = HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.TIMEOUT)
RESET = HandshakeFailure(Stage.STARTTLS, Refusal.BROKEN_OFF, Fault.RESET)
HUNG_UP = HandshakeFailure(Stage.STARTTLS, Refusal.BROKEN_OFF, Fault.CLOSED)
STRIPPED = HandshakeFailure(Stage.EHLO, Refusal.NO_STARTTLS)
INJECTED = HandshakeFailure(Stage.STARTTLS, Refusal.STARTTLS_INJECTION)


class Changing:
    """A `Prober` that gives these outcomes to sessions that offer everything, and to the others those, in turn."""

    def __init__(self, first: list[ProbeOutcome], others: list[ProbeOutcome]) -> None:
        self._first = first
        self._others = others

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        outcomes = self._first if KeyType.UNKNOWN in request.key_types else self._others
        return outcomes.pop(0)


def repeated(first: Sequence[ProbeOutcome], others: Sequence[ProbeOutcome]) -> DomainVerdict:
    """The verdict where every session is held as often as the first has outcomes."""
    settings = Settings(repeat=len(first))
    probes = Probes(Changing(list(first), list(others)))
    session = Session(settings, START, lambda: Answers(good_answers()), probes, "probe.example.net")
    return asyncio.run(check_domain(session, DOMAIN)).verdict


@pytest.mark.parametrize("refused", [BUSY, GONE, RESET])
def test_a_server_that_has_had_enough_of_us_is_no_worse_for_it(refused: HandshakeFailure) -> None:
    """What it said before it would not let us in again is what it says."""
    assert repeated([GOOD, refused], [ALERT, ALERT]).exit_status == 0


@pytest.mark.parametrize("refused", [HUNG_UP, STRIPPED, INJECTED])
@pytest.mark.parametrize("when", [0, 1])
def test_a_server_that_lets_us_in_and_refuses_tls_refuses(refused: HandshakeFailure, when: int) -> None:
    """D-26: to hang up on STARTTLS is to refuse it, the second time as the first."""
    outcomes: list[ProbeOutcome] = [GOOD, GOOD]
    outcomes[when] = refused
    assert repeated(outcomes, [ALERT, ALERT]).exit_status == 1


@pytest.mark.parametrize("other", [STRIPPED, INJECTED, HUNG_UP])
def test_an_alert_excuses_no_other_session_for_the_same_type(other: HandshakeFailure) -> None:
    """S4-A22: an alert means not offered; beside anything else the type was not tested, whichever came first."""
    for outcomes in ([ALERT, other], [other, ALERT]):
        assert repeated([GOOD, GOOD], outcomes).exit_status == 4


def test_a_type_that_not_every_server_has_is_judged_where_it_is() -> None:
    """A certificate that one of several servers serves counts, whatever the others say."""
    other = chain(key_type=KeyType.RSA)
    assert repeated([GOOD, GOOD], [ALERT, other, ALERT, ALERT]).exit_status == 0
