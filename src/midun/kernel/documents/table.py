"""A printed table: the plan, a sign-in list, a ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from midun.kernel.documents.pdf import compile_pdf
from midun.kernel.documents.word import at_fixed_time, font, official_page, repeat_head, saved, set_cell, set_widths

_WIDTH = 170
_WIDTH_LANDSCAPE = 257


@dataclass(frozen=True)
class PrintColumn:
    """A column: its title and its width in mm (0 takes what is left).

    `centred` centres it; `merged` merges equal neighbours below each other into one cell.
    """

    title: str
    width: int = 0
    centred: bool = False
    merged: bool = False


@dataclass(frozen=True)
class PrintTable:
    """A table with a title. `blank_rows` adds empty rows to write on; `row_pad` is the padding of a row in mm."""

    title: Sequence[str]
    columns: Sequence[PrintColumn]
    rows: Sequence[Sequence[object]]
    subtitle: str = ""
    note: str = ""
    landscape: bool = False
    blank_rows: int = 0
    row_pad: float = 2.0

    def cells(self) -> list[list[tuple[str, int]]]:
        """Rows of `(text, span)`; span 0 is covered by the cell above. A merge never crosses one to its left."""
        rows = [[("" if v is None else str(v)) for v in row] for row in self.rows]
        rows += [[""] * len(self.columns) for _ in range(self.blank_rows)]
        spans = [[1] * len(self.columns) for _ in rows]
        for x, column in enumerate(self.columns):
            if not column.merged:
                continue
            left = [i for i in range(x) if self.columns[i].merged]
            start = 0
            for y in range(1, len(self.rows)):
                same = rows[y][x] == rows[start][x] and all(rows[y][i] == rows[start][i] for i in left)
                if same and rows[y][x]:
                    spans[start][x] += 1
                    spans[y][x] = 0
                else:
                    start = y
        return [list(zip(texts, widths, strict=True)) for texts, widths in zip(rows, spans, strict=True)]


def table_pdf(table: PrintTable, *, at: datetime) -> bytes:
    """The table as PDF; the head repeats on every page."""
    data = {
        "title": list(table.title),
        "subtitle": table.subtitle,
        "note": table.note,
        "landscape": table.landscape,
        "pad": table.row_pad,
        "columns": [c.title for c in table.columns],
        "widths": [c.width for c in table.columns],
        "centred": [i for i, c in enumerate(table.columns) if c.centred],
        "cells": [{"text": text, "span": span} for row in table.cells() for text, span in row if span],
    }
    return compile_pdf("table.typ", data, at=at)


def table_docx(table: PrintTable, *, at: datetime) -> bytes:
    """The table as an editable Word document; the head repeats on every page."""
    document = docx.Document()
    official_page(document, top=22, bottom=20, left=20, right=20)
    if table.landscape:
        section = document.sections[0]
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
    for text in table.title:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(0)
        font(paragraph.add_run(text), "方正小标宋简体", 17, bold=True)
    if table.subtitle:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        font(paragraph.add_run(table.subtitle), "仿宋_GB2312", 10.5)
    _rows(document, table)
    if table.note:
        font(document.add_paragraph().add_run(table.note), "仿宋_GB2312", 9)
    at_fixed_time(document, at, title="".join(table.title))
    return saved(document)


def _rows(document: "docx.document.Document", table: PrintTable) -> None:
    cells = table.cells()
    made = document.add_table(rows=1 + len(cells), cols=len(table.columns))
    made.style = "Table Grid"
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    repeat_head(made)
    left = _WIDTH_LANDSCAPE if table.landscape else _WIDTH
    free = [c for c in table.columns if not c.width]
    share = (left - sum(c.width for c in table.columns)) / max(1, len(free))
    grid = [row.cells for row in made.rows]
    for x, column in enumerate(table.columns):
        set_cell(grid[0][x], column.title, bold=True, centre=True, size=10.5)
        for y, row in enumerate(cells, 1):
            text, span = row[x]
            if span:
                set_cell(grid[y][x], text, centre=column.centred, size=10.5)
        for y, row in enumerate(cells, 1):
            if row[x][1] > 1:
                merged = grid[y][x].merge(grid[y + row[x][1] - 1][x])
                set_cell(merged, row[x][0], centre=column.centred, size=10.5)
    set_widths(made, [column.width or share for column in table.columns], row_height=7)
