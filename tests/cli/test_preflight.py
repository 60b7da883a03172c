"""`dane-check preflight`: its files, its forms, its ways out."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import jsonschema
import pytest

from dane_check.cli import main
from dane_check.report.schemas import schema_text
from tests.rehearsal.made import HOST, chain, pem, record

Capture = pytest.CaptureFixture[str]
OLD, NEW = chain("old"), chain("new")
EE_OLD, EE_NEW = record("3 1 1", OLD), record("3 1 1", NEW)
OFFLINE = ["preflight", "--offline", "--at", "2026-03-01T12:00:00Z", "--name", HOST]


@pytest.fixture
def fullchain(tmp_path: Path) -> str:
    """A file with the new chain."""
    file = tmp_path / "fullchain.pem"
    file.write_text(pem(NEW), encoding="ascii")
    return str(file)


class TestOutcomes:
    """The exit status follows the rehearsal, whatever the form."""

    @pytest.mark.parametrize("form", [[], ["--json"], ["-q"], ["-v"]])
    @pytest.mark.parametrize(
        ("options", "status"),
        [
            (["--tlsa", EE_NEW], 0),
            (["--tlsa", EE_OLD], 1),
            (["--tlsa", EE_NEW, "--previous", EE_OLD], 1),
            (["--tlsa", EE_NEW, "--expect", "2 1 1"], 1),
            (["--tlsa", EE_NEW, "--expect", "3 1 1"], 0),
            (["--tlsa", "3 1 1 abcd"], 3),
        ],
    )
    def test_the_status_is_that_of_the_rehearsal(
        self, capsys: Capture, fullchain: str, options: list[str], form: list[str], status: int
    ) -> None:
        assert main([*OFFLINE, "--chain", fullchain, *options, *form]) == status
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize(
        "options",
        [
            ["--tlsa", EE_NEW, "--ttl", "3600"],
            ["--tlsa", EE_OLD, "--previous", EE_OLD],
            ["--tlsa", "\\# 2 0301", "--expect", "3 1 1", "--port", "587"],
        ],
    )
    def test_json_fits_its_schema(self, capsys: Capture, fullchain: str, options: list[str]) -> None:
        main([*OFFLINE, "--chain", fullchain, *options, "--json"])
        document = json.loads(capsys.readouterr().out)
        jsonschema.Draft202012Validator(json.loads(schema_text("rehearsal"))).validate(document)
        assert document["offline"] is True
        assert document["hosts"][0]["assumed"] == "the zone is assumed to be signed; nobody was asked"

    def test_the_schema_is_whole(self) -> None:
        """Parts borrowed from the schema of checks stand in what is printed."""
        text = schema_text("rehearsal")
        named = set(re.findall(r'"#/\$defs/(\w+)"', text))
        assert named == set(json.loads(text)["$defs"])

    @pytest.mark.parametrize("status", [0, 1, 3])
    def test_no_word_of_a_rehearsal_is_a_verdict(self, capsys: Capture, fullchain: str, status: int) -> None:
        """What is not published yet is never called protected."""
        records = {0: EE_NEW, 1: EE_OLD, 3: "3 1 1 ab"}
        assert main([*OFFLINE, "--chain", fullchain, "--tlsa", records[status]]) == status
        out = capsys.readouterr().out
        assert "WOULD BE" in out.splitlines()[-1]
        assert re.findall(r"(?<!would.be.)(?<!un)protected", out.lower()) == []

    def test_the_lab_is_connected_to(self, capsys: Capture) -> None:
        assert main(["preflight", "--lab", "--name", "mx.ee-matches.test", "--tlsa", EE_NEW]) == 1
        assert "192.0.2.1" in capsys.readouterr().out

    def test_candidate_chains_are_said_to_be_taken_as_served(self, capsys: Capture, fullchain: str) -> None:
        assert main(["preflight", "--lab", "--name", "mx.ee-matches.test", "--chain", fullchain]) == 1
        assert "taken as served at every address" in capsys.readouterr().out

    def test_offline_asks_nobody_whatever_else_is_given(self, fullchain: str) -> None:
        assert main([*OFFLINE, "--lab", "--chain", fullchain, "--tlsa", EE_NEW]) == 0

    def test_a_resolver_that_is_not_there_leaves_everything_open(self, capsys: Capture, fullchain: str) -> None:
        assert main(["preflight", "--resolver", "127.0.0.1:9", "--name", HOST, "--chain", fullchain]) == 4
        assert "CANNOT TELL" in capsys.readouterr().out


class TestFiles:
    """What may stand in a chain file, and what not."""

    def test_a_key_is_skipped_with_a_warning_and_never_shown(self, capsys: Capture, tmp_path: Path) -> None:
        key = NEW.leaf.key_pem().decode("ascii")
        file = tmp_path / "all.pem"
        file.write_text(key + pem(NEW), encoding="ascii")
        assert main([*OFFLINE, "--chain", str(file), "--tlsa", EE_NEW, "-v"]) == 0
        out, err = capsys.readouterr()
        assert err.count("\n") == 1
        assert "private key" in err
        assert not any(line in out + err for line in key.splitlines()[1:-1])

    def test_a_single_der_certificate_is_a_chain(self, tmp_path: Path) -> None:
        file = tmp_path / "leaf.der"
        file.write_bytes(NEW.leaf.der)
        assert main([*OFFLINE, "--chain", str(file), "--tlsa", EE_NEW]) == 0

    def test_a_chain_may_come_from_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.TextIOWrapper(io.BytesIO(pem(NEW).encode("ascii")))
        monkeypatch.setattr(sys, "stdin", stream)
        assert main([*OFFLINE, "--chain", "-", "--tlsa", EE_NEW]) == 0

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"\n \n",
            b"\x00" * 100,
            bytes(range(256)),
            b"\x30\x82\xff\xff" + bytes(50),
            NEW.leaf.der + b"\x00",
            NEW.leaf.key_pem(),
            pem(NEW).encode("utf-16"),
            b"A" * (1024 * 1024 + 1),
        ],
        ids=["empty", "blank", "zeros", "all", "DER", "DER and more", "key", "UTF-16", "large"],
    )
    def test_what_is_no_chain_ends_in_one_line(self, capsys: Capture, tmp_path: Path, octets: bytes) -> None:
        file = tmp_path / "odd.pem"
        file.write_bytes(octets)
        assert main([*OFFLINE, "--chain", str(file), "--tlsa", EE_NEW]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("dane-check: ")
        assert err.count("\n") == 1
        assert "odd.pem" in err
        assert err.rstrip("\n").isprintable()

    @pytest.mark.parametrize("file", ["/nowhere/at/all.pem", "/", "\x00"])
    def test_a_file_that_cannot_be_read_is_the_caller_s_mistake(self, capsys: Capture, file: str) -> None:
        assert main([*OFFLINE, "--chain", file, "--tlsa", EE_NEW]) == 2
        assert capsys.readouterr().err.count("\n") == 1


class TestOptions:
    """Options, and their twins in the environment."""

    @pytest.mark.parametrize(
        ("twins", "status"),
        [
            ({"TLSA": f"{EE_OLD} {EE_NEW}"}, 0),
            ({"TLSA": EE_OLD}, 1),
            ({"TLSA": EE_NEW, "PREVIOUS": EE_OLD}, 1),
            ({"TLSA": EE_NEW, "EXPECT": "3 1 1 2 1 1"}, 1),
            ({"TLSA": "3 1"}, 2),
        ],
    )
    def test_records_and_schemes_in_the_environment_follow_one_another(
        self, monkeypatch: pytest.MonkeyPatch, fullchain: str, twins: dict[str, str], status: int
    ) -> None:
        for name, value in twins.items():
            monkeypatch.setenv(f"DANE_CHECK_{name}", value)
        assert main([*OFFLINE, "--chain", fullchain]) == status

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["--name", HOST],
            ["--name", HOST, "--offline", "--tlsa", EE_NEW],
            ["--name", "a b", "--tlsa", EE_NEW],
            ["--name", HOST, "--tlsa", "3 1 1 xyz"],
            ["--name", HOST, "--tlsa", EE_NEW, "--ttl", "soon"],
            ["--name", HOST, "--tlsa", EE_NEW, "--port", "70000"],
            ["--name", HOST, "--tlsa", EE_NEW, "--expect", "3 1"],
        ],
    )
    def test_what_cannot_be_understood_ends_in_one_line(self, capsys: Capture, arguments: list[str]) -> None:
        assert main(["preflight", *arguments]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
