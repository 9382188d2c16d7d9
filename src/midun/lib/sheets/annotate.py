"""The copy of an uploaded table that says in every wrong row what is wrong."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from midun.lib.sheets.model import DEFAULT_LIMITS, Limits, Row, SheetError, Table
from midun.lib.sheets.reading import read_tables
from midun.lib.sheets.writing import MAX_CELL

ERROR_TITLE = "错误说明"
# Every comment is a drawing; the error column says it all anyway.
_MAX_COMMENTS = 5_000
_PLAIN = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "num_format": "@"}
_WRONG = {**_PLAIN, "font_color": "#9C0006", "bg_color": "#FFC7CE", "border": 1}
_MESSAGE = {**_PLAIN, "font_color": "#9C0006", "text_wrap": True}
_HEADER = {**_PLAIN, "bold": True, "bg_color": "#DCE6F1", "border": 1}

Errors = Mapping[int, Mapping[int | None, str]]


def annotate_xlsx(
    source: bytes | Table,
    errors: Errors,
    *,
    at: datetime,
    name: str = "",
    index: int = 0,
    header: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """Return a workbook with the table's text plus a last column 错误说明.

    `errors` maps row numbers (`Row.number`) to messages per 0-based column, or None for the
    whole row. Offending cells are red and carry the message as a comment. Rows keep their
    numbers, so the same errors fit the returned copy. An uploaded file (`bytes`, with its `name`
    and the `index` of the table in it) is read first; its formatting is not copied. `header` is
    the number of the row that holds the column titles, by default the first one. A column 错误说明
    left from an earlier round is replaced.
    """
    if isinstance(source, Table):
        table = source
    else:
        tables = read_tables(source, name=name, limits=limits)
        if index >= len(tables):
            raise SheetError("文件里没有这张表，请重新上传。")
        table = tables[index]
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": at.replace(tzinfo=None)})
    _Annotator(book, table, errors, header).write()
    book.close()
    return target.getvalue()


class _Annotator:
    def __init__(self, book: Any, table: Table, errors: Errors, header: int | None) -> None:
        self.rows = {row.number: row for row in table.rows}
        self.errors = errors
        self.header = header if header is not None else min(self.rows, default=1)
        titles = self.rows[self.header].cells if self.header in self.rows else []
        self.titles = titles[:-1] if titles[-1:] == [ERROR_TITLE] else titles
        self.width = len(self.titles) if self.titles else table.width
        self.plain, self.wrong, self.message, self.head = (
            book.add_format(style) for style in (_PLAIN, _WRONG, _MESSAGE, _HEADER)
        )
        self.page = book.add_worksheet("错误说明")
        self.comments = 0

    def write(self) -> None:
        self.page.set_column(0, self.width - 1, 18)
        self.page.set_column(self.width, self.width, 50)
        self.page.freeze_panes(self.header, 0)
        self.page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for number in sorted(self.rows.keys() | self.errors.keys()):
            row = self.rows.get(number, Row(number, [""] * self.width))
            self._write_row(row, self.errors.get(number, {}))
        style = self.head
        self.page.write_string(self.header - 1, self.width, ERROR_TITLE, style)

    def _write_row(self, row: Row, messages: Mapping[int | None, str]) -> None:
        is_header = row.number == self.header
        for column, text in enumerate(row.cells[: self.width]):
            message = messages.get(column, "")
            plain = self.head if is_header else self.plain
            style = self.wrong if message else plain
            if text:
                self.page.write_string(row.number - 1, column, text, style)
            elif message:
                self.page.write_blank(row.number - 1, column, None, style)
            if message and self.comments < _MAX_COMMENTS:
                self.comments += 1
                comment = {"author": "", "x_scale": 2}
                self.page.write_comment(row.number - 1, column, message[:MAX_CELL], comment)
        if messages and not is_header:
            text = self._summary(messages)[:MAX_CELL]
            self.page.write_string(row.number - 1, self.width, text, self.message)

    def _summary(self, messages: Mapping[int | None, str]) -> str:
        """Whole-row messages first, then by column with the column's title."""
        parts = [messages[None]] if None in messages else []
        for column in sorted(column for column in messages if column is not None):
            title = self.titles[column].replace("\n", "") if column < len(self.titles) else ""
            parts.append(f"「{title or f'第{column + 1}列'}」{messages[column]}")
        return "；".join(parts)
