"""Recording and replaying: what was heard is heard again, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

from dane_check.evidence import DnsExchange, Handshake
from dane_check.evidence.recorder import Notebook, RecordingProber, RecordingTransport
from dane_check.evidence.replayer import ReplayProber, ReplayTransport
from dane_check.ports import (
    Fault,
    HandshakeFailure,
    Heard,
    KeyType,
    NoReply,
    ProbeOutcome,
    ProbeRequest,
    Question,
    Refusal,
    Server,
)
from tests.evidence.samples import CHAIN, MESSAGES, NOW, REQUEST, SERVER, evidence, question

MX = question("example.org.", 15)


class Script:
    """Answers in the order given, whoever asks."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    async def ask(self, question: Question, server: Server) -> Heard:
        return self._answers.pop(0)

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        return self._answers.pop(0)


def replayed(*exchanges: DnsExchange) -> ReplayTransport:
    return ReplayTransport(evidence(exchanges=exchanges))


def asked(transport: Any, what: Question, server: Server = SERVER) -> Heard:
    return asyncio.run(transport.ask(what, server))


def probed(prober: Any, request: ProbeRequest) -> ProbeOutcome:
    return asyncio.run(prober.probe(request))


class TestRecorder:
    """A recorder changes nothing and forgets nothing."""

    def test_what_was_heard_is_passed_on_and_written_down(self) -> None:
        notebook = Notebook()
        silence = NoReply(Fault.TIMEOUT)
        transport = RecordingTransport(Script(MESSAGES[0], silence), notebook)
        assert asked(transport, MX) is MESSAGES[0]
        assert asked(transport, MX) is silence
        assert notebook.exchanges == [DnsExchange(MX, SERVER, MESSAGES[0]), DnsExchange(MX, SERVER, silence)]

    def test_sessions_are_passed_on_and_written_down(self) -> None:
        notebook = Notebook()
        assert probed(RecordingProber(Script(CHAIN), notebook), REQUEST) is CHAIN
        assert notebook.handshakes == [Handshake(REQUEST, CHAIN)]

    def test_evidence_is_what_stands_in_the_notebook_by_then(self) -> None:
        notebook = Notebook()
        transport = RecordingTransport(Script(MESSAGES[0], MESSAGES[1]), notebook)
        asked(transport, MX)
        circumstances = {"now": NOW, "domains": ("example.org",), "anchors": (), "servers": (SERVER,), "settings": ()}
        taken = notebook.evidence(**circumstances)  # type: ignore[arg-type]
        asked(transport, MX)
        assert len(taken.exchanges) == 1
        assert len(notebook.exchanges) == 2


class TestReplayTransport:
    """Recorded answers, by question and server."""

    def test_names_are_compared_without_regard_to_case(self) -> None:
        transport = replayed(DnsExchange(question("EXAMPLE.org.", 15), SERVER, MESSAGES[0]))
        assert asked(transport, question("example.ORG.", 15)) == MESSAGES[0]

    def test_several_answers_come_in_order_and_the_last_repeats(self) -> None:
        heard = (NoReply(Fault.TIMEOUT), MESSAGES[0], MESSAGES[1])
        transport = replayed(*(DnsExchange(MX, SERVER, one) for one in heard))
        assert [asked(transport, MX) for _ in range(5)] == [*heard, MESSAGES[1], MESSAGES[1]]

    def test_another_server_or_type_was_not_recorded(self) -> None:
        transport = replayed(DnsExchange(MX, SERVER, MESSAGES[0]))
        others = [
            asked(transport, MX, Server("192.0.2.54")),
            asked(transport, MX, Server(SERVER.address, 5353)),
            asked(transport, question("example.org.", 1)),
            asked(transport, question("sub.example.org.", 15)),
        ]
        assert {one.fault for one in others if isinstance(one, NoReply)} == {Fault.NOT_RECORDED}
        assert len(others) == 4

    def test_two_spellings_of_one_address_are_one_server(self) -> None:
        transport = replayed(DnsExchange(MX, Server("2001:db8::53"), MESSAGES[0]))
        assert asked(transport, MX, Server("2001:DB8:0:0::53")) == MESSAGES[0]


class TestReplayProber:
    """Recorded sessions, by address, server name and certificate types."""

    def test_the_recorded_session_comes_back_whatever_the_name_in_ehlo(self) -> None:
        prober = ReplayProber(evidence())
        assert probed(prober, ProbeRequest("192.0.2.1", 25, "MX1.example.org", helo="elsewhere")) == CHAIN

    def test_a_session_that_was_not_recorded_was_not_connected(self) -> None:
        prober = ReplayProber(evidence())
        rsa = frozenset({KeyType.RSA})
        for other in (
            ProbeRequest("192.0.2.2", 25, "mx1.example.org"),
            ProbeRequest("192.0.2.1", 587, "mx1.example.org"),
            ProbeRequest("192.0.2.1", 25, None),
            ProbeRequest("192.0.2.1", 25, "mx1.example.org", rsa),
        ):
            outcome = probed(prober, other)
            assert isinstance(outcome, HandshakeFailure)
            assert (outcome.refusal, outcome.fault) == (Refusal.NOT_CONNECTED, Fault.NOT_RECORDED)
