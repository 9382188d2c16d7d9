"""Logs for tests: parts in memory or on disk, and what must hold of any log."""

from dataclasses import dataclass, field

from midun.lib.tlog.checkpoint import parse_checkpoint
from midun.lib.tlog.keys import Algorithm, Signer
from midun.lib.tlog.merkle import SHA256, verify_consistency
from midun.lib.tlog.note import open_checkpoint
from midun.lib.tlog.objects import MemoryObjects, ObjectStore
from midun.lib.tlog.sequencer import Sequencer
from midun.lib.tlog.state import SqliteState
from midun.lib.tlog.tiles import TiledTree, tiles_of
from midun.lib.tlog.wal import FileWal, StoreWal
from tests.lib.tlog import naive

ORIGIN = "log.example.cn/evidence"
KEY = Signer(ORIGIN, Algorithm.ED25519, b"\1" * 32)
KEY_SM2 = Signer(ORIGIN, Algorithm.SM2, b"\2" * 32)
KEY_PQ = Signer(ORIGIN, Algorithm.MLDSA44_COSIGNATURE, b"\3" * 32)
NOW = 1_750_000_000


@dataclass
class Parts:
    """The parts of a log; `start` begins a sequencer on them, with any part replaced."""

    store: object
    state: object
    wal: object
    signers: list = field(default_factory=lambda: [KEY])

    def start(self, now=NOW, **instead):
        parts = {"store": self.store, "state": self.state, "wal": self.wal, "signers": self.signers} | instead
        return Sequencer.start(origin=ORIGIN, now=now, **parts)


def in_memory(folder, *, staged=False):
    """A log in an object store in memory, its row in SQLite, its write-ahead log in files or staged in the store."""
    store = ObjectStore(MemoryObjects())
    state = SqliteState.create(folder / "state.sqlite3")
    state.add_log(ORIGIN, NOW)
    if staged:
        return Parts(store, state, StoreWal(store))
    (folder / "wal").mkdir()
    return Parts(store, state, FileWal(folder / "wal"))


def published(store):
    """The checkpoint that is published, verified."""
    return open_checkpoint(store.get("checkpoint"), [KEY.verifier]).checkpoint


def entries_of(store):
    """All entries of the published log, after checking every tile and the root against them."""
    head = published(store)
    tiles, entries = TiledTree(store.get, head.size), []
    for number in range(-(-head.size // 256)):
        entries += tiles.entries(number)
    assert naive.mth(entries) == head.root
    for tile in tiles_of(head.size):
        assert store.get(tile.path) is not None, tile.path
        if tile.level >= 0:
            span = 256**tile.level
            starts = range(tile.number * 256 * span, (tile.number * 256 + tile.width) * span, span)
            assert store.get(tile.path) == b"".join(naive.mth(entries[at : at + span]) for at in starts)
    return entries


def assert_one_history(checkpoints, entries):
    """Every checkpoint ever given out is a beginning of the final log."""
    final = naive.mth(entries)
    for text in checkpoints:
        head = parse_checkpoint(text)
        assert head.root == naive.mth(entries[: head.size])
        proof = naive.proof(head.size, entries) if head.size else []
        verify_consistency(old=head.size, old_root=head.root, new=len(entries), new_root=final, proof=proof)


def leaf(entry):
    return SHA256.leaf(entry)
