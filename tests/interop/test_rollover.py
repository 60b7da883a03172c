"""A key is rolled over in a zone that changes by dynamic update, and the guard opens at the right moment."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.rollover.made import made, pem, record

from .moving import EXECUTABLE, MX, OWNER, TTL, MovingWorld, missing, moving_world, world_forgets

pytestmark = pytest.mark.interop
OLD, NEW = made("old", host=MX), made("new", host=MX)
PATIENCE = 30  # seconds


@pytest.fixture(scope="module")
def moving() -> Iterator[MovingWorld]:
    if os.geteuid() != 0:
        pytest.skip("a name server binds port 53: that needs root")
    if programs := missing():
        pytest.skip(f"{', '.join(programs)} not found; see tests/interop/packages.txt")
    with moving_world() as world:
        yield world


def ask(world: MovingWorld, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The command as a user runs it: exit status and document."""
    command = [str(EXECUTABLE), "rollover", *world.options, "--no-connect", "--json", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_guard_turns_from_no_to_yes_two_ttls_after_the_last_server_has_the_record(
    moving: MovingWorld, tmp_path: Path
) -> None:
    """R7671-8.1-a: no record, one server behind, too young, and then yes; not a second before."""
    chain = tmp_path / "new.pem"
    chain.write_text(pem(NEW))
    guard = ("--may-switch", "--name", MX, "--chain", str(chain), "--state", str(tmp_path / "state.json"))
    moving.update(f"add {OWNER}. {TTL} TLSA {record('3 1 1', OLD)}")
    moving.transfer()

    status, answer = ask(moving, *guard)
    assert (status, answer["may_switch"]["not_before"]) == (1, None)

    moving.update(f"add {OWNER}. {TTL} TLSA {record('3 1 1', NEW)}")
    world_forgets()  # the resolver forgets; the secondary was told nothing
    status, answer = ask(moving, *guard)
    held = [len(one["records"]) for host in answer["hosts"] for one in host["servers"]]
    assert (status, held) == (1, [2, 1])
    assert answer["may_switch"]["not_before"] is None

    moving.transfer()
    status, answer = ask(moving, *guard)
    assert status == 1
    opens = datetime.fromisoformat(answer["may_switch"]["not_before"])
    assert 0 <= (opens - datetime.fromisoformat(answer["now"])).total_seconds() <= 2 * TTL + 1

    time.sleep(max((opens - datetime.now(UTC)).total_seconds(), 0))
    status, answer = ask(moving, *guard)
    assert (status, answer["may_switch"]["answer"]) == (0, "yes")

    moving.update(f"delete {OWNER}. TLSA {record('3 1 1', NEW)}")
    status, _ = ask(moving, *guard)
    assert status == 1


def test_the_plan_speaks_of_what_every_server_holds(moving: MovingWorld, tmp_path: Path) -> None:
    """The TTL and the lines are those of the zone."""
    chain = tmp_path / "new.pem"
    chain.write_text(pem(NEW))
    moving.update(f"delete {OWNER}. TLSA", f"add {OWNER}. {TTL} TLSA {record('3 1 1', OLD)}")
    moving.transfer()
    world_forgets()
    status, document = ask(moving, "--name", MX, "--chain", str(chain), "--state", str(tmp_path / "state.json"))
    assert status == 0
    (step,) = [one for one in document["plan"]["steps"] if one["act"] == "publish"]
    assert step["edits"][0]["add"] == [f"{OWNER}. {TTL} IN TLSA {record('3 1 1', NEW)}"]
    assert [one["server"].split()[0] for one in document["hosts"][0]["servers"]] == ["ns1.roll.test", "ns2.roll.test"]


def test_a_server_that_is_not_there_cannot_be_told(moving: MovingWorld, tmp_path: Path) -> None:
    """Whoever asks it may get anything; 4, and no yes."""
    chain = tmp_path / "old.pem"
    chain.write_text(pem(OLD))
    moving.update(f"delete {OWNER}. TLSA", f"add {OWNER}. {TTL} TLSA {record('3 1 1', OLD)}")
    moving.update(f"add roll.test. {TTL} NS ns3.roll.test.", f"add ns3.roll.test. {TTL} A {moving.host}")
    moving.transfer()
    world_forgets()
    guard = ("--may-switch", "--name", MX, "--chain", str(chain), "--published-at", "2026-01-01")
    status, document = ask(moving, *guard, "--state", str(tmp_path / "state.json"))
    moving.update("delete roll.test. NS ns3.roll.test.", "delete ns3.roll.test. A")
    moving.transfer()
    world_forgets()
    silent = [one for one in document["hosts"][0]["servers"] if one["trouble"]]
    assert (status, len(silent)) == (4, 1)
    assert ask(moving, *guard, "--state", str(tmp_path / "state.json"))[0] == 0
