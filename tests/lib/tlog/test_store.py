import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.tlog import store as module
from midun.lib.tlog.frames import HEADER_BYTES, Frame, decode_frame, read_frames
from midun.lib.tlog.objects import Answer, MemoryObjects, ObjectStore
from midun.lib.tlog.store import FileStore, StoreConflict


@pytest.fixture(params=["files", "objects"])
def store(request, tmp_path):
    if request.param == "files":
        (tmp_path / "log").mkdir()
        return FileStore(tmp_path / "log")
    return ObjectStore(MemoryObjects(), "logs/one/")


def test_files_read_back(store):
    assert store.get("tile/0/000") is None
    store.create("tile/0/000", b"data")
    store.sync()
    assert store.get("tile/0/000") == b"data"
    assert store.get("tile/0/000.p/1") is None
    assert store.get("tile/0/000/below") is None


def test_an_immutable_file_stays_as_it_is(store):
    store.create("tile/0/000", b"data")
    store.create("tile/0/000", b"data")
    with pytest.raises(StoreConflict):
        store.create("tile/0/000", b"other")
    assert store.get("tile/0/000") == b"data"


def test_an_unpublished_file_may_be_written_anew(store):
    store.create("tile/0/000", b"torn")
    store.create("tile/0/000", b"whole", overwrite=True)
    store.create("tile/0/001", b"new", overwrite=True)
    store.sync()
    assert (store.get("tile/0/000"), store.get("tile/0/001")) == (b"whole", b"new")


def test_replacing_needs_what_was_there(store):
    with pytest.raises(StoreConflict):
        store.replace("checkpoint", b"one", previous=b"something")
    store.replace("checkpoint", b"one", previous=None)
    with pytest.raises(StoreConflict):
        store.replace("checkpoint", b"two", previous=None)
    with pytest.raises(StoreConflict):
        store.replace("checkpoint", b"two", previous=b"other")
    store.replace("checkpoint", b"two", previous=b"one")
    assert store.get("checkpoint") == b"two"


def test_of_many_replacing_at_once_one_succeeds(store):
    store.replace("checkpoint", b"0", previous=None)

    def attempt(number):
        try:
            store.replace("checkpoint", str(number).encode(), previous=b"0")
        except StoreConflict:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        won = [number for number in pool.map(attempt, range(1, 25)) if number]
    assert len(won) == 1
    assert store.get("checkpoint") == str(won[0]).encode()


def test_listing_and_deleting(store):
    paths = ["tile/0/000", "tile/0/000.p/1", "tile/0/000.p/20", "tile/1/000.p/1", "checkpoint"]
    for path in paths:
        store.create(path, path.encode())
    assert list(store.list("")) == sorted(paths)
    assert list(store.list("tile/0/000.p/")) == ["tile/0/000.p/1", "tile/0/000.p/20"]
    assert list(store.list("tile/9/")) == []
    for path in ("tile/0/000.p/1", "tile/0/000.p/20", "tile/0/000.p/20"):
        store.delete(path)
    assert list(store.list("tile/0/")) == ["tile/0/000"]


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../up", "a/../b", "a//b", ".hidden", "a/.tmp-1", "A", "a\0", "a/"]
)
def test_it_rejects_paths_that_leave_the_store(store, path):
    for call in (
        store.get,
        store.delete,
        lambda p: store.create(p, b""),
        lambda p: store.replace(p, b"", previous=None),
    ):
        with pytest.raises(ValueError, match="not a path"):
            call(path)


def test_published_files_are_read_only(tmp_path):
    store = FileStore(tmp_path)
    store.create("tile/0/000", b"data")
    store.replace("checkpoint", b"one", previous=None)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("tile/0/000", "checkpoint")} == {0o444}


def test_the_order_of_writing_survives_a_power_cut(tmp_path, monkeypatch):
    """Content reaches the disk before the name that makes it visible, and the name before the call returns."""
    events = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(handle):
        events.append(("fsync", Path(f"/proc/self/fd/{handle}").readlink().relative_to(tmp_path.parent).parts))
        real_fsync(handle)

    def replace(self, target):
        events.append(("rename", target.relative_to(tmp_path.parent).parts))
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    root, store = tmp_path.name, FileStore(tmp_path)
    store.create("tile/0/000", b"data")
    assert events == []
    store.sync()
    assert [parts for _act, parts in events] == [
        (root, "tile", "0", "000"),
        (root, "tile", "0"),
        (root, "tile"),
        (root,),
    ]
    del events[:]
    store.replace("checkpoint", b"one", previous=None)
    (act, temporary), rename, folder = events
    assert (act, temporary[-1][:5]) == ("fsync", ".tmp-")
    assert (rename, folder) == (("rename", (root, "checkpoint")), ("fsync", (root,)))


@pytest.mark.parametrize("syncfs", [True, False])
def test_many_files_are_synced_with_or_without_syncfs(tmp_path, monkeypatch, syncfs):
    if not syncfs:
        monkeypatch.setattr(module, "_SYNCFS", None)
    store, called, real = FileStore(tmp_path), [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: called.append(handle) or real(handle))
    for number in range(40):
        store.create(f"tile/0/{number:03d}", b"data")
    store.sync()
    store.sync()
    assert len(called) == (0 if syncfs and module._SYNCFS else 43)
    assert len(list(store.list("tile/"))) == 40


def test_a_failing_syncfs_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SYNCFS", lambda _handle: -1)
    store = FileStore(tmp_path)
    for number in range(40):
        store.create(f"tile/0/{number:03d}", b"data")
    with pytest.raises(OSError, match="syncfs"):
        store.sync()
    monkeypatch.setattr(module, "_SYNCFS", lambda _handle: 0)
    with pytest.raises(OSError, match="earlier sync failed"):
        store.sync()


def test_a_failing_object_store_is_an_error_not_an_absence():
    class Broken(MemoryObjects):
        def request(self, method, key, headers, body):
            return Answer(503)

    store = ObjectStore(Broken())
    for call in (
        lambda: store.get("a"),
        lambda: store.create("a", b""),
        lambda: store.replace("a", b"", previous=None),
        lambda: store.delete("a"),
    ):
        with pytest.raises(OSError, match="503"):
            call()


def test_a_slower_publisher_is_told(monkeypatch):
    """Somebody publishes between our reading and our writing: the ETag no longer fits."""
    objects = MemoryObjects()
    store, other = ObjectStore(objects), ObjectStore(objects)
    store.replace("checkpoint", b"one", previous=None)
    real = objects.request

    def request(method, key, headers, body):
        if "if-match" in headers and headers["if-match"] == '"1"' and body == b"mine":
            other.replace("checkpoint", b"theirs", previous=b"one")
        return real(method, key, headers, body)

    monkeypatch.setattr(objects, "request", request)
    with pytest.raises(StoreConflict):
        store.replace("checkpoint", b"mine", previous=b"one")
    assert store.get("checkpoint") == b"theirs"


VECTOR_FRAME = Frame(
    1,
    0,
    bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    bytes.fromhex("022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c"),
    [b"a"],
)


def test_the_frame_of_the_format():
    data = VECTOR_FRAME.encode()
    assert len(data) == 163
    assert hashlib.sha256(data).hexdigest() == "124bc988b741853eea23ccf486009499f2fc2249354fddd98fb760c7a9a2bdd8"
    assert data[HEADER_BYTES:] == b"\0\1a"


frames = st.builds(
    Frame,
    st.integers(0, 2**63),
    st.integers(0, 2**63),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.lists(st.binary(max_size=20), min_size=1, max_size=5),
)


@given(st.lists(frames, max_size=4), st.binary(max_size=200))
def test_frames_read_back_before_a_torn_end(written, torn):
    data = b"".join(frame.encode() for frame in written)
    assert [frame for frame, _end in read_frames(data + torn)] == written


@given(frames, st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_bit_anywhere_in_a_frame_is_seen(frame, place, change):
    data = bytearray(frame.encode())
    data[place % len(data)] ^= change
    assert decode_frame(bytes(data)) is None


@given(frames, st.integers(0, 10_000))
def test_a_truncated_frame_is_seen(frame, length):
    data = frame.encode()
    assert decode_frame(data[: length % len(data)]) is None
