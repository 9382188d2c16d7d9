"""The one writer of a log: gives entries their place in steps that neither crash nor race can turn into a lie.

The steps and the recovery are those of docs/formats/tlog-operation.md; their numbers stand in the code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.edge import Edge
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.frames import Frame, decode_frame, frames_between
from midun.lib.tlog.keys import Algorithm, Signer
from midun.lib.tlog.merkle import SHA256, Frontier, inclusion_proof
from midun.lib.tlog.note import Signature, open_checkpoint, parse_note, sign_text
from midun.lib.tlog.proof import Proof
from midun.lib.tlog.state import Head, State
from midun.lib.tlog.store import Store
from midun.lib.tlog.tiles import CHECKPOINT_PATH, MAX_ENTRY, TILE_WIDTH, Tile, TiledTree, tile_at
from midun.lib.tlog.wal import Wal

_ATTEMPTS = 3


class Stopped(Exception):
    """The sequencer has stopped for good; start a new one. `__cause__` is what stopped it."""


class NotRecoverable(Exception):
    """What the row promises cannot be rebuilt from tiles and write-ahead log: a person must look."""


@dataclass(frozen=True)
class Receipt:
    """Entries [first, first + count), with those leaf hashes, are in the tree of the published `checkpoint`."""

    first: int
    count: int
    checkpoint: bytes
    leaves: Sequence[bytes] = field(repr=False)


class Sequencer:
    """One per log and process. Not for use by several threads at once."""

    def __init__(self, *, head: Head, signers: Sequence[Signer], store: Store, state: State, wal: Wal) -> None:
        """Use `start`."""
        self._head = head
        self._signers = signers
        self._store = store
        self._state = state
        self._wal = wal
        self._edge = Edge()
        self._published: bytes | None = None
        self._published_size = 0
        self._stopped: BaseException | None = None
        self._tiles: TiledTree | None = None

    @classmethod
    def start(
        cls, *, origin: str, signers: Sequence[Signer], store: Store, state: State, wal: Wal, now: int
    ) -> "Sequencer":
        """Take the log over, recover it, publish what the row promises. `now` in seconds since 1970.

        Raises `NotRecoverable`, `Refused` (damaged tiles or checkpoint), `StateMissing`, `StateConflict` (taken over
        meanwhile), `StoreConflict` (the one taken over from just published: start again), OSError, and ValueError
        without an Ed25519 key that has the origin as name, which C2SP tlog-tiles demands.
        """
        named = [signer for signer in signers if signer.name == origin]
        if len(named) != len(signers) or all(signer.algorithm is not Algorithm.ED25519 for signer in named):
            raise ValueError("all log keys bear the origin as name, and one is Ed25519")
        sequencer = cls(head=state.take_over(origin), signers=signers, store=store, state=state, wal=wal)
        sequencer._recover(now)
        return sequencer

    @property
    def size(self) -> int:
        """Number of entries published."""
        return self._published_size

    @property
    def time(self) -> int:
        """The newest time the row has, in seconds since 1970: the clock may not be behind it."""
        return self._head.time

    @property
    def epoch(self) -> int:
        """How often the log was taken over."""
        return self._head.epoch

    @property
    def checkpoint(self) -> bytes:
        """The published checkpoint."""
        return self._published or b""

    def commit(self, entries: Sequence[bytes], now: int) -> Receipt:
        """Append a batch, in this order; returns when it is durable, signed and published.

        Raises `Refused(ENTRY_TOO_LARGE)` or ValueError (empty batch) without consequence. Raises `Stopped` for
        anything else; whether the batch is in the log is then decided by the next start.
        """
        if self._stopped is not None:
            raise Stopped("stopped earlier") from self._stopped
        if not entries:
            raise ValueError("an empty batch")
        longest = max(map(len, entries))
        if longest > MAX_ENTRY:
            raise Refused(Reason.ENTRY_TOO_LARGE, f"{longest} bytes")
        try:
            return self._commit(entries, now)
        except BaseException as error:
            self._stopped = error
            raise Stopped(f"at size {self._head.size}: {error!r}") from error

    def add_cosignatures(self, signatures: Iterable[Signature]) -> bytes:
        """Publish the present checkpoint with cosignatures beside the log's; gives its bytes.

        The caller has verified them. Raises `Stopped` as `commit` does.
        """
        if self._stopped is not None:
            raise Stopped("stopped earlier") from self._stopped
        try:
            richer = parse_note(self.checkpoint).with_signatures(signatures).encode()
            self._store.replace(CHECKPOINT_PATH, richer, previous=self._published)
        except BaseException as error:
            self._stopped = error
            raise Stopped(f"at size {self._head.size}: {error!r}") from error
        self._published = richer
        return richer

    @property
    def nodes(self) -> TiledTree:
        """The nodes of the published tree, for proofs; tiles are read once for each size."""
        if self._tiles is None or self._tiles.size != self._published_size:
            self._tiles = TiledTree(self._store.get, self._published_size)
        return self._tiles

    def prove(self, index: int, extra: bytes | None = None) -> Proof:
        """The offline proof of an entry under the published checkpoint, with the cosignatures it has.

        Raises `Refused`: INDEX_BEYOND_TREE, or damage to tiles.
        """
        hashes = inclusion_proof(index, self._published_size, self.nodes)
        return Proof(index, tuple(hashes), self.checkpoint, extra)

    # ---- commit

    def _commit(self, entries: Sequence[bytes], now: int) -> Receipt:
        first, edge, leaves = self._edge.size, self._edge.copy(), SHA256.leaves(entries)
        files = list(edge.add(entries, leaves))
        frame = Frame(self._head.epoch, first, self._head.root, edge.tree.root(), entries)
        stored = self._wal.append(frame)  # 1
        self._check_again(stored, frame)  # 2
        self._head = self._state.advance(self._head, size=edge.size, root=frame.after, time=now)  # 3
        self._edge = edge
        self._finish(files, now, overwrite=False)
        return Receipt(first, len(entries), self.checkpoint, leaves)

    def _check_again(self, stored: bytes, frame: Frame) -> None:
        """Hash the entries a second time, from what storage gave back (a flipped bit once killed a public log)."""
        found = decode_frame(stored)
        if found is None:
            raise OSError("the frame does not read back as it was written")
        tree = Frontier(SHA256, self._edge.size, list(self._edge.tree.peaks))
        tree.extend(SHA256.leaves(found[0].entries))
        if tree.root() != frame.after or found[0].after != frame.after or tree.size != frame.end:
            raise OSError("the second hashing gives another root")

    def _finish(self, files: Sequence[tuple[Tile, bytes]], now: int, *, overwrite: bool) -> None:
        """Steps 4 to 7 for the row as it is."""
        if self._head.note is None:
            text = Checkpoint(self._head.origin, self._head.size, self._head.root).text()
            signed = sign_text(text, self._signers, max(now, self._head.time))
            self._head = self._state.record_note(self._head, signed.encode())  # 4
        note = self._head.note or b""
        for tile, data in files:
            self._store.create(tile.path, data, overwrite=overwrite)
        self._store.sync()  # 5
        if self._published is None or self._published_size != self._head.size:  # else it has cosignatures already
            self._store.replace(CHECKPOINT_PATH, note, previous=self._published)  # 6
            self._published = note
        before, self._published_size = self._published_size, self._head.size
        self._wal.forget(self._head.size)  # 7
        self._drop_partials(files, before)

    def _drop_partials(self, files: Sequence[tuple[Tile, bytes]], before: int) -> None:
        for tile, _data in files:
            if tile.width == TILE_WIDTH and tile_at(tile.level, tile.number, before).width:
                for path in list(self._store.list(tile.partials)):
                    self._store.delete(path)

    # ---- start

    def _recover(self, now: int) -> None:
        files: dict[tuple[int, int], tuple[Tile, bytes]] = {}
        for frame in self._promised():
            for tile, data in self._edge.add(frame.entries, SHA256.leaves(frame.entries)):
                files[tile.level, tile.number] = (tile, data)
        if (self._edge.size, self._edge.tree.root()) != (self._head.size, self._head.root):
            raise NotRecoverable(f"rebuilt size {self._edge.size} is not the row's {self._head.size}")
        if self._head.note is not None:
            self._check_note(self._head.note)
        unpromised = [frame for frame in self._wal.frames() if frame.first >= self._head.size]
        self._finish(list(files.values()), now, overwrite=True)
        for frame in _continuing(unpromised, self._head):
            self._commit(frame.entries, now)

    def _load_published(self) -> None:
        data = self._store.get(CHECKPOINT_PATH)
        if data is None or data == self._published:
            return
        head = open_checkpoint(data, [signer.verifier for signer in self._signers]).checkpoint
        edge = Edge.load(self._store.get, head.size)
        if head.origin != self._head.origin or edge.tree.root() != head.root or not edge.bundle_fits():
            raise Refused(Reason.ROOT_WRONG, f"tiles of size {head.size} do not fit the published checkpoint")
        if head.size > self._head.size:
            raise NotRecoverable(f"published size {head.size} is ahead of the row's {self._head.size}")
        self._edge, self._published, self._published_size = edge, data, head.size

    def _promised(self) -> list[Frame]:
        """The frames that lead from the published tree to the row's, in order."""
        for _attempt in range(_ATTEMPTS):
            before = self._published
            self._load_published()
            published = (self._edge.size, self._edge.tree.root())
            found = frames_between(self._wal.frames(), published, (self._head.size, self._head.root))
            if found is not None:
                return found
            if before == self._published:
                break
            # Perhaps the process we took over from published in between, and forgot the frames: look once more.
        raise NotRecoverable(f"no frames lead from size {self._edge.size} to the row's {self._head.size}")

    def _check_note(self, note: bytes) -> None:
        signed = open_checkpoint(note, [signer.verifier for signer in self._signers]).checkpoint
        if (signed.size, signed.root) != (self._head.size, self._head.root):
            raise NotRecoverable("the row's note is of another tree")


def _continuing(frames: Sequence[Frame], head: Head) -> list[Frame]:
    """Frames nobody was promised that continue the row's tree, in order; of several attempts the newest."""
    chain: list[Frame] = []
    size, root = head.size, head.root
    while True:
        found = [frame for frame in frames if (frame.first, frame.before) == (size, root)]
        if not found:
            return chain
        newest = max(found, key=lambda frame: frame.epoch)
        chain.append(newest)
        size, root = newest.end, newest.after
