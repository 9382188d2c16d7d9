"""One adapter per system: `index(documents)`, `query(text) -> [(name, score, spans)]`.

The peers live in an environment of their own (`.peers-matching`), made on the first run from the package indexes; one
that cannot be installed is named as not measured. Nothing of theirs is a dependency of the product.
"""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
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

    @property
    def spent(self) -> float:
        """CPU seconds since the beginning."""

    def close(self) -> None:
        """End what was started."""


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

    @property
    def spent(self) -> float:
        return time.process_time()

    def close(self) -> None:
        pass


PEERS = ("copydetect", "datasketch", "rensa", "rapidfuzz", "simhash", "tlsh", "dolos")
FOLDER = Path(os.environ.get("MIDUN_MATCHING_PEERS", Path(__file__).resolve().parents[2] / ".peers-matching"))
PACKAGES = (
    "copydetect==0.5.0", "datasketch==2.0.0", "rensa==0.5.0", "rapidfuzz==3.14.6", "simhash==2.1.2", "py-tlsh==5.0.0",
)  # fmt: skip
DOLOS = "@dodona/dolos-lib@3.5.1"
ENTRY = "node_modules/@dodona/dolos-lib/dist/index.js"


def prepare_peers() -> None:
    """Make the peers' environment where there is none: Python packages in one place, Dolos by npm beside them."""
    python, uv = FOLDER / "bin" / "python", Path(sys.executable).parent / "uv"
    steps: list[list[str | Path]] = []
    if not python.exists():
        steps += [[uv, "venv", "-q", FOLDER], [uv, "pip", "install", "-q", "--python", python, *PACKAGES]]
    if not (FOLDER / ENTRY).exists():
        steps += [["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", FOLDER, DOLOS]]
    for step in steps:
        if shutil.which(step[0]):
            subprocess.run(step, check=False, capture_output=True)


class Absent(Exception):
    """A peer is not installed, or does not read this kind of material."""


class Peer:
    """A peer in its own process; `spent` are the CPU seconds it has taken."""

    def __init__(self, name: str, kind: str) -> None:
        if name == "dolos" and kind != "code":
            raise Absent(name)
        beside = Path(__file__).parent
        if name == "dolos":
            command = ["node", beside / "dolos_worker.mjs", FOLDER / ENTRY]
        else:
            command = [FOLDER / "bin" / "python", "-W", "ignore", beside / "peer_worker.py", name, kind]
        if not shutil.which(command[0]):
            raise Absent(name)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.spent = 0.0
        if not self._said():
            self.close()
            raise Absent(name)

    def _said(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        found: dict[str, Any] = json.loads(line) if line else {}
        return found

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        said = self._said()
        self.spent += said["seconds"]
        return said["answer"]

    def index(self, items: list[Item]) -> None:
        self._ask({"items": [(i.name, i.text) for i in items]})

    def query(self, text: str) -> Answer:
        return [(name, score, []) for name, score in self._ask({"text": text})]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
