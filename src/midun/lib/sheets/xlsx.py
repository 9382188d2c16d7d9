"""Reading the worksheets of an .xlsx as a stream of XML events.

python-calamine was measured several times faster, but it allocates the whole used rectangle at
once: two cells in opposite corners of a sheet (a 5 kB file) abort the process. It also hides
error values and formulas. openpyxl's read-only mode is slower than this and drops merges.
"""

import re

from midun.lib.sheets.model import Limits, Problem, SheetError, Table, TableBuilder
from midun.lib.sheets.numbers import Format, number_text, serial_text
from midun.lib.sheets.package import DAMAGED, Package
from midun.lib.sheets.text import clean
from midun.lib.sheets.workbook import RichText, Workbook, decode_escapes, read_workbook, tags

# A sheet may carry formatting far beyond its content; reading costs time, not memory.
_MAX_CELL_TAGS = 5_000_000
_MAX_MERGES = 100_000
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_COLUMN_LETTERS = 3
# Formatted emptiness, often down to row 1,048,576: thrown away before it costs an XML event.
_EMPTY_CELL = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]{1,9}")? ?/>')
_EMPTY_ROW = re.compile(rb'<row r="[0-9]{1,7}"(?:[^<>/]*+/>|[^<>]*+></row>)')
_DIGITS = "0123456789"


def read_xlsx(package: Package, limits: Limits) -> list[Table]:
    """All visible worksheets that hold something, in the order of their tabs."""
    book = read_workbook(package, limits)
    skipped = tuple(book.hidden)
    tables = []
    for name, part in book.visible:
        reader = _SheetReader(book, limits)
        reader.read(package, part)
        tables.append(reader.table.build(name, skipped))
    return [table for table in tables if table.rows]


class _SheetReader:
    """One worksheet: cells as they come, merges at the end."""

    def __init__(self, book: Workbook, limits: Limits) -> None:
        self.table = TableBuilder(limits)
        self._book = book
        self._buffer: list[str] = []
        self._rich = RichText(self._buffer)
        self._merges: list[tuple[int, int, int, int]] = []
        self._letters: dict[str, int] = {}
        self._row = 0
        self._column = -1
        self._cells: dict[int, str] = {}
        self._attributes: dict[str, str] = {}
        self._value: str | None = None
        self._formula = False
        self._cell_tags = 0

    def read(self, package: Package, part: str) -> None:
        opened = {
            **self._rich.opened,
            "row": self._open_row,
            "c": self._open_cell,
            "v": lambda _: self._buffer.clear(),
            "f": self._open_formula,
            "mergeCell": self._merge,
        }
        closed = {
            **self._rich.closed,
            "row": self._close_row,
            "c": self._close_cell,
            "v": self._close_value,
        }
        package.parse(part, opened=tags(opened), closed=tags(closed), text=self._buffer.append, thin=_without_emptiness)
        self.table.cover(self._merges)

    def _open_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self._row + 1))
        if number <= self._row:
            raise SheetError(DAMAGED)
        self._row = number
        self._column = -1
        self._cells = {}
        self._buffer.clear()

    def _close_row(self) -> None:
        if self._cells:
            self.table.add(self._row, self._cells)

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._cell_tags += 1
        if self._cell_tags > _MAX_CELL_TAGS:
            raise SheetError("工作表带格式的空单元格太多，请删去数据以外的行和列后再上传。")
        letters = attributes.get("r", "").rstrip(_DIGITS)
        column = self._letters.get(letters)
        if column is None:
            column = _column(letters) if letters else self._column + 1
            if letters:
                self._letters[letters] = column
        self._column = column
        self._attributes = attributes
        self._value = None
        self._formula = False

    def _open_formula(self, _: dict[str, str]) -> None:
        self._formula = True

    def _close_value(self) -> None:
        self._value = "".join(self._buffer)
        self._buffer.clear()

    def _close_cell(self) -> None:
        kind = self._attributes.get("t", "n")
        raw = self._value
        if self._formula and (raw is None or (raw == "" and kind != "str")):
            self._complain("公式没有保存计算结果，请用 Excel 或 WPS 打开、保存后再上传，或改填数值。")
        if kind == "inlineStr":
            text = self._rich.take()
        elif not raw:
            return
        elif kind == "s":
            text = self._shared(int(raw))
        else:
            text = self._typed(kind, raw)
        if text:
            self._cells[self._column] = self.table.check_cell(text, self._row)

    def _shared(self, index: int) -> str:
        if not 0 <= index < len(self._book.strings):
            raise SheetError(DAMAGED)
        return self._book.strings[index]

    def _typed(self, kind: str, raw: str) -> str:
        if kind == "str":
            return decode_escapes(raw)
        if kind == "b":
            return "是" if raw.strip() == "1" else "否"
        if kind == "e":
            self._complain(f"单元格是错误值 {clean(raw)}，请改正公式或直接填写内容。")
            return clean(raw)
        if kind == "d":
            return clean(raw).removesuffix("T00:00:00").replace("T", " ")
        style = int(self._attributes.get("s", "0"))
        known = self._book.formats[style] if 0 <= style < len(self._book.formats) else Format.NUMBER
        if known is Format.NUMBER:
            text, complaint = number_text(raw.strip())
        else:
            text, complaint = serial_text(raw.strip(), known, epoch_1904=self._book.epoch_1904)
        if complaint:
            self._complain(complaint)
        return clean(text)

    def _complain(self, message: str) -> None:
        if len(self.table.problems) < self.table.limits.max_rows:
            self.table.problems.append(Problem(self._row, self._column, message))

    def _merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes.get("ref", "").replace("$", "").partition(":")
        corners = [_CELL.fullmatch(corner) for corner in (first, last or first)]
        if None in corners or len(self._merges) >= _MAX_MERGES:
            raise SheetError(DAMAGED)
        (left, top), (right, bottom) = ((m[1], int(m[2])) for m in corners if m)
        self._merges.append((top, _column(left), bottom, _column(right)))


def _without_emptiness(chunk: bytes) -> bytes:
    return _EMPTY_ROW.sub(b"", _EMPTY_CELL.sub(b"", chunk))


def _column(letters: str) -> int:
    """Count columns: A → 0, Z → 25, AA → 26. Anything that is not a column of a sheet is damage."""
    if not (0 < len(letters) <= _COLUMN_LETTERS and letters.isascii() and letters.isalpha()):
        raise SheetError(DAMAGED)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
