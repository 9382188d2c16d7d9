"""Scan folders, archives and exports against an index: ranked hits with places, progress, resume, exclusions."""

import fnmatch
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TextIO

from midun.lib.similarity.background import Background
from midun.lib.similarity.calibration import rate, threshold
from midun.lib.similarity.documents import Document
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.matching import match
from midun.lib.similarity.readers.files import read_file
from midun.lib.similarity.store.index import Index

FORMAT = "midun-scan/1"
EXCLUDED = (".git", "node_modules", "__pycache__", "$RECYCLE.BIN", "System Volume Information", ".svn", ".hg")
MOST_PLACES = 50


class BadJournal(SimilarityError):
    """The journal of a scan does not belong to this index."""


@dataclass(frozen=True)
class Place:
    """Where: code points [begin, end) in the scanned part (rows for a table), approximately where in the protected."""

    part: int
    begin: int
    end: int
    label: str
    protected_begin: int
    protected_end: int


@dataclass(frozen=True)
class Hit:
    """A scanned document and a protected one that overlap."""

    name: str
    sha256: str
    protected: str
    protected_sha256: str
    protected_place: str
    family: str
    evidence: float
    rate_upper: float
    above: bool
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Scanned:
    """What one file on disk gave: how many documents and bytes, notices on what could not be read, hits."""

    path: str
    documents: int
    size: int
    notices: tuple[tuple[str, str], ...]
    hits: tuple[Hit, ...]


def files_under(root: Path, exclude: Sequence[str] = ()) -> Iterator[Path]:
    """Regular files below `root` in a fixed order; links are not followed. Patterns match names or relative paths."""
    patterns = (*EXCLUDED, *exclude)
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root, followlinks=False):
        here = Path(folder)

        def skipped(name: str, here: Path = here) -> bool:
            relative = (here / name).relative_to(root).as_posix()
            return any(fnmatch.fnmatch(name, p) or fnmatch.fnmatch(relative, p) for p in patterns)

        folders[:] = sorted(f for f in folders if not skipped(f))
        for name in sorted(names):
            path = here / name
            if not skipped(name) and path.is_file() and not path.is_symlink():
                yield path


def hits_of(document: Document, index: Index, background: Background | None, least: float = 0.0) -> list[Hit]:
    """The hits of one document with at least `least` bits above the family's threshold, strongest first."""
    best: dict[int, Hit] = {}
    for number, part in enumerate(document.parts):
        for found in match(part, index.key, index, background):
            if found.evidence < threshold(found.family) + least:
                continue
            batch, entry = index.entry(found.entry)
            places = []
            for passage in sorted(found.passages, key=lambda p: -p.bits)[:MOST_PLACES]:
                if found.family == "table":
                    places.append(Place(number, passage.q0, passage.q1, part.place(0), passage.d0, passage.d1))
                    continue
                begin, end = passage.span
                a, b = batch.span(found.entry, found.family, passage.d0, passage.d1)
                places.append(Place(number, begin, end, part.place(begin), a, b))
            hit = Hit(
                document.name, document.sha256, entry.name, entry.sha256, entry.place, found.family,
                round(found.evidence, 2), rate(found.family, found.evidence).upper,
                found.evidence >= threshold(found.family), tuple(places),
            )  # fmt: skip
            known = best.get(found.entry)
            if known is None or known.evidence < hit.evidence:
                best[found.entry] = hit
    return sorted(best.values(), key=lambda h: (-h.evidence, h.protected))


def scan_file(path: Path, name: str, index: Index, background: Background | None) -> Scanned:
    """Read and look up one file. Never raises for what the file is."""
    documents, size, notices, hits = 0, 0, [], []
    for document in read_file(path, name):
        documents += 1
        size += document.size
        notices += [(document.name, notice) for notice in document.notices]
        hits += hits_of(document, index, background)
    return Scanned(name, documents, size, tuple(notices), tuple(hits))


def _head(index: Index, root: Path) -> dict[str, object]:
    return {"format": FORMAT, "key": index.key.check, "entries": index.entries, "root": str(root)}


def resumed(journal: Path, index: Index, root: Path) -> dict[str, dict[str, Any]]:
    """What a journal says was done, by path. A torn last line is dropped. Raises `BadJournal`."""
    done: dict[str, dict[str, Any]] = {}
    lines = journal.read_text(encoding="utf-8").split("\n")
    try:
        if json.loads(lines[0]) != _head(index, root):
            raise BadJournal("续扫记录不是这次扫描的（密钥、索引内容或路径不同），请换一个记录文件。")
    except ValueError as error:
        raise BadJournal("续扫记录已损坏，请换一个记录文件。") from error
    for line in lines[1:]:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        done[row["path"]] = row
    return done


class Journal:
    """What was done already, and the file that notes what is done now (paths, places and scores, never content).

    Without a path it notes nothing. Raises `BadJournal` when it is entered with the journal of another scan.
    """

    def __init__(self, path: Path | None, index: Index, root: Path) -> None:
        self._path, self._head = path, _head(index, root)
        self._known = resumed(path, index, root) if path and path.exists() else {}
        self._writer: TextIO | None = None

    def __enter__(self) -> Self:
        if self._path:
            fresh = not self._path.exists()
            self._writer = self._path.open("a", encoding="utf-8")
            self._writer.write((json.dumps(self._head, ensure_ascii=False) + "\n") if fresh else "\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer:
            self._writer.close()

    def done(self, name: str, status: os.stat_result) -> dict[str, Any] | None:
        """The row of a file noted with the same size and time."""
        row = self._known.get(name)
        return row if row and row.get("stamp") == [status.st_size, status.st_mtime_ns] else None

    def add(self, row: dict[str, Any]) -> None:
        """Note a file."""
        if self._writer:
            self._writer.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._writer.flush()


def scan(
    root: Path,
    index: Index,
    background: Background | None,
    *,
    exclude: Sequence[str] = (),
    journal: Path | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Scan everything below `root`; one row per file, in the order of paths.

    Files that the journal knows are not read again. `progress` gets (files, bytes, hits) after each file.
    """
    rows, size, hits = [], 0, 0
    with Journal(journal, index, root) as noted:
        for path in files_under(root, exclude):
            name = path.relative_to(root).as_posix() if path != root else path.name
            status = path.stat()
            row = noted.done(name, status)
            if row is None:
                scanned = json.loads(json.dumps(asdict(scan_file(path, name, index, background))))
                row = {**scanned, "stamp": [status.st_size, status.st_mtime_ns]}
                noted.add(row)
            rows.append(row)
            size += status.st_size
            hits += len(row["hits"])
            if progress:
                progress(len(rows), size, hits)
    return rows


def ranked(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All hits of a scan, strongest first."""
    found: list[dict[str, Any]] = [hit for row in rows for hit in row["hits"]]
    return sorted(found, key=lambda h: (-h["evidence"], h["name"], h["protected"]))
