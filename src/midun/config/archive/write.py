"""Making an archive while the service keeps running."""

import fcntl
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, models, transaction

from midun import __version__
from midun.config.archive import logs, rows
from midun.kernel.files import store
from midun.kernel.files.models import Blob
from midun.kernel.trail import anchors
from midun.kernel.trail.services import head

FORMAT = "midun-backup/1"
_PART = ".midun-part"
_BATCH = 1000


class Exists(Exception):
    """There is a file of that name already; a good backup is not overwritten."""


class Damaged(Exception):
    """A stored file is missing or is not what it was, so no equal copy can be made; `str()` says which and where."""


def backup(target: Path) -> dict[str, Any]:
    """Write an archive to `target` (it appears only when it is whole) and return its manifest.

    Raises `Exists`, `Damaged`, `OSError`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise Exists(f"{target} 已存在：请换一个文件名，或先移走它")
    _drop_halves(target.parent)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=_PART)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            with tarfile.open(fileobj=out, mode="w") as tar:
                manifest = _write(tar, target.parent)
            out.flush()
            os.fsync(out.fileno())
            draft.replace(target)
        _sync(target.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    seq, digest = manifest["trail_head"]
    anchors.note(settings.MIDUN_HOME, seq=seq, digest=digest, at=datetime.fromisoformat(manifest["created_at"]))
    return manifest


def _drop_halves(folder: Path) -> None:
    """Remove what backups left that were killed. A backup that still runs holds the lock of its half."""
    for half in folder.glob(f".*{_PART}"):
        with half.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            half.unlink(missing_ok=True)


@contextmanager
def _frozen() -> Iterator[None]:
    """One consistent view of the database that blocks no writer."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()  # which is when it learns its mode
        sqlite: Any = connection
        mode = sqlite.transaction_mode
        sqlite.transaction_mode = "DEFERRED"
        try:
            with transaction.atomic():
                yield
        finally:
            sqlite.transaction_mode = mode
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _write(tar: tarfile.TarFile, folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = {"format": FORMAT, "version": __version__, "tables": {}, "files": [], "keys": {}}
    manifest["logs"] = {}
    with _frozen():
        manifest["created_at"] = datetime.now(UTC).isoformat()
        manifest["migrations"] = rows.migrations()
        manifest["trail_head"] = list(head())
        for name, model in rows.tables().items():
            manifest["tables"][name] = _add_table(tar, name, model, folder)
        digests = Blob.objects.unscoped("backup").order_by("digest").values_list("digest", flat=True)
        for digest in digests.iterator(chunk_size=_BATCH):
            _add(tar, f"files/{digest}", _stored(digest))
            manifest["files"].append(digest)
    for number in logs.numbers():
        _add_log(tar, number, manifest["logs"])
    for key in sorted((settings.MIDUN_HOME / "keys").glob("[!.]*")):
        data = key.read_bytes()
        manifest["keys"][key.name] = hashlib.sha256(data).hexdigest()
        _add(tar, f"keys/{key.name}", data)
    _add(tar, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    return manifest


def _add_log(tar: tarfile.TarFile, number: int, into: dict[str, Any]) -> None:
    """After the tables: what the log took meanwhile is rebuilt from its files."""
    found = logs.described(number)
    if found is None:
        return
    about, note = found
    for path, data in logs.files(number, note, Damaged):
        about["files"][path] = hashlib.sha256(data).hexdigest()
        _add(tar, f"logs/{number}/{path}", data)
    into[str(number)] = about


def _add_table(tar: tarfile.TarFile, name: str, model: type[models.Model], folder: Path) -> dict[str, object]:
    """A table's length must be known before its bytes are written, so it goes through a file without a name."""
    count, seen = 0, hashlib.sha256()
    with tempfile.TemporaryFile(dir=folder) as file:
        for line in rows.lines(model):
            file.write(line)
            seen.update(line)
            count += 1
        size = file.tell()
        file.seek(0)
        _add_from(tar, f"tables/{name}.jsonl", file, size)
    return {"rows": count, "sha256": seen.hexdigest()}


def _stored(digest: str) -> bytes:
    try:
        return store.get(digest)
    except (FileNotFoundError, ValueError) as error:
        where = store.path_of(digest)
        raise Damaged(f"附件 {where} 缺失或内容已损坏：请从较早的备份中取回 files/{digest} 放到该处") from error


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    _add_from(tar, name, io.BytesIO(data), len(data))


def _add_from(tar: tarfile.TarFile, name: str, source: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    tar.addfile(info, source)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
