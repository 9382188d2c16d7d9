"""An editable Word report whose generated blocks can be refreshed without losing what a person changed.

Each generated block stands in a Word content control (`w:sdt`) whose tag is `midun:<key>:<hash>`; the hash is over the
text that was generated. On regeneration with the person's edited copy as `previous`: a block whose text still has its
hash is replaced; one that was changed stays as edited and is reported; one that was deleted stays deleted and is
reported; everything outside the blocks stays where it is.
"""

import copy
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from PIL import Image, ImageOps

from midun.kernel.documents.pdf import compile_png
from midun.kernel.documents.word import at_fixed_time, font, official_page, saved, set_cell

_PREFIX = "midun:"
_PIXELS = 1600


class BadPrevious(Exception):
    """The uploaded copy cannot be read as a Word document; `str()` says what to do."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text."""

    text: str


@dataclass(frozen=True)
class Table:
    """A native Word table; the first row is the head."""

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


Part = Paragraph | Table | Chart | Photo


@dataclass(frozen=True)
class Block:
    """What is generated, kept or refreshed as one: `key` is stable from one generation to the next."""

    key: str
    parts: Sequence[Part]
    heading: str = ""
    level: int = 1


@dataclass(frozen=True)
class Report:
    """The whole report."""

    title: str
    unit: str
    day: date
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Kept:
    """A block that was not refreshed, and why (changed or deleted by a person)."""

    key: str
    heading: str
    why: str


def report_docx(report: Report, *, at: datetime, previous: bytes | None = None) -> tuple[bytes, list[Kept]]:
    """The report as Word, and which blocks were left as a person made them. Raises `BadPrevious`."""
    if previous is None:
        document = docx.Document()
        official_page(document)
        _title(document, report)
        for block in report.blocks:
            document.element.body.insert(len(document.element.body) - 1, _control(document, block, at))
        kept: list[Kept] = []
    else:
        document = _open(previous)
        kept = _refresh(document, report, at)
    at_fixed_time(document, at, title=report.title)
    return saved(document), kept


def _open(previous: bytes) -> Any:
    try:
        return docx.Document(io.BytesIO(previous))
    except Exception as error:  # python-docx raises many kinds for a broken file
        raise BadPrevious("上传的文件不是可读的 Word 文档（.docx），请用 Word 或 WPS 另存为 .docx 后重试") from error


def _title(document: Any, report: Report) -> None:
    for text, name, size in ((report.title, "方正小标宋简体", 22), (report.unit, "楷体_GB2312", 16)):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        font(paragraph.add_run(text), name, size)
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    font(paragraph.add_run(f"{report.day.year}年{report.day.month}月{report.day.day}日"), "楷体_GB2312", 14)


def _refresh(document: Any, report: Report, at: datetime) -> list[Kept]:
    wanted = {block.key: block for block in report.blocks}
    known = _manifest(document)
    kept, seen = [], {}
    for control in list(document.element.body.iter(qn("w:sdt"))):
        key, digest = _tag(control)
        block = wanted.get(key)
        if block is None:
            continue
        seen[key] = control
        if _digest(control) != digest:
            kept.append(Kept(key, block.heading, "已被修改，保留修改后的内容"))
            continue
        fresh = _control(document, block, at)
        control.getparent().replace(control, fresh)
        seen[key] = fresh
    last: Any = None
    for block in report.blocks:
        if block.key in seen:
            last = seen[block.key]
        elif block.key in known:
            kept.append(Kept(block.key, block.heading, "已被删除，不再加入"))
        else:
            fresh = _control(document, block, at)
            if last is None:
                document.element.body.insert(len(document.element.body) - 1, fresh)
            else:
                last.addnext(fresh)
            last = fresh
    _remember(document, known | set(wanted))
    return kept


def _manifest(document: Any) -> set[str]:
    """The keys ever generated into this copy: kept in the document's properties, so that a deletion can be told."""
    return {key for key in document.core_properties.keywords.split("|") if key}


def _remember(document: Any, keys: set[str]) -> None:
    document.core_properties.keywords = "|".join(sorted(keys))[:4000]


def _tag(control: Any) -> tuple[str, str]:
    tag = control.find(qn("w:sdtPr") + "/" + qn("w:tag"))
    value = tag.get(qn("w:val")) if tag is not None else ""
    if not value.startswith(_PREFIX):
        return "", ""
    key, _, digest = value[len(_PREFIX) :].rpartition(":")
    return key, digest


def _digest(control: Any) -> str:
    """Over the text and the number of pictures, so that re-saving by another program does not count as a change."""
    content = control.find(qn("w:sdtContent"))
    text = "".join(t.text or "" for t in content.iter(qn("w:t")))
    pictures = sum(1 for _ in content.iter(qn("a:blip")))
    return hashlib.sha256(f"{''.join(text.split())}#{pictures}".encode()).hexdigest()[:16]


def _control(document: Any, block: Block, at: datetime) -> Any:
    control = OxmlElement("w:sdt")
    properties = OxmlElement("w:sdtPr")
    alias, tag = OxmlElement("w:alias"), OxmlElement("w:tag")
    alias.set(qn("w:val"), block.heading or block.key)
    properties.append(alias)
    properties.append(tag)
    content = OxmlElement("w:sdtContent")
    control.append(properties)
    control.append(content)
    for element in _elements(document, block, at):
        content.append(element)
    tag.set(qn("w:val"), f"{_PREFIX}{block.key}:{_digest(control)}")
    _remember(document, _manifest(document) | {block.key})
    return control


def _elements(document: Any, block: Block, at: datetime) -> Iterator[Any]:
    """Build with python-docx at the end of the document, then move the elements out."""
    if block.heading:
        paragraph = document.add_paragraph()
        size, name = ((16, "黑体"), (16, "楷体_GB2312"), (14, "仿宋_GB2312"))[min(block.level, 3) - 1]
        font(paragraph.add_run(block.heading), name, size, bold=block.level > 1)
        yield _taken(paragraph._element)  # noqa: SLF001  # moved into the content control
    for part in block.parts:
        for made in _part(document, part, at):
            yield _taken(made)


def _taken(element: Any) -> Any:
    moved = copy.deepcopy(element)
    element.getparent().remove(element)
    return moved


def _part(document: Any, part: Part, at: datetime) -> Iterator[Any]:
    if isinstance(part, Paragraph):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(32)
        paragraph.paragraph_format.line_spacing = Pt(28)
        font(paragraph.add_run(part.text), "仿宋_GB2312", 16)
        yield paragraph._element  # noqa: SLF001  # moved into the content control
    elif isinstance(part, Table):
        yield _table(document, part)
        yield document.add_paragraph()._element  # noqa: SLF001  # same
    elif isinstance(part, Chart):
        rows = [{"label": label, "value": value} for label, value in part.rows]
        picture = compile_png(f"{part.kind}.typ", {"title": part.title, "rows": rows}, at=at)
        yield _picture(document, picture, 150, part.title)
    else:
        yield _picture(document, _small(part.data), 120, part.caption)
        caption = document.add_paragraph()
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
        font(caption.add_run(part.caption), "楷体_GB2312", 12)
        yield caption._element  # noqa: SLF001  # same


def _table(document: Any, part: Table) -> Any:
    made = document.add_table(rows=0, cols=len(part.rows[0]))
    made.style = "Table Grid"
    for y, row in enumerate(part.rows):
        cells = made.add_row().cells
        for x, value in enumerate(row):
            set_cell(cells[x], str(value), bold=y == 0, centre=y == 0 or isinstance(value, int), size=11)
            if part.widths:
                cells[x].width = Mm(part.widths[x])
    return made._element  # noqa: SLF001  # moved into the content control


def _picture(document: Any, data: bytes, width: int, text: str) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    inline = paragraph.add_run().add_picture(io.BytesIO(data), width=Mm(width))
    inline._inline.docPr.set("descr", text)  # noqa: SLF001  # python-docx has no alternative text
    return paragraph._element  # noqa: SLF001  # moved into the content control


def _small(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((_PIXELS, _PIXELS))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=80)
    return out.getvalue()
