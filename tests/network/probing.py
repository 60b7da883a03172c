"""How the tests of this folder hold a session: shortened limits, one event loop per session."""

from __future__ import annotations

import asyncio

from dane_check.limits import SessionLimits
from dane_check.network.dialer import TcpDialer
from dane_check.network.prober import SmtpProber
from dane_check.ports import ALL_KEY_TYPES, HandshakeFailure, KeyType, ProbeOutcome, ProbeRequest, ServedChain

from .scripted import Script, ScriptedServer

LIMITS = SessionLimits(connect_seconds=5, greeting_seconds=5, reply_seconds=5, session_seconds=10, handshake_seconds=5)


async def hold(request: ProbeRequest, limits: SessionLimits = LIMITS) -> ProbeOutcome:
    prober = SmtpProber(TcpDialer(limits), limits)
    try:
        return await prober.probe(request)
    finally:
        await prober.aclose()


def probe_port(
    port: int,
    limits: SessionLimits = LIMITS,
    *,
    key_types: frozenset[KeyType] = ALL_KEY_TYPES,
    server_name: str | None = "mx.example.test",
) -> ProbeOutcome:
    request = ProbeRequest("127.0.0.1", port, server_name, key_types, helo="probe.example.test")
    return asyncio.run(hold(request, limits))


def probe(script: Script, limits: SessionLimits = LIMITS) -> ProbeOutcome:
    with ScriptedServer(script) as server:
        return probe_port(server.port, limits)


def failure(script: Script, limits: SessionLimits = LIMITS) -> HandshakeFailure:
    outcome = probe(script, limits)
    assert isinstance(outcome, HandshakeFailure)
    return outcome


def served(outcome: ProbeOutcome) -> ServedChain:
    assert isinstance(outcome, ServedChain), outcome
    return outcome
