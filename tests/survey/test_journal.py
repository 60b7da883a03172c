"""The journal of a survey (threats T-32)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dane_check.errors import UsageError
from dane_check.survey.element import Element
from dane_check.survey.journal import Journal

ONE = Element("one.test", "protected", 0, '{"domain": "one.test"}')
TWO = Element("two.test", "broken", 1, '{"domain": "two.test"}')


def test_what_was_added_is_there_again(tmp_path: Path) -> None:
    """Elements come back as they were, in the order they were finished."""
    with Journal(tmp_path / "run.db", "options") as journal:
        journal.add(TWO)
        journal.add(ONE)
    with Journal(tmp_path / "run.db", "options") as journal:
        assert list(journal.elements()) == [TWO, ONE]
        assert journal.names() == {"one.test", "two.test"}
        assert journal.element("two.test") == TWO
        with pytest.raises(KeyError):
            journal.element("three.test")


def test_a_domain_is_there_once(tmp_path: Path) -> None:
    """What was in flight at the end is done again, and counts once."""
    with Journal(tmp_path / "run.db", "options") as journal:
        journal.add(ONE)
        journal.add(Element("one.test", "broken", 1, "later"))
        assert [one.text for one in journal.elements()] == ["later"]


def test_others_options_are_refused(tmp_path: Path) -> None:
    """Results of other options would be mixed with these."""
    with Journal(tmp_path / "run.db", "options"):
        pass
    with pytest.raises(UsageError, match="other options"), Journal(tmp_path / "run.db", "--strict"):
        pass


@pytest.mark.parametrize("octets", [b"not a database at all, but long enough to be read as the head of one" * 20, b"x"])
def test_what_is_no_journal_is_refused_and_kept(tmp_path: Path, octets: bytes) -> None:
    """A file of the user's own is not overwritten."""
    path = tmp_path / "notes.txt"
    path.write_bytes(octets)
    with pytest.raises(UsageError, match="cannot be used as a journal"), Journal(path, "options"):
        pass
    assert path.read_bytes() == octets


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """No table of ours is put into it."""
    path = tmp_path / "places.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE places (url TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="something else"), Journal(path, "options"):
        pass
    assert path.read_bytes() == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """A journal is a regular file."""
    with pytest.raises(UsageError, match="not a regular file"), Journal(tmp_path, "options"):
        pass
    with pytest.raises(UsageError, match="cannot be used"), Journal(tmp_path / "none" / "run.db", "options"):
        pass


def test_two_surveys_do_not_share_one(tmp_path: Path) -> None:
    """The second one would lose what the first one writes."""
    with (
        Journal(tmp_path / "run.db", "options") as journal,
        pytest.raises(UsageError, match=r"cannot be used as a journal: .*locked"),
        Journal(tmp_path / "run.db", "options"),
    ):
        journal.add(ONE)


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    """Who is surveyed is the operator's business."""
    with Journal(tmp_path / "run.db", "options") as journal:
        journal.add(ONE)
        assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


def test_nothing_added_is_lost_by_a_kill(tmp_path: Path) -> None:
    """`kill -9` right after `add` has returned, without any closing."""
    path = tmp_path / "run.db"
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from dane_check.survey.element import Element\n"
        "from dane_check.survey.journal import Journal\n"
        "with Journal(Path(sys.argv[1]), 'options') as journal:\n"
        "    for number in range(1000000):\n"
        "        journal.add(Element(f'd{number}.test', 'protected', 0, 'x' * 1000))\n"
        "        print(number, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(200):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    printed = 199 + len(process.stdout.read().splitlines())
    process.wait()
    with Journal(path, "options") as journal:
        assert {f"d{number}.test" for number in range(printed + 1)} <= journal.names()
