"""Bytes by digest on the disk under MIDUN_HOME/files."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings

from midun.kernel.files import pictures

_DRAFT = ".new-"


def path_of(digest: str) -> Path:
    """Where the blob with this SHA-256 (hex) lies."""
    return Path(settings.MIDUN_HOME) / "files" / digest[:2] / digest[2:4] / digest


def put(data: bytes) -> str:
    """Store `data` durably and return its digest. Storing the same bytes twice stores them once."""
    digest = hashlib.sha256(data).hexdigest()
    path = path_of(digest)
    if path.exists():
        path.touch()  # new again to the sweep, which must not take it before its row is committed
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, data, durably=True)
    return digest


def get(digest: str) -> bytes:
    """The bytes with this digest; raises FileNotFoundError when they are gone, ValueError when they were changed."""
    data = path_of(digest).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"stored file {digest} does not match its digest")
    return data


def thumbnail(digest: str, *, width: int) -> bytes:
    """The picture with this digest as a small upright JPEG without metadata, kept in the cache once it was made.

    Raises `FileNotFoundError`, `pictures.BrokenPicture`.
    """
    path = _thumbnails() / str(width) / digest[:2] / f"{digest}.jpg"
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        found = pictures.small(get(digest), width=width)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, found, durably=False)
    return found


def drop_thumbnails(*, unused_since: datetime) -> None:
    """Delete small pictures made before; they are made again when somebody looks."""
    for path in _thumbnails().rglob("*.jpg"):
        if path.stat().st_mtime < unused_since.timestamp():
            path.unlink(missing_ok=True)


def sweep(*, keep: Callable[[str], bool], older_than: datetime) -> int:
    """Delete stored bytes that belong to nothing (`keep` is asked) and halves of interrupted uploads; how many.

    Bytes are written before the row that names them is committed, so only what is old enough is looked at.
    """
    dropped = 0
    for path in (Path(settings.MIDUN_HOME) / "files").glob("*/*/*"):
        if path.stat().st_mtime < older_than.timestamp() and (path.name.startswith(_DRAFT) or not keep(path.name)):
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped


def _thumbnails() -> Path:
    return Path(settings.MIDUN_HOME) / "cache" / "thumbnails"


def _write(path: Path, data: bytes, *, durably: bool) -> None:
    """Put `data` at `path` whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_DRAFT)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durably:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
        if durably:
            _sync_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
