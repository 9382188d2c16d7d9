"""Paired rows of two tables, cell by cell: what is equal in any form, what was changed, which column is which."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from midun.lib.similarity.keys import throwaway_key
from midun.lib.similarity.tables import table_fingerprints

SHOWN_COLUMNS = 256


@dataclass(frozen=True)
class RowPair:
    """Row `a` of the point is row `b` of a part of B. `changed` are (column of A, cell of A, cell of B or none)."""

    document: int
    part: int
    a: int
    b: int
    cells: tuple[str, ...]
    theirs: tuple[str, ...]
    changed: tuple[tuple[int, str, str], ...]


def _rows(text: str) -> list[list[str]]:
    csv.field_size_limit(1 << 24)
    return list(csv.reader(io.StringIO(text)))


def _forms(text: str) -> dict[int, dict[int, set[int]]]:
    """Row → column → keyed hashes of the cell's normal forms."""
    cells = table_fingerprints(text, throwaway_key())
    out: dict[int, dict[int, set[int]]] = {}
    for value, place in zip(cells.hashes.tolist(), cells.places.tolist(), strict=True):
        out.setdefault(place >> 8, {}).setdefault(place & 255, set()).add(value)
    return out


def paired_rows(
    a: str, b: str, pairs: Sequence[tuple[int, int]], document: int, part: int
) -> tuple[list[RowPair], list[tuple[int, int, int]]]:
    """The pairs with their cells, and the columns that go together as (column of A, column of B, rows)."""
    rows_a, rows_b, forms_a, forms_b = _rows(a), _rows(b), _forms(a), _forms(b)
    votes: Counter[tuple[int, int]] = Counter()
    for i, j in pairs:
        for column, forms in forms_a.get(i, {}).items():
            for other, found in forms_b.get(j, {}).items():
                if forms & found:
                    votes[column, other] += 1
    columns: dict[int, tuple[int, int]] = {}
    for (column, other), times in sorted(votes.items(), key=lambda v: (-v[1], v[0])):
        columns.setdefault(column, (other, times))
    out = []
    for i, j in sorted(pairs):
        if i >= len(rows_a) or j >= len(rows_b):
            continue
        present: set[int] = set().union(*forms_b.get(j, {}).values())
        changed: list[tuple[int, str, str]] = []
        for column, cell in enumerate(rows_a[i][:SHOWN_COLUMNS]):
            forms = forms_a.get(i, {}).get(column, set())
            if forms and not forms & present:
                other = columns.get(column, (-1, 0))[0]
                changed.append((column, cell, rows_b[j][other] if 0 <= other < len(rows_b[j]) else ""))
        out.append(RowPair(document, part, i, j, tuple(rows_a[i]), tuple(rows_b[j]), tuple(changed)))
    return out, sorted((a, b, n) for a, (b, n) in columns.items())
