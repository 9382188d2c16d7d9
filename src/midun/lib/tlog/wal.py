"""The write-ahead log of batches: contract, segment files on a disk, and objects in a store."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from midun.lib.tlog.frames import Frame, decode_frame, read_frames
from midun.lib.tlog.store import Store

SEGMENT_BYTES = 64 << 20
_STAGING = "staging/"


class WalLocked(Exception):
    """Another process appends to this write-ahead log."""


class Wal(Protocol):
    """Frames that survive a crash. Methods raise OSError where the storage fails; the caller then stops for good."""

    def append(self, frame: Frame) -> bytes:
        """Make a frame durable (one fdatasync, or one acknowledged PUT) and give its bytes as storage has them now."""

    def frames(self) -> Iterator[Frame]:
        """All whole frames, in no particular order; torn ends are passed over."""

    def forget(self, size: int) -> None:
        """Frames that begin below `size` are no longer needed. May keep them for a while."""


class FileWal:
    """Segment files in a folder, locked for one process. Each start begins a new segment."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Open and lock the folder. Raises `WalLocked`, FileNotFoundError."""
        self._folder = folder
        self._limit = segment_bytes
        self._handle = -1
        self._written = 0
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise WalLocked(str(folder)) from error

    def close(self) -> None:
        """Give up the lock."""
        self._end_segment()
        os.close(self._lock)

    def _end_segment(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle, self._written = -1, 0

    def append(self, frame: Frame) -> bytes:
        """As the contract says."""
        if self._handle < 0:
            self._begin_segment(frame)
        data, at = frame.encode(), self._written
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._handle, rest) :]
        os.fdatasync(self._handle)
        self._written += len(data)
        return self._reread(at, len(data))

    def _begin_segment(self, frame: Frame) -> None:
        name = f"{frame.epoch:010d}-{frame.first:020d}.wal"
        self._handle = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _reread(self, at: int, length: int) -> bytes:
        """The bytes again; where the system allows, past the page cache, so that they come from the device."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._handle, at, length, os.POSIX_FADV_DONTNEED)
        return os.pread(self._handle, length, at)

    def segments(self) -> list[Path]:
        """The segment files, oldest first."""
        return sorted(self._folder.glob("*.wal"))

    def frames(self) -> Iterator[Frame]:
        """As the contract says; one segment is in memory at a time."""
        for path in self.segments():
            for frame, _end in read_frames(path.read_bytes()):
                yield frame

    def forget(self, size: int) -> None:
        """As the contract says: a segment goes as a whole, the one being written only when it is long."""
        if self._written >= self._limit:
            self._end_segment()
        writing = os.fstat(self._handle).st_ino if self._handle >= 0 else None
        for path in self.segments():
            if path.stat().st_ino == writing:
                continue
            if all(frame.first < size for frame, _end in read_frames(path.read_bytes())):
                path.unlink()


class StoreWal:
    """Frames as objects of a store, for sequencers on several machines: `staging/<first>-<root after>`.

    The root in the name keeps two attempts at one size apart.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, frame: Frame) -> bytes:
        """As the contract says."""
        path = f"{_STAGING}{frame.first:020d}-{frame.after.hex()}"
        self._store.create(path, frame.encode(), overwrite=True)
        self._store.sync()
        return self._store.get(path) or b""

    def frames(self) -> Iterator[Frame]:
        """As the contract says."""
        for path in self._store.list(_STAGING):
            found = decode_frame(self._store.get(path) or b"")
            if found:
                yield found[0]

    def forget(self, size: int) -> None:
        """As the contract says."""
        for path in list(self._store.list(_STAGING)):
            if int(path.removeprefix(_STAGING).partition("-")[0]) < size:
                self._store.delete(path)
