"""Compare A (what is protected) with B (what is suspected), secret point by secret point."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from midun.lib.similarity import functions as code
from midun.lib.similarity.background import Background, build, standard
from midun.lib.similarity.calibration import Rate, rate, threshold
from midun.lib.similarity.documents import Document, Kind, Part
from midun.lib.similarity.fingerprint import Stream, code_stream, fingerprints, prose_stream
from midun.lib.similarity.kernels.lexer import NAME
from midun.lib.similarity.kernels.lookup import extend, walk
from midun.lib.similarity.keys import Key, Words, throwaway_key
from midun.lib.similarity.matching import Match, match
from midun.lib.similarity.points import Point
from midun.lib.similarity.rows import RowPair, paired_rows
from midun.lib.similarity.store.segment import FAMILIES, Postings
from midun.lib.similarity.tables import table_fingerprints

MISSES = 2
PUBLIC_SHARE = 0.5
SAME = 0.995
Bools = npt.NDArray[np.bool_]
_Span = tuple[list[int], npt.NDArray[np.int64], bool]
"""(a0, a1, b0, b1), pairs of equal units, whether verbatim."""


class Memory:
    """A library of one part, for comparing two documents."""

    def __init__(self, part: Part, key: Key) -> None:
        self._units = dict.fromkeys(FAMILIES, 0)
        self.segments: dict[str, Sequence[_Sorted]] = dict.fromkeys(FAMILIES, ())
        if part.kind is Kind.TABLE:
            cells = table_fingerprints(part.text, key)
            self._keep("table", cells.hashes, cells.places, cells.rows)
        for made in fingerprints(part, key, window=1):
            self._keep(made.family, made.hashes, made.positions, made.stream.size)

    def _keep(self, family: str, hashes: Words, places: np.ndarray, units: int) -> None:
        documents = np.zeros(hashes.size, np.uint32)
        self.segments[family] = (_Sorted(Postings(hashes, documents, places.astype(np.uint32)).sorted()),)
        self._units[family] = units

    def units(self, family: str) -> int:
        """Units of the part."""
        return self._units[family]


@dataclass(frozen=True)
class _Sorted:
    postings: Postings

    def lookup(self, hashes: Words, most: int) -> tuple[npt.NDArray[np.int64], np.ndarray, np.ndarray]:
        """As `Lookup`."""
        first = np.searchsorted(self.postings.hashes, hashes, "left")
        counts = np.searchsorted(self.postings.hashes, hashes, "right") - first
        counts[counts > most] = 0
        which = np.repeat(np.arange(hashes.size), counts)
        rows = np.arange(which.size) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
        return which, self.postings.documents[rows], self.postings.positions[rows]


@dataclass(frozen=True)
class Aligned:
    """A passage of both texts. Offsets are code points; `same` are equal units as pairs of (begin, end) in A and in B.

    `form` is "verbatim" or "adapted"; `reordered` when it stands elsewhere in B's order than in A's.
    """

    document: int
    part: int
    a: tuple[int, int]
    b: tuple[int, int]
    form: str
    reordered: bool
    public: bool
    share: float
    same: tuple[tuple[int, int, int, int], ...]


@dataclass
class Finding:
    """What a comparison says on one point. Shares are of the point's units (rows, for a table)."""

    point: Point
    units: int = 0
    covered: float = 0.0
    verbatim: float = 0.0
    adapted: float = 0.0
    reordered: float = 0.0
    public: float = 0.0
    evidence: float = 0.0
    family: str = "text"
    rate: Rate = field(default_factory=lambda: Rate(0, 0))
    above: bool = False
    aligned: list[Aligned] = field(default_factory=list)
    uncovered: list[tuple[int, int]] = field(default_factory=list)
    rows: list[RowPair] = field(default_factory=list)
    columns: list[tuple[int, int, int]] = field(default_factory=list)
    functions: list[tuple[str, str, float]] = field(default_factory=list)
    renames: list[tuple[str, str, int]] = field(default_factory=list)


def stream_of(part: Part, family: str, key: Key) -> Stream:
    """The units in which a family counts."""
    return code_stream(part.text, part.language, key) if family == "code" else prose_stream(part.text, key)


def _in_order(starts: Sequence[int]) -> set[int]:
    """Indexes of a longest increasing subsequence: what is not in it was moved."""
    tails: list[int] = []
    before, at = [-1] * len(starts), []
    for n, value in enumerate(starts):
        low = int(np.searchsorted(tails, value)) if tails else 0
        if low == len(tails):
            tails.append(value)
            at.append(n)
        else:
            tails[low], at[low] = value, n
        before[n] = at[low - 1] if low else -1
    n, kept = (at[-1] if at else -1), set()
    while n >= 0:
        kept.add(n)
        n = before[n]
    return kept


class _Side:
    """Point and suspected part in one family, with what is needed to align them."""

    def __init__(self, point: Part, suspect: Part, family: str, key: Key) -> None:
        self.family, self.point, self.suspect = family, point, suspect
        self.a, self.b = stream_of(point, family, key), stream_of(suspect, family, key)
        self.hash_a, self.hash_b = self.a.hashes, self.b.hashes
        if family == "code":
            # Alignment passes over names: a renamed copy aligns as well as a plain one.
            self.hash_a = np.where(self.a.kinds == NAME, key.characters[1000], self.a.hashes)
            self.hash_b = np.where(self.b.kinds == NAME, key.characters[1000], self.b.hashes)

    def aligned(self, span: tuple[int, int, int, int]) -> tuple[list[int], np.ndarray]:
        """The span (a0, a1, b0, b1) grown at both ends, and the pairs of equal units in it."""
        grown = np.array(span, np.int64)
        extend(self.hash_a, self.hash_b, grown, MISSES)
        a0, a1, b0, b1 = grown.tolist()
        pairs = np.empty((min(a1 - a0, b1 - b0), 2), np.int64)
        n = walk(self.hash_a[a0:a1], self.hash_b[b0:b1], pairs)
        return [a0, a1, b0, b1], pairs[:n] + np.array([a0, b0])


def _runs(side: _Side, pairs: np.ndarray) -> tuple[tuple[int, int, int, int], ...]:
    """Equal units joined to runs, as offsets in both texts."""
    if not len(pairs):
        return ()
    breaks = np.flatnonzero((np.diff(pairs[:, 0]) != 1) | (np.diff(pairs[:, 1]) != 1))
    begins, ends = np.append(0, breaks + 1), np.append(breaks, len(pairs) - 1)
    a, b = side.a, side.b
    return tuple(
        (int(a.starts[pairs[i, 0]]), int(a.ends[pairs[j, 0]]), int(b.starts[pairs[i, 1]]), int(b.ends[pairs[j, 1]]))
        for i, j in zip(begins, ends, strict=True)
    )


def _verbatim(side: _Side, span: list[int], pairs: np.ndarray) -> bool:
    a0, a1, b0, b1 = span
    whole = a1 - a0 == b1 - b0 and len(pairs) >= SAME * (a1 - a0)
    if side.family == "code":
        return whole and bool((side.a.hashes[a0:a1] == side.b.hashes[b0:b1]).mean() >= SAME)
    return whole


def _public_units(side: _Side, key: Key, background: Background) -> Bools:
    """Which units of the point are public: most fingerprints over them are."""
    over = np.zeros((2, side.a.size + 1), np.int64)
    for made in fingerprints(side.point, key, window=1):
        if made.family == side.family:
            public = background.public(made.hashes)
            for row, chosen in enumerate((np.ones_like(public), public)):
                begins = made.positions[chosen]
                np.add.at(over[row], begins, 1)
                np.add.at(over[row], np.minimum(side.a.size, begins + made.lengths[chosen]), -1)
    every, known = np.cumsum(over, axis=1)[:, : side.a.size]
    return np.asarray((every > 0) & (known > PUBLIC_SHARE * every))


def _gaps(stream: Stream, covered: Bools) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[1], covered.astype(np.int8), [1]])))
    return [stream.span(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


class _Tally:
    """Which units of the point are covered, verbatim, moved: each unit counts once, however often it was found."""

    def __init__(self, size: int, public: Bools) -> None:
        self.size, self.public = max(1, size), public
        self.covered, self.verbatim, self.moved = (np.zeros(size, np.bool_) for _ in range(3))

    def take(self, side: _Side, spans: list[_Span], document: int, part: int) -> list[Aligned]:
        """Count the passages of one part of B and give them with their offsets."""
        spans.sort(key=lambda s: (s[0][0], s[0][2]))
        kept, out = _in_order([span[2] for span, _, _ in spans]), []
        for n, (span, pairs, verbatim) in enumerate(spans):
            places = pairs[:, 0]
            self.covered[places] = True
            self.verbatim[places] |= verbatim
            self.moved[places] |= n not in kept
            common = bool(places.size and self.public[places].mean() > PUBLIC_SHARE)
            share = len(pairs) / max(1, span[1] - span[0])
            a, b = side.a.span(span[0], span[1]), side.b.span(span[2], span[3])
            form = "verbatim" if verbatim else "adapted"
            out.append(Aligned(document, part, a, b, form, n not in kept, common, share, _runs(side, pairs)))
        return out

    def state(self, finding: Finding) -> None:
        """Write the shares."""
        finding.covered = float(self.covered.sum() / self.size)
        finding.verbatim = float(self.verbatim.sum() / self.size)
        finding.adapted = finding.covered - finding.verbatim
        finding.reordered = float(self.moved.sum() / self.size)
        finding.public = float((self.covered & self.public).sum() / self.size)


def _names(side: _Side, spans: list[_Span]) -> list[tuple[str, str]]:
    out = []
    for _, pairs, _ in spans:
        for i, j in pairs[side.a.kinds[pairs[:, 0]] == NAME].tolist():
            a, b = side.point.text, side.suspect.text
            out.append((a[side.a.starts[i] : side.a.ends[i]], b[side.b.starts[j] : side.b.ends[j]]))
    return out


def _function_shares(finding: Finding, suspects: Sequence[Document]) -> list[tuple[str, str, float]]:
    """Per function of the point: the function of B that shares most with it, and which share of it is covered."""
    out = []
    for mine in code.functions(finding.point.part):
        best: dict[str, int] = {}
        for each in finding.aligned:
            theirs = code.functions(suspects[each.document].parts[each.part])
            for a0, a1, b0, b1 in each.same:
                begin, end = max(a0, mine.begin), min(a1, mine.end)
                size = end - begin
                if size > 0:
                    middle = b0 + ((begin + end) / 2 - a0) * (b1 - b0) / (a1 - a0)
                    name = next((f.name for f in theirs if f.begin <= middle < f.end), "（函数之外）")
                    best[name] = best.get(name, 0) + size
        if best:
            name = max(sorted(best), key=lambda n: best[n])
            solid = len("".join(finding.point.part.text[mine.begin : mine.end].split()))
            out.append((mine.name, name, min(1.0, sum(best.values()) / max(1, solid))))
    return out


def _compare_point(point: Point, suspects: Sequence[Document], key: Key, background: Background) -> Finding:
    finding, memory = Finding(point), Memory(point.part, key)
    known = (
        build((Part(Kind.PROSE, t) for t in point.conceded), key, background, weight=2)
        if point.conceded
        else background
    )
    best: dict[str, list[tuple[int, int, Match]]] = {family: [] for family in FAMILIES}
    for number, document in enumerate(suspects):
        for place, part in enumerate(document.parts):
            evidence = {m.family: m.evidence for m in match(part, key, memory, known, window=1)}
            for found in match(part, key, memory, None, window=1):
                # Public passages are shown, and marked; they are no evidence.
                found.evidence = evidence.get(found.family, 0.0)
                best[found.family].append((number, place, found))
    if point.part.kind is Kind.TABLE:
        return _table_finding(finding, best["table"], suspects)
    strength = {f: max((m.evidence for *_, m in best[f]), default=-1e9) for f in ("code", "text")}
    family = "code" if strength["code"] >= threshold("code") else max(strength, key=lambda f: strength[f])
    family = family if best[family] else "text"
    whole = _Side(point.part, point.part, family, key)
    tally, names = _Tally(whole.a.size, _public_units(whole, key, known)), []
    for number, place, found in best[family]:
        side, spans = _Side(point.part, suspects[number].parts[place], family, key), []
        for passage in found.passages:
            span, pairs = side.aligned((passage.d0, min(passage.d1, side.a.size), passage.q0, passage.q1))
            spans.append((span, pairs, _verbatim(side, span, pairs)))
        finding.aligned += tally.take(side, spans, number, place)
        names += _names(side, spans) if family == "code" else []
    finding.units, finding.family = whole.a.size, family
    tally.state(finding)
    finding.uncovered = _gaps(whole.a, tally.covered)
    finding.aligned.sort(key=lambda x: (x.a, x.document, x.part, x.b))
    finding.evidence = max((m.evidence for *_, m in best[family]), default=0.0)
    finding.renames = code.rename_map(names)
    if family == "code":
        finding.functions = _function_shares(finding, suspects)
    return _rated(finding)


def _table_finding(finding: Finding, found: list[tuple[int, int, Match]], suspects: Sequence[Document]) -> Finding:
    finding.family = "table"
    for number, place, each in found:
        pairs = [(p.d0, p.q0) for p in each.passages]
        rows, columns = paired_rows(finding.point.part.text, suspects[number].parts[place].text, pairs, number, place)
        finding.rows += rows
        finding.columns = finding.columns or columns
        finding.evidence = max(finding.evidence, each.evidence)
    total = max(1, table_fingerprints(finding.point.part.text, throwaway_key()).rows)
    covered = {row.a for row in finding.rows}
    finding.units, finding.covered = total, len(covered) / total
    finding.verbatim = len({row.a for row in finding.rows if not row.changed}) / total
    finding.adapted = finding.covered - finding.verbatim
    return _rated(finding)


def _rated(finding: Finding) -> Finding:
    finding.rate = rate(finding.family, finding.evidence)
    finding.above = finding.evidence >= threshold(finding.family)
    return finding


def points_of(documents: Sequence[Document]) -> list[Point]:
    """Without a file of points, every part of A is one."""
    many = len(documents) > 1
    out: list[Point] = []
    for document in documents:
        for part in document.parts:
            place = part.marks[0][1] if len(part.marks) == 1 else ""
            name = document.name if many else document.name.rpartition("/")[2]
            out.append(Point(str(len(out) + 1), f"{name} {place}".strip(), part))
    return out


def compare(points: Sequence[Point], suspects: Sequence[Document], *, key: Key | None = None) -> list[Finding]:
    """One finding per point, in their order. Deterministic: equal input gives equal findings."""
    used = key or throwaway_key()
    background = standard(used)
    return [_compare_point(point, suspects, used, background) for point in points]
