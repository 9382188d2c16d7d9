"""One adapter per system: `index(documents)`, `query(text) -> [(name, score, spans)]`. Peers are optional."""

import atexit
import importlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol

from bench.matching.data import Item
from midun.lib.similarity.background import standard
from midun.lib.similarity.documents import Document, Kind, Part
from midun.lib.similarity.keys import throwaway_key
from midun.lib.similarity.matching import match
from midun.lib.similarity.store.index import Index

Answer = list[tuple[str, float, list[tuple[int, int]]]]


def _folder() -> Path:
    """A folder that goes when the process ends."""
    made = Path(tempfile.mkdtemp(prefix="midun-bench-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


class System(Protocol):
    """What is measured."""

    def index(self, items: list[Item]) -> None:
        """Take in the protected documents."""

    def query(self, text: str) -> Answer:
        """Names with scores, greater is more alike."""


class Ours:
    """The library as `midun index add` and `midun scan` use it."""

    def __init__(self, kind: str) -> None:
        self.kind = {"zh": Kind.PROSE, "en": Kind.PROSE, "code": Kind.CODE, "table": Kind.TABLE}[kind]
        self.folder = _folder()
        self.key = throwaway_key()
        self.background = standard(self.key)

    def part(self, text: str) -> Part:
        return Part(self.kind, text, (), "python" if self.kind is Kind.CODE else "")

    def index(self, items: list[Item]) -> None:
        self.made = Index.create(self.folder / "index", self.key)
        self.made.add(Document(i.name, 0, i.name, "", (self.part(i.text),)) for i in items)
        self.names = [entry.name for entry in self.made.all_entries()]

    def query(self, text: str) -> Answer:
        found = match(self.part(text), self.key, self.made, self.background)
        return [(self.names[m.entry], m.evidence, [p.span for p in m.passages]) for m in found]


def _shingles(text: str) -> list[str]:
    units = re.findall(r"[\u4e00-\u9fff]|\w+", text.lower())
    return [" ".join(units[n : n + 4]) for n in range(max(1, len(units) - 3))]


class DataSketch:
    """MinHash of 128 permutations, estimated Jaccard similarity."""

    def __init__(self, _: str) -> None:
        self.peer = importlib.import_module("datasketch")

    def _hash(self, text: str) -> Any:
        made = self.peer.MinHash(num_perm=128)
        made.update_batch([s.encode() for s in _shingles(text)])
        return made

    def index(self, items: list[Item]) -> None:
        self.made = [(i.name, self._hash(i.text)) for i in items]

    def query(self, text: str) -> Answer:
        mine = self._hash(text)
        return [(name, mine.jaccard(other), []) for name, other in self.made]


class Rensa:
    """R-MinHash of 128 permutations."""

    def __init__(self, _: str) -> None:
        self.peer = importlib.import_module("rensa")

    def _hash(self, text: str) -> Any:
        made = self.peer.RMinHash(num_perm=128, seed=42)
        made.update(_shingles(text))
        return made

    def index(self, items: list[Item]) -> None:
        self.made = [(i.name, self._hash(i.text)) for i in items]

    def query(self, text: str) -> Answer:
        mine = self._hash(text)
        return [(name, mine.jaccard(other), []) for name, other in self.made]


class CopyDetect:
    """Winnowing as shipped (k = 25), every k-gram kept; scored by the number of shared tokens."""

    def __init__(self, kind: str) -> None:
        self.peer, self.kind = importlib.import_module("copydetect"), kind
        self.folder = _folder()

    def _print(self, text: str) -> Any:
        path = self.folder / ("a.py" if self.kind == "code" else "a.txt")
        path.write_text(text, encoding="utf-8")
        return self.peer.CodeFingerprint(str(path), 25, 1, filter=self.kind == "code", encoding="utf-8")

    def index(self, items: list[Item]) -> None:
        self.made = [(i.name, self._print(i.text)) for i in items]

    def query(self, text: str) -> Answer:
        mine = self._print(text)
        return [(name, float(self.peer.compare_files(mine, other)[0]), []) for name, other in self.made]


class SimHash:
    """64-bit SimHash."""

    def __init__(self, _: str) -> None:
        self.peer = importlib.import_module("simhash")

    def index(self, items: list[Item]) -> None:
        self.made = [(i.name, self.peer.Simhash(_shingles(i.text))) for i in items]

    def query(self, text: str) -> Answer:
        mine = self.peer.Simhash(_shingles(text))
        return [(name, 64.0 - mine.distance(other), []) for name, other in self.made]


class Tlsh:
    """TLSH, difference turned round."""

    def __init__(self, _: str) -> None:
        self.peer = importlib.import_module("tlsh")

    def index(self, items: list[Item]) -> None:
        self.made = [(i.name, self.peer.hash(i.text.encode())) for i in items]

    def query(self, text: str) -> Answer:
        mine = self.peer.hash(text.encode())
        if not mine or mine == "TNULL":
            return []
        return [(n, 1000.0 - self.peer.diff(mine, other), []) for n, other in self.made if other and other != "TNULL"]


PEERS: dict[str, Any] = {
    "copydetect": CopyDetect, "datasketch": DataSketch, "rensa": Rensa, "simhash": SimHash, "tlsh": Tlsh,
}  # fmt: skip
