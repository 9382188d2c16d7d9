from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.edge import Edge
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.frames import Frame
from midun.lib.tlog.keys import Algorithm, Signer
from midun.lib.tlog.merkle import SHA256
from midun.lib.tlog.note import open_checkpoint, parse_note, signature_of
from midun.lib.tlog.policy import parse_policy
from midun.lib.tlog.sequencer import NotRecoverable, Stopped
from midun.lib.tlog.sqlite_file import StateMissing
from midun.lib.tlog.state import SqliteState, StateConflict
from midun.lib.tlog.store import FileStore, StoreConflict
from midun.lib.tlog.tiles import TiledTree, tiles_of
from midun.lib.tlog.wal import FileWal, StoreWal, WalLocked
from tests.lib.tlog import naive
from tests.lib.tlog.building import (
    KEY,
    KEY_PQ,
    KEY_SM2,
    NOW,
    ORIGIN,
    assert_one_history,
    entries_of,
    in_memory,
    published,
)
from tests.lib.tlog.faults import Fault, Faulty


def batch(name, count):
    return [f"{name}-{number}".encode() for number in range(count)]


@pytest.fixture
def parts(tmp_path):
    return in_memory(tmp_path)


def test_a_new_log_publishes_its_empty_tree(parts):
    sequencer = parts.start()
    assert sequencer.size == published(parts.store).size == 0
    assert published(parts.store).root == naive.mth([])


def test_batches_get_their_places(parts):
    sequencer, expected = parts.start(), []
    for number, count in enumerate([1, 254, 1, 1, 255, 256, 300]):
        new = batch(number, count)
        receipt = sequencer.commit(new, NOW + number)
        assert (receipt.first, receipt.count) == (len(expected), count)
        expected += new
        assert open_checkpoint(receipt.checkpoint, [KEY.verifier]).checkpoint.size == len(expected)
        assert sequencer.checkpoint == parts.store.get("checkpoint")
    assert entries_of(parts.store) == expected


def test_a_restart_goes_on_where_it_was(parts):
    expected = []
    for number in range(6):
        sequencer = parts.start(NOW + number)
        assert sequencer.size == len(expected)
        new = batch(number, 90)
        sequencer.commit(new, NOW + number)
        expected += new
    assert entries_of(parts.store) == expected


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.binary(max_size=5), min_size=1, max_size=300), min_size=1, max_size=4))
def test_the_edge_writes_exactly_the_tiles_that_change(batches):
    edge, files, everything = Edge(), {}, []
    for entries in batches:
        since = edge.size
        new = dict(edge.add(entries, SHA256.leaves(entries)))
        assert set(new) == set(tiles_of(edge.size, since=since))
        files |= {tile.path: data for tile, data in new.items()}
        everything += entries
        loaded = Edge.load(files.get, edge.size)
        assert loaded == edge
        assert loaded.bundle_fits()
    assert edge.tree.root() == naive.mth(everything)


def test_proofs_of_receipts_verify_offline(parts):
    sequencer = parts.start()
    entries = batch("e", 700)
    sequencer.commit(entries, NOW)
    witness = Signer("w.example.org", Algorithm.ED25519_COSIGNATURE, b"\7" * 32)
    policy = parse_policy(f"log {KEY.verifier.vkey}\nwitness w {witness.verifier.vkey}\nquorum w\n".encode())
    with pytest.raises(Refused) as refused:
        sequencer.prove(3).verify(entries[3], policy)
    assert refused.value.reason is Reason.POLICY_QUORUM_MISSING
    text = parse_note(sequencer.checkpoint).text
    sequencer.add_cosignatures([signature_of(witness, text, NOW + 5)])
    for index in (0, 3, 255, 256, 699):
        sequencer.prove(index, extra=entries[index]).verify(entries[index], policy)
    with pytest.raises(Refused):
        sequencer.prove(700)
    again = parts.start(NOW + 9)
    assert parts.store.get("checkpoint") == again.checkpoint == sequencer.checkpoint
    again.commit([b"next"], NOW + 9)
    assert len(entries_of(parts.store)) == 701


def test_a_checkpoint_carries_all_the_log_keys(parts):
    parts.signers = [KEY, KEY_SM2, KEY_PQ]
    receipt = parts.start().commit([b"x"], NOW)
    signed = open_checkpoint(receipt.checkpoint, [key.verifier for key in parts.signers]).signed
    assert signed == {KEY.verifier: 0, KEY_SM2.verifier: 0, KEY_PQ.verifier: NOW}


@pytest.mark.parametrize("signers", [[], [KEY_SM2], [KEY, Signer("other", Algorithm.ED25519, b"\4" * 32)]])
def test_a_log_needs_an_ed25519_key_of_its_name(parts, signers):
    with pytest.raises(ValueError, match="Ed25519"):
        parts.start(signers=signers)


def test_refused_entries_stop_nothing(parts):
    sequencer = parts.start()
    with pytest.raises(Refused) as refused:
        sequencer.commit([b"fine", b"x" * 65536], NOW)
    assert refused.value.reason is Reason.ENTRY_TOO_LARGE
    with pytest.raises(ValueError, match="empty"):
        sequencer.commit([], NOW)
    sequencer.commit([b"", b"x" * 65535], NOW)
    assert entries_of(parts.store) == [b"", b"x" * 65535]


STEPS = [
    ("wal", "append"),
    ("state", "advance"),
    ("state", "record_note"),
    ("store", "create"),
    ("store", "sync"),
    ("store", "replace"),
    ("wal", "forget"),
    ("store", "delete"),
]


@pytest.mark.parametrize("staged", [False, True], ids=["wal in files", "wal in the store"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("part", "method"), STEPS)
def test_any_failure_stops_and_the_next_start_recovers(tmp_path, part, method, when, staged):
    """Persisted or not, at every step: nothing accepted is lost, no second tree of a size, the batch is in or out."""
    parts = in_memory(tmp_path, staged=staged)
    first, second, third = batch("a", 200), batch("b", 100), batch("c", 3)
    accepted = [parts.start().commit(first, NOW).checkpoint]
    sequencer = parts.start()
    setattr(sequencer, f"_{part}", Faulty(getattr(parts, part), method, when=when))
    with pytest.raises(Stopped) as stopped:
        sequencer.commit(second, NOW + 1)
    assert isinstance(stopped.value.__cause__, Fault)
    with pytest.raises(Stopped):
        sequencer.commit(third, NOW + 2)
    after = parts.start(NOW + 3)
    accepted.append(after.checkpoint)
    accepted.append(after.commit(third, NOW + 3).checkpoint)
    entries = entries_of(parts.store)
    assert entries in (first + second + third, first + third)
    if (part, method, when) != ("wal", "append", "before"):
        assert entries == first + second + third
    assert_one_history([parse_note(checkpoint).text for checkpoint in accepted], entries)
    assert not list(parts.wal.frames()) or not staged


def test_a_failure_during_recovery_is_recovered_from_too(parts):
    parts.start().commit(batch("a", 250), NOW)
    stopped = parts.start()
    stopped._store = Faulty(parts.store, "create", nth=2)
    with pytest.raises(Stopped):
        stopped.commit(batch("b", 10), NOW + 1)
    for method, nth in (("create", 1), ("create", 3), ("sync", 1), ("replace", 1)):
        with pytest.raises(Fault):
            parts.start(NOW + 2, store=Faulty(parts.store, method, nth=nth))
    with pytest.raises(Fault):
        parts.start(NOW + 2, store=Faulty(parts.store, "replace", when="after"))
    assert parts.start(NOW + 2).size == 260
    assert entries_of(parts.store) == batch("a", 250) + batch("b", 10)


def test_torn_files_of_an_unpublished_batch_are_written_anew(parts):
    parts.start().commit(batch("a", 250), NOW)
    sequencer = parts.start()
    sequencer._store = Faulty(parts.store, "sync")
    with pytest.raises(Stopped):
        sequencer.commit(batch("b", 10), NOW + 1)
    for tile in tiles_of(260, since=250):
        whole = parts.store.get(tile.path)
        parts.store.delete(tile.path)
        parts.store.create(tile.path, whole[: len(whole) // 2])
    parts.start(NOW + 2)
    assert entries_of(parts.store) == batch("a", 250) + batch("b", 10)


def test_a_bit_flipped_on_the_way_to_the_disk_is_never_signed(parts):
    class Flipping:
        def __init__(self, wal):
            self.wal = wal

        def append(self, frame):
            data = bytearray(self.wal.append(frame))
            data[-1] ^= 1
            return bytes(data)

        def __getattr__(self, name):
            return getattr(self.wal, name)

    sequencer = parts.start(wal=Flipping(parts.wal))
    with pytest.raises(Stopped) as stopped:
        sequencer.commit(batch("a", 3), NOW)
    assert "read back" in str(stopped.value.__cause__)
    assert parts.state.load(ORIGIN).size == 0


def test_a_bit_flipped_while_hashing_is_never_signed(parts, monkeypatch):
    """The first hashing goes wrong, the frame is written with the wrong root: the second hashing disagrees."""
    sequencer = parts.start()
    real = Edge.add

    def add(self, entries, leaves):
        files = list(real(self, entries, leaves))
        self.tree.peaks[-1] = bytes([self.tree.peaks[-1][0] ^ 1]) + self.tree.peaks[-1][1:]
        return iter(files)

    monkeypatch.setattr(Edge, "add", add)
    with pytest.raises(Stopped) as stopped:
        sequencer.commit(batch("a", 3), NOW)
    assert "second hashing" in str(stopped.value.__cause__)
    assert parts.state.load(ORIGIN).size == 0


def test_a_clock_set_back_stops_the_log(parts):
    sequencer = parts.start()
    sequencer.commit([b"a"], NOW + 100)
    with pytest.raises(Stopped) as stopped:
        sequencer.commit([b"b"], NOW + 99)
    assert isinstance(stopped.value.__cause__, StateConflict)
    assert parts.state.load(ORIGIN).size == 1


def test_an_older_process_can_no_longer_write(parts):
    old = parts.start()
    new = parts.start()
    new.commit([b"new"], NOW)
    with pytest.raises(Stopped) as stopped:
        old.commit([b"old"], NOW)
    assert isinstance(stopped.value.__cause__, StateConflict)
    parts.start(NOW + 1)
    assert entries_of(parts.store) == [b"new"]


class Recorder:
    """A signer that remembers everything it ever signed."""

    def __init__(self, signer, signed):
        self._signer, self._signed = signer, signed

    def sign(self, text, at):
        self._signed.append(text)
        return self._signer.sign(text, at)

    def __getattr__(self, name):
        return getattr(self._signer, name)


def test_two_leaders_racing_never_sign_two_trees_of_one_size(tmp_path):
    """Both start, commit, lose, start again, as fast as they can, on one row and one store."""
    parts = in_memory(tmp_path, staged=True)
    signed, received, lost, line = [], [], [], Barrier(2)

    def lead(name):
        state = SqliteState(tmp_path / "state.sqlite3")
        for attempt in range(15):
            line.wait()
            try:
                leader = parts.start(signers=[Recorder(KEY, signed)], state=state, wal=StoreWal(parts.store))
                for turn in range(3):
                    entry = f"{name}-{attempt}-{turn}".encode()
                    received.append((leader.commit([entry], NOW), entry))
            except (Stopped, StateConflict, StoreConflict) as error:
                lost.append(error)
        state.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lead, ["left", "right"]))
    assert received
    assert lost, "they never met: no race was tested"
    parts.start(NOW + 1)
    by_size = {}
    for text in signed:
        by_size.setdefault(int(text.split("\n")[1]), set()).add(text)
    assert {size: texts for size, texts in by_size.items() if len(texts) > 1} == {}
    entries = entries_of(parts.store)
    assert_one_history({*signed}, entries)
    for receipt, entry in received:
        assert entries[receipt.first] == entry


def test_what_cannot_be_rebuilt_stays_down(tmp_path):
    parts = in_memory(tmp_path, staged=True)
    parts.start().commit(batch("a", 5), NOW)
    sequencer = parts.start()
    sequencer._state = Faulty(parts.state, "record_note")
    with pytest.raises(Stopped):
        sequencer.commit(batch("b", 5), NOW)
    [staged] = parts.store.list("staging/")
    whole = parts.store.get(staged)
    parts.store.create(staged, whole[:-1] + b"?", overwrite=True)
    with pytest.raises(NotRecoverable, match="no frames lead"):
        parts.start()
    parts.store.create(staged, whole, overwrite=True)
    assert parts.start().size == 10


def test_a_published_checkpoint_ahead_of_the_row_stays_down(tmp_path):
    """The state database was restored from an older backup."""
    parts = in_memory(tmp_path)
    older = SqliteState.create(tmp_path / "older.sqlite3")
    older.add_log(ORIGIN, NOW)
    parts.start().commit(batch("a", 5), NOW)
    with pytest.raises(NotRecoverable, match="ahead"):
        parts.start(state=older)


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_damage_to_the_right_edge_is_found_at_start(parts, path):
    parts.start().commit(batch("a", 300), NOW)
    data = bytearray(parts.store.get(path))
    data[-3] ^= 1
    parts.store.create(path, bytes(data), overwrite=True)
    with pytest.raises(Refused):
        parts.start()


def test_the_state_is_never_made_by_opening_it(tmp_path):
    with pytest.raises(StateMissing):
        SqliteState(tmp_path / "state.sqlite3")
    state = SqliteState.create(tmp_path / "state.sqlite3")
    with pytest.raises(FileExistsError):
        SqliteState.create(tmp_path / "state.sqlite3")
    with pytest.raises(StateMissing):
        state.load(ORIGIN)
    with pytest.raises(StateMissing):
        state.take_over(ORIGIN)
    state.add_log(ORIGIN, NOW)
    with pytest.raises(StateConflict):
        state.add_log(ORIGIN, NOW)
    state.close()
    (tmp_path / "state.sqlite3").unlink()
    with pytest.raises(StateMissing):
        SqliteState(tmp_path / "state.sqlite3")


def test_the_row_changes_only_as_it_was_read(tmp_path):
    state = SqliteState.create(tmp_path / "state.sqlite3")
    head = state.add_log(ORIGIN, NOW)
    ahead = state.advance(head, size=3, root=b"r" * 32, time=NOW)
    for wrong in (
        lambda: state.advance(head, size=4, root=b"s" * 32, time=NOW),
        lambda: state.record_note(head, b"note"),
        lambda: state.advance(ahead, size=4, root=b"s" * 32, time=NOW - 1),
    ):
        with pytest.raises(StateConflict):
            wrong()
    with pytest.raises(ValueError, match="grow"):
        state.advance(ahead, size=3, root=b"s" * 32, time=NOW)
    noted = state.record_note(ahead, b"note")
    with pytest.raises(StateConflict):
        state.record_note(ahead, b"another")
    assert state.load(ORIGIN) == noted
    taken = state.take_over(ORIGIN)
    assert (taken.epoch, taken.note) == (1, b"note")
    with pytest.raises(StateConflict):
        state.advance(noted, size=9, root=b"s" * 32, time=NOW)


def test_the_write_ahead_log_is_one_process_only(tmp_path):
    wal = FileWal(tmp_path)
    with pytest.raises(WalLocked):
        FileWal(tmp_path)
    wal.close()
    FileWal(tmp_path).close()


def test_segments_end_and_go(tmp_path):
    wal = FileWal(tmp_path, segment_bytes=400)
    frames = [Frame(1, n, bytes([n]) * 32, bytes([n + 1]) * 32, [b"x" * 60]) for n in range(9)]
    for done, frame in enumerate(frames):
        assert wal.append(frame) == frame.encode()
        assert list(wal.frames())[-1] == frame
        wal.forget(done)
    assert len(wal.segments()) <= 2
    wal.forget(9)
    remaining = list(wal.frames())
    assert all(one.end == two.first for one, two in pairwise(remaining))
    wal.close()
    again = FileWal(tmp_path)
    again.forget(9)
    assert again.segments() == []
    again.close()


def test_a_log_directory(tmp_path):
    log = LogDirectory.create(tmp_path / "log", ORIGIN, NOW)
    with pytest.raises(FileExistsError):
        LogDirectory.create(tmp_path / "log", ORIGIN, NOW)
    with log.running([KEY], NOW) as sequencer:
        with pytest.raises(WalLocked), log.running([KEY], NOW):
            pass
        sequencer.commit(batch("a", 600), NOW)
    assert entries_of(FileStore(log.public)) == batch("a", 600)
    assert log.origin() == ORIGIN
    assert TiledTree(FileStore(log.public).get, 600).entries(2) == batch("a", 600)[512:]
    with log.running([KEY], NOW) as sequencer:
        assert sequencer.size == 600
