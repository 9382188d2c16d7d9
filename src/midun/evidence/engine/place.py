"""Where a log lies under `MIDUN_HOME`, which database holds the row that decides, and the socket of its process."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import connection

from midun.evidence.engine.postgres_state import PostgresState
from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.state import SqliteState, State, StateConflict
from midun.lib.tlog.store import FileStore
from midun.lib.tlog.tiles import CHECKPOINT_PATH, TiledTree

_LONGEST_SOCKET = 100
RESTORED = "restored.json"
"""A log that came out of a backup: nobody knows yet whether it is the newest state (docs/operations.md)."""


@dataclass(frozen=True)
class Place(LogDirectory):
    """The folder of one log."""

    @classmethod
    def of(cls, number: int) -> Self:
        """The folder of the log numbered so: `log` for the first, `log-2` for its successor, and so on."""
        name = "log" if number <= 1 else f"log-{number}"
        return cls(Path(settings.MIDUN_HOME) / name)

    @property
    def exists(self) -> bool:
        """Whether a log was laid out here."""
        return self.public.is_dir() and self.wal.is_dir()

    @property
    def restored(self) -> Path:
        """The mark of a log that came out of a backup."""
        return self.root / RESTORED

    @property
    def socket(self) -> Path:
        """Where the process that appends is asked. Long paths, which sockets do not take, get a short stand-in."""
        path = self.root / "sequencer.sock"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET:
            return path
        short = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"midun-{os.getuid()}-{short}.sock"

    def lay_out(self, origin: str, now: int) -> None:
        """Make folders and row of a new, empty log. Raises FileExistsError, `StateConflict` if there is one."""
        if connection.vendor != "postgresql":
            LogDirectory.create(self.root, origin, now)
            return
        with closing(PostgresState.create(connection.get_connection_params())) as state:
            try:
                state.add_log(origin, now)
            except StateConflict:
                there = state.load(origin)
                if there.size or there.note is not None:
                    raise
            self.public.mkdir(parents=True, exist_ok=True)
            self.wal.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put_back(self, origin: str, size: int, root: bytes, note: bytes, now: int) -> None:
        """Make the row of a log whose public files were restored, and mark it as restored.

        The folder of the write-ahead log comes last, so that an interrupted restore is simply done again.
        """
        self.state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = {"origin": origin, "size": size, "root": root.hex(), "at": now}
        self.restored.write_text(json.dumps(mark), encoding="ascii")
        self.make_row(origin, size, root, note, now)
        self.wal.mkdir(mode=0o700, parents=True, exist_ok=True)

    def make_row(self, origin: str, size: int, root: bytes, note: bytes, now: int) -> None:
        """The row of a tree whose public files are here, signed by `note`; a row that is there already must be it.

        Raises `StateConflict`.
        """
        if connection.vendor == "postgresql":
            with closing(PostgresState.create(connection.get_connection_params())) as state:
                _fill(state, origin, size, root, note, now)
            return
        self.state.unlink(missing_ok=True)  # of an interrupted restore
        with closing(SqliteState.create(self.state)) as state:
            _fill(state, origin, size, root, note, now)

    @contextmanager
    def opened_state(self) -> Iterator[State]:
        """The row's database. Raises `StateMissing` where it was never made."""
        opened = (
            PostgresState(connection.get_connection_params())
            if connection.vendor == "postgresql"
            else SqliteState(self.state)
        )
        with closing(opened) as state:
            yield state

    def checkpoint(self) -> bytes | None:
        """The published checkpoint, None before the first."""
        return FileStore(self.public).get(CHECKPOINT_PATH)

    def tree(self, size: int) -> TiledTree:
        """The nodes of the tree of that size, from the published tiles."""
        return TiledTree(FileStore(self.public).get, size)


def _fill(state: PostgresState | SqliteState, origin: str, size: int, root: bytes, note: bytes, now: int) -> None:
    """Let a fresh row be what the restored files say."""
    try:
        fresh = state.add_log(origin, 0)
    except StateConflict:
        fresh = state.load(origin)
        if (fresh.size, fresh.root) == (size, root) and fresh.note is not None:
            return
        raise
    if size:
        fresh = state.advance(fresh, size=size, root=root, time=now)
    state.record_note(fresh, note)
