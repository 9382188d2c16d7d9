"""The nouns of this library: limits, kinds of file, tables, rows and the one error."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

MIB = 1024 * 1024


class SheetError(Exception):
    """A file or text that cannot be taken.

    `message` is a complete Chinese sentence for the person who uploaded it: what is wrong and
    what to do about it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Limits:
    """How much a single upload may contain; more is refused with a `SheetError`.

    `max_ratio` compares unpacked with packed size of a zip. `max_cells` counts rows × columns of
    one table, because a table is held as a rectangle.
    """

    max_bytes: int = 20 * MIB
    max_unpacked: int = 200 * MIB
    max_ratio: int = 200
    max_rows: int = 100_000
    max_columns: int = 200
    max_cell: int = 32_767
    max_cells: int = 4_000_000


DEFAULT_LIMITS = Limits()


class Kind(StrEnum):
    """What an upload is, judged by its content."""

    XLSX = "xlsx"
    DOCX = "docx"
    CSV = "csv"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One row that has content.

    `number` is the 1-based position a person would look for: the row number in a worksheet, the
    record number in a CSV file, the row of a Word table, the line of pasted text (the row of the
    table when every cell is on its own line). `cells` is as long as the table is wide. `merged`
    holds the 0-based columns whose value was taken from the top-left cell of a merge.
    """

    number: int
    cells: list[str]
    merged: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the source that could be read but not trusted; `column` is 0-based."""

    row: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Table:
    """A rectangle of text. Wholly empty rows are left out; `Row.number` shows the gaps.

    `skipped` names the hidden worksheets of the same workbook, which are never read.
    """

    name: str
    rows: list[Row]
    problems: list[Problem] = field(default_factory=list)
    skipped: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many cells every row has."""
        return len(self.rows[0].cells) if self.rows else 0


class TableBuilder:
    """Collects sparse rows under the limits and makes a rectangular `Table` of them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.problems: list[Problem] = []
        self._rows: list[tuple[int, dict[int, str], frozenset[int]]] = []
        self._width = 0

    def add(self, number: int, cells: Mapping[int, str], merged: Iterable[int] = ()) -> dict[int, str] | None:
        """Take a row given as column → non-empty text; rows without own content are dropped.

        Returns the stored cells, which may still be filled from merges within the row's width.
        """
        covered = frozenset(merged)
        kept = {column: text for column, text in cells.items() if text}
        if not kept.keys() - covered:
            return None
        self.widen(max(kept) + 1)
        if len(self._rows) >= self.limits.max_rows:
            raise SheetError(f"表格超过 {self.limits.max_rows} 行，请删去多余的行或拆成几个文件后再上传。")
        self._rows.append((number, kept, covered))
        self._check_area()
        return kept

    def widen(self, width: int) -> None:
        """Make room for columns, whether or not a row fills them."""
        if width > self.limits.max_columns:
            raise SheetError(f"表格超过 {self.limits.max_columns} 列，请删去多余的列后再上传。")
        self._width = max(self._width, width)

    def _check_area(self) -> None:
        if len(self._rows) * self._width > self.limits.max_cells:
            raise SheetError("表格的单元格太多，请删去用不到的列，或拆成几个文件后再上传。")

    def check_cell(self, text: str, row: int) -> str:
        """Return the text if it is short enough for a cell."""
        if len(text) > self.limits.max_cell:
            raise SheetError(f"第 {row} 行有单元格超过 {self.limits.max_cell} 个字，请缩短后再上传。")
        return text

    def cover(self, merges: Iterable[tuple[int, int, int, int]]) -> None:
        """Give cells under a merge the value of its top-left cell.

        A merge is (first row, first column, last row, last column): row numbers as in the
        source, columns 0-based. Rows that hold nothing of their own stay dropped.
        """
        at = {number: index for index, (number, _, _) in enumerate(self._rows)}
        numbers = sorted(at)
        budget = self.limits.max_cells
        for top, left, bottom, right in merges:
            columns = range(left, min(right + 1, self.limits.max_columns))
            value = self._rows[at[top]][1].get(left, "") if top in at else ""
            if not value or not columns:
                continue
            inside = _between(numbers, top, bottom)
            budget -= len(inside) * len(columns)
            if budget < 0:
                raise SheetError("合并单元格的范围异常，请取消多余的合并后再上传。")
            self.widen(columns.stop)
            for number in inside:
                covered = frozenset(columns[1:] if number == top else columns)
                _, cells, before = self._rows[at[number]]
                cells.update(dict.fromkeys(covered, value))
                self._rows[at[number]] = (number, cells, before | covered)
        self._check_area()

    def build(self, name: str, skipped: tuple[str, ...] = ()) -> Table:
        """Return the rows so far, all equally wide."""
        columns = range(self._width)
        rows = [
            Row(number, [cells.get(column, "") for column in columns], merged) for number, cells, merged in self._rows
        ]
        return Table(name, rows, self.problems, skipped)


def _between(numbers: list[int], first: int, last: int) -> list[int]:
    """Pick the members of a sorted list from first to last, inclusive."""
    return numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]


def fill_down(table: Table, columns: Iterable[int]) -> Table:
    """Fill empty cells of the given columns from the row above, marking them as merged.

    Columns are given from outer to inner, as in 类别, 单位: an inner cell is only filled while
    all outer cells stay the same, so that a new group never inherits from the one before.
    """
    order = list(columns)
    above: list[str] = []
    rows: list[Row] = []
    for row in table.rows:
        cells = list(row.cells)
        filled: set[int] = set()
        same_group = bool(above)
        for column in order:
            if same_group and not cells[column] and above[column]:
                cells[column] = above[column]
                filled.add(column)
            same_group = same_group and cells[column] == above[column]
        rows.append(Row(row.number, cells, row.merged | filled))
        above = cells
    return replace(table, rows=rows)
