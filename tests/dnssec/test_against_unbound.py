"""The same replies, judged by libunbound: the status must be the same where our rules are (interop)."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rdatatype as rrtype
import pytest

from dane_check.ports import NoReply
from tests.dnssec.recursive import Recursive, replaced, unsigned, with_rcode, without
from tests.dnssec.world import DAY, NOW, N, Nsec3Params, SigningKey, example, zone

UNBOUND = shutil.which("unbound-host")
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(UNBOUND is None, reason="unbound-host is not installed"),
]

CALM = [
    ("example.org.", "MX"),
    ("mx.example.org.", "AAAA"),
    ("_25._tcp.mx.example.org.", "TLSA"),
    ("_tcp.mx.example.org.", "TLSA"),
    ("z.nix.example.org.", "A"),
    ("a.w.example.org.", "A"),
    ("a.w.example.org.", "TLSA"),
    ("alias.example.org.", "A"),
    ("q.dname.example.org.", "A"),
    ("host.plain.example.org.", "A"),
    ("gone.plain.example.org.", "A"),
    ("host.child.example.org.", "A"),
    ("child.example.org.", "DS"),
    ("plain.example.org.", "DS"),
]
PARAMETERS = [
    None,
    Nsec3Params(2, b"\1"),
    Nsec3Params(opt_out=True, left_out=frozenset({"plain"})),
    Nsec3Params(51),
]


class Served:
    """A `Recursive` on UDP and TCP of loopback."""

    def __init__(self, recursive: Recursive) -> None:
        self._recursive = recursive
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        for loop in (self._datagrams, self._connections):
            threading.Thread(target=loop, daemon=True).start()

    def _reply(self, wire: bytes, most: int) -> bytes:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        reply = self._recursive.bent(question.name, question.rdtype)
        assert not isinstance(reply, NoReply)
        reply.id, reply.question = query.id, query.question
        reply.flags |= dns.flags.RA | dns.flags.RD
        reply.use_edns(0, dns.flags.DO, 1232)
        octets = reply.to_wire(max_size=65535)
        if len(octets) <= most:
            return octets
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()

    def _datagrams(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                wire, address = self.udp.recvfrom(4096)
                self.udp.sendto(self._reply(wire, 1232), address)

    def _connections(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    size = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
                    octets = self._reply(connection.recv(size, socket.MSG_WAITALL), 65535)
                    connection.sendall(len(octets).to_bytes(2, "big") + octets)

    def close(self) -> None:
        self.udp.close()
        self.tcp.close()


@contextlib.contextmanager
def served(recursive: Recursive) -> Iterator[int]:
    server = Served(recursive)
    try:
        yield server.port
    finally:
        server.close()


def unbound_says(recursive: Recursive, port: int, name: str, rdtype: str, folder: Path) -> str:
    """secure, insecure or bogus, by libunbound's own word."""
    anchors = "".join(f'  trust-anchor: "{anchor}"\n' for anchor in recursive.world.anchor())
    config = folder / "unbound.conf"
    config.write_text(
        "server:\n  do-not-query-localhost: no\n  do-ip6: no\n  qname-minimisation: no\n"
        f'  val-override-date: "{NOW}"\n  val-sig-skew-min: 0\n  val-sig-skew-max: 0\n  val-max-restart: 1\n'
        f'  val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"\n{anchors}'
        f'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@{port}\n'
    )
    command = [UNBOUND or "", "-C", str(config), "-v", "-t", rdtype, name]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    for word, status in (("BOGUS", "bogus"), ("(insecure)", "insecure"), ("(secure)", "secure")):
        if word in said:
            return status
    return "indeterminate"


@pytest.mark.parametrize("nsec3", PARAMETERS, ids=["nsec", "nsec3", "opt-out", "iterations"])
def test_honest_zones(nsec3: Nsec3Params | None, tmp_path: Path) -> None:
    """Data, denials, wildcards, aliases and cuts of every kind."""
    recursive = Recursive(example(nsec3=nsec3))
    with served(recursive) as port:
        theirs = {one: unbound_says(recursive, port, *one, tmp_path) for one in CALM}
    assert {one: recursive.lookup(*one).status for one in CALM} == theirs


def test_broken_replies(tmp_path: Path) -> None:
    """What is missing, expired, foreign or out of place.

    Not compared: a signature by the parent zone, which libunbound believes as far as it walks, and a reply whose
    answer is true while something beside it is broken, which libunbound calls bogus.
    """
    world = example()
    own = zone(world)
    made = own.sets[N("mx.example.org."), rrtype.A]
    expired = {"inception": NOW - 9 * DAY, "expiration": NOW - 3 * DAY}
    bends = [
        ("mx.example.org.", "A", unsigned(rrtype.A)),
        ("mx.example.org.", "A", replaced([made, own.sign(made, **expired)])),
        ("mx.example.org.", "A", replaced([made, own.sign(made, SigningKey(999))])),
        ("a.w.example.org.", "A", without(rrtype.NSEC)),
        ("nix.example.org.", "A", without(rrtype.NSEC)),
        ("nix.example.org.", "A", with_rcode(0)),
        ("nix.example.org.", "A", replaced(authority=own.nsec(N("nix.example.org.")), rcode=3)),
        ("child.example.org.", "MX", replaced(authority=own.nsec(N("child.example.org.")))),
        ("q.dname.example.org.", "A", unsigned(rrtype.DNAME)),
    ]
    for name, rdtype, bend in bends:
        recursive = Recursive(world).bend(name, rdtype, bend)
        with served(recursive) as port:
            assert unbound_says(recursive, port, name, rdtype, tmp_path) == "bogus"
        assert recursive.lookup(name, rdtype).status == "bogus"
