"""The worked example of a zone in a repository is true: its files, its walk-through, its hook and its workflow."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from dane_check.cli import main
from tests.docs import zone_repository as example
from tests.docs.zone_repository import CURRENT, EXAMPLE, ROOT, copied, environment, files, tlsa_of
from tests.report.readers import read_junit

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="ascii"))
HOOK_CONFIG = yaml.safe_load((EXAMPLE / ".pre-commit-config.yaml").read_text(encoding="ascii"))
ACTION_FOLDER = ".github/actions/preflight"
ACTION = yaml.safe_load((ROOT / ACTION_FOLDER / "action.yml").read_text(encoding="ascii"))
WORKFLOW = yaml.safe_load((EXAMPLE / ".github/workflows/dane.yml").read_text(encoding="ascii"))
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["preflight"]["steps"]


@pytest.fixture
def zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example, which commands are run in, at the time of the example."""
    folder = copied(tmp_path)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DANE_CHECK_AT", example.AT)
    return folder


def forget_the_record(folder: Path) -> None:
    """The bad change: a renewed certificate with a new key."""
    shutil.copy(folder / "changes/renewed.pem", folder / "certs/mx.pem")


@pytest.mark.parametrize("target", example.TARGETS, ids=lambda target: target.name)
def test_the_commands_print_what_stands_there(target: Path) -> None:
    """`make docs` was run after the last change of what they print."""
    assert target.read_text(encoding="utf-8") == example.document(target)


def test_the_files_are_those_that_are_made() -> None:
    """The zone has the record of the certificate, and no private key lies about."""
    for name, text in files().items():
        assert (EXAMPLE / name).read_text(encoding="ascii") == text
    assert tlsa_of((EXAMPLE / "example.org.zone").read_text(encoding="ascii")) == [CURRENT]
    for file in EXAMPLE.rglob("*"):
        assert not file.is_file() or "PRIVATE KEY" not in file.read_text(encoding="utf-8")


class TestHook:
    """What pre-commit reads, and what it then runs."""

    def test_the_definition(self) -> None:
        """The keys pre-commit demands; the command is one that installing brings."""
        scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
        for hook in HOOKS:
            assert {"id", "name", "entry", "language", "files", "pass_filenames"} <= set(hook)
            assert (hook["language"], hook["pass_filenames"]) == ("python", False)
            assert shlex.split(hook["entry"])[0] in scripts

    def test_the_example_names_a_hook_that_is_there(self) -> None:
        """By its id, and its pattern knows the files of the example."""
        (used,) = [hook for one in HOOK_CONFIG["repos"] for hook in one["hooks"]]
        assert used["id"] in {hook["id"] for hook in HOOKS}

    @pytest.mark.parametrize(("spoil", "status"), [(False, 0), (True, 1)])
    def test_it_lets_the_good_pass_and_stops_the_bad(self, zones: Path, spoil: bool, status: int) -> None:
        """As pre-commit calls it: the entry, then the arguments, in the folder of the repository."""
        if spoil:
            forget_the_record(zones)
        (used,) = [hook for one in HOOK_CONFIG["repos"] for hook in one["hooks"]]
        (hook,) = [one for one in HOOKS if one["id"] == used["id"]]
        assert main([*shlex.split(hook["entry"])[1:], *used["args"]]) == status


def act(folder: Path, given: dict[str, str]) -> tuple[int, str]:
    """Runs the action's own step as GitHub does; its status, and what it leaves for later steps."""
    (step,) = [one for one in ACTION["runs"]["steps"] if one.get("id") == "preflight"]
    inputs = {name: given.get(name, described.get("default", "")) for name, described in ACTION["inputs"].items()}
    values = {f"${{{{ inputs.{name} }}}}": value for name, value in inputs.items()}
    env = {name: values[expression] for name, expression in step["env"].items()}
    temp, outputs, script = folder.parent / "runner", folder.parent / "outputs", folder.parent / "step.sh"
    (temp / "dane-check/bin").mkdir(parents=True, exist_ok=True)
    command = temp / "dane-check/bin/dane-check"
    if not command.exists():
        command.symlink_to(Path(sys.executable).with_name("dane-check"))
    script.write_text(step["run"], encoding="ascii")
    outputs.write_text("", encoding="ascii")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=folder,
        env=environment(RUNNER_TEMP=str(temp), GITHUB_OUTPUT=str(outputs), **env),
        capture_output=True,
        check=False,
    )
    return done.returncode, outputs.read_text(encoding="ascii")


class TestWorkflow:
    """What GitHub reads, and what it then runs."""

    def test_the_action_is_where_the_workflow_says(self) -> None:
        """And gets only what it takes."""
        (step,) = [one for one in STEPS if "dane_check" in one.get("uses", "")]
        assert f"/dane_check/{ACTION_FOLDER}@" in step["uses"]
        assert set(step["with"]) <= set(ACTION["inputs"])
        assert (ROOT / ACTION_FOLDER / "../../../pyproject.toml").is_file()

    def test_nothing_given_is_written_into_a_script(self) -> None:
        """Expressions stand in the environment of a step only, where no shell reads them."""
        for step in [*ACTION["runs"]["steps"], *STEPS]:
            assert "${{" not in step.get("run", "")
            assert "uses" in step or "shell" in step or step in STEPS

    @pytest.mark.parametrize(("spoil", "status", "outcome"), [(False, 0, ""), (True, 1, "failure")])
    def test_a_pull_request(self, zones: Path, spoil: bool, status: int, outcome: str) -> None:
        """The step before it finds the old zone in Git; the report says what the status says."""
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "before"]):
            subprocess.run([*git, *command], check=True, cwd=zones)
        if spoil:
            forget_the_record(zones)
        subprocess.run([*git, "commit", "-qam", "change", "--allow-empty"], check=True, cwd=zones)
        (before,) = [one["run"] for one in STEPS if "git show" in one.get("run", "")]
        subprocess.run(["bash", "-e", "-c", before], check=True, cwd=zones)
        (step,) = [one for one in STEPS if "dane_check" in one.get("uses", "")]
        assert act(zones, step["with"]) == (status, f"exit-status={status}\n")
        cases = read_junit((zones / step["with"]["junit"]).read_text(encoding="ascii"))
        assert cases[-1].outcome == outcome

    def test_arguments_are_neither_split_nor_expanded(self, zones: Path) -> None:
        """A line is an argument, whatever stands in it."""
        given = {"arguments": "--offline\r\n\n--name=$(touch owned) `touch owned`;touch owned\n*\n"}
        assert act(zones, given) == (2, "exit-status=2\n")
        assert not (zones / "owned").exists()
