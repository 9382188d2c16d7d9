"""Small pieces every Word document shares: page, fonts, cells, fixed time."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from docx.enum.table import WD_ALIGN_VERTICAL, WD_ROW_HEIGHT_RULE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

_EPOCH = (2020, 1, 1, 0, 0, 0)


def official_page(document: Any, *, top: int = 37, bottom: int = 35, left: int = 28, right: int = 26) -> None:
    """A4 with the margins of GB/T 9704-2012 (mm) and a page number — 1 — in the footer."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
    section.left_margin, section.right_margin = Mm(left), Mm(right)
    style = document.styles["Normal"]
    style.font.size = Pt(12)
    style.font.name = "Times New Roman"
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋_GB2312")
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run("— ")
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        if kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.text = text
        run._r.append(element)  # noqa: SLF001  # python-docx has no field API
    paragraph.add_run(" —")


def font(run: Any, name: str, size: float, *, bold: bool = False) -> Any:
    """Set the East Asian font and size (pt) of a run; returns the run."""
    run.font.size = Pt(size)
    run.font.bold = bold
    run.font.name = "Times New Roman"
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)  # noqa: SLF001  # no East Asian API
    return run


def set_cell(cell: Any, text: str, *, bold: bool = False, centre: bool = False, size: float = 12) -> None:
    """Replace a cell's text."""
    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    for extra in cell.paragraphs[1:]:
        extra._element.getparent().remove(extra._element)  # noqa: SLF001  # python-docx cannot remove a paragraph
    paragraph = cell.paragraphs[0]
    for run in list(paragraph.runs):
        run._element.getparent().remove(run._element)  # noqa: SLF001  # nor a run
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)
    font(paragraph.add_run(text), "仿宋_GB2312", size, bold=bold)


def set_widths(table: Any, widths: Sequence[float], *, row_height: float = 0) -> None:
    """Fixed column widths in mm, for every program: some read the grid, some the cells. Rows at least so high (mm)."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        if row_height:
            row.height, row.height_rule = Mm(row_height), WD_ROW_HEIGHT_RULE.AT_LEAST
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)


def repeat_head(table: Any) -> None:
    """Let the first row stand on every page."""
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)  # noqa: SLF001  # python-docx has no repeated head


def at_fixed_time(document: Any, at: datetime, *, title: str) -> None:
    """Stamp the properties with `at`, so that equal input gives equal bytes."""
    properties = document.core_properties
    properties.created = properties.modified = at.astimezone(UTC).replace(tzinfo=None)
    properties.title, properties.author, properties.last_modified_by = title, "秘盾", "秘盾"


def saved(document: Any) -> bytes:
    """The document as bytes, with the archive's own time stamps fixed."""
    raw = io.BytesIO()
    document.save(raw)
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            info = zipfile.ZipInfo(member.filename, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(member.filename))
    return out.getvalue()
