"""What is loaded when: counted in modules of processes of their own, never in seconds."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.survey.worlds import started

HEAVY = {"dns", "OpenSSL", "cryptography", "rich", "pydantic", "click", "asyncio"}
# What explains, compares and mends: of no use where all is well.
FOR_TROUBLE = {
    "dane_check.policy.diagnosis",
    "dane_check.tlsa.diagnose",
    "dane_check.tlsa.issuers",
    "dane_check.rehearsal",
    "dane_check.evidence.recorder",
    "dane_check.evidence.replayer",
    "dane_check.check.sweep",
}

# Writes which modules are loaded when the process sends its first packet, when it asks for TLSA, and when it ends.
_SPY = """
import atexit, json, os, socket, sys

folder = os.environ["DANE_CHECK_TEST_SPY"]

def tell(name):
    with open(os.path.join(folder, name), "w") as file:
        json.dump(sorted(sys.modules), file)

class Socket(socket.socket):
    def send(self, octets, *arguments):
        for moment, part in (("first", b""), ("host", b"\\4_tcp")):
            if part in bytes(octets) and not os.path.exists(os.path.join(folder, moment)):
                tell(moment)
        return super().send(octets, *arguments)

socket.socket = Socket
atexit.register(tell, "last")
"""


def modules(folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> dict[str, set[str]]:
    """The modules that a command of Python's has loaded, at its first packet, at its first for TLSA and at its end."""
    (folder / "sitecustomize.py").write_text(_SPY)
    environ = os.environ | {"DANE_CHECK_TEST_SPY": str(folder), "PYTHONPATH": str(folder), **(environment or {})}
    subprocess.run([sys.executable, *command], env=environ, capture_output=True, timeout=60, check=False)
    return {
        name: set(json.loads((folder / name).read_text()))
        for name in ("first", "host", "last")
        if (folder / name).exists()
    }


def packages(loaded: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in loaded}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["domain", "--help"], ["--show-completion"]])
def test_help_loads_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    """Who asks for help needs neither DNS nor TLS."""
    last = modules(tmp_path, "-m", "dane_check", *arguments, environment={"SHELL": "/bin/bash"})["last"]
    assert "typer" in last
    assert not HEAVY & packages(last)


@pytest.mark.parametrize("typed", ["dane-check do", "dane-check domain --js", "dane-check explain tlsa-mis"])
def test_completion_loads_nothing_heavy(tmp_path: Path, typed: str) -> None:
    """The shell asks at every press of the key."""
    asked = {
        "_DANE_CHECK_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
        "_TYPER_COMPLETE_ARGS": typed,
    }
    command = "import sys; sys.argv = ['dane-check']; from dane_check.cli import main; main()"
    last = modules(tmp_path, "-c", command, environment=asked)["last"]
    assert "dane_check.cli.main" in last
    assert not HEAVY & packages(last)


def test_the_package_loads_no_room(tmp_path: Path) -> None:
    """`import dane_check` is an import of names."""
    last = modules(tmp_path, "-c", "import dane_check")["last"]
    assert {name for name in last if name.startswith("dane_check.")} == set()
    assert not HEAVY & packages(last)


def test_the_first_question_leaves_before_what_signatures_and_tls_need(tmp_path: Path) -> None:
    """What asks takes neither along, nor what judges; that is loaded meanwhile, and TLS only where it is needed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.bind(("127.0.0.1", 0))
        asked: list[bytes] = []

        def refuse() -> None:
            while True:
                query, client = resolver.recvfrom(4096)
                if not query:
                    return
                asked.append(query)
                resolver.sendto(
                    query[:2] + b"\x81\x85" + query[4:12].replace(query[10:12], b"\0\0") + query[12:], client
                )

        answering = threading.Thread(target=refuse)
        answering.start()
        port = resolver.getsockname()[1]
        try:
            loaded = modules(
                tmp_path,
                "-m",
                "dane_check",
                "domain",
                "example.org",
                "--resolver",
                f"127.0.0.1:{port}",
                "--at",
                "2026-03-01",
            )
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last_word:
                last_word.sendto(b"", ("127.0.0.1", port))
            answering.join()
    assert asked
    assert "dane_check.check.domain" in loaded["last"]
    assert "dns" in packages(loaded["first"])
    assert not {"OpenSSL", "cryptography"} & packages(loaded["first"])
    assert not {"dane_check.dnssec.walk", "dane_check.dnssec.signature", "dane_check.policy.verdict"} & loaded["first"]
    assert "dane_check.dnssec.signature" in loaded["last"]
    assert "OpenSSL" not in packages(loaded["last"])


def test_hosts_are_asked_for_before_what_sessions_need(tmp_path: Path) -> None:
    """What judges the answers is there by then; what judges a chain comes while the addresses are on their way."""
    map_file = tmp_path / "map.json"
    with started(["dane_check", "lab", "serve"], map_file, "Ctrl-C"):
        loaded = modules(tmp_path, "-m", "dane_check", "ee-matches.test", "--lab-map", str(map_file))
    assert {"dane_check.dnssec.signature", "dane_check.check.host"} <= loaded["host"]
    later = {"dane_check.check.families", "dane_check.check.endpoint", "dane_check.tlsa.match"}
    assert not later & loaded["host"]
    assert "OpenSSL" not in packages(loaded["host"])
    assert later <= loaded["last"]


def test_a_good_domain_needs_nothing_that_explains_trouble(tmp_path: Path) -> None:
    """What tells why records match nothing is loaded where they match nothing."""
    good = modules(tmp_path, "-m", "dane_check", "--lab", "ee-matches.test")["last"]
    assert "dane_check.policy.authentication" in good
    assert not {name for name in good if any(f"{name}.".startswith(f"{one}.") for one in FOR_TROUBLE)}
    bad = modules(tmp_path, "-m", "dane_check", "--lab", "no-match.test")["last"]
    assert "dane_check.policy.diagnosis" in bad
