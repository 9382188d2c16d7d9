"""Checking a log directory as a whole: the state row, the write-ahead log, and the public files against both."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from midun.lib.tlog.checkpoint import Checkpoint, parse_checkpoint
from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.findings import Finding, Kind, Report, read_checkpoint
from midun.lib.tlog.frames import HEADER_BYTES, Frame, frames_between, read_frames
from midun.lib.tlog.fsck import check_public
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.note import parse_note
from midun.lib.tlog.sqlite_file import StateMissing
from midun.lib.tlog.state import Head, SqliteState
from midun.lib.tlog.tiles import CHECKPOINT_PATH, Fetch

_PUBLIC, _STATE, _WAL = "public/", "private/state.sqlite3", "private/wal"
_OF_SQLITE = ("", "-wal", "-shm", "-journal")


def check_directory(root: Path, keys: Sequence[Verifier] = (), row: Callable[[], Head] | None = None) -> Report:
    """Check a log directory, or a plain copy of a log's public files. Changes nothing; the log may be running.

    `keys` are the log's verifier keys; without them signatures are not checked. `row` reads the deciding row where
    another database than the directory's own holds it. Paths in the report start at `root`. Raises NotADirectoryError.
    """
    if not root.is_dir():
        raise NotADirectoryError(str(root))
    log = LogDirectory(root)
    if not log.public.is_dir():
        return check_public(_reader(root), _paths(root), keys, checkpoint=_reader(root)(CHECKPOINT_PATH), promised=None)
    # In this order a running log cannot look damaged: files never outrun the row, the row never falls behind.
    paths = _paths(log.public)
    published = _reader(log.public)(CHECKPOINT_PATH)
    private = Report()
    head = _check_note(row(), keys, private) if row else _read_state(log, keys, private)
    promised = Checkpoint(head.origin, head.size, head.root) if head else None
    report = check_public(_reader(log.public), paths, keys, checkpoint=published, promised=promised)
    report.findings = [Finding(_PUBLIC + f.path, f.kind, f.detail, f.notice) for f in report.findings]
    if head:
        _compare(head, published, report)
        _check_wal(log, head, published, report)
    _check_private_names(log, report)
    report.findings = private.findings + report.findings
    return report


def _reader(root: Path) -> Fetch:
    def fetch(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    return fetch


def _paths(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir())


def _read_state(log: LogDirectory, keys: Sequence[Verifier], report: Report) -> Head | None:
    try:
        heads = SqliteState.peek(log.state)
    except StateMissing:
        report.add(_STATE, Kind.MISSING, "缺少状态数据库。")
        return None
    except sqlite3.Error as error:
        report.add(_STATE, Kind.UNREADABLE, f"状态数据库已损坏：{error}。")
        return None
    if len(heads) != 1:
        report.add(_STATE, Kind.CHANGED, f"应有一行状态，实有 {len(heads)} 行。")
        return None
    return _check_note(heads[0], keys, report)


def _check_note(head: Head, keys: Sequence[Verifier], report: Report) -> Head:
    if head.note is not None:
        signed = read_checkpoint(report, head.note, keys, _STATE)
        if signed and (signed.origin, signed.size, signed.root) != (head.origin, head.size, head.root):
            report.add(_STATE, Kind.CHANGED, "状态行所存的签名检查点与其大小、树根不符。")
    return head


def _text(published: bytes | None) -> Checkpoint | None:
    try:
        return parse_checkpoint(parse_note(published).text) if published else None
    except Refused:
        return None


def _compare(head: Head, published: bytes | None, report: Report) -> None:
    there = _text(published)
    if there is None or any(f.path == _PUBLIC + CHECKPOINT_PATH for f in report.findings):
        return
    if there.origin != head.origin:
        report.add(_STATE, Kind.CHANGED, f"状态行属于日志“{head.origin}”，检查点属于“{there.origin}”。")
    elif there.size > head.size:
        detail = f"检查点（{there.size}）比状态行（{head.size}）新：状态数据库可能是旧备份，不可启动。"
        report.add(_STATE, Kind.AHEAD, detail)
    elif there.size < head.size:
        detail = f"检查点（{there.size}）落后于状态行（{head.size}）：下次启动时补上。"
        report.add(_PUBLIC + CHECKPOINT_PATH, Kind.BEHIND, detail, notice=True)
    elif there.root != head.root:
        report.add(_STATE, Kind.CHANGED, "状态行的树根与检查点不符。")


def _check_wal(log: LogDirectory, head: Head, published: bytes | None, report: Report) -> None:
    if not log.wal.is_dir():
        report.add(_WAL, Kind.MISSING, "缺少预写日志文件夹。")
        return
    frames: list[Frame] = []
    for path in sorted(log.wal.glob("*.wal")):
        frames += _check_segment(path, report)
    there = _text(published)
    if there and there.size < head.size:
        found = frames_between(frames, (there.size, there.root), (head.size, head.root))
        if found is None:
            detail = f"缺少从 {there.size} 到 {head.size} 的预写帧：已承诺的记录无法重建。"
            report.add(_WAL, Kind.MISSING, detail)


def _check_segment(path: Path, report: Report) -> list[Frame]:
    name, end, frames = f"{_WAL}/{path.name}", 0, []
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []  # published and forgotten meanwhile
    except OSError as error:
        report.add(name, Kind.UNREADABLE, f"读取失败：{error.strerror or error}。")
        return []
    for frame, behind in read_frames(data):
        frames.append(frame)
        end = behind
    if frames and path.name != f"{frames[0].epoch:010d}-{frames[0].first:020d}.wal":
        report.add(name, Kind.CHANGED, "文件名与第一帧不符。")
    if end < len(data):
        rest = data[end:]
        length = int.from_bytes(rest[24:32], "big")  # of the body (docs/formats/tlog-operation.md)
        if len(rest) < HEADER_BYTES or len(rest) < HEADER_BYTES + length:
            detail = f"第 {end} 字节起的帧不完整：写入中断，或文件被截短；单凭这一点，没有已承诺的记录丢失。"
            report.add(name, Kind.TRUNCATED, detail, notice=True)  # a promise that needs it is reported as missing
        else:
            report.add(name, Kind.CHANGED, f"第 {end} 字节起的帧被改动。")
    return frames


def _check_private_names(log: LogDirectory, report: Report) -> None:
    private = log.state.parent
    known = {log.state.name + suffix for suffix in _OF_SQLITE}
    for path in sorted(private.rglob("*")) if private.is_dir() else ():
        in_wal = path.parent == log.wal and (path.suffix == ".wal" or path.name == "lock")
        in_private = path.parent == private and path.name in known
        if not path.is_dir() and not in_wal and not in_private:
            report.add(path.relative_to(log.root).as_posix(), Kind.EXTRA, "不是日志的文件。")
