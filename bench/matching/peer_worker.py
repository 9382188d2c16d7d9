"""One peer in its own process and environment: a JSON line in, a JSON line out, with the CPU seconds it took.

Started as `python peer_worker.py NAME KIND`. Nothing of the product is imported here.
"""

import importlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

TOKENS = 25
"""Length of copydetect's fingerprints, as shipped."""


def shingles(text: str) -> list[str]:
    """Runs of four units, a unit being an ideograph or a word."""
    units = re.findall(r"[\u4e00-\u9fff]|\w+", text.lower())
    return [" ".join(units[n : n + 4]) for n in range(max(1, len(units) - 3))]


def datasketch(_: str) -> tuple[Callable[[str], Any], Callable[[Any, Any], float]]:
    """MinHash of 128 permutations, estimated Jaccard similarity."""
    peer = importlib.import_module("datasketch")

    def make(text: str) -> Any:
        made = peer.MinHash(num_perm=128)
        made.update_batch([s.encode() for s in shingles(text)])
        return made

    return make, lambda a, b: float(a.jaccard(b))


def rensa(_: str) -> tuple[Callable[[str], Any], Callable[[Any, Any], float]]:
    """R-MinHash of 128 permutations."""
    peer = importlib.import_module("rensa")

    def make(text: str) -> Any:
        made = peer.RMinHash(num_perm=128, seed=42)
        made.update(shingles(text))
        return made

    return make, lambda a, b: float(a.jaccard(b))


def simhash(_: str) -> tuple[Callable[[str], Any], Callable[[Any, Any], float]]:
    """64-bit SimHash."""
    peer = importlib.import_module("simhash")
    return (lambda text: peer.Simhash(shingles(text))), lambda a, b: 64.0 - float(a.distance(b))


def tlsh(_: str) -> tuple[Callable[[str], Any], Callable[[Any, Any], float]]:
    """TLSH, difference turned round."""
    peer = importlib.import_module("tlsh")

    def score(a: str, b: str) -> float:
        return 1000.0 - peer.diff(a, b) if a and b and "TNULL" not in (a, b) else -1.0

    return (lambda text: peer.hash(text.encode())), score


def rapidfuzz(_: str) -> tuple[Callable[[str], Any], Callable[[Any, Any], float]]:
    """The normalised edit similarity of whole texts."""
    peer = importlib.import_module("rapidfuzz.fuzz")
    return (lambda text: text), lambda a, b: float(peer.ratio(a, b))


def copydetect(kind: str) -> tuple[Callable[[str], Any], Callable[[Any, Any], float]]:
    """Winnowing as shipped, every k-gram kept; scored as is better for it: share of code, shared text."""
    peer, folder = importlib.import_module("copydetect"), Path(tempfile.mkdtemp(prefix="midun-bench-"))

    def make(text: str) -> Any:
        path = folder / ("a.py" if kind == "code" else "a.txt")
        path.write_text(text, encoding="utf-8")
        try:
            return peer.CodeFingerprint(str(path), TOKENS, 1, filter=kind == "code", encoding="utf-8")
        finally:
            path.unlink()

    def score(a: Any, b: Any) -> float:
        shared, shares, _ = peer.compare_files(a, b)
        return float(max(shares) if kind == "code" else shared)

    return make, score


def answers(make: Callable[[str], Any], score: Callable[[Any, Any], float]) -> Iterable[Any]:
    """A generator that takes requests and gives answers."""
    known: list[tuple[str, Any]] = []
    answer: Any = None
    while True:
        request = yield answer
        if "items" in request:
            known = [(name, make(text)) for name, text in request["items"]]
            answer = []
        else:
            mine = make(request["text"])
            answer = [(name, score(mine, other)) for name, other in known]


def main(name: str, kind: str) -> None:
    """Serve until the input ends."""
    made = {f.__name__: f for f in (datasketch, rensa, simhash, tlsh, rapidfuzz, copydetect)}[name](kind)
    turn: Any = answers(*made)
    next(turn)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        start = time.process_time()
        answer = turn.send(request)
        print(json.dumps({"answer": answer, "seconds": time.process_time() - start}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
