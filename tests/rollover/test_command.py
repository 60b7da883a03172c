"""`dane-check rollover`: its files, its forms, its ways out."""

from __future__ import annotations

import json
import os
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from dane_check.cli import main
from dane_check.report.schemas import schema_text
from tests.pki import ec_key
from tests.rehearsal.made import chain, pem

Capture = pytest.CaptureFixture[str]
DOMAIN = "rollover-two-records.test"
HOST = f"mx.{DOMAIN}"
OTHER = "mx.ee-matches.test"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own, files at hand, and no resolver of this machine."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("DANE_CHECK_RESOLVER", "127.0.0.1:9")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    now = datetime.now(UTC)
    # The lab's second record names the key of this label.
    Path("next.pem").write_text(pem(chain("nobody", names=(HOST,), at=now)))
    Path("other.pem").write_text(pem(chain("other", names=(HOST, OTHER), at=now)))


def run(*arguments: str) -> int:
    return main(["rollover", "--lab", *arguments])


def ask(*arguments: str) -> int:
    return run("--may-switch", "--state", "state.json", *arguments)


def aged(hours: float) -> None:
    """As if everything in the state file had been seen that much earlier."""
    table = json.loads(Path("state.json").read_text())
    for one in table["seen"]:
        for key in ("first", "last"):
            one[key] = (datetime.fromisoformat(one[key]) - timedelta(hours=hours)).isoformat()
    Path("state.json").write_text(json.dumps(table))


class TestGuard:
    """What a deploy hook sees."""

    def test_no_when_first_seen_and_yes_two_ttls_later(self, capsys: Capture) -> None:
        """The state file carries the age from run to run."""
        assert ask("--name", HOST, "--chain", "next.pem") == 1
        assert "not before " in capsys.readouterr().out
        aged(1.9)
        assert ask("--name", HOST, "--chain", "next.pem") == 1
        aged(0.2)
        capsys.readouterr()
        assert ask("--name", HOST, "--chain", "next.pem") == 0
        assert capsys.readouterr().out == (
            f"YES  the switch may be made: {HOST} will stay authenticated  [exit status 0]\n"
        )

    def test_the_operators_word_will_do(self) -> None:
        """--published-at, without any state."""
        ago = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
        assert ask("--name", HOST, "--chain", "next.pem", "--published-at", ago) == 0

    def test_no_record_is_a_no(self, capsys: Capture) -> None:
        """One short sentence with the next step."""
        assert ask("-q", "--name", HOST, "--chain", "other.pem") == 1
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        assert "publish it there" in out

    def test_a_mail_domain_will_do_for_its_hosts(self) -> None:
        """MX hosts that the certificate covers."""
        assert ask(DOMAIN, "--chain", "next.pem") == 1
        aged(3)
        assert ask(DOMAIN, "--chain", "next.pem") == 0

    def test_a_silent_world_cannot_be_told(self, capsys: Capture) -> None:
        """4, not 1: nothing is known of the records."""
        assert ask("--name", "mx.tlsa-timeout.test", "--chain", "next.pem") == 4
        assert capsys.readouterr().out.startswith("CANNOT TELL")

    def test_the_answer_as_json(self, capsys: Capture) -> None:
        """By its schema."""
        assert ask("--json", "--name", HOST, "--chain", "next.pem") == 1
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, json.loads(schema_text("rollover")))
        assert document["may_switch"]["answer"] == "no"
        assert document["may_switch"]["not_before"] is not None
        assert document["plan"] is None


class TestState:
    """The file of first sights."""

    def test_a_damaged_file_is_set_aside_and_said(self, capsys: Capture) -> None:
        """A line on standard error, and an age of nothing."""
        ask("--name", HOST, "--chain", "next.pem")
        aged(5)
        Path("state.json").write_text(Path("state.json").read_text()[:-9])
        capsys.readouterr()
        assert ask("--name", HOST, "--chain", "next.pem") == 1
        assert "set aside" in capsys.readouterr().err
        assert len(list(Path().glob("state.json.aside-*"))) == 1

    def test_a_moment_that_is_made_up_is_not_noted(self) -> None:
        """--at judges another time, and leaves no trace of it."""
        tomorrow = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert ask("--name", HOST, "--chain", "next.pem", "--at", tomorrow) == 1
        assert not Path("state.json").exists()

    def test_what_a_lab_holds_has_no_place_in_the_users_own_file(self) -> None:
        """Only a file that is named is written to."""
        assert run("--may-switch", "--name", HOST, "--chain", "next.pem") == 1
        assert not Path("xdg").exists()

    def test_a_file_that_cannot_be_written_costs_time_only(self, capsys: Capture) -> None:
        """The answer is given all the same."""
        Path("folder").mkdir()
        assert run("--may-switch", "--state", "folder", "--name", HOST, "--chain", "next.pem") == 1
        assert capsys.readouterr().err.count("\n") == 2

    def test_a_plan_notes_what_it_saw_too(self) -> None:
        """So that a plan that is looked at again starts in the middle."""
        assert run("--state", "state.json", "--name", HOST, "--chain", "next.pem") == 0
        aged(3)
        assert run("--state", "state.json", "--name", HOST, "--chain", "next.pem") == 0
        assert ask("--name", HOST, "--chain", "next.pem") == 0


class TestPlan:
    """The plan in its forms."""

    def test_as_text(self, capsys: Capture) -> None:
        """Steps, lines of zone files, commands."""
        assert run("--name", OTHER, "--chain", "other.pem") == 0
        out = capsys.readouterr().out
        assert "1. publish  now" in out
        assert f"add     _25._tcp.{OTHER}. 3600 IN TLSA 3 1 1 " in out
        assert f"dane-check rollover --may-switch --name {OTHER} --chain other.pem" in out

    @pytest.mark.parametrize(
        "name", [OTHER, "mx.unsigned.test", "mx.tlsa-servfail.test", "mx.no-tlsa.test", "mx.no-match.test"]
    )
    def test_as_json(self, name: str, capsys: Capture) -> None:
        """By its schema, and the exit status is that of the run."""
        status = run("--json", "--name", name, "--chain", "next.pem")
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, json.loads(schema_text("rollover")))
        assert document["exit_status"] == status
        assert document["may_switch"] is None

    @pytest.mark.parametrize(
        ("name", "status"), [("mx.unsigned.test", 3), ("mx.tlsa-servfail.test", 4), ("mx.no-match.test", 1)]
    )
    def test_exit_statuses(self, name: str, status: int) -> None:
        """No signed zone, no answer, broken already."""
        assert run("--name", name, "--chain", "next.pem") == status


class TestKeys:
    """T-31: of a private key nothing but its public half is used, and nothing shown or kept."""

    def written(self, mode: int = 0o600) -> str:
        key = ec_key("next").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        Path("next.key").write_text(key)
        os.chmod("next.key", mode)
        return key

    def test_a_key_is_planned_for_and_never_shown(self, capsys: Capture) -> None:
        """Neither in text, nor in JSON, nor in the state file."""
        key = self.written()
        assert run("--name", OTHER, "--key", "next.key", "--state", "state.json") == 0
        assert run("--json", "--name", OTHER, "--key", "next.key", "--state", "state.json") == 0
        out, err = capsys.readouterr()
        everything = out + err + Path("state.json").read_text()
        assert not any(line in everything for line in key.splitlines()[1:-1])
        assert "3 1 1" in out

    def test_a_key_that_others_may_read_is_used_and_warned_about(self, capsys: Capture) -> None:
        """The plan is made; the key's owner has something to mend."""
        self.written(0o644)
        assert run("--name", OTHER, "--key", "next.key") == 0
        assert "chmod 600" in capsys.readouterr().err

    def test_a_public_key_gives_the_same_plan_as_its_private_half(self, capsys: Capture) -> None:
        """--csr takes requests and public keys."""
        self.written()
        public = ec_key("next").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        Path("next.pub").write_bytes(public)
        run("-q", "--name", OTHER, "--key", "next.key", "--at", "2026-12-01")
        by_key = capsys.readouterr().out
        run("-q", "--name", OTHER, "--csr", "next.pub", "--at", "2026-12-01")
        assert capsys.readouterr().out == by_key

    def test_a_key_in_a_chain_file_is_skipped_and_said(self, capsys: Capture) -> None:
        """Only --key reads keys."""
        key = self.written()
        Path("all.pem").write_text(key + Path("other.pem").read_text())
        assert run("--name", OTHER, "--chain", "all.pem") == 0
        out, err = capsys.readouterr()
        assert "private key" in err
        assert not any(line in out + err for line in key.splitlines()[1:-1])


USAGE = [
    (),
    ("--name", HOST),
    ("--key", "next.key"),
    ("--name", HOST, "--chain", "missing.pem"),
    ("--name", HOST, "--chain", "next.pem", "--chain", "other.pem"),
    ("--name", HOST, "--chain", "next.pem", "--scheme", "1-1-1"),
    ("--name", HOST, "--chain", "next.pem", "--scheme", "nonsense"),
    ("--name", HOST, "--chain", "next.pem", "--ttl", "-1"),
    ("--name", HOST, "--chain", "next.pem", "--port", "0"),
    ("--name", HOST, "--chain", "next.pem", "--published-at", "2199-01-01"),
    ("--name", HOST, "--chain", "next.pem", "--published-at", "soon"),
    ("--name", HOST, "--chain", "next.pem", "--state", ""),
    ("--name", HOST, "--csr", "next.pem"),
    ("--name", "not a name", "--chain", "next.pem"),
    ("--may-switch", "--name", HOST, "--key", "next.key"),
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_misuse_is_one_line_before_any_packet(arguments: tuple[str, ...], capsys: Capture) -> None:
    """Exit 2."""
    key: Any = ec_key("next").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path("next.key").write_bytes(key)
    os.chmod("next.key", 0o600)
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_an_encrypted_key_is_refused_without_a_word_of_it(capsys: Capture) -> None:
    """Nobody is asked for a passphrase."""
    secret = ec_key("next").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    Path("next.key").write_bytes(secret)
    os.chmod("next.key", 0o600)
    assert run("--name", OTHER, "--key", "next.key") == 2
    assert "encrypted" in capsys.readouterr().err


class TestCommandsOfAPlan:
    """What the plan says to run first is what the program takes."""

    @pytest.mark.parametrize("scheme", ["", "3-1-1+3-1-2", "2-1-1"])
    def test_the_commands_before_the_first_steps_succeed(self, scheme: str, capsys: Capture) -> None:
        """Every edit before the switch is one that a rehearsal against the servers finds well."""
        wanted = ("--scheme", scheme) if scheme else ()
        assert run("--json", "--name", OTHER, "--chain", "other.pem", *wanted) == 0
        steps = json.loads(capsys.readouterr().out)["plan"]["steps"]
        before = [one for one in steps[: [one["act"] for one in steps].index("switch")] if one["commands"]]
        assert before
        for command in (command for one in before for command in one["commands"]):
            arguments = shlex.split(command)[1:]
            assert main([*arguments, "--lab"]) == 0, capsys.readouterr().out

    def test_the_guard_is_asked_with_the_files_that_were_given(self, capsys: Capture) -> None:
        """Names with blanks survive the shell."""
        Path("the next.pem").write_text(Path("other.pem").read_text())
        run("--json", "--name", OTHER, "--chain", "the next.pem")
        steps = json.loads(capsys.readouterr().out)["plan"]["steps"]
        (command,) = next(one["commands"] for one in steps if one["act"] == "switch")
        assert main([*shlex.split(command)[1:], "--lab"]) == 1
