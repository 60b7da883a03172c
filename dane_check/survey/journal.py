"""What a survey has found so far, in a SQLite file: after any end, even by `kill -9`, it goes on from there.

Every result is committed before it is printed, so at most what was in flight is done again. The write-ahead log
survives the end of a process; against a power cut it is as good as the last checkpoint (threats T-32).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from dane_check.errors import UsageError
from dane_check.names import safe
from dane_check.survey.element import Element, JournalFailed

SCHEMA: Final = 1
_MAGIC: Final = b"SQLite format 3\0"
_APPLICATION: Final = int.from_bytes(b"DANE", "big")
_STRANGER: Final = "it is a file of something else; name a new one"
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS run (schema INTEGER NOT NULL, circumstances TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS done (
    place INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    word TEXT NOT NULL, status INTEGER NOT NULL, text TEXT NOT NULL
);
"""


class Journal:
    """The journal of one survey, open between `with Journal(…) as journal` and its end.

    circumstances -- whatever makes results comparable: options and form. A journal of others is refused.

    Raises UsageError on entry for a file that is no journal, belongs to other circumstances, or is in use.
    """

    def __init__(self, path: Path, circumstances: str) -> None:
        self._path = path
        self._shown = safe(str(path), 200)
        self._circumstances = hashlib.sha256(circumstances.encode()).hexdigest()
        self._file: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        try:
            self._file = self._opened()
        except (sqlite3.Error, OSError) as error:
            raise UsageError(f"{self._shown} cannot be used as a journal: {safe(str(error), 120)}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def add(self, element: Element) -> None:
        """Keeps a result; when this returns, the end of the process cannot lose it. Raises JournalFailed."""
        try:
            self._open.execute(
                "INSERT OR REPLACE INTO done (name, word, status, text) VALUES (?, ?, ?, ?)",
                (element.name, element.word, element.status, element.text),
            )
        except sqlite3.Error as error:
            raise JournalFailed(
                f"{self._shown} cannot be written ({safe(str(error), 120)}); "
                "what is in it is kept: make room, and give the same command again"
            ) from error

    def names(self) -> frozenset[str]:
        """The domains that are done."""
        return frozenset(name for (name,) in self._open.execute("SELECT name FROM done"))

    def elements(self) -> Iterator[Element]:
        """What is done, in the order it was finished."""
        with closing(self._open.execute("SELECT name, word, status, text FROM done ORDER BY place")) as rows:
            for name, word, status, text in rows:
                yield Element(name, word, status, text)

    def element(self, name: str) -> Element:
        """The result of one domain. Raises KeyError while it has none."""
        row = self._open.execute("SELECT name, word, status, text FROM done WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        return Element(*row)

    @property
    def _open(self) -> sqlite3.Connection:
        assert self._file is not None, "used inside `with` only"
        return self._file

    def _opened(self) -> sqlite3.Connection:
        if self._path.exists() and not self._path.is_file():
            raise UsageError(f"{self._shown} is not a regular file; name one for the journal")
        new = self._is_new()
        self._path.touch(mode=0o600)  # who is surveyed is the operator's business
        file = sqlite3.connect(self._path, isolation_level=None, timeout=0)
        try:
            if not new and file.execute("PRAGMA application_id").fetchone() != (_APPLICATION,):
                raise OSError(_STRANGER)
            file.execute(f"PRAGMA application_id={_APPLICATION}")
            file.execute("PRAGMA locking_mode=EXCLUSIVE")  # two surveys in one journal would each lose half
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=NORMAL")
            file.executescript(_TABLES)
            self._check_circumstances(file)
        except BaseException:
            file.close()
            raise
        return file

    def _is_new(self) -> bool:
        """SQLite would make a database of a file of a few octets, whatever they were. Raises OSError."""
        if not self._path.exists() or not self._path.stat().st_size:
            return True
        with self._path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise OSError(_STRANGER)
        return False

    def _check_circumstances(self, file: sqlite3.Connection) -> None:
        known = file.execute("SELECT schema, circumstances FROM run").fetchall()
        if not known:
            file.execute("INSERT INTO run VALUES (?, ?)", (SCHEMA, self._circumstances))
        elif [row[0] for row in known] != [SCHEMA]:
            raise UsageError(f"{self._shown} is a journal of another version; name a new file")
        elif known[0][1] != self._circumstances:
            raise UsageError(
                f"{self._shown} is the journal of a survey with other options; give the same ones, or name a new file"
            )
