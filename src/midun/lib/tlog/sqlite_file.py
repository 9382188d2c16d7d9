"""A small SQLite database that is made once, on purpose, and synced at every change."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import ClassVar, Self


class StateMissing(Exception):
    """There is no such database or no such log. Neither is ever made by opening it."""


class SqliteFile:
    """An open database with write-ahead journal. Thread-safe and process-safe through `transaction`."""

    schema: ClassVar[str]

    def __init__(self, path: Path) -> None:
        """Open an existing database. Raises `StateMissing`: who lost its memory must not go on as if it were new."""
        if not path.is_file():
            raise StateMissing(f"no database at {path}")
        uri = f"{path.absolute().as_uri()}?mode=rw"
        self._lock = Lock()
        self._connection = sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous = FULL")

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty database; it must not exist. Raises FileExistsError."""
        path.touch(mode=0o600, exist_ok=False)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(cls.schema)
        return cls(path)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is atomic against all other threads and processes, and durable when it ends well."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
