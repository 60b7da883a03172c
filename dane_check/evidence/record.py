"""The values evidence is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dane_check.ports import Heard, ProbeOutcome, ProbeRequest, Question, Server

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class DnsExchange:
    """One question, the server it was put to, and what came back.

    moment -- what it was asked again for, at that moment; None where it was asked for the first time.
    """

    question: Question
    server: Server
    heard: Heard
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handshake:
    """One session with a mail server, and what came of it."""

    request: ProbeRequest
    outcome: ProbeOutcome


@dataclass(frozen=True, slots=True)
class Renewal:
    """A session that came so late that the TLSA answer of `first` was asked for again, at the moment `again`.

    turn -- counts repetitions of one session from 0.
    """

    request: ProbeRequest
    turn: int
    first: datetime
    again: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run as it was heard. The verdict is a function of it.

    now -- the moment the verdicts are about.
    domains -- the names judged, in the order asked; `host:NAME:PORT` for a configured relay.
    anchors -- trust anchor texts in force.
    servers -- the resolvers, in the order they were used.
    settings -- the options that can change a verdict, by name; limits that are not our own too (`evidence.bounds`).
    """

    now: datetime
    domains: tuple[str, ...]
    anchors: tuple[str, ...]
    servers: tuple[Server, ...]
    settings: tuple[tuple[str, Any], ...]
    exchanges: tuple[DnsExchange, ...]
    handshakes: tuple[Handshake, ...]
    renewals: tuple[Renewal, ...] = ()
    schema: int = SCHEMA
