"""Cases of other validators' suites, where they are at hand: status and kind must be theirs."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import dns.name
import dns.rdatatype
import pytest

from dane_check.dnssec.anchor_text import parse_trust_anchors
from dane_check.dnssec.lookup import Lookup
from dane_check.dnssec.resolver import ValidatingResolver
from dane_check.limits import DnsLimits
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Malformed, read

_BESIDE = Path(__file__).parents[3] / "shared" / "dnssec-cases"
FOLDER = Path(os.environ.get("DANE_CHECK_DNSSEC_CASES", _BESIDE))
CASES = sorted(FOLDER.glob("*.json")) if FOLDER.is_dir() else []
KINDS = {"answer": "data", "nodata": "nodata", "nxdomain": "nxdomain", "none": None}


class Responses:
    """The responses of a case; SERVFAIL to anything else, which is noted."""

    def __init__(self, responses: list[dict[str, Any]]) -> None:
        self.known = {
            Question(dns.name.from_text(r["qname"]), dns.rdatatype.from_text(r["qtype"])): bytes.fromhex(r["hex"])
            for r in responses
        }
        self.unknown: list[str] = []

    async def ask(self, question: Question, server: Server) -> Heard:
        octets = self.known.get(question)
        if octets is None:
            self.unknown.append(str(question))
            octets = b"\0\0\x81\x82" + bytes(8)
        try:
            return read(octets)
        except Malformed as trouble:
            return NoReply(Fault.MALFORMED, str(trouble))


def run(case: dict[str, Any]) -> tuple[Lookup, Responses]:
    transport = Responses(case["responses"])
    limits = case["settings"].get("val-nsec3-keysize-iterations")
    resolver = ValidatingResolver(
        transport,
        [Server("192.0.2.53")],
        parse_trust_anchors(case["trust_anchors"]),
        now=case["now"],
        limits=DnsLimits(),
        nsec3_iterations=max(map(int, limits.strip('"').split()[1::2])) if limits else 150,
        allow_sha1=case["name"].endswith("-sha1"),
    )
    query = case["query"]
    return asyncio.run(resolver.lookup(query["qname"], query["qtype"])), transport


@pytest.mark.skipif(not CASES, reason="the shared DNSSEC cases are not at hand (DANE_CHECK_DNSSEC_CASES)")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    """The status is the one other validators come to, and the kind where there is an answer."""
    case = json.loads(path.read_text())
    lookup, transport = run(case)
    expected = case["expected"]
    told = f"{lookup.why} {lookup.aliases} unknown: {transport.unknown}"
    assert lookup.status in {expected["status"], *expected["also_accept"]}, told
    if lookup.status != "indeterminate":
        assert lookup.kind == KINDS[expected["outcome"]], told
