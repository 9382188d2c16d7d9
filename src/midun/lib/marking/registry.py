"""The local registry of issued copies: one SQLite file beside nothing else (docs/formats/marking-documents.md).

It knows digests and names, never content. A row is written before its copy, so that a broken-off batch goes on with
the same ids; it counts as issued once the copy's digest stands in it.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from midun.lib.marking.errors import Reason, Refused

REGISTRY_NAME = "registry.sqlite3"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS copies (
    copy_id BLOB PRIMARY KEY CHECK (length(copy_id) = 8),
    key_number INTEGER NOT NULL CHECK (key_number BETWEEN 0 AND 31),
    key_fingerprint TEXT NOT NULL,
    source TEXT NOT NULL CHECK (length(source) = 64),
    name TEXT NOT NULL,
    recipient TEXT NOT NULL CHECK (recipient <> ''),
    purpose TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    carriers TEXT NOT NULL DEFAULT '',
    copy TEXT NOT NULL DEFAULT '',
    UNIQUE (source, recipient, key_fingerprint)
) STRICT;
CREATE TRIGGER IF NOT EXISTS issued_copies_stay BEFORE DELETE ON copies
BEGIN SELECT RAISE(ABORT, 'an issued copy is never forgotten'); END;
CREATE TRIGGER IF NOT EXISTS issued_copies_do_not_change BEFORE UPDATE ON copies WHEN old.copy <> ''
BEGIN SELECT RAISE(ABORT, 'an issued copy does not change'); END;
"""
_VERSION = 1
_COLUMNS = "copy_id, key_number, key_fingerprint, source, name, recipient, purpose, at, label, carriers, copy"


@dataclass(frozen=True)
class Issued:
    """One copy: `source`, `copy` and `label` are SHA-256 in hex (empty: not yet written, no label)."""

    copy_id: bytes
    key_number: int
    key_fingerprint: str
    source: str
    name: str
    recipient: str
    purpose: str
    at: str
    label: str = ""
    carriers: str = ""
    copy: str = ""


class Registry:
    """The registry in a file; it is created if missing, unless `create` is false.

    Raises:
        Refused: BROKEN, the file is missing, damaged or something else.

    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        if not create and not path.is_file():
            raise Refused(Reason.BROKEN, f"找不到副本登记簿 {path}。")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=30)
        try:
            self._prepare(path.name)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, name: str) -> None:
        try:
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            usable = version == _VERSION or (version == 0 and not tables)
            if usable:
                self._connection.executescript(f"{_SCHEMA}PRAGMA user_version = {_VERSION};")
        except sqlite3.DatabaseError as error:
            raise Refused(Reason.BROKEN, f"{name} 不是副本登记簿，或已损坏。") from error
        if not usable:
            raise Refused(Reason.BROKEN, f"{name} 不是本版本可用的副本登记簿。")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def begin(self, row: Issued) -> Issued:
        """Enter a copy to be made; if the recipient has a copy of that source, give the row that stands."""
        marks = ", ".join("?" * len(_COLUMNS.split(",")))
        with self._connection:
            self._connection.execute(
                f"INSERT OR IGNORE INTO copies ({_COLUMNS}) VALUES ({marks})",  # noqa: S608  # our own names only
                tuple(vars(row).values()),
            )
        found = self._rows(
            "WHERE source = ? AND recipient = ? AND key_fingerprint = ?", row.source, row.recipient, row.key_fingerprint
        )
        return next(found)

    def finish(self, copy_id: bytes, *, copy: str, carriers: str, label: str) -> None:
        """Say that the copy was written."""
        with self._connection:
            self._connection.execute(
                "UPDATE copies SET copy = ?, carriers = ?, label = ? WHERE copy_id = ? AND copy = ''",
                (copy, carriers, label, copy_id),
            )

    def get(self, copy_id: bytes) -> Issued | None:
        """The copy of an id."""
        return next(self._rows("WHERE copy_id = ?", copy_id), None)

    def of_content(self, digest: str) -> Issued | None:
        """The copy whose bytes have that SHA-256."""
        return next(self._rows("WHERE copy = ?", digest), None)

    def of_source(self, digest: str) -> Issued | None:
        """A copy whose original has that SHA-256."""
        return next(self._rows("WHERE source = ? AND copy <> ''", digest), None)

    def recipients(self) -> list[str]:
        """Who got a copy before, by name."""
        cursor = self._connection.execute("SELECT DISTINCT recipient FROM copies WHERE copy <> '' ORDER BY recipient")
        with contextlib.closing(cursor):
            return [row[0] for row in cursor.fetchall()]

    def issued(self) -> list[Issued]:
        """All copies that were written, newest first."""
        return list(self._rows("WHERE copy <> ''"))[::-1]

    def ids(self, key_fingerprint: str) -> list[bytes]:
        """All ids issued under a key, for scoring against the registry."""
        return [row.copy_id for row in self._rows("WHERE key_fingerprint = ? AND copy <> ''", key_fingerprint)]

    def _rows(self, where: str, *values: object) -> Iterator[Issued]:
        cursor = self._connection.execute(
            f"SELECT {_COLUMNS} FROM copies {where} ORDER BY at, copy_id",  # noqa: S608  # our own clauses only
            values,
        )
        with contextlib.closing(cursor):
            yield from [Issued(*row) for row in cursor.fetchall()]
