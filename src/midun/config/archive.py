"""Backup and restore: one portable archive of every row and every file, checked on both sides.

The archive (docs/formats/backup.md) is a tar: `manifest.json`, then `tables/<table>.jsonl` and `files/<sha256>` and
`keys/<name>`. Rows are written through the ORM, so a backup of SQLite restores into PostgreSQL and the digests of the
tables are the same on both. A restored copy is compared table by table with the manifest before it is committed.
"""

import base64
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from midun import __version__
from midun.kernel.files import store
from midun.kernel.files.models import Blob
from midun.kernel.trail import anchors
from midun.kernel.trail.services import head, verify

FORMAT = "midun-backup/1"
_SKIPPED = {"django_session", "django_content_type", "auth_permission", "django_migrations", "jobs_worker"}
_BATCH = 1000


class BadArchive(Exception):
    """The archive is not whole, not ours, or does not fit this installation; `str()` says which and what to do."""


def tables() -> list[type[models.Model]]:
    """Every table that is backed up, by name. Sessions are left out: everybody logs in again."""
    found = apps.get_models(include_auto_created=True)
    return sorted((m for m in found if m._meta.managed and m._meta.db_table not in _SKIPPED), key=_table)


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def _fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return list(model._meta.concrete_fields)


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def _decode(field: "models.Field[Any, Any]", value: object) -> object:
    if value is None:
        return None
    if isinstance(field, models.BinaryField):
        return base64.b64decode(str(value))
    if isinstance(field, models.JSONField):
        return value
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.to_python(value)


def _lines(model: type[models.Model]) -> Iterator[bytes]:
    names = [f.attname for f in _fields(model)]
    rows = model._base_manager.order_by("pk").values_list(*names)
    for row in rows.iterator(chunk_size=_BATCH):
        yield (json.dumps([_encode(v) for v in row], ensure_ascii=False, sort_keys=True) + "\n").encode()


def _digest(model: type[models.Model]) -> tuple[int, str]:
    count, seen = 0, hashlib.sha256()
    for line in _lines(model):
        count += 1
        seen.update(line)
    return count, seen.hexdigest()


@contextmanager
def _frozen() -> Iterator[None]:
    """One consistent view of the database that blocks no writer."""
    if connection.vendor == "sqlite":
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


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def backup(target: Path) -> dict[str, Any]:
    """Write an archive to `target` (it appears only when it is whole) and return its manifest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
            manifest = _write(tar)
        with Path(name).open("rb") as written:
            os.fsync(written.fileno())
        Path(name).replace(target)
        seq, digest = manifest["trail_head"]
        anchors.note(settings.MIDUN_HOME, seq=seq, digest=digest, at=datetime.fromisoformat(manifest["created_at"]))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return manifest


def _write(tar: tarfile.TarFile) -> dict[str, Any]:
    manifest: dict[str, Any] = {"format": FORMAT, "version": __version__, "tables": {}, "files": [], "keys": {}}
    with _frozen(), tempfile.TemporaryDirectory() as folder:
        manifest["created_at"] = datetime.now(UTC).isoformat()
        manifest["migrations"] = _migrations()
        manifest["trail_head"] = list(head())
        for model in tables():
            path = Path(folder) / _table(model)
            count, seen = 0, hashlib.sha256()
            with path.open("wb") as file:
                for line in _lines(model):
                    file.write(line)
                    seen.update(line)
                    count += 1
            manifest["tables"][_table(model)] = {"rows": count, "sha256": seen.hexdigest()}
            tar.add(path, f"tables/{_table(model)}.jsonl", recursive=False)
            path.unlink()
        digests = Blob.objects.unscoped("backup").order_by("digest").values_list("digest", flat=True)
        for digest in digests.iterator(chunk_size=_BATCH):
            _add(tar, f"files/{digest}", store.get(digest))
            manifest["files"].append(digest)
        for key in sorted(_keys().glob("*")):
            data = key.read_bytes()
            manifest["keys"][key.name] = hashlib.sha256(data).hexdigest()
            _add(tar, f"keys/{key.name}", data)
    _add(tar, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    return manifest


def _keys() -> Path:
    return Path(settings.MIDUN_HOME) / "keys"


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))


def manifest_of(source: Path) -> dict[str, Any]:
    """Read the manifest and check every member against it. Raises `BadArchive`."""
    try:
        with tarfile.open(source) as tar:
            manifest = _manifest(tar)
            _check_members(tar, manifest)
    except (tarfile.TarError, OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadArchive(f"备份文件不完整或已损坏：{error}") from error
    return manifest


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    try:
        member = tar.extractfile("manifest.json")
    except KeyError:
        member = None
    if member is None:
        raise BadArchive("备份文件中没有清单：文件不完整，或不是秘盾的备份")
    found: dict[str, Any] = json.load(member)
    if found.get("format") != FORMAT:
        raise BadArchive(f"不认识的备份格式 {found.get('format')}，本版本支持 {FORMAT}")
    return found


def _check_members(tar: tarfile.TarFile, manifest: dict[str, Any]) -> None:
    wanted = {f"tables/{name}.jsonl": entry["sha256"] for name, entry in manifest["tables"].items()}
    wanted |= {f"files/{digest}": digest for digest in manifest["files"]}
    wanted |= {f"keys/{name}": digest for name, digest in manifest["keys"].items()}
    for member in tar:
        if member.name == "manifest.json":
            continue
        expected = wanted.pop(member.name, None)
        file = tar.extractfile(member) if member.isfile() else None
        if expected is None or file is None:
            raise BadArchive(f"备份中有清单之外的内容：{member.name}")
        if _sha256(file) != expected:
            raise BadArchive(f"备份中 {member.name} 的内容与清单不符")
    if wanted:
        raise BadArchive(f"备份缺少 {min(wanted)} 等 {len(wanted)} 项")


def _sha256(file: IO[bytes]) -> str:
    seen = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        seen.update(chunk)
    return seen.hexdigest()


def restore(source: Path) -> dict[str, Any]:
    """Restore into an empty, migrated installation: all or nothing, compared with the manifest before the commit."""
    manifest = manifest_of(source)
    if manifest["migrations"] != _migrations():
        raise BadArchive(f"备份由 {manifest['version']} 版制作，数据库结构与当前版本不同：请用同一版本恢复后再升级")
    present = {_table(m): m for m in tables()}
    if set(present) != set(manifest["tables"]):
        raise BadArchive("备份中的表与当前版本不同：请用同一版本恢复后再升级")
    for model in present.values():
        if model._base_manager.exists():
            raise BadArchive("目标数据库不是空的：请恢复到新建的数据库（或新的 MIDUN_HOME），确认无误后再切换")
    with tarfile.open(source) as tar, transaction.atomic():
        for name, model in present.items():
            file = tar.extractfile(f"tables/{name}.jsonl")
            if file is not None:
                _load(model, file)
        _compare(manifest, present)
        for digest in manifest["files"]:
            store.put(_read(tar, f"files/{digest}"))
        for name in manifest["keys"]:
            _write_key(name, _read(tar, f"keys/{name}"))
    _reset_sequences(list(present.values()))
    return manifest


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    return file.read() if file else b""


def _write_key(name: str, data: bytes) -> None:
    _keys().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = _keys() / Path(name).name
    path.touch(mode=0o600)
    path.write_bytes(data)


def _load(model: type[models.Model], file: IO[bytes]) -> None:
    fields = _fields(model)
    batch: list[models.Model] = []
    for line in file:
        values = json.loads(line)
        batch.append(model(**{f.attname: _decode(f, v) for f, v in zip(fields, values, strict=True)}))
        if len(batch) >= _BATCH:
            model._base_manager.bulk_create(batch)
            batch = []
    if batch:
        model._base_manager.bulk_create(batch)


def _compare(manifest: dict[str, Any], present: dict[str, type[models.Model]]) -> None:
    for name, model in present.items():
        rows, digest = _digest(model)
        expected = manifest["tables"][name]
        if (rows, digest) != (expected["rows"], expected["sha256"]):
            raise BadArchive(f"恢复后的表 {name} 与备份不一致，已全部回滚")
    for fault in verify(anchors=[(manifest["trail_head"][0], manifest["trail_head"][1])]):
        raise BadArchive(f"恢复后的留痕核验未通过（{fault.text}），已全部回滚")


def _reset_sequences(present: list[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), present):
            cursor.execute(statement)
