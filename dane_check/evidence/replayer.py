"""Recorded evidence as a transport and a prober. No network: what was not recorded is a failure that says so."""

from __future__ import annotations

import ipaddress
from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Generic, TypeVar

from dane_check.evidence.record import Evidence
from dane_check.ports import (
    Fault,
    HandshakeFailure,
    Heard,
    NoReply,
    ProbeOutcome,
    ProbeRequest,
    Question,
    Refusal,
    Server,
    Stage,
)

_Answer = TypeVar("_Answer")


class _Answers(Generic[_Answer]):
    """Answers by key, given out in the order they were recorded; the last one repeats."""

    def __init__(self, recorded: Iterable[tuple[Hashable, _Answer]]) -> None:
        self._answers: dict[Hashable, list[_Answer]] = {}
        self._given: dict[Hashable, int] = {}
        for key, answer in recorded:
            self._answers.setdefault(key, []).append(answer)

    def next(self, key: Hashable) -> _Answer | None:
        answers = self._answers.get(key)
        if answers is None:
            return None
        given = self._given.get(key, 0)
        self._given[key] = given + 1
        return answers[min(given, len(answers) - 1)]


class ReplayTransport:
    """A `DnsTransport` over evidence; anything else is `NoReply(Fault.NOT_RECORDED)`.

    moment -- gives out what was asked again at that moment; None for what was asked first.
    """

    def __init__(self, evidence: Evidence, moment: datetime | None = None) -> None:
        self._answers: _Answers[Heard] = _Answers(
            (_question_key(one.question, one.server), one.heard) for one in evidence.exchanges if one.moment == moment
        )

    async def ask(self, question: Question, server: Server) -> Heard:
        """What that server said to that question when the evidence was taken."""
        heard = self._answers.next(_question_key(question, server))
        return heard or NoReply(Fault.NOT_RECORDED, f"the evidence holds no answer to {question} from {server}")


class ReplayProber:
    """A `Prober` over evidence; a session that was not recorded was not connected."""

    def __init__(self, evidence: Evidence) -> None:
        self._outcomes: _Answers[ProbeOutcome] = _Answers(
            (_request_key(one.request), one.outcome) for one in evidence.handshakes
        )

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        """What came of that session when the evidence was taken."""
        return self._outcomes.next(_request_key(request)) or HandshakeFailure(
            Stage.CONNECT,
            Refusal.NOT_CONNECTED,
            Fault.NOT_RECORDED,
            detail=f"the evidence holds no session with {request.address} for these certificate types",
        )


def _question_key(question: Question, server: Server) -> Hashable:
    # dns.name.Name compares and hashes without regard to case
    return question.name, question.rdtype, _address(server.address), server.port


def _request_key(request: ProbeRequest) -> Hashable:
    # the EHLO name is left out: it is that of the machine, and a replay may run on another one
    name = request.server_name and request.server_name.lower()
    return _address(request.address), request.port, name, request.key_types, request.protocol


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text.lower()
