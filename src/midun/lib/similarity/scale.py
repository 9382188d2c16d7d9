"""The same scan on many processes or machines, by Dask (the extra `midun[scale]`).

Files go out in shards; a worker opens index and public model itself, by path, and gives rows back. The rows and their
order are those of `scan.scan`. A lost worker's shards are done again elsewhere; a file that takes every worker down is
named in a notice. The key of the index travels to the workers: a remote cluster is used over TLS only.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from midun.lib.similarity.background import Background, of_folder
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.keys import Key
from midun.lib.similarity.scan import Journal, Scanned, files_under, scan_file
from midun.lib.similarity.store.index import Index

SHARD_BYTES, SHARD_FILES = 8 << 20, 400
"""A shard is worth some milliseconds of scheduling: neither one tiny file nor an hour of work."""
AHEAD = 3
"""Shards under way per worker: memory does not grow with the number of files."""
LOST = "处理该文件时工作进程多次终止，未读。请单独检查。"
Row = dict[str, Any]
Named = tuple[str, str]
"""Path on disk, name in the result."""


class NoEngine(SimilarityError):
    """The engine is not installed, or the cluster cannot be used."""


try:
    distributed: Any = import_module("distributed")
except ImportError:  # the extra is not installed
    distributed = None


@lru_cache(maxsize=1)
def _opened(folder: str, secret: bytes, _serial: int) -> tuple[Index, Background]:
    """Index and public model, opened once in each worker and state of the index."""
    index = Index(Path(folder), Key(secret))
    return index, of_folder(index.folder, index.key)


def scan_shard(files: Sequence[Named], folder: str, secret: bytes, serial: int) -> list[Row]:
    """Scan some files: what a worker runs. Files that went away meanwhile are left out."""
    index, background = _opened(folder, secret, serial)
    rows = []
    for path, name in files:
        try:
            status = Path(path).stat()
        except OSError:
            continue
        row = json.loads(json.dumps(asdict(scan_file(Path(path), name, index, background))))
        rows.append({**row, "stamp": [status.st_size, status.st_mtime_ns]})
    return rows


def shards(files: Sequence[tuple[Named, int]]) -> Iterator[list[Named]]:
    """Files with their sizes, in order, in shards of bounded size."""
    held: list[Named] = []
    size = 0
    for named, length in files:
        if held and (size + length > SHARD_BYTES or len(held) >= SHARD_FILES):
            yield held
            held, size = [], 0
        held.append(named)
        size += length
    if held:
        yield held


@contextmanager
def cluster(workers: int, scheduler: str) -> Iterator[Any]:
    """A client: of a local cluster over loopback with keys made for it, or of the cluster at an address.

    Raises `NoEngine`.
    """
    if distributed is None:
        raise NoEngine("没有安装分布式组件，请运行 pip install 'midun[scale]'。")
    if not scheduler:
        with (
            distributed.LocalCluster(
                n_workers=max(1, workers),
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                security=True,
                silence_logs=50,
            ) as local,
            distributed.Client(local, security=local.security) as client,
        ):
            yield client
        return
    if not scheduler.startswith("tls://"):
        raise NoEngine("索引密钥要发给各工作机，请使用加密的集群地址（tls://…，证书按 Dask 的配置给出）。")
    try:
        client = distributed.Client(scheduler, timeout="20s")
    except (OSError, TimeoutError, ValueError) as error:
        raise NoEngine(f"连接不上集群 {scheduler}：{error}") from error
    with client:
        yield client


def scan(
    root: Path,
    index: Index,
    *,
    workers: int = 2,
    scheduler: str = "",
    exclude: Sequence[str] = (),
    journal: Path | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> list[Row]:
    """As `scan.scan`, with the journal and progress of it; paths must mean the same on every worker.

    Raises `NoEngine`, `BadJournal`.
    """
    with Journal(journal, index, root) as noted, cluster(workers, scheduler) as client:
        found: dict[str, Row] = {}
        todo: list[tuple[Named, int]] = []
        names: list[str] = []
        for path in files_under(root, exclude):
            name = path.relative_to(root).as_posix() if path != root else path.name
            names.append(name)
            row = noted.done(name, path.stat())
            if row is None:
                todo.append(((str(path.absolute()), name), path.stat().st_size))
            else:
                found[name] = row
        size = hits = 0
        for row in _rows(client, todo, index):
            noted.add(row)
            found[row["path"]] = row
            size, hits = size + row["stamp"][0], hits + len(row["hits"])
            if progress:
                progress(len(found), size, hits)
    return [found[name] for name in names if name in found]


def _rows(client: Any, todo: Sequence[tuple[Named, int]], index: Index) -> Iterator[Row]:
    """Rows as shards are done, a bounded number of shards at a time."""
    given = (str(index.folder.absolute()), index.key.secret, int(index.state["serial"]))
    waiting = shards(todo)
    under_way: dict[Any, list[Named]] = {}

    def send(shard: list[Named]) -> Any:
        future = client.submit(scan_shard, shard, *given, pure=False, retries=2)
        under_way[future] = shard
        return future

    room = AHEAD * max(1, len(client.scheduler_info()["workers"]))
    done = distributed.as_completed([send(shard) for _, shard in zip(range(room), waiting, strict=False)])
    for future in done:
        shard = under_way.pop(future)
        try:
            yield from future.result()
        except distributed.KilledWorker:
            if len(shard) == 1:
                yield _lost(shard[0])
            else:
                for named in shard:
                    done.add(send([named]))
        future.release()
        if (following := next(waiting, None)) is not None:
            done.add(send(following))


def _lost(named: Named) -> Row:
    path, name = named
    status = Path(path).stat()
    row = asdict(Scanned(name, 0, status.st_size, ((name, LOST),), ()))
    return {**json.loads(json.dumps(row)), "stamp": [status.st_size, status.st_mtime_ns]}
