"""One immutable segment: sorted 48-bit fingerprints with document and position, a bitmap in front."""

import hashlib
import hmac
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from midun.lib.similarity.errors import CorruptIndex
from midun.lib.similarity.kernels.evidence import gather
from midun.lib.similarity.kernels.lookup import fill_bitmap, ordered, thin
from midun.lib.similarity.keys import Key, Words

MAGIC, HEADER, DIGEST = b"MDSIMSG1", 320, 32
SECTIONS = ("high", "low", "document", "position", "bitmap")
TYPES = ("<u2", "<u4", "<u4", "<u4", "u1")
BITS_PER_KEY = 10
FAMILIES = ("text", "code", "table")
CHUNK = 1 << 22
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Postings:
    """Rows of (48-bit hash, document, position) sorted by hash; arrays of equal length."""

    hashes: Words
    documents: npt.NDArray[np.uint32]
    positions: npt.NDArray[np.uint32]

    def sorted(self) -> "Postings":
        """The same, sorted by hash, then document and position as they came."""
        order = ordered(self.hashes)
        return Postings(self.hashes[order], self.documents[order], self.positions[order])

    def thinned(self, most: int) -> "Postings":
        """Sorted postings with at most `most` places of a hash per document: repetition says nothing new."""
        kept = thin(self.hashes, self.documents, most)
        return Postings(self.hashes[kept], self.documents[kept], self.positions[kept])


def _layout(count: int) -> tuple[int, list[tuple[int, int]]]:
    """Bits of the bitmap; offset and byte length of each section."""
    bits = max(64, count * BITS_PER_KEY)
    lengths = [count * 2, count * 4, count * 4, count * 4, (bits + 7) // 8]
    places, at = [], HEADER
    for length in lengths:
        places.append((at, length))
        at += -(-length // 64) * 64
    return bits, places


def _header(family: str, count: int, digests: list[bytes], key: Key) -> bytes:
    head = MAGIC + struct.pack("<IIQ", 1, FAMILIES.index(family), count) + b"".join(digests)
    head += bytes(HEADER - DIGEST - len(head))
    return head + hmac.new(key.derive("segment"), head, hashlib.sha256).digest()


def write_segment(path: Path, family: str, count: int, chunks: Iterator[Postings], key: Key) -> None:
    """Write `count` postings that come sorted in chunks. The file appears under its name only when complete."""
    bits, places = _layout(count)
    temporary = path.with_suffix(".tmp")
    mac = key.derive("section")
    digests = [hashlib.blake2b(key=mac, digest_size=DIGEST, person=name.encode()) for name in SECTIONS]
    bitmap = np.zeros(places[4][1], np.uint8)
    done = 0
    with temporary.open("wb") as file:
        for chunk in chunks:
            fill_bitmap(chunk.hashes, np.uint64(bits), bitmap)
            columns = (
                chunk.hashes >> np.uint64(32),
                chunk.hashes & np.uint64(0xFFFFFFFF),
                chunk.documents,
                chunk.positions,
            )
            for n, column in enumerate(columns):
                raw = column.astype(TYPES[n]).tobytes()
                digests[n].update(raw)
                file.seek(places[n][0] + done * np.dtype(TYPES[n]).itemsize)
                file.write(raw)
            done += chunk.hashes.size
        if done != count:
            raise CorruptIndex(f"写入索引时条数不符：应为 {count}，实为 {done}。")
        digests[4].update(bitmap.tobytes())
        file.seek(places[4][0])
        file.write(bitmap.tobytes())
        file.seek(0)
        file.write(_header(family, count, [d.digest() for d in digests], key))
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)


class Segment:
    """An open segment, memory-mapped read-only. Raises `CorruptIndex` when its head or length is not what it was."""

    def __init__(self, path: Path, key: Key) -> None:
        self.path, self._key = path, key
        damaged = CorruptIndex(f"索引文件 {path.name} 已损坏，请从备份恢复或重新建立索引。")
        try:
            with path.open("rb") as file:
                head = file.read(HEADER)
            size = path.stat().st_size
        except OSError as error:
            raise CorruptIndex(f"索引文件 {path.name} 缺失或打不开。") from error
        if len(head) != HEADER or head[:8] != MAGIC:
            raise damaged
        expected = hmac.new(key.derive("segment"), head[:-DIGEST], hashlib.sha256).digest()
        if not hmac.compare_digest(expected, head[-DIGEST:]):
            raise damaged
        _, family, self.count = struct.unpack_from("<IIQ", head, 8)
        self.family = FAMILIES[family]
        self._digests = [head[24 + n * DIGEST : 24 + (n + 1) * DIGEST] for n in range(len(SECTIONS))]
        self.bits, self._places = _layout(self.count)
        if size < self._places[4][0] + self._places[4][1]:
            raise damaged
        raw = np.memmap(path, np.uint8, "r").view(np.ndarray)
        self._sections = [raw[a : a + n].view(t) for (a, n), t in zip(self._places, TYPES, strict=True)]
        self.high, self.low, self.documents, self.positions, self.bitmap = self._sections
        self.directory: Longs = np.searchsorted(self.high, np.arange(65537)).astype(np.int64)

    def verify(self) -> None:
        """Check every byte. Raises `CorruptIndex`."""
        mac = self._key.derive("section")
        for name, section, expected in zip(SECTIONS, self._sections, self._digests, strict=True):
            digest = hashlib.blake2b(key=mac, digest_size=DIGEST, person=name.encode())
            for at in range(0, section.size, CHUNK):
                digest.update(section[at : at + CHUNK].tobytes())
            if not hmac.compare_digest(digest.digest(), expected):
                raise CorruptIndex(f"索引文件 {self.path.name} 的 {name} 区已损坏，请从备份恢复或重新建立索引。")

    def lookup(self, hashes: Words, most: int) -> tuple[Longs, npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """Which of `hashes` (by index) occurs in which document at which position; at most `most` per hash."""
        section = (self.bitmap, self.directory, self.low, self.documents, self.positions)
        found: tuple[Longs, npt.NDArray[np.uint32], npt.NDArray[np.uint32]]
        found = gather(hashes, np.uint64(self.bits), *section, most)
        return found

    def slices(self, buckets: int, shift: int = 0) -> Iterator[Postings]:
        """The postings, in `buckets` ranges of the hash, documents raised by `shift`."""
        edges = np.linspace(0, 65536, buckets + 1).astype(np.int64)
        for a, b in zip(self.directory[edges[:-1]], self.directory[edges[1:]], strict=True):
            hashes = self.high[a:b].astype(np.uint64) << np.uint64(32) | self.low[a:b].astype(np.uint64)
            yield Postings(hashes, self.documents[a:b] + np.uint32(shift), self.positions[a:b].astype(np.uint32))


def merged(segments: list[Segment], shifts: list[int]) -> Iterator[Postings]:
    """The postings of several segments in the order of hashes, in bounded memory."""
    total = sum(s.count for s in segments)
    buckets = int(min(4096, max(1, total // (1 << 20))))
    for parts in zip(*(s.slices(buckets, n) for s, n in zip(segments, shifts, strict=True)), strict=True):
        yield Postings(
            np.concatenate([p.hashes for p in parts]),
            np.concatenate([p.documents for p in parts]),
            np.concatenate([p.positions for p in parts]),
        ).sorted()
