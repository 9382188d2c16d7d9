"""Writing workbooks and CSV files that are safe to open."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Literal

import xlsxwriter

from midun.lib.sheets.delimited import neutralise
from midun.lib.sheets.model import SheetError
from midun.lib.sheets.text import clean

MAX_CELL = 32_767
_INLINE_CHOICES = 255
_SAFE_DIGITS = 10**15
# Excel gets the first months of 1900 wrong; such dates are written as text.
_FIRST_YEAR = 1901
_CHOICES_SHEET = "选项"
_FORBIDDEN = str.maketrans("[]:*?/\\", "【】：＊？／＼")
_FONT = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
_TITLE = {"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"}
_HEADER = {**_FONT, "bold": True, "align": "center", "bg_color": "#DCE6F1", "border": 1}
_KINDS: dict[str, dict[str, object]] = {
    "text": {"num_format": "@", "text_wrap": True},
    "integer": {"num_format": "0"},
    "decimal": {"num_format": "General"},
    "date": {"num_format": "yyyy-mm-dd"},
    "datetime": {"num_format": "yyyy-mm-dd hh:mm:ss"},
}
ColumnKind = Literal["text", "integer", "decimal", "date", "datetime"]


@dataclass(frozen=True)
class Column:
    """A column of an exported table; `note` becomes a comment, `choices` a drop-down."""

    title: str
    width: float = 16
    kind: ColumnKind = "text"
    note: str = ""
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class Sheet:
    """One worksheet to write.

    `merges` are (first row, first column, last row, last column), 0-based and counted from the
    first data row; the top-left value stays. `title` goes in a merged line above the header.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[object]]
    merges: Sequence[tuple[int, int, int, int]] = ()
    title: str = ""


def cell_text(value: object) -> str:
    """Write a value as the text of a cell, cleaned as on the way in."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, Decimal):
        return format(value, "f")
    text = clean(str(value))
    if len(text) > MAX_CELL:
        raise SheetError(f"有单元格超过 {MAX_CELL} 个字，Excel 无法保存；请缩短后再导出。")
    return text


def write_xlsx(sheets: Sequence[Sheet], *, at: datetime, constant_memory: bool = False) -> bytes:
    """Make a workbook with one worksheet per `Sheet`; equal input gives equal bytes.

    `at` is the creation time stored in the file. Text is always stored as text, so nothing a
    user typed can run as a formula. `constant_memory` keeps only one row in memory and uses
    temporary files; it cannot be combined with merges. Raises `SheetError` when a value does not
    fit Excel, `ValueError` when the call itself is wrong.
    """
    if not sheets:
        raise ValueError("a workbook needs at least one sheet")
    if constant_memory and any(sheet.merges for sheet in sheets):
        raise ValueError("merges need the whole sheet in memory")
    target = BytesIO()
    memory = {"constant_memory": True} if constant_memory else {"in_memory": True}
    book = xlsxwriter.Workbook(target, {**memory, "strings_to_formulas": False})
    book.set_properties({"created": at.replace(tzinfo=None)})
    book.set_size(2400, 1600)
    writer = _BookWriter(book)
    for sheet in sheets:
        writer.add(sheet)
    writer.add_choices()
    book.close()
    return target.getvalue()


class _BookWriter:
    def __init__(self, book: Any) -> None:
        self.book = book
        self.title = book.add_format(_TITLE)
        self.header = book.add_format({**_HEADER, "text_wrap": True})
        self.formats = {kind: book.add_format({**_FONT, "border": 1, **extra}) for kind, extra in _KINDS.items()}
        self._names: set[str] = {_CHOICES_SHEET, "history"}
        self._long_choices: list[Sequence[str]] = []

    def sheet_name(self, wanted: str) -> str:
        """Find a name that Excel accepts and that no other sheet has."""
        base = re.sub(r"\s", " ", clean(wanted).translate(_FORBIDDEN)).strip("' ")[:31] or "表"
        name, count = base, 1
        while name.casefold() in self._names:
            count += 1
            name = f"{base[:27]}({count})"
        self._names.add(name.casefold())
        return name

    def add(self, sheet: Sheet) -> None:
        if not sheet.columns:
            raise ValueError("a sheet needs columns")
        page = self.book.add_worksheet(self.sheet_name(sheet.name))
        last = len(sheet.columns) - 1
        header = 1 if sheet.title else 0
        for index, column in enumerate(sheet.columns):
            page.set_column(index, index, column.width)
        if sheet.title:
            page.set_row(0, 32)
            self._write_title(page, sheet.title, last)
        for index, column in enumerate(sheet.columns):
            page.write_string(header, index, cell_text(column.title), self.header)
            if column.note:
                page.write_comment(header, index, clean(column.note), {"author": ""})
        page.freeze_panes(header + 1, 0)
        end = header
        for end, values in enumerate(sheet.rows, start=header + 1):
            self._write_row(page, end, sheet.columns, values)
        page.autofilter(header, 0, end, last)
        for top, left, bottom, right in sheet.merges:
            self._merge(page, sheet.columns, header + 1, (top, left, bottom, right))
        self._add_validations(page, sheet.columns, header + 1)

    def _write_title(self, page: Any, title: str, last: int) -> None:
        page.write_string(0, 0, cell_text(title), self.title)
        if last:
            page.merge_range(0, 0, 0, last, cell_text(title), self.title)

    def _write_row(self, page: Any, number: int, columns: Sequence[Column], values: Sequence[object]) -> None:
        if len(values) != len(columns):
            raise ValueError(f"row {number} has {len(values)} values for {len(columns)} columns")
        for index, (column, value) in enumerate(zip(columns, values, strict=True)):
            if write_cell(page, number, index, value, self.formats[column.kind]) == -1:
                raise SheetError("数据超过 Excel 一张表能容纳的行数，请缩小范围后再导出。")

    def _merge(self, page: Any, columns: Sequence[Column], offset: int, area: tuple[int, int, int, int]) -> None:
        top, left, bottom, right = area
        if (top, left) == (bottom, right):
            return
        style = self.formats[columns[left].kind]
        kept = page.table.get(top + offset, {}).get(left)
        page.merge_range(top + offset, left, bottom + offset, right, "", style)
        if kept is not None:
            page.table[top + offset][left] = kept

    def _add_validations(self, page: Any, columns: Sequence[Column], first: int) -> None:
        for index, column in enumerate(columns):
            if not column.choices:
                continue
            choices = [cell_text(choice) for choice in column.choices]
            fits = len(",".join(choices)) <= _INLINE_CHOICES and not any("," in c for c in choices)
            source = choices if fits else self._range_of(choices)
            rule = {
                "validate": "list",
                "source": source,
                "error_title": "请从列表中选择",
                "error_message": "请从下拉列表中选择一项。",
            }
            page.data_validation(first, index, first + 9_999, index, rule)

    def _range_of(self, choices: Sequence[str]) -> str:
        self._long_choices.append(choices)
        column = xlsxwriter.utility.xl_col_to_name(len(self._long_choices) - 1, col_abs=True)
        return f"='{_CHOICES_SHEET}'!{column}$1:{column}${len(choices)}"

    def add_choices(self) -> None:
        """Put lists too long for a rule in a hidden sheet, row by row for constant memory."""
        if not self._long_choices:
            return
        page = self.book.add_worksheet(_CHOICES_SHEET)
        for number in range(max(len(choices) for choices in self._long_choices)):
            for index, choices in enumerate(self._long_choices):
                if number < len(choices):
                    page.write_string(number, index, choices[number])
        page.hide()


def write_cell(page: Any, row: int, column: int, value: object, style: Any) -> int:
    """Write one value by its own type; text never becomes a formula, a link or a number."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        raise ValueError("convert times to the reader's time zone before writing")
    if isinstance(value, date) and value.year >= _FIRST_YEAR:
        result = page.write_datetime(row, column, value, style)
    elif isinstance(value, int | float | Decimal) and _is_exact(value):
        result = page.write_number(row, column, float(value), style)
    elif text := cell_text(value.isoformat() if isinstance(value, time) else value):
        result = page.write_string(row, column, text, style)
    else:
        result = page.write_blank(row, column, None, style)
    return int(result)


def _is_exact(value: float | Decimal) -> bool:
    """Whether Excel can keep the number; others are written as text rather than changed."""
    if isinstance(value, bool):
        return False
    exact = Decimal(value)
    if not exact.is_finite():
        raise ValueError("a cell cannot hold NaN or infinity")
    return abs(exact) < _SAFE_DIGITS


def write_csv(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> bytes:
    """Make a CSV file for Excel: UTF-8 with byte order mark, CRLF line ends.

    Text that a spreadsheet would take for a formula (beginning with = + - @, a tab or a line
    break, also in full width or after spaces) gets a leading apostrophe, which `read_tables`
    removes again. Numbers given as numbers keep their sign.
    """
    target = StringIO(newline="")
    # A single column shows no delimiter, so its quotes must keep other readers from finding one.
    quoting: Literal[0, 1] = csv.QUOTE_ALL if len(columns) == 1 else csv.QUOTE_MINIMAL
    writer = csv.writer(target, lineterminator="\r\n", quoting=quoting)
    writer.writerow([neutralise(cell_text(column.title)) for column in columns])
    for values in rows:
        if len(values) != len(columns):
            raise ValueError(f"a row has {len(values)} values for {len(columns)} columns")
        writer.writerow([_csv_cell(value) for value in values])
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def _csv_cell(value: object) -> str:
    text = cell_text(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return text
    return neutralise(text)
