"""Evidence: which protected entries a part overlaps with, how strongly, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from midun.lib.similarity.background import PUBLIC, SHIFT, Background
from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.fingerprint import WINDOW, Fingerprints, fingerprints
from midun.lib.similarity.kernels.evidence import aligned, groups, weigh
from midun.lib.similarity.keys import Key, Words
from midun.lib.similarity.tables import MOST, row_pairs, table_fingerprints

LONGEST_GAP = {"text": 80, "code": 120}
LEAST_CHAIN, LEAST_SUM = 14.0, 16.0
SHORT_CHAIN = 7.5
"""Bits from which a stretch is shown beside others that are evidence by themselves."""
CANDIDATES, MOST_CHAINS = 20, 256
REST, LEAST_BITS = 0.25, 0.3
"""How much the chains beside the best one count: scattered agreement says less than one long run."""
NEW_SHARE = 0.3
NOTHING = np.zeros(0, np.uint8)
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
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


def _looked_up(made: Words, segments: Sequence[Lookup]) -> Found:
    """What the segments found, by rising place in the query."""
    found = [segment.lookup(made, MOST) for segment in segments]
    if len(found) == 1:
        return found[0]
    which, entry, place = (np.concatenate([f[n] for f in found]) for n in range(3))
    order = np.argsort(which, kind="stable")
    return which[order], entry[order], place[order]


def _rare(found: Found) -> Found:
    """Without what is too common over all segments together."""
    which, entry, place = found
    rare = np.bincount(which)[which] <= MOST if which.size else np.zeros(0, np.bool_)
    return which[rare], entry[rare], place[rare]


def _passages(made: Fingerprints, spans: npt.NDArray[np.int32], scores: Floats) -> tuple[float, float, list[Passage]]:
    """(bits of the best chain, bits of all, passages that do not overlap on the query's side)."""
    covered = np.zeros(made.stream.size + 1, np.bool_)
    best = total = 0.0
    passages: list[Passage] = []
    for (q0, q1, d0, d1), score in zip(spans.tolist(), scores.tolist(), strict=True):
        if not passages and score < LEAST_CHAIN:
            break
        fresh = 1 - float(np.count_nonzero(covered[q0:q1])) / (min(q1, covered.size) - q0)
        if fresh < NEW_SHARE:
            continue
        covered[q0:q1] = True
        if score >= LEAST_CHAIN:
            total += score * fresh
        best = max(best, score)
        passages.append(Passage(q0, min(q1, made.stream.size), d0, d1, score, made.stream.span(q0, q1)))
    return best, total, passages


def _matches(made: Fingerprints, library: Library, background: Background | None) -> list[Match]:
    segments = library.segments[made.family]
    if not segments or not made.hashes.size:
        return []
    which, entry, place = _looked_up(made.hashes, segments)
    if not which.size:
        return []
    weights = np.empty(which.size, np.float32)
    seen = background.counts if background else NOTHING
    weigh(which, entry, made.hashes, made.bits, MOST, LEAST_BITS, seen, SHIFT, PUBLIC, weights)
    order, begins, ends = groups(entry, weights, LEAST_SUM, CANDIDATES)
    correction = float(np.log2(max(2, made.stream.size) * max(2, library.units(made.family))))
    out = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        mine, gap = order[begin:end], LONGEST_GAP[made.family]
        found = aligned(mine, which, place, made.positions, made.lengths, weights, gap, SHORT_CHAIN, MOST_CHAINS)
        best, total, passages = _passages(made, *found)
        if passages:
            evidence = best - correction + REST * max(0.0, total - best)
            out.append(Match(int(entry[mine[0]]), made.family, evidence, passages))
    return out


def _table_matches(part: Part, key: Key, library: Library) -> list[Match]:
    cells = table_fingerprints(part.text, key)
    if not library.segments["table"] or not cells.hashes.size:
        return []
    which, entry, place = _rare(_looked_up(cells.hashes, library.segments["table"]))
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
