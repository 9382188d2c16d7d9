"""Where a log's public files lie: the contract, and the file system as one of its two implementations."""

import ctypes
import fcntl
import itertools
import os
import platform
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*")
_TEMPORARY = ".tmp-"
_MANY = 16
"""From so many files on, one syncfs is quicker than an fsync each."""
_SYNCFS_REPORTS = (5, 8)


class StoreConflict(Exception):
    """A path holds other bytes than the caller's act allows: an immutable file differs, or somebody published first."""


class Store(Protocol):
    """Files by path. Paths are lower-case names joined by `/`; a store never shows half-written content.

    Every method raises OSError where the storage fails. After an OSError the caller knows nothing about what was
    written and must not go on (docs/formats/tlog-operation.md).
    """

    def get(self, path: str) -> bytes | None:
        """The bytes of a file; None if there is none."""

    def create(self, path: str, data: bytes, *, overwrite: bool = False) -> None:
        """Make an immutable file; nothing happens if it exists with these bytes.

        Raises `StoreConflict` if it exists with others, unless `overwrite` (for files nobody was told of yet). Durable
        only after `sync`.
        """

    def sync(self) -> None:
        """Make everything durable that `create` made since the last `sync`."""

    def replace(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Put bytes in place of exactly `previous` (None: of no file), atomically and durably.

        Raises `StoreConflict` if something else is there. Of two callers with one `previous`, one succeeds.
        """

    def delete(self, path: str) -> None:
        """Remove a file; nothing happens if there is none. Not necessarily durable."""

    def list(self, prefix: str) -> Iterator[str]:
        """The paths that begin with `prefix`, sorted."""


def check_path(path: str) -> str:
    """The path itself. Raises ValueError for anything that could leave the store or be a temporary file."""
    if not _NAME.fullmatch(path):
        raise ValueError(f"not a path of a store: {path!r}")
    return path


def _syncfs() -> Callable[[int], int] | None:
    """The system's syncfs, if it reports errors: Linux 5.8 or newer."""
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    if platform.system() != "Linux" or not release or (int(release[1]), int(release[2])) < _SYNCFS_REPORTS:
        return None
    function = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if function is not None:
        function.argtypes, function.restype = [ctypes.c_int], ctypes.c_int
    return function


_SYNCFS = _syncfs()


def _fsync(path: str | Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class FileStore:
    """A folder. Files are written under a temporary name and linked or renamed into place; read-only once there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._prefix = f"{root}/"  # plain text from here on: thousands of files a second
        self._own, self._count = f"{secrets.token_hex(8)}-", itertools.count()
        self._made: set[str] = set()
        self._files: list[str] = []
        self._folders: dict[str, None] = {}
        self._guard: int | None = None
        self._failed = False

    def _path(self, path: str) -> Path:
        return self.root / check_path(path)

    def get(self, path: str) -> bytes | None:
        """As the contract says."""
        try:
            return self._path(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def create(self, path: str, data: bytes, *, overwrite: bool = False) -> None:
        """As the contract says; content and name become durable in `sync`."""
        name = check_path(path)
        target, folder = f"{self._prefix}{name}", f"{self._prefix}{name}".rpartition("/")[0]
        if self._guard is None:
            self._guard = os.open(self.root, os.O_RDONLY)
        if folder not in self._made:
            self._folder(Path(folder))
            self._made.add(folder)
        temporary = self._write(folder, data)
        if overwrite:
            os.rename(temporary, target)  # noqa: PTH104  # as `_prefix` says
        else:
            try:
                self._link(temporary, target, data)
            finally:
                os.unlink(temporary)  # noqa: PTH108  # as `_prefix` says
        self._files.append(target)  # also if it was there: it may not have reached the disk
        self._folders[folder] = None

    def _folder(self, folder: Path) -> None:
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for made in reversed(missing):
            made.mkdir(exist_ok=True)
            self._folders[str(made.parent)] = None

    def _write(self, folder: str, data: bytes) -> str:
        temporary = f"{folder}/{_TEMPORARY}{self._own}{next(self._count)}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
        finally:
            os.close(handle)
        return temporary

    def _link(self, temporary: str, target: str, data: bytes) -> None:
        """Give the file its name, unless that is taken: then by the same bytes."""
        try:
            os.link(temporary, target)
        except FileExistsError as error:
            if Path(target).read_bytes() != data:
                raise StoreConflict(f"{target}: exists with other content") from error

    def sync(self) -> None:
        """As the contract says: files first, then the folders that name them, deepest first.

        Many files are synced by one syncfs, which also covers their names. It reports every error since the descriptor
        was opened, and that was before the first of them was written.
        """
        if self._failed:
            raise OSError("an earlier sync failed: nobody knows what is on the disk")
        if self._guard is None:
            return
        guard, self._guard, self._failed = self._guard, None, True
        try:
            if len(self._files) >= _MANY and _SYNCFS is not None:
                if _SYNCFS(guard) != 0:
                    raise OSError(ctypes.get_errno(), "syncfs", str(self.root))
            else:
                self._sync_each()
        finally:
            os.close(guard)
        self._files, self._folders, self._failed = [], {}, False

    def _sync_each(self) -> None:
        for path in self._files:
            _fsync(path)
        for folder in sorted(self._folders, key=lambda path: -path.count("/")):
            _fsync(folder)

    def replace(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """As the contract says; a lock on the root keeps other processes out between comparison and renaming."""
        target = self._path(path)
        self._folder(target.parent)
        with self._locked():
            if self.get(path) != previous:
                raise StoreConflict(f"{path}: is not what it was")
            temporary = Path(self._write(str(target.parent), data))
            _fsync(temporary)
            temporary.replace(target)
            _fsync(target.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def delete(self, path: str) -> None:
        """As the contract says; a folder that became empty goes too."""
        target = self._path(path)
        target.unlink(missing_ok=True)
        if target.parent != self.root and target.parent.is_dir() and not any(target.parent.iterdir()):
            target.parent.rmdir()
            self._made.discard(str(target.parent))

    def list(self, prefix: str) -> Iterator[str]:
        """As the contract says. Leftover temporary files are not shown; `fsck` reports them."""
        folder = self.root / prefix.rpartition("/")[0]
        if not folder.is_dir():
            return
        found = (path.relative_to(self.root).as_posix() for path in folder.rglob("*") if path.is_file())
        yield from sorted(path for path in found if path.startswith(prefix) and f"/{_TEMPORARY}" not in f"/{path}")
