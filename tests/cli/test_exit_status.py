"""Every way out of the command has its own exit status, and none but a verdict is 1 (requirements §1.3)."""

from __future__ import annotations

import errno
import io
import sys
from typing import Any

import pytest
import typer

from dane_check.cli import main
from dane_check.errors import UsageError
from tests.cli.fake import FakeWorld, with_status
from tests.evidence.samples import evidence
from tests.report.test_json import LOOKUPS

Capture = pytest.CaptureFixture[str]


def complaint(capsys: Capture) -> str:
    """What stands on standard error; nothing may stand on standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    return err


class TestVerdicts:
    """The status follows the verdict, whatever the format."""

    @pytest.mark.parametrize("status", [0, 1, 3, 4, 5])
    @pytest.mark.parametrize("form", [[], ["--json"], ["--jsonl"], ["-q"], ["-v", "--explain"]])
    def test_one_domain_gives_its_own_status(self, world: FakeWorld, status: int, form: list[str]) -> None:
        world.judge = lambda name: with_status(status)
        assert main(["example.org", *form]) == status

    @pytest.mark.parametrize(
        ("statuses", "whole"),
        [
            ([0, 0], 0),
            ([0, 5], 0),
            ([5, 5], 0),
            ([0, 3], 3),
            ([3, 4], 4),
            ([4, 3, 1], 1),
            ([5, 3], 3),
            ([0, 4, 5], 4),
        ],
    )
    def test_several_domains_give_the_worst(self, world: FakeWorld, statuses: list[int], whole: int) -> None:
        prepared = iter(statuses)
        world.judge = lambda name: with_status(next(prepared))
        assert main([f"d{number}.example" for number in range(len(statuses))]) == whole

    @pytest.mark.parametrize(("status", "whole"), [(0, 2), (1, 1), (3, 2), (4, 2), (5, 2)])
    def test_a_bad_line_counts_as_2_unless_something_is_broken(
        self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch, status: int, whole: int
    ) -> None:
        world.judge = lambda name: with_status(status)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"example.org\nuser@example.org\n")))
        assert main(["-"]) == whole
        assert world.asked == ["example.org"]

    @pytest.mark.parametrize("case", LOOKUPS)
    def test_a_lookup_gives_the_status_of_its_outcome(self, world: FakeWorld, case: str) -> None:
        """D-21: secure 0, bogus 1, insecure 3, indeterminate 4."""
        world.found, status = LOOKUPS[case]
        assert main(["lookup", "example.org", "MX"]) == status
        assert main(["lookup", "example.org", "MX", "--json"]) == status

    @pytest.mark.parametrize(("case", "status"), [("secure", 0), ("bogus", 4), ("indeterminate", 4)])
    def test_doctor_gives_4_where_this_machine_cannot_judge(self, world: FakeWorld, case: str, status: int) -> None:
        world.found = LOOKUPS[case][0]
        assert main(["doctor"]) == status
        assert main(["doctor", "--json"]) == status


BAD_INPUT = [
    ["user@example.org"],
    ["https://example.org/"],
    ["192.0.2.1"],
    [""],
    ["a..b"],
    ["x" * 64 + ".org"],
    ["exa mple.org"],
    ["example.org", "user@example.org"],
    ["example.org", "-"],
    ["domain"],
    ["--host", "mx.example.org", "example.org"],
    ["--host", "mx.example.org:0"],
    ["--host", "mx.example.org:65536"],
    ["--host", "mx.example.org:smtp"],
    ["--host", "192.0.2.1:25"],
    ["--at", "tomorrow", "example.org"],
    ["--at", "0000-00-00", "example.org"],
    ["--timeout", "0", "example.org"],
    ["--timeout", "soon", "example.org"],
    ["--timeout", "nan", "example.org"],
    ["-4", "-6", "example.org"],
    ["--json", "--jsonl", "example.org"],
    ["--nsec3-iterations", "-1", "example.org"],
    ["--nsec3-iterations", "9999", "example.org"],
    ["--nsec3-iterations", "many", "example.org"],
    ["--evidence", "/nonexistent/run.json", "example.org"],
    ["--evidence", "/", "example.org"],
    ["--no-such-option", "example.org"],
    ["--\x1b[31m", "example.org"],
    ["--timeout", "\x1b[31m", "example.org"],
    ["\x1b[31m.example"],
    ["lookup"],
    ["lookup", "example.org"],
    ["lookup", "example.org", "MX", "again"],
    ["lookup", "--at", "x", "example.org", "MX"],
    ["replay"],
    ["replay", "/nonexistent/run.json"],
    ["replay", "/dev/null"],
    ["replay", "/"],
    ["doctor", "user@example.org"],
    ["schema", "nothing"],
    ["schema", "\x1b[31m"],
    ["lab"],
    ["lab", "nothing"],
    ["lab", "serve", "--delay", "-1"],
    ["lab", "serve", "--map", "/nonexistent/map"],
    ["lab", "serve", "--scenario", "/nonexistent/mine.toml"],
]


class TestBadInput:
    """A mistake of the caller's: status 2, one line that says what to do, and not one question asked."""

    @pytest.mark.parametrize("arguments", BAD_INPUT, ids=lambda one: " ".join(one).replace("\x1b", "ESC"))
    def test_it_is_one_line_and_status_2(self, world: FakeWorld, capsys: Capture, arguments: list[str]) -> None:
        assert main(arguments) == 2
        said = complaint(capsys)
        assert said.startswith("dane-check: ")
        assert said.count("\n") == 1
        assert "\x1b" not in said
        assert world.opened_with == []

    def test_an_error_of_the_engine_s_is_reported_alike(self, world: FakeWorld, capsys: Capture) -> None:
        def judge(name: str) -> Any:
            raise UsageError("the resolver is no address; give one")

        world.judge = judge
        assert main(["example.org"]) == 2
        assert complaint(capsys) == "dane-check: the resolver is no address; give one\n"

    def test_without_arguments_the_help_is_shown_and_the_status_is_2(self, capsys: Capture) -> None:
        assert main([]) == 2
        assert "EXAMPLES" in capsys.readouterr().out


EXCEPTIONS = [
    RuntimeError("boom"),
    ValueError("boom"),
    KeyError("boom"),
    AssertionError(),
    RecursionError("boom"),
    MemoryError(),
    OSError(errno.ENOSPC, "No space left on device"),
    EOFError(),
    typer.Abort(),
    typer.Exit(1),
    SystemExit(1),
    UnicodeEncodeError("ascii", "é", 0, 1, "boom"),
    RuntimeError("two\nlines \x1b[31m"),
]
LAYERS = [
    "dane_check.cli.lists.parse_domain",
    "dane_check.cli.domain.check_target",
    "dane_check.cli.judging.opened",
    "dane_check.settings.Settings.__post_init__",
    "dane_check.report.text.render",
    "dane_check.report.troubles.grouped",
    "dane_check.policy.fold.exit_of_many",
    "dane_check.evidence.file.to_text",
    "dane_check.cli.judging.save",
]


class TestOwnBugs:
    """A bug of ours: status 70, one line, and the traceback only with -v; never 1, which would read as broken."""

    @pytest.mark.parametrize("raised", EXCEPTIONS, ids=lambda one: type(one).__name__)
    def test_whatever_the_engine_raises_ends_in_70(self, world: FakeWorld, capsys: Capture, raised: Exception) -> None:
        def judge(name: str) -> Any:
            raise raised

        world.judge = judge
        assert main(["example.org"]) == 70
        said = complaint(capsys)
        assert said.startswith("dane-check: internal error, nothing was judged")
        assert said.count("\n") == 1
        assert "\x1b" not in said

    @pytest.mark.parametrize("layer", LAYERS)
    def test_whatever_layer_raises_it_ends_in_70(
        self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, layer: str
    ) -> None:
        def broken(*args: Any, **options: Any) -> Any:
            raise RuntimeError("boom")

        world.heard = evidence()
        monkeypatch.setattr(layer, broken)
        assert main(["--evidence", str(tmp_path / "run.json"), "a.example", "b.example"]) == 70

    @pytest.mark.parametrize("command", ["lookup example.org MX", "doctor example.org", "schema", "lab list"])
    def test_every_command_is_guarded(self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
        def broken(*args: Any, **options: Any) -> Any:
            raise RuntimeError("boom")

        name = command.split(maxsplit=1)[0]
        monkeypatch.setattr(f"dane_check.cli.{name}.write", broken)
        assert main(command.split()) == 70

    @pytest.mark.parametrize("asked", [["-v"], ["--verbose"], ["-qv"]])
    def test_the_traceback_is_shown_with_v(self, world: FakeWorld, capsys: Capture, asked: list[str]) -> None:
        def judge(name: str) -> Any:
            raise RuntimeError("boom \x1b[31m\nsecond line")

        world.judge = judge
        assert main([*asked, "example.org"]) == 70
        said = complaint(capsys)
        assert "Traceback" in said
        assert "second line" in said
        assert "\x1b" not in said

    def test_an_interrupt_ends_in_130(self, world: FakeWorld, capsys: Capture) -> None:
        def judge(name: str) -> Any:
            raise KeyboardInterrupt

        world.judge = judge
        assert main(["example.org"]) == 130
        assert complaint(capsys) == ""
