"""The statistics form (统计表) as Excel, Word and PDF: same rows, columns, brackets and units as the notice prints."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import docx
import xlsxwriter
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt, RGBColor

from midun.kernel.documents.pdf import compile_pdf
from midun.kernel.documents.word import at_fixed_time, font, official_page, saved, set_cell, set_widths

SEAL_LABEL = "填报单位（盖章）"


@dataclass(frozen=True)
class FormLine:
    """One row. `number` is empty on rows continued from the one above; `rows` is how many rows the number spans."""

    number: str
    label: str
    value: int | None
    unit: str
    rows: int = 0
    part: bool = False


@dataclass(frozen=True)
class FormSheet:
    """A whole form. `draft` prints a watermark; `footnotes` are explanations and adjustments that travel with it."""

    title: Sequence[str]
    unit_name: str
    lines: Sequence[FormLine]
    day: date | None = None
    draft: bool = True
    footnotes: Sequence[str] = ()
    bottom: Sequence[str] = ()
    contact: str = field(default="填表人：　　　　　　负责人：　　　　　　联系电话：")

    @property
    def date_text(self) -> str:
        """The date line, with room to write where there is no date."""
        if self.day is None:
            return "年　　月　　日"
        return f"{self.day.year}年{self.day.month}月{self.day.day}日"


def form_pdf(sheet: FormSheet, *, at: datetime) -> bytes:
    """The form as one A4 page (more when there are many notes), ready to print and seal."""
    lines = [
        {
            "number": line.number,
            "label": line.label,
            "value": "" if line.value is None else f"{line.value:,}",
            "unit": line.unit,
            "rows": line.rows,
            "part": line.part,
        }
        for line in sheet.lines
    ]
    data = {
        "title": list(sheet.title),
        "unit_label": SEAL_LABEL,
        "unit_name": sheet.unit_name,
        "date": sheet.date_text,
        "lines": lines,
        "draft": sheet.draft,
        "footnotes": list(sheet.footnotes),
        "bottom": list(sheet.bottom),
        "contact": sheet.contact,
    }
    return compile_pdf("form.typ", data, at=at)


_BASE = {"font_name": "宋体", "font_size": 12, "valign": "vcenter", "text_wrap": True}
_FRAMED = {**_BASE, "border": 1}
_CENTRED = {**_FRAMED, "align": "center"}


def form_xlsx(sheet: FormSheet, *, at: datetime) -> bytes:
    """The form as a workbook: numbers are numbers, shown as （ 1,234 ）场次 by their format; text is no formula."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "".join(sheet.title), "created": at.astimezone(UTC).replace(tzinfo=None)})
    page = book.add_worksheet("统计表")
    page.set_paper(9)
    page.fit_to_pages(1, 1)
    page.center_horizontally()
    page.set_margins(left=0.8, right=0.8, top=0.9, bottom=0.8)
    for column, width in (("A:A", 8), ("B:B", 52), ("C:C", 22)):
        page.set_column(column, width)
    row = _xlsx_head(book, page, sheet)
    for line in sheet.lines:
        _xlsx_line(book, page, row, line)
        row += 1
    small = book.add_format({**_BASE, "font_size": 9})
    for text in _tail(sheet):
        page.merge_range(row, 0, row, 2, text, small)
        page.set_row(row, 26 if text == sheet.contact else 14 * (1 + len(text) // 62))
        row += 1
    page.print_area(0, 0, row - 1, 2)
    book.close()
    return out.getvalue()


def _xlsx_head(book: Any, page: Any, sheet: FormSheet) -> int:
    """Title, unit and date, and the titles of the columns; returns the row below."""
    title = book.add_format({**_BASE, "font_size": 16, "bold": True, "align": "center"})
    plain = book.add_format({**_BASE, "text_wrap": False})
    right = book.add_format({**_BASE, "align": "right", "text_wrap": False})
    head = book.add_format({**_CENTRED, "bold": True})
    lines = (*sheet.title, *(["（草稿，未定稿）"] if sheet.draft else []))
    for row, text in enumerate(lines):
        page.merge_range(row, 0, row, 2, text, title)
        page.set_row(row, 26)
    row = len(lines)
    page.set_row(row, 24)
    page.merge_range(row, 0, row, 1, f"{SEAL_LABEL}：{sheet.unit_name}", plain)
    page.write_string(row, 2, sheet.date_text, right)
    page.set_row(row + 1, 24)
    for column, text in enumerate(("序号", "具体内容", "数据")):
        page.write_string(row + 1, column, text, head)
    return row + 2


def _xlsx_line(book: Any, page: Any, row: int, line: FormLine) -> None:
    middle, left = book.add_format(_CENTRED), book.add_format(_FRAMED)
    page.set_row(row, 24)
    if line.rows > 1:
        page.merge_range(row, 0, row + line.rows - 1, 0, line.number, middle)
    elif line.rows == 1:
        page.write_string(row, 0, line.number, middle)
    page.write_string(row, 1, ("　" if line.part else "") + line.label, left)
    if line.value is None:
        page.write_string(row, 2, f"（    ）{line.unit}", middle)
    else:
        shape = book.add_format({**_CENTRED, "num_format": f'"（  "#,##0"  ）{line.unit}"'})
        page.write_number(row, 2, line.value, shape)


def _tail(sheet: FormSheet) -> list[str]:
    notes = [f"说明{n}：{text}" for n, text in enumerate(sheet.footnotes, 1)]
    return [text for text in (sheet.contact, *notes, *sheet.bottom) if text]


def form_docx(sheet: FormSheet, *, at: datetime) -> bytes:
    """The form as an editable Word document."""
    document = docx.Document()
    official_page(document, top=28, bottom=22, left=24, right=24)
    for text in sheet.title:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(0)
        font(paragraph.add_run(text), "方正小标宋简体", 18, bold=True)
    if sheet.draft:
        mark = document.add_paragraph()
        mark.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = font(mark.add_run("（草稿，未定稿）"), "黑体", 14)
        run.font.color.rgb = RGBColor(0xB3, 0x26, 0x1E)
    head = document.add_paragraph()
    head.paragraph_format.tab_stops.add_tab_stop(Mm(162), alignment=2)
    font(head.add_run(f"{SEAL_LABEL}：{sheet.unit_name}\t{sheet.date_text}"), "仿宋_GB2312", 12)
    _docx_rows(document, sheet)
    for text in _tail(sheet):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(8 if text == sheet.contact else 0)
        paragraph.paragraph_format.space_after = Pt(4)
        font(paragraph.add_run(text), "仿宋_GB2312", 10.5 if text == sheet.contact else 9)
    at_fixed_time(document, at, title="".join(sheet.title))
    return saved(document)


def _docx_rows(document: "docx.document.Document", sheet: FormSheet) -> None:
    table = document.add_table(rows=1, cols=3)
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, text in zip(table.rows[0].cells, ("序号", "具体内容", "数据"), strict=True):
        set_cell(cell, text, bold=True, centre=True)
    for line in sheet.lines:
        cells = table.add_row().cells
        set_cell(cells[0], line.number, centre=True)
        set_cell(cells[1], ("　" if line.part else "") + line.label)
        value = "　　" if line.value is None else f"{line.value:,}"
        set_cell(cells[2], f"（  {value}  ）{line.unit}", centre=True)
    for index, line in enumerate(sheet.lines, 1):
        if line.rows > 1:
            merged = table.cell(index, 0).merge(table.cell(index + line.rows - 1, 0))
            set_cell(merged, line.number, centre=True)
    set_widths(table, (16, 102, 44), row_height=9)
