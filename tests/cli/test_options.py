"""Every option does what it says, by its flag and by its twin in the environment."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.main import get_command

from dane_check.cli import main
from dane_check.cli.app import COMMANDS, app_with
from dane_check.cli.main import with_default_command
from dane_check.cli.options import parse_moment
from dane_check.errors import UsageError
from dane_check.policy.vantage import NO_SUCH_NAME, WITHOUT_IPV6
from dane_check.settings import Settings
from tests.cli.fake import FakeWorld

Capture = pytest.CaptureFixture[str]

SETTINGS: list[tuple[list[str], dict[str, str], dict[str, Any]]] = [
    ([], {}, {}),
    (["--resolver", "192.0.2.53:5353"], {"RESOLVER": "192.0.2.53:5353"}, {"resolver": "192.0.2.53:5353"}),
    (["--trust-anchor", "/etc/anchor"], {"TRUST_ANCHOR": "/etc/anchor"}, {"trust_anchor": "/etc/anchor"}),
    (["--at", "2026-03-01"], {"AT": "2026-03-01"}, {"now": datetime(2026, 3, 1, tzinfo=UTC)}),
    (
        ["--certificates-at", "2026-03-01"],
        {"CERTIFICATES_AT": "2026-03-01"},
        {"certificates_at": datetime(2026, 3, 1, tzinfo=UTC)},
    ),
    (
        ["--down", "MX.example.org.", "--down", "mx2.example.org"],
        {"DOWN": "mx.example.org mx2.example.org"},
        {"down": ("mx.example.org", "mx2.example.org")},
    ),
    (["--repeat", "10"], {"REPEAT": "10"}, {"repeat": 10}),
    (["--audit"], {"AUDIT": "1"}, {"audit": True}),
    (["-4"], {"IPV4_ONLY": "1"}, {"ipv6": False}),
    (["-6"], {"IPV6_ONLY": "1"}, {"ipv4": False}),
    (["--helo", "me.example"], {"HELO": "me.example"}, {"helo": "me.example"}),
    (["--timeout", "7.5"], {"TIMEOUT": "7.5"}, {"timeout": 7.5}),
    (["--no-connect"], {"NO_CONNECT": "1"}, {"connect": False}),
    (["--require-dane"], {"REQUIRE_DANE": "1"}, {"require_dane": True}),
    (["--strict"], {"STRICT": "1"}, {"strict": True}),
    (["--allow-reserved"], {"ALLOW_RESERVED": "1"}, {"allow_reserved": True}),
    (["--nsec3-iterations", "150"], {"NSEC3_ITERATIONS": "150"}, {"nsec3_iterations": 150}),
    (["--allow-sha1"], {"ALLOW_SHA1": "1"}, {"allow_sha1": True}),
    (["--no-early-tlsa"], {"NO_EARLY_TLSA": "1"}, {"early_tlsa": False}),
]
settings_table = pytest.mark.parametrize(("flags", "twins", "expected"), SETTINGS, ids=lambda one: str(one)[:40])


def set_twins(monkeypatch: pytest.MonkeyPatch, twins: dict[str, str]) -> None:
    for name, value in twins.items():
        monkeypatch.setenv(f"DANE_CHECK_{name}", value)


class TestSettings:
    """The options of `domain` that can change a verdict."""

    @settings_table
    def test_a_flag_sets_its_setting_and_no_other(
        self, world: FakeWorld, flags: list[str], twins: dict[str, str], expected: dict[str, Any]
    ) -> None:
        assert main([*flags, "example.org"]) == 0
        assert world.settings == Settings(**expected)

    @settings_table
    def test_the_twin_in_the_environment_does_the_same(
        self,
        world: FakeWorld,
        monkeypatch: pytest.MonkeyPatch,
        flags: list[str],
        twins: dict[str, str],
        expected: dict[str, Any],
    ) -> None:
        set_twins(monkeypatch, twins)
        assert main(["example.org"]) == 0
        assert world.settings == Settings(**expected)

    def test_a_flag_wins_over_the_environment(self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DANE_CHECK_RESOLVER", "192.0.2.1")
        assert main(["--resolver", "192.0.2.2", "example.org"]) == 0
        assert world.settings == Settings(resolver="192.0.2.2")

    def test_every_setting_but_limits_has_an_option(self) -> None:
        driven = {name for _, _, expected in SETTINGS for name in expected}
        assert driven == set(Settings.__dataclass_fields__) - {"limits"}

    def test_the_options_of_lookup_reach_the_engine(self, world: FakeWorld) -> None:
        options = ["--at", "2026-03-01", "--resolver", "192.0.2.1", "--trust-anchor", "f", "--nsec3-iterations", "9"]
        assert main(["lookup", *options, "--allow-sha1", "example.org", "mx"]) == 0
        now = datetime(2026, 3, 1, tzinfo=UTC)
        assert world.settings == Settings(
            resolver="192.0.2.1", trust_anchor="f", now=now, nsec3_iterations=9, allow_sha1=True
        )
        assert world.asked == [("example.org", "MX")]

    def test_the_options_of_doctor_reach_the_engine(self, world: FakeWorld) -> None:
        options = ["--at", "2026-03-01", "--resolver", "192.0.2.1", "--trust-anchor", "f", "--allow-reserved"]
        assert main(["doctor", *options, "example.org"]) == 0
        now = datetime(2026, 3, 1, tzinfo=UTC)
        assert world.settings == Settings(resolver="192.0.2.1", trust_anchor="f", now=now, allow_reserved=True)
        assert world.asked == [(".", "DNSKEY"), NO_SUCH_NAME, WITHOUT_IPV6, "example.org"]


class TestSubjects:
    """What is asked about."""

    @pytest.mark.parametrize(
        ("arguments", "asked"),
        [
            (["example.org"], ["example.org"]),
            (["domain", "example.org"], ["example.org"]),
            (["Example.ORG.", "example.org", "example.net"], ["example.org", "example.net"]),
            (["bücher.example"], ["xn--bcher-kva.example"]),
            (["[192.0.2.1]"], ["[192.0.2.1]"]),
            (["--", "example.org"], ["example.org"]),
            (["domain", "schema"], ["schema"]),
            (["--host", "mx.example.org"], [("mx.example.org", 25)]),
            (["--host", "MX.example.org.:587"], [("mx.example.org", 587)]),
        ],
    )
    def test_names_are_read_as_people_mean_them(self, world: FakeWorld, arguments: list[str], asked: list[Any]) -> None:
        assert main(arguments) == 0
        assert world.asked == asked

    def test_the_host_has_a_twin_too(self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DANE_CHECK_HOST", "mx.example.org:587")
        assert main(["domain"]) == 0
        assert world.asked == [("mx.example.org", 587)]

    @pytest.mark.parametrize(
        ("flags", "twins", "opened_with"),
        [
            (["--lab"], {"LAB": "1"}, (True, None, ("example.org",))),
            (["--lab-map", "f"], {"LAB_MAP": "f"}, (False, "f", ("example.org",))),
        ],
    )
    def test_the_lab_is_asked_if_wanted(
        self,
        world: FakeWorld,
        monkeypatch: pytest.MonkeyPatch,
        flags: list[str],
        twins: dict[str, str],
        opened_with: tuple[Any, ...],
    ) -> None:
        assert main([*flags, "example.org", "[192.0.2.1]"]) == 0
        set_twins(monkeypatch, twins)
        assert main(["example.org"]) == 0
        assert world.opened_with == [opened_with, opened_with]


class TestDown:
    """D-18: a slip of the hand in --down must not go unnoticed."""

    def test_a_name_that_is_no_mail_host_of_any_domain_is_remarked_on(self, world: FakeWorld, capsys: Capture) -> None:
        assert main(["-q", "--down", "mx1.example.org", "--down", "mx9.example.org", "a.example", "b.example"]) == 0
        told = capsys.readouterr().err
        assert told.count("--down") == 1
        assert "--down mx9.example.org: no mail host of that name was met" in told


class TestForms:
    """The forms of output, by flag and by twin."""

    @pytest.mark.parametrize(
        ("flag", "twin", "marker"),
        [
            ("--json", "JSON", '"domains": ['),
            ("--jsonl", "JSONL", '{"schema": 1, "kind": "check", "domain": "example.org"'),
            ("-v", "VERBOSE", "< 250 STARTTLS"),
            ("--explain", "EXPLAIN", "└ org. DNSKEY"),
        ],
    )
    def test_a_form_is_chosen(
        self, world: FakeWorld, capsys: Capture, monkeypatch: pytest.MonkeyPatch, flag: str, twin: str, marker: str
    ) -> None:
        assert main(["example.org"]) == 0
        assert marker not in capsys.readouterr().out
        assert main([flag, "example.org"]) == 0
        by_flag = capsys.readouterr().out
        monkeypatch.setenv(f"DANE_CHECK_{twin}", "1")
        assert main(["example.org"]) == 0
        assert marker in by_flag
        assert capsys.readouterr().out == by_flag

    def test_quiet_is_one_line(self, world: FakeWorld, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        assert main(["-q", "example.org"]) == 0
        monkeypatch.setenv("DANE_CHECK_QUIET", "1")
        assert main(["example.org"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 2

    def test_colour_is_for_those_who_want_it(
        self, world: FakeWorld, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        main(["example.org"])
        assert "\x1b" not in capsys.readouterr().out
        monkeypatch.setenv("FORCE_COLOR", "1")
        main(["example.org"])
        assert "\x1b[32mPROTECTED" in capsys.readouterr().out

    def test_several_domains_end_with_a_count(self, world: FakeWorld, capsys: Capture) -> None:
        main(["a.example", "b.example"])
        assert capsys.readouterr().out.splitlines()[-1] == "2 domains: 2 protected  [exit status 0]"

    @pytest.mark.parametrize("kind", ["check", "lookup", "doctor", "rehearsal", "evidence"])
    def test_schema_prints_the_schema(self, capsys: Capture, kind: str) -> None:
        assert main(["schema", kind]) == 0
        assert json.loads(capsys.readouterr().out)["$id"] == f"urn:dane-check:schema:{kind}:1"


class TestCommandLine:
    """The command line as a whole."""

    @pytest.mark.parametrize(
        ("given", "meant"),
        [
            ([], []),
            (["example.org"], ["domain", "example.org"]),
            (["-v", "example.org"], ["domain", "-v", "example.org"]),
            (["-"], ["domain", "-"]),
            (["--version"], ["--version"]),
            (["-h"], ["-h"]),
            *[([command], [command]) for command in sorted(COMMANDS)],
        ],
    )
    def test_a_domain_alone_means_the_command_domain(self, given: list[str], meant: list[str]) -> None:
        assert with_default_command(given) == meant

    @pytest.mark.parametrize("flags", [["--lab"], ["-q", "-v"]])
    def test_a_command_behind_options_is_no_domain(self, flags: list[str], capsys: Capture) -> None:
        """Nobody asks for the domain `lookup`; where the command belongs is said."""
        assert main([*flags, "lookup", "mx.example.org"]) == 2
        assert f"the command comes first: dane-check lookup {' '.join(flags)} …" in capsys.readouterr().err

    def test_the_known_commands_are_those_there_are(self) -> None:
        assert set(get_command(app_with(*COMMANDS)).commands) == set(COMMANDS)  # type: ignore[attr-defined]

    def test_no_command_is_a_coroutine_function(self) -> None:
        group = get_command(app_with(*COMMANDS))
        found = list(group.commands.values())  # type: ignore[attr-defined]
        found += group.commands["lab"].commands.values()  # type: ignore[attr-defined]
        assert len(found) == len(COMMANDS) + len(group.commands["lab"].commands)  # type: ignore[attr-defined]
        assert not any(inspect.iscoroutinefunction(inspect.unwrap(one.callback)) for one in found if one.callback)

    def test_every_option_has_a_twin(self) -> None:
        group = get_command(app_with(*COMMANDS))
        commands = [*group.commands.values(), *group.commands["lab"].commands.values()]  # type: ignore[attr-defined]
        options = [one for command in commands for one in command.params if one.opts[0].startswith("-")]
        without = [one.opts for one in options if not (one.envvar or "").startswith("DANE_CHECK_")]
        assert without == []
        assert len(options) > 40

    @pytest.mark.parametrize("command", ["", "domain", "lookup", "preflight", "replay", "doctor", "lab serve"])
    @pytest.mark.parametrize("flag", ["-h", "--help"])
    def test_help_ends_with_examples(self, capsys: Capture, command: str, flag: str) -> None:
        assert main([*command.split(), flag]) == 0
        text = capsys.readouterr().out
        assert "EXAMPLES" in text
        assert "\b" not in text
        assert max(map(len, text.splitlines())) <= 100

    def test_the_version_is_the_package_s(self, capsys: Capture) -> None:
        from dane_check import __version__

        assert main(["--version"]) == 0
        assert capsys.readouterr().out == f"dane-check {__version__}\n"

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
            ("2026-03-01T12:30", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
            ("2026-03-01T12:30:15Z", datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)),
            (" 2026-03-01 12:30:15+02:00 ", datetime(2026, 3, 1, 10, 30, 15, tzinfo=UTC)),
        ],
    )
    def test_a_moment_is_read_as_utc_unless_it_says_otherwise(self, typed: str, meant: datetime) -> None:
        assert parse_moment(typed) == meant

    @pytest.mark.parametrize("typed", ["", "now", "1700000000", "2026-13-01", "0001-01-01T00:00+23:59"])
    def test_anything_else_is_no_moment(self, typed: str) -> None:
        with pytest.raises(UsageError):
            parse_moment(typed)
