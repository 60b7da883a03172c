"""`dane-check doctor` as its own process, beside resolvers on loopback that are not well."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import pytest

from dane_check.findings import About, Code, finding, remedy
from dane_check.ports import Question
from tests.check.liars import Reply, fails, honest, mail_world, strips
from tests.dnssec.world import DAY, NOW, SigningKey

Habit = Callable[[Question, dns.message.Message], Reply]
AT = datetime.fromtimestamp(NOW, UTC).isoformat()


class _OverUdp(socketserver.ThreadingUDPServer):
    """A resolver for `mail_world()` that listens on UDP alone, with a habit."""

    daemon_threads = True

    def __init__(self, habit: Habit, mx: str) -> None:
        super().__init__(("127.0.0.1", 0), _Reply)
        self.world, self.habit = mail_world(mx), habit


class _Reply(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        octets, back = self.request
        query = dns.message.from_wire(octets)
        asked = query.question[0]
        true = self.server.world.answer(asked.name, asked.rdtype)  # type: ignore[attr-defined]
        reply = self.server.habit(Question(asked.name, asked.rdtype), true)  # type: ignore[attr-defined]
        reply.id, reply.question = query.id, query.question
        reply.flags |= dns.flags.QR
        back.sendto(reply.to_wire(max_size=65535), self.client_address)


@contextmanager
def resolver(habit: Habit, mx: str = "198.41.0.4") -> Iterator[str]:
    """The address of one that is up, in whose world the mail host is at `mx`."""
    with _OverUdp(habit, mx) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield "{}:{}".format(*server.server_address)
        server.shutdown()
        thread.join()


def denies_all(question: Question, reply: dns.message.Message) -> Reply:
    """What does not exist is denied without a proof."""
    if reply.rcode() == dns.rcode.NXDOMAIN:
        reply.authority = []
    return reply


def doctor(at: str, anchors: Path, *arguments: str) -> tuple[int, dict[str, object]]:
    """Exit status and document of a process that asks the resolver `at`."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "DANE_CHECK_RESOLVER": at}
    command = [sys.executable, "-m", "dane_check", "doctor", "--json", "--trust-anchor", str(anchors), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False, timeout=60)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    """The trust anchor of `mail_world()`, as a file."""
    file = tmp_path / "anchors"
    file.write_text("\n".join(mail_world().anchor()))
    return file


def test_a_resolver_that_takes_no_tcp_is_named(anchors: Path) -> None:
    """All is well but TCP: exit status 4, and what to do."""
    with resolver(honest) as at:
        status, report = doctor(at, anchors, "--at", AT)
    abilities = {key: one["ability"] for key, one in report.items() if isinstance(one, dict) and "ability" in one}
    assert status == report["exit_status"] == 4
    assert abilities["dnssec"] == abilities["answers"] == "works"
    assert (abilities["tcp"], abilities["clock"]) == ("fails", "not-tried")
    assert report["tcp"]["todo"] == remedy(finding(Code.ENV_DNS_TCP_BLOCKED, About()))


@pytest.mark.parametrize(
    ("habit", "which", "code"),
    [
        (strips, "dnssec", Code.ENV_RESOLVER_NO_DNSSEC),
        (fails, "dnssec", Code.ENV_RESOLVER_UNUSABLE),
        (denies_all, "answers", Code.ENV_RESOLVER_LIES),
    ],
)
def test_a_resolver_that_is_not_well_is_named(anchors: Path, habit: Habit, which: str, code: Code) -> None:
    """What is wrong with it, and the remedy that a check gives."""
    with resolver(habit) as at:
        status, report = doctor(at, anchors, "--at", AT)
    assert (status, report[which]["ability"]) == (4, "fails")
    assert report[which]["todo"] == remedy(finding(code, About()))


def test_anchors_that_are_not_the_roots_are_named(tmp_path: Path) -> None:
    """T-10: the keys of another root."""
    other = tmp_path / "anchors"
    other.write_text("\n".join(mail_world(keys=(SigningKey(77),)).anchor()))
    with resolver(honest) as at:
        status, report = doctor(at, other, "--at", AT)
    assert (status, report["dnssec"]["ability"]) == (4, "fails")
    assert report["dnssec"]["todo"] == remedy(finding(Code.TRUST_ANCHOR_PROBLEM, About()))


def test_the_clock_of_this_machine_is_compared_with_what_the_root_signed(anchors: Path) -> None:
    """The world is signed for 2027: without --at, this machine's clock is wrong there."""
    with resolver(honest) as at:
        status, report = doctor(at, anchors)
    if not NOW - DAY <= datetime.now(UTC).timestamp() <= NOW + 30 * DAY:
        assert (status, report["clock"]["ability"]) == (4, "fails")
        assert report["clock"]["todo"] == remedy(finding(Code.ENV_CLOCK, About()))
    else:
        assert report["clock"]["ability"] == "works"


def test_reserved_addresses_are_left_alone_unless_they_are_allowed(anchors: Path) -> None:
    """T-23: of a mail server on loopback, which port 25 is then tried at."""
    with resolver(honest, mx="127.0.0.1") as at:
        _, kept_off = doctor(at, anchors, "--at", AT, "example.org")
        _, allowed = doctor(at, anchors, "--at", AT, "--allow-reserved", "example.org")
    assert kept_off["port25"]["ability"] == "not-tried"
    assert allowed["port25"]["ability"] in {"works", "fails"}
