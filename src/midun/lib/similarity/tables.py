"""Tables: which rows of one are rows of another, whatever the order of rows and columns and the form of the cells."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from midun.lib.similarity.charmap import charmap, code_points
from midun.lib.similarity.kernels.cells import cells
from midun.lib.similarity.keys import Key, Words

LEAST_ROW_BITS, AGREEING, HEADED = 3.0, 2, 4
"""A pair of rows counts from so many bits on, after the correction for how many pairs there are."""
MOST = 64
"""Cells that occur more often in the index say nothing by themselves."""


@dataclass(frozen=True)
class Cells:
    """Keyed hashes of the normal forms of a table's cells; `places` is row << 8 | column."""

    hashes: Words
    places: npt.NDArray[np.uint32]
    rows: int


@dataclass(frozen=True)
class RowPairs:
    """Matched rows: of the query, of the document, bits of each pair."""

    query: npt.NDArray[np.int64]
    document: npt.NDArray[np.int64]
    bits: npt.NDArray[np.float64]


def table_fingerprints(text: str, key: Key) -> Cells:
    """The cells of a table part (CSV with commas)."""
    cp, chars = code_points(text), charmap()
    room = cp.size + 64
    hashes, places = np.empty(room, np.uint64), np.empty(room, np.uint32)
    k0, k1 = key.pair("table")
    count, rows = cells(cp, chars.table, chars.expansions, key.characters, key.base, k0, k1, hashes, places)
    kept = slice(0, count)
    head = text.partition("\n")[0]
    if rows >= HEADED and not any(c.isdigit() for c in head):
        # A first row without a number is a heading: everybody's customer table has the same one.
        kept = slice(int(np.searchsorted(places[:count], 1 << 8)), count)
    return Cells(hashes[kept].copy(), places[kept].copy(), int(rows))


def _best_of(groups: npt.NDArray[np.int64], bits: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Index of the greatest `bits` of each group."""
    order = np.lexsort((-bits, groups))
    first = np.append(True, groups[order][1:] != groups[order][:-1])
    return np.asarray(order[first], np.int64)


def row_pairs(
    query: Cells,
    which: npt.NDArray[np.int64],
    document: npt.NDArray[np.uint32],
    place: npt.NDArray[np.uint32],
    rows: int,
) -> dict[int, RowPairs]:
    """Evidence per document from shared cells: `query.hashes[which]` is in `document` at `place`.

    `rows` is how many rows the index has. A cell's bits are log2(rows / how often it is there); a pair of rows needs
    two agreeing cells, one credit per cell of either side; a row pairs with one row.
    """
    if not which.size:
        return {}
    often = np.bincount(which, minlength=query.hashes.size)
    bits = np.log2(max(2, rows) / np.maximum(1, often[which])).clip(0.05)
    q_place, d_place = query.places[which].astype(np.int64), place.astype(np.int64)
    pair = np.unique(np.stack([q_place >> 8, document.astype(np.int64), d_place >> 8]), axis=1, return_inverse=True)
    keys, group = pair[0], pair[1].reshape(-1)
    for column in (d_place & 255, q_place & 255):
        kept = _best_of(group * 256 + column, bits)
        group, bits, q_place, d_place = group[kept], bits[kept], q_place[kept], d_place[kept]
    total = np.bincount(group, bits, keys.shape[1])
    agreeing = np.bincount(group, minlength=keys.shape[1])
    total -= np.log2(max(2, rows) * max(2, query.rows))
    good = np.flatnonzero((agreeing >= AGREEING) & (total >= LEAST_ROW_BITS))
    out = {}
    for number in np.unique(keys[1][good]):
        mine = good[keys[1][good] == number]
        mine = mine[_best_of(keys[0][mine], total[mine])]
        mine = mine[_best_of(keys[2][mine], total[mine])]
        out[int(number)] = RowPairs(keys[0][mine], keys[2][mine], total[mine])
    return out
