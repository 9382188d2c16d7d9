"""Evidence: which protected entries a part overlaps with, how strongly, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from midun.lib.similarity.background import Background
from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.fingerprint import WINDOW, Fingerprints, fingerprints
from midun.lib.similarity.kernels.chain import chains
from midun.lib.similarity.keys import Key, Words
from midun.lib.similarity.tables import MOST, row_pairs, table_fingerprints

LONGEST_GAP = {"text": 80, "code": 120}
LEAST_CHAIN, LEAST_SUM = 16.0, 20.0
CANDIDATES, MOST_CHAINS = 20, 256
REST, LEAST_BITS = 0.25, 0.3
"""How much the chains beside the best one count: scattered agreement says less than one long run."""
NEW_SHARE = 0.3
Longs = npt.NDArray[np.int64]
Found = tuple[Longs, npt.NDArray[np.uint32], npt.NDArray[np.uint32]]


class Lookup(Protocol):
    """Sorted postings that answer which hashes are where."""

    def lookup(self, hashes: Words, most: int) -> Found:
        """Index into `hashes`, document, position."""


class Library(Protocol):
    """What is protected: an index on disk or two documents in memory."""

    @property
    def segments(self) -> Mapping[str, Sequence[Lookup]]:
        """The look-ups of each family."""

    def units(self, family: str) -> int:
        """How many units (rows, for tables) it has."""


@dataclass(frozen=True)
class Passage:
    """An aligned stretch in units (rows of a table: one each): [q0, q1) of the query, [d0, d1) of the entry.

    `span` is the stretch of the query in code points (of a table: the row's number, twice).
    """

    q0: int
    q1: int
    d0: int
    d1: int
    bits: float
    span: tuple[int, int]


@dataclass
class Match:
    """Overlap of one query part with one entry in one family. `evidence` is in bits after correction for size."""

    entry: int
    family: str
    evidence: float
    passages: list[Passage] = field(default_factory=list)


def _joined(found: Sequence[Found]) -> Found:
    """What several segments found, without what is too common over all of them."""
    which, entry, place = (np.concatenate([f[n] for f in found]) for n in range(3))
    rare = np.bincount(which)[which] <= MOST if which.size else np.zeros(0, np.bool_)
    return which[rare], entry[rare], place[rare]


def _anchors(made: Fingerprints, library: Library, background: Background | None) -> tuple[np.ndarray, ...]:
    found = [segment.lookup(made.hashes, MOST) for segment in library.segments[made.family]]
    if not found:
        empty = np.zeros(0, np.int32)
        return empty, empty, empty, empty, np.zeros(0, np.float32)
    which, entry, place = _joined(found)
    bits = made.bits[which].copy()
    if which.size:
        pairs = np.unique(which.astype(np.int64) << 32 | entry)
        spread = np.bincount(pairs >> 32, minlength=made.hashes.size)
        often = np.bincount(which, minlength=made.hashes.size)
        places, inverse = np.unique(which, return_inverse=True)
        _, same, repeats = np.unique(made.hashes[places], return_inverse=True, return_counts=True)
        repeated = np.maximum(repeats[same][inverse], often[which] / spread[which])
        discounted = np.maximum(bits - np.log2(spread[which]), LEAST_BITS) / repeated
        bits = np.asarray(discounted, np.float32)
        if background is not None:
            bits[background.public(made.hashes)[which]] = 0
    q, d = made.positions[which].astype(np.int32), place.astype(np.int32)
    return q, entry.astype(np.int64), d, made.lengths[which].astype(np.int32), bits.astype(np.float32)


def _chained(
    made: Fingerprints, q: np.ndarray, d: np.ndarray, k: np.ndarray, bits: np.ndarray
) -> tuple[float, float, list[Passage]]:
    """(bits of the best chain, bits of all, passages that do not overlap on the query's side)."""
    order = np.lexsort((d, q))
    spans, scores = np.empty((MOST_CHAINS, 4), np.int32), np.empty(MOST_CHAINS, np.float32)
    n = chains(q[order], d[order], bits[order], k[order], LONGEST_GAP[made.family], LEAST_CHAIN, spans, scores)
    covered = np.zeros(made.stream.size + 1, np.bool_)
    best = total = 0.0
    passages = []
    for (q0, q1, d0, d1), score in zip(spans[:n].tolist(), scores[:n].tolist(), strict=True):
        fresh = 1 - float(covered[q0:q1].mean())
        if fresh < NEW_SHARE:
            continue
        covered[q0:q1] = True
        total += score * fresh
        best = max(best, score)
        passages.append(Passage(q0, min(q1, made.stream.size), d0, d1, score, made.stream.span(q0, q1)))
    return best, total, passages


def _matches(made: Fingerprints, library: Library, background: Background | None) -> list[Match]:
    q, entry, d, k, bits = _anchors(made, library, background)
    if not q.size:
        return []
    numbers, inverse = np.unique(entry, return_inverse=True)
    sums = np.bincount(inverse, bits)
    strong = np.flatnonzero(sums >= LEAST_SUM)
    strong = strong[np.argsort(-sums[strong], kind="stable")][:CANDIDATES]
    correction = float(np.log2(max(2, made.stream.size) * max(2, library.units(made.family))))
    out = []
    for number in strong:
        mine = inverse == number
        best, total, passages = _chained(made, q[mine], d[mine], k[mine], bits[mine])
        if passages:
            evidence = best - correction + REST * max(0.0, total - best)
            out.append(Match(int(numbers[number]), made.family, evidence, passages))
    return out


def _table_matches(part: Part, key: Key, library: Library) -> list[Match]:
    cells = table_fingerprints(part.text, key)
    found = [segment.lookup(cells.hashes, MOST) for segment in library.segments["table"]]
    if not found or not cells.hashes.size:
        return []
    which, entry, place = _joined(found)
    out = []
    for number, pairs in row_pairs(cells, which, entry, place, library.units("table")).items():
        rows = zip(pairs.query.tolist(), pairs.document.tolist(), pairs.bits.tolist(), strict=True)
        passages = [Passage(q, q + 1, d, d + 1, bits, (q, q)) for q, d, bits in rows]
        out.append(Match(number, "table", float(pairs.bits.sum()), passages))
    return out


def match(
    part: Part, key: Key, library: Library, background: Background | None, *, window: int = WINDOW
) -> list[Match]:
    """Everything the part shares with the library, strongest first; the order is the same in every run."""
    if part.kind is Kind.TABLE:
        found = _table_matches(part, key, library)
    else:
        found = [m for made in fingerprints(part, key, window=window) for m in _matches(made, library, background)]
    return sorted(found, key=lambda m: (-m.evidence, m.entry, m.family))
