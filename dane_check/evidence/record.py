"""The values evidence is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dane_check.ports import Heard, ProbeOutcome, ProbeRequest, Question, Server

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class DnsExchange:
    """One question, the server it was put to, and what came back."""

    question: Question
    server: Server
    heard: Heard


@dataclass(frozen=True, slots=True)
class Handshake:
    """One session with a mail server, and what came of it."""

    request: ProbeRequest
    outcome: ProbeOutcome


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run as it was heard. The verdict is a function of it.

    now -- the moment the verdicts are about.
    domains -- the names judged, in the order asked; `host:NAME:PORT` for a configured relay.
    anchors -- trust anchor texts in force.
    servers -- the resolvers, in the order they were used.
    settings -- the options that can change a verdict, by name.
    """

    now: datetime
    domains: tuple[str, ...]
    anchors: tuple[str, ...]
    servers: tuple[Server, ...]
    settings: tuple[tuple[str, Any], ...]
    exchanges: tuple[DnsExchange, ...]
    handshakes: tuple[Handshake, ...]
    schema: int = SCHEMA
