"""The row that decides what may be signed, in PostgreSQL: the same conditions as `SqliteState`, one statement each.

It has a connection of its own, apart from Django's: every act is one transaction, committed to the disk before it
returns (`synchronous_commit` is set, whatever the server's default). The table is made on purpose, by `create`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import psycopg

from midun.lib.tlog.merkle import SHA256
from midun.lib.tlog.sqlite_file import StateMissing
from midun.lib.tlog.state import Head, StateConflict

TABLE = "tlog_state"
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    origin TEXT PRIMARY KEY,
    size BIGINT NOT NULL CHECK (size >= 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    epoch BIGINT NOT NULL CHECK (epoch >= 0),
    time BIGINT NOT NULL CHECK (time >= 0),
    note BYTEA
)
"""
_COLUMNS = "origin, size, root, epoch, time, note"
_SAME = "origin = %s AND size = %s AND root = %s AND epoch = %s"
_ONLY = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")


class PostgresState:
    """The rows in the platform's PostgreSQL database. Not for use by several threads at once."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """Connect. `parameters` are Django's; raises psycopg's errors, `StateMissing` if the table was never made."""
        self._connection = _connect(parameters)
        if self._one("SELECT to_regclass(%s)", (TABLE,)) == (None,):
            self._connection.close()
            raise StateMissing(f"no table {TABLE}")

    @classmethod
    def create(cls, parameters: Mapping[str, Any]) -> Self:
        """Make the table if there is none, and open it."""
        with _connect(parameters) as connection:
            connection.execute(_SCHEMA)
        return cls(parameters)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def add_log(self, origin: str, time: int) -> Head:
        """Begin an empty log, once. Raises `StateConflict` if it exists."""
        head = Head(origin, 0, SHA256.empty, 0, time, None)
        try:
            self._connection.execute(
                f"INSERT INTO {TABLE} ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)",  # noqa: S608  # constants only
                (head.origin, head.size, head.root, head.epoch, head.time, head.note),
            )
        except psycopg.errors.UniqueViolation as error:
            raise StateConflict(f"{origin} exists") from error
        return head

    def load(self, origin: str) -> Head:
        """As the contract says."""
        return _head(origin, self._one(f"SELECT {_COLUMNS} FROM {TABLE} WHERE origin = %s", (origin,)))  # noqa: S608  # constants only

    def take_over(self, origin: str) -> Head:
        """As the contract says."""
        query = f"UPDATE {TABLE} SET epoch = epoch + 1 WHERE origin = %s RETURNING {_COLUMNS}"  # noqa: S608  # constants only
        return _head(origin, self._one(query, (origin,)))

    def advance(self, head: Head, *, size: int, root: bytes, time: int) -> Head:
        """As the contract says."""
        if size <= head.size:
            raise ValueError(f"size {size} does not grow from {head.size}")
        self._change(
            f"UPDATE {TABLE} SET size = %s, root = %s, time = %s, note = NULL WHERE {_SAME} AND time <= %s",  # noqa: S608  # constants only
            (size, root, time, head.origin, head.size, head.root, head.epoch, time),
            head,
        )
        return replace(head, size=size, root=root, time=time, note=None)

    def record_note(self, head: Head, note: bytes) -> Head:
        """As the contract says."""
        self._change(
            f"UPDATE {TABLE} SET note = %s WHERE {_SAME} AND note IS NULL",  # noqa: S608  # constants only
            (note, head.origin, head.size, head.root, head.epoch),
            head,
        )
        return replace(head, note=note)

    def _one(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        return self._connection.execute(query, values).fetchone()

    def _change(self, query: str, values: tuple[object, ...], head: Head) -> None:
        if self._connection.execute(query, values).rowcount != 1:
            there = self.load(head.origin)
            raise StateConflict(
                f"expected size {head.size}, epoch {head.epoch}; the row has size {there.size}, "
                f"epoch {there.epoch}, time {there.time}"
            )


def _connect(parameters: Mapping[str, Any]) -> "psycopg.Connection[tuple[Any, ...]]":
    chosen = {name: parameters[name] for name in _ONLY if parameters.get(name) is not None}
    connection = psycopg.connect(**chosen, autocommit=True, application_name="midun-log")
    connection.execute("SET synchronous_commit = on")
    return connection


def _head(origin: str, row: tuple[Any, ...] | None) -> Head:
    if row is None:
        raise StateMissing(f"no log {origin!r}")
    name, size, root, epoch, time, note = row
    return Head(name, size, bytes(root), epoch, time, None if note is None else bytes(note))
