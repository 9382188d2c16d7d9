"""An index of protected documents: add, merge, verify, look up (docs/formats/similarity-index.md)."""

import fcntl
import hashlib
import hmac
import json
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from midun.lib.similarity.charmap import PIPELINE
from midun.lib.similarity.documents import Document, Kind
from midun.lib.similarity.errors import BadKey, CorruptIndex
from midun.lib.similarity.fingerprint import fingerprints
from midun.lib.similarity.keys import Key
from midun.lib.similarity.store.catalogue import EVERY, Batch, Entry, read_batch, write_batch
from midun.lib.similarity.store.segment import FAMILIES, Postings, Segment, merged, write_segment
from midun.lib.similarity.tables import table_fingerprints

FORMAT, MANIFEST = "midun-index/1", "index.json"
FLUSH = 1 << 22
"""Postings gathered in memory before they become a segment (about 100 MB)."""
TIER, CACHED, REPEATS, LARGE = 4, 16, 8, 1 << 18


def _synced(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass
class _Gathered:
    """What waits for the next flush."""

    first: int
    entries: list[Entry] = field(default_factory=list)
    offsets: list[np.ndarray] = field(default_factory=list)
    postings: dict[str, list[Postings]] = field(default_factory=dict)
    sampled: int = 0
    size: int = 0


class Index:
    """An index folder opened with its key. Many may read; one writes at a time."""

    def __init__(self, folder: Path, key: Key) -> None:
        self.folder, self.key = folder, key
        self._batches: OrderedDict[str, Batch] = OrderedDict()
        self._load()

    @classmethod
    def create(cls, folder: Path, key: Key) -> "Index":
        """A new empty index. The folder may exist if it is empty."""
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CorruptIndex(f"{folder} 不是空文件夹，也不是索引。请换一个文件夹。")
        empty: dict[str, Any] = {
            "format": FORMAT, "key": key.check, "pipeline": PIPELINE, "entries": 0, "serial": 0,
            "units": dict.fromkeys(FAMILIES, 0), "segments": [], "batches": [],
        }  # fmt: skip
        _replace(folder, empty, key)
        return cls(folder, key)

    def _load(self) -> None:
        path = self.folder / MANIFEST
        try:
            self.state = json.loads(path.read_text(encoding="utf-8"))
            mac = self.state.pop("mac")
            found, pipeline = self.state["key"], self.state["pipeline"]
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise CorruptIndex(f"{self.folder} 不是完整的索引（{MANIFEST} 缺失或损坏）。") from error
        if found != self.key.check:
            raise BadKey(f"索引是用另一个密钥（{found}）建立的，本次密钥为 {self.key.check}。请换用对应的密钥文件。")
        if not hmac.compare_digest(mac, _mac(self.state, self.key)):
            raise CorruptIndex(f"索引清单 {MANIFEST} 被改动过，请从备份恢复或重新建立索引。")
        if pipeline != PIPELINE:
            raise CorruptIndex(f"索引由规范化版本 {pipeline} 建立，本程序为 {PIPELINE}，请重新建立索引。")
        self.segments = {
            f: [Segment(self.folder / s["name"], self.key) for s in self.state["segments"] if s["family"] == f]
            for f in FAMILIES
        }

    @property
    def entries(self) -> int:
        """How many parts of documents are in it."""
        return int(self.state["entries"])

    @property
    def fingerprints(self) -> int:
        """How many fingerprints are in it."""
        return sum(int(s["count"]) for s in self.state["segments"])

    def units(self, family: str) -> int:
        """How many units (or rows of tables) its documents have."""
        return int(self.state["units"][family])

    def entry(self, number: int) -> tuple[Batch, Entry]:
        """The entry with a number, and its batch."""
        for each in self.state["batches"]:
            if each["first"] <= number < each["first"] + each["entries"]:
                name = each["name"]
                if name not in self._batches:
                    self._batches[name] = read_batch(self.folder / name, each["first"], self.key)
                    if len(self._batches) > CACHED:
                        self._batches.popitem(last=False)
                self._batches.move_to_end(name)
                return self._batches[name], self._batches[name].entries[number - each["first"]]
        raise CorruptIndex("索引中的文件编号超出清单，索引已损坏。")

    def all_entries(self) -> Iterator[Entry]:
        """Every entry, in the order of adding."""
        for each in self.state["batches"]:
            yield from read_batch(self.folder / each["name"], each["first"], self.key).entries

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CorruptIndex("另一个进程正在写这个索引，请稍后再试。") from error
            self._load()
            self._sweep()
            yield

    def _sweep(self) -> None:
        """Remove what a killed writer left: files the manifest does not name."""
        named = {
            MANIFEST,
            "lock",
            *(s["name"] for s in self.state["segments"]),
            *(b["name"] for b in self.state["batches"]),
        }
        for path in self.folder.iterdir():
            if path.name not in named and path.suffix in (".tmp", ".seg", ".cat"):
                path.unlink(missing_ok=True)

    def add(self, documents: Iterable[Document]) -> tuple[int, int]:
        """Add documents; those already there (same name and SHA-256) are passed over. Returns (added, passed over).

        Every flush is durable by itself: after a kill the documents flushed before it are there, nothing is half there.
        """
        added = passed = 0
        with self._writing():
            known = {(e.name, e.sha256) for e in self.all_entries()}
            gathered = _Gathered(self.entries)
            for document in documents:
                if not document.parts:
                    continue
                if (document.name, document.sha256) in known:
                    passed += 1
                    continue
                known.add((document.name, document.sha256))
                self._gather(gathered, document)
                added += 1
                if gathered.size >= FLUSH:
                    self._flush(gathered)
                    gathered = _Gathered(self.entries)
            self._flush(gathered)
            self._compact()
        return added, passed

    def _gather(self, into: _Gathered, document: Document) -> None:
        for part in document.parts:
            number, units, samples = into.first + len(into.entries), {}, {}
            if part.kind is Kind.TABLE:
                cells = table_fingerprints(part.text, self.key)
                units["table"] = cells.rows
                self._put(into, "table", number, cells.hashes, cells.places)
            for made in fingerprints(part, self.key):
                units[made.family] = made.stream.size
                sample = np.append(made.stream.starts[::EVERY], made.stream.ends[-1:]).astype(np.uint32)
                samples[made.family] = (into.sampled, int(sample.size))
                into.offsets.append(sample)
                into.sampled += int(sample.size)
                self._put(into, made.family, number, made.hashes, made.positions)
            place = part.marks[0][1] if len(part.marks) == 1 else ""
            into.entries.append(Entry(document.name, document.sha256, document.sm3, part.kind, place, units, samples))

    def _put(self, into: _Gathered, family: str, number: int, hashes: np.ndarray, positions: np.ndarray) -> None:
        made = Postings(hashes, np.full(hashes.size, number, np.uint32), positions.astype(np.uint32))
        if hashes.size > LARGE:
            made = made.sorted().thinned(REPEATS)
        into.postings.setdefault(family, []).append(made)
        into.size += made.hashes.size

    def _flush(self, gathered: _Gathered) -> None:
        if not gathered.entries:
            return
        state = json.loads(json.dumps(self.state))
        state["serial"] += 1
        for family, parts in gathered.postings.items():
            joined = (
                Postings(
                    np.concatenate([p.hashes for p in parts]),
                    np.concatenate([p.documents for p in parts]),
                    np.concatenate([p.positions for p in parts]),
                )
                .sorted()
                .thinned(REPEATS)
            )
            if joined.hashes.size:
                name = f"{state['serial']:08d}-{family}.seg"
                write_segment(self.folder / name, family, joined.hashes.size, iter([joined]), self.key)
                state["segments"].append({"name": name, "family": family, "count": int(joined.hashes.size)})
        name = f"{state['serial']:08d}.cat"
        offsets = np.concatenate([*gathered.offsets, np.zeros(0, np.uint32)])
        write_batch(self.folder / name, Batch(gathered.first, tuple(gathered.entries), offsets), self.key)
        state["batches"].append({"name": name, "first": gathered.first, "entries": len(gathered.entries)})
        state["entries"] = gathered.first + len(gathered.entries)
        for entry in gathered.entries:
            for family, count in entry.units.items():
                state["units"][family] += count
        self._commit(state)

    def _commit(self, state: dict[str, Any]) -> None:
        _replace(self.folder, state, self.key)
        self._load()

    def _compact(self) -> None:
        """Merge segments of a family while there are several of like size, so that a look-up visits few."""
        for family in FAMILIES:
            while len(chosen := self._alike(family)) > 1:
                state = json.loads(json.dumps(self.state))
                state["serial"] += 1
                total, name = sum(s.count for s in chosen), f"{state['serial']:08d}-{family}.seg"
                write_segment(self.folder / name, family, total, merged(chosen, [0] * len(chosen)), self.key)
                gone = {s.path.name for s in chosen}
                state["segments"] = [s for s in state["segments"] if s["name"] not in gone]
                state["segments"].append({"name": name, "family": family, "count": total})
                self._commit(state)
                for old in gone:
                    (self.folder / old).unlink(missing_ok=True)

    def _alike(self, family: str) -> list[Segment]:
        """The smaller segments, once they are many or together outweigh the next larger."""
        ordered = sorted(self.segments[family], key=lambda s: s.count)
        best: list[Segment] = []
        total = 0
        for n, segment in enumerate(ordered):
            if n and (total * TIER >= segment.count):
                best = ordered[: n + 1]
            total += segment.count
        return best

    def absorb(self, other: "Index") -> int:
        """Take over everything of another index of the same key. Returns the number of entries taken."""
        if other.key.check != self.key.check:
            raise BadKey("只能合并同一密钥的索引。")
        with self._writing():
            state = json.loads(json.dumps(self.state))
            shift = state["entries"]
            state["serial"] += 1
            for number, segment in enumerate(s for f in FAMILIES for s in other.segments[f]):
                name = f"{state['serial']:08d}-{segment.family}-{number}.seg"
                write_segment(self.folder / name, segment.family, segment.count, merged([segment], [shift]), self.key)
                state["segments"].append({"name": name, "family": segment.family, "count": segment.count})
            for number, each in enumerate(other.state["batches"]):
                batch = read_batch(other.folder / each["name"], each["first"], self.key)
                name = f"{state['serial']:08d}-{number}.cat"
                write_batch(self.folder / name, Batch(shift + batch.first, batch.entries, batch.offsets), self.key)
                state["batches"].append({"name": name, "first": shift + batch.first, "entries": len(batch.entries)})
            state["entries"] += other.entries
            for family in FAMILIES:
                state["units"][family] += other.units(family)
            self._commit(state)
            self._compact()
        return other.entries

    def verify(self) -> None:
        """Read everything and check every digest. Raises `CorruptIndex`."""
        for segments in self.segments.values():
            for segment in segments:
                segment.verify()
        if sum(1 for _ in self.all_entries()) != self.entries:
            raise CorruptIndex("索引目录与清单的文件数不符，索引已损坏。")


def _mac(state: dict[str, Any], key: Key) -> str:
    text = json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key.derive("manifest"), text.encode(), hashlib.sha256).hexdigest()


def _replace(folder: Path, state: dict[str, Any], key: Key) -> None:
    """Put a new manifest in place of the old in one step."""
    temporary = folder / (MANIFEST + ".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump({**state, "mac": _mac(state, key)}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    _synced(folder)
    temporary.replace(folder / MANIFEST)
    _synced(folder)
