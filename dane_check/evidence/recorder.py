"""Any transport and any prober, with everything they heard kept as evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dane_check.evidence.record import DnsExchange, Evidence, Handshake, Renewal
from dane_check.ports import DnsTransport, Heard, ProbeOutcome, Prober, ProbeRequest, Question, Server


@dataclass(slots=True)
class Notebook:
    """What was heard so far, in the order it came in. The only mutable value of this room."""

    exchanges: list[DnsExchange] = field(default_factory=list)
    handshakes: list[Handshake] = field(default_factory=list)
    renewals: list[Renewal] = field(default_factory=list)

    def evidence(
        self,
        *,
        now: datetime,
        domains: tuple[str, ...],
        anchors: tuple[str, ...],
        servers: tuple[Server, ...],
        settings: tuple[tuple[str, Any], ...],
    ) -> Evidence:
        """Everything written down so far, with the circumstances a replay needs."""
        return Evidence(
            now=now,
            domains=domains,
            anchors=anchors,
            servers=servers,
            settings=settings,
            exchanges=tuple(self.exchanges),
            handshakes=tuple(self.handshakes),
            renewals=tuple(dict.fromkeys(self.renewals)),
        )


class RecordingTransport:
    """A `DnsTransport` that writes down every question with its server and what was heard.

    moment -- what everything is asked again for, if it is.
    """

    def __init__(self, transport: DnsTransport, notebook: Notebook, moment: datetime | None = None) -> None:
        self._moment = moment
        self._transport = transport
        self._notebook = notebook

    async def ask(self, question: Question, server: Server) -> Heard:
        """What the wrapped transport heard."""
        heard = await self._transport.ask(question, server)
        self._notebook.exchanges.append(DnsExchange(question, server, heard, self._moment))
        return heard


class RecordingProber:
    """A `Prober` that writes down every session and what came of it."""

    def __init__(self, prober: Prober, notebook: Notebook) -> None:
        self._prober = prober
        self._notebook = notebook

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        """What the wrapped prober reported."""
        outcome = await self._prober.probe(request)
        self._notebook.handshakes.append(Handshake(request, outcome))
        return outcome
