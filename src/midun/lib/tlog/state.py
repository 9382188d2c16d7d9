"""The row that decides what may be signed: (size, root) of a log, changed only by compare-and-swap.

Contract and SQLite implementation. Another database implements `State` with the same conditions in one statement each.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from midun.lib.tlog.merkle import SHA256
from midun.lib.tlog.sqlite_file import SqliteFile, StateMissing


class StateConflict(Exception):
    """The row is not what the caller read: another process has taken over, or the clock went back."""


@dataclass(frozen=True)
class Head:
    """A row as read: `note` is the signed checkpoint of exactly (size, root), None until it is signed.

    `epoch` counts take-overs; `time` is the newest time (seconds since 1970) at which the row advanced.
    """

    origin: str
    size: int
    root: bytes
    epoch: int
    time: int
    note: bytes | None


class State(Protocol):
    """One row per log. Every act is atomic against all processes and durable before it returns.

    Methods raise `StateMissing` for an unknown log, and the database's own errors; after any error the caller stops.
    """

    def load(self, origin: str) -> Head:
        """The row."""

    def take_over(self, origin: str) -> Head:
        """Raise the epoch by one and give the row: all heads read before can no longer advance."""

    def advance(self, head: Head, *, size: int, root: bytes, time: int) -> Head:
        """Let the row be (size, root), unsigned, if it still is `head` (origin, size, root, epoch) and time ≥ its time.

        Raises `StateConflict` otherwise. Sizes only grow: ValueError for a size not above the head's.
        """

    def record_note(self, head: Head, note: bytes) -> Head:
        """Keep the signed checkpoint of `head` (origin, size, root, epoch as read) if there is none yet.

        Raises `StateConflict` otherwise.
        """


_SAME = "origin = ? AND size = ? AND root = ? AND epoch = ?"


class SqliteState(SqliteFile):
    """The rows in an SQLite database of their own."""

    schema = """
CREATE TABLE tlog_state (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    time INTEGER NOT NULL CHECK (time >= 0),
    note BLOB
) STRICT
"""

    def add_log(self, origin: str, time: int) -> Head:
        """Begin an empty log, once. Raises `StateConflict` if it exists."""
        head = Head(origin, 0, SHA256.empty, 0, time, None)
        with self.transaction() as connection:
            try:
                connection.execute(
                    "INSERT INTO tlog_state VALUES (?, ?, ?, ?, ?, ?)",
                    (head.origin, head.size, head.root, head.epoch, head.time, head.note),
                )
            except sqlite3.IntegrityError as error:
                raise StateConflict(f"{origin} exists") from error
        return head

    @staticmethod
    def peek(path: Path) -> list[Head]:
        """All rows, read without writing anything. Raises `StateMissing`, sqlite3.DatabaseError."""
        if not path.is_file():
            raise StateMissing(f"no state database at {path}")
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as connection:
            [answer] = connection.execute("PRAGMA quick_check(1)").fetchone()
            if answer != "ok":
                raise sqlite3.DatabaseError(answer)
            rows = connection.execute("SELECT origin, size, root, epoch, time, note FROM tlog_state ORDER BY origin")
            return [Head(*row) for row in rows]

    def load(self, origin: str) -> Head:
        """As the contract says."""
        with self.transaction() as connection:
            return _read(connection, origin)

    def take_over(self, origin: str) -> Head:
        """As the contract says."""
        with self.transaction() as connection:
            connection.execute("UPDATE tlog_state SET epoch = epoch + 1 WHERE origin = ?", (origin,))
            return _read(connection, origin)

    def advance(self, head: Head, *, size: int, root: bytes, time: int) -> Head:
        """As the contract says."""
        if size <= head.size:
            raise ValueError(f"size {size} does not grow from {head.size}")
        with self.transaction() as connection:
            changed = connection.execute(
                f"UPDATE tlog_state SET size = ?, root = ?, time = ?, note = NULL WHERE {_SAME} AND time <= ?",  # noqa: S608  # no input in it
                (size, root, time, head.origin, head.size, head.root, head.epoch, time),
            )
            _changed_one(changed, connection, head, time)
        return replace(head, size=size, root=root, time=time, note=None)

    def record_note(self, head: Head, note: bytes) -> Head:
        """As the contract says."""
        with self.transaction() as connection:
            changed = connection.execute(
                f"UPDATE tlog_state SET note = ? WHERE {_SAME} AND note IS NULL",  # noqa: S608  # no input in it
                (note, head.origin, head.size, head.root, head.epoch),
            )
            _changed_one(changed, connection, head, head.time)
        return replace(head, note=note)


def _read(connection: sqlite3.Connection, origin: str) -> Head:
    query = "SELECT origin, size, root, epoch, time, note FROM tlog_state WHERE origin = ?"
    row = connection.execute(query, (origin,)).fetchone()
    if row is None:
        raise StateMissing(f"no log {origin!r}")
    return Head(*row)


def _changed_one(changed: sqlite3.Cursor, connection: sqlite3.Connection, head: Head, time: int) -> None:
    if changed.rowcount != 1:
        there = _read(connection, head.origin)
        raise StateConflict(
            f"expected size {head.size}, epoch {head.epoch}, time up to {time}; "
            f"the row has size {there.size}, epoch {there.epoch}, time {there.time}"
        )
