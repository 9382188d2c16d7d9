"""What everybody has: fingerprints of public material are no evidence (docs/formats/similarity-fingerprint.md).

The model is built on each machine from redistributable text that is there anyway, under the enterprise's own key: the
standard clauses and licences shipped in `data/common`, and the standard library of Python. More can be added.
"""

import sysconfig
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from midun.lib.similarity.documents import Document, Kind, Part
from midun.lib.similarity.errors import CorruptIndex
from midun.lib.similarity.fingerprint import fingerprints
from midun.lib.similarity.keys import Key, Words

BITS = 25
SHIFT = np.uint64(48 - BITS)
FILE = "background.bin"
PUBLIC = 2
"""A fingerprint that so many public documents have is public."""
MODULES = 170
PACKAGES = (
    "asyncio", "collections", "concurrent/futures", "ctypes", "curses", "dbm", "email", "http", "importlib", "json",
    "logging", "multiprocessing", "sqlite3", "tkinter", "unittest", "urllib", "wsgiref", "xml/dom", "xml/etree",
    "xml/sax", "xmlrpc",
)  # fmt: skip
COMMON = Path(__file__).resolve().parent / "data" / "common"


@dataclass(frozen=True)
class Background:
    """In how many public documents a fingerprint was seen (up to 255), by the top 25 of its 48 bits."""

    counts: npt.NDArray[np.uint8]
    documents: int

    def public(self, hashes: Words) -> npt.NDArray[np.bool_]:
        """Which fingerprints are public."""
        return np.asarray(self.counts[(hashes >> SHIFT).astype(np.int64)] >= PUBLIC)

    def packed(self) -> bytes:
        """For storing beside an index."""
        return self.documents.to_bytes(8, "little") + zlib.compress(self.counts.tobytes(), 1)


def unpacked(data: bytes) -> Background:
    """The inverse of `packed`. Raises ValueError or zlib.error on damage."""
    counts = np.frombuffer(zlib.decompress(data[8:]), np.uint8)
    if counts.size != 1 << BITS:
        raise ValueError("not a background model")
    return Background(counts.copy(), int.from_bytes(data[:8], "little"))


def of_folder(folder: Path, key: Key) -> Background:
    """The model that belongs to an index: what was registered beside it, else the standard one. Raises `CorruptIndex`.

    A worker on another machine calls this as well, so that all judge alike.
    """
    path = folder / FILE
    if not path.exists():
        return standard(key)
    try:
        return unpacked(path.read_bytes())
    except (ValueError, OSError, zlib.error) as error:
        raise CorruptIndex(f"公开材料模型 {path} 已损坏，请删除后重新登记。") from error


def build(parts: Iterable[Part], key: Key, start: Background | None = None, *, weight: int = 1) -> Background:
    """A model of the given parts, added to `start`. With `weight` PUBLIC, one occurrence makes public.

    Of source code that needs two occurrences only tokens are counted, not the words of its comments.
    """
    counts = start.counts.copy() if start else np.zeros(1 << BITS, np.uint8)
    documents = start.documents if start else 0
    for part in parts:
        documents += 1
        for made in fingerprints(part, key, window=1):
            if part.kind is Kind.CODE and made.family == "text" and weight < PUBLIC:
                continue
            at = np.unique((made.hashes >> SHIFT).astype(np.int64))
            counts[at] = np.minimum(255 - weight, counts[at]) + weight
    return Background(counts, documents)


def parts_of(documents: Iterable[Document]) -> Iterator[Part]:
    """All parts of documents."""
    for document in documents:
        yield from document.parts


def _library() -> Iterator[Part]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    packages = [p for name in PACKAGES for p in sorted((folder / name).glob("*.py"))]
    for path in (*sorted(folder.glob("*.py"))[:MODULES], *packages):
        yield Part(Kind.CODE, path.read_text(encoding="utf-8", errors="replace"), (), "python")


@lru_cache(maxsize=4)
def standard(key: Key) -> Background:
    """The model every index begins with. Raises nothing when the standard library's source is absent: it is smaller."""
    clauses = (Part(Kind.PROSE, p.read_text(encoding="utf-8")) for p in sorted(COMMON.glob("*.txt")))
    return build(_library(), key, build(clauses, key, weight=PUBLIC))
