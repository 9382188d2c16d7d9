"""Checking an archive: everything the manifest names is there, unchanged, and nothing else."""

import hashlib
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from midun.config.archive.write import FORMAT
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.tiles import CHECKPOINT_PATH, parse_path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LARGEST_MANIFEST = 1 << 30


class BadArchive(Exception):
    """The archive is not whole, not ours, or does not fit this installation; `str()` says which and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself (docs/formats/backup.md)."""

    version: str
    created_at: str
    migrations: list[str]
    trail_head: tuple[int, str]
    tables: dict[str, tuple[int, str]]
    files: list[str]
    keys: dict[str, str]
    logs: dict[int, dict[str, str]]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(rows for rows, _ in self.tables.values())


def checked(source: Path) -> Manifest:
    """Read the manifest and check every member against it. Raises `BadArchive`."""
    try:
        with tarfile.open(source) as tar:
            manifest = _manifest(tar)
            _check_members(tar, manifest)
    except (tarfile.TarError, EOFError, OSError, ValueError, RecursionError) as error:
        raise BadArchive(f"备份文件不完整或已损坏：{error}") from error
    return manifest


def _manifest(tar: tarfile.TarFile) -> Manifest:
    try:
        info = tar.getmember("manifest.json")
    except KeyError as error:
        raise BadArchive("备份文件中没有清单：文件不完整，或不是秘盾的备份") from error
    member = tar.extractfile(info)
    if member is None or info.size > _LARGEST_MANIFEST:
        raise BadArchive("备份文件中的清单无法读取：不是秘盾的备份")
    found = json.load(member)
    said = found.get("format") if isinstance(found, dict) else None
    if said != FORMAT:
        raise BadArchive(f"不认识的备份格式 {said}，本版本支持 {FORMAT}：请用制作该备份的版本或更新的版本恢复")
    try:
        return _parsed(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadArchive("备份文件中的清单残缺：不是秘盾的备份，或已被改动") from error


def _parsed(found: dict[str, Any]) -> Manifest:
    number, head = found["trail_head"]
    return Manifest(
        version=str(found["version"]),
        created_at=str(found["created_at"]),
        migrations=[str(name) for name in found["migrations"]],
        trail_head=(int(number), _like(_SHA256, head)),
        tables={_like(_TABLE, n): (int(t["rows"]), _like(_SHA256, t["sha256"])) for n, t in found["tables"].items()},
        files=[_like(_SHA256, name) for name in found["files"]],
        keys={_like(_KEY, name): _like(_SHA256, digest) for name, digest in found["keys"].items()},
        logs={_number(number): _paths(log["files"]) for number, log in found.get("logs", {}).items()},
    )


def _number(text: str) -> int:
    if not text.isdecimal() or str(int(text)) != text:
        raise ValueError(text)
    return int(text)


def _paths(found: dict[str, Any]) -> dict[str, str]:
    """A log's files: the checkpoint and tiles in their one form, so that nothing leaves the folder."""
    for path in found:
        if path != CHECKPOINT_PATH:
            try:
                parse_path(path)
            except Refused as refused:
                raise ValueError(path) from refused
    return {path: _like(_SHA256, digest) for path, digest in found.items()}


def _like(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(value)
    return value


def _check_members(tar: tarfile.TarFile, manifest: Manifest) -> None:
    wanted = {f"tables/{name}.jsonl": digest for name, (_, digest) in manifest.tables.items()}
    wanted |= {f"files/{digest}": digest for digest in manifest.files}
    wanted |= {f"keys/{name}": digest for name, digest in manifest.keys.items()}
    wanted |= {f"logs/{n}/{path}": digest for n, paths in manifest.logs.items() for path, digest in paths.items()}
    manifests = 0
    for member in tar:
        if member.name == "manifest.json":
            manifests += 1
            continue
        expected = wanted.pop(member.name, None)
        file = tar.extractfile(member) if member.isreg() else None
        if expected is None or file is None:
            raise BadArchive(f"备份中有清单之外的内容：{member.name}")
        if _sha256(file) != expected:
            raise BadArchive(f"备份中 {member.name} 的内容与清单不符")
    if wanted or manifests != 1:
        raise BadArchive(f"备份缺少 {min(wanted, default='清单')} 等 {len(wanted)} 项")


def _sha256(file: IO[bytes]) -> str:
    seen = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        seen.update(chunk)
    return seen.hexdigest()
