"""A log in one directory of one machine: `public/` is served as it is, `private/` is the operator's."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from midun.lib.tlog.keys import Signer
from midun.lib.tlog.sequencer import Sequencer
from midun.lib.tlog.sqlite_file import StateMissing
from midun.lib.tlog.state import SqliteState
from midun.lib.tlog.store import FileStore
from midun.lib.tlog.wal import FileWal


@dataclass(frozen=True)
class LogDirectory:
    """Where the parts of a log lie (docs/formats/tlog-operation.md)."""

    root: Path

    @property
    def public(self) -> Path:
        """What may be served."""
        return self.root / "public"

    @property
    def state(self) -> Path:
        """The state database."""
        return self.root / "private" / "state.sqlite3"

    @property
    def wal(self) -> Path:
        """The folder of write-ahead segments."""
        return self.root / "private" / "wal"

    @classmethod
    def create(cls, root: Path, origin: str, now: int) -> Self:
        """Lay out a new, empty log. Raises FileExistsError if there is one."""
        made = cls(root)
        made.public.mkdir(parents=True, exist_ok=False)
        made.wal.mkdir(mode=0o700, parents=True)
        with closing(SqliteState.create(made.state)) as state:
            state.add_log(origin, now)
        return made

    def origin(self) -> str:
        """The log's origin. Raises `StateMissing`."""
        heads = SqliteState.peek(self.state)
        if not heads:
            raise StateMissing(f"no log in {self.state}")
        return heads[0].origin

    @contextmanager
    def running(self, signers: Sequence[Signer], now: int) -> Iterator[Sequencer]:
        """The log's sequencer, started; its lock and database are given up at the end.

        Raises `WalLocked` while another runs here, and what `Sequencer.start` raises.
        """
        origin = self.origin()
        with closing(FileWal(self.wal)) as wal, closing(SqliteState(self.state)) as state:
            store = FileStore(self.public)
            yield Sequencer.start(origin=origin, signers=signers, store=store, state=state, wal=wal, now=now)
