"""Hostile octets come in by the wire, and what goes out is harmless: banners, subjects, names, EDE text."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dns.edns
import dns.message
import dns.rdatatype as rrtype
import jsonschema
import pytest

from dane_check import Checker, Settings, replay
from dane_check.check.outcome import DomainCheck
from dane_check.evidence.file import from_text, to_text
from dane_check.lab import Lab, load_scenarios, write_map
from dane_check.ports import KeyType, ProbeOutcome, ProbeRequest, Question, ServedChain, SmtpFacts, SmtpReply, TlsFacts
from dane_check.report.json import check_to_line
from dane_check.report.lookup import lookup_to_json, lookup_to_text
from dane_check.report.schemas import schema_text
from dane_check.report.text import TextOptions, check_to_text
from tests.check.liars import Reply, Resolver, Watch, fails
from tests.dnssec.world import World
from tests.pki import make_leaf
from tests.report.hostile import PAYLOADS, octets
from tests.report.test_hostile_text import harmless, strings

Habit = Callable[[Question, dns.message.Message], Reply]
SHORT = {name: payload for name, payload in PAYLOADS.items() if name != "long"}
TLS = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None)


def label(payload: str) -> str:
    """A label of a zone file that holds the octets of the payload."""
    return "".join(f"\\{octet:03d}" for octet in octets(payload)[:63])


def hostile_world(payload: str) -> World:
    """Signed and sound, but for the name of one mail host."""
    world = World()
    world.add("org.")
    world.add(
        "example.org.",
        f"@ MX 10 mx\n@ MX 20 {label(payload)}.bad\nmx A 198.41.0.4\n_25._tcp.mx TLSA 3 1 1 {'ab' * 32}",
    )
    world.add("example.net.", "@ MX 10 mx\nmx A 198.41.0.4")
    return world


def with_text(payload: str) -> Habit:
    """A habit of resolvers: the addresses of example.net. fail, with an explanation."""

    def habit(question: Question, reply: dns.message.Message) -> Reply:
        if question.rdtype != rrtype.AAAA or "net" not in str(question.name):
            return reply
        error = dns.edns.EDEOption(dns.edns.EDECode.NETWORK_ERROR, payload.encode("utf-8", "replace").decode())
        reply.use_edns(edns=0, payload=1232, options=[error])
        return fails(question, reply)

    return habit


class HostileServer:
    """A `Prober` whose every word is the payload, its certificate's subject included."""

    def __init__(self, payload: str) -> None:
        said = SmtpReply(250, (octets(payload)[:2000], octets(payload)[:2000]))
        common = payload.encode("utf-8", "replace").decode()[:64]
        leaf = make_leaf(common or "x")
        self.served = ServedChain((leaf.der,), KeyType.ECDSA, TLS, SmtpFacts(said, said, said, said))

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        return self.served


def checks(payload: str) -> list[DomainCheck]:
    """Both domains, with evidence."""
    world = hostile_world(payload)
    settings = Settings(resolver="192.0.2.53", trust_anchor=tuple(world.anchor()))
    resolver, prober = Resolver(world, with_text(payload)), HostileServer(payload)

    async def run() -> list[DomainCheck]:
        async with Checker(settings, dns=resolver, prober=prober, clock=Watch()) as checker:
            return [await checker.domain(name, record=True) for name in ("example.org", "example.net")]

    return asyncio.run(run())


@pytest.mark.parametrize("payload", SHORT.values(), ids=SHORT)
def test_what_came_in_by_the_wire_goes_out_harmless(payload: str) -> None:
    """Text in every form, JSON that fits its schema, and evidence that gives the equal verdict again."""
    validator = jsonschema.Draft202012Validator(json.loads(schema_text("check")))
    for check in checks(payload):
        assert check.verdict.word in {"broken", "undetermined", "partial", "unprotected"}
        for options in (TextOptions(), TextOptions(verbose=True), TextOptions(verbose=True, explain=True)):
            assert harmless(check_to_text(check, options))
        line = json.loads(check_to_line(check))
        validator.validate(line)
        assert all(harmless(one) and "\n" not in one for one in strings(line))
        assert check.evidence is not None
        written = to_text(check.evidence)
        assert written.isascii()
        assert harmless(written)
        (again,) = asyncio.run(replay(from_text(written)))
        assert again.verdict == check.verdict


@pytest.mark.parametrize("payload", SHORT.values(), ids=SHORT)
def test_lookups_of_hostile_records_go_out_harmless(payload: str) -> None:
    """Names in records, and what a resolver adds about its own failure."""
    world = hostile_world(payload)
    resolver = Resolver(world, with_text(payload))
    for name, rdtype in (("example.org.", "MX"), ("mx.example.net.", "AAAA")):
        found = resolver.lookup(name, rdtype)
        assert harmless(lookup_to_text(name, rdtype, found, explain=True))
        assert all(harmless(one) for one in strings(json.loads(lookup_to_json(name, rdtype, found))))


def hostile_lab() -> Lab:
    """The situation in which all is well, but for what the server says."""
    scenario = next(one for one in load_scenarios() if one.id == "ee-matches")
    text = "".join(payload for name, payload in SHORT.items() if name not in {"newline", "return", "nul", "surrogate"})
    (server,) = scenario.server
    hostile = replace(server, greeting=f"220 {text[:400]}", ehlo=f"250-{text[:400]}\n250 STARTTLS")
    return Lab([replace(scenario, server=(hostile,))])


@pytest.fixture(scope="module")
def lab_map(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the hostile lab is; it listens in a thread of its own."""
    file = tmp_path_factory.mktemp("lab") / "map"
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with hostile_lab() as lab:
            file.write_text(write_map(lab.map))
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield file
    done.set()
    thread.join()


COMMANDS = [
    ["domain", "ee-matches.test"],
    ["domain", "-v", "--explain", "ee-matches.test"],
    ["domain", "--json", "ee-matches.test"],
    ["domain", "--jsonl", "ee-matches.test"],
    ["lookup", "--explain", "ee-matches.test", "MX"],
    ["lookup", "--json", "ee-matches.test", "MX"],
    ["doctor", "ee-matches.test"],
    ["doctor", "--json", "ee-matches.test"],
    ["tlsa", "--from-server", "mx.ee-matches.test"],
    ["preflight", "--name", "mx.ee-matches.test", "--tlsa", f"3 1 1 {'ab' * 32}"],
    ["preflight", "--json", "--name", "mx.ee-matches.test", "--tlsa", f"3 1 1 {'ab' * 32}"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_passes_on_what_a_server_says(lab_map: Path, command: list[str]) -> None:
    """As a process of its own, with a real session: nothing steers the terminal on either stream."""
    status, out, err = run(*command, "--lab-map", str(lab_map))
    assert status in {0, 1, 3, 4}, err
    assert out
    assert harmless(out)
    assert harmless(err)
    if "--json" in command or "--jsonl" in command:
        assert all(harmless(one) and "\n" not in one for one in strings(json.loads(out)))


def test_evidence_of_a_hostile_session_is_text_and_replays_harmless(lab_map: Path, tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    status, _, err = run("domain", "--evidence", str(file), "ee-matches.test", "--lab-map", str(lab_map))
    assert status == 0, err
    assert file.read_text("ascii")
    status, out, _ = run("replay", "-v", str(file))
    assert status == 0
    assert "\\x1b" in out  # what the server said is shown, and shown harmless
    assert harmless(out)


BAD_ARGUMENTS = [
    ["{}"],
    ["--resolver", "{}", "example.org"],
    ["--trust-anchor", "{}", "example.org"],
    ["--at", "{}", "example.org"],
    ["--{}"],
    ["lookup", "example.org", "{}"],
    ["lookup", "{}", "MX"],
    ["explain", "{}"],
    ["replay", "{}"],
    ["schema", "{}"],
    ["doctor", "{}"],
    ["tlsa", "--cert", "{}"],
    ["preflight", "--offline", "--name", "{}", "--tlsa", "3 1 1 00"],
]


@pytest.mark.parametrize("arguments", BAD_ARGUMENTS, ids=" ".join)
def test_no_error_line_passes_on_what_it_quotes(arguments: list[str]) -> None:
    """A mistake in the arguments is quoted, and cannot steer whoever reads the log."""
    payload = "".join(SHORT[name] for name in ("escape", "title", "clipboard", "clear", "rlo", "markup-link"))
    status, out, err = run(*(one.replace("{}", payload) for one in arguments))
    assert status == 2, err
    assert harmless(out + err), repr(out + err)


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of the command."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DANE_CHECK_RESOLVER": "127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-m", "dane_check", *arguments], capture_output=True, env=environ, check=False, timeout=60
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
