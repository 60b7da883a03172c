"""The command as a process of its own: start-up, pipes, signals, and the lab from end to end."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pytest

from dane_check.cli import main

COMMAND = [sys.executable, "-m", "dane_check"]
Capture = pytest.CaptureFixture[str]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,  # type: ignore[call-overload]
    )


class TestStart:
    """The command starts quickly, and loads what it needs when it needs it."""

    @pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["domain", "--help"], ["user@example.org"]])
    def test_nothing_heavy_is_imported_before_there_is_something_to_judge(self, arguments: list[str]) -> None:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "dane_check", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
        assert "typer" in imported
        assert imported & {"dns", "OpenSSL", "cryptography", "rich", "asyncio", "click", "tomllib"} == set()

    def test_the_module_and_the_command_are_one(self) -> None:
        assert run("--version").stdout.startswith("dane-check ")


class TestPipes:
    """Nobody reads any more, or nothing can be written: quiet, and never a success."""

    @pytest.mark.parametrize("arguments", [["schema"], ["--help"], ["--version"]])
    def test_a_closed_pipe_ends_quietly(self, arguments: list[str]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as closed:
            done = subprocess.run(
                [*COMMAND, *arguments], stdout=closed, stderr=subprocess.PIPE, timeout=60, check=False
            )
        assert (done.returncode, done.stderr) == (141, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    @pytest.mark.parametrize("arguments", [["schema"], ["--version"], ["lab", "list"]])
    def test_a_full_disk_is_no_success(self, arguments: list[str]) -> None:
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
        assert done.returncode == 70
        assert b"cannot write" in done.stderr
        assert b"Traceback" not in done.stderr

    def test_without_a_standard_output_nothing_is_a_success(self) -> None:
        script = 'exec "$0" -m dane_check schema >&-'
        done = subprocess.run(["sh", "-c", script, sys.executable], stderr=subprocess.PIPE, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (70, b"dane-check: there is no standard output to write to\n")

    def test_without_a_standard_error_the_status_still_tells(self) -> None:
        script = 'exec "$0" -m dane_check user@example.org 2>&-'
        done = subprocess.run(["sh", "-c", script, sys.executable], stdout=subprocess.PIPE, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (2, b"")


class TestLab:
    """The whole command against the embedded lab."""

    def test_a_good_domain_is_protected(self, capsys: Capture) -> None:
        assert main(["--lab", "ee-matches.test"]) == 0
        out, err = capsys.readouterr()
        assert out.splitlines()[-1].startswith("PROTECTED")
        assert err == ""

    def test_evidence_gives_the_same_verdict_offline(self, capsys: Capture, tmp_path: Path) -> None:
        file = str(tmp_path / "run.json")
        arguments = ["--lab", "--jsonl", "no-match.test", "ee-matches.test", "--evidence", file]
        assert main(arguments) == 1
        live = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert main(["replay", "--jsonl", file]) == 1
        again = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        for one in [*live, *again]:
            del one["timings"]
        assert sorted(again, key=lambda one: one["domain"]) == sorted(live, key=lambda one: one["domain"])

    def test_evidence_may_come_from_standard_input(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "run.json"
        assert main(["-q", "--lab", "--host", "mx.ee-matches.test", "--evidence", str(file)]) == 0
        live = capsys.readouterr().out
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
        assert main(["replay", "-q", "-"]) == 0
        assert capsys.readouterr().out == live

    def test_a_scenario_with_a_resolver_of_its_own_is_asked_through_it(self, capsys: Capture) -> None:
        assert main(["--lab", "resolver-refuses.test"]) == 4
        assert main(["lookup", "--lab", "resolver-refuses.test", "MX"]) == 4
        assert main(["lookup", "--lab", "test", "SOA"]) == 0
        assert main(["--lab", "resolver-refuses.test", "ee-matches.test"]) == 2
        assert "one at a time" in capsys.readouterr().err

    def test_the_line_to_publish_names_what_is_served(self, capsys: Capture) -> None:
        assert main(["--lab", "no-match.test"]) == 1
        text = capsys.readouterr().out
        served = re.search(r"served +(3 1 1 [0-9a-f]{64})", text)
        assert served is not None
        assert f"publish    _25._tcp.mx.no-match.test. IN TLSA {served[1]}" in text

    def test_a_lookup_shows_its_chain_from_the_anchor_down(self, capsys: Capture) -> None:
        assert main(["lookup", "--lab", "--explain", "ee-matches.test", "MX"]) == 0
        text = capsys.readouterr().out
        assert re.search(r"└ \. DNSKEY.*\n.*└ test\. DS", text)

    def test_doctor_tries_the_mail_servers_named(self, capsys: Capture) -> None:
        assert main(["doctor", "--lab", "--json", "ee-matches.test"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert (report["dnssec"]["ability"], report["port25"]["ability"]) == ("works", "works")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--lab", "example.org"],
            ["--lab", "--lab-map", "f", "ee-matches.test"],
            ["--lab-map", "/dev/null", "ee-matches.test"],
        ],
    )
    def test_a_lab_that_cannot_be_asked_is_a_usage_error(self, capsys: Capture, arguments: list[str]) -> None:
        assert main(arguments) == 2
        assert capsys.readouterr().err.startswith("dane-check: ")

    def test_the_list_names_domain_verdict_and_meaning(self, capsys: Capture) -> None:
        assert main(["lab", "list"]) == 0
        assert re.search(r"^no-match\.test +broken \(1\)  \S", capsys.readouterr().out, re.M)

    def test_a_lab_that_stays_is_asked_through_its_map_and_ends_with_an_interrupt(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = str(tmp_path / "lab.json")
        with _serving("--map", file):
            assert main(["--lab-map", file, "ee-matches.test"]) == 0
            assert main(["--lab-map", file, "no-match.test"]) == 1

    def test_a_lab_plays_a_scenario_of_ones_own_and_no_other(self, capsys: Capture, tmp_path: Path) -> None:
        file, mine = str(tmp_path / "lab.json"), tmp_path / "mine.toml"
        good = (resources.files("dane_check.lab") / "scenarios" / "ee-matches.toml").read_text("utf-8")
        mine.write_text(good.replace("ee-matches.test", "mine.example"))
        with _serving("--map", file, "--scenario", str(mine), "--authenticates"):
            assert main(["--lab-map", file, "mine.example"]) == 0
            assert main(["--lab-map", file, "ee-matches.test"]) == 5  # no such domain there


@contextmanager
def _serving(*options: str) -> Iterator[None]:
    """A lab in a process of its own, which ends as told."""
    serving = subprocess.Popen(
        [*COMMAND, "lab", "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        assert any(line.endswith("Ctrl-C\n") for line in serving.stdout)
        yield
    finally:
        serving.send_signal(signal.SIGINT)
        _, err = serving.communicate(timeout=30)
    assert (serving.returncode, err) == (130, "")
