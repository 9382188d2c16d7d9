"""Adding, verifying and scanning themselves: in a process of its own, with the compiled kernels."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from midun.desk.background import replaced
from midun.lib.marking.errors import Reason, Refused
from midun.lib.similarity.background import of_folder
from midun.lib.similarity.documents import Document
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.keys import new_key, read_key, write_key
from midun.lib.similarity.readers.files import read_file
from midun.lib.similarity.scan import FORMAT, BadJournal, files_under, ranked, scan
from midun.lib.similarity.store.index import MANIFEST, Index

_EVERY, SHOWN_NOTICES = 0.3, 200


class Told:
    """Progress for the desk, a few times a second. Ends the process when the desk is gone: nobody reads it then."""

    def __init__(self, folder: Path, parent: int) -> None:
        self._path, self._parent, self._last = folder / "progress.json", parent, 0.0

    def __call__(self, done: int, total: int, said: str) -> None:
        """Say how far it is."""
        if os.getppid() != self._parent:
            sys.exit(1)
        if time.monotonic() - self._last > _EVERY:
            self._last = time.monotonic()
            replaced(self._path, {"done": done, "total": total, "said": said})


def run(folder: Path, parent: int) -> None:
    """Do what `wanted.json` asks, and leave `done.json`."""
    wanted = json.loads((folder / "wanted.json").read_text("utf-8"))
    told = Told(folder, parent)
    try:
        result = _ACTS[wanted["act"]](wanted, folder, told)
    except (SimilarityError, Refused) as error:
        result = {"error": str(error)}
    except OSError as error:
        result = {"error": f"{error.filename or ''}：{error.strerror}"}
    replaced(folder / "done.json", result)


def listed(folder: Path, key: Path) -> dict[str, Any]:
    """What an index holds. Raises `Refused` with what to do."""
    try:
        index = Index(folder, read_key(key))
        entries = [
            {"name": one.name, "place": one.place, "kind": one.kind, "sha256": one.sha256, "units": one.units}
            for one in index.all_entries()
        ]
    except SimilarityError as error:
        raise Refused(Reason.BROKEN, str(error)) from error
    return {"entries": entries, "fingerprints": index.fingerprints, "key": index.key.check}


def _opened(wanted: dict[str, Any]) -> Index:
    return Index(Path(wanted["index"]), read_key(Path(wanted["key"])))


def _add(wanted: dict[str, Any], _folder: Path, told: Told) -> dict[str, Any]:
    folder, key = Path(wanted["index"]), Path(wanted["key"])
    notices: list[list[str]] = []
    if (folder / MANIFEST).exists():
        index = _opened(wanted)
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
        key.parent.mkdir(parents=True, exist_ok=True)
        if not key.exists():
            write_key(key, new_key())
        index = Index.create(folder, read_key(key))
    root = Path(wanted["path"])
    paths = list(files_under(_there(root), wanted["exclude"]))

    def documents() -> Iterator[Document]:
        for number, path in enumerate(paths):
            name = path.name if path == root else f"{root.name}/{path.relative_to(root).as_posix()}"
            told(number, len(paths), f"{number}/{len(paths)}　{name}")
            for document in read_file(path, name):
                notices.extend([document.name, notice] for notice in document.notices)
                yield document

    added, passed = index.add(documents())
    return {
        "added": added,
        "passed": passed,
        "entries": index.entries,
        "fingerprints": index.fingerprints,
        "notices": notices[:SHOWN_NOTICES],
        "more": max(0, len(notices) - SHOWN_NOTICES),
    }


def _verify(wanted: dict[str, Any], _folder: Path, told: Told) -> dict[str, Any]:
    told(0, 0, "正在逐字节核验")
    index = _opened(wanted)
    index.verify()
    return {"entries": index.entries, "fingerprints": index.fingerprints}


def _scan(wanted: dict[str, Any], folder: Path, told: Told) -> dict[str, Any]:
    root, index = _there(Path(wanted["path"])), _opened(wanted)
    total = sum(1 for _ in files_under(root, wanted["exclude"]))
    background, journal = of_folder(index.folder, index.key), folder / "journal.jsonl"

    def progress(files: int, size: int, hits: int) -> None:
        told(files, total, f"已扫描 {files}/{total} 个文件、{size / 1e6:.1f} MB，命中 {hits} 对")

    how: dict[str, Any] = {"exclude": wanted["exclude"], "journal": journal, "progress": progress}
    try:
        rows = scan(root, index, background, **how)
    except BadJournal:  # the index has grown since: what was said without its new documents does not count
        with suppress(FileNotFoundError):
            journal.unlink()
        rows = scan(root, index, background, **how)
    hits, notices = ranked(rows), [notice for row in rows for notice in row["notices"]]
    replaced(folder / "result.json", {"format": FORMAT, "key": index.key.check, "hits": hits, "files": rows})
    replaced(folder / "hits.json", {"hits": hits, "notices": notices[:SHOWN_NOTICES]})
    documents = sum(row["documents"] for row in rows)
    return {"hits": len(hits), "files": len(rows), "documents": documents, "notices": len(notices)}


def _there(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(2, "没有这个文件或文件夹", str(path))
    return path


_ACTS = {"add": _add, "verify": _verify, "scan": _scan}
