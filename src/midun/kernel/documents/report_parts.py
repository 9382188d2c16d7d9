"""What a report is made of, as elements of a Word document."""

import copy
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from PIL import Image, ImageOps

from midun.kernel.documents.pdf import compile_png
from midun.kernel.documents.report_marks import picture_name
from midun.kernel.documents.word import font, repeat_head, set_cell, set_widths

_PIXELS = 1200
_WIDTH = 152
_HEADINGS = ((16, "黑体", False), (16, "楷体_GB2312", True), (16, "仿宋_GB2312", True))
"""Size, font and weight of the three levels of headings (GB/T 9704-2012, 7.3.3)."""


@dataclass(frozen=True)
class Title:
    """The head of the report: its title, and lines under it (unit, date)."""

    text: str
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text."""

    text: str


@dataclass(frozen=True)
class Table:
    """A native Word table; the first row is the head and repeats on every page. `widths` in mm."""

    rows: Sequence[Sequence[object]]
    widths: Sequence[int] = ()


@dataclass(frozen=True)
class Chart:
    """A chart drawn as a picture: `kind` is bars (horizontal, by unit) or days (columns by day)."""

    title: str
    kind: str
    rows: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Photo:
    """A picture with a caption; it is turned upright, scaled down and stripped of metadata."""

    data: bytes
    caption: str


@dataclass(frozen=True)
class Photos:
    """Pictures two by two, each above its caption."""

    photos: Sequence[Photo]


Part = Title | Paragraph | Table | Chart | Photos


def styled(document: Any) -> None:
    """Make the built-in headings look as official documents do, so that Word's outline and contents work."""
    for level, (size, name, bold) in enumerate(_HEADINGS, 1):
        style = document.styles[f"Heading {level}"]
        style.font.size, style.font.bold, style.font.name = Pt(size), bold, "Times New Roman"
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "eastAsiaTheme", "hAnsiTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), name)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(6)


def _style(document: Any, name: str) -> Any:
    """A style by name, however the program that saved the document last spells it; None where it was dropped."""
    return next((style for style in document.styles if style.name.casefold() == name.casefold()), None)


def elements_of(document: Any, heading: str, level: int, parts: Sequence[Part], at: datetime) -> Iterator[Any]:
    """The paragraphs and tables of a block; the first and the last are paragraphs, which carry the bookmark.

    They are built with python-docx at the end of the document and then taken out.
    """
    made = []
    if heading:
        paragraph = document.add_paragraph(style=_style(document, f"Heading {level}"))
        size, name, bold = _HEADINGS[level - 1]
        font(paragraph.add_run(heading), name, size, bold=bold)
        made.append(paragraph._element)  # noqa: SLF001  # moved into the block
    for part in parts:
        made += _part(document, part, at)
    if made[0].tag != qn("w:p"):
        made.insert(0, document.add_paragraph()._element)  # noqa: SLF001  # same
    for element in made:
        element.getparent().remove(element)
        yield copy.deepcopy(element)


def _part(document: Any, part: Part, at: datetime) -> list[Any]:
    match part:
        case Title():
            return _title(document, part)
        case Paragraph():
            return [_paragraph(document, part.text)]
        case Table():
            return [_table(document, part), document.add_paragraph()._element]  # noqa: SLF001  # moved into the block
        case Chart():
            rows = [{"label": label, "value": value} for label, value in part.rows]
            drawn = compile_png(f"{part.kind}.typ", {"title": part.title, "rows": rows}, at=at)
            return [_picture(document, drawn, 150, part.title)]
        case Photos():
            return [_photos(document, part), document.add_paragraph()._element]  # noqa: SLF001  # same


def _title(document: Any, part: Title) -> list[Any]:
    made = []
    for text, name, size in ((part.text, "方正小标宋简体", 22), *((line, "楷体_GB2312", 16) for line in part.lines)):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        font(paragraph.add_run(text), name, size)
        made.append(paragraph._element)  # noqa: SLF001  # moved into the block
    return made


def _paragraph(document: Any, text: str) -> Any:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.first_line_indent = Pt(32)
    paragraph.paragraph_format.line_spacing = Pt(28)
    paragraph.paragraph_format.space_after = Pt(0)
    font(paragraph.add_run(text), "仿宋_GB2312", 16)
    return paragraph._element  # noqa: SLF001  # moved into the block


def _table(document: Any, part: Table) -> Any:
    made = document.add_table(rows=0, cols=len(part.rows[0]))
    made.style = _style(document, "Table Grid")
    for y, row in enumerate(part.rows):
        cells = made.add_row().cells
        for x, value in enumerate(row):
            text = f"{value:,}" if isinstance(value, int) else str(value)
            set_cell(cells[x], text, bold=y == 0, centre=y == 0 or isinstance(value, int), size=11)
    set_widths(made, part.widths or [_WIDTH / len(part.rows[0])] * len(part.rows[0]), row_height=8)
    repeat_head(made)
    return made._element  # noqa: SLF001  # moved into the block


def _photos(document: Any, part: Photos) -> Any:
    made = document.add_table(rows=0, cols=2)
    for n, photo in enumerate(part.photos):
        cell = (made.rows[-1] if n % 2 else made.add_row()).cells[n % 2]
        _draw(cell.paragraphs[0], _small(photo.data), 72, photo.caption)
        caption = cell.add_paragraph()
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
        font(caption.add_run(photo.caption), "楷体_GB2312", 10.5)
    for row in made.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001  # python-docx lets rows break
    set_widths(made, (_WIDTH / 2, _WIDTH / 2))
    return made._element  # noqa: SLF001  # moved into the block


def _picture(document: Any, data: bytes, width: int, text: str) -> Any:
    paragraph = document.add_paragraph()
    _draw(paragraph, data, width, text)
    return paragraph._element  # noqa: SLF001  # moved into the block


def _draw(paragraph: Any, data: bytes, width: int, text: str) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    shape = paragraph.add_run().add_picture(io.BytesIO(data), width=Mm(width))
    properties = shape._inline.docPr  # noqa: SLF001  # python-docx has no alternative text and no name
    properties.set("descr", text)
    properties.set("name", picture_name(data))


def _small(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((_PIXELS, _PIXELS))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=80)
    return out.getvalue()
