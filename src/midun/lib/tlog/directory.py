"""A log in one directory of one machine: `public/` is served as it is, `private/` is the operator's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from midun.lib.tlog.keys import Signer
from midun.lib.tlog.sequencer import Sequencer
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
        SqliteState.create(made.state).add_log(origin, now)
        return made

    def origin(self) -> str:
        """The log's origin. Raises `StateMissing`."""
        return SqliteState(self.state).origins()[0]

    def start(self, signers: Sequence[Signer], now: int) -> Sequencer:
        """Start the sequencer. Raises `WalLocked` while another runs here, and what `Sequencer.start` raises."""
        wal = FileWal(self.wal)
        try:
            return Sequencer.start(
                origin=self.origin(),
                signers=signers,
                store=FileStore(self.public),
                state=SqliteState(self.state),
                wal=wal,
                now=now,
            )
        except BaseException:
            wal.close()
            raise
