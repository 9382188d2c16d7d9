"""Loading an archive into an empty installation: all or nothing, compared with the manifest before the commit."""

import os
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction

from midun.config.archive import logs, rows
from midun.config.archive.read import BadArchive, Manifest, checked
from midun.evidence.engine.place import Place
from midun.kernel.files import store
from midun.kernel.trail import anchors
from midun.kernel.trail.services import verify
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.state import StateConflict
from midun.lib.tlog.store import StoreConflict


def restore(source: Path) -> Manifest:
    """Restore `source` and return its manifest. The database must be migrated and empty. Raises `BadArchive`.

    Files and keys are written before the rows are committed: killed in the middle, the database is as empty as it was
    and the restore can simply be run again.
    """
    manifest = checked(source)
    present = _fitting(manifest)
    with tarfile.open(source) as tar:
        for digest in manifest.files:
            if store.put(_member(tar, f"files/{digest}").read()) != digest:
                raise BadArchive(f"备份中 files/{digest} 的内容与清单不符")
        for name in manifest.keys:
            _write_key(name, _member(tar, f"keys/{name}").read())
        with transaction.atomic():
            for name, model in present.items():
                _load(name, model, _member(tar, f"tables/{name}.jsonl"))
            _compare(manifest, present)
            _reset_sequences(list(present.values()))
            for number, paths in manifest.logs.items():
                _put_log_back(tar, number, paths)
    seq, digest = manifest.trail_head
    anchors.note(settings.MIDUN_HOME, seq=seq, digest=digest, at=datetime.now(UTC))
    return manifest


def _put_log_back(tar: tarfile.TarFile, number: int, paths: Mapping[str, str]) -> None:
    """A log whose folder survived is newer than any backup: then it stays, and missing rows are rebuilt from it."""
    if Place.of(number).exists:
        logs.keep(number, datetime.now(UTC))
        return
    found = ((path, _member(tar, f"logs/{number}/{path}").read()) for path in paths)
    try:
        logs.put_back(number, found, datetime.now(UTC))
    except (ValueError, Refused, StateConflict, StoreConflict) as error:
        raise BadArchive(f"备份中的存证日志 {number} 无法恢复（{error}），已全部回滚") from error


def _fitting(manifest: Manifest) -> dict[str, type[models.Model]]:
    """Our tables, when the archive has the same structure and all of them are empty."""
    ours, theirs = set(rows.migrations()), set(manifest.migrations)
    if theirs - ours:
        raise BadArchive(f"备份由更新的版本（{manifest.version}）制作：请安装该版本后再恢复")
    if ours - theirs:
        raise BadArchive(f"备份由较早的版本（{manifest.version}）制作：请用该版本恢复，再升级数据库")
    present = rows.tables()
    if set(present) != set(manifest.tables):
        raise BadArchive("备份中的表与当前版本不同：请用制作该备份的版本恢复")
    for model in present.values():
        if model._base_manager.exists():
            raise BadArchive("目标数据库不是空的：请恢复到新建的数据库（或新的 MIDUN_HOME），确认无误后再切换")
    return present


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    if file is None:
        raise BadArchive(f"备份缺少 {name}")
    return file


def _load(name: str, model: type[models.Model], file: IO[bytes]) -> None:
    try:
        with transaction.atomic():
            rows.load(model, iter(file))
    except (ValueError, TypeError, ValidationError, DatabaseError) as error:
        raise BadArchive(f"备份中的表 {name} 无法装入（{error}），已全部回滚") from error


def _compare(manifest: Manifest, present: dict[str, type[models.Model]]) -> None:
    for name, model in present.items():
        if rows.digest(model) != manifest.tables[name]:
            raise BadArchive(f"恢复后的表 {name} 与备份不一致，已全部回滚")
    for fault in verify(anchors=[manifest.trail_head]):
        raise BadArchive(f"恢复后的留痕核验未通过（{fault.text}），已全部回滚")


def _reset_sequences(present: list[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), present):
            cursor.execute(statement)


def _write_key(name: str, data: bytes) -> None:
    """Over what stands there: in an empty installation nothing was signed yet."""
    folder = settings.MIDUN_HOME / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f".{name}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)
