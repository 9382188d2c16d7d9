"""A process that appends to a log directory and says what was accepted, until it is killed at the point named.

python -m tests.lib.tlog.victim DIRECTORY NAME [start|commit PART METHOD before|after NTH]

With VICTIM_BATCHES set it ends after so many batches.
"""

import os
import sys
from pathlib import Path

from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.sequencer import Sequencer
from midun.lib.tlog.state import SqliteState
from midun.lib.tlog.store import FileStore
from midun.lib.tlog.wal import FileWal
from tests.lib.tlog.building import KEY, NOW, ORIGIN
from tests.lib.tlog.faults import Faulty, kill

BATCH = 60


def main(root, name, during="", part="", method="", when="", nth="1"):
    log = LogDirectory(Path(root))
    parts = {"store": FileStore(log.public), "state": SqliteState(log.state), "wal": FileWal(log.wal)}
    if during == "start":
        parts[part] = Faulty(parts[part], method, when=when, nth=int(nth), act=kill)
    sequencer = Sequencer.start(origin=ORIGIN, signers=[KEY], now=NOW, **parts)
    if during == "commit":
        setattr(sequencer, f"_{part}", Faulty(parts[part], method, when=when, nth=int(nth), act=kill))
    for number in range(int(os.environ.get("VICTIM_BATCHES", "1000000"))):
        entries = [f"{name}-{number}-{n}".encode() for n in range(BATCH)]
        receipt = sequencer.commit(entries, NOW)
        print(receipt.first, name, number, receipt.checkpoint.split(b"\n")[2].decode(), flush=True)  # noqa: T201  # the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
