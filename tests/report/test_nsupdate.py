"""nsupdate itself sends what we write for it, and BIND then serves just those records."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest

from dane_check.report.formats import nsupdate
from dane_check.report.record_set import Named, NamedRecord, RecordSet
from dane_check.tlsa.record import TlsaRecord
from tests.interop.daemon import Daemon, answers_dns
from tests.interop.world import free_port
from tests.pki import END, make_leaf
from tests.report.hostile import PAYLOADS

SEARCHED = f"{os.environ['PATH']}:/usr/sbin"
NAMED = shutil.which("named", path=SEARCHED)
NSUPDATE = shutil.which("nsupdate", path=SEARCHED)
OWNER = "_25._tcp.mx.example.org"
OLD, NEW = TlsaRecord(3, 1, 1, bytes(32)), TlsaRecord(3, 1, 1, bytes(range(32)))
WHOLE = TlsaRecord(2, 0, 0, make_leaf().der)

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(NAMED is None or NSUPDATE is None, reason="named or nsupdate is not installed"),
]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where BIND serves example.org, to which this machine may send updates."""
    number = free_port()
    (tmp_path / "zone").write_text(
        "$TTL 3600\n@ IN SOA ns root 1 3600 900 604800 300\n@ IN NS ns\nns IN A 127.0.0.1\nmx IN A 192.0.2.25\n"
    )
    (tmp_path / "named.conf").write_text(
        f"""options {{
    directory "{tmp_path}"; pid-file none; session-keyfile none; recursion no;
    listen-on port {number} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
}};
controls {{ }};
zone "example.org" {{ type primary; file "{tmp_path}/zone"; allow-update {{ 127.0.0.1; }}; }};
"""
    )
    command = [str(NAMED), "-g", "-n", "1", "-4", "-c", str(tmp_path / "named.conf")]
    server = Daemon("named", command, tmp_path / "log", answers_dns("127.0.0.1", "example.org", port=number))
    server.start()
    try:
        server.wait_until_ready()
        yield number
    finally:
        server.stop()


def send(text: str, port: int) -> None:
    """By nsupdate, to our own server."""
    lines = f"server 127.0.0.1 {port}\n{text}"
    subprocess.run([str(NSUPDATE)], input=lines, text=True, check=True, timeout=30, capture_output=True)


def served(port: int) -> tuple[int | None, set[TlsaRecord]]:
    """TTL and records of the set that is there."""
    reply = dns.query.tcp(dns.message.make_query(OWNER, "TLSA"), "127.0.0.1", timeout=5, port=port)
    sets = [one for one in reply.answer if one.name.to_text(omit_final_dot=True) == OWNER]
    records = {TlsaRecord.from_rdata(rdata.to_wire()) for one in sets for rdata in one}
    return (sets[0].ttl if sets else None), records


def of(*records: TlsaRecord, text: str = "CN=mx.example.org") -> list[RecordSet]:
    named = Named("fullchain.pem", text, text, "EC P-256", END)
    return [RecordSet(OWNER, tuple(NamedRecord(one, named) for one in records), 300)]


def test_a_rollover_by_nsupdate(port: int) -> None:
    """The record, the next one beside it, then that alone, then none; the zone named, or found."""
    send(nsupdate(of(OLD)), port)
    assert served(port) == (300, {OLD})
    send(nsupdate(of(NEW, WHOLE), zone="example.org"), port)
    assert served(port) == (300, {OLD, NEW, WHOLE})
    send(nsupdate(of(NEW), removed=of(OLD, WHOLE), zone="example.org"), port)
    assert served(port) == (300, {NEW})
    send(nsupdate([], removed=of(NEW), zone="example.org"), port)
    assert served(port) == (None, set())


@pytest.mark.parametrize("payload", ["newline", "return", "line-separator", "long"])
def test_certificates_send_nothing_by_themselves(port: int, payload: str) -> None:
    """Whatever stands in their names is a comment to nsupdate."""
    send(
        nsupdate(of(NEW, text=f"{PAYLOADS[payload]}\nupdate delete example.org. MX\nsend\n"), zone="example.org"), port
    )
    assert served(port) == (300, {NEW})
